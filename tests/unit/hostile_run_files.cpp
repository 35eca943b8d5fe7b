// Run files that were made to lead their readers astray: out of the file, out of a folder, round in circles.
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "io/hdf5.hpp"
#include "snnff/export.hpp"
#include "unit/run_file_example.hpp"

using namespace snnff;
using namespace example;
using hdf5::Handle;

namespace {

/// An example run, changed through the C API.
fs::path changed_run(const TempFolder& folder, const std::function<void(hid_t)>& change) {
    const fs::path path = folder / "run.h5";
    write_example(path, true);
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    REQUIRE(file);
    change(file.get());
    return path;
}

void put_scalar(hid_t file, const char* name) {
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle set(
        H5Dcreate2(file, name, H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    const double value = 1.0;
    REQUIRE(H5Dwrite(set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >= 0);
}

/// An axis of a report that calls itself another thing.
void put_class(hid_t file, hid_t type, hsize_t n) {
    const Handle set(H5Dopen2(file, "report/hidden1/frame", H5P_DEFAULT), H5Dclose);
    H5Adelete(set.get(), "CLASS");
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle attribute(H5Acreate2(set.get(), "CLASS", type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    REQUIRE(attribute);
}

Handle text_of(std::size_t n_bytes) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), n_bytes);
    return type;
}

}  // namespace

TEST_CASE("SONATA's part is not copied where it is no tree of plain data") {
    struct Row {
        std::string what, word;
        std::function<void(hid_t)> change;
    };
    const std::vector<Row> rows{
        {"a group that holds itself", "/report/hidden1/again is another name",
         [](hid_t file) {
             H5Lcreate_hard(file, "report/hidden1", file, "report/hidden1/again", H5P_DEFAULT, H5P_DEFAULT);
         }},
        {"a data set with two names", "is another name",
         [](hid_t file) {
             H5Lcreate_hard(file, "spikes/hidden1/node_ids", file, "spikes/hidden1/again", H5P_DEFAULT,
                            H5P_DEFAULT);
         }},
        {"a link to another file", "/report/hidden1/passwd is a link to elsewhere",
         [](hid_t file) {
             H5Lcreate_external("/etc/passwd", "/", file, "report/hidden1/passwd", H5P_DEFAULT, H5P_DEFAULT);
         }},
        {"a link out of the part", "/spikes/hidden1/model is a link to elsewhere",
         [](hid_t file) {
             H5Lcreate_soft("/model", file, "spikes/hidden1/model", H5P_DEFAULT, H5P_DEFAULT);
         }},
        {"groups within groups", "more than 8 groups within each other",
         [](hid_t file) {
             const Handle all(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
             H5Pset_create_intermediate_group(all.get(), 1);
             const Handle deep(
                 H5Gcreate2(file, "report/1/2/3/4/5/6/7/8/9/10", all.get(), H5P_DEFAULT, H5P_DEFAULT),
                 H5Gclose);
         }},
        {"axes that are numbers", "attribute \"DIMENSION_LIST\" is no list of its axes",
         [](hid_t file) {
             const Handle set(H5Dopen2(file, "report/hidden1/data", H5P_DEFAULT), H5Dclose);
             H5Adelete(set.get(), "DIMENSION_LIST");
             const hsize_t n = 2;
             const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
             const Handle attribute(H5Acreate2(set.get(), "DIMENSION_LIST", H5T_STD_I64LE, space.get(),
                                               H5P_DEFAULT, H5P_DEFAULT),
                                    H5Aclose);
         }},
        {"an axis that is gone", "/report/hidden1/data: an axis of it is no data set",
         [](hid_t file) { H5Ldelete(file, "report/hidden1/neuron", H5P_DEFAULT); }},
        {"an axis that is a group", "/report/hidden1/data: an axis of it is no data set",
         [](hid_t file) {
             const Handle set(H5Dopen2(file, "report/hidden1/data", H5P_DEFAULT), H5Dclose);
             const Handle attribute(H5Aopen(set.get(), "DIMENSION_LIST", H5P_DEFAULT), H5Aclose);
             const Handle type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose);
             hobj_ref_t group{};
             H5Rcreate(&group, file, "report/hidden1", H5R_OBJECT, -1);
             const std::array<hvl_t, 2> axes{{{1, &group}, {1, &group}}};
             REQUIRE(H5Awrite(attribute.get(), type.get(), axes.data()) >= 0);
         }},
        {"an axis whose class is a number", "/report/hidden1/frame: attribute \"CLASS\" is not",
         [](hid_t file) { put_class(file, H5T_STD_I64LE, 1); }},
        {"an axis whose class is a long text", "/report/hidden1/frame: attribute \"CLASS\" is not",
         [](hid_t file) { put_class(file, text_of(17).get(), 1); }},
        {"an axis whose class is many texts", "/report/hidden1/frame: attribute \"CLASS\" is not",
         [](hid_t file) { put_class(file, text_of(16).get(), 1000); }},
        {"data in another file", "lies in another file",
         [](hid_t file) {
             const hsize_t n = 4;
             const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
             const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
             H5Pset_external(creation.get(), "/etc/passwd", 0, 32);
             const Handle set(H5Dcreate2(file, "report/hidden1/more", H5T_STD_I64LE, space.get(), H5P_DEFAULT,
                                         creation.get(), H5P_DEFAULT),
                              H5Dclose);
         }},
    };
    const TempFolder folder;
    for (const Row& row : rows) {
        const fs::path run = changed_run(folder, row.change), to = folder / "sonata.h5";
        const std::string text = message_of([&] { export_sonata(run, to); });
        INFO(row.what << ": " << text);
        CHECK(contains(text, "run.h5: "));
        CHECK(contains(text, row.word));
        CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
        CHECK(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL) == 0);
    }
}

TEST_CASE("tables are written into their folder alone, whatever reports are called") {
    const TempFolder folder;
    const std::string longest(300, 'x');
    const fs::path run = changed_run(folder, [&](hid_t file) {
        REQUIRE(H5Ocopy(file, "report/hidden1", file, "report/..", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    });
    export_csv(run, folder / "tables", false);
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
    CHECK(std::distance(fs::directory_iterator(folder / "tables"), {}) == 3);
    CHECK(fs::exists(folder / "tables/report_hidden1.csv"));

    const fs::path other = changed_run(folder, [&](hid_t file) {
        REQUIRE(H5Lmove(file, "report/hidden1", file, ("report/" + longest).c_str(), H5P_DEFAULT,
                        H5P_DEFAULT) >= 0);
    });
    CHECK_THROWS_AS(export_csv(other, folder / "tables", true), FileError);
}

TEST_CASE("a series without an axis is no column of a table") {
    const TempFolder folder;
    const fs::path run = changed_run(folder, [](hid_t file) {
        H5Ldelete(file, "training/seconds", H5P_DEFAULT);
        put_scalar(file, "training/seconds");
    });
    const std::string text = message_of([&] { export_csv(run, folder / "tables", false); });
    CHECK(contains(text, "/training/seconds: has 0 axes; a series has one"));
}

TEST_CASE("parameters behind a link are not read") {
    const TempFolder folder;
    const fs::path run = changed_run(folder, [](hid_t file) {
        H5Lmove(file, "populations", file, "there", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_external("run.h5", "/there", file, "populations", H5P_DEFAULT, H5P_DEFAULT);
    });
    Population hidden = population("hidden1", 20, 784);
    const std::string text = message_of([&] { read_parameters(run, "hidden1", hidden); });
    CHECK(contains(text, "/populations is a link to elsewhere; links are not followed"));
}

TEST_CASE("text of more than 64 MiB is refused before it is read") {
    const TempFolder folder;
    const fs::path path = folder / "text.h5";
    constexpr std::size_t n = 65, length = std::size_t{1} << 20;
    {
        const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
        const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(type.get(), length);
        const hsize_t shape = n, chunk = 5;
        const Handle space(H5Screate_simple(1, &shape, nullptr), H5Sclose);
        const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_chunk(creation.get(), 1, &chunk);
        H5Pset_deflate(creation.get(), 1);
        const Handle set(
            H5Dcreate2(file.get(), "x", type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
            H5Dclose);
        const std::vector<char> zeros(n * length);
        REQUIRE(H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data()) >= 0);
    }
    const std::string text =
        message_of([&] { hdf5::read_texts(hdf5::open_file(path.string()).dataset("x")); });
    CHECK(contains(text, "has 65 strings of 1048576 bytes; up to 67108864 bytes are read"));
}
