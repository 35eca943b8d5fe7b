#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace snnff::hdf5 {

/// Before anything else of HDF5: errors are taken from its stack, not printed. Throws FileError where the
/// library lacks gzip or shuffle, which it would leave out of what it writes without a word.
void begin();

/// FileError with HDF5's own words, for what no name of a file or an object goes with.
[[noreturn]] void fail_without_name();
/// Passes `result` on unless it is HDF5's negative number for a failure, which ends in a FileError.
template <class T>
T checked(T result) {
    if (result < 0) fail_without_name();
    return result;
}
std::size_t size_of(hid_t type);  ///< bytes of a value, above 0

/// Owns an HDF5 identifier. One that HDF5 could not give ends in a FileError.
class Handle {
  public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    Handle(hid_t id, Close close) : id_(checked(id)), close_(close) {}
    /// Empty where HDF5 gave none.
    static Handle if_any(hid_t id, Close close) { return id >= 0 ? Handle(id, close) : Handle(); }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() { reset(); }
    hid_t get() const noexcept { return id_; }
    explicit operator bool() const noexcept { return id_ >= 0; }
    herr_t reset() noexcept { return id_ >= 0 ? close_(std::exchange(id_, -1)) : 0; }

  private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

/// What HDF5 itself says went wrong where it noticed it first, and forgets it. Empty where nothing did.
std::string innermost_message();

/// A file, group or data set together with its name. Every failure is a FileError that starts with
/// file and object and ends with HDF5's own innermost message. One thread at a time: the library
/// HDF5 is not built for more.
class Object {
  public:
    Object() = default;
    Object(Handle handle, std::string file, std::string path)
        : handle_(std::move(handle)), file_(std::move(file)), path_(std::move(path)) {}

    hid_t id() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
    const std::string& file() const noexcept { return file_; }
    const std::string& path() const noexcept { return path_; }  ///< "/training/epoch"
    std::string name() const;                                   ///< "epoch"
    std::string where() const;                                  ///< "run.h5: /training/epoch"
    std::string child_path(std::string_view name) const;

    [[noreturn]] void fail(std::string_view what) const;
    /// Passes `result` on unless it is HDF5's negative number for a failure.
    template <class T>
    T check(T result, std::string_view what) const {
        if (result < 0) fail(what);
        return result;
    }
    /// Keeps the file's own identifier open for as long as the object is.
    void keep(Handle of_file) noexcept { of_file_ = std::move(of_file); }
    herr_t close() noexcept {
        const herr_t object = handle_.reset();
        return std::min(object, of_file_.reset());
    }

  private:
    Handle of_file_;  // closed last
    Handle handle_;
    std::string file_, path_;
};

class Dataset : public Object {
  public:
    using Object::Object;
    std::vector<hsize_t> shape() const;
    std::uint64_t n_values() const;  ///< throws where the product overflows
    /// Throws FileError where the values are not of that class, "integer numbers" and the like.
    void expect_integers() const;
    void expect_numbers() const;  ///< booleans and enumerations among them
    bool is_text() const;
    /// Names and values of an enumeration, by value; empty for all else, and for booleans.
    std::vector<std::pair<std::string, std::int64_t>> enumeration() const;
    std::string type_text() const;    ///< "float32", "boolean", "string", "references" and the like
    std::size_t value_bytes() const;  ///< of one value
    /// Throws FileError where there is less data than the shape claims: call it before asking for memory.
    void expect_stored() const;
    /// How many values there are, where the file alone decides: throws FileError as expect_stored() does, and
    /// for more than may be held at once (16 GiB, or the machine's memory).
    std::size_t n_held_values() const;
    std::uint64_t n_file_bytes() const;  ///< of the whole file
};

class Group : public Object {
  public:
    using Object::Object;
    bool has(std::string_view name) const;
    /// Each component of the path must be a plain link: no soft or external one is followed.
    Group group(std::string_view path) const;
    /// Its data lies in this file, and passes through no filter but gzip (once), shuffle and fletcher32; else
    /// it is refused with a FileError.
    Dataset dataset(std::string_view path) const;
    /// Names in the order of their creation, or by name where the file did not keep it.
    std::vector<std::string> children() const;
    std::vector<std::string> child_groups() const;

