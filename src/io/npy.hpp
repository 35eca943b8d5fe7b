#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace snnff {

/// An array as numpy.save writes it (format versions 1 to 3), in a file of its own, gzipped or not, or in an
/// .npz. Booleans, integers, floats of 2, 4 and 8 bytes, in either order of bytes and axes, and texts.
/// Source: numpy.lib.format's documentation.
class NpyArray {
  public:
    /// Reads the header; throws FileError or DataError: no such file, not NumPy's format, a type that cannot
    /// be read (objects, complex numbers, records), a shape that the content does not fill.
    explicit NpyArray(const std::filesystem::path& path);
    /// The array `name` of an .npz, without ".npy".
    NpyArray(const std::filesystem::path& path, const std::string& name);
    ~NpyArray();
    NpyArray(const NpyArray&) = delete;
    NpyArray& operator=(const NpyArray&) = delete;

    const std::string& where() const noexcept;  ///< for messages: "train.npz:x"
    const std::vector<std::uint64_t>& shape() const noexcept;
    std::uint64_t n_values() const noexcept;
    bool is_text() const noexcept;
    std::size_t value_bytes() const noexcept;

    /// All values in the order of axes (the last varies fastest), whatever their order in the file; each
    /// rounded once. Call one of the three, once. Throws DataError where the content ends early.
    void read(std::span<float> values);
    void read(std::span<double> values);
    std::vector<std::string> read_texts();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The names of an .npz's arrays, without ".npy".
std::vector<std::string> npz_names(const std::filesystem::path& path);

}  // namespace snnff
