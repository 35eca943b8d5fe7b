"""What may not matter does not: runs with 1, 2, 3 and 7 threads, and with recording on or off, leave the
same bits in every array of the run file.

usage: same_bits.py SNNFF_SIM DATA_FOLDER
"""

import pathlib
import subprocess
import sys
import tempfile

import h5py

MODEL = """
seed = 7
[data]
folder = "{data}"
n_train = 300
n_test = 100
[time]
steps = {steps}
[encoding]
kind = "{encoding}"
[learning]
rate = 0.002
{learning}
dropout = {dropout}
[plan]
order = "{order}"
epochs = 2
batch_size = 70
{plan}
[evaluation]
every_n_epochs = 1
[recording]
variables = [{variables}]
samples = [0, 5]
{phases}
{more}
[population.first]
neuron = "{first}"
size = 90
normalisation = "rms"
{first_keys}
[population.second]
neuron = "{second}"
size = {outputs}
normalisation = "{norm}"
"""

BACKPROP = dict(learning='rule = "backprop"', order="simultaneous", outputs=10)
CASES = {
    "LIF rates, all populations on every batch": dict(first="lif", second="lif", order="simultaneous"),
    "ReLU, population by population": dict(
        first="relu", second="relu", order="layer_by_layer", steps=1, variables='"current", "activation"'
    ),
    "LIF below ReLU": dict(
        first="lif", second="relu", order="per_batch", variables='"membrane", "current", "activation"'
    ),
    "hybrid masks and a read-out": dict(
        first="relu",
        second="lif",
        order="simultaneous",
        variables='"current"',
        phases='phases = ["neutral"]',
        more="""[overlay]
kind = "none"
[negatives]
kind = "hybrid_mask"
[readout]
kind = "softmax"
epochs = 3
batch_size = 70
[prediction]
by = "head"
""",
    ),
    "separated phases, three smoothed negatives, both predict": dict(
        first="lif",
        second="relu",
        order="simultaneous",
        learning='loss = "softplus"',
        plan='phases = "separated"\nphase_updates = 2',
        more="""[overlay]
smoothing = 0.1
[negatives]
per_positive = 3
[readout]
kind = "softmax"
normalisation = "rms"
[prediction]
by = "both"
""",
    ),
    "spike trains": dict(
        first="lif", second="lif", order="simultaneous", norm="none", first_keys='output = "spikes"', steps=12
    ),
    "back-propagation through spike trains": dict(
        BACKPROP, first="lif", second="lif", norm="none", first_keys='output = "spikes"', steps=12
    ),
    "back-propagation through rates, with dropout": dict(
        BACKPROP, dropout=0.2, first="lif", second="linear"
    ),
    "back-propagation through poisson spikes": dict(
        BACKPROP, first="lif", second="lif", norm="none", encoding="poisson", steps=12
    ),
    "poisson spikes, with dropout": dict(
        first="lif", second="lif", order="simultaneous", encoding="poisson", steps=12, dropout=0.2
    ),
    "poisson spikes through two populations": dict(
        first="lif",
        second="lif",
        order="layer_by_layer",
        norm="none",
        first_keys='output = "spikes"',
        encoding="poisson",
    ),
    "latencies": dict(first="lif", second="relu", order="per_batch", encoding="latency", variables='"current"'),
}

# what tells one run from another, and how long it took
LEFT_OUT = {"training/seconds"}


def arrays(path):
    found = {}
    with h5py.File(path, "r") as run:

        def keep(name, thing):
            left_out = name in LEFT_OUT or name.startswith("provenance/")
            if isinstance(thing, h5py.Dataset) and not left_out and thing.dtype.kind in "fiu":
                found[name] = thing[()].tobytes()

        run.visititems(keep)
    return found


def run(simulator, folder, name, model, *options):
    (folder / f"{name}.toml").write_text(model)
    out = folder / f"{name}.h5"
    subprocess.run(
        [simulator, "run", folder / f"{name}.toml", "-o", out, "--quiet", *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return arrays(out)


def main():
    simulator, data = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
    failed = 0
    for title, keys in CASES.items():
        settings = dict(steps=6, norm="rms", first_keys="", variables='"current", "spikes"', data=data)
        settings.update(encoding="constant", outputs=70, dropout=0.0, plan="", phases="", more="")
        settings.update(learning='loss = { kind = "swish", alpha = 20.0 }')
        settings.update(keys)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model = MODEL.format(**settings)
            one = run(simulator, folder, "one", model, "--threads", "1")
            assert len(one) > 20, f"only {len(one)} arrays in the run file"
            for threads in (2, 3, 7):
                other = run(simulator, folder, f"threads{threads}", model, "--threads", str(threads))
                wrong = [name for name in one if one[name] != other.get(name)]
                print(f"{title}: {threads} threads against 1: {len(one)} arrays, {len(wrong)} differ {wrong[:3]}")
                failed += bool(wrong) or one.keys() != other.keys()
            plain = run(simulator, folder, "plain", MODEL.format(**{**settings, "variables": ""}))
            wrong = [name for name in plain if one[name] != plain[name]]
            print(f"{title}: without recording: {len(plain)} arrays, {len(wrong)} differ {wrong[:3]}")
            failed += bool(wrong)
            reseeded = run(simulator, folder, "reseeded", model, "--seed", "8")
            weight = "populations/first/weight"
            failed += one[weight] == reseeded[weight]  # else this test could not fail
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
