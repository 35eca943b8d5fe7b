// Whole models: what they mean, and what is known of their keys.
#include "snnff/model_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "catch.hpp"
#include "kinds.hpp"
#include "model_text.hpp"

using namespace snnff;

namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the shortest model has every default") {
    const ModelSpec model = read("[population.only]");
    CHECK(model.seed.value == 1);
    CHECK(model.network.time.dt_ms == 1.0);
    CHECK(model.network.time.steps == 10);
    REQUIRE(model.network.populations.size() == 1);
    const PopulationSpec& only = model.network.populations[0];
    CHECK(only.name == "only");
    CHECK(only.n_units == 500);
    CHECK(only.neuron->kind() == "lif");
    CHECK(only.normalisation->kind() == "rms");
    CHECK(only.measure == only.neuron->readings().front());
    CHECK(only.output == only.neuron->readings().front());
    CHECK(only.bias);
    REQUIRE(only.init != nullptr);
    CHECK(model.data.overlay.enabled);
    CHECK(model.data.overlay.n_labels == 10);
    CHECK(model.data.overlay_value_is_max);
    REQUIRE(model.data.reader != nullptr);
    REQUIRE(model.data.negatives != nullptr);
    REQUIRE(model.learning.goodness != nullptr);
    REQUIRE(model.learning.loss != nullptr);
    REQUIRE(model.learning.optimizer != nullptr);
    REQUIRE(model.learning.schedule != nullptr);
    CHECK(model.learning.rate == 0.001);
    CHECK(model.plan.order == PlanOrder::simultaneous);
    CHECK(model.plan.epochs == 20);
    CHECK(model.plan.batch_size == 100);
    CHECK(model.plan.shuffle);
    CHECK(model.prediction.first_population == 0);
    CHECK(model.recording.variables.empty());
    CHECK(model.recording.phases == std::vector<std::string>{"positive", "negative"});
    CHECK(model.resolved.find("data")->find("folder") != nullptr);
}

TEST_CASE("every key of a model arrives where it belongs") {
    const ModelSpec model = read(R"(
title = "all of it"
seed = 42
[time]
dt_ms = 0.5
steps = 25
[data]
n_train = 100
n_validation = 20
n_test = 30
[overlay]
n_labels = 4
value = 0.25
[population.zeta]
neuron = "relu"
size = 7
bias = false
normalisation = "rms"
[population.alpha]
tau_mem_ms = 20
size = 3
threshold = [1, 2, 3.5]
measure = "count"
output = "spikes"
[population.mid]
size = 2
normalisation = "none"
[learning]
rate = 0.5
weight_decay = 0.25
loss = { kind = "softplus", theta = 5 }
[plan]
order = "per_batch"
epochs = 3
episodes = 2
updates_per_batch = 4
batch_size = 0
shuffle = false
[prediction]
layers = "after_first"
[evaluation]
every_n_epochs = 5
n_train = 6
[recording]
every_n_epochs = 2
populations = ["mid", "zeta"]
variables = ["current", "membrane"]
samples = [5, 3]
neurons = [1, 0]
every_n_steps = 3
phases = ["neutral"]
)");
    CHECK(model.title == "all of it");
    CHECK(model.seed.value == 42);
    CHECK(model.network.time.dt_ms == 0.5);
    CHECK(model.network.time.steps == 25);
    CHECK(model.data.n_train == 100);
    CHECK(model.data.n_validation == 20);
    CHECK(model.data.n_test == 30);
    CHECK(model.data.overlay.n_labels == 4);
    CHECK_FALSE(model.data.overlay_value_is_max);
    CHECK(model.data.overlay.value == 0.25f);
    REQUIRE(model.network.populations.size() == 3);
    CHECK(model.network.populations[0].name == "zeta");
    CHECK(model.network.populations[0].neuron->kind() == "relu");
    CHECK(model.network.populations[0].normalisation->kind() == "rms");
    CHECK_FALSE(model.network.populations[0].bias);
    CHECK(model.network.populations[1].name == "alpha");
    CHECK(model.network.populations[1].measure == Reading::count);
    CHECK(model.network.populations[1].output == Reading::spikes);
    const auto thresholds = model.network.populations[1].neuron->thresholds();
    CHECK(std::vector<float>(thresholds.begin(), thresholds.end()) == std::vector<float>{1.0f, 2.0f, 3.5f});
    CHECK(model.network.populations[2].normalisation->kind() == "none");
    CHECK(model.learning.rate == 0.5);
    CHECK(model.learning.weight_decay == 0.25);
    CHECK(model.learning.loss->threshold({3, 2}) == 5.0);
    CHECK(model.plan.order == PlanOrder::per_batch);
    CHECK(model.plan.epochs == 3);
    CHECK(model.plan.episodes == 2);
    CHECK(model.plan.updates_per_batch == 4);
    CHECK(model.plan.batch_size == 0);
    CHECK_FALSE(model.plan.shuffle);
    CHECK(model.prediction.first_population == 1);
    CHECK(model.evaluation.every_n_epochs == 5);
    CHECK(model.evaluation.n_train == 6);
    CHECK(model.recording.every_n_epochs == 2);
    CHECK(model.recording.populations == std::vector<std::string>{"mid", "zeta"});
    CHECK(model.recording.variables == std::vector<std::string>{"current", "membrane"});
    CHECK(model.recording.samples == std::vector<std::int64_t>{5, 3});
    CHECK(model.recording.neurons == std::vector<std::int64_t>{1, 0});
    CHECK(model.recording.every_n_steps == 3);
    CHECK(model.recording.phases == std::vector<std::string>{"neutral"});
}

