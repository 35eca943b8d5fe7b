// What is wrong with a model, in words that say where, what was found and what would do.
#include <random>

#include "catch.hpp"
#include "model_text.hpp"

using namespace snnff;

TEST_CASE("input that is a spike train is not normalised unless that is asked for, and then refused") {
    CHECK(read("[population.a]\noutput = \"spikes\"\n[population.b]")
              .network.populations[1]
              .normalisation->kind() == "none");
    CHECK(
        message("[population.a]\noutput = \"spikes\"\n[population.b]\nnormalisation = \"rms\"") ==
        "m.toml:4:1: population.b.normalisation = \"rms\" does not go with population.a.output = \"spikes\" "
        "(m.toml:2:1): a spike train cannot be normalised step by step; \"none\" would do");
    CHECK(message("[population.a]\noutput = \"spikes\"") == "");
}

TEST_CASE("dropout is refused where a train of spikes, of which nothing is left out, would go upwards") {
    const std::string dropout = "[learning]\ndropout = 0.2\n",
                      spikes = "[population.a]\noutput = \"spikes\"\n";
    CHECK(
        message(dropout + spikes + "[population.b]") ==
        "m.toml:4:1: population.a.output = \"spikes\" does not go with learning.dropout = 0.2 (m.toml:2:1): "
        "spikes of a train are not left out; another output, or no dropout, would do");
    CHECK(message(dropout + spikes) == "");  // nothing above it
    CHECK(message(spikes + "[population.b]") == "");
    CHECK(message("[learning]\nrule = \"backprop\"\ndropout = 0.2\n" + spikes +
                  "[population.b]\nsize = 10\noutput = \"count\"") == "");
}

TEST_CASE("what back-propagation has no use for is refused, with both keys and what would do") {
    const std::string backprop = "[learning]\nrule = \"backprop\"\n", ten = "[population.a]\nsize = 10\n";
    const auto with_rule = [](const std::string& key) {
        return key + " does not go with learning.rule = \"backprop\" (m.toml:2:1): ";
    };
    const std::string negatives = with_rule("m.toml:5:2: negatives") +
                                  "it learns from labels and has no negative samples",
                      prediction = with_rule("m.toml:5:2: prediction") +
                                   "the label with the largest answer of the last population wins";
    const std::pair<std::string, std::string> cases[] = {
        {"", ""},
        {"[overlay]\nkind = \"none\"\n[recording]\nphases = [\"neutral\"]", ""},
        {"[recording]\nphases = []", ""},
        {"[overlay]\nkind = \"label\"",
         with_rule("m.toml:6:1: overlay.kind = \"label\"") +
             "the network would be told what it is to find out; overlay.kind = \"none\" would do"},
        {"[overlay]\nvalue = 1.0",
         with_rule("m.toml:6:1: overlay.value = 1.0") + "no label is written into samples"},
        {"[negatives]\nkind = \"hard\"", negatives},
        {"[prediction]\nlayers = \"all\"", prediction},
        {"[plan]\norder = \"per_batch\"", with_rule("m.toml:6:1: plan.order = \"per_batch\"") +
                                              "all populations learn at once; \"simultaneous\" would do"},
        {"measure = \"rate\"", with_rule("m.toml:5:1: population.a.measure = \"rate\"") +
                                   "no goodness is measured; \"output\" says what is passed on"},
        {"output = \"spikes\"",
         with_rule("m.toml:5:1: population.a.output = \"spikes\"") +
             "the last population answers with one number per label; \"rate\", \"count\", \"membrane\" or "
             "\"membrane_mean\" would do"},
        {"[population.b]\nsize = 9",
         "m.toml:6:1: population.b.size = 9 does not go with overlay.n_labels = 10 (the default) "
         "(m.toml:1:1): "
         "under learning.rule = \"backprop\" the last population has a unit for each label"},
        {"[recording]\nphases = [\"negative\"]",
         "m.toml:6:1: recording.phases = [\"negative\"] does not go with overlay.kind = \"none\" (the "
         "default) "
         "(m.toml:1:1): without a label in it a sample has one version, \"neutral\""},
    };
    for (const auto& [text, expected] : cases) CHECK(message(backprop + ten + text) == expected);
    CHECK(message("learning = { rule = \"backprop\", goodness = \"mean_abs\" }\n" + ten) ==
          "m.toml:1:33: learning.goodness = \"mean_abs\" does not go with learning.rule = \"backprop\" "
          "(m.toml:1:14): no goodness is measured");
    CHECK(message("learning = { rule = \"backprop\", loss = \"swish\" }\n" + ten) ==
          "m.toml:1:33: learning.loss = \"swish\" does not go with learning.rule = \"backprop\" "
          "(m.toml:1:14): its loss is the softmax cross-entropy");
}

