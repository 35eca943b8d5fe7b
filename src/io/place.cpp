#include "io/place.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <system_error>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;           // as Linux follows
constexpr std::size_t usual_name = 255;  // bytes of a name, where the file system does not say

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

std::string_view kind_of(fs::file_type type) {
    switch (type) {
        case fs::file_type::directory:
            return "a folder";
        case fs::file_type::fifo:
            return "a pipe";
        case fs::file_type::socket:
            return "a socket";
        case fs::file_type::character:
        case fs::file_type::block:
            return "a device";
        default:
            return "no regular file";
    }
}

}  // namespace

fs::path behind_links(const fs::path& path) {
    fs::path file = path;
    for (int n = 0; n <= most_links; ++n) {
        std::error_code error;
        if (!fs::is_symlink(fs::symlink_status(file, error))) return file;
        const fs::path target = fs::read_symlink(file, error);
        if (error) return file;  // whoever opens it says what is wrong
        file = target.is_absolute() ? target : file.parent_path() / target;
    }
    throw FileError(fmt::format("{}: links lead in a circle from here; -o names another file", shown(path)));
}

bool ends_in(const fs::path& file, std::string_view ending) {
    std::string has = file.extension().string();
    for (char& c : has) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return has == ending;
}

std::string about_dangling_link(const fs::path& path) {
    fs::path part;
    for (const fs::path& name : path) {
        part /= name;
        std::error_code error;
        if (!fs::is_symlink(fs::symlink_status(part, error)) || fs::exists(part, error)) continue;
        const fs::path target = fs::read_symlink(part, error);
        return fmt::format("; {} is a link to {}, which is not there", part == path ? "it" : shown(part),
                           shown(target));
    }
    return "";
}

fs::path unfinished_beside(const fs::path& output) {
    fs::path beside = output;
    return beside.replace_filename(output.stem().string() + ".unfinished" + output.extension().string());
}

void check_place(const fs::path& path, std::string_view longest_suffix) {
    const fs::path file = behind_links(path), folder = folder_of(file);
    const std::string name = shown(path);
    const std::string which =
        file == path ? name : fmt::format("{}: is a link to {}, which", name, shown(file));
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0) {
        const int reason = errno;
        if (reason == ENOENT)
            throw FileError(fmt::format("{}: cannot be made: there is no folder {}", which, shown(folder)));
        throw FileError(
            fmt::format("{}: cannot be made in {}: {}", which, shown(folder), std::strerror(reason)));
    }
    if (!S_ISDIR(found.st_mode))
        throw FileError(fmt::format("{}: cannot be made: {} is no folder", which, shown(folder)));
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        throw FileError(
            fmt::format("{}: cannot be made in {}: {}", which, shown(folder), std::strerror(errno)));
    }
    const long answer = ::pathconf(folder.c_str(), _PC_NAME_MAX);
    const std::size_t most_name = answer > 0 ? static_cast<std::size_t>(answer) : usual_name;
    const std::size_t n_name = file.filename().native().size(), n_path = file.native().size();
    if (n_name > most_name || n_path >= PATH_MAX) {
        throw FileError(fmt::format("{}: cannot be made: {}", which, std::strerror(ENAMETOOLONG)));
    }
    const std::size_t more = longest_suffix.size();
    const bool of_name = n_name + more > most_name;
    if (!of_name && n_path + more < PATH_MAX) return;
    const std::size_t excess = of_name ? n_name + more - most_name : n_path + more - (PATH_MAX - 1);
    throw UsageError(fmt::format(
        "{}: is too long by {} byte{}: files beside it take its name with up to {} bytes more ({}), and a {} "
        "here has {} at most; -o names another",
        which, excess, excess == 1 ? "" : "s", more, longest_suffix, of_name ? "name" : "path",
        of_name ? most_name : std::size_t{PATH_MAX - 1}));
}

void refuse_irregular(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status) || fs::is_regular_file(status)) return;
    throw UsageError(fmt::format("{}: is {} and cannot be replaced; -o names a file", shown(path),
                                 kind_of(status.type())));
}

void keep_mode(const fs::path& from, const fs::path& to) noexcept {
    struct stat found {};
    if (::stat(from.c_str(), &found) != 0) return;
    // The owner first: changing it takes special bits of the mode away.
    [[maybe_unused]] const int owned = ::chown(to.c_str(), found.st_uid, found.st_gid);
    ::chmod(to.c_str(), found.st_mode & 07777);
}

OwnerMayWrite::OwnerMayWrite(const fs::path& path) noexcept : path_(path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || (found.st_mode & S_IWUSR) != 0) return;
    const mode_t mode = found.st_mode & 07777;
    if (::chmod(path.c_str(), mode | S_IWUSR) == 0) mode_before_ = static_cast<int>(mode);
}

OwnerMayWrite::~OwnerMayWrite() {
    if (mode_before_ >= 0) ::chmod(path_.c_str(), static_cast<mode_t>(mode_before_));
}

void take_place(const fs::path& written, const fs::path& path) {
    std::error_code error;
    fs::rename(written, path, error);
    if (!error) return;
    throw FileError(
        fmt::format("{}: cannot take the place of {}: {}", shown(written), shown(path), error.message()));
}

}  // namespace snnff
