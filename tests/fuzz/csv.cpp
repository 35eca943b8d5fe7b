// Tables of text, plain and gzipped, under every way to read them.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <vector>

#include "datasets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Folder folder;
    FuzzedDataProvider provider(data, size);
    const std::string label = provider.PickValueInArray({"-1", "1", "y", "0", "label"});
    const std::string separator = provider.PickValueInArray({"auto", ",", ";", "tab", "blank"});
    const std::string header = provider.PickValueInArray({"auto", "yes", "no"});
    const bool packed = provider.ConsumeBool();
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 4);
    const std::string name = packed ? "t.csv.gz" : "t.csv";
    folder.write(name.c_str(), provider.ConsumeRemainingBytes<std::uint8_t>());
    fuzz::read_dataset("csv",
                       {snnff::key("train", (folder / name.c_str()).string()), snnff::key("label", label),
                        snnff::key("separator", separator), snnff::key("header", header)},
                       limit);
    return 0;
}
