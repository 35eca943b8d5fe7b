// Folders of PNG images: one image as it comes, in two classes; checksums of its chunks are put right, or
// libpng would refuse nearly all of them before it read them.
#include <fuzzer/FuzzedDataProvider.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "datasets.hpp"

namespace {

constexpr std::size_t n_signature = 8;

void put_checksums_right(std::vector<std::uint8_t>& png) {
    const auto word_at = [&](std::size_t at) {
        return std::uint32_t{png[at]} << 24 | std::uint32_t{png[at + 1]} << 16 |
               std::uint32_t{png[at + 2]} << 8 | std::uint32_t{png[at + 3]};
    };
    for (std::size_t at = n_signature; at + 12 <= png.size();) {
        const std::size_t length = word_at(at);
        if (length > png.size() - at - 12) return;
        const auto sum =
            static_cast<std::uint32_t>(crc32(0, png.data() + at + 4, static_cast<uInt>(length + 4)));
        for (std::size_t i = 0; i < 4; ++i)
            png[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Folder folder;
    std::filesystem::create_directories(folder / "ant");
    std::filesystem::create_directories(folder / "bee");
    FuzzedDataProvider provider(data, size);
    const std::string colour = provider.PickValueInArray({"grey", "rgb"});
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 2);
    const bool right = provider.ConsumeBool();
    auto png = provider.ConsumeRemainingBytes<std::uint8_t>();
    if (right) put_checksums_right(png);
    folder.write("ant/0.png", png);
    folder.write("bee/1.png", png);
    fuzz::read_dataset("images", {snnff::key("train", folder.path().string()), snnff::key("colour", colour)},
                       limit);
    return 0;
}
