// Checkpoints: what the run is told of itself, and values of every kind that a run restores.
#include "snnff/checkpoint.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "hdf5_edits.hpp"
#include "io/hdf5.hpp"

namespace {

void show(snnff::State& state) {
    std::int64_t epoch = 3;
    double best = 12.5;
    std::array<float, 6> moments{};
    std::vector<double> losses{1.0, 0.5};
    std::vector<std::int64_t> order{2, 0, 1};
    snnff::Matrix ranking(3, 2);
    state.show("epoch", epoch);
    state.show("best", best);
    const snnff::State::Section section(state, "population");
    state.show("moments", std::span<float>(moments));
    state.show("losses", losses);
    state.show("order", order);
    state.show("ranking", ranking);
    fuzz::require(ranking.size() == ranking.rows() * ranking.cols(), "a matrix has its shape");
}

void write_good(const fuzz::fs::path& path) {
    fuzz::fs::path run = path;
    run.replace_extension();
    const snnff::CheckpointHead head{.run_id = "0123",
                                     .model_toml = "seed = 1\n",
                                     .numbers = 1,
                                     .data = {{"images", 2, "00ff", "train"}, {"labels", 3, "ff00", "test"}}};
    snnff::write_checkpoint(run, head, show);
    // As earlier versions wrote it, without the checksum by which all that is edited would be refused.
    {
        std::ifstream written(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(written), {}};
        fuzz::fs::resize_file(path, bytes.rfind("\nSHA-256 of the bytes"));
    }
    const snnff::hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const snnff::hdf5::Handle version(H5Aopen(file.get(), "format_version", H5P_DEFAULT), H5Aclose);
    constexpr std::uint32_t unsealed = 4;
    fuzz::require(H5Awrite(version.get(), H5T_NATIVE_UINT32, &unsealed) >= 0, "the format is written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EditedFile file("run.h5.ckpt", write_good);
    FuzzedDataProvider provider(data, size);
    const auto closed = file.edit(provider);
    fuzz::reads_or_refuses([] {
        snnff::CheckpointFile checkpoint(file.path());
        snnff::State& state = checkpoint.state();
        const snnff::State::Section section(state, "population");
    });
    fuzz::reads_or_refuses([] {
        snnff::CheckpointFile checkpoint(file.path());
        show(checkpoint.state());
    });
    return 0;
}
