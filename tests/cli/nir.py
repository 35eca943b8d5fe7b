"""Random NIR graphs, imported, fire as a simulation of the graph in NumPy does; networks that are exported fire as before,
in that simulation and when they come back."""
import re
import unittest

import h5py
import numpy as np

from support import CliTest

DT, STEPS = 5e-4, 40
NEURON = {"LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"), "IF": ("r", "v_threshold", "v_reset")}
HEAD = """
[data]
kind = "hdf5"
train = "x.h5"
[time]
dt_ms = 0.5
steps = 40
[overlay]
n_labels = 2
[learning]
rule = "backprop"
rate = 1e-30
[plan]
epochs = 1
"""
SUM = '[population.o]\nneuron = "relu"\nsize = 2\n'


def simulated(graph, x, dt):
    """{name of a neuron node: [step, unit] of its spikes, and how near a membrane came to its threshold}: Euler's steps of
    a NIR graph under a constant input, node by node in float64, membranes from v_reset on."""
    nodes, edges = graph["nodes"], [(a.decode(), b.decode()) for a, b in graph["edges"][()]]
    source = {b: a for a, b in edges}

    def value(name):
        node, kind = nodes[name], nodes[name]["type"][()].decode()
        if kind == "Input":
            return np.tile(x.astype(float), (STEPS, 1))
        given = value(source[name])
        if kind in ("Flatten", "Output"):
            return given
        if kind == "Scale":
            return given * node["scale"][()].astype(float).ravel()
        if kind in ("Affine", "Linear"):
            return given @ node["weight"][()].astype(float).T + (node["bias"][()].astype(float) if kind == "Affine" else 0)
        p = {key: node[key][()].astype(float) for key in NEURON[kind]}
        v, out, near = p["v_reset"].copy(), [], np.inf
        for current in given:
            v = v + (dt / p["tau"] * (p["v_leak"] - v + p["r"] * current) if kind == "LIF" else dt * p["r"] * current)
            near = min(near, np.abs(v - p["v_threshold"]).min())
            out.append(v > p["v_threshold"])
            v = np.where(out[-1], p["v_reset"], v)
        found[name] = np.array(out, float), near
        return found[name][0]
    found = {}
    for name in nodes:
        if nodes[name]["type"][()].decode() in NEURON and name not in found:
            value(name)
    return found


