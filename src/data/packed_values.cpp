#include "data/packed_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "io/csv.hpp"

namespace snnff {
namespace {

/// A number, or text that is one, as some programs write all attributes.
double number_at(const hdf5::Dataset& dataset, const std::string& name, double fallback) {
    if (!hdf5::has_attribute(dataset, name)) return fallback;
    if (hdf5::is_text_attribute(dataset, name)) {
        std::string text = hdf5::read_text_attribute(dataset, name);
        text.erase(text.find_last_not_of(" \t\r\n") + 1);
        text.erase(0, text.find_first_not_of(" \t\r\n"));
        return csv_number(text).value_or(fallback);
    }
    const auto values = hdf5::read_attribute<double>(dataset, name);
    return values.size() == 1 ? values.front() : fallback;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b)); }

/// Of whole numbers, whether the attribute _Unsigned of netCDF says otherwise than their type.
std::string says_other_sign(const hdf5::Dataset& dataset) {
    const std::string type = dataset.type_text();
    const bool is_signed = type.starts_with("int"), is_unsigned = type.starts_with("uint");
    if ((!is_signed && !is_unsigned) || !hdf5::has_attribute(dataset, "_Unsigned")) return {};
    std::string text;
    if (hdf5::is_text_attribute(dataset, "_Unsigned")) {
        text = hdf5::read_text_attribute(dataset, "_Unsigned");
    } else {
        text = number_at(dataset, "_Unsigned", 0.0) != 0.0 ? "true" : "false";
    }
    const bool says_unsigned = text == "true" || text == "True" || text == "TRUE" || text == "1";
    if (says_unsigned == is_unsigned) return {};
    const std::string bits = type.substr(is_signed ? 3 : 4);
    const double range = std::ldexp(1.0, 8 * static_cast<int>(dataset.value_bytes()));
    return fmt::format(
        "{}: has _Unsigned = \"{}\", and its type is {}; values are read as that, where those {} stand for "
        "{:g} {}: the same values as {}{} would do",
        dataset.where(), text, type,
        is_signed ? std::string("below 0") : fmt::format("from {:g} on", range / 2.0), range,
        is_signed ? "more" : "less", is_signed ? "uint" : "int", bits);
}

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
    std::vector<std::string> remarks;
    if (std::string sign = says_other_sign(dataset); !sign.empty()) remarks.push_back(std::move(sign));
    if (factor == 1.0 && added == 0.0) return remarks;
    if (!(factor > 0.0) || !std::isfinite(factor) || !std::isfinite(added)) {
        remarks.push_back(
            fmt::format("{}: has scale_factor = {:g} and add_offset = {:g}, by which values are packed; they "
                        "are read as stored: the values themselves, unpacked by another program, would do",
                        dataset.where(), factor, added));
        return remarks;
    }
    // value·factor + added = (value - (-added/factor))/(1/factor)
    const double wanted_offset = added == 0.0 ? 0.0 : -added / factor, wanted_scale = 1.0 / factor;
    if (close(offset, wanted_offset) && close(scale, wanted_scale)) return remarks;
    remarks.push_back(
        fmt::format("{}: has scale_factor = {:g} and add_offset = {:g}, by which values are packed; they are "
                    "read as stored: data.offset = {:.9g} and data.scale = {:.9g} would unpack them",
                    dataset.where(), factor, added, wanted_offset, wanted_scale));
    return remarks;
}

}  // namespace snnff
