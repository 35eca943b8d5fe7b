#pragma once

#include <atomic>

namespace snnff::app {

/// From here on SIGINT and SIGTERM ask the run to stop: the flag holds the signal's number, 0 before.
/// The run then ends after its mini-batch and closes its file; a second signal ends the process at once.
const std::atomic<int>& stop_on_signals();

/// 128 + signal, as shells report a process stopped by it.
int exit_code_of_signal(int signal) noexcept;

}  // namespace snnff::app
