#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "io/gzip.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "stimulus/dataset_limits.hpp"
#include "stimulus/labels.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

std::string fetch_hint(const fs::path& file, std::string_view verb) {
    const std::string folder = file.parent_path().filename().string();
    if (folder != "mnist" && folder != "fashion-mnist") return "";
    return fmt::format("; {} with tools/get-data {}", verb, folder);
}

/// The file as named, or with .gz added or taken away, whichever exists.
fs::path find_file(const fs::path& named) {
    std::error_code ignored;
    if (fs::exists(named, ignored)) return named;
    fs::path other = named;
    if (named.extension() == ".gz") {
        other.replace_extension();
    } else {
        other += ".gz";
    }
    if (fs::exists(other, ignored)) return other;
    if (ignored == std::errc::permission_denied) return named;  // opening it will say so
    throw FileError(fmt::format("{}: no such file, nor {}{}", shown(named), other.filename().string(),
                                fetch_hint(named, "fetch it")));
}

/// What the first bytes of an IDX file say, after it was found to be true.
struct Header {
    std::uint64_t n_samples = 0, n_bytes_each = 0, n_header = 0;
    std::string sha256;
    std::uint64_t n_rows = 0, n_cols = 0;  // of an image
    std::uint64_t n_on_disk = 0;
};

/// Reads the header and holds it against the length of the content before anybody asks for memory.
/// `n_dimensions` 3 for images, 1 for labels; `what` is the word for them.
Header check_idx(const fs::path& path, std::size_t n_dimensions, std::string_view what) {
    const std::string name = shown(path);
    InputFile file(path);
    std::array<std::byte, 16> bytes{};
    const auto header = std::span{bytes}.first(4 + 4 * n_dimensions);
    const std::size_t n_read = file.read(header);
    if (n_read == 0) throw DataError(fmt::format("{}: is empty{}", name, fetch_hint(path, "fetch it again")));

    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    if (n_read >= 2 && (byte(0) != 0 || byte(1) != 0)) {
        const bool gzipped = byte(0) == 0x1f && byte(1) == 0x8b;
        throw DataError(fmt::format("{}: not an IDX file: it starts with {:02x} {:02x}, not with 00 00{}",
                                    name, byte(0), byte(1),
                                    gzipped ? "; a gzipped file's name must end in .gz" : ""));
    }
    if (n_read >= 4 && byte(2) != 8) {
        throw DataError(
            fmt::format("{}: IDX type 0x{:02x}; only 0x08, unsigned bytes, is read", name, byte(2)));
    }
    if (n_read >= 4 && byte(3) != n_dimensions) {
        throw DataError(
            fmt::format("{}: IDX file of {} dimensions; {} have {}", name, byte(3), what, n_dimensions));
    }
    if (n_read < header.size()) {
        throw DataError(fmt::format("{}: ends within its header, after {} of {} bytes{}", name, n_read,
                                    header.size(), fetch_hint(path, "fetch it again")));
    }
    const auto size = [&](std::size_t axis) {
        const std::size_t i = 4 + 4 * axis;
        return std::uint64_t{byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3)};
    };
    // Two sizes of 32 bits have a product of 64; the third is multiplied only after a check.
    Header result{size(0), n_dimensions == 3 ? size(1) * size(2) : 1, header.size(), "", 0, 0, 0};
    if (n_dimensions == 3) {
        result.n_rows = size(1);
        result.n_cols = size(2);
    }
    if (result.n_samples == 0) throw DataError(fmt::format("{}: holds no {}", name, what));
    if (result.n_bytes_each == 0) {
        throw DataError(fmt::format("{}: images of {} x {} pixels", name, size(1), size(2)));
    }
    check_dataset_size(name, result.n_samples, result.n_bytes_each);

    const std::uint64_t promised = result.n_header + result.n_samples * result.n_bytes_each;
    // One byte past the promise tells that there is more, without unpacking how much.
    const std::uint64_t found =
        file.compressed() ? result.n_header + file.skip(promised - result.n_header + 1) : file.size_on_disk();
    if (found != promised) {
        throw DataError(fmt::format("{}: header promises {} {} ({} bytes), file {} {}{}", name,
                                    result.n_samples, what, promised,
                                    file.compressed() ? "unpacks to" : "has",
                                    file.compressed() && found > promised ? "more" : std::to_string(found),
                                    fetch_hint(path, "fetch it again")));
    }
    result.n_on_disk = file.size_on_disk();
    result.sha256 = file.sha256();
    return result;
}

