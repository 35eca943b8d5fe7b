// Two run files, array by array: do they hold the same bits, and where is the first that differs.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "io/run_file_arrays.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Says of itself that it was closed, so that it has all its epochs have.
bool is_closed(const hdf5::Group& root) {
    return hdf5::has_attribute(root, "status") && hdf5::read_text_attribute(root, "status") != "running";
}

/// How many values of an ascending series are below a bound.
std::uint64_t n_below(const hdf5::Dataset& series, double bound) {
    series.expect_numbers();
    const auto shape = series.shape();
    if (shape.size() != 1 || series.n_values() == 0) return 0;
    series.expect_stored();
    constexpr std::uint64_t at_once = std::uint64_t{1} << 16;
    std::uint64_t n = 0;
    for (std::uint64_t first = 0; first < shape[0]; first += at_once) {
        std::vector<double> values(
            static_cast<std::size_t>(std::min<std::uint64_t>(at_once, shape[0] - first)));
        hdf5::read_rows(series, values.size(), std::span{values}, first);
        n += static_cast<std::uint64_t>(
            std::ranges::count_if(values, [&](double value) { return value < bound; }));
    }
    return n;
}

/// The part of a run file that its first epochs wrote.
class FirstEpochs {
  public:
    FirstEpochs(const hdf5::Group& root, std::int64_t n) : root_(root), n_(n) {}

    /// Whether an array has such a part.
    static bool has(const std::string& object) {
        const auto below = [&](std::string_view group) { return object.starts_with(group); };
        if (below("report/")) return !object.ends_with("/mapping/time");  // where the whole report ends
        return below("training/") || below("loss/") || below("spikes/") || below("presentations/");
    }

    /// Rows of an array that grows.
    std::uint64_t n_rows(const std::string& object) const {
        if (object.starts_with("report/"))
            return n_frames(root_.group(object.substr(0, object.find('/', 7))));
        if (object.starts_with("presentations/"))
            return n_below(root_.dataset("presentations/epoch"), static_cast<double>(n_));
        if (object.starts_with("spikes/")) return n_spikes(object.substr(7, object.rfind('/') - 7));
        return static_cast<std::uint64_t>(n_);
    }

  private:
    std::uint64_t n_frames(const hdf5::Group& report) const {
        return n_below(report.dataset("epoch"), static_cast<double>(n_));
    }

    /// Spikes stand on the clock of their population's report of spikes.
    std::uint64_t n_spikes(const std::string& population) const {
        // Another population may have the name: its report is of its own membrane.
        std::string report = fmt::format("report/{}_spikes", population);
        while (root_.has(report) &&
               hdf5::read_text_attribute(root_.group(report), "population") != population)
            report += "_";
        const hdf5::Group group = root_.group(report);
        const hdf5::Dataset bounds = group.dataset("mapping/time");
        bounds.expect_numbers();
        if (bounds.shape() != std::vector<hsize_t>{3}) {
            throw FileError(fmt::format("{}: is not start, stop and step of the frames", bounds.where()));
        }
        std::vector<double> start_stop_step(3);
        hdf5::read(bounds, std::span{start_stop_step});
        const double end_ms = static_cast<double>(n_frames(group)) * start_stop_step[2];
        return n_below(root_.dataset(fmt::format("spikes/{}/timestamps", population)), end_ms);
    }

    const hdf5::Group& root_;
    std::int64_t n_;
};

std::vector<std::uint64_t> index_of(std::uint64_t value, const std::vector<hsize_t>& shape) {
    std::vector<std::uint64_t> index(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        index[axis] = value % shape[axis];
        value /= shape[axis];
    }
    return index;
}

/// The first difference of arrays of one type and shape.
std::optional<ArrayDifference> first_difference(const std::string& path, const ResultArray& a,
                                                const ResultArray& b) {
    for (std::size_t i = 0; i < a.texts().size(); ++i) {
        if (a.texts()[i] != b.texts()[i])
            return ArrayDifference{path, index_of(i, a.shape()), a.texts()[i], b.texts()[i]};
    }
    const std::uint64_t bytes = std::max({usual_piece_bytes, a.chunk_bytes(), b.chunk_bytes()});
    ResultArray::Pieces of_a(a, bytes), of_b(b, bytes);
    std::uint64_t n_before = 0;
    for (auto piece = of_a.next(); !piece.empty(); piece = of_a.next()) {
        const auto other = of_b.next();
        if (std::memcmp(piece.data(), other.data(), piece.size()) != 0) {
            const auto at = std::ranges::mismatch(piece, other).in1 - piece.begin();
            const std::size_t value = static_cast<std::size_t>(at) / a.value_bytes();
            const auto text = [&](std::span<const std::byte> values, const ResultArray& array) {
                return array.text_of(values.subspan(value * a.value_bytes(), a.value_bytes()));
            };
            return ArrayDifference{path, index_of(n_before + value, a.shape()), text(piece, a),
                                   text(other, b)};
        }
        n_before += piece.size() / a.value_bytes();
    }
    return {};
}

