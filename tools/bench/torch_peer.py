"""Workloads of snnff-bench and models of models/ in PyTorch: agreement first, then ways to do them.

Two sorts of ways: as tutorials write it (torch_tutorial.py), and as fast as was found (torch_populations.py): there an
input that does not change is normalised before the clock starts, positives and negatives go through one product, the
current is computed outside the loop over steps.
"""
import gzip
import time
import tomllib

import numpy as np
import torch

import torch_tutorial as tutorial_style
from ours import ROOT, threads_label
from timing import Contest, Disagreement, Way, median_ms, thread_counts
from torch_populations import (DenseInput, Learner, SparseInput, l2_gain, lif_rate_in_place, optimizers, responses,
                               rms_gain, softplus_loss, swish_loss, use_threads, with_labels)

RATE = 0.001
SAMPLE = ROOT / "data" / "mnist-sample"


def on_threads(n, repeat):
    def timed(seconds):
        use_threads(n)
        return median_ms(repeat, seconds)
    return timed


def timed_ms(work):
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


# One update of one population


def presented(arrays):
    """Positives and negatives in one block, by the way they are kept."""
    if "train_positive" in arrays:
        both = torch.from_numpy(np.concatenate([arrays["train_positive"], arrays["train_negative"]], axis=1))
        return {"dense": DenseInput(both), "sparse": SparseInput(both)}
    base = torch.from_numpy(arrays["base"])
    x = torch.cat([with_labels(base, torch.from_numpy(arrays[f"{sign}_label"])) for sign in ("positive", "negative")])
    return {"": DenseInput(x * l2_gain(x))}


def update(shape, bench):
    arrays = bench.arrays(shape["name"])
    loss = softplus_loss(2.0 if shape["neuron"] == "relu" else 0.1)
    inputs, answers = presented(arrays), responses(shape["neuron"], shape["steps"])

    def learner(respond, optimizer):
        return Learner([arrays["weight_before"]], respond, loss, RATE, optimizer)

    use_threads(1)
    agreement = ""
    for kept, x in inputs.items():
        for formulation, respond in answers.items():
            agreement = updates_agree(learner(respond, {}), x, arrays, f"{formulation} {kept}".strip())

    def way(threads, kept, formulation, optimizer, options):
        state = learner(answers[formulation], options)
        label = ", ".join(filter(None, (threads_label(threads), kept, formulation, optimizer)))
        return Way(label, on_threads(threads, lambda: state.update(inputs[kept])))

    ways = [way(threads, kept, formulation, optimizer, options) for threads in thread_counts() for kept in inputs
            for formulation in answers for optimizer, options in optimizers().items()]

    pair = pair_of(arrays)
    norm = None if "train_positive" in arrays else l2_gain

    def written():
        layer = tutorial_style.Layer(arrays["weight_before"], None, shape["neuron"], shape["steps"], norm=norm)
        return tutorial_style.Learner(layer, loss, RATE)

    def written_way(threads):
        state = written()
        return Way(threads_label(threads), on_threads(threads, lambda: state.update(pair)))

    use_threads(1)
    updates_agree(written(), pair, arrays, "as in tutorials")
    return Contest(bench.ways(shape["name"]), [written_way(n) for n in thread_counts()], ways, agreement)


def pair_of(arrays):
    """Positives and negatives as a tutorial holds them, not yet normalised."""
    if "train_positive" in arrays:
        return [torch.from_numpy(arrays[f"train_{sign}"]) for sign in ("positive", "negative")]
    base = torch.from_numpy(arrays["base"])
    return [with_labels(base, torch.from_numpy(arrays[f"{sign}_label"])) for sign in ("positive", "negative")]


def changes_that_differ(before, ours, peer, rate):
    """The share of weights that did not change alike, of those that changed at all. Adam's first steps are the rate
    times the sign of a gradient: where a gradient is all but 0 rounding decides on it, so that nearly all have to be
    the same, not all."""
    changed = (ours != before) | (peer != before)
    if changed.mean() < 0.001:
        raise Disagreement("there is nothing to compare: fewer than 0.1 % of the weights change")
    return float(np.mean(np.abs(peer - ours)[changed] > 0.02 * rate))


def updates_agree(learner, x, arrays, formulation):
    """Compares losses and the changes of weights over a few updates."""
    losses = [float(learner.update(x)[0]) for _ in arrays["loss"]]
    off = np.max(np.abs(np.array(losses) / arrays["loss"] - 1.0))
    share = changes_that_differ(arrays["weight_before"], arrays["weight_after"],
                                learner.parameters[0].detach().numpy(), RATE)
    if not off <= 1e-4:
        raise Disagreement(f"losses {arrays['loss'].tolist()}, PyTorch ({formulation}) {losses}")
    if not share <= 0.01:
        raise Disagreement(f"{100 * share:.2f} % of the changes of weights are not those of PyTorch ({formulation})")
    return f"losses within {off:.1e}, {100 * (1 - share):.3f} % of the changes of weights"


