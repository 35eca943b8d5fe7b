#include "snnff/learning.hpp"

namespace snnff {

void Goodness::evaluate(ConstMatrixView response, std::span<double> score, MatrixView gradient,
                        std::size_t n_scores) const noexcept {
    const std::size_t n_units = response.cols();
    for (std::size_t s = 0; s < response.rows(); ++s) {
        for (std::size_t c = 0; c < n_scores; ++c) {
            const std::size_t first = first_of_group(c, n_scores, n_units),
                              count = first_of_group(c + 1, n_scores, n_units) - first;
            const auto own = response.row(s).subspan(first, count);
            const Finished finished = finish(sum(own), count);
            score[s * n_scores + c] = finished.score;
            if (!gradient.empty()) differentiate(own, finished.slope, gradient.row(s).subspan(first, count));
        }
    }
}

}  // namespace snnff
