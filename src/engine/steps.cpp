#include "engine/steps.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// Rows that are worth a call: the inputs of so many steps are multiplied at once.
constexpr std::size_t rows_per_product = 128;

enum Slot : std::size_t { weight_slot = 0 };

}  // namespace

std::size_t columns_per_part(double share_of_spikes) noexcept { return share_of_spikes < 0.1 ? 512 : 256; }

GroupWeights::GroupWeights(const Panels& weight, std::size_t group, std::size_t columns_per_part)
    : weight_(weight),
      group_(group),
      n_panels_(std::min<std::size_t>(2, weight.n_panels() - 2 * group)),
      columns_per_part_(columns_per_part) {
    const MatrixView copy = scratch(weight_slot, 1, group_size(weight.cols(), columns_per_part));
    copy_group(weight, group, columns_per_part, copy.data());
    copy_ = copy.data();
    finite_ = kernels::active().all_finite(weight.panel(2 * group), n_panels_ * weight.panel_size());
}

void GroupWeights::chains(const SparseRows& rows, std::size_t first_row, std::size_t n_rows,
                          std::span<const SpikeList> lists, float* out) const {
    if (!lists.empty() && finite_) {
        for (const SpikeList& list : lists) {
            const std::size_t zeros_before = list.first_column / columns_per_part_;
            list.multiply(copy_ + (list.first_column + zeros_before) * group_width, n_panels_,
                          list.first_column > 0, out);
        }
        return;
    }
    thread_local Matrix buffer;
    const ConstMatrixView x = rows.dense(first_row, n_rows, buffer);
    kernels::active().chains({.n_rows = n_rows,
                              .depth = x.cols(),
                              .n_panels = n_panels_,
                              .a = x.data(),
                              .row_stride = x.stride(),
                              .depth_stride = 1,
                              .panels = weight_.panel(2 * group_),
                              .panel_stride = weight_.panel_size(),
                              .out = out,
                              .out_row_stride = group_width,
                              .out_panel_stride = Panels::width});
}

void StepChanges::sort(std::span<const StepSource::Change> changes,
                       std::span<const std::uint32_t> changing_inputs, std::size_t count,
                       std::size_t n_steps) {
    const auto row_of = [&](const StepSource::Change& change) {
        return change.row % count * n_steps + change.row / count;
    };
    end.assign(count * n_steps, 0);
    for (const StepSource::Change& change : changes) ++end[row_of(change)];
    std::size_t before = 0;
    for (std::size_t& n : end) before += std::exchange(n, before);  // now where a row begins
    input.resize(changes.size());
    column.resize(changes.size());
    value.resize(changes.size());
    for (const StepSource::Change& change : changes) {
        const std::size_t at = end[row_of(change)]++;
        column[at] = change.column;
        value[at] = change.value;
    }
    for (std::size_t row = 0, begin = 0; row < end.size(); begin = end[row++]) {
        for (std::size_t i = begin; i < end[row]; ++i) {
            for (std::size_t at = i; at > begin && column[at - 1] > column[at]; --at) {
                std::swap(column[at - 1], column[at]);
                std::swap(value[at - 1], value[at]);
            }
        }
    }
    for (std::size_t i = 0; i < column.size(); ++i) input[i] = changing_inputs[column[i]];
}

void step_currents(const Population& population, std::size_t group, std::size_t n_rows, const float* chains,
                   const StepChanges& changes, std::span<const float> gain, float* current) {
    std::array<float, group_width> bias{};  // zeros past the last unit
    const std::size_t first = group * group_width, n = std::min(group_width, population.n_units() - first);
    std::copy_n(population.bias.data() + first, n, bias.begin());
    const Panels& weight = population.weight;
    kernels::active().end_currents({.n_rows = n_rows,
                                    .n_panels = std::min<std::size_t>(2, weight.n_panels() - 2 * group),
                                    .chain = {chains, group_width},
                                    .panels = weight.panel(2 * group),
                                    .panel_stride = weight.panel_size(),
                                    .n_changes = 0,
                                    .changes_end = changes.input.empty() ? nullptr : changes.end.data(),
                                    .index = changes.input.data(),
                                    .value = changes.value.data(),
                                    .gain = gain.empty() ? nullptr : gain.data(),
                                    .bias = bias.data(),
                                    .current = {current, group_width}});
}

SteppedPopulation::SteppedPopulation(const Population& population, const TimeGrid& time, const Drive& drive)
    : population_(population),
      time_(time),
      n_variants_(drive.n_variants()),
      source_(drive.source),
      variants_(drive.variants) {}