# Prediction


@torch.no_grad()
def goodness_of_labels(images, weights, steps, batch):
    """Goodness [sample, label], summed over the populations, every label written into every image."""
    goodness = torch.empty(len(images), 10)
    for first in range(0, len(images), batch):
        base = images[first:first + batch]
        # a label of 1 in ten inputs of 0 adds the same to every norm
        gain = 1.0 / ((base.square().sum(dim=1, keepdim=True) + 1.0).sqrt() + 1e-4)
        x = (base * gain).repeat(10, 1).view(10, len(base), -1)
        for label in range(10):
            x[label, :, label] = gain[:, 0]
        x = x.view(-1, x.shape[-1])
        total = 0.0
        for i, weight in enumerate(weights):
            response = lif_rate_in_place(torch.mm(x, weight.t()), steps, 0.9)
            total = total + response.square().mean(dim=1)
            if i + 1 < len(weights):
                x = response * l2_gain(response)
        goodness[first:first + batch] = total.view(10, -1).t()
    return goodness


def predict(shape, bench):
    arrays = {name: torch.from_numpy(values) for name, values in bench.arrays(shape["name"]).items()}
    weights = [arrays[f"weight{i}"] for i in range(len(shape["n_units"]))]

    def goodness(n, batch):
        return goodness_of_labels(arrays["images"][:n], weights, shape["steps"], batch)

    use_threads(1)
    expected = arrays["goodness"]
    found = goodness(len(expected), 64)
    layers = [tutorial_style.Layer(weight, None, "lif", shape["steps"], norm=l2_gain) for weight in weights]

    def as_written(n):
        return tutorial_style.goodness_of_labels(layers, arrays["images"][:n], with_labels)

    # rounding flips a spike here and there, which is a small part of one goodness
    for answer in (as_written(len(expected)), found):
        off = float((answer - expected).norm() / expected.norm())
        if not off <= 2e-3:
            raise Disagreement(f"goodness per label is off by {off:.1e} of its norm")
    same = float((found.argmax(dim=1) == expected.argmax(dim=1)).float().mean())

    def way(threads, batch):
        def trial():
            use_threads(threads)
            return median_ms(lambda: goodness(1024, batch), 0.1)
        return Way(f"{threads_label(threads)}, batches of {batch}", on_threads(threads, lambda: goodness(None, batch)),
                   trial)

    def written_way(threads):
        def trial():
            use_threads(threads)
            return median_ms(lambda: as_written(512), 0.1)
        return Way(threads_label(threads), on_threads(threads, lambda: as_written(None)), trial)

    ways = [way(threads, batch) for threads in thread_counts() for batch in (32, 128, 512)]
    return Contest(bench.ways(shape["name"]), [written_way(n) for n in thread_counts()], ways,
                   f"goodness within {off:.1e} of its norm, {100 * same:.0f} % of the predictions")


# Training: an epoch of mnist-lif, the tutorial


def uniform_wrong(labels, seed=1):
    random = np.random.default_rng(seed)
    return ((labels + random.integers(1, 10, len(labels))) % 10).astype(np.int32)


class EpochOfTwo:
    """Both populations of models/mnist-lif.toml learn from every batch, the second from what the first answered
    before its update. Swish loss, rms and Adam are taken for granted, the numbers come from the file."""

    def __init__(self, model, images, labels, wrong, initial, formulation, optimizer):
        batch, self.rate = model["plan"]["batch_size"], model["learning"]["rate"]
        both = [torch.from_numpy(each) for each in (labels, wrong)]
        x = torch.stack([with_labels(images, label, model["overlay"]["value"]) for label in both])
        x = (x * rms_gain(x)).view(2, -1, batch, x.shape[-1])
        self.batches = [x[:, i].reshape(2 * batch, -1) for i in range(x.shape[1])]
        self.learners = [
            Learner([parameters["weight"], parameters["bias"]], of_population(model, name)[formulation],
                    swish_loss(model["learning"]["loss"]["alpha"]), self.rate, optimizer)
            for name, parameters in initial.items()]

    def run(self, n_batches=None):
        """The mean loss of each population."""
        losses = []
        for x in self.batches[:n_batches]:
            first, response = self.learners[0].update(DenseInput(x))
            second, _ = self.learners[1].update(DenseInput(response * rms_gain(response)))
            losses.append((first, second))
        return torch.tensor(losses).mean(dim=0)


