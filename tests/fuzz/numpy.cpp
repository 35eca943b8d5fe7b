// NumPy's files: an archive as it comes, an archive that is packed here so that what is inside varies too,
// and single arrays.
#include <fuzzer/FuzzedDataProvider.h>
#include <zip.h>

#include <string>
#include <vector>

#include "datasets.hpp"

namespace {

using Content = std::vector<std::uint8_t>;

/// x.npy and y.npy in an archive, compressed or not.
void pack(const std::string& path, const Content& x, const Content& y, bool compressed) {
    int error = 0;
    zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    fuzz::require(archive != nullptr, "libzip makes an archive");
    for (const auto& [name, content] : {std::pair<const char*, const Content*>{"x.npy", &x}, {"y.npy", &y}}) {
        zip_source_t* const source = zip_source_buffer(archive, content->data(), content->size(), 0);
        const zip_int64_t index = zip_file_add(archive, name, source, ZIP_FL_OVERWRITE);
        fuzz::require(index >= 0, "libzip adds a file");
        zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                                 compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    }
    fuzz::require(zip_close(archive) == 0, "libzip writes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Folder folder;
    FuzzedDataProvider provider(data, size);
    const int form = provider.ConsumeIntegralInRange<int>(0, 3);
    const std::size_t limit = provider.ConsumeIntegralInRange<std::size_t>(0, 4);
    const std::string archive = (folder / "d.npz").string();
    snnff::Keys keys;
    if (form == 0) {
        folder.write("d.npz", provider.ConsumeRemainingBytes<std::uint8_t>());
        keys = {snnff::key("train", archive)};
    } else {
        const Content y =
            provider.ConsumeBytes<std::uint8_t>(provider.ConsumeIntegralInRange<std::size_t>(0, 512));
        const Content x = provider.ConsumeRemainingBytes<std::uint8_t>();
        if (form < 3) {
            pack(archive, x, y, form == 1);
            keys = {snnff::key("train", archive)};
        } else {
            const std::string x_path = folder.write("x.npy", x).string(),
                              y_path = folder.write("y.npy", y).string();
            keys = {snnff::key("train", snnff::Keys{snnff::key("x", x_path), snnff::key("y", y_path)})};
        }
    }
    fuzz::read_dataset("numpy", std::move(keys), limit);
    return 0;
}
