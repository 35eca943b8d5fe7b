// What is not a number is stored as one pattern, whatever the processor made.
#include "core/canonical.hpp"

#include <hdf5.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "catch.hpp"
#include "io/hdf5_write.hpp"

using namespace snnff;

namespace {

constexpr std::uint32_t one_float = 0x7fc00000;
constexpr std::uint64_t one_double = 0x7ff8000000000000;

// What x86 makes of 0/0, and NaNs that carry something; between numbers that stay.
std::vector<float> floats() {
    std::vector<float> values{1.0f, -0.0f};
    for (const std::uint32_t bits : {0xffc00000u, 0x7fc00001u, 0x7fc00000u, 0x7f800001u, 0xffffffffu}) {
        values.push_back(std::bit_cast<float>(bits));
    }
    values.insert(values.end(), {std::bit_cast<float>(1u), std::bit_cast<float>(0xff800000u)});
    return values;
}
std::vector<double> doubles() {
    std::vector<double> values{1.0, -0.0};
    for (const std::uint64_t bits :
         {0xfff8000000000000u, 0x7ff8000000000001u, one_double, 0x7ff0000000000001u, 0xffffffffffffffffu}) {
        values.push_back(std::bit_cast<double>(bits));
    }
    values.insert(values.end(), {std::bit_cast<double>(std::uint64_t{1}),
                                 std::bit_cast<double>(std::uint64_t{0xfff0000000000000})});
    return values;
}

template <class Bits, class T>
bool is_canonical(const std::vector<Bits>& stored, const std::vector<T>& values, Bits one) {
    if (stored.size() != values.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Bits expected = std::isnan(values[i]) ? one : std::bit_cast<Bits>(values[i]);
        if (stored[i] != expected) return false;
    }
    return true;
}

/// What HDF5 itself reads, as bits.
template <class Bits>
std::vector<Bits> read(hid_t file, const char* name, hid_t type, std::size_t n) {
    std::vector<Bits> bits(n);
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    REQUIRE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits.data()) >= 0);
    H5Dclose(set);
    return bits;
}
std::vector<std::uint64_t> read_attribute(hid_t file, const char* name, std::size_t n) {
    std::vector<std::uint64_t> bits(n);
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    REQUIRE(H5Aread(attribute, H5T_NATIVE_DOUBLE, bits.data()) >= 0);
    H5Aclose(attribute);
    return bits;
}

}  // namespace

TEST_CASE("NaN becomes one pattern, and numbers stay what they are") {
    std::vector<float> float_room;
    const auto f = canonical(std::span<const float>(floats()), float_room);
    std::vector<std::uint32_t> float_bits;
    for (const float x : f) float_bits.push_back(std::bit_cast<std::uint32_t>(x));
    CHECK(is_canonical(float_bits, floats(), one_float));

    std::vector<double> double_room;
    const auto d = canonical(std::span<const double>(doubles()), double_room);
    std::vector<std::uint64_t> double_bits;
    for (const double x : d) double_bits.push_back(std::bit_cast<std::uint64_t>(x));
    CHECK(is_canonical(double_bits, doubles(), one_double));
}

TEST_CASE("numbers alone are not copied") {
    const std::vector<float> values{1.0f, -2.0f, 0.0f};
    std::vector<float> room;
    CHECK(canonical(std::span<const float>(values), room).data() == values.data());
    CHECK(room.empty());
}

TEST_CASE("whatever is stored in a file is canonical") {
    const std::string path = "canonical_test.h5";
    const std::vector<float> f = floats();
    const std::vector<double> d = doubles();
    const std::size_t n = f.size();
    hdf5::write_file(path, Leaving::new_one, [&](const hdf5::Group& root) {
        hdf5::write_array(root, "floats", std::span(f));
        hdf5::write_array(root, "doubles", std::span(d));
        hdf5::Appender rows = hdf5::Appender::create<float>(root, "rows", n);
        rows.append(std::span(f));
        rows.append(std::span(f));
        rows.flush();
        hdf5::Appender series = hdf5::Appender::create<double>(root, "series");
        for (const double x : d) series.append_one(x);
        series.flush();
        hdf5::set_attribute(root, "number", d[2]);
        hdf5::set_attribute_array(root, "numbers", std::span<const double>(d));
    });
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    CHECK(is_canonical(read<std::uint32_t>(file, "floats", H5T_NATIVE_FLOAT, n), f, one_float));
    CHECK(is_canonical(read<std::uint64_t>(file, "doubles", H5T_NATIVE_DOUBLE, n), d, one_double));
    std::vector<float> twice = f;
    twice.insert(twice.end(), f.begin(), f.end());
    CHECK(is_canonical(read<std::uint32_t>(file, "rows", H5T_NATIVE_FLOAT, 2 * n), twice, one_float));
    CHECK(is_canonical(read<std::uint64_t>(file, "series", H5T_NATIVE_DOUBLE, n), d, one_double));
    CHECK(read_attribute(file, "number", 1).front() == one_double);
    CHECK(is_canonical(read_attribute(file, "numbers", n), d, one_double));
    H5Fclose(file);
    std::remove(path.c_str());
}
