// Encodings against their formulas, and what the first population receives of them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "kinds.hpp"
#include "snnff/error.hpp"
#include "snnff/trace.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

Context over(std::int64_t steps, double dt_ms = 1.0) { return {.time = {dt_ms, steps}, .n_units = 1}; }

/// The step in which a value fires under an encoding of one spike; -1 where it never does.
int fires_in(const Encoding& encoding, float value, const TimeGrid& time) {
    int found = -1;
    for (std::int64_t t = 0; t < time.steps; ++t) {
        const float spike = encoding.at(value, value, Seed{1}, time, t, 0);
        if (spike == 0.0f) continue;
        CHECK(spike == 1.0f);
        CHECK(found == -1);
        found = static_cast<int>(t);
    }
    return found;
}

std::string message(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

Experiment experiment(const std::string& keys) {
    const std::string model = "[data]\nfolder = \"" SNNFF_ROOT
                              "/data/mnist-sample\"\nn_train = 40\nn_test = 20\n" +
                              keys + "\n[population.only]\nsize = 30\n";
    return build(read_model_text(model, "test", SNNFF_ROOT, {}));
}

/// What reaches the first population, [step·count + sample, input], of samples [first, first + count).
Matrix received(const StepSource& source, std::size_t variant, std::size_t first, std::size_t count,
                std::size_t n_inputs, std::size_t steps, std::size_t chunk) {
    Matrix all(steps * count, n_inputs);
    const auto block = source.open(first, count);
    for (std::size_t t = 0; t < steps; t += chunk) {
        const std::size_t rows = std::min(chunk, steps - t) * count;
        std::vector<Matrix> bases(source.n_bases(), Matrix(rows, n_inputs));
        block->next(std::vector<MatrixView>(bases.begin(), bases.end()));
        Matrix& input = bases[source.base_of(variant)];
        for (const auto& change : block->changes(variant)) {
            input(change.row, source.changing_inputs()[change.column]) = change.value;
        }
        for (std::size_t r = 0; r < rows; ++r)
            std::ranges::copy(input.row(r), all.row(t * count + r).begin());
    }
    return all;
}

bool same(const Matrix& a, const Matrix& b) { return std::ranges::equal(a.values(), b.values()); }

}  // namespace

TEST_CASE("a poisson input fires as often as its rate says, and independently") {
    constexpr std::int64_t steps = 200;
    constexpr std::uint32_t n_inputs = 50, n_samples = 40;
    const auto encoding = made<Encoding>("poisson", {key("max_rate_hz", 400.0)}, over(steps, 2.0));
    for (const float x : {0.0f, 0.01f, 0.3f, 0.9f, 1.0f}) {
        const double p = 0.8 * static_cast<double>(x);  // 400 Hz for 2 ms
        const std::vector<float> value(n_inputs, x);
        std::vector<float> spike(n_inputs), before(n_inputs, 0.0f);
        double sum = 0.0, squares_of_counts = 0.0, neighbours = 0.0, successive = 0.0;
        for (std::uint32_t s = 0; s < n_samples; ++s) {
            std::vector<double> count(n_inputs, 0.0);
            for (std::int64_t t = 0; t < steps; ++t) {
                encoding->encode(value, value, derived(Seed{3}, Stream::input_spikes, s, 0),
                                 over(steps, 2.0).time, t, spike);
                for (std::uint32_t i = 0; i < n_inputs; ++i) {
                    CHECK((spike[i] == 0.0f || spike[i] == 1.0f));
                    count[i] += static_cast<double>(spike[i]);
                    neighbours += (spike[i] - p) * (spike[(i + 1) % n_inputs] - p);
                    successive += t == 0 ? 0.0 : (spike[i] - p) * (before[i] - p);
                }
                std::ranges::copy(spike, before.begin());
            }
            for (const double c : count) {
                sum += c;
                squares_of_counts += (c - p * steps) * (c - p * steps);
            }
        }
        CAPTURE(x);
        const double n = double(steps) * n_inputs * n_samples, variance = p * (1.0 - p);
        CHECK(std::abs(sum / n - p) <= 5.0 * std::sqrt(variance / n));
        // The variance of a count is steps·p·(1 - p); its estimate from 2000 counts is off by sqrt(2/2000).
        const double n_counts = double(n_inputs) * n_samples;
        CHECK(std::abs(squares_of_counts / n_counts - steps * variance) <=
              5.0 * std::sqrt((2.0 + 1.0 / (steps * std::max(variance, 1e-3))) / n_counts) * steps *
                  variance);
        CHECK(std::abs(neighbours / n) <= 5.0 * variance / std::sqrt(n));
        CHECK(std::abs(successive / n) <= 5.0 * variance / std::sqrt(n));
        CHECK(encoding->square(x, x, over(steps, 2.0).time) == Approx(p).epsilon(1e-12));
    }
}

