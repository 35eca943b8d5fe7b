#pragma once

#include <atomic>

namespace snnff::app {

/// What is said at a stop by work whose run files are temporary.
inline constexpr const char* stopping_keeps_nothing =
    "\nsnnff-sim: stopping; nothing is kept; once more ends at once\n";

/// From here on SIGINT, SIGTERM and what else batch systems send before they kill (SIGHUP, SIGUSR1, SIGXCPU)
/// ask the run to stop: the flag holds the first signal's number, 0 before. The run then ends after its
/// mini-batch and closes its file. A second SIGINT or SIGTERM ends the process at once. The others never do:
/// the kernel sends SIGXCPU every second, a terminal that goes away several SIGHUP, and a batch system
/// SIGTERM after its warning. What was ignored when the process began (SIGHUP under nohup) stays ignored.
/// `says` is written to stderr by whichever comes first, and has to outlive the process's work.
const std::atomic<int>& stop_on_signals(
    const char* says =
        "\nsnnff-sim: stopping after this batch and closing the run file; once more ends at once\n");

/// Stands for a signal where a run has had its time.
inline constexpr int stopped_by_max_time = -1;
/// As if `signal` had come.
void request_stop(int signal) noexcept;

/// 128 + signal, as shells report a process stopped by it;
/// 124, as timeout(1) answers, for stopped_by_max_time.
int exit_code_of_signal(int signal) noexcept;

}  // namespace snnff::app
