// HDF5 data sets with x, y and y_negative, of one value per input or one per step.
#include <fuzzer/FuzzedDataProvider.h>

#include <numeric>

#include "datasets.hpp"
#include "hdf5_edits.hpp"
#include "io/hdf5.hpp"

namespace {

void write_good(const fuzz::fs::path& path, std::vector<hsize_t> shape) {
    const snnff::hdf5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                                   H5Fclose);
    std::vector<double> x(24);
    std::iota(x.begin(), x.end(), -3.0);
    fuzz::put(file.get(), "x", H5T_IEEE_F32LE, std::move(shape), x);
    fuzz::put(file.get(), "y", H5T_STD_I64LE, {3}, {5, 0, 9});
    fuzz::put(file.get(), "y_negative", H5T_STD_U8LE, {3}, {1, 2, 3});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EditedFile flat("flat.h5",
                                       [](const auto&path) {
                                           write_good(path, {3, 8});
                                       }),
        over_time("over_time.h5", [](const auto&path) {
            write_good(path, {3, 4, 2});
        });
    FuzzedDataProvider provider(data, size);
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 4);
    const fuzz::EditedFile& file = provider.ConsumeBool() ? over_time : flat;
    const auto closed = file.edit(provider);
    fuzz::read_dataset("hdf5", {snnff::key("train", file.path().string())}, limit);
    return 0;
}
