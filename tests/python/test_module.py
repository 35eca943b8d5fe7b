"""The Python module against the command line, and what Python's users expect of it."""
import ast
import os
import pathlib
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIM = os.environ["SNNFF_SIM"]
sys.path.insert(0, str(ROOT / "tests" / "cli"))

import snnff  # noqa: E402
from class_groups import GROUPS  # noqa: E402
from support import BACKPROP, SMALL  # noqa: E402


def command_line(*arguments, folder):
    done = subprocess.run([SIM, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path / "small.toml"


@pytest.fixture
def images():
    return np.random.default_rng(1).random((6, 784), np.float32)


def test_provenance_is_that_of_the_program(small, tmp_path):
    command_line("run", small, "-o", "program.h5", "-q", "--threads", "1", folder=tmp_path)
    snnff.train(small, tmp_path / "module.h5", threads=2)
    program = snnff.read(tmp_path / "program.h5")["provenance"]
    module = snnff.read(tmp_path / "module.h5")["provenance"]
    own = {"command_line", "threads", "threads_from", "run_id", "stretches"}
    assert {k: v for k, v in module.items() if k not in own} == {k: v for k, v in program.items() if k not in own}
    assert module["git_commit"] and module["compiler_flags"] and module["libraries"].startswith("HDF5 ")
    assert (module["threads"], module["threads_from"], program["threads_from"]) == (2, "threads", "--threads")
    assert [file["role"] for file in module["data"]] == ["train", "train", "test", "test"]
    (stretch,) = module["stretches"]
    assert (stretch["first_epoch"], stretch["threads"], stretch["kernels"]) == (0, 2, module["kernels"])


def test_paths_are_as_the_model_gave_them(tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "data" / "mnist-sample")
    (tmp_path / "small.toml").write_text(SMALL.replace(f"{ROOT}/data/mnist-sample", "data"), encoding="utf-8")
    snnff.train(tmp_path / "small.toml", tmp_path / "run.h5")
    data = snnff.read(tmp_path / "run.h5")["provenance"]["data"]
    assert data[0]["path"] == "data/train-images-idx3-ubyte.gz"


@pytest.mark.parametrize("name", ["baseline", "avx1024"])
def test_the_environment_forces_kernels_at_import(small, tmp_path, name):
    script = ("import snnff\n"
              f"snnff.train({str(small)!r}, 'run.h5')\n"
              "facts = snnff.read('run.h5')['provenance']\n"
              "print(facts['kernels'], facts['kernels_from'])\n")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "SNNFF_KERNELS": name})
    if name == "baseline":
        assert done.stdout == "baseline SNNFF_KERNELS\n", done.stderr
    else:
        assert done.returncode != 0
        assert "ImportError: SNNFF_KERNELS = avx1024: no kernels are called so" in done.stderr


def same(one, other, path):
    assert np.array_equal(one[path][()], other[path][()], equal_nan=True), path


@pytest.mark.parametrize("text", [SMALL, BACKPROP, GROUPS], ids=["forward-forward", "back-propagation", "groups"])
def test_the_same_bits_as_the_command_line(tmp_path, text):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    settings = {"recording.variables": ["membrane"], "seed": 11}
    command_line("run", "model.toml", "-q", "-o", "cli.h5", "--set", 'recording.variables=["membrane"]', "--seed", 11,
                 folder=tmp_path)
    network = snnff.train(tmp_path / "model.toml", tmp_path / "python.h5", overrides=settings)
    without_file = snnff.train(tmp_path / "model.toml", overrides=settings, threads=1)
    with h5py.File(tmp_path / "cli.h5") as cli, h5py.File(tmp_path / "python.h5") as ours:
        for kept, again in zip(network.populations, without_file.populations):
            for parameter in ("weight", "bias"):
                path = f"populations/{kept.name}/{parameter}"
                same(cli, ours, path)
                assert np.array_equal(cli[path], getattr(kept, parameter))
                assert np.array_equal(cli[path], getattr(again, parameter))
            same(cli, ours, f"training/{kept.name}/loss")
        same(cli, ours, "evaluation/test/goodness")
        for name in cli["report"]:
            same(cli, ours, f"report/{name}/data")
        assert cli["model"][()] == ours["model"][()]


