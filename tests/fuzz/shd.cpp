// Events in HDF5, as the Spiking Heidelberg Digits come.
#include <fuzzer/FuzzedDataProvider.h>

#include "datasets.hpp"
#include "hdf5_edits.hpp"
#include "io/hdf5.hpp"

namespace {

void write_good(const fuzz::fs::path& path) {
    using snnff::hdf5::Handle;
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Handle spikes(H5Gcreate2(file.get(), "spikes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    fuzz::put_lists(spikes.get(), "times", H5T_IEEE_F32LE, {{0.0, 0.001, 0.0015}, {}, {0.002, 0.5}});
    fuzz::put_lists(spikes.get(), "units", H5T_STD_U16LE, {{1, 1, 699}, {}, {7, 8}});
    fuzz::put(file.get(), "labels", H5T_STD_U16LE, {3}, {5, 0, 19});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EditedFile file("shd.h5", write_good);
    FuzzedDataProvider provider(data, size);
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 4);
    const bool counts = provider.ConsumeBool();
    const auto closed = file.edit(provider);
    fuzz::read_dataset("shd",
                       {snnff::key("train", file.path().string()),
                        snnff::key("per_bin", std::string(counts ? "counts" : "binary"))},
                       limit);
    return 0;
}
