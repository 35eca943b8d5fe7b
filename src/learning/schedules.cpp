#include "snnff/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

class Constant final : public Schedule {
  public:
    double factor(double) const noexcept override { return 1.0; }
};

/// 1 for the first half, then 2·(1 − progress). Source: Hinton's own Forward-Forward script.
class HalfThenLinear final : public Schedule {
  public:
    double factor(double progress) const noexcept override {
        return progress < 0.5 ? 1.0 : 2.0 * (1.0 - progress);
    }
};

/// (1 + cos(π·progress))/2. Source: Loshchilov & Hutter, arXiv:1608.03983, without restarts.
class Cosine final : public Schedule {
  public:
    double factor(double progress) const noexcept override {
        return 0.5 * (1.0 + functions::cos_turns(0.5 * progress));
    }
};

}  // namespace

std::unique_ptr<Schedule> make_schedule_constant(Options&, const Context&) {
    return std::make_unique<Constant>();
}
std::unique_ptr<Schedule> make_schedule_half_then_linear(Options&, const Context&) {
    return std::make_unique<HalfThenLinear>();
}
std::unique_ptr<Schedule> make_schedule_cosine(Options&, const Context&) {
    return std::make_unique<Cosine>();
}

}  // namespace snnff
