#pragma once

#include <cstdint>

#include "io/hdf5.hpp"

namespace snnff::hdf5 {

/// Gives HDF5 the memory for values of variable length, up to so many bytes: it asks for what each value
/// claims before it fills it. Must outlive the values.
class VariableMemory {
  public:
    explicit VariableMemory(std::uint64_t bytes);
    VariableMemory(const VariableMemory&) = delete;
    VariableMemory& operator=(const VariableMemory&) = delete;
    hid_t transfer() const noexcept { return transfer_.get(); }  ///< properties for reading and giving back

  private:
    std::uint64_t left_;
    Handle transfer_;
};

/// Gives values of variable length back however reading ends.
class Reclaimed {
  public:
    Reclaimed(hid_t type, hid_t space, hid_t transfer, void* values) noexcept
        : type_(type), space_(space), transfer_(transfer), values_(values) {}
    ~Reclaimed() { H5Dvlen_reclaim(type_, space_, transfer_, values_); }
    Reclaimed(const Reclaimed&) = delete;
    Reclaimed& operator=(const Reclaimed&) = delete;

  private:
    hid_t type_, space_, transfer_;
    void* values_;
};

}  // namespace snnff::hdf5
