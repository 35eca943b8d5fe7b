#include "core/available_threads.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr double no_quota = std::numeric_limits<double>::infinity();

std::size_t processors_of_affinity() {
    // A mask is refused where the kernel's own is longer, so it grows until it is not.
    for (std::size_t n = 1024; n <= (std::size_t{1} << 20); n *= 2) {
        const auto free = [](cpu_set_t* mask) { CPU_FREE(mask); };
        const std::unique_ptr<cpu_set_t, decltype(free)> mask(CPU_ALLOC(n), free);
        if (!mask) break;
        if (::sched_getaffinity(0, CPU_ALLOC_SIZE(n), mask.get()) != 0) continue;
        return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(CPU_ALLOC_SIZE(n), mask.get())));
    }
    return std::max(1u, std::thread::hardware_concurrency());
}

/// Blanks in paths of mountinfo stand there as \040.
std::string unescaped(const std::string& text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
            result +=
                static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            result += text[i];
        }
    }
    return result;
}

bool has_word(const std::string& list, std::string_view wanted) {
    std::istringstream words(list);
    for (std::string word; std::getline(words, word, ',');) {
        if (word == wanted) return true;
    }
    return false;
}

/// A hierarchy of control groups that limits processors: where it is mounted, and which of its groups that
/// is.
struct Mount {
    int version;
    fs::path group, point;
};

std::vector<Mount> cpu_mounts(const fs::path& root) {
    std::vector<Mount> mounts;
    std::ifstream file(root / "proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        // id parent device root point options [fields ...] - type source super-options
        std::istringstream words(line);
        std::vector<std::string> before, after;
        bool separated = false;
        for (std::string word; words >> word;) {
            if (!separated && word == "-") {
                separated = true;
            } else {
                (separated ? after : before).push_back(word);
            }
        }
        if (before.size() < 5 || after.empty()) continue;
        const bool version_1 = after[0] == "cgroup" && after.size() > 2 && has_word(after[2], "cpu");
        if (after[0] == "cgroup2" || version_1)
            mounts.push_back({version_1 ? 1 : 2, unescaped(before[3]), unescaped(before[4])});
    }
    return mounts;
}

/// The process's own group in a hierarchy of that version, if it is in one.
std::optional<fs::path> own_group(const fs::path& root, int version) {
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        // number:controllers:path; version 2 has number 0 and names no controllers
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (version == 2 ? controllers.empty() : has_word(controllers, "cpu")) return line.substr(second + 1);
    }
    return {};
}

double quotient(double quota, double period) {
    return quota > 0.0 && period > 0.0 && std::isfinite(quota / period) ? quota / period : no_quota;
}

double number_in(const fs::path& path) {
    std::ifstream file(path);
    double value = 0.0;
    return file >> value ? value : 0.0;
}

/// Processors that the group of a folder may keep busy.
double quota_in(const fs::path& folder, int version) {
    // -1 there means no quota
    if (version == 1)
        return quotient(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
    std::ifstream file(folder / "cpu.max");
    double quota = 0.0, period = 0.0;  // "max 100000" has no number first
    return file >> quota >> period ? quotient(quota, period) : no_quota;
}

/// The smallest quota from the process's group up to the mount.
double quota_of(const fs::path& root, const Mount& mount) {
    const std::optional<fs::path> group = own_group(root, mount.version);
    if (!group) return no_quota;
    fs::path rest = group->lexically_relative(mount.group);
    // A group outside of what is mounted: a container sees its own as the mount itself.
    if (rest.empty() || *rest.begin() == ".." || rest == ".") rest.clear();
    const fs::path point = root / mount.point.relative_path();
    double smallest = quota_in(point, mount.version);
    fs::path folder = point;
    for (const fs::path& part : rest) {
        folder /= part;
        smallest = std::min(smallest, quota_in(folder, mount.version));
    }
    return smallest;
}

}  // namespace

AvailableThreads available_threads(const fs::path& root, std::size_t n_affinity) {
    if (n_affinity == 0) n_affinity = processors_of_affinity();
    double quota = no_quota;
    for (const Mount& mount : cpu_mounts(root)) quota = std::min(quota, quota_of(root, mount));
    const double n_quota = std::max(1.0, std::ceil(quota));
    if (n_quota < static_cast<double>(n_affinity))
        return {static_cast<std::size_t>(n_quota), fmt::format("cgroup quota {:.6g}", quota)};
    return {n_affinity, fmt::format("affinity {}", n_affinity)};
}

}  // namespace snnff
