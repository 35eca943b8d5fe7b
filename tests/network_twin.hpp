#pragma once
// A whole network in double, naively, with the softmax cross-entropy at its end. Spikes are those of a first
// run plus the change of the surrogate's antiderivative since, S + A(U − V_th) − A(U₀ − V_th), and resets
// stay where they fell: differences of its loss are what back-propagation with that surrogate computes.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "smooth_twin.hpp"

namespace twin {

using Vector = std::vector<double>;

/// What happened to one unit in a step of the first run.
struct Held {
    double membrane = 0.0;
    int spike = 0, reset = 0, waiting = 0;
};

struct Layer {
    std::string kind;  ///< "lif", or one of `activations`
    Lif unit;
    std::string output;  ///< "spikes", "rate", …
    std::string normalisation = "none";
    std::vector<Vector> weight;  ///< [unit][input]
    Vector bias;
    std::vector<Vector> kept{};  ///< [sample][input] factor on the normalised input, 1 where empty
};

class Network {
  public:
    std::vector<Layer> layers;
    int steps = 1;

    /// Mean cross-entropy; the first call holds what happened.
    double loss(const std::vector<Vector>& input, const std::vector<int>& label) {
        const bool first = held_.empty();
        if (first) held_.assign(input.size(), std::vector<std::vector<Held>>(layers.size()));
        double sum = 0.0;
        for (std::size_t s = 0; s < input.size(); ++s) {
            std::vector<Vector> train(1, input[s]);  // one row: a constant input
            for (std::size_t k = 0; k < layers.size(); ++k) {
                if (k > 0 && train.size() == 1) train[0] = prepared(layers[k], s, train[0]);
                train = answer(layers[k], train, held_[s][k], first);
            }
            double exponentials = 0.0;
            for (const double x : train[0]) exponentials += std::exp(x);
            sum += std::log(exponentials) - train[0][std::size_t(label[s])];
        }
        return sum / double(input.size());
    }

  private:
    static Vector prepared(const Layer& layer, std::size_t sample, Vector x) {
        double squares = 0.0;
        for (const double value : x) squares += value * value;
        double gain = 1.0;
        if (layer.normalisation == "l2") gain = 1.0 / (std::sqrt(squares) + 1e-4);
        if (layer.normalisation == "rms") gain = 1.0 / (std::sqrt(squares / double(x.size())) + 1e-6);
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] *= gain * (layer.kept.empty() ? 1.0 : layer.kept[sample][i]);
        }
        return x;
    }

    std::vector<Vector> answer(const Layer& layer, const std::vector<Vector>& input, std::vector<Held>& held,
                               bool first) const {
        const std::size_t n = layer.bias.size(), T = std::size_t(steps);
        if (first) held.resize(n * T);
        std::vector<Vector> train(T, Vector(n));
        Vector sum(n), last(n), membrane_sum(n);
        for (std::size_t u = 0; u < n; ++u) {
            double v = 0.0;
            int wait = 0, spiked = 0;
            for (std::size_t t = 0; t < T; ++t) {
                const Vector& x = input[input.size() == 1 ? 0 : t];
                double current = layer.bias[u];
                for (std::size_t i = 0; i < x.size(); ++i) current += layer.weight[u][i] * x[i];
                Held& h = held[u * T + t];
                double membrane = current;
                if (layer.kind == "lif") {
                    const Lif& unit = layer.unit;
                    const bool at_once = !unit.delayed && unit.reset == "subtract";
                    if (first) {
                        h.waiting = wait > 0;
                        h.reset = at_once ? !h.waiting && v > unit.threshold : spiked;
                    }
                    membrane = unit.beta * v + (h.waiting ? 0.0 : current);
                    if (unit.reset == "zero" && h.reset) membrane -= unit.beta * v;
                    if (unit.reset == "subtract" && h.reset) membrane -= unit.threshold;
                    if (first) {
                        h.membrane = membrane;
                        h.spike = spiked = !h.waiting && membrane > unit.threshold;
                        wait = h.spike ? unit.refractory_steps : std::max(wait - 1, 0);
                    }
                    v = membrane;
                    if (at_once) v += (h.reset - h.spike) * unit.threshold;
                    train[t][u] = h.spike;
                    if (!h.waiting) {
                        train[t][u] += unit.antiderivative(membrane - unit.threshold) -
                                       unit.antiderivative(h.membrane - unit.threshold);
                    }
                } else {
                    train[t][u] = activations.at(layer.kind)(current);
                }
                sum[u] += train[t][u];
                last[u] = membrane;
                membrane_sum[u] += membrane;
            }
        }
        if (layer.output == "spikes") return train;
        if (layer.output == "membrane") return {last};
        Vector& value = layer.output == "membrane_mean" ? membrane_sum : sum;
        for (double& x : value) x /= layer.output == "count" ? 1.0 : double(T);
        return {value};
    }

    std::vector<std::vector<std::vector<Held>>> held_;  // [sample][layer][unit and step]
};

}  // namespace twin
