#pragma once

#include <chrono>
#include <string>

#include "snnff/training.hpp"

namespace snnff::app {

/// Shows on stderr how a run goes: on a terminal one line that is redrawn, at most ten times a
/// second and as wide as the window; elsewhere a plain line every few seconds.
class Progress : public Observer {
  public:
    Progress();
    ~Progress() override;  ///< clears the line
    void on_batch(double fraction, const Population& population, double loss) override;
    void on_readout(double fraction, double loss) override;
    void on_epoch(const EpochReport& report, const Network& network) override;

  private:
    using Clock = std::chrono::steady_clock;
    void draw(bool at_once);
    void draw_bar(const std::string& facts);
    std::string facts() const;
    double seconds_left() const;

    bool redraws_;
    bool coloured_;
    Clock::time_point start_, last_;
    double fraction_ = 0.0;
    std::string population_;
    double loss_ = not_evaluated;
    double readout_ = not_evaluated;  ///< part of its training that is done, while it is
    std::int64_t epoch_ = 0, n_epochs_ = 0;
    double train_error_ = not_evaluated, validation_error_ = not_evaluated;
    std::size_t drawn_ = 0;  ///< columns of the line on the screen
};

}  // namespace snnff::app
