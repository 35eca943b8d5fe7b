#include <fmt/format.h>

#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"

namespace snnff {

void State::show(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most) {
    show(name, value);
    if (restoring() && (value < least || value > most)) {
        throw DataError(
            fmt::format("the checkpoint says {} = {}, and {} to {} is possible: it is damaged, or of "
                        "another program",
                        name, value, least, most));
    }
}

void State::show(std::string_view name, Panels& weights) {
    Matrix matrix = weights.matrix();
    show(name, matrix.values());
    if (restoring()) weights.copy_in(matrix);
}

}  // namespace snnff