  private:
    Handle open(std::string_view path, H5I_type_t type, std::string_view what) const;
};

/// Opens for reading, by an index_of() the file if there is one. From then on the process's HDF5 loads no
/// filter from plugins, which a file could name. Throws FileError: no such file, no HDF5 file, cut short, in
/// use for writing.
Group open_file(const std::string& path, std::span<const std::int64_t> index = {});
/// Creates a file that keeps the order of its links and attributes; none may be there. A
/// process that is killed leaves it as it was flushed last, or on the way from there to the next flush
/// (hdf5_file.hpp).
Group create_file(const std::string& path);
/// The same for a file that others read while it is written (HDF5's SWMR): its format is HDF5's latest. Once
/// all groups and data sets are there, start_live() lets readers in; from then on data sets grow, and nothing
/// else changes until all is closed and end_live() opens the file anew, without a lock, to be written in
/// order again. A process that is killed in between or after that leaves a file that is still marked, which
/// open_file() and, but for the last part, h5py's swmr=True open all the same.
Group create_live_file(const std::string& path);
void start_live(const Object& object);
Group end_live(const std::string& path);
void flush(const Object& object);

template <class T>
hid_t memory_type() noexcept;
/// The type numbers have on disk: little-endian whatever the machine.
template <class T>
hid_t file_type() noexcept;
Handle text_type();  ///< variable-length UTF-8
/// Command lines and file names may hold any bytes; what is marked as UTF-8 has to be UTF-8, or
/// readers in other languages refuse it. Bytes that are not become U+FFFD, zeros end nothing.
std::string as_utf8(std::string_view text);
/// Whether an attribute holds text.
bool is_text_attribute(const Object& object, const std::string& name);
/// Whether a type is a number of that kind, H5T_INTEGER or H5T_FLOAT, of 16 bytes at most. HDF5 knows numbers
/// of any width, and takes as much memory to convert them.
bool is_number(hid_t type, H5T_class_t kind) noexcept;

// Reading whole data sets; shapes have been checked by the caller.
template <class T>
void read(const Dataset& dataset, std::span<T> values);
/// Some rows, the first ones or from `first_row` on: values.size() is n_rows times the size of the other
/// axes.
template <class T>
void read_rows(const Dataset& dataset, std::uint64_t n_rows, std::span<T> values,
               std::uint64_t first_row = 0);
/// Lists of numbers, each with a length of its own (HDF5's variable-length type): what rows
/// [first_row, first_row + n_rows) of a data set of one axis hold. Throws FileError where the data set holds
/// anything else, or lists that claim more than a file of this size can hold.
template <class T>
std::vector<std::vector<T>> read_lists(const Dataset& dataset, std::uint64_t first_row, std::uint64_t n_rows);
/// What the floats of such a data set can tell apart: bits of the mantissa, the hidden one among them, and
/// the smallest exponent of a normal number. Integers: 0 digits.
struct FloatType {
    int digits = 0, least_exponent = 0;
};
FloatType float_type_of_lists(const Dataset& dataset);
/// The one string of a data set, or all strings in the order of its axes; up to 64 MiB.
std::string read_text(const Dataset& dataset);
std::vector<std::string> read_texts(const Dataset& dataset);

// Attributes. Reading throws FileError where there is none or it is of another kind.
bool has_attribute(const Object& object, const std::string& name);
std::vector<std::string> attribute_names(const Object& object);
std::string read_text_attribute(const Object& object, const std::string& name);
template <class T>
std::vector<T> read_attribute(const Object& object, const std::string& name);
void set_attribute(const Object& object, const std::string& name, std::string_view text);
void set_attribute(const Object& object, const std::string& name, std::span<const std::string> texts);
template <class T>
requires std::is_arithmetic_v<T>
void set_attribute(const Object& object, const std::string& name, T number);
template <class T>
void set_attribute_array(const Object& object, const std::string& name, std::span<const T> numbers);

}  // namespace snnff::hdf5
