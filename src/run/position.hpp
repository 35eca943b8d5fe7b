#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/stage.hpp"
#include "run/plan.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/plan_spec.hpp"

namespace snnff {

/// Where a run is in its plan: the next batch to learn.
class Position {
  public:
    /// At the beginning of the plan, whose epochs have `n_batches` batches each.
    Position(const PlanSpec& plan, std::size_t n_populations, std::size_t n_batches);

    bool in_plan() const noexcept { return stage_ < n_stages(); }  ///< a stage is left
    /// An epoch of the stage is left.
    bool in_stage() const noexcept { return in_plan() && epoch_of_stage_ < stage().epochs; }
    bool in_epoch() const noexcept { return batch_ < n_batches_; }  ///< a batch of the epoch is left
    bool begins_epoch() const noexcept { return batch_ == 0; }
    /// Whether the epoch is the first of an episode that is not the first itself.
    bool begins_episode() const noexcept { return stage().begins_episode && epoch_of_stage_ == 0; }

    const Stage& stage() const noexcept { return stages_[static_cast<std::size_t>(stage_)]; }
    std::int64_t epoch() const noexcept { return epoch_; }  ///< of the whole plan, from 0
    std::int64_t n_epochs() const noexcept { return n_epochs_; }
    std::size_t batch() const noexcept { return static_cast<std::size_t>(batch_); }  ///< of the epoch, from 0
    /// Batches that were begun before, in the whole plan.
    std::uint64_t n_begun() const noexcept { return static_cast<std::uint64_t>(n_begun_); }
    /// Which of its samples the batch is learnt from.
    Side side() const;
    /// The part of the plan that lies behind it, 0 to 1.
    double fraction() const noexcept;
    /// The same of each population's own training.
    void progress(std::vector<double>& of_population) const;

    /// A batch was begun; the last one's successor is the end of the epoch.
    void next_batch() noexcept;
    /// From the end of an epoch to the beginning of the next one; the last one's is the end of the stage.
    void next_epoch();
    /// From the end of a stage on; does nothing at the end of the plan.
    void next_stage() noexcept;
    /// Leaves out what is left of the plan.
    void end_plan() noexcept;

    void show(State& state);

  private:
    std::int64_t n_stages() const noexcept { return static_cast<std::int64_t>(stages_.size()); }
    double part_of_epoch() const noexcept;

    PlanSpec plan_;
    std::size_t n_populations_;
    std::vector<Stage> stages_;
    std::int64_t n_batches_, n_epochs_ = 0;
    std::int64_t stage_ = 0, epoch_of_stage_ = 0, batch_ = 0;
    std::int64_t epoch_ = 0, n_begun_ = 0;
    std::vector<std::int64_t> epochs_learnt_;  // [population]
};

}  // namespace snnff
