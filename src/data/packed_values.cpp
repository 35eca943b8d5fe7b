#include "data/packed_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace snnff {
namespace {

double number_at(const hdf5::Dataset& dataset, const std::string& name, double fallback) {
    if (!hdf5::has_attribute(dataset, name) || hdf5::is_text_attribute(dataset, name)) return fallback;
    const auto values = hdf5::read_attribute<double>(dataset, name);
    return values.size() == 1 ? values.front() : fallback;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b)); }

}  // namespace

MissingValues::MissingValues(const hdf5::Dataset& dataset) : where_(dataset.where()) {
    for (const char* name : {"_FillValue", "missing_value"}) {
        constexpr double none = std::numeric_limits<double>::quiet_NaN();  // which is no value to be read
        const auto missing = static_cast<float>(number_at(dataset, name, none));
        if (std::isnan(missing) || std::ranges::find(missing_, missing) != missing_.end()) continue;
        missing_.push_back(missing);
        says_ += fmt::format("{}{} = {:g}", says_.empty() ? "" : " or ", name, missing);
    }
}

std::vector<std::string> MissingValues::remarks() const {
    if (n_missing_ == 0) return {};
    return {
        fmt::format("{}: {} of {} values are {}, which stands for missing ones; they are read as stored: 0, "
                    "or the mean of the input, in their place would do",
                    where_, n_missing_, n_values_, says_)};
}

std::vector<std::string> remarks_on_packing(const hdf5::Dataset& dataset, double offset, double scale) {
    const double factor = number_at(dataset, "scale_factor", 1.0),
                 added = number_at(dataset, "add_offset", 0.0);
    if ((factor == 1.0 && added == 0.0) || !(factor > 0.0) || !std::isfinite(factor) || !std::isfinite(added))
        return {};
    // value·factor + added = (value - (-added/factor))/(1/factor)
    const double wanted_offset = added == 0.0 ? 0.0 : -added / factor, wanted_scale = 1.0 / factor;
    if (close(offset, wanted_offset) && close(scale, wanted_scale)) return {};
    return {
        fmt::format("{}: has scale_factor = {:g} and add_offset = {:g}, by which values are packed; they are "
                    "read as stored: data.offset = {:.9g} and data.scale = {:.9g} would unpack them",
                    dataset.where(), factor, added, wanted_offset, wanted_scale)};
}

}  // namespace snnff