def test_a_loaded_network_predicts_what_the_run_file_says(small, tmp_path):
    snnff.train(small, tmp_path / "run.h5")
    network = snnff.load(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as run:
        prediction, goodness = run["evaluation/test/prediction"][:], run["evaluation/test/goodness"][:]
        label, error = run["evaluation/test/label"][:], run["evaluation/test"].attrs["error"]
    import gzip
    with gzip.open(ROOT / "data/mnist-sample/t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:100]
    x = pixels.astype(np.float32) / np.float32(255)
    evaluation = network.evaluate(x, label)
    assert np.array_equal(evaluation.prediction, prediction)
    assert np.array_equal(evaluation.goodness, goodness)
    assert evaluation.error == pytest.approx(error)
    assert np.array_equal(network.predict(pixels / 255.0), prediction), "float64 is converted"


def test_groups_for_classes_tell_of_every_population(tmp_path):
    (tmp_path / "groups.toml").write_text(GROUPS, encoding="utf-8")
    network = snnff.train(tmp_path / "groups.toml", tmp_path / "run.h5")
    import gzip
    with gzip.open(ROOT / "data/mnist-sample/t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:100]
    with h5py.File(tmp_path / "run.h5") as run:
        evaluation = network.evaluate(pixels / 255.0, run["evaluation/test/label"][:])
        assert np.array_equal(evaluation.goodness, run["evaluation/test/goodness"])
        assert list(evaluation.populations) == ["hidden1", "hidden2"]
        for name, told in evaluation.populations.items():
            assert told["error"] == run[f"evaluation/test/{name}"].attrs["error"]
            assert np.array_equal(told["mean_goodness"], run[f"evaluation/test/{name}/mean_goodness"])
    assert network.simulate(pixels[:2] / 255.0)["hidden1"]["spikes"].shape == (2, 5, 60)
    with pytest.raises(snnff.DataError, match="writes no labels"):
        network.simulate(pixels[:1] / 255.0, labels=[3])


@pytest.mark.parametrize("encoding", ["", 'kind = "latency"', 'kind = "latency"\ncurve = "rc"', 'kind = "poisson"'])
def test_simulate_is_what_trace_records(small, tmp_path, encoding):
    if encoding:
        small.write_text(f"{SMALL}\n[encoding]\n{encoding}\n", encoding="utf-8")
    network = snnff.train(small, tmp_path / "run.h5")
    x = np.random.default_rng(5).random((3, 784), np.float32)
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["x"], file["y"] = x, np.array([4, 0, 9], np.int32)
    command_line("trace", "run.h5", "-o", "traces.h5", "--data", "own.h5", "--samples", "0:3", "--labels", "positive",
                 "--steps", 9, folder=tmp_path)
    traces = network.simulate(x, labels=[4, 0, 9], steps=9)
    with h5py.File(tmp_path / "traces.h5") as recorded:
        for population, variable, name in (("hidden1", "membrane", "hidden1"), ("hidden1", "spikes", "hidden1_spikes"),
                                           ("hidden2", "current", "hidden2_current"),
                                           ("hidden2", "activation", "hidden2_activation")):
            found = traces[population][variable]
            assert np.array_equal(found.reshape(-1, found.shape[2]), recorded[f"report/{name}/data"]), name
    assert network.steps == 4, "the network itself is as it was"
    assert list(network.simulate(x, populations=["hidden2"])) == ["hidden2"]
    assert "membrane" not in traces["hidden2"]


def test_weights_are_copies_that_can_be_set_and_biases_views(small, images):
    network = snnff.train(small, overrides={"plan.epochs": 1})
    weight = network.populations[0].weight
    before = network.simulate(images, steps=1)["hidden1"]["current"].copy()
    weight *= 2.0
    np.testing.assert_array_equal(network.populations[0].weight, weight / 2.0)  # a copy
    network.populations[0].weight = weight
    np.testing.assert_array_equal(network.populations[0].weight, weight)
    with pytest.raises(ValueError, match=r"weight is \[unit, input\], here \["):
        network.populations[0].weight = weight[:, 1:]
    bias = network.populations[0].bias
    doubled = network.simulate(images, steps=1)["hidden1"]["current"]
    np.testing.assert_allclose(doubled - bias, 2 * (before - bias), rtol=1e-5, atol=1e-5)
    populations = network.populations
    del network  # what looks into it keeps it alive
    assert np.isfinite(populations[1].weight).all() and np.isfinite(weight).all()
    with pytest.raises(ValueError):
        populations[0].decay[0] = 0.5  # a constant of the model


def test_callback_hears_of_epochs_and_may_end_the_run(small, tmp_path):
    heard = []
    snnff.train(small, callback=lambda epoch: heard.append(epoch) or epoch["epoch"] < 2, overrides={"plan.epochs": 30})
    assert [epoch["epoch"] for epoch in heard] == [0, 1, 2]
    assert set(heard[0]["populations"]) == {"hidden1", "hidden2"}
    whole = snnff.read(snnff_run(small, tmp_path))
    assert heard[0]["populations"]["hidden1"]["loss"] == pytest.approx(whole["populations"]["hidden1"]["loss"][0])


def snnff_run(small, folder):
    snnff.train(small, folder / "whole.h5", overrides={"plan.epochs": 30})
    return folder / "whole.h5"


def test_what_a_callback_raises_comes_out_and_the_file_is_closed(small, tmp_path):
    def fail(epoch):
        raise LookupError("mine")
    with pytest.raises(LookupError, match="mine"):
        snnff.train(small, tmp_path / "run.h5", callback=fail, overrides={"plan.epochs": 50})
    run = snnff.read(tmp_path / "run.h5")
    assert run["status"] == "interrupted" and len(run["epochs"]["seconds"]) < 50


def test_other_threads_run_while_it_trains(small):
    done, counted = threading.Event(), [0]

    def count():
        while not done.is_set():
            counted[0] += 1
            done.wait(0.001)
    counter = threading.Thread(target=count)
    counter.start()
    try:
        snnff.train(small, overrides={"plan.epochs": 200})
    finally:
        done.set()
        counter.join()
    assert counted[0] > 10


def test_errors_say_what_the_command_line_says(small, tmp_path, images):
    with pytest.raises(snnff.ModelError, match="did you mean \"beta\""):
        snnff.Model(small, overrides={"population.hidden1.betta": 0.8})
    for misspelt in (lambda given: snnff.Model(small, overrides=given), lambda given: snnff.train(small, overrides=given)):
        with pytest.raises(snnff.ModelError, match="did you mean \"hidden1\"") as raised:
            misspelt({"population.hiden1.beta": 0.8})
        assert 'overrides: population.hiden1.beta = 0.8: ' in str(raised.value)
        assert 'add={"population.hiden1.KEY": VALUE}' in str(raised.value)
    with pytest.raises(snnff.FileError, match="nowhere.toml"):
        snnff.train("nowhere.toml")
    odd = os.fsdecode(b"\xffnowhere")
    for kind, call in ((snnff.FileError, lambda: snnff.Model(odd)), (snnff.FileError, lambda: snnff.load(odd))):
        with pytest.raises(kind, match=odd):
            call()
    with pytest.raises(snnff.DataError, match=r"\[sample, 784\]"):
        snnff.train(small).predict(images[:, :5])
    snnff.train(small, tmp_path / "run.h5")
    with pytest.raises(snnff.UsageError, match="exists"):
        snnff.train(small, tmp_path / "run.h5")
    network = snnff.load(tmp_path / "run.h5")
    for labels, message in (([1], "one label for each"), ([10] * 6, "no label 10")):
        with pytest.raises(snnff.Error, match=message):
            network.simulate(images, labels=labels)
    assert issubclass(snnff.DataError, snnff.Error) and issubclass(snnff.Error, RuntimeError)


def test_threads_beyond_any_machine_are_refused_before_one_is_started(small, tmp_path, images):
    network = snnff.train(small)
    labels = [0] * len(images)
    before = peak_kb()
    for call in (lambda n: snnff.train(small, threads=n), lambda n: snnff.train(small, tmp_path / "run.h5", threads=n),
                 lambda n: network.predict(images, threads=n), lambda n: network.evaluate(images, labels, threads=n)):
        for number in (4097, 99999999, 2**63):
            with pytest.raises(snnff.UsageError, match=f"{number} is not a whole number from 0 to 4096"):
                call(number)
        for number in (-1, 2**64):
            with pytest.raises(TypeError):
                call(number)
    assert peak_kb() < before + 4_000_000  # stacks of 500 threads
    assert not (tmp_path / "run.h5").exists()


def peak_kb():
    """Address space that this process has had at most, the stacks of its threads among it."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmPeak"))


def test_values_of_overrides_are_written_as_a_model_file_has_them(small):
    model = snnff.Model(small, overrides={"learning.loss": {"kind": "symba", "alpha": 3.5}, "plan.shuffle": False,
                                          "recording.samples": [1, 2], "title": 'a "quoted" one'})
    for words in ('kind = "symba"', "alpha = 3.5", "shuffle = false", "samples = [1, 2]"):
        assert words in model.toml
    assert model.title == 'a "quoted" one' and model.seed == 3
    assert snnff.Model.from_text(model.toml, small.parent).toml == model.toml


def test_stubs_name_what_there_is():
    tree = ast.parse((ROOT / "src/python/package/_snnff.pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert hasattr(snnff, node.name)
        if isinstance(node, ast.ClassDef):
            named = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            there = {name for name in vars(getattr(snnff, node.name)) if not name.startswith("_")}
            assert named - {"__init__"} == there or issubclass(getattr(snnff, node.name), Exception)


def test_first_steps_run(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "src/python/first_steps.py"], cwd=tmp_path, capture_output=True,
                          text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "epoch 5/5" in done.stdout and "predicted label" in done.stdout


def test_classes_have_the_names_of_the_data(tmp_path):
    numbers = np.random.default_rng(0)
    x, y = numbers.random((90, 12), np.float32), np.arange(90) % 3
    np.savez(tmp_path / "d.npz", x=x, y=np.array(["ant", "bee", "cat"])[y])
    model = '[data]\nkind = "numpy"\ntrain = "d.npz"\n[overlay]\nn_labels = 3\n[plan]\nepochs = 1\n[population.h]\nneuron = "lif"\nsize = 5\n'
    (tmp_path / "m.toml").write_text(model, encoding="utf-8")
    trained = snnff.train(tmp_path / "m.toml", tmp_path / "r.h5")
    for network in (trained, snnff.load(tmp_path / "r.h5")):
        assert network.classes == ["ant", "bee", "cat"]
        evaluation = network.evaluate(x, np.array(network.classes)[y])
        assert evaluation.classes == ["ant", "bee", "cat"]
        assert evaluation.error == 100 * np.sum(evaluation.prediction != y) / 90
        names = np.array(network.classes)[y]
        for named in (names, names.tolist(), names.astype(object)):
            assert network.evaluate(x, named).error == evaluation.error
        with pytest.raises(snnff.DataError, match="y: holds numbers .0 of sample 0., and classes of this network are names, ant"):
            network.evaluate(x, y)  # 0 may be another class than the first name in ascending order
        with pytest.raises(snnff.DataError, match='y: "dog" of sample 1 is no class of this network; ant, bee, cat are'):
            network.evaluate(x[:2], ["ant", "dog"])
        with pytest.raises(snnff.DataError, match="one label for each of 3 samples"):
            network.evaluate(x[:3], ["ant", "bee"])


def test_classes_count_from_0_whatever_the_first_label_of_the_files(tmp_path):
    numbers = np.random.default_rng(0)
    x, y = numbers.random((90, 12), np.float32), np.arange(90) % 3
    np.savez(tmp_path / "d.npz", x=x, y=y + 7)
    model = '[data]\nkind = "numpy"\ntrain = "d.npz"\nfirst_label = 7\n[overlay]\nn_labels = 3\n[plan]\nepochs = 1\n[population.h]\nneuron = "lif"\nsize = 5\n'
    (tmp_path / "m.toml").write_text(model, encoding="utf-8")
    trained = snnff.train(tmp_path / "m.toml", tmp_path / "r.h5")
    for network in (trained, snnff.load(tmp_path / "r.h5")):
        assert network.classes == ["7", "8", "9"]
        evaluation = network.evaluate(x, y)
        assert evaluation.classes == ["7", "8", "9"] and set(evaluation.prediction) <= {0, 1, 2}
        assert evaluation.error == 100 * np.sum(evaluation.prediction != y) / 90
        assert network.evaluate(x, [str(label) for label in y + 7]).error == evaluation.error
        with pytest.raises(snnff.DataError, match=r"y: label 7 of sample 0; numbers are places .* 0 to 2; .* y - \(7\) would do"):
            network.evaluate(x, y + 7)


def test_classes_that_are_numbers_have_no_names(small, images):
    network = snnff.train(small)
    assert network.classes == [] and network.evaluate(images, [0, 1, 2, 3, 4, 5]).classes == []
    with pytest.raises(snnff.DataError, match="classes of this network have no names; numbers from 0 to 9 would do"):
        network.evaluate(images, ["3"] * 6)
