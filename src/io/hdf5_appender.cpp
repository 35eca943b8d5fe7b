#include <algorithm>
#include <array>

#include "core/memory.hpp"
#include "io/hdf5_write.hpp"

namespace snnff::hdf5 {
Appender::Appender(Growing growing, hid_t type, std::size_t value_bytes, std::size_t width)
    : dataset_(std::move(growing.dataset)),
      type_(type),
      row_bytes_(value_bytes * (width == 0 ? 1 : width)),
      width_(width),
      rows_per_chunk_(growing.rows_per_chunk),
      gathered_(rows_per_chunk_ * row_bytes_) {}

void Appender::append_bytes(std::span<const std::byte> rows) {
    while (!rows.empty()) {
        const std::size_t n = std::min(rows.size() / row_bytes_, rows_per_chunk_ - n_gathered_);
        std::copy_n(rows.begin(), n * row_bytes_,
                    gathered_.begin() + static_cast<std::ptrdiff_t>(n_gathered_ * row_bytes_));
        rows = rows.subspan(n * row_bytes_);
        n_gathered_ += n;
        up_to_date_ = false;
        if (n_gathered_ < rows_per_chunk_) continue;
        if (in_place_) {
            write_in_place();
            in_place_ = false;
        } else {
            write_compressed();
        }
        n_written_ += n_gathered_;
        n_gathered_ = 0;
        std::fill(gathered_.begin(), gathered_.end(), std::byte{});
    }
}

void Appender::flush() {
    if (up_to_date_) return;
    write_in_place();
    in_place_ = true;
}

void Appender::grow() {
    check_address_space();
    const std::array<hsize_t, 2> size{n_rows(), width_};
    dataset_.check(H5Dset_extent(dataset_.id(), size.data()), "cannot grow");
}

void Appender::write_compressed() {
    grow();
    const std::array<hsize_t, 2> start{n_written_, 0}, count{n_gathered_, width_};
    const Handle to(dataset_.check(H5Dget_space(dataset_.id()), "cannot be written"), H5Sclose);
    const Handle from(H5Screate_simple(width_ == 0 ? 1 : 2, count.data(), nullptr), H5Sclose);
    checked(H5Sselect_hyperslab(to.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
    dataset_.check(H5Dwrite(dataset_.id(), type_, from.get(), to.get(), H5P_DEFAULT, gathered_.data()),
                   "cannot be written");
    up_to_date_ = true;
}

void Appender::write_in_place() {
    grow();
    // The chunk as it lies here, with all three filters marked as skipped: always the same size.
    write_chunk(n_written_, 0b111, gathered_);
    up_to_date_ = true;
}

void Appender::write_chunk(std::uint64_t first_row, std::uint32_t skipped_filters,
                           std::span<const std::byte> bytes) {
    const std::array<hsize_t, 2> start{first_row, 0};
    dataset_.check(
        H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, skipped_filters, start.data(), bytes.size(), bytes.data()),
        "cannot be written");
}

}  // namespace snnff::hdf5