class Idx final : public DatasetReader {
  public:
    explicit Idx(Options& options)
        : folder_(options.file({"folder", "", "folder of the IDX files"}, "../data/mnist-sample")),
          files_{{{options.text({"train_images", "", "training images, in folder, with or without .gz"},
                                "train-images-idx3-ubyte"),
                   options.text({"train_labels", "", "training labels"}, "train-labels-idx1-ubyte")},
                  {options.text({"test_images", "", "test images; empty: no test set"},
                                "t10k-images-idx3-ubyte"),
                   options.text({"test_labels", "", "test labels"}, "t10k-labels-idx1-ubyte")}}},
          labels_(options) {
        const double offset = options.number({"offset", "", "input = (byte/255 - offset)/scale"}, 0.0);
        const double scale =
            options.number({"scale", "", "input = (byte/255 - offset)/scale"}, 1.0, Bounds::positive());
        for (std::size_t i = 0; i < input_.size(); ++i) {
            input_[i] = static_cast<float>((static_cast<double>(i) / 255.0 - offset) / scale);
        }
        if (options.describing()) return;
        if (files_[0].images.empty())
            options.reject("train_images", "is empty; it names the training images");
        if (files_[0].labels.empty())
            options.reject("train_labels", "is empty; it names the training labels");
        if (has(Split::test) && files_[1].labels.empty()) {
            options.reject("test_labels", "is empty; test_images has labels too");
        }
    }

    bool has(Split split) const override { return !of(split).images.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path images = find_file(folder_ / of(split).images);
        const fs::path labels = find_file(folder_ / of(split).labels);
        const Header image_header = check_idx(images, 3, "images");
        const Header label_header = check_idx(labels, 1, "labels");
        if (image_header.n_samples != label_header.n_samples) {
            throw DataError(fmt::format("{}: {} labels for the {} images of {}; both must belong together",
                                        shown(labels), label_header.n_samples, image_header.n_samples,
                                        shown(images)));
        }
        auto n = static_cast<std::size_t>(image_header.n_samples);
        if (limit != 0) n = std::min(n, limit);
        check_memory_for(shown(images), n, image_header.n_bytes_each);

        Dataset dataset;
        dataset.files = {{images, image_header.n_on_disk, image_header.sha256},
                         {labels, label_header.n_on_disk, label_header.sha256}};
        dataset.x.resize(n, static_cast<std::size_t>(image_header.n_bytes_each));
        dataset.image_rows = static_cast<std::size_t>(image_header.n_rows);
        dataset.image_cols = static_cast<std::size_t>(image_header.n_cols);
        dataset.background = input_[0];
        read_values(images, image_header, dataset.x.values(), [&](std::byte b) { return input_[index(b)]; });
        FoundLabels found;
        found.number.resize(n);
        read_values(labels, label_header, std::span{found.number},
                    [](std::byte b) { return static_cast<double>(std::to_integer<int>(b)); });
        dataset.label = labels_.classes_of(shown(labels), found, n);
        dataset.class_names = labels_.names_of(found);
        return dataset;
    }

  private:
    struct Names {
        std::string images, labels;
    };
    const Names& of(Split split) const { return files_[split == Split::train ? 0 : 1]; }
    static std::size_t index(std::byte b) { return std::to_integer<std::size_t>(b); }

    template <class Value, class Convert>
    static void read_values(const fs::path& path, const Header& header, std::span<Value> values,
                            Convert convert) {
        InputFile file(path);
        file.skip(header.n_header);
        std::vector<std::byte> block(std::size_t{1} << 16);
        for (std::size_t first = 0; first < values.size(); first += block.size()) {
            const std::size_t n = std::min(block.size(), values.size() - first);
            if (file.read(std::span{block}.first(n)) != n) {
                throw FileError(fmt::format("{}: changed while it was read", shown(path)));
            }
            std::transform(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n),
                           values.begin() + static_cast<std::ptrdiff_t>(first), convert);
        }
    }

    fs::path folder_;
    std::array<Names, 2> files_;
    LabelKeys labels_;
    std::array<float, 256> input_{};  // a byte has 256 values: one division each, in double
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_idx(Options& options, const Context&) {
    return std::make_unique<Idx>(options);
}

}  // namespace snnff
