#include <algorithm>

#include "kernels/product.hpp"
#include "sim/activity.hpp"
#include "sim/parallel.hpp"

namespace snnff {
namespace {

/// Units of a product that is cut by units.
constexpr std::size_t units_per_task = 256;

}  // namespace

Currents::Currents(const Population& population, std::span<const Variant> variants)
    : population_(population), variants_(variants) {
    std::uint32_t n_inputs_changed = 0;
    for (const Variant& variant : variants) {
        for (const std::uint32_t input : variant.index)
            n_inputs_changed = std::max(n_inputs_changed, input + 1);
    }
    constexpr auto unused = static_cast<std::uint32_t>(-1);
    column_row_.assign(n_inputs_changed, unused);
    std::uint32_t n_columns = 0;
    for (const Variant& variant : variants) {
        for (const std::uint32_t input : variant.index) {
            if (column_row_[input] == unused) column_row_[input] = n_columns++;
        }
    }
    columns_.resize(n_columns, population.n_units());
    for (std::uint32_t input = 0; input < n_inputs_changed; ++input) {
        if (column_row_[input] == unused) continue;
        const auto column = columns_.row(column_row_[input]);
        for (std::size_t unit = 0; unit < column.size(); ++unit)
            column[unit] = population.weight(unit, input);
    }
}

void Currents::multiply(std::size_t n_samples, Matrix& products) {
    std::vector<ConstMatrixView> bases;
    for (const Variant& variant : variants_) {
        std::size_t b = 0;
        while (b < bases.size() && bases[b].data() != variant.base.data()) ++b;
        if (b == bases.size()) bases.push_back(variant.base);
        product_of_.push_back(b);
    }
    const std::size_t n_units = population_.n_units(), n_rows = bases.size() * n_samples;
    if (products.rows() != n_rows || products.cols() != n_units) products.resize(n_rows, n_units);
    n_samples_ = n_samples;
    products_ = products;
    const std::size_t n_parts = (n_units + units_per_task - 1) / units_per_task;
    for_blocks(n_parts * bases.size(), 1, [&](std::size_t task, std::size_t) {
        const std::size_t b = task / n_parts, first = task % n_parts * units_per_task;
        const std::size_t count = std::min(units_per_task, n_units - first);
        product_abt(bases[b].rows(0, n_samples), population_.weight.view().rows(first, count),
                    products.view().rows(b * n_samples, n_samples).columns(first, count));
    });
}

void Currents::Block::compute(std::size_t v, MatrixView out) {
    const Variant& variant = currents_.variants_[v];
    const Population& population = currents_.population_;
    if (!currents_.product_of_.empty()) {
        const std::size_t row = currents_.product_of_[v] * currents_.n_samples_ + first_;
        return finish(variant, currents_.products_.rows(row, count_), out);
    }
    if (variant.base.data() != multiplied_) {
        product_abt(variant.base.rows(first_, count_), population.weight, product_);
        multiplied_ = variant.base.data();
    }
    finish(variant, product_, out);
}

void Currents::Block::finish(const Variant& variant, ConstMatrixView products, MatrixView out) const {
    const Population& population = currents_.population_;
    const std::size_t n_units = population.n_units();
    const float* bias = population.bias.data();
    for (std::size_t s = 0; s < count_; ++s) {
        const float* product = products.row(s).data();
        float* current = out.row(s).data();
        const std::size_t sample = first_ + s;
        const float gain = variant.gain[sample];
        if (variant.n_changes == 1) {  // a label written into an image: by far the most common
            const float value = variant.value[sample];
            const float* column = currents_.columns_.row(currents_.column_row_[variant.index[sample]]).data();
            for (std::size_t u = 0; u < n_units; ++u) {
                current[u] = gain * (product[u] + value * column[u]) + bias[u];
            }
            continue;
        }
        std::copy(product, product + n_units, current);
        for (std::size_t c = 0; c < variant.n_changes; ++c) {
            const std::size_t change = sample * variant.n_changes + c;
            const float value = variant.value[change];
            const float* column = currents_.columns_.row(currents_.column_row_[variant.index[change]]).data();
            for (std::size_t u = 0; u < n_units; ++u) current[u] += value * column[u];
        }
        for (std::size_t u = 0; u < n_units; ++u) current[u] = gain * current[u] + bias[u];
    }
}

}  // namespace snnff
