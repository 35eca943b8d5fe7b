#include <hdf5.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "temp_folder.hpp"

namespace snnff {
std::unique_ptr<DatasetReader> make_dataset_hdf5(Options&, const Context&);
}
using namespace snnff;
namespace fs = std::filesystem;
using Split = DatasetReader::Split;
using hdf5::Handle;

namespace {

std::unique_ptr<DatasetReader> reader(const fs::path& train, double offset = 0.0, double scale = 1.0) {
    const Node root{
        Node::Table{
            {"train", Node{train.string(), {}}}, {"offset", Node{offset, {}}}, {"scale", Node{scale, {}}}},
        {}};
    Document document(root, ".");
    Options options = document.root();
    return make_dataset_hdf5(options, {});
}

Handle new_file(const fs::path& path) {
    Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    REQUIRE(file);
    return file;
}

/// Values as doubles, kept in the file as `type`.
void put(const Handle& file, const char* name, std::vector<hsize_t> shape, hid_t type,
         const std::vector<double>& values, hid_t creation = H5P_DEFAULT) {
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle set(H5Dcreate2(file.get(), name, type, space.get(), H5P_DEFAULT, creation, H5P_DEFAULT),
                     H5Dclose);
    REQUIRE(set);
    if (!values.empty()) {
        REQUIRE(H5Dwrite(set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    }
}

const std::vector<double> six{0.0, 0.5, 1.0, -2.0, 0.25, 4.0};
void put_good_x(const Handle& file) { put(file, "x", {3, 2}, H5T_IEEE_F32LE, six); }
void put_good_y(const Handle& file) { put(file, "y", {3}, H5T_STD_I64LE, {5, 0, 9}); }

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("any number type is read; inputs become (x - offset)/scale") {
    const TempFolder folder;
    const fs::path path = folder / "data.h5";
    for (const hid_t x_type : {H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_STD_I16BE, H5T_STD_U8LE}) {
        {
            const Handle file = new_file(path);
            put(file, "x", {3, 2}, x_type, {0, 1, 2, 3, 4, 200 % 128});
            put(file, "y", {3}, H5T_STD_U8LE, {5, 0, 255});
        }
        const Dataset data = reader(path, 0.5, 2.0)->read(Split::train, 0);
        REQUIRE(data.size() == 3);
        REQUIRE(data.n_inputs() == 2);
        CHECK(data.x(0, 0) == -0.25f);
        CHECK(data.x(2, 1) == 35.75f);
        CHECK(data.label == std::vector<std::int32_t>{5, 0, 255});
        CHECK(data.negative_label.empty());
        REQUIRE(data.files.size() == 1);
        CHECK(data.files[0].sha256.size() == 64);
    }
}

TEST_CASE("y_negative is read where there is one, and a limit takes the first samples") {
    const TempFolder folder;
    const fs::path path = folder / "data.h5";
    {
        const Handle file = new_file(path);
        put_good_x(file);
        put_good_y(file);
        put(file, "y_negative", {3}, H5T_STD_I32LE, {1, 2, 3});
    }
    const Dataset data = reader(path)->read(Split::train, 2);
    CHECK(data.label == std::vector<std::int32_t>{5, 0});
    CHECK(data.negative_label == std::vector<std::int32_t>{1, 2});
    CHECK(data.x(1, 1) == -2.0f);
    CHECK_FALSE(reader(path)->has(Split::test));
}

TEST_CASE("gzip, shuffle and checksums are read") {
    const TempFolder folder;
    const fs::path path = folder / "data.h5";
    {
        const Handle file = new_file(path);
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        const hsize_t chunk[2] = {2, 2};
        H5Pset_chunk(creation.get(), 2, chunk);
        H5Pset_shuffle(creation.get());
        H5Pset_deflate(creation.get(), 4);
        H5Pset_fletcher32(creation.get());
        put(file, "x", {3, 2}, H5T_IEEE_F32LE, six, creation.get());
        put_good_y(file);
    }
    const Dataset data = reader(path)->read(Split::train, 0);
    for (std::size_t i = 0; i < six.size(); ++i) CHECK(data.x.values()[i] == static_cast<float>(six[i]));
}

TEST_CASE("contradictory contents are refused with exit code 5, file, data set and reason") {
    struct Row {
        std::string what, word;
        std::function<void(const Handle&)> write;
    };
    const double nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();
    const auto with_x = [](std::vector<hsize_t> shape, hid_t type, std::vector<double> values) {
        return [=](const Handle& file) {
            put(file, "x", shape, type, values);
            put_good_y(file);
        };
    };
    const auto with_y = [](std::vector<hsize_t> shape, hid_t type, std::vector<double> values,
                           const char* name = "y") {
        return [=](const Handle& file) {
            put_good_x(file);
            if (std::string(name) != "y") put_good_y(file);
            put(file, name, shape, type, values);
        };
    };
    const auto stored = [](const std::function<void(hid_t)>& how, std::vector<hsize_t> shape, bool write) {
        return [=](const Handle& file) {
            const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
            how(creation.get());
            put(file, "x", shape, H5T_IEEE_F32LE, write ? six : std::vector<double>{}, creation.get());
            put_good_y(file);
        };
    };
    const auto chunked = [](hid_t creation) {
        const hsize_t chunk[2] = {2, 2};
        H5Pset_chunk(creation, 2, chunk);
    };
    const std::vector<Row> rows{
        {"no x", "has no data set /x", put_good_y},
        {"no y", "has no data set /y", put_good_x},
        {"x is a group", "/x is no data set",
         [](const Handle& file) {
             const Handle group(H5Gcreate2(file.get(), "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
             put_good_y(file);
         }},
        {"x of one axis", "/x: has the shape [6]", with_x({6}, H5T_IEEE_F32LE, six)},
        {"x of other steps", R"(["sample", "row", "column"])",
         with_x({3, 2, 2}, H5T_IEEE_F32LE, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})},
        {"no samples", "it is empty", with_x({0, 2}, H5T_IEEE_F32LE, {})},
        {"no features", "it is empty", with_x({3, 0}, H5T_IEEE_F32LE, {})},
        {"NaN", "/x: sample 1 holds", with_x({3, 2}, H5T_IEEE_F32LE, {0, 0, 0, nan, 0, 0})},
        {"infinity", "/x: sample 2 holds", with_x({3, 2}, H5T_IEEE_F64LE, {0, 0, 0, 0, -inf, 0})},
        {"beyond float32", "/x: sample 0 holds", with_x({3, 2}, H5T_IEEE_F64LE, {0, 1e300, 0, 0, 0, 0})},
        {"text in x", "/x: does not hold numbers",
         [](const Handle& file) {
             const Handle type = hdf5::text_type();
             const hsize_t shape[2] = {3, 2};
             const Handle space(H5Screate_simple(2, shape, nullptr), H5Sclose);
             const Handle set(
                 H5Dcreate2(file.get(), "x", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                 H5Dclose);
             put_good_y(file);
         }},
        {"fewer labels", "data.axes = [\"feature\", \"sample\"] would do",
         with_y({2}, H5T_STD_I32LE, {1, 2})},
        {"more labels", "/y: has the shape [4]", with_y({4}, H5T_STD_I32LE, {1, 2, 3, 4})},
        {"labels of two axes", "/y: has a label of 2 numbers",
         with_y({3, 2}, H5T_STD_I32LE, {1, 2, 3, 4, 5, 6})},
        {"broken labels", "/y: sample 1 has the label 2.5", with_y({3}, H5T_IEEE_F32LE, {1, 2.5, 3})},
        {"negative label", "/y: sample 1 has the label -1", with_y({3}, H5T_STD_I32LE, {1, -1, 3})},
        {"label 256", "/y: sample 2 has the label 256", with_y({3}, H5T_STD_I32LE, {1, 2, 256})},
        {"label of 2^63", "labels lie in 0 to 255", with_y({3}, H5T_STD_U64LE, {1, 2, 9.3e18})},
        {"fewer negative labels", "/y_negative: has the shape [2]",
         with_y({2}, H5T_STD_I32LE, {1, 2}, "y_negative")},
        {"sizes that overflow", "more than the 16 GiB",
         stored(
             [](hid_t creation) {
                 const hsize_t chunk[2] = {2, 2};
                 H5Pset_chunk(creation, 2, chunk);
             },
             {hsize_t{1} << 62, 8}, false)},
        {"claims that are not stored", "/x: claims 4000000 values of 4 bytes, but only 0 bytes",
         stored(chunked, {2000000, 2}, false)},
        {"another file's bytes", "lies in another file",
         stored([](hid_t creation) { H5Pset_external(creation, "/tmp/elsewhere", 0, 24); }, {3, 2}, false)},
        {"a filter that is not for everybody", "\"nbit\"",
         stored(
             [&](hid_t creation) {
                 chunked(creation);
                 H5Pset_nbit(creation);
             },
             {3, 2}, true)},
        {"a filter that a plugin would bring", "(32015)",
         stored(
             [&](hid_t creation) {
                 chunked(creation);
                 H5Pset_filter(creation, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr);
             },
             {3, 2}, false)},
        {"compressed again", "is compressed 2 times over",
         stored(
             [&](hid_t creation) {
                 chunked(creation);
                 H5Pset_deflate(creation, 1);
                 H5Pset_deflate(creation, 1);
             },
             {3, 2}, true)},
        {"a view of another file", "/x: is a view of other data sets",
         stored(
             [](hid_t creation) {
                 const hsize_t shape[2] = {3, 2};
                 const Handle space(H5Screate_simple(2, shape, nullptr), H5Sclose);
                 H5Pset_virtual(creation, space.get(), "/etc/passwd", "/x", space.get());
             },
             {3, 2}, false)},
        {"numbers of 32 bytes", "/x: does not hold numbers",
         [](const Handle& file) {
             const Handle wide(H5Tcopy(H5T_STD_U64LE), H5Tclose);
             H5Tset_size(wide.get(), 32);
             H5Tset_precision(wide.get(), 256);  // HDF5 1.14 makes none with most of its bits unused
             put(file, "x", {3, 2}, wide.get(), six);
             put_good_y(file);
         }},
        {"a soft link", "/x is a link to elsewhere",
         [](const Handle& file) {
             put(file, "z", {3, 2}, H5T_IEEE_F32LE, six);
             H5Lcreate_soft("/z", file.get(), "x", H5P_DEFAULT, H5P_DEFAULT);
             put_good_y(file);
         }},
        {"an external link", "/x is a link to elsewhere",
         [](const Handle& file) {
             H5Lcreate_external("/etc/passwd", "/x", file.get(), "x", H5P_DEFAULT, H5P_DEFAULT);
             put_good_y(file);
         }},
    };
    const TempFolder folder;
    for (const Row& row : rows) {
        const fs::path path = folder / "data.h5";
        {
            const Handle file = new_file(path);
            row.write(file);
        }
        ExitCode code = ExitCode::done;
        std::string text = "nothing was thrown";
        try {
            reader(path)->read(Split::train, 0);
        } catch (const Error& error) {
            code = error.code();
            text = error.what();
        }
        INFO(row.what << ": " << text);
        CHECK(code == ExitCode::data);
        CHECK(contains(text, "data.h5: "));
        CHECK(contains(text, row.word));
    }
}

TEST_CASE("files that cannot be read are exit code 4") {
    const TempFolder folder;
    const auto text = [&](const fs::path& path) {
        CHECK_THROWS_AS(reader(path)->read(Split::train, 0), FileError);
        try {
            reader(path)->read(Split::train, 0);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(contains(text(folder / "none.h5"), "none.h5: cannot be opened: No such file"));
    CHECK(contains(text(folder.path()), "is a folder"));
    CHECK(contains(text(folder.write("text.h5", "hello")), "text.h5: not an HDF5 file"));
    {
        const Handle file = new_file(folder / "cut.h5");
        put_good_x(file);
        put_good_y(file);
    }
    fs::resize_file(folder / "cut.h5", fs::file_size(folder / "cut.h5") - 100);
    CHECK(contains(text(folder / "cut.h5"), "was cut short"));
}