/// Training goes before parameters, and both before what follows from them.
int rank_of(const ArrayPlace& place) {
    return place.object.starts_with("training/") ? 0 : place.object.starts_with("populations/") ? 1 : 2;
}

class Comparison {
  public:
    Comparison(const hdf5::Group& a, const hdf5::Group& b, std::optional<std::int64_t> n_epochs)
        : a_(a), b_(b), n_epochs_(n_epochs), closed_(is_closed(a) && is_closed(b)) {}

    ArraysCompared run() {
        const std::vector<ArrayPlace> in_a = places(a_), in_b = places(b_);
        const std::set<ArrayPlace> of_a(in_a.begin(), in_a.end()), of_b(in_b.begin(), in_b.end());
        std::vector<ArrayPlace> both;
        for (const ArrayPlace& place : in_a) {
            if (of_b.contains(place))
                both.push_back(place);
            else
                result_.only_first.push_back(place.path());
        }
        for (const ArrayPlace& place : in_b) {
            if (!of_a.contains(place)) result_.only_second.push_back(place.path());
        }
        std::ranges::stable_sort(both, {}, rank_of);
        for (const ArrayPlace& place : both) compare(place);
        return std::move(result_);
    }

  private:
    std::vector<ArrayPlace> places(const hdf5::Group& root) const {
        std::vector<ArrayPlace> all = array_places(root);
        if (n_epochs_)
            std::erase_if(all, [](const ArrayPlace& place) { return !FirstEpochs::has(place.object); });
        return all;
    }

    void compare(const ArrayPlace& place) {
        ResultArray a(a_, place), b(b_, place);
        const std::string path = place.path();
        std::optional<ArrayDifference> difference;
        if (n_epochs_ && a.grows() && b.grows()) {
            const std::uint64_t rows_a = rows(a_, a, place), rows_b = rows(b_, b, place);
            a.cut(std::min(rows_a, rows_b));
            b.cut(std::min(rows_a, rows_b));
            // A run that was killed may have told of an epoch and not yet of its recording.
            if (closed_ && rows_a != rows_b) {
                difference = {path, {}, fmt::format("{} rows", rows_a), fmt::format("{} rows", rows_b)};
            } else if (rows_a == 0 || rows_b == 0) {
                return;
            }
        }
        if (a.type() != b.type() || a.shape() != b.shape()) {
            difference = {path, {}, a.type() + " " + a.shape_text(), b.type() + " " + b.shape_text()};
        } else if (auto found = first_difference(path, a, b)) {
            difference = std::move(found);
        }
        ++result_.n_arrays;
        if (!difference) return;
        ++result_.n_different;
        if (!result_.first) result_.first = std::move(difference);
    }

    std::uint64_t rows(const hdf5::Group& root, const ResultArray& array, const ArrayPlace& place) const {
        return std::min<std::uint64_t>(FirstEpochs(root, *n_epochs_).n_rows(place.object), array.shape()[0]);
    }

    const hdf5::Group &a_, &b_;
    std::optional<std::int64_t> n_epochs_;
    bool closed_;
    ArraysCompared result_;
};

}  // namespace

std::string ArrayDifference::place() const {
    return index.empty() ? "/" + path : fmt::format("/{}[{}]", path, fmt::join(index, ", "));
}

std::vector<ArrayDigest> read_array_digests(const std::filesystem::path& run) {
    return array_digests(hdf5::open_file(run.string()));
}

ArraysCompared compare_arrays(const std::filesystem::path& first, const std::filesystem::path& second,
                              std::optional<std::int64_t> n_epochs) {
    const hdf5::Group a = hdf5::open_file(first.string()), b = hdf5::open_file(second.string());
    return Comparison(a, b, n_epochs).run();
}

}  // namespace snnff
