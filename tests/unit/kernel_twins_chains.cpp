// Chains against their definition, a loop over std::fma, as bits, in every variant of the kernels.
#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "twins.hpp"

using namespace snnff::kernels;
using namespace twins;

namespace {

constexpr std::size_t width = 16;

struct Shape {
    std::size_t rows, depth, panels;
};

/// Each dimension from 1 to 67, the others at the borders of tiles (6 rows; 128 or 256 of the depth; 4
/// panels).
std::vector<Shape> shapes() {
    const std::vector<std::size_t> few_rows{1, 5, 6, 7, 67}, few_panels{1, 3, 4, 5};
    const std::vector<std::size_t> few_depths{1, 67, 127, 128, 129, 255, 256, 257};
    std::vector<Shape> all;
    for (std::size_t n = 1; n <= 67; ++n) {
        for (const std::size_t panels : few_panels) {
            for (const std::size_t depth : few_depths) all.push_back({n, depth, panels});
            for (const std::size_t rows : few_rows) all.push_back({rows, n, panels});
        }
        for (const std::size_t rows : few_rows) {
            for (const std::size_t depth : {1u, 67u}) all.push_back({rows, depth, n});
        }
        all.push_back({n, 2, 67});
    }
    for (const std::size_t rows : few_rows) {
        for (const std::size_t panels : few_panels) {
            all.push_back({rows, 0, panels});
            all.push_back({rows, 600, panels});
        }
    }
    return all;
}

/// Chains with the matrix `a` and the panels at places of their own, and both ways to lay out what comes of
/// them.
class Case {
  public:
    Case(const Shape& shape, Kind kind, std::uint64_t seed) : shape_(shape) {
        Numbers numbers(kind, seed);
        panel_stride_ = shape.depth * width + 8;
        panels_ = numbers.list(1 + shape.panels * panel_stride_);
        along_ = numbers.list(shape.rows * (shape.depth + 3));
        across_.assign(std::max<std::size_t>(shape.depth, 1) * (shape.rows + 5), 0.0f);
        for (std::size_t r = 0; r < shape.rows; ++r) {
            for (std::size_t k = 0; k < shape.depth; ++k) across_[k * (shape.rows + 5) + r] = a(r, k);
        }
        first_ = numbers.list(shape.rows * shape.panels * width);
        right_.resize(first_.size());
        for (const bool go_on : {false, true}) {
            if (go_on) fresh_ = right_;
            for (std::size_t i = 0; i < right_.size(); ++i) right_[i] = chain(i, go_on);
        }
    }

    std::size_t n_wrong(const Kernels& kernels, bool across, bool go_on) const {
        // [row x unit] or [panel][row x unit], each with a gap
        const std::size_t row_stride = across ? width : shape_.panels * width + 4;
        const std::size_t out_stride = across ? shape_.rows * width + 8 : width;
        const auto place = [&](std::size_t i) {
            const std::size_t row = i / (shape_.panels * width), unit = i % (shape_.panels * width);
            return row * row_stride + unit / width * out_stride + unit % width;
        };
        const std::size_t n = place(right_.size() - 1) + 1;
        std::vector<float> out(n, untouched), expected(n, untouched);
        for (std::size_t i = 0; i < right_.size(); ++i) {
            if (go_on) out[place(i)] = first_[i];
            expected[place(i)] = go_on ? right_[i] : fresh_[i];
        }
        kernels.chains({.n_rows = shape_.rows,
                        .depth = shape_.depth,
                        .n_panels = shape_.panels,
                        .a = across ? across_.data() : along_.data(),
                        .row_stride = across ? 1 : shape_.depth + 3,
                        .depth_stride = across ? shape_.rows + 5 : 1,
                        .panels = panels_.data() + 1,
                        .panel_stride = panel_stride_,
                        .out = out.data(),
                        .out_row_stride = row_stride,
                        .out_panel_stride = out_stride,
                        .go_on = go_on,
                        .next = go_on ? panels_.data() : nullptr,
                        .n_next = go_on ? panels_.size() : 0});
        return n_different(out, expected);
    }

  private:
    float a(std::size_t r, std::size_t k) const { return along_[r * (shape_.depth + 3) + k]; }
    float chain(std::size_t i, bool go_on) const {
        const std::size_t row = i / (shape_.panels * width), unit = i % (shape_.panels * width);
        const float* panel = panels_.data() + 1 + unit / width * panel_stride_ + unit % width;
        float c = go_on ? first_[i] : 0.0f;
        for (std::size_t k = 0; k < shape_.depth; ++k) c = std::fma(a(row, k), panel[k * width], c);
        return c;
    }

    Shape shape_;
    std::size_t panel_stride_;
    std::vector<float> panels_, along_, across_, first_, right_, fresh_;
};

void check(const Shape& shape, Kind kind, std::uint64_t seed) {
    const Case chains(shape, kind, seed);
    for (const Kernels* kernels : variants()) {
        for (const bool across : {false, true}) {
            for (const bool go_on : {false, true}) {
                const std::size_t n_wrong = chains.n_wrong(*kernels, across, go_on);
                if (n_wrong == 0) continue;
                FAIL_CHECK(kernels->name << ": " << n_wrong << " wrong of " << shape.rows << " rows, depth "
                                         << shape.depth << ", " << shape.panels << " panels"
                                         << (across ? ", across" : "") << (go_on ? ", going on" : "")
                                         << ", kind " << static_cast<int>(kind));
            }
        }
    }
}

}  // namespace

TEST_CASE("chains are those of fma, whatever the shape") {
    std::uint64_t seed = 0;
    for (const Shape& shape : shapes()) {
        // Seven of eight of numbers that stay numbers, so that a wrong order shows.
        const Kind kind = seed % 8 == 7 ? Kind::awkward : seed % 2 == 1 ? Kind::ties : Kind::plain;
        check(shape, kind, ++seed);
    }
    CHECK(seed > 3000);
}

TEST_CASE("chains are those of fma, whatever the numbers") {
    for (const Kind kind : all_kinds) {
        for (std::uint64_t seed = 0; seed < 40; ++seed) check({13, 1 + seed % 7, 5}, kind, 1000 + seed);
    }
    // What a double keeps of the sum is not enough: the float nearest to 1 + 2^-11 + 2^-24 + 2^-60 lies above
    // the tie, that of the double nearest to it below.
    const float a = 1.0f + 0x1p-12f, c = 0x1p-60f;
    CHECK(std::fma(a, a, c) == 1.0f + 0x1p-11f + 0x1p-23f);
    CHECK(static_cast<float>(static_cast<double>(a) * static_cast<double>(a) + static_cast<double>(c)) ==
          1.0f + 0x1p-11f);
}