TEST_CASE("a latency input fires once, when its formula says") {
    SECTION("linear: the example of snnTorch's documentation, 3.92, 2 and 0 of 5 steps") {
        const auto encoding = made<Encoding>("latency", {}, over(5));
        CHECK(fires_in(*encoding, 0.02f, over(5).time) == 4);
        CHECK(fires_in(*encoding, 0.5f, over(5).time) == 2);
        CHECK(fires_in(*encoding, 1.0f, over(5).time) == 0);
        CHECK(fires_in(*encoding, 0.009f, over(5).time) == -1);
        CHECK(fires_in(*encoding, 0.0f, over(5).time) == -1);
        CHECK(fires_in(*encoding, 0.01f, over(5).time) == 4);  // the threshold itself fires
    }
    SECTION("linear: tenths of 6 steps whose time is a half go to the even step, as the fractions do") {
        const auto encoding = made<Encoding>("latency", {}, over(6));
        for (int tenths = 1; tenths <= 10; ++tenths) {
            const int twice = 10 - tenths;  // the time, (1 - tenths/10)*5, in halves of a step
            const int expected = twice % 2 == 0 ? twice / 2 : (twice / 2 + 1) / 2 * 2;
            CAPTURE(tenths);
            CHECK(fires_in(*encoding, static_cast<float>(tenths) / 10.0f, over(6).time) == expected);
        }
    }
    SECTION("rc: as a leaky membrane under a constant current reaches the threshold") {
        constexpr std::int64_t steps = 40;
        constexpr double tau = 7.0, threshold = 0.2, dt = 0.5;
        const auto encoding =
            made<Encoding>("latency", {key("curve", "rc"), key("tau_ms", tau), key("threshold", threshold)},
                           over(steps, dt));
        for (const float x : {0.0f, 0.1f, 0.2f, 0.21f, 0.25f, 0.4f, 0.7f, 1.0f}) {
            // V' = (x - V)/tau from 0 with steps of 1 µs of Euler, error of the time below 1e-3 ms here
            double v = 0.0, time = 0.0;
            while (v < threshold && time < steps * dt) {
                v += 1e-5 * (x - v) / tau;
                time += 1e-5;
            }
            const int expected = v < threshold ? -1 : static_cast<int>(std::lround(time / dt));
            CAPTURE(x, time);
            CHECK(fires_in(*encoding, x, over(steps, dt).time) == (expected < steps ? expected : -1));
        }
    }
    SECTION("its mean square is one spike in all steps") {
        const auto encoding = made<Encoding>("latency", {}, over(8));
        CHECK(encoding->square(0.7f, 0.7f, over(8).time) == 0.125);
        CHECK(encoding->square(0.001f, 0.001f, over(8).time) == 0.0);
    }
}