class Graphs(CliTest):
    def write_graph(self, nodes, edges):
        text = h5py.string_dtype()
        with h5py.File(self.folder / "g.nir", "w") as file:
            file.create_dataset("version", data="1.0.8", dtype=text)
            graph = file.create_group("node")
            graph.create_dataset("type", data="NIRGraph", dtype=text)
            graph.create_dataset("edges", data=np.array(edges, object), dtype=text)
            for name, (kind, values) in nodes.items():
                group = graph.create_group(f"nodes/{name}")
                group.create_dataset("type", data=kind, dtype=text)
                for key, value in values.items():
                    group[key] = value

    def random_graph(self, random):
        """A row of one to three layers with Scale and Flatten nodes here and there, v_reset and v_leak of any sign."""
        sizes = [6, *random.integers(3, 8, int(random.integers(1, 4)))]
        nodes, row, layers = {"input": ("Input", {"shape": np.array([2, 3])})}, ["input"], []

        def put(name, kind, **values):
            nodes[name] = kind, values
            row.append(name)
        put("flat", "Flatten", start_dim=0, end_dim=-1, input_type=np.array([2, 3]))
        for k, n in enumerate(map(int, sizes[1:])):
            n_in, kind = int(sizes[k]), str(random.choice(["LIF", "IF"]))
            if random.random() < 0.5:
                put(f"before{k}", "Scale", scale=random.uniform(0.3, 2, n_in))
            affine = random.random() < 0.7
            weight = random.normal(0.4, 0.5, (n, n_in)).astype("f4")
            put(f"w{k}", "Affine" if affine else "Linear", weight=weight,
                **({"bias": random.normal(0.2, 0.2, n).astype("f4")} if affine else {}))
            if random.random() < 0.5:
                put(f"behind{k}", "Scale", scale=random.uniform(0.5, 2, n))
            v_reset = random.normal(0, 0.3, n) * (random.random() < 0.7)
            values = {"r": random.uniform(0.5, 3, n) * (1 if kind == "LIF" else 300),
                      "v_threshold": v_reset + random.uniform(0.2, 0.6, n), "v_reset": v_reset}
            if kind == "LIF":
                values |= {"tau": random.uniform(3e-3, 2e-2, n), "v_leak": random.normal(0, 0.3, n)}
            put(f"p{k}", kind, **values)
            layers.append((kind, values))
        put("output", "Output", shape=np.array([sizes[-1]]))
        self.write_graph(nodes, [list(edge) for edge in zip(row, row[1:])])
        return layers

    def model_of(self, layers, reset="zero", more=""):
        text = HEAD
        for k, (kind, values) in enumerate(layers):
            decay = 1 - DT / values["tau"] if kind == "LIF" else np.ones(len(values["r"]))
            text += (f'[population.p{k}]\nneuron = "lif"\nsize = {len(decay)}\nreset = "{reset}"\noutput = "spikes"\n{more}'
                     f"beta = {decay.tolist()}\nthreshold = {(values['v_threshold'] - values['v_reset']).tolist()}\n"
                     f'init = {{ kind = "nir", path = "g.nir", node = "p{k}" }}\n')
        return self.write("m.toml", text + SUM)

    def write_data(self, x):
        with h5py.File(self.folder / "x.h5", "w") as file:
            file["x"], file["y"] = x, np.array([0, 1, 0, 1])

    def spikes(self, run, names):
        """[step, unit] of each population under the first sample."""
        self.good("trace", run, "--split", "train", "--labels", "neutral", "--samples", "0", "-o", "t.h5", "--force")
        found = {}
        with h5py.File(self.folder / "t.h5") as traces:
            for name in names:
                group, n_units = traces[f"spikes/{name}"], traces[f"report/{name}/data"].shape[1]
                found[name] = np.zeros((STEPS, n_units))
                found[name][np.rint(group["timestamps"][:] / 0.5).astype(int), group["node_ids"][:]] = 1
        return found

    def test_random_graphs_fire_as_nir_says(self):
        n_fired = n_graphs = 0
        for seed in range(40):
            random = np.random.default_rng(seed)
            layers = self.random_graph(random)
            x = random.uniform(0, 1, (4, 6)).astype("f4")
            with h5py.File(self.folder / "g.nir") as file:
                right = simulated(file["node"], x[0], DT)
            # float32 here, float64 there: membranes that come within their rounding of a threshold decide nothing
            if min(near for _, near in right.values()) < 1e-4:
                continue
            self.write_data(x)
            done = self.sim("run", self.model_of(layers), "-q", "-o", "r.h5", "--force")
            self.assertEqual(done.returncode, 0, f"seed {seed}: {done.stderr}")
            self.assertIn("time constants belong to steps of 0.5 ms, the model's", done.stderr)
            found = self.spikes("r.h5", right)
            for name, (spikes, _) in right.items():
                self.assertTrue(np.array_equal(found[name], spikes), f"seed {seed}, {name}")
                n_fired += int(spikes.sum())
            n_graphs += 1
        self.assertGreaterEqual(n_graphs, 10)
        self.assertGreater(n_fired, 1000)

    def test_networks_go_out_and_come_back(self):
        for seed in range(6):
            random = np.random.default_rng(100 + seed)
            n_layers, text = int(random.integers(1, 4)), HEAD
            for k in range(n_layers):
                n = int(random.integers(3, 9))
                beta = np.ones(n) if random.random() < 0.3 else random.uniform(0.5, 0.99, n)
                text += (f'[population.p{k}]\nneuron = "lif"\nsize = {n}\nreset = "zero"\noutput = "spikes"\n'
                         f"normalisation = \"none\"\nbeta = {beta.astype('f4').astype(float).tolist()}\n"
                         f"threshold = {random.uniform(0.1, 0.5, n).tolist()}\n")
            x = random.uniform(0, 1, (4, 6)).astype("f4")
            self.write_data(x)
            names = [f"p{k}" for k in range(n_layers)]
            self.good("run", self.write("out.toml", text + SUM), "-q", "--seed", seed + 1, "-o", "r.h5", "--force")
            before = self.spikes("r.h5", names)
            done = self.sim("export", "r.h5", "--format", "nir", "-o", "g.nir", "--force")
            self.assertNotIn("the reset", done.stderr)
            with h5py.File(self.folder / "g.nir") as file:
                right = simulated(file["node"], x[0], file["node/metadata/dt"][0])
            for name in names:
                if right[name][1] > 1e-4:
                    self.assertTrue(np.array_equal(right[name][0], before[name]), f"seed {seed}, {name}")
            back = text.replace('reset = "zero"\n', 'reset = "zero"\ninit = { kind = "nir", path = "g.nir" }\n')
            done = self.sim("run", self.write("back.toml", back + SUM), "-q", "-o", "b.h5", "--force")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("as its metadata say", done.stderr)
            self.assertNotIn("the reset", done.stderr)
            after = self.spikes("b.h5", names)
            for name in names:
                self.assertTrue(np.array_equal(after[name], before[name]), f"seed {seed}, {name}")

    def test_another_reset_is_said_going_out_and_coming_in(self):
        layers = self.random_graph(np.random.default_rng(0))
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        for reset, more, says in (("subtract", "", "subtract, in the next step"),
                                  ("subtract", "reset_delay = false\n", "subtract, in the same step"), ("none", "", "none"),
                                  ("zero", "refractory_steps = 2\n", "zero, then 2 refractory steps")):
            self.model_of(layers, reset, more)
            done = self.sim("validate", "m.toml")
            self.assertIn(f'warning: g.nir: /node/nodes/p0: the reset is "zero" there, and "{says}"', done.stderr)
            done = self.sim("run", "m.toml", "-q", "-o", "r.h5", "--force")
            self.assertIn(f'and "{says}" in population "p0"', done.stderr)
            self.assertIn(says, self.good("info", "r.h5"))
            done = self.sim("export", "r.h5", "--format", "nir", "-o", "out.nir", "--force")
            self.assertIn(f'p0: the reset is "{says}", NIR\'s sets the membrane to v_reset = 0', done.stderr)
            # What comes back to where it was is the same again.
            text = (self.folder / "m.toml").read_text().replace("g.nir", "out.nir")
            done = self.sim("validate", self.write("again.toml", text))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("the reset", done.stderr)

    def test_what_populations_send_is_held_to_what_the_graph_sends(self):
        seed = next(s for s in range(40) if len(self.random_graph(np.random.default_rng(s))) == 2)
        layers = self.random_graph(np.random.default_rng(seed))
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        spikes = self.model_of(layers).read_text()
        first, second = spikes.split("[population.p1]")

        def model(output, steps=40, graph="g.nir", last="spikes"):
            text = (first.replace('"spikes"', f'"{output}"') + "[population.p1]" + second.replace('"spikes"', f'"{last}"'))
            return self.write("m.toml", text.replace("steps = 40", f"steps = {steps}").replace("g.nir", graph)
                              .replace('neuron = "lif"', 'neuron = "lif"\nnormalisation = "none"'))

        def said(*arguments):
            done = self.sim(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stderr.replace(f"{self.folder}/", "").splitlines()
            return [line for line in lines if "would do" in line and "there, and" in line]
        for output in ("rate", "count", "membrane", "membrane_mean"):
            model(output)
            right = [f'warning: g.nir: /node/nodes/w1 takes "spikes" of p0 there, and "{output}" of population "p0" here; '
                     'population.p0.output = "spikes" would do']
            self.assertEqual(said("validate", "m.toml"), right)
            self.assertEqual(said("run", "m.toml", "-q", "-o", "r.h5", "--force"), right)
            self.assertIn(right[0].removeprefix("warning: g.nir: "), self.good("info", "r.h5"))
            # What an export says of itself counts: what comes back as it went out is the same network.
            self.sim("export", "r.h5", "--format", "nir", "-o", "out.nir", "--force")
            model(output, graph="out.nir")
            self.assertEqual(said("validate", "m.toml"), [])
            model("spikes", graph="out.nir")
            self.assertEqual(said("validate", "m.toml"),
                             [f'warning: out.nir: /node/nodes/p1_weights takes "{output}" of p0 there, and "spikes" of '
                              f'population "p0" here; population.p0.output = "{output}" would do'])
        # What the last one sends goes to no weights of the graph; in one step a rate is a spike.
        for allowed in (model("spikes"), model("spikes", last="rate"), model("rate", steps=1), model("count", steps=1)):
            self.assertEqual(said("validate", allowed), [])
        self.assertEqual(len(said("validate", model("membrane", steps=1))), 1)

    def test_a_population_called_as_a_fact_of_the_metadata_comes_back(self):
        layers = self.random_graph(np.random.default_rng(0))
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        self.model_of(layers, "subtract")
        text = (self.folder / "m.toml").read_text().replace("[population.p0]", "[population.steps]")
        self.assertEqual(self.sim("run", self.write("m.toml", text), "-q", "-o", "r.h5", "--force").returncode, 0)
        self.sim("export", "r.h5", "--format", "nir", "-o", "out.nir")
        text = text.replace("g.nir", "out.nir").replace('node = "p0"', 'node = "steps"')
        done = self.sim("validate", self.write("m.toml", text))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("the reset", done.stderr)

    def advised(self, model, key, *says):
        """Does what a refusal says would do; the model is good then."""
        said = self.refused(5, "validate", model, says=says)
        value = re.search(rf"{key} = (\[.*?\]|[0-9.e+-]+)", said[said.index("the model's is"):])[1]
        text = re.sub(rf"{key} = .*", f"{key} = {value}", model.read_text(), count=1)
        self.assertEqual(self.sim("validate", self.write("m.toml", text)).returncode, 0, value)
        return value

    def test_units_that_differ_are_told_of_at_once(self):
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))

        def model(n, tau, threshold):
            lif = {"tau": np.broadcast_to(tau, n), "r": np.ones(n), "v_leak": np.zeros(n),
                   "v_threshold": np.broadcast_to(threshold, n), "v_reset": np.zeros(n)}
            self.write_graph({"input": ("Input", {"shape": np.array([6])}), "w": ("Linear", {"weight": np.ones((n, 6), "f4")}),
                              "p0": ("LIF", lif), "output": ("Output", {"shape": np.array([n])})},
                             [["input", "w"], ["w", "p0"], ["p0", "output"]])
            return self.write("m.toml", HEAD + f'[population.p0]\nneuron = "lif"\nsize = {n}\nreset = "zero"\n'
                              'output = "spikes"\nnormalisation = "none"\nbeta = 0.9\nthreshold = 0.5\n'
                              'init = { kind = "nir", path = "g.nir" }\n' + SUM)
        # 1 - 0.5 ms/tau
        self.assertEqual(self.advised(model(3, [2.5e-3, 4e-3, 5e-3], 0.5), "beta", "of unit 0 is 0.8, the model's is 0.9"),
                         "[0.8, 0.875, 0.9]")
        self.assertEqual(self.advised(model(3, 5e-3, [0.5, 0.25, 2.0]), "threshold", "of unit 1 is 0.25, the model's is 0.5"),
                         "[0.5, 0.25, 2]")
        self.assertEqual(self.advised(model(9, 2.5e-3, 0.5), "beta"), "0.8")
        # A list of many is none that anybody types.
        for tau, threshold, says in ((np.linspace(1e-3, 5e-3, 9), 0.5, "units differ, from 0.5 to 0.9: beta takes a list, [0.5, "),
                                     (5e-3, np.linspace(1, 2, 9), "units differ, from 1 to 2: threshold takes a list, [1, 1.125, ")):
            self.refused(5, "validate", model(9, tau, threshold), says=(says, "a number for each unit"))
        # No beta is below 0.
        self.refused(5, "validate", model(2, 2.5e-4, 0.5), says=("1 - dt/tau = -1 is no decay here", "init.dt_ms"))

    def test_normalised_inputs_are_said(self):
        layers = self.random_graph(np.random.default_rng(0))
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        self.model_of(layers[:1], "zero", 'normalisation = "l2"\n')
        self.assertIn("normalised (l2)", self.sim("validate", "m.toml").stderr)

    def test_what_does_not_fold_is_refused_by_name(self):
        layers = self.random_graph(np.random.default_rng(0))
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        self.model_of(layers)
        one = (self.folder / "g.nir").read_bytes()

        def change(edit, *says):
            self.write("g.nir", one)
            with h5py.File(self.folder / "g.nir", "r+") as file:
                edit(file["node"])
            self.refused(5, "validate", "m.toml", says=says)

        def put(graph, kind, **values):
            """A node between input and whatever follows it."""
            node = graph.create_group("nodes/new")
            node["type"] = kind
            for key, value in values.items():
                node[key] = value
            edges = [[a.decode(), b.decode()] for a, b in graph["edges"][()]]
            edges = [["input", "new"], *[["new" if a == "input" else a, b] for a, b in edges]]
            del graph["edges"]
            graph.create_dataset("edges", data=np.array(edges, object), dtype=h5py.string_dtype())
        change(lambda graph: put(graph, "Scale", scale=np.ones(7)), "/node/nodes/new", "[7]", "6 are expected")
        change(lambda graph: put(graph, "Scale", scale=np.full(6, np.nan)), "/node/nodes/new", "finite")
        change(lambda graph: put(graph, "Flatten", input_type=np.array([4, 4])), "/node/nodes/new", "16")

        def in_a_circle(graph):
            put(graph, "Scale", scale=np.ones(6))
            edges = [["new" if a == b"input" else a.decode(), b.decode()] for a, b in graph["edges"][()]]
            del graph["edges"]
            graph.create_dataset("edges", data=np.array(edges, object), dtype=h5py.string_dtype())
        change(in_a_circle, "circle")
        # Whatever else leads to the weights computes something that a row of populations does not.
        for kind in ("Conv1d", "Delay", "Threshold", "LI", "I", "CubaLIF", "AvgPool2d", "NIRGraph", "Unheard-of"):
            change(lambda graph, kind=kind: put(graph, kind), f'/node/nodes/new: is of the type "{kind}" and leads to')
        change(lambda graph: put(graph, "Linear", weight=np.eye(6)), "/node/nodes/new leads to w0 with no neuron between")

        def from_nowhere(graph):
            edges = [["sub.lif" if a == b"flat" else a.decode(), b.decode()] for a, b in graph["edges"][()]]
            del graph["edges"]
            graph.create_dataset("edges", data=np.array(edges, object), dtype=h5py.string_dtype())
        change(from_nowhere, '"sub.lif", which is no node')

    def test_one_number_stands_for_all_units(self):
        x = np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4")
        self.write_data(x)
        one = {"tau": 0.01, "r": 2.0, "v_leak": 0.1, "v_threshold": 0.4, "v_reset": 0.0}
        weight = np.random.default_rng(2).normal(0.4, 0.5, (5, 6)).astype("f4")
        edges = [["input", "w"], ["w", "p0"], ["p0", "output"]]

        def spikes(shape, bias):
            self.write_graph({"input": ("Input", {"shape": np.array([6])}), "w": ("Affine", {"weight": weight, "bias": bias}),
                              "p0": ("LIF", {key: np.full(shape, value) for key, value in one.items()}),
                              "output": ("Output", {"shape": np.array([5])})}, edges)
            self.model_of([("LIF", {key: np.full(5, value) for key, value in one.items()})])
            self.good("run", "m.toml", "-q", "-o", "r.h5", "--force")
            return self.spikes("r.h5", ["p0"])["p0"]
        spikes(5, np.full(5, 0.2))
        with h5py.File(self.folder / "g.nir") as file:
            right = simulated(file["node"], x[0], DT)["p0"][0]
        self.assertGreater(right.sum(), 10)
        for shape, bias in ((5, np.full(5, 0.2)), ((), 0.2), (1, np.full(1, 0.2)), ((1, 5), np.full((1, 5), 0.2))):
            self.assertTrue(np.array_equal(spikes(shape, bias), right), shape)

    def graph_of_one(self, edges, kind="LIF", **more):
        """One unit of weight 1 behind the input; `more` are further nodes."""
        lif = {"tau": [0.005], "r": [1.0], "v_leak": [0.0], "v_threshold": [0.5], "v_reset": [0.0]}
        nodes = {"input": ("Input", {"shape": np.array([6])}), "w": ("Linear", {"weight": np.ones((1, 6), "f4")}),
                 "p0": (kind, {key: np.array(lif[key]) for key in NEURON[kind]}), "output": ("Output", {"shape": np.array([1])})}
        self.write_graph(nodes | more, edges)
        self.write_data(np.random.default_rng(1).uniform(0, 1, (4, 6)).astype("f4"))
        return nodes

    def one_unit(self, beta, threshold, neuron="lif", node="p0", dt_ms=0.5):
        of_lif = f'reset = "zero"\noutput = "spikes"\nbeta = {beta!r}\nthreshold = {threshold!r}\n'
        text = (HEAD.replace("dt_ms = 0.5", f"dt_ms = {dt_ms}") + f'[population.p0]\nneuron = "{neuron}"\nsize = 1\n'
                f'normalisation = "none"\n' + (of_lif if neuron == "lif" else "")
                + f'init = {{ kind = "nir", path = "g.nir", node = "{node}" }}\n' + SUM)
        return self.write("m.toml", text)

    def test_thresholds_and_decays_are_held_to_what_they_are(self):
        edges = [["input", "w"], ["w", "p0"], ["p0", "output"]]

        def change(**values):
            self.graph_of_one(edges)
            with h5py.File(self.folder / "g.nir", "r+") as file:
                for key, value in values.items():
                    file[f"node/nodes/p0/{key}"][...] = value
        change(v_threshold=5e-5)
        self.refused(5, "validate", self.one_unit(0.9, 1e-4), says=("v_threshold of unit 0 is 5e-05", "threshold = 5e-05 agrees"))
        self.good("validate", self.one_unit(0.9, 5e-5))
        change(v_threshold=1.0, v_reset=1.0 - 2**-10)
        self.refused(5, "validate", self.one_unit(0.9, 0.001), says="threshold = 0.0009765625 agrees")
        change(v_threshold=np.float32(1 / 3))
        self.good("validate", self.one_unit(0.9, 1 / 3))
        self.refused(5, "validate", self.one_unit(0.9, 0.33333), says="threshold = 0.33333334 agrees")
        # 0.1 ms of 1 s: a membrane that forgets, where an IF node would not
        change(tau=1.0)
        self.refused(5, "validate", self.one_unit(1.0, 0.5, dt_ms=0.1), says="beta = 0.9999 agrees")
        self.good("validate", self.one_unit(0.9999, 0.5, dt_ms=0.1))
        self.refused(5, "validate", self.one_unit(0.99985, 0.5, dt_ms=0.1))
        change(tau=np.float32(1e-4 / (1 - np.float32(0.9))))
        self.good("validate", self.one_unit(0.9, 0.5, dt_ms=0.1))
        change(tau=1e6)  # as near to 1 as a float32 comes
        self.good("validate", self.one_unit(1.0, 0.5, dt_ms=0.1))
        self.graph_of_one(edges, "IF")
        self.refused(5, "validate", self.one_unit(0.99999, 0.5), says="beta = 1 agrees")

    def test_nothing_stands_between_the_last_neurons_and_the_output(self):
        def row(*names):
            return [["input", "w"], ["w", "p0"], *map(list, zip(("p0", *names), (*names, "output")))]
        doubled = {"scale": np.array([2.0])}
        for kind, values in (("Delay", {"delay": np.array([0.001])}), ("Scale", doubled), ("Threshold", {"threshold": np.array([1.0])})):
            self.graph_of_one(row("last"), last=(kind, values))
            self.refused(5, "validate", self.one_unit(0.9, 0.5),
                         says=f'/node/nodes/last: is of the type "{kind}" and stands between p0 and the graph\'s output')
        self.graph_of_one(row("flat", "last"), flat=("Flatten", {}), last=("Scale", doubled))
        self.refused(5, "validate", self.one_unit(0.9, 0.5), says="/node/nodes/last")
        self.graph_of_one(row("flat", "last"), flat=("Flatten", {}), last=("Scale", {"scale": np.array([1.0])}))
        self.good("validate", self.one_unit(0.9, 0.5))
        self.graph_of_one(row())
        self.good("validate", self.one_unit(0.9, 0.5))

    def test_weights_that_end_a_graph_have_no_activation(self):
        edges = [["input", "w"], ["w", "output"]]
        self.graph_of_one(edges)
        for neuron in ("relu", "lif"):
            self.refused(5, "validate", self.one_unit(0.9, 0.5, neuron, "w"),
                         says=("/node/nodes/w: leads to output as it is", 'neuron = "linear" would do'))
        self.good("validate", self.one_unit(0.9, 0.5, "linear", "w"))
        with h5py.File(self.folder / "g.nir", "r+") as file:  # as some leave it out
            del file["node/nodes/output"]
        self.refused(5, "validate", self.one_unit(0.9, 0.5, "relu", "w"), says="/node/nodes/w: leads to output as it is")

    def test_populations_stand_in_the_order_of_the_graph(self):
        random = np.random.default_rng(3)
        self.write_data(random.uniform(0, 1, (4, 6)).astype("f4"))
        lif = {"tau": np.full(6, 0.01), "r": np.ones(6), "v_leak": np.zeros(6), "v_threshold": np.ones(6), "v_reset": np.zeros(6)}
        nodes = {"input": ("Input", {"shape": np.array([6])}), "output": ("Output", {"shape": np.array([6])})}
        for k in range(3):
            nodes |= {f"w{k}": ("Linear", {"weight": random.normal(0.4, 0.5, (6, 6))}), f"p{k}": ("LIF", lif)}
        row = ["input", "w0", "p0", "w1", "p1", "w2", "p2", "output"]
        self.write_graph(nodes, list(map(list, zip(row, row[1:]))))
        text = self.model_of([("LIF", lif)] * 3).read_text()
        self.assertNotIn("there, and", self.sim("validate", self.write("m.toml", text)).stderr)
        swapped = text.replace('node = "p0"', 'node = "?"').replace('node = "p1"', 'node = "p0"').replace("?", "p1")
        said = self.sim("validate", self.write("m.toml", swapped)).stderr
        self.assertIn("w1 takes what p0 sends there, and the data here", said)
        self.assertIn('w0 takes the graph\'s input there, and what population "p0" sends here', said)
        self.assertIn('w2 takes what p1 sends there, and what population "p1", which is p0, sends here', said)
        # Weights asked for alone leave out what the neuron behind them says.
        alone = self.sim("validate", self.write("m.toml", text.replace('node = "p1"', 'node = "w1"'))).stderr
        self.assertIn('w1: p1 of the type "LIF" follows, whose parameters are left out; init.node = "p1" takes them in', alone)

    def test_weights_without_neurons_belong_to_a_population(self):
        random = np.random.default_rng(3)
        self.write_data(random.uniform(0, 1, (4, 6)).astype("f4"))
        nodes = {"input": ("Input", {"shape": np.array([6])}), "output": ("Output", {"shape": np.array([6])})}
        nodes |= {f"w{k}": ("Linear", {"weight": random.normal(0.4, 0.5, (6, 6))}) for k in range(2)}
        row = ["input", "w0", "w1", "output"]
        self.write_graph(nodes, list(map(list, zip(row, row[1:]))))

        def said(neuron):
            text = HEAD + "".join(f'[population.p{k}]\nneuron = "{of}"\nsize = 6\nnormalisation = "none"\n'
                                  f'init = {{ kind = "nir", path = "g.nir", node = "w{k}" }}\n'
                                  for k, of in enumerate((neuron, "linear")))
            done = self.sim("validate", self.write("m.toml", text + SUM))
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stderr
        self.assertIn('w0 leads to w1 as it is there, and through the activation "relu" of population "p0" here', said("relu"))
        self.assertNotIn("leads to", said("linear"))


if __name__ == "__main__":
    unittest.main()