SteppedBlock::SteppedBlock(const SteppedPopulation& stepped, std::size_t first, std::size_t count)
    : stepped_(stepped), first_(first), count_(count) {
    const Population& population = stepped.population_;
    const std::size_t n_units = population.n_units(), n_panels = population.weight.n_panels();
    membrane_.resize(count, n_units);
    emitted_.resize(count, n_units);
    state_.assign(stepped.n_variants_ * population.neuron->n_state(), Matrix(count, n_units));
    if (stepped.source_ == nullptr) {
        const Tile all{first, count, 0, n_panels};
        Matrix chains(count, n_panels * Panels::width);
        current_.assign(stepped.n_variants_, chains);
        for (std::size_t v = 0; v < stepped.n_variants_; ++v) {
            const Variant& variant = stepped.variants_[v];
            base_chains(variant.base.rows(first, count), population.weight, all, chains);
            variant_currents(population, variant, all, chains, current_[v]);
        }
        return;
    }
    steps_ = stepped.source_->open(first, count);
    const std::size_t rows = static_cast<std::size_t>(chunk()) * count;
    current_.assign(1, Matrix(rows, n_groups(n_units) * group_width));
    input_.assign(stepped.n_bases(), Matrix(rows, population.n_inputs()));
    rows_.resize(stepped.n_bases());
    lists_.resize(stepped.n_bases());
    changes_.resize(stepped.n_variants_);
}

std::int64_t SteppedBlock::chunk() const noexcept {
    const auto n = static_cast<std::int64_t>(std::max<std::size_t>(1, rows_per_product / count_));
    return std::min(n, stepped_.time_.steps);
}

void SteppedBlock::take_input(std::size_t n_steps) {
    const std::size_t n_rows = n_steps * count_;
    bases_.clear();
    for (Matrix& input : input_) {
        if (input.rows() < n_rows) input.resize(n_rows, input.cols());
        bases_.push_back(input.view().rows(0, n_rows));
    }
    steps_->next(bases_);
    double n_active = 0.0, n_all = 0.0;
    for (std::size_t b = 0; b < bases_.size(); ++b) {
        rows_[b].begin(n_rows, bases_[b].cols());
        for (std::size_t r = 0; r < n_rows; ++r)
            rows_[b].put(r % count_ * n_steps + r / count_, bases_[b].row(r));
        rows_[b].end();
        n_active += static_cast<double>(rows_[b].n_active(0, n_rows));
        n_all += static_cast<double>(n_rows * bases_[b].cols());
    }
    columns_per_part_ = columns_per_part(n_active / n_all);
    for (std::size_t b = 0; b < bases_.size(); ++b) {
        lists_[b].clear();
        if (rows_[b].is_sparse()) rows_[b].list_rows(0, n_rows, columns_per_part_, lists_[b]);
    }
    const auto changing = stepped_.source_->changing_inputs();
    for (std::size_t v = 0; v < changes_.size(); ++v)
        changes_[v].sort(steps_->changes(v), changing, count_, n_steps);
}

void SteppedBlock::compute_currents(std::size_t variant, std::size_t n_steps) {
    const std::size_t n_rows = n_steps * count_, base = stepped_.source_->base_of(variant);
    const auto gain = stepped_.source_->gain(variant);
    gain_.clear();
    for (std::size_t r = 0; r < n_rows && !gain.empty(); ++r) gain_.push_back(gain[first_ + r / n_steps]);
    Matrix& current = current_[0];
    if (current.rows() < n_rows) current.resize(n_rows, current.cols());
    const Population& population = stepped_.population_;
    Matrix tile(n_rows, group_width);
    for (std::size_t group = 0; group < n_groups(population.n_units()); ++group) {
        const GroupWeights weights(population.weight, group, columns_per_part_);
        weights.chains(rows_[base], 0, n_rows, lists_[base], tile.data());
        step_currents(population, group, n_rows, tile.data(), changes_[variant], gain_, tile.data());
        for (std::size_t r = 0; r < n_rows; ++r)
            std::ranges::copy(tile.row(r),
                              current.row(r).begin() + static_cast<std::ptrdiff_t>(group * group_width));
    }
}

void SteppedBlock::advance(std::int64_t n_steps, const Visit& before, const Visit& after) {
    const Population& population = stepped_.population_;
    const std::size_t n_units = population.n_units(), n_state = population.neuron->n_state();
    const auto length = static_cast<std::size_t>(n_steps);
    if (steps_) take_input(length);
    for (std::size_t v = 0; v < stepped_.n_variants_; ++v) {
        if (steps_) compute_currents(v, length);
        std::vector<MatrixView> state;
        for (std::size_t i = 0; i < n_state; ++i) state.push_back(state_[v * n_state + i]);
        for (std::size_t t = 0; t < length; ++t) {
            StepView view{};
            Matrix& all = current_[steps_ ? 0 : v];
            view.current = steps_ ? ConstMatrixView(all.row(t).data(), count_, n_units, length * all.cols())
                                  : ConstMatrixView(all.data(), count_, n_units, all.cols());
            view.state = state;
            view.membrane = membrane_;
            view.emitted = emitted_;
            view.step = step_ + static_cast<std::int64_t>(t);
            if (before) before(v, view.step, view);
            population.neuron->step(view);
            after(v, view.step, view);
        }
    }
    step_ += n_steps;
}

void SteppedBlock::run(const Visit& before, const Visit& after) {
    while (step_ < stepped_.time_.steps)
        advance(std::min(chunk(), stepped_.time_.steps - step_), before, after);
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

}  // namespace snnff
