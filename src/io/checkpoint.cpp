#include "snnff/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/half_made.hpp"
#include "io/hdf5_write.hpp"
#include "io/place.hpp"
#include "io/run_file_provenance.hpp"
#include "io/seal.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t magic = 0x5C4B;  // no run file's
constexpr std::uint32_t format_version = 5;
constexpr std::uint32_t unsealed_format_version = 4;  // the same without a checksum

/// Sections are groups, values are data sets.
class Sections : public State {
  public:
    explicit Sections(hdf5::Group root) { groups_.push_back(std::move(root)); }

  protected:
    const hdf5::Group& here() const { return groups_.back(); }
    std::vector<hdf5::Group> groups_;

  private:
    void leave() noexcept override { groups_.pop_back(); }
};

class Saving final : public Sections {
  public:
    using Sections::Sections;
    bool restoring() const noexcept override { return false; }
    void show(std::string_view name, std::int64_t& value) override {
        hdf5::write_array(here(), name, std::span<const std::int64_t>(&value, 1));
    }
    void show(std::string_view name, double& value) override {
        hdf5::write_array(here(), name, std::span<const double>(&value, 1));
    }
    void show(std::string_view name, std::span<float> values) override { write<float>(name, values); }
    void show(std::string_view name, std::vector<double>& values) override { write<double>(name, values); }
    void show(std::string_view name, std::vector<std::int64_t>& values) override {
        write<std::int64_t>(name, values);
    }
    void show(std::string_view name, Matrix& values) override {
        const std::array<hsize_t, 2> shape{values.rows(), values.cols()};
        hdf5::write_array(here(), name, std::span<const hsize_t>(shape),
                          std::span<const float>(values.values()), false);
    }

  private:
    /// Uncompressed: parameters and moments are nearly noise, and a checkpoint should take no time.
    template <class T>
    void write(std::string_view name, std::span<const T> values) {
        const hsize_t n = values.size();
        hdf5::write_array(here(), name, std::span<const hsize_t>(&n, 1), values, false);
    }
    void enter(std::string_view name) override { groups_.push_back(hdf5::create_group(here(), name)); }
};

class Restoring final : public Sections {
  public:
    using Sections::Sections;
    bool restoring() const noexcept override { return true; }
    void show(std::string_view name, std::int64_t& value) override { read(name, std::span(&value, 1)); }
    void show(std::string_view name, double& value) override { read(name, std::span(&value, 1)); }
    void show(std::string_view name, std::span<float> values) override { read(name, values); }
    void show(std::string_view name, std::vector<double>& values) override { read_all(name, values); }
    void show(std::string_view name, std::vector<std::int64_t>& values) override { read_all(name, values); }
    void show(std::string_view name, Matrix& values) override {
        const hdf5::Dataset dataset = stored(name);
        const auto shape = dataset.shape();
        if (shape.size() != 2) throw DataError(dataset.where() + ": is no matrix");
        values.resize(shape[0], shape[1]);
        hdf5::read(dataset, values.values());
    }

  private:
    /// Checked: numbers that may be held at once.
    hdf5::Dataset stored(std::string_view name) const {
        hdf5::Dataset dataset = here().dataset(name);
        dataset.expect_numbers();
        dataset.n_held_values();
        return dataset;
    }
    template <class T>
    void read(std::string_view name, std::span<T> values) const {
        const hdf5::Dataset dataset = stored(name);
        if (dataset.n_values() != values.size()) {
            throw DataError(fmt::format("{}: holds {} values, the model has {}", dataset.where(),
                                        dataset.n_values(), values.size()));
        }
        hdf5::read(dataset, values);
    }
    template <class T>
    void read_all(std::string_view name, std::vector<T>& values) const {
        const hdf5::Dataset dataset = stored(name);
        values.resize(dataset.n_values());
        hdf5::read(dataset, std::span<T>(values));
    }
    void enter(std::string_view name) override { groups_.push_back(here().group(name)); }
};

/// The new checkpoint becomes the newest, and that the one before. Where the disk cannot be told, the newest
/// has its name again: whoever fails here has lost the run that the new one belongs to.
void take_names(const fs::path& written, const fs::path& newest, const fs::path& previous) {
    const OpenForSync folder(newest.has_parent_path() ? newest.parent_path() : fs::path("."));
    std::error_code error;
    const bool had_one = fs::exists(newest);
    if (had_one) fs::rename(newest, previous, error);
    if (!error) fs::rename(written, newest, error);
    if (error) {
        const std::string reason = error.message();
        if (had_one && !fs::exists(newest, error)) fs::rename(previous, newest, error);
        throw FileError(fmt::format("{}: cannot be renamed: {}", shown(written), reason));
    }
    try {
        folder.sync();
    } catch (...) {
        fs::rename(newest, written, error);
        if (!error && had_one) fs::rename(previous, newest, error);
        fs::remove(written, error);
        throw;
    }
}

