#include "engine/softmax_head.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/sums.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"
#include "snnff/functions.hpp"

namespace snnff {
namespace {

constexpr std::size_t rows_per_task = 64;

/// `weight` is the head's.
void logits(const Panels& weight, std::span<const float> bias, ConstMatrixView features, MatrixView out) {
    const Tile all{0, features.rows(), 0, weight.n_panels()};
    Matrix chains(features.rows(), weight.n_panels() * Panels::width);
    base_chains(features, weight, all, chains);
    for (std::size_t s = 0; s < out.rows(); ++s) {
        const auto row = out.row(s);
        for (std::size_t l = 0; l < row.size(); ++l) row[l] = (chains(s, l) + 0.0f) + bias[l];
    }
}

/// log Σ exp(x), relative to the largest so that nothing overflows.
double log_sum_exp(std::span<const float> x) {
    const double largest = static_cast<double>(std::ranges::max(x));
    const double sum = sum_in_blocks(
        x.size(), [&](std::size_t i) { return functions::exp(static_cast<double>(x[i]) - largest); });
    return largest + functions::log(sum);
}

}  // namespace

void take_features(const SoftmaxHead& head, const Network& network, Batch& batch, std::size_t k,
                   std::size_t variant, MatrixView features) {
    if (k < head.first_population) return;
    std::size_t first_column = 0;
    for (std::size_t below = head.first_population; below < k; ++below) {
        first_column += network.populations[below].n_units();
    }
    const Matrix& output = batch.activity(k).output[variant];
    const MatrixView to = features.columns(first_column, output.cols());
    for_blocks(output.rows(), rows_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            std::ranges::copy(output.row(s), to.row(s).begin());
            const float gain = normalise(*head.normalisation, to.row(s), network.populations[k].n_groups);
            for (float& x : to.row(s)) x *= gain;
        }
    });
}

void standardise(float mean, float deviation, MatrixView features) {
    for_blocks(features.rows(), rows_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            for (float& x : features.row(s)) x = (x - mean) / deviation;
        }
    });
}

void log_probabilities(const SoftmaxHead& head, ConstMatrixView features, MatrixView out) {
    const Panels weight(head.weight);
    for_blocks(features.rows(), rows_per_task, [&](std::size_t first, std::size_t count) {
        const MatrixView part = out.rows(first, count);
        logits(weight, head.bias, features.rows(first, count), part);
        for (std::size_t s = 0; s < count; ++s) {
            const auto log_sum = static_cast<float>(log_sum_exp(part.row(s)));
            for (float& x : part.row(s)) x -= log_sum;
        }
    });
}

void FeatureSums::add(ConstMatrixView features) {
    std::vector<double> sums(features.rows()), square_sums(features.rows());
    for_blocks(features.rows(), rows_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            const auto row = features.row(s);
            sums[s] = kernels::active().sum(row.data(), row.size());
            square_sums[s] = kernels::active().sum_squares(row.data(), row.size());
        }
    });
    for (std::size_t s = 0; s < sums.size(); ++s) {  // in one order, whatever the threads
        sum += sums[s];
        squares += square_sums[s];
    }
    n += static_cast<double>(features.size());
}

double FeatureSums::mean() const noexcept { return sum / n; }

double FeatureSums::deviation() const noexcept {
    const double variance = (squares - sum * mean()) / (n - 1.0);
    return variance > 0.0 ? std::sqrt(variance) : 1.0;
}

HeadTrainer::HeadTrainer(const ReadoutSpec& spec, SoftmaxHead& head)
    : spec_(spec), head_(head), weight_gradient_(head.n_labels(), head.n_features()) {
    bias_gradient_.resize(head.n_labels());
    for (std::size_t m = 0; m < spec.optimizer->n_moments(); ++m) {
        weight_moment_[m].resize(head.n_labels(), head.n_features());
        bias_moment_[m].resize(head.n_labels());
    }
}

double HeadTrainer::update(MatrixView features, std::span<const std::int32_t> labels, double progress) {
    if (spec_.standardise) {
        FeatureSums sums;
        sums.add(features);
        standardise(static_cast<float>(sums.mean()), static_cast<float>(sums.deviation()), features);
    }
    const std::size_t n = features.rows(), n_labels = head_.n_labels();
    const double share = 1.0 / static_cast<double>(n);
    if (error_.rows() != n) error_.resize(n, whole_lines(n_labels));
    const MatrixView errors = error_.view().columns(0, n_labels);
    std::vector<double> losses(n);
    // d loss/d logit = (p(label) − [label is the true one])/n
    const Panels weight(head_.weight);
    for_blocks(n, rows_per_task, [&](std::size_t first, std::size_t count) {
        logits(weight, head_.bias, features.rows(first, count), errors.rows(first, count));
        const MatrixView error = errors.rows(first, count);
        softmax_cross_entropy(error, labels.subspan(first, count), std::span(losses).subspan(first, count),
                              error);
        for (std::size_t s = 0; s < count; ++s) {
            for (float& e : error.row(s)) e *= static_cast<float>(share);
        }
    });
    gradient_.begin(n_labels, head_.n_features());
    gradient_.add({.x = features, .signal = error_});
    gradient_.write(weight_gradient_);
    std::ranges::transform(gradient_.bias().first(n_labels), bias_gradient_.begin(),
                           [](double g) { return static_cast<float>(g); });
    Optimizer::Step step{.t = ++n_updates_,
                         .rate = spec_.rate * spec_.schedule->factor(progress),
                         .weight_decay = spec_.weight_decay};
    spec_.optimizer->apply(step, weight_gradient_.values(), head_.weight.values(), weight_moment_[0].values(),
                           weight_moment_[1].values());
    step.weight_decay = 0.0;
    spec_.optimizer->apply(step, bias_gradient_, head_.bias, bias_moment_[0], bias_moment_[1]);
    double loss = 0.0;
    for (const double l : losses) loss += l;
    return share * loss;
}

}  // namespace snnff