TEST_CASE("a delta input fires where its value rises by the threshold, and falls if asked for") {
    const auto on = made<Encoding>("delta", {key("threshold", 0.25)}, over(5));
    const auto both = made<Encoding>("delta", {key("threshold", 0.25), key("off_spikes", true)}, over(5));
    const std::vector<float> value{0.5f, 0.75f, 0.75f, 0.25f, 0.375f, 1.0f};
    const std::vector<float> rises{1.0f, 1.0f, 0.0f, 0.0f, 0.0f, 1.0f};
    const std::vector<float> changes{1.0f, 1.0f, 0.0f, -1.0f, 0.0f, 1.0f};
    for (std::size_t t = 0; t < value.size(); ++t) {
        const float before = t == 0 ? 0.0f : value[t - 1];
        CHECK(on->at(value[t], before, Seed{1}, over(5).time, static_cast<std::int64_t>(t), 0) == rises[t]);
        CHECK(both->at(value[t], before, Seed{1}, over(5).time, static_cast<std::int64_t>(t), 0) ==
              changes[t]);
        CHECK(both->square(value[t], before, over(5).time) == double(changes[t] * changes[t]));
    }
}

TEST_CASE("every encoding gives a whole step what it gives each input alone") {
    std::vector<float> value, before;
    for (std::uint32_t i = 0; i < 103; ++i) {
        value.push_back(i % 5 == 0 ? 0.0f : uniform(Seed{4}, Stream::mask, i, 0));
        before.push_back(uniform(Seed{4}, Stream::mask, i, 1));
    }
    for (const std::string_view kind : names_of<Encoding>()) {
        const auto encoding = made<Encoding>(kind, {}, over(20));
        double squares = 0.0;
        for (std::int64_t t = 0; t < 20; ++t) {
            std::vector<float> step(value.size());
            encoding->encode(value, before, Seed{77}, over(20).time, t, step);
            for (std::uint32_t i = 0; i < value.size(); ++i) {
                CAPTURE(kind, t, i);
                CHECK(step[i] == encoding->at(value[i], before[i], Seed{77}, over(20).time, t, i));
            }
        }
        for (std::size_t i = 0; i < value.size(); ++i)
            squares += encoding->square(value[i], before[i], over(20).time);
        CHECK(encoding->sum_of_squares(value, before, over(20).time) == Approx(squares).epsilon(1e-14));
    }
}

TEST_CASE("samples that an encoding cannot take are refused with what would do") {
    const auto refusal = [](const char* kind, bool over_time, float smallest, float largest) {
        return message([&] { made<Encoding>(kind)->check("d.h5", over_time, smallest, largest); });
    };
    CHECK(refusal("poisson", false, -0.424f, 1.0f) ==
          "d.h5: values, overlay.value among them, lie in -0.424 to 1; encoding \"poisson\" takes 0 to 1, "
          "which data.offset and data.scale can bring about");
    CHECK(refusal("latency", false, 0.0f, 1.5f).find("lie in 0 to 1.5") != std::string::npos);
    CHECK(refusal("latency", true, 0.0f, 1.0f).find("vary from step to step") != std::string::npos);
    CHECK(refusal("delta", false, 0.0f, 1.0f).find("do not change in time") != std::string::npos);
    CHECK(refusal("delta", true, -5.0f, 9.0f).empty());
    CHECK(refusal("poisson", true, 0.0f, 1.0f).empty());
    CHECK(refusal("constant", false, -9.0f, 9.0f).empty());

    CHECK(message([] {
              made<Encoding>("poisson", {key("max_rate_hz", 501.0)}, over(1, 2.0));
          }).find("up to 500 Hz are not") != std::string::npos);
    CHECK_THROWS_AS(made<Encoding>("poisson", {key("max_rate_hz", 0.0)}), ModelError);
    CHECK_THROWS_AS(made<Encoding>("latency", {key("tau_ms", 3.0)}), ModelError);
    CHECK_THROWS_AS(made<Encoding>("latency", {key("threshold", 1.0)}), ModelError);
    CHECK_THROWS_AS(made<Encoding>("delta", {key("threshold", -0.1)}), ModelError);
    CHECK(message([] {
              experiment("offset = 0.1307\nscale = 0.3081\n[encoding]\nkind = \"poisson\"");
          }).find("lie in -0.4242 to 2.821") != std::string::npos);
    CHECK(message([] {
              experiment("[encoding]\nkind = \"poisson\"\n[overlay]\nvalue = 3.0");
          }).find("lie in 0 to 3") != std::string::npos);
}