/// Beside the file itself, where the run is named by a link to it.
fs::path with(const fs::path& run, const char* suffix) { return behind_links(run).string() + suffix; }

}  // namespace

std::vector<fs::path> checkpoint_paths(const fs::path& run) {
    return {with(run, ".ckpt"), with(run, ".ckpt.previous")};
}

void write_checkpoint(const fs::path& run, const CheckpointHead& head, const Checkpoints::Show& show) {
    const fs::path written = with(run, ".ckpt.new"), newest = with(run, ".ckpt"),
                   previous = with(run, ".ckpt.previous");
    hdf5::write_file(written, Leaving::new_one, [&](const hdf5::Group& root) {
        hdf5::mark_as_ours(root);
        hdf5::set_attribute(root, "magic", magic);
        hdf5::set_attribute(root, "format_version", format_version);
        hdf5::set_attribute(root, "run_id", head.run_id);
        hdf5::write_text(root, "model", head.model_toml);
        hdf5::set_attribute(root, "n_resumed", head.n_resumed);
        const hsize_t n = head.index.size();
        hdf5::write_array(root, "index", std::span(&n, 1), std::span(head.index), true);
        hdf5::set_attribute(root, "n_epochs", head.n_epochs);
        hdf5::set_attribute(root, "numbers", head.numbers);
        write_data_files(hdf5::create_group(root, "data"), head.data);
        const hdf5::Group state = hdf5::create_group(root, "state");
        Saving saving(hdf5::create_group(state, "run"));
        show(saving);
        // Written last: a file without it was cut short.
        hdf5::set_attribute(root, "complete", std::uint32_t{1});
    });
    try {
        seal(written);
        // Weights that nobody else may read are in both. Only now: who may only read the run may so write
        // this.
        keep_mode(run, written);
    } catch (...) {
        std::error_code ignored;
        fs::remove(written, ignored);
        throw;
    }
    take_names(written, newest, previous);
}

struct CheckpointFile::Open {
    CheckpointHead head;
    std::unique_ptr<Restoring> state;
    bool sealed = false;
};

CheckpointFile::CheckpointFile(const fs::path& path) : open_(std::make_unique<Open>()) {
    // Before anything of it is believed.
    open_->sealed = check_seal(path);
    const hdf5::Group root = hdf5::open_file(path.string());
    const auto number = [&](const char* name) {
        if (!hdf5::has_attribute(root, name)) return std::uint64_t{0};
        const auto values = hdf5::read_attribute<std::uint64_t>(root, name);
        return values.size() == 1 ? values[0] : 0;
    };
    if (number("magic") != magic) throw DataError(root.where() + ": is no checkpoint of snnff-sim");
    const std::uint64_t expected = open_->sealed ? format_version : unsealed_format_version;
    if (number("format_version") == format_version && !open_->sealed)
        throw DamageError(root.where() +
                          ": is damaged: its last line, which holds its checksum, is not there");
    if (number("format_version") != expected) {
        throw DataError(fmt::format("{}: is of the checkpoint format {}; this program knows {}", root.where(),
                                    number("format_version"), format_version));
    }
    if (number("complete") != 1) throw DataError(root.where() + ": was cut short");
    open_->head.run_id = hdf5::read_text_attribute(root, "run_id");
    open_->head.n_resumed = static_cast<std::int64_t>(number("n_resumed"));
    const hdf5::Dataset index = root.dataset("index");
    index.expect_stored();
    open_->head.index.resize(index.n_values());
    hdf5::read(index, std::span(open_->head.index));
    open_->head.model_toml = hdf5::read_text(root.dataset("model"));
    open_->head.n_epochs = static_cast<std::int64_t>(number("n_epochs"));
    open_->head.numbers = static_cast<std::int64_t>(number("numbers"));
    open_->head.data = read_data_files(root.group("data"));
    open_->state = std::make_unique<Restoring>(root.group("state/run"));
}

CheckpointFile::~CheckpointFile() = default;
const CheckpointHead& CheckpointFile::head() const noexcept { return open_->head; }
bool CheckpointFile::sealed() const noexcept { return open_->sealed; }
State& CheckpointFile::state() noexcept { return *open_->state; }

void remove_checkpoints(const fs::path& run) noexcept {
    std::error_code ignored;
    for (const auto& [suffix, kind] : {std::pair(".ckpt", Leaving::checkpoint),
                                       {".ckpt.previous", Leaving::checkpoint},
                                       {".ckpt.new", Leaving::new_one}}) {
        try {
            const fs::path path = with(run, suffix);
            if (fs::exists(path, ignored) && is_leaving(path, kind)) fs::remove(path, ignored);
        } catch (const std::exception&) {  // one that cannot be read is not known to be ours
            continue;
        }
    }
}

}  // namespace snnff
