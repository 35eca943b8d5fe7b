#include "sim/steps.hpp"

#include <algorithm>
#include <numeric>

#include "sim/parallel.hpp"

namespace snnff {
namespace {

/// Rows of a product that are worth a call: the inputs of so many steps are multiplied at once.
constexpr std::size_t rows_per_product = 128;

/// In blocks that fit a cache line either way; rows of the result begin on one.
void transpose(const Matrix& from, Matrix& to) {
    constexpr std::size_t side = 16;
    to.resize(from.cols(), whole_lines(from.rows()));
    for_blocks(to.rows(), side, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = 0; c < from.rows(); c += side) {
            const std::size_t n_cols = std::min(side, from.rows() - c);
            for (std::size_t r = first; r < first + count; ++r) {
                for (std::size_t i = c; i < c + n_cols; ++i) to(r, i) = from(i, r);
            }
        }
    });
}

}  // namespace

SteppedPopulation::SteppedPopulation(const Population& population, const TimeGrid& time, const Drive& drive)
    : population_(population), time_(time), n_variants_(drive.n_variants()), source_(drive.source) {
    if (drive.constant()) {
        variants_ = drive.variants;
        return;
    }
    const auto inputs = source_->changing_inputs();
    columns_.resize(inputs.size(), population.n_units());
    for (std::size_t c = 0; c < inputs.size(); ++c) {
        for (std::size_t u = 0; u < population.n_units(); ++u)
            columns_(c, u) = population.weight(u, inputs[c]);
    }
    if (source_->spiking()) transpose(population.weight.matrix(), by_input_);
}

SteppedBlock::SteppedBlock(const SteppedPopulation& stepped, std::size_t first, std::size_t count)
    : stepped_(stepped), first_(first), count_(count) {
    const Population& population = stepped.population_;
    const std::size_t n_units = population.n_units();
    membrane_.resize(count, n_units);
    emitted_.resize(count, n_units);
    state_.assign(stepped.n_variants_ * population.neuron->n_state(), Matrix(count, n_units));
    if (stepped.source_ == nullptr) {
        const Tile all{first, count, 0, population.weight.n_panels()};
        Matrix chains(count, all.n_panels * Panels::width), current = chains;
        current_.assign(stepped.n_variants_, Matrix(count, n_units));
        for (std::size_t v = 0; v < stepped.n_variants_; ++v) {
            const Variant& variant = stepped.variants_[v];
            base_chains(variant.base.rows(first, count), population.weight, all, chains);
            variant_currents(population, variant, all, chains, current);
            for (std::size_t s = 0; s < count; ++s)
                std::ranges::copy(current.row(s).first(n_units), current_[v].row(s).begin());
        }
        return;
    }
    steps_ = stepped.source_->open(first, count);
    const std::size_t rows = static_cast<std::size_t>(chunk()) * count;
    current_.assign(1, Matrix(rows, n_units));
    input_.assign(stepped.n_bases(), Matrix(rows, population.n_inputs()));
    product_.assign(stepped.n_bases(), Matrix(rows, n_units));
    if (!stepped.by_input_.empty()) spikes_.resize(stepped.n_bases());
}

std::int64_t SteppedBlock::chunk() const noexcept {
    const auto n = static_cast<std::int64_t>(std::max<std::size_t>(1, rows_per_product / count_));
    return std::min(n, stepped_.time_.steps);
}

void SteppedBlock::add_changes_and_bias(std::size_t variant, ConstMatrixView product,
                                        MatrixView current) const {
    for (std::size_t r = 0; r < product.rows(); ++r)
        std::ranges::copy(product.row(r), current.row(r).begin());
    for (const StepSource::Change& change : steps_->changes(variant)) {
        const auto row = current.row(change.row);
        const auto column = stepped_.columns_.row(change.column);
        for (std::size_t u = 0; u < row.size(); ++u) row[u] += change.value * column[u];
    }
    const auto gain = stepped_.source_->gain(variant);
    const float* bias = stepped_.population_.bias.data();
    for (std::size_t r = 0; r < current.rows(); ++r) {
        const float factor = gain.empty() ? 1.0f : gain[first_ + r % count_];
        const auto row = current.row(r);
        for (std::size_t u = 0; u < row.size(); ++u) row[u] = factor * row[u] + bias[u];
    }
}

