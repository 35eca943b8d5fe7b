#include <algorithm>

#include "kernels/product.hpp"
#include "sim/activity.hpp"

namespace snnff {

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

void Currents::Block::compute(std::size_t v, MatrixView out) {
    const Variant& variant = currents_.variants_[v];
    const Population& population = currents_.population_;
    if (variant.base.data() != multiplied_) {
        product_abt(variant.base.rows(first_, count_), population.weight, product_);
        multiplied_ = variant.base.data();
    }
    const std::size_t n_units = population.n_units();
    const float* bias = population.bias.data();
    for (std::size_t s = 0; s < count_; ++s) {
        const float* product = product_.row(s).data();
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