TEST_CASE("positive and negative share every spike but the label's, which is encoded like the rest") {
    const Experiment e = experiment("[time]\nsteps = 25\n[encoding]\nkind = \"poisson\"\nmax_rate_hz = 500");
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                made<Normalisation>("rms"));
    presentations.begin_epoch(3, {});
    const std::vector<std::uint32_t> samples{7, 2, 31};
    Matrix images;
    const EncodedInput input({e.model.data, e.model.seed, e.network.time, e.train, samples, 3},
                             presentations.variants(samples, images), nullptr);
    REQUIRE(input.n_bases() == 1);
    const Matrix positive = received(input, 0, 0, 3, 784, 25, 25),
                 negative = received(input, 1, 0, 3, 784, 25, 25);
    int label_spikes = 0, image_spikes = 0;
    for (std::size_t r = 0; r < positive.rows(); ++r) {
        CHECK(std::ranges::equal(positive.row(r).subspan(10), negative.row(r).subspan(10)));
        const auto truth = static_cast<std::size_t>(e.train.label[samples[r % 3]]);
        for (std::size_t i = 0; i < 10; ++i) {
            if (positive(r, i) == 0.0f) continue;
            CHECK(i == truth);
            CHECK(negative(r, i) == 0.0f);  // uniform_wrong: never the truth
            ++label_spikes;
        }
        image_spikes += static_cast<int>(std::ranges::count(positive.row(r).subspan(10), 1.0f));
    }
    CHECK(std::abs(label_spikes - 37.5) <= 5.0 * std::sqrt(75 * 0.25));
    CHECK(image_spikes > 1000);
    // gain of the rms over all steps, expected: a value x has the mean square x/2
    for (std::size_t s = 0; s < 3; ++s) {
        double sum = 0.5;
        for (const float x : e.train.x.row(samples[s])) sum += 0.5 * static_cast<double>(x);
        CHECK(input.gain(0)[s] == Approx(made<Normalisation>("rms")->gain(sum, 784)).epsilon(1e-6));
    }

    SECTION("the same presentation gives the same spikes, however it is cut") {
        for (const std::size_t chunk : {1u, 4u, 24u})
            CHECK(same(positive, received(input, 0, 0, 3, 784, 25, chunk)));
        const Matrix second = received(input, 0, 1, 1, 784, 25, 6);
        for (std::size_t t = 0; t < 25; ++t)
            CHECK(std::ranges::equal(second.row(t), positive.row(3 * t + 1)));
    }
    SECTION("another epoch and the evaluation draw anew") {
        for (const std::uint32_t number : {2u, evaluation_presentation}) {
            const EncodedInput other({e.model.data, e.model.seed, e.network.time, e.train, samples, number},
                                     presentations.variants(samples, images), nullptr);
            CHECK_FALSE(same(positive, received(other, 0, 0, 3, 784, 25, 25)));
        }
    }
    SECTION("dropout leaves an input out in all steps, and no label") {
        const Dropout dropout{e.model.seed, 0.5, 11};
        const EncodedInput thinned({e.model.data, e.model.seed, e.network.time, e.train, samples, 3},
                                   presentations.variants(samples, images), &dropout);
        const Matrix left = received(thinned, 0, 0, 3, 784, 25, 7);
        std::vector<int> kept(784), gone(784);
        for (std::size_t t = 0; t < 25; ++t) {
            for (std::size_t i = 0; i < 784; ++i) {
                if (positive(3 * t, i) == 0.0f) {
                    CHECK(left(3 * t, i) == 0.0f);
                    continue;
                }
                if (i < 10)
                    CHECK(left(3 * t, i) == 1.0f);
                else
                    CHECK((left(3 * t, i) == 0.0f || left(3 * t, i) == 2.0f));
                (left(3 * t, i) > 0.0f ? kept : gone)[i] = 1;
            }
        }
        int n_kept = 0, n_gone = 0;
        for (std::size_t i = 10; i < 784; ++i) {
            CHECK(kept[i] + gone[i] <= 1);
            n_kept += kept[i];
            n_gone += gone[i];
        }
        CHECK(std::abs(n_kept - n_gone) <= 5.0 * std::sqrt(n_kept + n_gone));
    }
}

