#include "data/array_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "snnff/error.hpp"

namespace snnff {
namespace {

using Shape = std::span<const std::uint64_t>;

constexpr std::string_view words[] = {"sample", "step", "channel", "row", "column", "feature"};
constexpr std::uint64_t most_channels = 4;  // that are taken for such in a message: grey, colour, with alpha

std::string axes_text(Shape shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// Whether labels of this shape can be those of n samples.
bool fits(Shape labels, std::uint64_t n) {
    if (labels.empty()) return true;
    const bool all_one = std::ranges::all_of(labels, [](std::uint64_t size) { return size == 1; });
    return all_one ? n == 1 : n != 1 && std::ranges::find(labels, n) != labels.end();
}

/// Leaves out axes of length 1 until `n` are left: all of them, or as many as stand side by side, of which it
/// does not matter which.
void leave_out_ones(Shape shape, std::size_t n, std::vector<std::size_t>& axes) {
    const auto is_one = [&](std::size_t axis) { return shape[axis] == 1; };
    const auto n_ones = static_cast<std::size_t>(std::ranges::count_if(axes, is_one));
    const auto first = std::ranges::find_if(axes, is_one);
    const auto surplus = static_cast<std::ptrdiff_t>(axes.size() - n);
    const bool side_by_side = std::all_of(
        first, std::next(first, std::min(static_cast<std::ptrdiff_t>(n_ones), axes.end() - first)), is_one);
    if (axes.size() - n_ones < n && side_by_side) {
        axes.erase(first, std::next(first, surplus));
    } else {
        std::erase_if(axes, is_one);
    }
}

/// `axes` are the array's axes in the order of `words`, with an index into these.
struct Named {
    std::size_t axis, word;
};

ArrayLayout made_of(std::vector<Named> axes, Shape shape) {
    std::ranges::stable_sort(axes, {}, &Named::word);
    ArrayLayout layout;
    layout.n_inputs = 1;
    std::uint64_t n_rows = 0, n_cols = 0, n_channels = 1;
    for (const auto& [axis, word] : axes) {
        const std::uint64_t size = shape[axis];
        layout.order.push_back(axis);
        if (words[word] == "sample") layout.n_samples = size;
        if (words[word] == "step") {
            layout.n_steps = size;
            layout.over_time = true;
        }
        if (words[word] == "channel") n_channels = size;
        if (words[word] == "row") n_rows = size;
        if (words[word] == "column") n_cols = size;
        // Sizes of a file may be anything: a product that would overflow is more than any data set may have.
        if (word >= 2) {
            layout.n_inputs = size != 0 && layout.n_inputs > (std::uint64_t{1} << 40) / size
                                  ? std::uint64_t{1} << 40
                                  : layout.n_inputs * size;
        }
    }
    if (n_channels == 1 && !layout.over_time) {
        layout.image_rows = n_rows;
        layout.image_cols = n_cols;
    }
    // Axes of length 1 may lie anywhere.
    std::size_t last = 0;
    for (const std::size_t axis : layout.order) {
        if (shape[axis] == 1) continue;
        layout.as_stored = layout.as_stored && axis >= last;
        last = axis;
    }
    return layout;
}

std::string series_or_image(Shape shape, std::span<const std::size_t> rest, std::uint64_t steps) {
    return fmt::format(
        "has the shape {0}: images of {1} x {2} pixels are read with data.axes = [\"sample\", \"row\", "
        "\"column\"], and so is [sample, feature]; {3}",
        axes_text(shape), shape[rest[0]], shape[rest[1]],
        shape[rest[0]] == steps
            ? std::string("a series with data.axes = [\"sample\", \"step\", \"feature\"]")
            : fmt::format("a series of {0} steps with time.steps = {0} (here {1})", shape[rest[0]], steps));
}

}  // namespace

AxesKey::AxesKey(Options& options, std::uint64_t steps)
    : words_(options.words({"axes", "",
                            "what the axes of the samples' array are, slowest first; none named: [sample, "
                            "feature], or [sample, step, feature] where there are time.steps of them"},
                           {}, words)),
      steps_(steps) {
    if (options.describing() || words_.empty()) return;
    const auto has = [&](std::string_view word) { return std::ranges::find(words_, word) != words_.end(); };
    if (!has("sample")) options.reject("axes", "names no \"sample\"; one axis counts samples");
    if (has("row") != has("column"))
        options.reject("axes", "names one of \"row\" and \"column\"; images have both");
    if (has("row") && has("feature"))
        options.reject("axes", "names \"feature\" beside \"row\"; an input is one or the other");
    if (!has("row") && !has("feature") && !has("channel"))
        options.reject("axes", "names no inputs; \"feature\", or \"row\" and \"column\", would do");
}

void AxesKey::check_steps(std::string_view where, Shape shape, std::uint64_t found) const {
    if (found == steps_) return;
    throw DataError(
        fmt::format("{}: has the shape {}, {} steps per sample, but time.steps = {}; "
                    "time.steps = {} would do",
                    where, axes_text(shape), found, steps_, found));
}

ArrayLayout AxesKey::layout(std::string_view where, Shape shape, Shape labels, bool bytes) const {
    if (std::ranges::find(shape, std::uint64_t{0}) != shape.end())
        throw DataError(fmt::format("{}: has the shape {}; it is empty", where, axes_text(shape)));
    if (words_.empty()) return as_guessed(where, shape, labels, bytes);
    ArrayLayout layout = as_named(where, shape);
    if (!fits(labels, layout.n_samples) &&
        std::ranges::any_of(shape, [&](std::uint64_t size) { return size > 1 && fits(labels, size); })) {
        throw DataError(fmt::format(
            "{}: has the shape {}, out of which data.axes = [\"{}\"] makes {} samples, and labels "
            "the shape {}; axes in another order would do",
            where, axes_text(shape), fmt::join(words_, "\", \""), layout.n_samples, axes_text(labels)));
    }
    return layout;
}

ArrayLayout AxesKey::as_named(std::string_view where, Shape shape) const {
    std::vector<std::size_t> axes(shape.size());
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    if (axes.size() > words_.size()) leave_out_ones(shape, words_.size(), axes);
    if (axes.size() != words_.size()) {
        throw DataError(fmt::format("{}: has the shape {}, {} axes; data.axes names {}: {}", where,
                                    axes_text(shape), shape.size(), words_.size(), fmt::join(words_, ", ")));
    }
    std::vector<Named> named;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto word = std::ranges::find(words, words_[i]) - std::begin(words);
        named.push_back({axes[i], static_cast<std::size_t>(word)});
    }
    ArrayLayout layout = made_of(std::move(named), shape);
    if (layout.over_time) check_steps(where, shape, layout.n_steps);
    return layout;
}

ArrayLayout AxesKey::as_guessed(std::string_view where, Shape shape, Shape labels, bool bytes) const {
    enum Word : std::size_t { sample, step, channel, row, column, feature };
    if (shape.size() < 2) {
        throw DataError(
            fmt::format("{}: has the shape {}; [sample, feature] or [sample, step, feature] is expected",
                        where, axes_text(shape)));
    }
    std::size_t first = 0;
    while (first + 2 < shape.size() && shape[first] == 1 && !fits(labels, 1)) ++first;
    if (!fits(labels, shape[first])) {
        std::vector<std::uint64_t> sizes;
        std::ranges::copy_if(shape, std::back_inserter(sizes), [](std::uint64_t size) { return size != 1; });
        if (sizes.size() > 1 && fits(labels, sizes.back())) {
            const std::string_view axes = sizes.size() == 2 ? R"("feature", "sample")"
                                          : sizes.size() == 3 && sizes[1] == steps_
                                              ? R"("feature", "step", "sample")"
                                          : sizes.size() == 3 ? R"("row", "column", "sample")"
                                                              : R"("row", "column", "channel", "sample")";
            throw DataError(
                fmt::format("{}: has the shape {}, and labels the shape {}, so that its last axis "
                            "counts samples; data.axes = [{}] would do",
                            where, axes_text(shape), axes_text(labels), axes));
        }
    }
    std::vector<std::size_t> rest(shape.size() - first - 1);
    std::iota(rest.begin(), rest.end(), first + 1);
    if (rest.size() == 1) return made_of({{first, sample}, {rest[0], feature}}, shape);
    if (rest.size() == 2 && shape[rest[0]] == steps_) {
        // An image with as many rows and columns as there are steps has the very shape of a series.
        if (bytes && steps_ > 1 && shape[rest[1]] == steps_)
            throw DataError(fmt::format("{}: {}", where, series_or_image(shape, rest, steps_)));
        return made_of({{first, sample}, {rest[0], step}, {rest[1], feature}}, shape);
    }
    std::vector<std::size_t> long_axes;
    std::ranges::copy_if(rest, std::back_inserter(long_axes),
                         [&](std::size_t axis) { return shape[axis] != 1; });
    // A series to which axes of length 1 were added, behind or between, is one all the same.
    if (steps_ > 1 && long_axes.size() == 2 && shape[long_axes[0]] == steps_) {
        if (shape[long_axes[1]] == steps_)
            throw DataError(fmt::format("{}: {}", where, series_or_image(shape, long_axes, steps_)));
        return made_of({{first, sample}, {long_axes[0], step}, {long_axes[1], feature}}, shape);
    }
    if (steps_ > 1 && long_axes.size() == 1 && long_axes[0] == rest[0] && shape[rest[0]] == steps_)
        return made_of({{first, sample}, {rest[0], step}, {rest[1], feature}}, shape);
    const bool grey = rest.size() == 3 && (shape[rest[0]] == 1 || shape[rest[2]] == 1);
    if (grey && shape[rest[0]] * shape[rest[2]] != 1 && shape[rest[1]] != 1) {
        const std::size_t at = shape[rest[0]] == 1 ? 1 : 0;
        return made_of({{first, sample}, {rest[at], row}, {rest[at + 1], column}}, shape);
    }
    if (long_axes.size() < 2) {
        const std::size_t axis = long_axes.empty() ? rest[0] : long_axes[0];
        return made_of({{first, sample}, {axis, feature}}, shape);
    }
    if (rest.size() == 2) throw DataError(fmt::format("{}: {}", where, series_or_image(shape, rest, steps_)));
    if (rest.size() == 3) {
        const bool channels_last =
            shape[rest[2]] <= most_channels && shape[rest[2]] < std::min(shape[rest[0]], shape[rest[1]]);
        throw DataError(
            fmt::format("{}: has the shape {}; for images of several channels data.axes = "
                        "[\"sample\", {}] would do",
                        where, axes_text(shape),
                        channels_last ? R"("row", "column", "channel")" : R"("channel", "row", "column")"));
    }
    throw DataError(fmt::format("{}: has the shape {}; data.axes says what its axes are, out of {}", where,
                                axes_text(shape), fmt::join(words, ", ")));
}

void take_in_order(const ArrayLayout& layout, Shape shape, std::span<const float> stored, std::size_t n,
                   MatrixView into) {
    std::vector<std::size_t> stride(shape.size(), 1);
    for (std::size_t axis = shape.size() - 1; axis-- > 0;)
        stride[axis] = stride[axis + 1] * static_cast<std::size_t>(shape[axis + 1]);
    // Counts through all axes but that of samples, the last one fastest.
    const std::span<const std::size_t> inner = std::span{layout.order}.subspan(1);
    const std::size_t per_sample = into.cols() * static_cast<std::size_t>(layout.n_steps);
    float* to = into.data();
    for (std::size_t s = 0; s < n; ++s) {
        std::vector<std::uint64_t> at(inner.size(), 0);
        std::size_t from = s * stride[layout.order[0]];
        for (std::size_t i = 0; i < per_sample; ++i) {
            *to++ = stored[from];
            for (std::size_t k = inner.size(); k-- > 0;) {
                from += stride[inner[k]];
                if (++at[k] < shape[inner[k]]) break;
                from -= static_cast<std::size_t>(shape[inner[k]]) * stride[inner[k]];
                at[k] = 0;
            }
        }
    }
}

}  // namespace snnff
