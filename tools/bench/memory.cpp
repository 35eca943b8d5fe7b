#include "memory.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <system_error>

extern char** environ;

namespace snnff::bench {

std::optional<double> peak_memory() {
    // getrusage() would count what a parent had before it became this program.
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kilobytes = 0;
        if (word == "VmHWM:" && status >> kilobytes) return 1024 * kilobytes;
    }
    return std::nullopt;
}

std::optional<double> peak_memory_of(const std::string& workload, std::size_t n_threads) {
    std::error_code none;
    std::string program = std::filesystem::read_symlink("/proc/self/exe", none).string();
    if (none) return std::nullopt;
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addclose(&actions, ends[0]);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string option = "--threads", n = std::to_string(n_threads), verb = "memory", name = workload;
    std::array<char*, 6> arguments{program.data(), option.data(), n.data(),
                                   verb.data(),    name.data(),   nullptr};
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string answer;
    std::array<char, 256> part;
    for (ssize_t got = 0; failed == 0 && (got = ::read(ends[0], part.data(), part.size())) > 0;)
        answer.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    if (failed != 0) throw std::system_error(failed, std::generic_category(), program + " cannot be started");
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(program + " memory " + workload + " failed");
    const nlohmann::json bytes = nlohmann::json::parse(answer)["peak_bytes"];
    return bytes.is_null() ? std::nullopt : std::optional(bytes.get<double>());
}

}  // namespace snnff::bench
