#pragma once
// LIF units in double, naively, with the spike's step replaced by the antiderivative A of the
// surrogate (A' = psi): what the library calls a slope is the exact derivative of this. Resets and
// refractory steps are held where they fell, as the detached reset asks for.
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <string>
#include <vector>

namespace twin {

struct Lif {
    double beta = 0.9, threshold = 1.0;
    std::string reset = "subtract";
    bool delayed = true;
    int refractory_steps = 0;
    std::string surrogate = "atan";
    double sharpness = 2.0;

    double antiderivative(double z) const {
        const double k = sharpness;
        if (surrogate == "atan") return std::atan(std::numbers::pi / 2.0 * k * z) / std::numbers::pi;
        if (surrogate == "fast_sigmoid") return z / (1.0 + k * std::abs(z));
        if (surrogate == "sigmoid") return 1.0 / (1.0 + std::exp(-k * z));
        if (surrogate == "straight_through") return z;
        const double x = std::min(std::abs(z) / k, 1.0);  // triangular
        return std::copysign(x - x * x / 2.0, z);
    }
};

/// What happened in each step under a current: spikes, and the events that are held.
struct Events {
    std::vector<int> spike, reset, waiting;
};

/// Runs the real thing, steps and all.
inline Events events(const Lif& unit, const std::vector<double>& current) {
    Events e;
    double v = 0.0;
    int wait = 0;
    for (const double input : current) {
        const int waiting = wait > 0;
        int reset = !e.spike.empty() && e.spike.back();
        if (!unit.delayed && unit.reset == "subtract") reset = !waiting && v > unit.threshold;
        double u = unit.beta * v + (waiting ? 0.0 : input);
        if (unit.reset == "zero" && reset) u -= unit.beta * v;
        if (unit.reset == "subtract" && reset) u -= unit.threshold;
        const int spike = !waiting && u > unit.threshold;
        v = u;
        if (!unit.delayed && unit.reset == "subtract") v += (reset - spike) * unit.threshold;
        wait = spike ? unit.refractory_steps : std::max(wait - 1, 0);
        e.spike.push_back(spike);
        e.reset.push_back(reset);
        e.waiting.push_back(waiting);
    }
    return e;
}

struct Readouts {
    double rate = 0.0, count = 0.0, membrane = 0.0, membrane_mean = 0.0;

    double of(const std::string& name) const {
        return name == "rate"       ? rate
               : name == "count"    ? count
               : name == "membrane" ? membrane
                                    : membrane_mean;
    }
};

/// Smooth in the current: A(U − V_th) is emitted, the events stay.
inline Readouts smooth(const Lif& unit, const std::vector<double>& current, const Events& e) {
    Readouts r;
    double v = 0.0;
    for (std::size_t t = 0; t < current.size(); ++t) {
        const bool free = !e.waiting[t];
        double u = unit.beta * v + (free ? current[t] : 0.0);
        if (unit.reset == "zero" && e.reset[t]) u -= unit.beta * v;
        if (unit.reset == "subtract" && e.reset[t]) u -= unit.threshold;
        v = u;
        if (!unit.delayed && unit.reset == "subtract") v += (e.reset[t] - e.spike[t]) * unit.threshold;
        if (free) r.count += unit.antiderivative(u - unit.threshold);
        r.membrane = u;
        r.membrane_mean += u / double(current.size());
    }
    r.rate = r.count / double(current.size());
    return r;
}

/// The real thing.
inline Readouts real(const Lif& unit, const std::vector<double>& current) {
    const Events e = events(unit, current);
    Readouts r = smooth(unit, current, e);
    r.count = 0.0;
    for (const int spike : e.spike) r.count += spike;
    r.rate = r.count / double(current.size());
    return r;
}

/// Units without spikes in double, by their textbook formulas, with the parameters a model file gives them
/// where it says nothing.
inline const std::map<std::string, std::function<double(double)>> activations{
    {"relu", [](double x) { return std::max(x, 0.0); }},
    {"leaky_relu", [](double x) { return x > 0.0 ? x : 0.01 * x; }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"sigmoid", [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
    {"linear", [](double x) { return x; }},
    {"silu", [](double x) { return x / (1.0 + std::exp(-x)); }},
};

}  // namespace twin
