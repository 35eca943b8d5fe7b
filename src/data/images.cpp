#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "data/dataset_limits.hpp"
#include "data/labels.hpp"
#include "data/scaling.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "io/png.hpp"
#include "io/sha256.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view colour_names[] = {"grey", "rgb"};

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

/// What file managers leave in folders: .DS_Store, ._0001.png, Thumbs.db, desktop.ini, __MACOSX.
bool left_by_system(const fs::path& path) {
    const std::string name = lower(path.filename().string());
    return name.starts_with('.') || name == "thumbs.db" || name == "desktop.ini" || name == "__macosx";
}

/// Entries by name, bytewise.
std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        if (!left_by_system(entry->path())) entries.push_back(entry->path());
    }
    if (failed) {
        throw FileError(fmt::format("{}: cannot be read: {}{}", shown(folder), failed.message(),
                                    about_dangling_link(folder)));
    }
    std::ranges::sort(entries, {}, [](const fs::path& path) { return path.filename().native(); });
    return entries;
}

struct Sample {
    fs::path path;
    std::string name;  ///< of its class
};

struct Found {
    std::vector<Sample> samples;
    std::size_t n_left_alone = 0;    ///< files beside the folders of classes
    std::string first_left_alone{};  ///< the first one's name
};

/// The images of every class, by name of the file and then of the class: a class's images do not follow each
/// other where files are numbered, and n_train takes some of each.
Found find(const fs::path& folder) {
    Found found;
    std::vector<Sample>& samples = found.samples;
    std::error_code ignored;
    for (const fs::path& of_class : entries_of(folder)) {
        if (!fs::is_directory(of_class, ignored)) {
            if (lower(of_class.extension().string()) == ".png") {
                throw DataError(fmt::format("{}: is no folder; {} holds a folder of images for each class",
                                            shown(of_class), shown(folder)));
            }
            if (found.n_left_alone++ == 0) found.first_left_alone = shown(of_class.filename());
            continue;
        }
        const std::size_t before = samples.size();
        for (const fs::path& file : entries_of(of_class)) {
            if (lower(file.extension().string()) != ".png") {
                throw DataError(fmt::format(
                    "{}: its name does not end in .png; kind = \"images\" reads PNG images", shown(file)));
            }
            samples.push_back({file, of_class.filename().string()});
        }
        if (samples.size() == before) throw DataError(fmt::format("{}: holds no image", shown(of_class)));
    }
    if (samples.empty()) {
        throw DataError(
            fmt::format("{}: holds no images; a folder of PNG images for each class is expected{}",
                        shown(folder), about_dangling_link(folder)));
    }
    std::ranges::sort(samples, {},
                      [](const Sample& s) { return std::pair(s.path.filename().native(), s.name); });
    return found;
}

/// A folder for each class, named after it, with PNG images of one size. Values of 8 bits count in 255ths, of
/// 16 bits in 65535ths; what is transparent shows a background.
class Images final : public DatasetReader {
  public:
    explicit Images(Options& options)
        : train_(options.required_file({"train", "", "folder with a folder of PNG images for each class"})),
          test_(options.file({"test", "", "the same for the test set; absent: no test set"}, "")),
          rgb_(options.choice(
                   {"colour", "",
                    "grey: an input per pixel, 0.299 red + 0.587 green + 0.114 blue; rgb: red, green and "
                    "blue of every pixel"},
                   "grey", colour_names) == 1),
          background_(options.number({"background", "", "what shows where an image is transparent; 0: black"},
                                     0.0, Bounds::between(0.0, 1.0))),
          labels_(options),
          scaling_(options) {}

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& folder = split == Split::train ? train_ : test_;
        const Found in_folder = find(folder);
        const std::vector<Sample>& samples = in_folder.samples;
        const std::size_t n = limit == 0 ? samples.size() : std::min(limit, samples.size());
        Dataset dataset;
        Sha256 sha256;
        std::uint64_t n_bytes = 0;
        const PngFile first(samples[0].path);
        const PngSize size = first.size();
        const std::uint64_t n_inputs = std::uint64_t{size.width} * size.height * (rgb_ ? 3 : 1);
        check_dataset_size(shown(folder), n, n_inputs);
        check_memory_for(shown(folder), n, n_inputs);
        first.image();  // one that holds what its header claims, before all are made room for
        dataset.x.resize(n, static_cast<std::size_t>(n_inputs));
        for (std::size_t i = 0; i < n; ++i) {
            const PngFile file(samples[i].path);
            if (file.size().width != size.width || file.size().height != size.height) {
                throw DataError(
                    fmt::format("{}: has {} x {} pixels, {} has {} x {}; all images have to have one size",
                                shown(samples[i].path), file.size().width, file.size().height,
                                shown(samples[0].path), size.width, size.height));
            }
            file.add_to(sha256);
            n_bytes += file.size_on_disk();
            fill(file.image(), dataset.x.row(i));
        }
        if (const std::size_t n_left = in_folder.n_left_alone; n_left > 0) {
            dataset.remarks.push_back(fmt::format(
                "{}: {}{} stand{} beside the folders of classes and {} left alone", shown(folder),
                in_folder.first_left_alone, n_left > 1 ? fmt::format(" and {} more", n_left - 1) : "",
                n_left > 1 ? "" : "s", n_left > 1 ? "are" : "is"));
        }
        if (!rgb_) {
            dataset.image_rows = size.height;
            dataset.image_cols = size.width;
        }
        dataset.background = scaling_.scaled(background_);
        std::vector<std::string> names;
        for (const Sample& sample : samples) names.push_back(sample.name);
        const FoundLabels found = labels_of(shown(folder), std::move(names));
        dataset.label = labels_.classes_of(shown(folder), found, n);
        dataset.class_names = labels_.names_of(found);
        dataset.files = {{folder, n_bytes, sha256.hex()}};  // of all images, one after the other
        return dataset;
    }

  private:
    /// Folders called 0, 1, 2 ... are classes of those numbers.
    static FoundLabels labels_of(const std::string& where, std::vector<std::string> names) {
        const auto is_number = [](const std::string& name) {
            return name.size() <= 3 && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
        };
        if (!std::ranges::all_of(names, is_number)) return labels_in(where, std::move(names));
        FoundLabels found;
        for (const std::string& name : names) found.number.push_back(std::stoi(name));
        return found;
    }

    void fill(const PngImage& image, std::span<float> x) const {
        const bool alpha = image.n_channels % 2 == 0, colour = image.n_channels > 2;
        const double largest = image.largest();
        const std::size_t n_pixels = std::size_t{image.width} * image.height;
        for (std::size_t p = 0; p < n_pixels; ++p) {
            const double opaque = alpha ? image.value(p, image.n_channels - 1) / largest : 1.0;
            const auto shows = [&](double value) {  // exactly value/largest where nothing is transparent
                return alpha ? opaque * (value / largest) + (1.0 - opaque) * background_ : value / largest;
            };
            const std::array<std::uint32_t, 3> rgb{image.value(p, 0), image.value(p, colour ? 1 : 0),
                                                   image.value(p, colour ? 2 : 0)};
            if (rgb_) {
                for (std::size_t c = 0; c < 3; ++c) x[3 * p + c] = scaling_.scaled(shows(rgb[c]));
            } else {
                // in whole numbers, so that equal parts give themselves
                x[p] = scaling_.scaled(shows((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000.0));
            }
        }
    }

    fs::path train_, test_;
    bool rgb_;
    double background_;
    LabelKeys labels_;
    Scaling scaling_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_images(Options& options, const Context&) {
    return std::make_unique<Images>(options);
}

}  // namespace snnff
