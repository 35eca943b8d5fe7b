// IDX files, plain, gzipped, and gzipped by us so that what is inside varies too.
#include <fuzzer/FuzzedDataProvider.h>
#include <zlib.h>

#include <vector>

#include "datasets.hpp"

namespace {

std::vector<std::uint8_t> gzipped(const std::vector<std::uint8_t>& bytes) {
    z_stream stream{};
    fuzz::require(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
    std::vector<std::uint8_t> packed(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Folder folder;
    FuzzedDataProvider provider(data, size);
    const auto form = provider.ConsumeIntegralInRange<int>(0, 2);
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 4);
    const std::size_t n_label_bytes = provider.ConsumeIntegralInRange<std::size_t>(0, 64);
    const auto labels = provider.ConsumeBytes<std::uint8_t>(n_label_bytes);
    auto images = provider.ConsumeRemainingBytes<std::uint8_t>();
    if (form == 2) images = gzipped(images);
    const std::string name = form == 0 ? "images" : "images.gz";
    folder.write("labels", labels);
    folder.write(name.c_str(), images);
    fuzz::read_dataset("idx",
                       {snnff::key("folder", folder.path().string()), snnff::key("train_images", name),
                        snnff::key("train_labels", std::string("labels"))},
                       limit);
    return 0;
}
