// N-MNIST: recordings of events in folders of digits.
#include <fuzzer/FuzzedDataProvider.h>

#include "datasets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Folder folder;
    fuzz::fs::create_directories(folder / "Train/3");
    fuzz::fs::create_directories(folder / "Train/7");
    FuzzedDataProvider provider(data, size);
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 2);
    const bool counts = provider.ConsumeBool();
    const std::size_t n_first = provider.ConsumeIntegralInRange<std::size_t>(0, size);
    folder.write("Train/7/00001.bin", provider.ConsumeBytes<std::uint8_t>(n_first));
    folder.write("Train/3/00002.bin", provider.ConsumeRemainingBytes<std::uint8_t>());
    fuzz::read_dataset("nmnist",
                       {snnff::key("folder", folder.path().string()),
                        snnff::key("per_bin", std::string(counts ? "counts" : "binary"))},
                       limit);
    return 0;
}
