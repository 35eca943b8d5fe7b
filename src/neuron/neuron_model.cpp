#include "snnff/neuron_model.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/dispatch.hpp"

namespace snnff {
namespace {

void clear(Matrix& matrix, std::size_t rows, std::size_t cols) {
    matrix.resize(rows, cols);
    matrix.fill(0.0f);
}

void add(const Matrix& term, Matrix& sum) { kernels::active().add(term.data(), term.size(), sum.data()); }

void write(const Matrix& from, float factor, MatrixView to) {
    for (std::size_t i = 0; i < to.rows(); ++i) {
        for (std::size_t j = 0; j < to.cols(); ++j) to(i, j) = factor * from(i, j);
    }
}

}  // namespace

bool NeuronModel::offers(Reading reading) const noexcept {
    return std::ranges::find(readings(), reading) != readings().end();
}

void NeuronModel::respond(ConstMatrixView current, const TimeGrid& time, std::span<const Response> responses,
                          std::size_t first_unit) const {
    thread_local SteppedResponse steps;
    const bool with_slope =
        std::ranges::any_of(responses, [](const Response& response) { return !response.slope.empty(); });
    const bool counts = std::ranges::any_of(
        responses, [](const Response& response) { return response.reading == Reading::count; });
    // Without memory every step is the same, and a mean is any one of them.
    const std::int64_t n_steps = n_state() == 0 && !counts ? 1 : time.steps;
    steps.begin(*this, current.rows(), current.cols(), with_slope);
    for (std::int64_t t = 0; t < n_steps; ++t) steps.step(*this, current, first_unit);
    steps.write(responses);
}

void SteppedResponse::begin(const NeuronModel& neuron, std::size_t rows, std::size_t cols, bool with_slope) {
    state_.resize(std::max(state_.size(), neuron.n_state()));
    state_views_.clear();
    for (std::size_t i = 0; i < neuron.n_state(); ++i) {
        clear(state_[i], rows, cols);
        state_views_.emplace_back(state_[i]);
    }
    for (Matrix* m : {&membrane_, &emitted_, &sum_of_emitted_, &sum_of_membrane_}) clear(*m, rows, cols);
    for (Matrix* m : {&psi_, &carry_, &drive_, &s_, &slope_of_emitted_, &slope_of_membrane_})
        clear(*m, with_slope ? rows : 0, with_slope ? cols : 0);
    view_ = {};
    view_.state = state_views_;
    view_.membrane = membrane_;
    view_.emitted = emitted_;
    view_.step = -1;
}

const StepView& SteppedResponse::step(const NeuronModel& neuron, ConstMatrixView current,
                                      std::size_t first_unit, const Kept& kept) {
    view_.psi = kept.psi;
    view_.carry = kept.carry;
    view_.charge = kept.charge;
    view_.current = current;
    view_.first_unit = first_unit;
    ++view_.step;
    neuron.step(view_);
    add(emitted_, sum_of_emitted_);
    add(membrane_, sum_of_membrane_);
    for (std::size_t i = 0; i < s_.size(); ++i) {
        s_.data()[i] = carry_.data()[i] * s_.data()[i] + drive_.data()[i];
        slope_of_emitted_.data()[i] += psi_.data()[i] * s_.data()[i];
        slope_of_membrane_.data()[i] += s_.data()[i];
    }
    if ((view_.step + 1) % steps_between_cuts == 0) {
        for (float& slope : s_.values()) {
            if (std::abs(slope) < 0x1p-126f) slope = 0.0f;
        }
    }
    return view_;
}

void SteppedResponse::write(std::span<const Response> responses) const {
    for (const Response& response : responses) {
        const bool last = response.reading == Reading::membrane;
        const bool of_membrane = last || response.reading == Reading::membrane_mean;
        const float factor = factor_of(response.reading, view_.step + 1);
        snnff::write(last          ? membrane_
                     : of_membrane ? sum_of_membrane_
                                   : sum_of_emitted_,
                     factor, response.value);
        if (response.slope.empty()) continue;
        snnff::write(last          ? s_
                     : of_membrane ? slope_of_membrane_
                                   : slope_of_emitted_,
                     factor, response.slope);
    }
}

}  // namespace snnff
