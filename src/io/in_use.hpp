#pragma once

#include <filesystem>
#include <utility>

namespace snnff {

/// Throws FileError where somebody else has a lock on the file, as HDF5 has on what it reads or writes: to
/// take the place of such a file would lose the other's work. What an InUse of this process has is its own.
void refuse_if_in_use(const std::filesystem::path& path);

/// Throws FileError where another process is making a run that will need the name, though nothing locks what
/// has it now: to take its place once it is complete (--force), or for what stands beside it.
void refuse_if_awaited(const std::filesystem::path& place);

/// Throws what keeps a new file from taking a place: UsageError where a file is there and `replace` is not
/// set, or it is no regular one, FileError where it is being written or awaited.
void refuse_other(const std::filesystem::path& place, bool replace);

/// A lock on a file, as HDF5 puts it on what it writes; none where the file is not there.
class InUse {
  public:
    InUse() = default;
    explicit InUse(const std::filesystem::path& path);
    explicit InUse(int descriptor);  ///< of a file that has a lock; negative: of none
    InUse(InUse&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    InUse& operator=(InUse&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~InUse();
    void by_readers() const noexcept;  ///< readers are let in, and nobody else
    void by_writer() const noexcept;   ///< readers are not, but for those that are in already

  private:
    int descriptor_ = -1;
};

}  // namespace snnff