TEST_CASE("a resolved model, read again, is the same model") {
    const ModelSpec first = read(
        "[population.b]\nneuron = \"relu\"\n[population.a]\ntau_mem_ms = 7.3\noutput = \"spikes\"\n"
        "[population.c]\nsize = 2\nthreshold = [0.1, 3]\n[learning]\nrate = 0.1\nloss = { kind = "
        "\"softplus\", theta = 3 }",
        {{"seed", "9"}});
    const std::string text = to_toml(first.resolved);
    const ModelSpec again = read(text);
    CHECK(to_toml(again.resolved) == text);
    // A constant given in another way is not doubled by its default.
    CHECK(first.resolved.find("population")->find("a")->find("beta") == nullptr);
}

TEST_CASE("every key is described once, with a meaning and, for numbers, a default within its bounds") {
    const std::vector<KeyDoc> keys = model_keys();
    std::map<std::string, std::set<std::vector<std::pair<std::string, std::string>>>> seen;
    for (const KeyDoc& key : keys) {
        INFO(key.path);
        CHECK_FALSE(key.meaning.empty());
        CHECK(key.meaning.find('\n') == std::string::npos);
        CHECK(seen[key.path].insert(key.only_for).second);
        if (key.type == KeyDoc::Type::kind) CHECK(key.allowed.size() == key.allowed_summaries.size());
    }
    for (const char* path : {"seed", "time.dt_ms", "population.*.beta", "population.*.tau_mem_ms",
                             "population.*.surrogate.alpha", "learning.loss.theta", "recording.phases"}) {
        INFO(path);
        CHECK(seen.contains(path));
    }
    const auto beta =
        std::find_if(keys.begin(), keys.end(), [](const KeyDoc& k) { return k.path == "population.*.beta"; });
    REQUIRE(beta != keys.end());
    CHECK(beta->only_for == std::vector<std::pair<std::string, std::string>>{{"population.*.neuron", "lif"}});
}

TEST_CASE("every key that has a default can be given with it") {
    // Which kinds a key needs are set first, then the key; what is left out stands for no default.
    const std::vector<KeyDoc> keys = model_keys();
    int tried = 0;
    for (const KeyDoc& key : keys) {
        if (key.default_text.empty() || key.type == KeyDoc::Type::table) continue;
        const auto in_population = [](const std::string& path) {
            const std::size_t star = path.find('*');
            return star == std::string::npos
                       ? path
                       : fmt::format("{}a{}", path.substr(0, star), path.substr(star + 1));
        };
        std::vector<Override> overrides{{"population.a.size", "5", "", true}};
        for (const auto& [slot, kind] : key.only_for) {
            overrides.push_back({in_population(slot), kind});
            if (kind == "hybrid_mask") {  // goes with samples without a label, which a read-out predicts
                overrides.insert(
                    overrides.end(),
                    {{"overlay.kind", "none"}, {"readout.kind", "softmax"}, {"prediction.by", "head"}});
            }
            if (kind == "class_groups" || kind == "class_softmax") {  // go together, a unit for each class
                overrides.insert(overrides.end(), {{"learning.goodness", "class_groups"},
                                                   {"learning.loss", "class_softmax"},
                                                   {"population.a.size", "20"}});
            }
            for (const KeyDoc& other : keys) {  // what that kind cannot do without
                const auto is_around = [&](const KeyDoc& around) {
                    return around.required && other.path.starts_with(around.path + ".");
                };
                if (std::ranges::any_of(keys, is_around)) continue;  // of a table in place of a file
                if (other.required && other.only_for.back() == std::pair(slot, kind)) {
                    overrides.push_back({in_population(other.path), "\"x.h5\""});
                }
            }
        }
        overrides.push_back({in_population(key.path), key.default_text});
        INFO(key.path << " = " << key.default_text);
        CHECK(message("", overrides) == "");
        ++tried;
    }
    CHECK(tried > 50);
}

TEST_CASE("a model's learning rule is the one of the catalogue that it names, Forward-Forward by default") {
    REQUIRE(names_of<LearningRule>().size() == 2);
    CHECK(read("[population.a]").learning.rule->kind() == names_of<LearningRule>()[0]);
    for (const std::string_view name : names_of<LearningRule>()) {
        const ModelSpec model =
            read(fmt::format("learning.rule = \"{}\"\n[population.a]\nneuron = \"linear\"\nsize = 10", name));
        CHECK(model.learning.rule->kind() == name);
        const bool local = name == "forward_forward";  // has a goodness; else the last population's loss
        CHECK(model.learning.local() == local);
        CHECK((model.learning.goodness != nullptr) == local);
        CHECK((model.learning.takes() == Loss::Takes::pairs) == local);
    }
}

TEST_CASE("the schema beside the models is the one the library makes") {
    // After a change: snnff-sim explain --schema > models/model.schema.json
    CHECK(contents(SNNFF_ROOT "/models/model.schema.json") == model_schema());
}
