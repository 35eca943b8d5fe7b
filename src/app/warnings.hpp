#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnff/training.hpp"

namespace snnff::app {

/// Says on stderr when a population gets into trouble: once, until it was out of it.
class Warnings : public Observer {
  public:
    explicit Warnings(std::string run) : run_(std::move(run)) {}
    void on_epoch(const EpochReport& report, const Network& network) override;

  private:
    std::string run_;
    std::vector<std::uint8_t> told_;
};

}  // namespace snnff::app
