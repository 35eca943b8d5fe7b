#include "data/event_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "data/dataset_limits.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr double thousand = 1000.0;  // from one unit of time to the next

}  // namespace

EventSeries::EventSeries(std::size_t n_inputs, const TimeGrid& time, PerBin per_bin)
    : n_inputs_(n_inputs), time_(time), per_bin_(per_bin) {
    assert(n_inputs <= most_inputs);
}

void EventSeries::add(double step, std::uint16_t input) {
    latest_ms_ = std::max(latest_ms_, step * time_.dt_ms);
    // Compared as a double, for it may be huge.
    if (step >= static_cast<double>(time_.steps)) {
        ++n_dropped_;
        return;
    }
    ++n_kept_;
    events_.push_back(static_cast<std::uint64_t>(step) << 16 | input);
}

void EventSeries::end_sample(std::string_view where) {
    std::ranges::sort(events_);
    for (std::size_t i = 0; i < events_.size();) {
        const std::uint64_t event = events_[i];
        std::size_t n = 0;
        while (i < events_.size() && events_[i] == event) {
            ++i;
            ++n;
        }
        const auto step = static_cast<std::uint32_t>(event >> 16);
        const bool new_step = steps_.size() == first_step_.back() || steps_.back().step != step;
        if (new_step) steps_.push_back({step, bins_.size()});
        constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
        const std::size_t held = per_bin_ == PerBin::binary ? 1 : std::min(n, most);
        bins_.push_back({static_cast<std::uint16_t>(event), static_cast<std::uint16_t>(held)});
        largest_ = std::max(largest_, static_cast<float>(held));
    }
    events_.clear();
    first_step_.push_back(steps_.size());
    if (n_bytes() > max_dataset_bytes) {
        throw DataError(
            fmt::format("{}: the events of {} samples are more than the {} GiB a data set may "
                        "take; n_train and n_test limit how many are read",
                        where, n_samples(), max_dataset_bytes >> 30));
    }
}

void EventSeries::check_any(std::string_view where) const {
    if (!bins_.empty()) return;
    if (n_dropped_ == 0) throw DataError(fmt::format("{}: holds no event, so samples would be empty", where));
    const double span_ms = time_.time_ms(time_.steps);
    throw DataError(fmt::format(
        "{}: all {} events come after the {} ms of {} steps, so samples would be empty; the latest is at "
        "{:g} "
        "ms{}; time.steps and time.dt_ms say how long samples are",
        where, n_dropped_, span_ms, time_.steps, latest_ms_,
        latest_ms_ <= thousand * span_ms ? ", a thousandth of which would fit (are times ms in place of s?)"
                                         : ""));
}

std::span<const EventSeries::Step> EventSeries::steps_of(std::size_t sample) const noexcept {
    return std::span(steps_).subspan(first_step_[sample], first_step_[sample + 1] - first_step_[sample]);
}

std::uint64_t EventSeries::end_of(const Step* step) const noexcept {
    const bool last = step + 1 == steps_.data() + steps_.size();
    return last ? bins_.size() : step[1].first_bin;
}

void EventSeries::fill(std::size_t sample, std::int64_t first_step, MatrixView input) const noexcept {
    for (std::size_t t = 0; t < input.rows(); ++t) std::ranges::fill(input.row(t), 0.0f);
    const auto steps = steps_of(sample);
    auto step =
        std::ranges::lower_bound(steps, first_step, {}, [](const Step& s) { return std::int64_t{s.step}; });
    for (; step != steps.end(); ++step) {
        const auto row = static_cast<std::size_t>(std::int64_t{step->step} - first_step);
        if (row >= input.rows()) break;
        for (std::uint64_t b = step->first_bin; b < end_of(&*step); ++b)
            input(row, bins_[b].input) = static_cast<float>(bins_[b].count);
    }
}

double EventSeries::sum_of_squares(std::size_t sample) const noexcept {
    const auto steps = steps_of(sample);
    double sum = 0.0;
    if (steps.empty()) return sum;
    for (std::uint64_t b = steps.front().first_bin; b < end_of(&steps.back()); ++b)
        sum += static_cast<double>(bins_[b].count) * static_cast<double>(bins_[b].count);
    return sum;
}

std::size_t EventSeries::n_bytes() const noexcept {
    return steps_.size() * sizeof(Step) + bins_.size() * sizeof(Bin) +
           first_step_.size() * sizeof(std::size_t);
}

EventSeries::PerBin read_per_bin(Options& options) {
    constexpr std::string_view names[] = {"binary", "counts"};
    return static_cast<EventSeries::PerBin>(options.choice(
        {"per_bin", "", "what an input is in a step; binary: 1 where it has events, counts: how many it has"},
        "binary", names));
}

}  // namespace snnff
