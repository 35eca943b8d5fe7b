#include "run/position.hpp"

#include <algorithm>

namespace snnff {

Position::Position(const PlanSpec& plan, std::size_t n_populations, std::size_t n_batches)
    : plan_(plan),
      n_populations_(n_populations),
      stages_(make_plan(plan, n_populations)),
      n_batches_(static_cast<std::int64_t>(n_batches)),
      epochs_learnt_(n_populations, 0) {
    for (const Stage& stage : stages_) n_epochs_ += stage.epochs;
}

Side Position::side() const {
    return side_of(plan_, static_cast<std::size_t>(n_batches_),
                   static_cast<std::uint64_t>(epoch_of_stage_ * n_batches_ + batch_));
}

double Position::part_of_epoch() const noexcept {
    return static_cast<double>(batch_) / static_cast<double>(n_batches_);
}

double Position::fraction() const noexcept {
    return (static_cast<double>(epoch_) + part_of_epoch()) / static_cast<double>(n_epochs_);
}

void Position::progress(std::vector<double>& of_population) const {
    const auto total = static_cast<double>(plan_.epochs * plan_.episodes);
    of_population.clear();
    for (const std::int64_t n : epochs_learnt_)
        of_population.push_back((static_cast<double>(n) + part_of_epoch()) / total);
}

void Position::next_batch() noexcept {
    ++batch_;
    ++n_begun_;
}

void Position::next_epoch() {
    for (const std::size_t k : stage().learning) ++epochs_learnt_[k];
    batch_ = 0;
    ++epoch_of_stage_;
    ++epoch_;
}

void Position::next_stage() noexcept {
    if (!in_plan()) return;
    ++stage_;
    epoch_of_stage_ = 0;
}

void Position::end_plan() noexcept {
    stage_ = n_stages();
    epoch_of_stage_ = 0;
    batch_ = 0;
}

void Position::show(State& state) {
    state.show("stage", stage_, 0, n_stages());
    state.show("epoch_of_stage", epoch_of_stage_, 0, in_plan() ? stage().epochs : 0);
    state.show("batch", batch_, 0, n_batches_);
    state.show("epoch", epoch_, 0, n_epochs_);
    state.show("n_batches", n_begun_, 0, n_epochs_ * n_batches_);
    state.show("epochs_learnt", epochs_learnt_);
    epochs_learnt_.resize(n_populations_);
    for (std::int64_t& n : epochs_learnt_) n = std::clamp<std::int64_t>(n, 0, n_epochs_);
}

}  // namespace snnff
