#include "app/signals.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace snnff::app {
namespace {

std::atomic<int> stop{0};
std::atomic<bool> asked_by_hand{false};  // SIGINT or SIGTERM came
std::atomic<const char*> message{""};
static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers may only touch lock-free atomics");

extern "C" void on_signal(int signal) {
    const bool by_hand = signal == SIGINT || signal == SIGTERM;
    if (by_hand && asked_by_hand.exchange(true)) ::_exit(exit_code_of_signal(signal));
    int none = 0;
    if (!stop.compare_exchange_strong(none, signal)) return;
    const int reason = errno;  // of what was interrupted
    const char* const text = message;
    // Nothing can be done about a message that cannot be written.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
    errno = reason;
}

/// `ulimit -t` sets the limit at which SIGXCPU comes and the one at which the process is killed to the same
/// second, and then only the second counts: the first is set back, so that there is time to save.
void be_warned_of_the_end() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return;
    if (limit.rlim_cur < limit.rlim_max || limit.rlim_max < 2) return;
    constexpr rlim_t least = 1, most = 60;  // seconds of processor time, of all threads together
    limit.rlim_cur = limit.rlim_max - std::clamp<rlim_t>(limit.rlim_max / 10, least, most);
    ::setrlimit(RLIMIT_CPU, &limit);
}

}  // namespace

int exit_code_of_signal(int signal) noexcept { return signal == stopped_by_max_time ? 124 : 128 + signal; }

void request_stop(int signal) noexcept {
    int none = 0;
    stop.compare_exchange_strong(none, signal);
}

const std::atomic<int>& stop_on_signals(const char* says) {
    message = says;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU}) {
        // A signal that was ignored when we started (nohup, a shell's background job) stays ignored.
        struct sigaction before {};
        sigaction(signal, nullptr, &before);
        if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
    }
    be_warned_of_the_end();
    return stop;
}

}  // namespace snnff::app
