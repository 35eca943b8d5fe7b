#pragma once

#include <cstdint>
#include <utility>

#include "snnff/checkpoint.hpp"

namespace snnff {

/// Saves a run where it is, when its checkpoints are due; without any, never.
class Saving {
  public:
    /// `checkpoints` may be null; `show` shows all that the rest of the run follows from.
    Saving(Checkpoints* checkpoints, Checkpoints::Show show)
        : checkpoints_(checkpoints), show_(std::move(show)) {}

    /// Takes a run up where it was saved. It is saved at once, so that it can be taken up from its first
    /// batch on.
    void begin() {
        if (checkpoints_ == nullptr) return;
        if (State* state = checkpoints_->restored()) show_(*state);
        save();
    }
    /// Whether a checkpoint is due between two batches: no other one may begin before save_where_due(), for
    /// batches that are on their way belong to no position.
    bool is_due(std::int64_t n_epochs) {
        due_ = checkpoints_ != nullptr && checkpoints_->due(n_epochs, false);
        return due_;
    }
    void save_where_due() {
        if (due_) save();
    }
    /// To be asked with `n_epochs` of the plan done, at the beginning of the next.
    void after_epoch(std::int64_t n_epochs) {
        if (checkpoints_ != nullptr && checkpoints_->due(n_epochs, true)) save();
    }
    void save() {
        due_ = false;
        if (checkpoints_ != nullptr) checkpoints_->save(show_);
    }

  private:
    Checkpoints* checkpoints_;
    Checkpoints::Show show_;
    bool due_ = false;
};

}  // namespace snnff