void SteppedBlock::advance(std::int64_t n_steps, const Visit& before, const Visit& after) {
    const Population& population = stepped_.population_;
    const std::size_t rows = static_cast<std::size_t>(n_steps) * count_;
    const std::size_t n_state = population.neuron->n_state();
    if (steps_) {
        bases_.clear();
        for (Matrix& input : input_) {
            if (input.rows() < rows) input.resize(rows, input.cols());
            bases_.push_back(input.view().rows(0, rows));
        }
        steps_->next(bases_);
        for (std::size_t b = 0; b < bases_.size(); ++b) {
            if (product_[b].rows() < rows) product_[b].resize(rows, population.n_units());
            const MatrixView product = product_[b].view().rows(0, rows);
            if (!spikes_.empty()) {
                spikes_[b].clear();
                spikes_[b].add(bases_[b]);
            }
            if (!spikes_.empty() && spikes_[b].is_sparse()) {
                spikes_[b].multiply(stepped_.by_input_.view().columns(0, population.n_units()), product);
            } else {
                Matrix chains(rows, population.weight.n_panels() * Panels::width);
                base_chains(bases_[b], population.weight, {0, rows, 0, population.weight.n_panels()}, chains);
                for (std::size_t s = 0; s < rows; ++s)
                    std::ranges::copy(chains.row(s).first(population.n_units()), product.row(s).begin());
            }
        }
        if (current_[0].rows() < rows) current_[0].resize(rows, population.n_units());
    }
    for (std::size_t v = 0; v < stepped_.n_variants_; ++v) {
        if (steps_) {
            add_changes_and_bias(v, product_[stepped_.source_->base_of(v)].view().rows(0, rows),
                                 current_[0].view().rows(0, rows));
        }
        std::vector<MatrixView> state;
        for (std::size_t i = 0; i < n_state; ++i) state.push_back(state_[v * n_state + i]);
        for (std::int64_t t = 0; t < n_steps; ++t) {
            StepView view{};
            view.current = steps_ ? current_[0].view().rows(static_cast<std::size_t>(t) * count_, count_)
                                  : current_[v].view();
            view.state = state;
            view.membrane = membrane_;
            view.emitted = emitted_;
            view.step = step_ + t;
            if (before) before(v, step_ + t, view);
            population.neuron->step(view);
            after(v, step_ + t, view);
        }
    }
    step_ += n_steps;
}

void SteppedBlock::run(const Visit& before, const Visit& after, const Inputs& inputs) {
    while (step_ < stepped_.time_.steps) {
        const std::int64_t first = step_;
        advance(std::min(chunk(), stepped_.time_.steps - step_), before, after);
        if (inputs && steps_) inputs({first, bases_, spikes_, *steps_});
    }
}

namespace {

class TrainSteps final : public StepSource::Steps {
  public:
    TrainSteps(const SteppedPopulation& stepped, std::size_t first, std::size_t count)
        : block_(stepped, first, count), count_(count) {}

    void next(std::span<const MatrixView> trains) override {
        const auto n_steps = static_cast<std::int64_t>(trains.front().rows() / count_);
        const auto place = [&](std::size_t variant, std::int64_t step, StepView& view) {
            view.emitted =
                trains[variant].rows(static_cast<std::size_t>(step - first_step_) * count_, count_);
        };
        block_.advance(n_steps, place, [](std::size_t, std::int64_t, StepView&) {});
        first_step_ += n_steps;
    }

  private:
    SteppedBlock block_;
    std::size_t count_;
    std::int64_t first_step_ = 0;
};

}  // namespace

std::unique_ptr<StepSource::Steps> PopulationTrain::open(std::size_t first, std::size_t count) const {
    return std::make_unique<TrainSteps>(stepped_, first, count);
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
