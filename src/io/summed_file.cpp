#include "io/summed_file.hpp"

#include <sys/stat.h>
#include <time.h>

#include <utility>

#include "io/data_file.hpp"

namespace snnff {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
// File systems count times in steps of up to 2 s: what changed within one and the same step looks unchanged.
constexpr std::int64_t settled_ns = 3 * ns_per_s;

std::int64_t in_ns(const timespec& time) { return std::int64_t{time.tv_sec} * ns_per_s + time.tv_nsec; }

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return in_ns(now);
}

}  // namespace

std::optional<SummedFile::Stamp> SummedFile::stamp_of(const std::filesystem::path& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
    return Stamp{found.st_dev, found.st_ino, found.st_size, in_ns(found.st_ctim), in_ns(found.st_mtim)};
}

SummedFile::SummedFile(std::filesystem::path path) : path_(std::move(path)), stamp_(stamp_of(path_)) {
    if (!stamp_) return;
    const bool settled = stamp_->changed_ns + settled_ns < now_ns();
    sha256_ = data_file_at(path_).sha256;
    if (!settled) stamp_.reset();
}

std::string SummedFile::sha256() const {
    if (stamp_ && stamp_of(path_) == stamp_) return sha256_;
    return data_file_at(path_).sha256;
}

}  // namespace snnff
