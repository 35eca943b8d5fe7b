#include "sim/readout.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/functions.hpp"
#include "kernels/product.hpp"
#include "sim/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t samples_per_task = 64, columns_per_task = 256;

void logits(const SoftmaxHead& head, ConstMatrixView features, MatrixView out) {
    product_abt(features, head.weight, out);
    for (std::size_t s = 0; s < out.rows(); ++s) {
        const auto row = out.row(s);
        for (std::size_t l = 0; l < row.size(); ++l) row[l] += head.bias[l];
    }
}

/// log Σ exp(x), relative to the largest so that nothing overflows.
double log_sum_exp(std::span<const float> x) {
    const double largest = static_cast<double>(std::ranges::max(x));
    double sum = 0.0;
    for (const float value : x) sum += functions::exp(static_cast<double>(value) - largest);
    return largest + functions::log(sum);
}

}  // namespace

SoftmaxHead make_head(const ModelSpec& model) {
    SoftmaxHead head;
    head.first_population = model.readout.first_population;
    head.normalisation = model.readout.normalisation;
    std::size_t n_features = 0;
    for (std::size_t k = head.first_population; k < model.populations.size(); ++k) {
        n_features += model.populations[k].n_units;
    }
    head.weight.resize(model.overlay.n_labels, n_features);
    head.bias.assign(model.overlay.n_labels, 0.0f);
    return head;
}

void take_features(const SoftmaxHead& head, const Network& network, Batch& batch, std::size_t k,
                   std::size_t variant, MatrixView features) {
    if (k < head.first_population) return;
    std::size_t first_column = 0;
    for (std::size_t below = head.first_population; below < k; ++below) {
        first_column += network.populations[below].n_units();
    }
    const Matrix& output = batch.activity(k).output[variant];
    const MatrixView to = features.columns(first_column, output.cols());
    for_blocks(output.rows(), samples_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            const auto from = output.row(s);
            double squares = 0.0;
            for (const float x : from) squares += static_cast<double>(x) * static_cast<double>(x);
            const float gain = normalising_gain(head.normalisation, squares, from.size());
            std::ranges::transform(from, to.row(s).begin(), [gain](float x) { return gain * x; });
        }
    });
}

void standardise(float mean, float deviation, MatrixView features) {
    for_blocks(features.rows(), samples_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            for (float& x : features.row(s)) x = (x - mean) / deviation;
        }
    });
}

void log_probabilities(const SoftmaxHead& head, ConstMatrixView features, MatrixView out) {
    for_blocks(features.rows(), samples_per_task, [&](std::size_t first, std::size_t count) {
        const MatrixView part = out.rows(first, count);
        logits(head, features.rows(first, count), part);
        for (std::size_t s = 0; s < count; ++s) {
            const auto log_sum = static_cast<float>(log_sum_exp(part.row(s)));
            for (float& x : part.row(s)) x -= log_sum;
        }
    });
}

void FeatureSums::add(ConstMatrixView features) {
    std::vector<double> sums(features.rows()), square_sums(features.rows());
    for_blocks(features.rows(), samples_per_task, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            for (const float feature : features.row(s)) {
                const auto x = static_cast<double>(feature);
                sums[s] += x;
                square_sums[s] += x * x;
            }
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
    error_.resize(n, n_labels);
    std::vector<double> losses(n);
    // d loss/d logit = (p(label) − [label is the true one])/n
    for_blocks(n, samples_per_task, [&](std::size_t first, std::size_t count) {
        logits(head_, features.rows(first, count), error_.view().rows(first, count));
        const MatrixView error = error_.view().rows(first, count);
        softmax_cross_entropy(error, labels.subspan(first, count), std::span(losses).subspan(first, count),
                              error);
        for (std::size_t s = 0; s < count; ++s) {
            for (float& e : error.row(s)) e *= static_cast<float>(share);
        }
    });
    for_blocks(head_.n_features(), columns_per_task, [&](std::size_t first, std::size_t count) {
        product_atb(error_, ConstMatrixView(features).columns(first, count),
                    weight_gradient_.view().columns(first, count), false);
    });
    for (std::size_t l = 0; l < n_labels; ++l) {
        double sum = 0.0;
        for (std::size_t s = 0; s < n; ++s) sum += static_cast<double>(error_(s, l));
        bias_gradient_[l] = static_cast<float>(sum);
    }
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
