#include "io/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "io/gzip.hpp"
#include "io/npy_header.hpp"
#include "io/zip_archive.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_bytes = std::uint64_t{128} << 30;

std::uint64_t bits_of(const std::byte* bytes, std::size_t n, bool big_endian) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < n; ++i)
        bits = bits << 8 | std::to_integer<std::uint64_t>(bytes[big_endian ? i : n - 1 - i]);
    return bits;
}

/// A float of 2 bytes; every one is a float.
float from_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value = exponent == 0    ? static_cast<float>(fraction) * 0x1p-24f
                  : exponent == 31 ? (fraction == 0 ? std::numeric_limits<float>::infinity()
                                                    : std::numeric_limits<float>::quiet_NaN())
                                   : std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 112) << 23 |
                                                          static_cast<std::uint32_t>(fraction) << 13);
    return (bits & 0x8000) != 0 ? -value : value;
}

/// Rounded once, from the type it was stored in.
template <class Number>
Number number(const NpyHeader& header, const std::byte* bytes) {
    const auto n = static_cast<std::size_t>(header.size);
    const std::uint64_t bits = bits_of(bytes, n, header.big_endian);
    if (header.kind == 'b') return bits != 0 ? Number{1} : Number{0};
    if (header.kind == 'u') return static_cast<Number>(bits);
    if (header.kind == 'i') {
        const std::size_t unused = 64 - 8 * n;
        return static_cast<Number>(static_cast<std::int64_t>(bits << unused) >> unused);
    }
    if (n == 2) return static_cast<Number>(from_half(static_cast<std::uint16_t>(bits)));
    if (n == 4) return static_cast<Number>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    return static_cast<Number>(std::bit_cast<double>(bits));
}

void append_utf8(std::string& text, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
    } else {
        put(0xf0 | (c >> 18 & 7));
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

std::string text(const NpyHeader& header, const std::byte* bytes) {
    std::string result;
    const std::size_t each = header.kind == 'U' ? 4 : 1;
    for (std::size_t i = 0; i < header.size; i += each) {
        const auto c = static_cast<std::uint32_t>(bits_of(bytes + i, each, header.big_endian));
        if (each == 4)
            append_utf8(result, c);
        else
            result += static_cast<char>(c);
    }
    // Texts are filled up with zeros; those between letters are theirs.
    result.erase(result.find_last_not_of('\0') + 1);
    return result;
}

/// Index in the order of axes of the values in Fortran's order, one after the other.
class FortranOrder {
  public:
    explicit FortranOrder(const std::vector<std::uint64_t>& shape)
        : shape_(shape), at_(shape.size(), 0), stride_(shape.size(), 1) {
        for (std::size_t axis = shape.size(); axis-- > 1;) stride_[axis - 1] = stride_[axis] * shape[axis];
    }
    std::uint64_t next() {
        const std::uint64_t index = index_;
        for (std::size_t axis = 0; axis < at_.size(); ++axis) {
            index_ += stride_[axis];
            if (++at_[axis] < shape_[axis]) break;
            index_ -= stride_[axis] * shape_[axis];
            at_[axis] = 0;
        }
        return index;
    }

  private:
    const std::vector<std::uint64_t>& shape_;
    std::vector<std::uint64_t> at_, stride_;
    std::uint64_t index_ = 0;
};

}  // namespace

struct NpyArray::State {
    std::string where;
    std::optional<InputFile> file;
    std::optional<ZipArchive> archive;
    NpyHeader header;
    std::uint64_t n_values = 1;

    std::size_t read(std::span<std::byte> bytes) { return file ? file->read(bytes) : archive->read(bytes); }

    /// `content`: how many bytes there are in all; nothing where only reading would tell.
    void read_header(std::optional<std::uint64_t> content) {
        std::array<std::byte, 12> start{};
        std::size_t n = read(std::span{start}.first(10));
        constexpr std::string_view magic = "\x93NUMPY";
        const bool is_npy =
            n == 10 && std::equal(magic.begin(), magic.end(), start.begin(), [](char a, std::byte b) {
                return static_cast<unsigned char>(a) == std::to_integer<unsigned char>(b);
            });
        if (!is_npy)
            throw DataError(where + ": is no array as numpy.save writes it, and does not begin as one");
        const auto version = std::to_integer<unsigned>(start[6]);
        if (version < 1 || version > 3)
            throw DataError(fmt::format("{}: NumPy's format {}; 1 to 3 are read", where, version));
        if (version > 1) n += read(std::span{start}.subspan(10));
        const std::uint64_t length = bits_of(start.data() + 8, version == 1 ? 2 : 4, false);
        constexpr std::uint64_t longest = 1 << 16;
        if (length > longest || n != (version == 1 ? 10u : 12u))
            throw DataError(
                fmt::format("{}: has a header of {} bytes; up to {} are read", where, length, longest));
        std::string dictionary(static_cast<std::size_t>(length), '\0');
        if (read(std::as_writable_bytes(std::span{dictionary})) != length)
            throw DataError(where + ": ends within its header");
        header = read_npy_header(where, dictionary);
        check_size(content ? std::optional(*content - std::min(*content, n + length)) : std::nullopt);
    }