class EpochAsWritten:
    """The same epoch as a tutorial's loop has it."""

    def __init__(self, model, images, labels, wrong, initial):
        batch, alpha = model["plan"]["batch_size"], model["learning"]["loss"]["alpha"]
        self.rate = model["learning"]["rate"]
        pair = [with_labels(images, torch.from_numpy(each), model["overlay"]["value"]) for each in (labels, wrong)]
        self.batches = list(zip(*(x.split(batch) for x in pair)))
        self.learners = []
        for name, parameters in initial.items():
            population = model["population"][name]
            layer = tutorial_style.Layer(parameters["weight"], parameters["bias"], "lif", model["time"]["steps"],
                                         population["beta"], population.get("threshold", 1.0), population["measure"],
                                         rms_gain)
            self.learners.append(tutorial_style.Learner(layer, swish_loss(alpha), self.rate))

    def run(self, n_batches=None):
        """The mean loss of each population."""
        losses = []
        for pair in self.batches[:n_batches]:
            of_batch = []
            for learner in self.learners:
                loss, pair = learner.update(pair)
                of_batch.append(loss)
            losses.append(of_batch)
        return torch.tensor(losses).mean(dim=0)


def of_population(model, name):
    """Ways to answer currents as a LIF population of a model file does, whose measure and output are rates."""
    population = model["population"][name]
    return responses("lif", model["time"]["steps"], population["beta"], population["measure"],
                     population.get("threshold", 1.0))


def epoch(shape, bench, simulator):
    model = tomllib.loads(simulator.model.read_text())
    arrays = bench.arrays(shape["name"])
    images, labels = torch.from_numpy(arrays["images"]), np.arange(shape["n_samples"], dtype=np.int32) % 10
    wrong = uniform_wrong(labels)
    initial = {f"hidden{i + 1}": {"weight": arrays[f"weight{i}"], "bias": np.zeros(n, np.float32)}
               for i, n in enumerate(shape["n_units"])}

    def peer(formulation, options, part=slice(None)):
        return EpochOfTwo(model, images[part], labels[part], wrong[part], initial, formulation, options)

    def written(part=slice(None)):
        return EpochAsWritten(model, images[part], labels[part], wrong[part], initial)

    use_threads(1)
    batch = model["plan"]["batch_size"]
    for make in (written, lambda part: peer("eager", {}, part)):
        agreement = []
        for first in range(0, 5 * batch, batch):
            part = slice(first, first + batch)
            agreement.append(batch_agrees(make(part), simulator, initial,
                                          (arrays["images"][part], labels[part], wrong[part])))
        off, share = (float(np.median(each)) for each in zip(*agreement))
        if not (off <= 1e-4 and share <= 0.01):
            raise Disagreement(f"over five batches, losses differ by {off:.1e}, {100 * share:.2f} % of the changes of "
                               "weights are not those of PyTorch (medians)")

    def way(threads, state, *label):
        def trial():
            use_threads(threads)
            return median_ms(lambda: state.run(5), 0.3) * len(state.batches) / 5
        return Way(", ".join((threads_label(threads), *label)), on_threads(threads, state.run), trial)

    ways = [way(threads, peer(formulation, options), formulation, optimizer) for threads in thread_counts()
            for formulation in of_population(model, "hidden1") for optimizer, options in optimizers().items()]
    return Contest(bench.ways(shape["name"]), [way(n, written()) for n in thread_counts()], ways,
                   f"losses within {off:.1e}, {100 * (1 - share):.3f} % of the changes of weights")


def batch_agrees(peer, simulator, initial, batch):
    """How far losses are off, and which share of the changes of weights, after one batch learnt from the initial
    weights. A membrane within rounding of the threshold may fire in one program only: in one batch out of a few,
    which then tells by 1e-4 to 1e-2 of a loss."""
    losses, learnt = simulator.learn(
        *batch, initial, {"plan.epochs": 1, "learning.dropout": 0.0, "learning.schedule": '"constant"',
                          "readout.kind": '"none"', "prediction.by": '"goodness"'})
    found = peer.run().numpy()
    off = max(abs(found[i] / losses[population][0] - 1.0) for i, population in enumerate(initial))
    share = max(changes_that_differ(initial[population]["weight"], learnt[population]["weight"],
                                    learner.parameters[0].detach().numpy(), peer.rate)
                for learner, population in zip(peer.learners, initial))
    return off, share


