#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "snnff/matrix.hpp"
#include "snnff/random.hpp"
#include "snnff/training.hpp"

namespace snnff::bench {

/// Raw arrays in a folder, with their shapes.
class Arrays {
  public:
    explicit Arrays(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
    }

    template <class T>
    void write(const std::string& name, std::span<const T> values, std::vector<std::size_t> shape) {
        std::ofstream out(folder_ / name, std::ios::binary);
        out.write(reinterpret_cast<const char*>(values.data()),
                  static_cast<std::streamsize>(values.size_bytes()));
        if (!out.flush()) throw std::runtime_error((folder_ / name).string() + " cannot be written");
        shapes_[name] = shape;
    }
    void write(const std::string& name, const Matrix& matrix) {
        write(name, matrix.values(), {matrix.rows(), matrix.cols()});
    }
    nlohmann::json shapes() const { return shapes_; }

  private:
    std::filesystem::path folder_;
    nlohmann::json shapes_ = nlohmann::json::object();
};

/// Images with values in [0, 1), the ten inputs of labels clear.
inline Matrix random_images(std::size_t n_samples, std::size_t n_inputs) {
    Matrix images(n_samples, n_inputs);
    for (std::size_t s = 0; s < n_samples; ++s) {
        for (std::size_t i = 10; i < n_inputs; ++i) {
            images(s, i) = uniform(Seed{1}, Stream::input_spikes, s, static_cast<std::uint32_t>(i));
        }
    }
    return images;
}

}  // namespace snnff::bench