    void check_size(std::optional<std::uint64_t> n_bytes) {
        const std::string shape = fmt::format("[{}]", fmt::join(header.shape, ", "));
        for (const std::uint64_t size : header.shape) {
            if (size == 0) throw DataError(fmt::format("{}: has the shape {}; it is empty", where, shape));
            if (n_values > most_bytes / header.size / size)
                throw DataError(
                    fmt::format("{}: has the shape {}; more than {} GiB", where, shape, most_bytes >> 30));
            n_values *= size;
        }
        if (n_bytes && *n_bytes != n_values * header.size) {
            throw DataError(fmt::format("{}: its header promises {} bytes (shape {}), it has {}", where,
                                        n_values * header.size, shape, *n_bytes));
        }
    }

    template <class Take>
    void each(Take take) {
        const auto size = static_cast<std::size_t>(header.size);
        const std::size_t n_block = std::max<std::size_t>(1, (std::size_t{1} << 16) / size);
        std::vector<std::byte> block(n_block * size);
        FortranOrder fortran(header.shape);
        for (std::uint64_t first = 0; first < n_values; first += n_block) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(n_block, n_values - first));
            if (read(std::span{block}.first(n * size)) != n * size) {
                throw DataError(fmt::format("{}: ends after less than the {} values that its header promises",
                                            where, n_values));
            }
            for (std::size_t i = 0; i < n; ++i)
                take(header.fortran_order ? fortran.next() : first + i, block.data() + i * size);
        }
        // What was unpacked is held to its checksum where it is asked for more than there is.
        std::byte beyond{};
        if (read(std::span(&beyond, 1)) != 0) {
            throw DataError(
                fmt::format("{}: goes on after the {} values that its header promises", where, n_values));
        }
    }
};

NpyArray::NpyArray(const fs::path& path) : state_(std::make_unique<State>()) {
    state_->where = shown(path);
    state_->file.emplace(path, InputFile::Content::unpacked);
    const InputFile& file = *state_->file;
    state_->read_header(file.compressed() ? std::nullopt : std::optional(file.size_on_disk()));
}

NpyArray::NpyArray(const fs::path& path, const std::string& name) : state_(std::make_unique<State>()) {
    state_->where = fmt::format("{}:{}", shown(path), name);
    state_->archive.emplace(path);
    state_->read_header(state_->archive->open(name + ".npy"));
}

NpyArray::~NpyArray() = default;

const std::string& NpyArray::where() const noexcept { return state_->where; }
const std::vector<std::uint64_t>& NpyArray::shape() const noexcept { return state_->header.shape; }
std::uint64_t NpyArray::n_values() const noexcept { return state_->n_values; }
bool NpyArray::is_text() const noexcept { return state_->header.kind == 'U' || state_->header.kind == 'S'; }

std::size_t NpyArray::value_bytes() const noexcept { return static_cast<std::size_t>(state_->header.size); }

void NpyArray::read(std::span<float> values) {
    state_->each([&](std::uint64_t i, const std::byte* bytes) {
        values[static_cast<std::size_t>(i)] = number<float>(state_->header, bytes);
    });
}

void NpyArray::read(std::span<double> values) {
    state_->each([&](std::uint64_t i, const std::byte* bytes) {
        values[static_cast<std::size_t>(i)] = number<double>(state_->header, bytes);
    });
}

std::vector<std::string> NpyArray::read_texts() {
    std::vector<std::string> texts;
    state_->each(
        [&](std::uint64_t, const std::byte* bytes) { texts.push_back(text(state_->header, bytes)); });
    return texts;
}

std::vector<std::string> npz_names(const fs::path& path) {
    std::vector<std::string> names = ZipArchive(path).names();
    std::erase_if(names, [](const std::string& name) { return !name.ends_with(".npy"); });
    for (std::string& name : names) name.resize(name.size() - 4);
    return names;
}

}  // namespace snnff
