#include "app/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "app/output.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"

namespace snnff::app {
namespace {

constexpr auto between_redraws = std::chrono::milliseconds(100);
constexpr auto between_lines = std::chrono::seconds(5);

void put_raw(const std::string& text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress()
    : redraws_(stderr_is_terminal()), coloured_(stderr_has_colours()), start_(Clock::now()), last_(start_) {}

Progress::~Progress() {
    if (drawn_ > 0) put_raw(fmt::format("\r{:{}}\r", "", drawn_));
}

void Progress::on_batch(double fraction, const Population& population, double loss) {
    fraction_ = std::clamp(fraction, 0.0, 1.0);
    population_ = population.name;
    loss_ = loss;
    draw(false);
}

void Progress::on_readout(double fraction, double loss) {
    readout_ = fraction;
    population_ = "read-out";
    loss_ = loss;
    draw(false);
    readout_ = not_evaluated;
}

void Progress::on_epoch(const EpochReport& report, const Network& network) {
    epoch_ = report.epoch + 1;
    n_epochs_ = report.n_epochs;
    fraction_ = static_cast<double>(epoch_) / static_cast<double>(n_epochs_);
    if (!std::isnan(report.train_error)) train_error_ = report.train_error;
    if (!std::isnan(report.validation_error)) validation_error_ = report.validation_error;
    // The mean over the epoch says more than the last batch.
    for (std::size_t p = 0; p < report.populations.size(); ++p) {
        if (std::isnan(report.populations[p].loss)) continue;
        loss_ = report.populations[p].loss;
        population_ = network.populations[p].name;
    }
    draw(epoch_ == n_epochs_);
}

double Progress::seconds_left() const {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    // Before the first hundredth any guess would jump about.
    if (fraction_ < 0.01 || elapsed < 0.5) return not_evaluated;
    return elapsed * (1.0 - fraction_) / fraction_;
}

std::string Progress::facts() const {
    std::string text = fmt::format("{:3.0f} %", 100.0 * fraction_);
    if (n_epochs_ > 0) text += fmt::format("  epoch {}/{}", epoch_, n_epochs_);
    if (!std::isnan(readout_)) text += fmt::format("  read-out {:.0f} %", 100.0 * readout_);
    if (!std::isnan(loss_)) text += fmt::format("  {} loss {}", population_, short_number(loss_));
    if (!std::isnan(train_error_)) text += fmt::format("  train error {}", percent(train_error_));
    if (!std::isnan(validation_error_))
        text += fmt::format("  validation error {}", percent(validation_error_));
    const double left = seconds_left();
    if (!std::isnan(left) && fraction_ < 1.0) text += fmt::format("  {} left", duration(left));
    return text;
}

void Progress::draw(bool at_once) {
    const auto now = Clock::now();
    const auto pause = redraws_ ? Clock::duration(between_redraws) : Clock::duration(between_lines);
    if (!at_once && now - last_ < pause) return;
    last_ = now;
    if (redraws_) {
        draw_bar(facts());
    } else {
        note(facts());
    }
}

void Progress::draw_bar(const std::string& facts) {
    // The last column stays free: writing it makes some terminals wrap.
    const std::size_t room = std::max<std::size_t>(terminal_width(), 2) - 1;
    const std::size_t used = facts.size() + 3;  // brackets and a blank
    const std::size_t width = room > used + 4 ? std::min<std::size_t>(room - used, 40) : 0;
    std::string bar;
    std::size_t columns = 0;
    if (width > 0) {
        const auto full = static_cast<std::size_t>(fraction_ * static_cast<double>(width));
        bar = coloured_ ? fmt::format("[\033[32m{:#>{}}\033[0m{:.>{}}] ", "", full, "", width - full)
                        : fmt::format("[{:#>{}}{:.>{}}] ", "", full, "", width - full);
        columns = width + 3;
    }
    const std::string words = facts.substr(0, room - columns);
    columns += words.size();
    const std::size_t rest = drawn_ > columns ? std::min(drawn_, room) - std::min(columns, room) : 0;
    put_raw(fmt::format("\r{}{}{:{}}\r", bar, words, "", rest));
    drawn_ = columns;
}

}  // namespace snnff::app
