#include "product.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "arrays.hpp"
#include "kernels/dispatch.hpp"
#include "machine.hpp"
#include "snnff/panels.hpp"

#ifdef SNNFF_OPENBLAS
#include <cblas.h>
#endif

namespace snnff::bench {
namespace {

constexpr std::size_t n_inputs = 784, n_units = 500, n_rounds = 40, n_products = 20;

/// The product as Eigen has it in double, to be agreed with: K roundings of 2^-24 at most, of terms that are
/// all positive.
void check(const Matrix& images, const Matrix& matrix, const Matrix& out) {
    using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto of = [](const Matrix& m) {
        return Eigen::Map<const RowMajor>(m.data(), static_cast<Eigen::Index>(m.rows()),
                                          static_cast<Eigen::Index>(m.cols()))
            .cast<double>()
            .eval();
    };
    const Eigen::MatrixXd exact = of(images) * of(matrix).transpose();
    const Eigen::MatrixXd error = of(out).leftCols(exact.cols()) - exact;
    if ((error.array().abs() > 0x1p-24 * n_inputs * exact.array()).any())
        throw std::runtime_error("the product is wrong");
}

ProductRow measure(std::size_t n_samples, double mark) {
    const Matrix images = random_images(n_samples, n_inputs), matrix = random_images(n_units, n_inputs);
    const Panels weight(matrix.view());
    Matrix out(n_samples, weight.n_panels() * Panels::width);
    const kernels::Chains job{.n_rows = n_samples,
                              .depth = n_inputs,
                              .n_panels = weight.n_panels(),
                              .a = images.data(),
                              .row_stride = n_inputs,
                              .depth_stride = 1,
                              .panels = weight.panel(0),
                              .panel_stride = weight.panel_size(),
                              .out = out.data(),
                              .out_row_stride = out.cols(),
                              .out_panel_stride = Panels::width};
    const double flops = 2.0 * static_cast<double>(n_samples * n_inputs * n_units);
    kernels::active().chains(job);
    check(images, matrix, out);
    ProductRow row;
    row.name = fmt::format("product-{}-{}-{}", n_samples, n_units, n_inputs);
    row.mark = mark;
    const auto rate = [&](auto&& product) {
        const double seconds = seconds_of([&] {
            for (std::size_t i = 0; i < n_products; ++i) product();
        });
        return static_cast<double>(n_products) * flops / seconds;
    };
    for (std::size_t round = 0; round < n_rounds; ++round) {  // in turns, so that all see the same machine
        row.flops_per_s = std::max(row.flops_per_s, rate([&] { kernels::active().chains(job); }));
        if (round % 10 == 0) row.fused_flops_per_s = std::max(row.fused_flops_per_s, measure_fused());
#ifdef SNNFF_OPENBLAS
        const double peer = rate([&] {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(n_samples),
                        static_cast<int>(n_units), static_cast<int>(n_inputs), 1.0f, images.data(),
                        static_cast<int>(n_inputs), matrix.data(), static_cast<int>(n_inputs), 0.0f,
                        out.data(), static_cast<int>(out.cols()));
        });
        row.peer_flops_per_s = std::max(row.peer_flops_per_s.value_or(0.0), peer);
#endif
    }
    return row;
}

}  // namespace

std::vector<ProductRow> measure_products() {
    const ThreadLimit one(1);
#ifdef SNNFF_OPENBLAS
    openblas_set_num_threads(1);
#endif
    return {measure(128, 0.85), measure(100, 0.8)};
}

std::string peer_name() {
#ifdef SNNFF_OPENBLAS
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
    const std::string_view config = openblas_get_config();
    return fmt::format("{} {}", config.substr(0, config.find(' ', config.find(' ') + 1)),
                       openblas_get_corename());
#else
    return "";
#endif
}

bool peer_knows_processor() {
#ifdef SNNFF_OPENBLAS
    constexpr std::array<std::string_view, 5> of_avx2{"Haswell", "Zen", "SkylakeX", "Cooperlake",
                                                      "SapphireRapids"};
    const std::string_view kernels = kernels::active().name, core = openblas_get_corename();
    if (kernels == "avx512")
        return std::ranges::find(of_avx2.begin() + 2, of_avx2.end(), core) != of_avx2.end();
    if (kernels == "avx2") return std::ranges::find(of_avx2, core) != of_avx2.end();
    return kernels == "neon" && core != "armv8";
#else
    return false;
#endif
}

}  // namespace snnff::bench
