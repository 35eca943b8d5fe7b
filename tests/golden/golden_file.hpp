#pragma once
// A file of reference solutions (tests/golden/*.h5), and how close a result has to come.
#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"

namespace snnff {

class Golden {
  public:
    explicit Golden(const std::filesystem::path& path)
        : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)) {
        REQUIRE(file_ >= 0);
        spec = nlohmann::json::parse(text("spec"));
    }
    ~Golden() { H5Fclose(file_); }
    Golden(const Golden&) = delete;
    Golden& operator=(const Golden&) = delete;

    bool has(const std::string& name) const { return H5LTpath_valid(file_, name.c_str(), 1) > 0; }
    std::vector<hsize_t> shape(const std::string& name) const {
        int rank = 0;
        REQUIRE(H5LTget_dataset_ndims(file_, name.c_str(), &rank) >= 0);
        std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
        REQUIRE(H5LTget_dataset_info(file_, name.c_str(), dims.data(), nullptr, nullptr) >= 0);
        return dims;
    }
    std::vector<float> floats(const std::string& name) const {
        std::size_t n = 1;
        for (const hsize_t d : shape(name)) n *= d;
        std::vector<float> values(n);
        REQUIRE(H5LTread_dataset_float(file_, name.c_str(), values.data()) >= 0);
        return values;
    }
    nlohmann::json spec;

  private:
    std::string text(const char* attribute) const {
        const hid_t id = H5Aopen(file_, attribute, H5P_DEFAULT), type = H5Aget_type(id);
        char* raw = nullptr;
        REQUIRE(H5Tis_variable_str(type) > 0);
        REQUIRE(H5Aread(id, type, &raw) >= 0);
        std::string result = raw;
        H5free_memory(raw);
        H5Tclose(type);
        H5Aclose(id);
        return result;
    }
    hid_t file_;
};

/// Every element within `tolerance` of the largest expected one.
inline void check_close(const char* what, std::span<const float> found, const std::vector<float>& expected,
                        double tolerance) {
    INFO(what);
    REQUIRE(found.size() == expected.size());
    double scale = 0.0, worst = 0.0;
    for (const float e : expected) scale = std::max(scale, std::abs(static_cast<double>(e)));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i])));
    }
    INFO("largest difference " << worst << ", largest value " << scale);
    CHECK(scale > 0.0);
    CHECK(worst <= tolerance * scale);
}

}  // namespace snnff
