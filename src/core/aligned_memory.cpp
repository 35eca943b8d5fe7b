#include <sys/mman.h>

#include <new>

#include "snnff/matrix.hpp"

namespace snnff {
namespace {

constexpr std::size_t cache_line = 64, huge_page = std::size_t{2} << 20;

std::align_val_t alignment_of(std::size_t n_bytes) {
    return std::align_val_t{n_bytes >= huge_page ? huge_page : cache_line};
}

}  // namespace

void* allocate_aligned(std::size_t n_bytes) {
    void* memory = ::operator new(n_bytes, alignment_of(n_bytes));
    // Products go through matrices in strides: a page for each element read costs them up to a fifth of their
    // speed. A kernel that has no such pages says no, which changes nothing.
    if (n_bytes >= huge_page) ::madvise(memory, n_bytes / huge_page * huge_page, MADV_HUGEPAGE);
    return memory;
}

void deallocate_aligned(void* memory, std::size_t n_bytes) noexcept {
    ::operator delete(memory, alignment_of(n_bytes));
}

}  // namespace snnff
