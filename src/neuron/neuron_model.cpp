#include "snnff/neuron_model.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace snnff {
namespace {

/// Sums over the steps gone by; the slopes only where one is asked for. All [sample x unit].
struct Sums {
    Matrix emitted, membrane, emitted_slope, membrane_slope;
};

/// What the steps of a block need; memory that a thread keeps for the next.
struct Room {
    std::vector<Matrix> state;
    std::vector<MatrixView> state_views;
    Matrix membrane, emitted, psi, carry, drive, s;
    Sums sums;
};

void clear(Matrix& matrix, std::size_t rows, std::size_t cols) {
    matrix.resize(rows, cols);
    matrix.fill(0.0f);
}

void add(ConstMatrixView term, Matrix& sum) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += term.data()[i];
}

void write(const Matrix& from, float factor, MatrixView to) {
    for (std::size_t i = 0; i < to.rows(); ++i) {
        for (std::size_t j = 0; j < to.cols(); ++j) to(i, j) = factor * from(i, j);
    }
}

}  // namespace

bool NeuronModel::offers(Readout readout) const noexcept {
    return std::ranges::find(readouts(), readout) != readouts().end();
}

void NeuronModel::respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                          std::size_t first_unit) const {
    const std::size_t rows = current.rows(), cols = current.cols();
    const bool with_slope =
        std::ranges::any_of(responses, [](const Response& response) { return !response.slope.empty(); });

    thread_local Room room;
    auto& [state, state_views, membrane, emitted, psi, carry, drive, s, sums] = room;
    if (state.size() < n_state()) state.resize(n_state());
    state_views.clear();
    for (std::size_t i = 0; i < n_state(); ++i) {
        clear(state[i], rows, cols);
        state_views.emplace_back(state[i]);
    }
    for (Matrix* m : {&membrane, &emitted, &sums.emitted, &sums.membrane}) clear(*m, rows, cols);
    for (Matrix* m : {&psi, &carry, &drive, &s, &sums.emitted_slope, &sums.membrane_slope}) {
        clear(*m, with_slope ? rows : 0, with_slope ? cols : 0);
    }

    for (std::int64_t t = 0; t < time.steps; ++t) {
        step({current, state_views, membrane, emitted, psi, carry, drive, t, first_unit});
        add(emitted, sums.emitted);
        add(membrane, sums.membrane);
        for (std::size_t i = 0; i < s.size(); ++i) {
            s.data()[i] = carry.data()[i] * s.data()[i] + drive.data()[i];
            sums.emitted_slope.data()[i] += psi.data()[i] * s.data()[i];
        }
        if (with_slope) add(s, sums.membrane_slope);
        if ((t + 1) % steps_between_cuts != 0) continue;
        for (float& slope : s.values()) {
            if (std::abs(slope) < 0x1p-126f) slope = 0.0f;
        }
    }

    const float mean = 1.0f / static_cast<float>(time.steps);
    for (const Response& response : responses) {
        const bool of_membrane =
            response.readout == Readout::membrane || response.readout == Readout::membrane_mean;
        const bool last = response.readout == Readout::membrane;
        const float factor = last || response.readout == Readout::count ? 1.0f : mean;
        write(!of_membrane ? sums.emitted : last ? membrane : sums.membrane, factor, response.value);
        if (response.slope.empty()) continue;
        write(!of_membrane ? sums.emitted_slope : last ? s : sums.membrane_slope, factor, response.slope);
    }
}

}  // namespace snnff
