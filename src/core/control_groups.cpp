#include "core/control_groups.hpp"

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace snnff {
namespace {

namespace fs = std::filesystem;

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

/// A hierarchy of control groups: where it is mounted, and which of its groups that
/// is.
struct Mount {
    int version;
    fs::path group, point;
};

std::vector<Mount> mounts_of(const fs::path& root, std::string_view controller) {
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
        const bool version_1 = after[0] == "cgroup" && after.size() > 2 && has_word(after[2], controller);
        if (after[0] == "cgroup2" || version_1)
            mounts.push_back({version_1 ? 1 : 2, unescaped(before[3]), unescaped(before[4])});
    }
    return mounts;
}

/// The process's own group in a hierarchy of that version, if it is in one.
std::optional<fs::path> own_group(const fs::path& root, int version, std::string_view controller) {
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        // number:controllers:path; version 2 has number 0 and names no controllers
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (version == 2 ? controllers.empty() : has_word(controllers, controller))
            return line.substr(second + 1);
    }
    return {};
}

}  // namespace

std::vector<ControlGroup> control_groups(const fs::path& root, std::string_view controller) {
    std::vector<ControlGroup> groups;
    for (const Mount& mount : mounts_of(root, controller)) {
        const std::optional<fs::path> own = own_group(root, mount.version, controller);
        if (!own) continue;
        fs::path rest = own->lexically_relative(mount.group);
        // A group outside of what is mounted: a container sees its own as the mount itself.
        if (rest.empty() || *rest.begin() == ".." || rest == ".") rest.clear();
        fs::path folder = root / mount.point.relative_path();
        std::vector<fs::path> folders{folder};
        for (const fs::path& part : rest) folders.push_back(folder /= part);
        groups.push_back({mount.version, std::move(folders)});
    }
    return groups;
}

}  // namespace snnff
