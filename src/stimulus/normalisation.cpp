#include <cmath>

#include "snnff/stimulus.hpp"

namespace snnff {

float normalising_gain(Normalisation normalisation, double sum_of_squares, std::size_t n_inputs) noexcept {
    switch (normalisation) {
        case Normalisation::none:
            break;
        case Normalisation::l2:
            return static_cast<float>(1.0 / (std::sqrt(sum_of_squares) + 1e-4));
        case Normalisation::rms: {
            const double mean = sum_of_squares / static_cast<double>(n_inputs);
            return static_cast<float>(1.0 / (std::sqrt(mean) + 1e-6));
        }
    }
    return 1.0f;
}

}  // namespace snnff
