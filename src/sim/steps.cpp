#include "sim/steps.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/product.hpp"

namespace snnff {

SteppedBlock::SteppedBlock(const Population& population, const TimeGrid& time, const Drive& drive)
    : population_(population), time_(time) {
    if (drive.constant()) {
        currents_ = std::make_unique<Currents>(population, drive.variants);
    } else {
        below_ = std::make_unique<SteppedBlock>(*drive.lower, time, *drive.below);
    }
}

void SteppedBlock::run(std::size_t variant, std::size_t first, std::size_t count, const Sink& sink,
                       const std::function<void(std::int64_t, StepView&)>& place) const {
    Matrix train;
    if (below_) {
        train.resize(static_cast<std::size_t>(time_.steps) * count, n_inputs());
        incoming(variant, first, count, train);
    }
    run_from(train, variant, first, count, sink, place);
}

void SteppedBlock::emit(std::size_t variant, std::size_t first, std::size_t count, MatrixView train) const {
    const auto place = [&](std::int64_t step, StepView& view) {
        view.emitted = train.rows(static_cast<std::size_t>(step) * count, count);
    };
    run(
        variant, first, count, [](std::int64_t, const StepView&) {}, place);
}

void SteppedBlock::incoming(std::size_t variant, std::size_t first, std::size_t count,
                            MatrixView train) const {
    below_->emit(variant, first, count, train);
}

void SteppedBlock::run_from(ConstMatrixView incoming, std::size_t variant, std::size_t first,
                            std::size_t count, const Sink& sink,
                            const std::function<void(std::int64_t, StepView&)>& place) const {
    const std::size_t n_units = population_.n_units();
    Matrix current(count, n_units), membrane(count, n_units), emitted(count, n_units);
    std::vector<Matrix> state(population_.neuron->n_state(), Matrix(count, n_units));
    std::vector<MatrixView> state_views(state.begin(), state.end());
    if (currents_) {
        Matrix product(count, n_units);
        Currents::Block(*currents_, first, count, product).compute(variant, current);
    }
    for (std::int64_t step = 0; step < time_.steps; ++step) {
        if (below_) {
            product_abt(incoming.rows(static_cast<std::size_t>(step) * count, count), population_.weight,
                        current);
            for (std::size_t s = 0; s < count; ++s) {
                const auto row = current.row(s);
                for (std::size_t u = 0; u < n_units; ++u) row[u] += population_.bias[u];
            }
        }
        StepView view{};
        view.current = current;
        view.state = state_views;
        view.membrane = membrane;
        view.emitted = emitted;
        if (place) place(step, view);
        population_.neuron->step(view);
        sink(step, view);
    }
}

ReadoutSums::ReadoutSums(std::size_t count, std::size_t n_units)
    : last_membrane_(count, n_units), membrane_(count, n_units), emitted_(count, n_units) {}

void ReadoutSums::add(const StepView& view) {
    for (std::size_t s = 0; s < emitted_.rows(); ++s) {
        const auto u = view.membrane.row(s), y = view.emitted.row(s);
        const auto last = last_membrane_.row(s), membrane = membrane_.row(s), emitted = emitted_.row(s);
        for (std::size_t i = 0; i < u.size(); ++i) {
            last[i] = u[i];
            membrane[i] += u[i];
            emitted[i] += y[i];
        }
    }
}

void ReadoutSums::value(Readout readout, const TimeGrid& time, MatrixView out) const {
    const float per_step = 1.0f / static_cast<float>(time.steps);
    const bool of_membrane = readout == Readout::membrane_mean;
    const Matrix& source = readout == Readout::membrane ? last_membrane_ : of_membrane ? membrane_ : emitted_;
    const float factor = readout == Readout::membrane || readout == Readout::count ? 1.0f : per_step;
    for (std::size_t s = 0; s < source.rows(); ++s) {
        const auto from = source.row(s);
        const auto to = out.row(s);
        for (std::size_t i = 0; i < from.size(); ++i) to[i] = factor * from[i];
    }
}

double ReadoutSums::rate(std::size_t sample, const TimeGrid& time) const {
    const auto row = emitted_.row(sample);
    return std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size()) /
           static_cast<double>(time.steps);
}

}  // namespace snnff
