#include "snnff/checkpoint.hpp"

namespace snnff {

void State::show(std::string_view name, Panels& weights) {
    Matrix matrix = weights.matrix();
    show(name, matrix.values());
    if (restoring()) weights.copy_in(matrix);
}

}  // namespace snnff