TEST_CASE(
    "under back-propagation no label is written, no input normalised and one version recorded, by default") {
    const ModelSpec model =
        read("learning.rule = \"backprop\"\n[population.a]\n[population.b]\nneuron = \"linear\"\nsize = 10");
    CHECK(model.learning.rule->kind() == "backprop");
    CHECK_FALSE(model.learning.local());
    CHECK_FALSE(model.data.overlay.enabled);
    CHECK(model.data.negatives == nullptr);
    CHECK(model.learning.goodness == nullptr);
    CHECK(model.learning.loss == nullptr);
    CHECK(model.network.populations[0].normalisation->kind() == "none");
    CHECK(model.recording.phases == std::vector<std::string>{"neutral"});
    CHECK(message(to_toml(model.resolved)) == "");
}

TEST_CASE("a wrong model is answered with file, line, column, key, what was found and what is allowed") {
    const std::pair<std::string, std::string> cases[] = {
        {"# nothing",
         "m.toml:1:1: population is missing; a model needs one population at least, as in "
         "[population.hidden1]"},
        {"[population]",
         "m.toml:1:2: population is missing; a model needs one population at least, as in "
         "[population.hidden1]"},
        {"population = 2", "m.toml:1:1: population = 2 is not a table; [population] opens one"},
        {"[population.\"1st\"]",
         "m.toml:1:13: population \"1st\" is not a name; a letter, then letters, digits, _ and "
         "- make one"},
        {"[population.a]\n[time]\nsteps = 0",
         "m.toml:3:1: time.steps = 0 is out of range; allowed: a whole number, 1 "
         "to 1000000 steps"},
        {"[population.a]\n[time]\nsteps = 2.5",
         "m.toml:3:1: time.steps = 2.5 is not a whole number; allowed: a whole "
         "number, 1 to 1000000 steps"},
        {"[population.a]\n[time]\ndt_ms = -1",
         "m.toml:3:1: time.dt_ms = -1 is out of range; allowed: a number, any "
         "value above 0 ms"},
        {"[population.a]\n[time]\ndt = 1", "m.toml:3:1: [time]: unknown key \"dt\"; did you mean \"dt_ms\"?"},
        {"seed = -1\n[population.a]",
         "m.toml:1:1: seed = -1 is out of range; allowed: a whole number, 0 or more"},
        {"seed = \"x\"\n[population.a]",
         "m.toml:1:1: seed = \"x\" is not a whole number; allowed: a whole number, 0 "
         "or more"},
        {"sed = 1\n[population.a]", "m.toml:1:1: unknown key \"sed\"; did you mean \"seed\"?"},
        {"[population.a]\ntau_ms = 20",
         "m.toml:2:1: population \"a\": unknown key \"tau_ms\"; did you mean "
         "\"tau_mem_ms\"?"},
        {"[population.a]\nsize = 0",
         "m.toml:2:1: population.a.size = 0 is out of range; allowed: a whole number, 1 to "
         "1000000 units"},
        {"[population.a]\nneuron = \"lfi\"",
         "m.toml:2:1: population.a.neuron = \"lfi\" is unknown; did you mean "
         "\"lif\"? allowed: one of \"lif\", \"relu\", \"leaky_relu\", \"tanh\", "
         "\"sigmoid\", \"silu\""},
        {"[population.a]\nneuron = \"relu\"\nbeta = 0.9",
         "m.toml:3:1: population \"a\": unknown key \"beta\"; it goes "
         "with neuron = \"lif\""},
        {"[population.a]\nneuron = \"leaky_relu\"\nslope = 2",
         "m.toml:3:1: population.a.slope = 2 is out of range; allowed: a number, 0 to 1"},
        {"[population.a]\nneuron = \"tanh\"\nslope = 0.1",
         "m.toml:3:1: population \"a\": unknown key \"slope\"; it goes with neuron = \"leaky_relu\""},
        {"[population.a]\nbeta = 0.9\ntau_mem_ms = 20",
         "m.toml:2:1: population.a.beta = 0.9 does not go with population.a.tau_mem_ms = 20 (m.toml:3:1): "
         "both give "
         "the membrane's decay; keep one of them"},
        {"[population.a]\nbeta = 1.5",
         "m.toml:2:1: population.a.beta = 1.5 is out of range; allowed: a number, or a "
         "list with one per unit, 0 to 1"},
        {"[population.a]\nsize = 3\nbeta = [0.9, 0.8]",
         "m.toml:3:1: population.a.beta = [0.9, 0.8] has 2 numbers; "
         "allowed: one for all units, or 3 of them, one per unit"},
        {"[population.a]\nsurrogate = { kind = \"atan\", k = 3 }",
         "m.toml:2:30: population \"a\", surrogate: unknown key \"k\"; it goes with surrogate = "
         "\"fast_sigmoid\" or "
         "\"sigmoid\""},
        {"[population.a]\nmeasure = \"spikes\"",
         "m.toml:2:1: population.a.measure = \"spikes\" is unknown; allowed: "
         "one of \"activation\", \"membrane\", \"membrane_mean\", \"rate\", "
         "\"count\""},
        {"[population.a]\nneuron = \"relu\"\noutput = \"spikes\"",
         "m.toml:3:1: population.a.output = \"spikes\" does not go with population.a.neuron = \"relu\" "
         "(m.toml:2:1): "
         "such units offer \"activation\""},
        {"[population.a]\nnormalisation = \"l1\"",
         "m.toml:2:1: population.a.normalisation = \"l1\" is unknown; did you "
         "mean \"l2\"? allowed: one of \"rms\", \"l2\", \"none\", \"group\""},
        {"[population.a]\ninit = \"file\"",
         "m.toml:2:1: population.a.init.path is missing; needed: a path in quotes, "},
        {"[population.a]\nbias = 1",
         "m.toml:2:1: population.a.bias = 1 is neither true nor false; allowed: true or "
         "false"},
        {"[population.a]\n[learning]\nrate = 0",
         "m.toml:3:1: learning.rate = 0 is out of range; allowed: a number, any "
         "value above 0"},
        {"[population.a]\n[learning]\nloss = { kind = \"swish\", theta = 3 }",
         "m.toml:3:26: [learning.loss]: unknown key \"theta\"; it goes with loss = \"softplus\""},
        {"[population.a]\n[learning]\nrule = \"hebbian\"",
         "m.toml:3:1: learning.rule = \"hebbian\" is unknown; "
         "allowed: one of \"forward_forward\", \"backprop\""},
        {"[population.seconds]", "m.toml:1:2: population has a population \"seconds\", but the run file's "},
        {"[population.a]\n[plan]\nepochs = 0",
         "m.toml:3:1: plan.epochs = 0 is out of range; allowed: a whole number, 1 "
         "to 10000000 epochs"},
        {"[population.a]\n[plan]\nupdates_per_batch = 3",
         "m.toml:3:1: plan.updates_per_batch = 3 does not go with plan.order = \"simultaneous\" (the "
         "default) "
         "(m.toml:2:2): only plan.order = \"per_batch\" repeats updates on a batch"},
        {"[population.a]\n[data]\nkind = \"hdf5\"",
         "m.toml:2:2: data.train is missing; needed: a path in quotes, "},
        {"[population.a]\n[data]\nkind = \"hdf5\"\ntrain = \"x\"\nfolder = \"y\"",
         "m.toml:5:1: [data]: unknown key \"folder\"; it goes with kind = \"idx\""},
        {"[population.a]\n[overlay]\nvalue = \"mix\"",
         "m.toml:3:1: overlay.value = \"mix\" is unknown; did you mean "
         "\"max\"? allowed: a number, or \"max\""},
        {"[population.a]\n[overlay]\nkind = \"none\"",
         "m.toml:3:1: overlay.kind = \"none\" does not go with negatives.kind = \"uniform_wrong\" (the "
         "default) "},
        {"[population.a]\n[prediction]\nlayers = \"after_first\"",
         "m.toml:3:1: prediction.layers = \"after_first\" does not go with population.a (m.toml:1:13): "},
        {"[population.hidden1]\n[recording]\npopulations = [\"hiden1\"]",
         "m.toml:3:1: recording.populations = [\"hiden1\"] names \"hiden1\", which is no population; did you "
         "mean "
         "\"hidden1\"?"},
        {"[population.a]\nneuron = \"relu\"\n[recording]\nvariables = [\"spikes\"]",
         "m.toml:4:1: recording.variables = [\"spikes\"] does not go with population.a.neuron = \"relu\" "
         "(m.toml:2:1): "
         "no recorded population has \"spikes\""},
        {"[population.a]\nsize = 10\n[recording]\nneurons = [1, 10]",
         "m.toml:4:1: recording.neurons = [1, 10] does not go with population.a.size = 10 (m.toml:2:1): "
         "there is no "
         "unit 10, they are counted from 0"},
        {"[population.a]\n[recording]\nvariables = [\"membrane\", \"membrane\"]",
         "m.toml:3:26: recording.variables = \"membrane\" stands in the list twice; once is enough"},
    };
    for (const auto& [text, expected] : cases) {
        INFO(text);
        CHECK(message(text).substr(0, expected.size()) == expected);
    }
}