TEST_CASE("spikes of the input are counted as what they cost, under every label") {
    const Experiment e = experiment("[time]\nsteps = 9\n[encoding]\nkind = \"poisson\"");
    const Evaluation evaluation = evaluate(e.network, e.model, e.test);
    std::vector<std::uint32_t> samples(20);
    for (std::uint32_t s = 0; s < 20; ++s) samples[s] = s;
    double spikes = 0.0;
    for (std::uint32_t s = 0; s < 20; ++s) {
        const Seed draws = derived(e.model.seed, Stream::input_spikes, s, evaluation_presentation);
        for (std::int64_t t = 0; t < 9; ++t) {
            std::vector<float> step(784), labelled(784, 0.0f);
            e.model.data.encoding->encode(e.test.x.row(s), e.test.x.row(s), draws, e.network.time, t, step);
            spikes += 10.0 * static_cast<double>(std::ranges::count(step, 1.0f));
            spikes += 10.0;  // each label once, every step, at value 1 and one spike in every step
        }
    }
    CHECK(e.model.data.overlay.value == 1.0f);
    CHECK(evaluation.accumulates.at(0) == Approx(spikes / 20.0 * 30.0).epsilon(1e-12));
    CHECK(evaluation.multiply_accumulates.at(0) == 0.0);
}

TEST_CASE("labels may be appended to samples that do not vary in time") {
    const Experiment first = experiment("");
    const Experiment e = experiment("[overlay]\nwhere = \"appended\"");
    REQUIRE(e.train.n_inputs() == 794);
    CHECK(e.network.populations[0].n_inputs() == 794);
    CHECK(e.train.first_label_input == 784);
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                made<Normalisation>("none"));
    presentations.begin_epoch(0, {});
    Matrix images;
    const std::vector<std::uint32_t> samples{5};
    const auto variants = presentations.variants(samples, images);
    CHECK(variants[0].index ==
          std::vector<std::uint32_t>{784u + static_cast<std::uint32_t>(e.train.label[5])});
    const auto image = e.train.x.row(5);
    CHECK(std::ranges::all_of(image.subspan(784), [](float x) { return x == 0.0f; }));
    CHECK(std::ranges::equal(image.subspan(10, 774), first.train.x.row(5).subspan(10)));
}

TEST_CASE("what is presented lasts as long as the network says, whatever time its model was read with") {
    for (const std::string kind : {"\"latency\"", "\"latency\"\ncurve = \"rc\"", "\"poisson\""}) {
        CAPTURE(kind);
        const auto of_steps = [&](int steps) {
            return build(
                read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                                "/data/mnist-sample\"\nn_train = 30\nn_test = 20\n[encoding]\nkind = " +
                                    kind + "\n[time]\nsteps = " + std::to_string(steps) +
                                    "\n[population.a]\nsize = 30\nthreshold = 0.2\n"
                                    "normalisation = \"rms\"\n",
                                "test", SNNFF_ROOT, {}));
        };
        Experiment read = of_steps(9), set = of_steps(4);
        const Matrix before = evaluate(set.network, set.model, set.test).goodness;
        set.network.time.steps = 9;
        const auto traced = [](const Experiment& e) {
            std::vector<float> all;
            Tracer tracer(e.network, e.model, e.test);
            tracer.present(2, 3, [&](std::size_t, std::int64_t, const StepView& view) {
                all.insert(all.end(), view.current.row(0).begin(), view.current.row(0).end());
            });
            return all;
        };
        CHECK(traced(set).size() == 9 * 30);
        CHECK(traced(set) == traced(read));
        const Matrix a = evaluate(set.network, set.model, set.test).goodness,
                     b = evaluate(read.network, read.model, read.test).goodness;
        CHECK(std::ranges::equal(a.values(), b.values()));
        CHECK_FALSE(std::ranges::equal(a.values(), before.values()));
    }
}