class Tutorial:
    """One batch; the first population learns, then the second on what the first answers."""

    def __init__(self, images, labels, wrong, initial, respond, optimizer):
        both = [torch.from_numpy(each) for each in (labels, wrong)]
        x = torch.cat([with_labels(images, label) for label in both])
        self.x, self.initial, self.respond, self.optimizer = x * l2_gain(x), initial, respond, optimizer

    def run(self, n_epochs):
        """The losses [epoch] of each population."""
        x, losses = self.x, []
        for parameters in self.initial.values():
            learner = Learner(list(parameters.values()), self.respond, softplus_loss(5.0), 0.03, self.optimizer)
            presented_here = DenseInput(x)
            losses.append([learner.update(presented_here)[0] for _ in range(n_epochs)])
            with torch.no_grad():
                x = self.respond(presented_here.currents(*learner.parameters))
                x = x * l2_gain(x)
        return [torch.stack(each).numpy() for each in losses]


class TutorialAsWritten:
    """The tutorial's own loops."""

    def __init__(self, images, labels, wrong, initial, neuron, steps):
        self.pair = [with_labels(images, torch.from_numpy(each)) for each in (labels, wrong)]
        self.initial, self.neuron, self.steps = initial, neuron, steps

    def run(self, n_epochs):
        """The losses [epoch] of each population."""
        pair, losses = self.pair, []
        for parameters in self.initial.values():
            layer = tutorial_style.Layer(parameters["weight"], None, self.neuron, self.steps, 0.8, 1.0, "membrane",
                                         l2_gain)
            learner = tutorial_style.Learner(layer, softplus_loss(5.0), 0.03)
            losses.append([learner.update(pair)[0] for _ in range(n_epochs)])
            with torch.no_grad():
                pair = [layer(x) for x in pair]
        return [torch.stack(each).numpy() for each in losses]


def tutorial(neuron, steps, n_epochs, data, simulator):
    """The whole program against PyTorch's training loop alone: reading the data, predicting and writing the run
    file are in our time, imports and the data are not in the peer's."""
    images, labels = data
    wrong = np.random.default_rng(1).permutation(labels)
    random = np.random.default_rng(2)
    sizes = (images.shape[1], 500, 500)
    initial = {f"hidden{i + 1}": {"weight": random.uniform(-1, 1, (sizes[i + 1], sizes[i])).astype(np.float32)
                                  / np.float32(np.sqrt(sizes[i]))} for i in range(2)}
    answers = responses(neuron, steps, 0.8, "membrane")

    def peer(formulation, options):
        return Tutorial(torch.from_numpy(images), labels, wrong, initial, answers[formulation], options)

    # Ten steps up to a membrane that jumps by 1 where rounding moves a spike, at a rate of 0.03: PyTorch in single
    # and in double precision are 2e-4 apart after 5 epochs, 7e-2 after 20.
    n_compared = 5  # epochs
    settings = {"time.steps": steps, "evaluation.every_n_epochs": 0}
    losses, _ = simulator.learn(images, labels, wrong, initial, {**settings, "plan.epochs": n_compared})
    use_threads(1)
    off = 0.0
    written = TutorialAsWritten(torch.from_numpy(images), labels, wrong, initial, neuron, steps)
    for i, found in [*enumerate(written.run(n_compared)), *enumerate(peer("eager", {}).run(n_compared))]:
        expected = losses[f"hidden{i + 1}"][i * n_compared:(i + 1) * n_compared]
        off = max(off, float(np.max(np.abs(found / expected - 1.0))))
        if not off <= 5e-3:
            raise Disagreement(f"losses of hidden{i + 1} {expected.tolist()}, PyTorch {found.tolist()}")

    settings["data.folder"] = f'"{SAMPLE}"'
    ours = simulator.ways({**settings, "plan.epochs": n_epochs}, {"plan.epochs": 50})

    def way(threads, state, *label):
        def with_epochs(n):
            use_threads(threads)
            return timed_ms(lambda: state.run(n))
        return Way(", ".join((threads_label(threads), *label)), lambda _: with_epochs(n_epochs),
                   lambda: with_epochs(20) * n_epochs / 20)

    ways = [way(threads, peer(formulation, options), formulation, optimizer) for threads in thread_counts()
            for formulation in answers for optimizer, options in optimizers().items()]
    return Contest(ours, [way(n, written) for n in thread_counts()], ways, f"losses of {n_compared} epochs within {off:.1e}")


def tutorial_data(n_samples=128):
    """The first images of the sample of MNIST, from 0 to 1, and their labels."""
    with gzip.open(SAMPLE / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)[:n_samples * 784]
    with gzip.open(SAMPLE / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)[:n_samples]
    return pixels.reshape(n_samples, 784).astype(np.float32) / np.float32(255.0), labels.astype(np.int32)