TEST_CASE("overrides are checked like the file and named as typed") {
    const std::string text = "[population.a]\nbeta = 0.9\n[learning]\nloss = \"softplus\"";
    CHECK(read(text, {{"time.steps", "3"}}).network.time.steps == 3);
    CHECK(read(text, {{"learning.loss.theta", "7"}}).learning.loss->threshold({1, 1}) == 7.0);
    CHECK(read(text, {{"population.b.size", "4", "", true}}).network.populations[1].n_units == 4);
    CHECK(
        message(text, {{"population.b.size", "4"}}) ==
        "--set population.b.size=4: there is no population \"b\"; the model has a. A further one is made by "
        "--add population.b.size=4");
    CHECK(message(text, {{"time.steps", "0"}}) ==
          "--set time.steps=0: time.steps = 0 is out of range; allowed: a whole number, 1 to 1000000 steps");
    CHECK(message(text, {{"seed", "-1", "--seed -1"}}) ==
          "--seed -1: seed = -1 is out of range; allowed: a whole number, 0 or more");
    CHECK(message(text, {{"population.a.bta", "1"}}) ==
          "--set population.a.bta=1: population \"a\": unknown key \"bta\"; did you mean \"beta\"?");
    CHECK(message(text, {{"population.a.tau_mem_ms", "5"}}) ==
          "m.toml:2:1: population.a.beta = 0.9 does not go with population.a.tau_mem_ms = 5 "
          "(--set population.a.tau_mem_ms=5): both give the membrane's decay; keep one of them");
}

TEST_CASE("broken text is refused or read, never followed") {
    // Bytes are replaced, dropped and doubled in a model that uses every table.
    const std::string good =
        to_toml(read("[population.a]\nbeta = 0.5\n[population.b]\nneuron = \"relu\"").resolved);
    std::mt19937 random(7);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text = good;
        for (int k = 0; k < 1 + i % 3; ++k) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = static_cast<char>(random() % 256);
                    break;
                case 1:
                    text.erase(at, 1 + random() % 5);
                    break;
                default:
                    text.insert(at, text.substr(random() % text.size(), 1 + random() % 20));
                    break;
            }
        }
        try {
            read(text);
        } catch (const ModelError& error) {
            ++refused;
            CHECK(std::string_view(error.what()).starts_with("m.toml:"));
        }
    }
    CHECK(refused > 1000);
}
