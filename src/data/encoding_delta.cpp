#include <fmt/format.h>

#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// A spike where a value rises by `threshold` or more from one step to the next, and, with off_spikes, one
/// of −1 where it falls by as much. Before the first step values are 0. A label does not change, so it comes
/// as a constant current.
/// Source: spikegen.delta of snnTorch (Eshraghian et al., Proc. IEEE 111:1016, 2023).
class Delta final : public Encoding {
  public:
    Delta(double threshold, bool off_spikes)
        : threshold_(static_cast<float>(threshold)), off_spikes_(off_spikes) {}

    bool passes_labels() const noexcept override { return true; }
    void check(std::string_view where, bool over_time, float, float) const override {
        if (over_time) return;
        throw DataError(
            fmt::format("{}: samples do not change in time, so encoding \"delta\" would find "
                        "nothing; x [sample, step, feature] in HDF5 does, and \"poisson\" and "
                        "\"latency\" take what stays the same",
                        where));
    }
    float at(float value, float before, Seed, const TimeGrid&, std::int64_t,
             std::uint32_t) const noexcept override {
        const float change = value - before;
        if (change >= threshold_) return 1.0f;
        return off_spikes_ && change <= -threshold_ ? -1.0f : 0.0f;
    }
    double square(float value, float before, const TimeGrid& time) const noexcept override {
        return at(value, before, Seed{0}, time, 0, 0) == 0.0f ? 0.0 : 1.0;
    }

  private:
    float threshold_;
    bool off_spikes_;
};

}  // namespace

std::unique_ptr<Encoding> make_encoding_delta(Options& options, const Context&) {
    const double threshold = options.number(
        {"threshold", "", "change from one step to the next that makes a spike"}, 0.1, Bounds::positive());
    const bool off = options.flag({"off_spikes", "", "whether a fall makes a spike too, of -1"}, false);
    return std::make_unique<Delta>(threshold, off);
}

}  // namespace snnff
