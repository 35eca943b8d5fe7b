#!/usr/bin/env python3
"""`snnff-sim validate` and models/model.schema.json give every model the same verdict.

usage: schema_agrees.py path/to/snnff-sim

Rules that tie one key to another, and a few that JSON cannot say, are the reader's alone; they stand in
READER_ONLY, and the schema has to accept those models, so that an editor warns of nothing by mistake.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
ONE = "[population.a]\nsize = 4\n"
UNLABELLED = """[overlay]
kind = "none"
[negatives]
kind = "hybrid_mask"
[readout]
kind = "softmax"
[prediction]
by = "head"
"""

GOOD = [
    ONE,
    "[population.a]\n[population.b-2]\n[population._c]\n",
    'title = ""\nseed = 0\n' + ONE,
    "seed = 9223372036854775807\n" + ONE,
    "seed = 1e3\n" + ONE,
    ONE + "[time]\ndt_ms = 0.1\nsteps = 1\n",
    ONE + "[time]\nsteps = 1000\n",
    ONE + "[data]\nn_train = 100\nn_validation = 10\nn_test = 50\n",
    ONE + "[data]\noffset = -0.5\nscale = 2\n",
    ONE + '[overlay]\nkind = "label"\nn_labels = 10\nvalue = "max"\n',
    ONE + "[overlay]\nvalue = 0.5\n",
    ONE + '[negatives]\nkind = "uniform_wrong"\nredraw = "once"\n',
    ONE + '[negatives]\nredraw = "epoch"\n',
    ONE + '[learning]\nloss = "softplus"\n',
    ONE + '[learning]\nloss = { kind = "softplus", theta = 5, theta_per = "unit" }\n',
    ONE + "[learning]\nloss = { alpha = 5 }\n",
    ONE + "[learning.loss]\nalpha = 5\n",
    ONE + '[learning]\nloss = { kind = "swish", alpha = 6 }\n',
    ONE + '[learning]\ngoodness = { kind = "mean_abs", minimise = true }\n',
    ONE + '[learning]\noptimizer = { kind = "sgd", momentum = 0.9 }\nrate = 1e-3\nweight_decay = 0\n',
    ONE + '[learning]\nschedule = "cosine"\nrule = "forward_forward"\n',
    ONE + '[plan]\norder = "per_batch"\nupdates_per_batch = 30\n',
    ONE + '[plan]\norder = "layer_by_layer"\nepochs = 1000\nepisodes = 5\nbatch_size = 0\nshuffle = false\n',
    ONE + UNLABELLED,
    ONE + '[readout]\nkind = "softmax"\nnormalisation = "rms"\noptimizer = "sgd"\n[prediction]\nby = "both"\n',
    ONE + "[negatives]\nper_positive = 9\n[overlay]\nsmoothing = 0.1\n",
    ONE + '[learning]\nloss = "softplus"\n[plan]\nphases = "separated"\nphase_updates = 0\n',
    ONE + '[prediction]\nlayers = "all"\n[evaluation]\nevery_n_epochs = 1\nn_train = 100\n',
    ONE + '[recording]\nvariables = ["membrane", "spikes"]\nsamples = [0, 7]\nneurons = [3]\n',
    ONE + '[recording]\npopulations = ["a"]\nphases = ["neutral"]\nevery_n_steps = 2\nn_neurons = 2\n',
    ONE + "[recording]\nsamples = []\nphases = []\n",
    ONE + "beta = 0.5\n",
    ONE + "beta = [0.5, 0.6, 0.7, 1]\n",
    ONE + "tau_mem_ms = 20\nthreshold = [1, 2, 3, 4]\n",
    ONE + 'reset = "zero"\nreset_delay = false\nrefractory_steps = 3\n',
    ONE + 'surrogate = "fast_sigmoid"\n',
    ONE + 'surrogate = { kind = "fast_sigmoid", k = 10 }\n',
    ONE + "surrogate.alpha = 3\n",
    ONE + 'neuron = "relu"\nnormalisation = "rms"\nbias = false\nmeasure = "activation"\n',
    ONE + 'neuron = "leaky_relu"\nslope = 0.2\n[population.b]\nneuron = "silu"\n',
    ONE + 'neuron = "tanh"\n[population.b]\nneuron = "sigmoid"\nmeasure = "activation"\n',
    ONE + 'neuron = "lif"\noutput = "spikes"\n[population.b]\nneuron = "relu"\nnormalisation = "none"\n',
    ONE + 'init = { kind = "normal", sd = 0.5 }\n',
    ONE + 'init = { kind = "normal_fan_in", gain = 2 }\n',
]

# Good as models, but the file they name is not there.
GOOD_WITHOUT_FILE = [
    ONE + '[data]\nkind = "hdf5"\ntrain = "nowhere.h5"\n',
    ONE + '[data]\nfolder = "nowhere"\n',
    ONE + 'init = { kind = "file", path = "nowhere.h5" }\n',
]

BAD = [
    "# nothing at all\n",
    "[population]\n",
    "population = 1\n",
    '[population."1st"]\n',
    '[population."a b"]\n',
    "[population]\na = 1\n",
    "title = 1\n" + ONE,
    "seed = -1\n" + ONE,
    "seed = 1.5\n" + ONE,
    'seed = "1"\n' + ONE,
    "seed = true\n" + ONE,
    "sed = 1\n" + ONE,
    ONE + "[tim]\nsteps = 1\n",
    "time = 3\n" + ONE,
    ONE + "[time]\nsteps = 0\n",
    ONE + "[time]\nsteps = 1000001\n",
    ONE + "[time]\nsteps = 1.5\n",
    ONE + "[time]\ndt_ms = 0\n",
    ONE + '[time]\ndt_ms = "1"\n',
    ONE + "[time]\ndt = 1\n",
    ONE + '[data]\nkind = "csv"\n',
    ONE + '[data]\nkind = "idx"\ntrain = "x.h5"\n',
    ONE + '[data]\nkind = "hdf5"\n',
    ONE + '[data]\nkind = "hdf5"\ntrain = "x.h5"\nfolder = "y"\n',
    ONE + "[data]\nn_train = -1\n",
    ONE + "[data]\nscale = 0\n",
    ONE + '[data]\nfolder = ""\n',
    ONE + "[overlay]\nn_labels = 1\n",
    ONE + "[overlay]\nn_labels = 257\n",
    ONE + '[overlay]\nvalue = "min"\n',
    ONE + "[overlay]\nvalue = true\n",
    ONE + '[negatives]\nkind = "wrong"\n',
    "[population.train_error]\n",
    ONE + '[negatives]\nkind = { kind = "permuted" }\n',
    ONE + '[negatives]\nredraw = "never"\n',
    ONE + '[learning]\nloss = "hinge"\n',
    ONE + "[learning]\nloss = 1\n",
    ONE + '[learning]\nloss = { kind = "swish", theta = 5 }\n',
    ONE + '[learning]\nloss = { kind = "softplus", alpha = 5 }\n',
    ONE + "[learning]\nloss = { theta = 5 }\n",
    ONE + '[learning]\nloss = { kind = "hinge" }\n',
    ONE + "[learning]\nrate = 0\n",
    ONE + "[learning]\nlearning_rate = 1\n",
    ONE + '[learning]\nrule = "backprop"\n',
    ONE + '[learning]\noptimizer = { kind = "sgd", beta1 = 0.9 }\n',
    ONE + '[readout]\nkind = "svm"\n',
    ONE + "[readout]\nepochs = 0\n",
    ONE + '[prediction]\nby = "vote"\n',
    ONE + "[overlay]\nsmoothing = -0.1\n",
    ONE + "[negatives]\nper_positive = 0\n",
    ONE + '[plan]\nphases = "sleep"\n',
    ONE + "[plan]\nphase_updates = -1\n",
    ONE + "[plan]\nepochs = 0\n",
    ONE + "[plan]\nbatch_size = -1\n",
    ONE + "[plan]\nshuffle = 1\n",
    ONE + '[plan]\norder = "random"\n',
    ONE + '[prediction]\nlayers = "first"\n',
    ONE + "[evaluation]\nevery_n_epochs = -1\n",
    ONE + '[recording]\nvariables = ["voltage"]\n',
    ONE + '[recording]\nvariables = "membrane"\n',
    ONE + '[recording]\nvariables = ["membrane", "membrane"]\n',
    ONE + "[recording]\nsamples = [-1]\n",
    ONE + "[recording]\nsamples = [0.5]\n",
    ONE + "[recording]\npopulations = [1]\n",
    ONE + "beta = 1.5\n",
    ONE + "beta = []\n",
    ONE + "beta = [0.5, 0.5, 0.5, 2]\n",
    ONE + 'beta = "0.9"\n',
    ONE + "tau_ms = 20\n",
    ONE + "threshold = 0\n",
    ONE + 'neuron = "relu"\nbeta = 0.9\n',
    ONE + 'neuron = "leaky_relu"\nslope = 1.5\n',
    ONE + 'neuron = "tanh"\nslope = 0.5\n',
    ONE + 'neuron = "izhikevich"\n',
    ONE + 'neuron = { kind = "lif" }\n',
    ONE + 'surrogate = { kind = "atan", k = 3 }\n',
    ONE + 'surrogate = "step"\n',
    ONE + 'reset = "soft"\n',
    ONE + 'bias = "yes"\n',
    ONE + 'normalisation = "l1"\n',
    ONE + 'measure = "spikes"\n',
    ONE + 'output = "voltage"\n',
    ONE + 'init = "file"\n',
    ONE + 'init = { kind = "file" }\n',
    ONE + 'init = { kind = "zeros" }\n',
    "[population.a]\nsize = 0\n",
    "[population.a]\nsize = 1000001\n",
]

READER_ONLY = [
    ONE + "beta = 0.9\ntau_mem_ms = 20\n",
    ONE + "beta = [0.9, 0.8]\n",
    ONE + "threshold = inf\n",
    ONE + "[learning]\nrate = nan\n",
    ONE + 'neuron = "relu"\nmeasure = "rate"\n',
    ONE + 'output = "spikes"\n[population.b]\nnormalisation = "l2"\n',
    ONE + '[overlay]\nkind = "none"\n',
    ONE + "[plan]\nupdates_per_batch = 2\n",
    ONE + '[prediction]\nlayers = "after_first"\n',
    ONE + '[prediction]\nby = "head"\n',
    ONE + '[readout]\nkind = "softmax"\nlayers = "after_first"\n',
    ONE + 'output = "spikes"\n[readout]\nkind = "softmax"\n',
    ONE + UNLABELLED + '[recording]\nphases = ["negative"]\n',
    ONE + '[negatives]\nkind = "hybrid_mask"\n',
    ONE + "[negatives]\nper_positive = 10\n",
    ONE + "[overlay]\nsmoothing = 0.95\n",
    ONE + '[plan]\nphases = "separated"\n',
    ONE + '[recording]\npopulations = ["b"]\n',
    ONE + "[recording]\nneurons = [4]\n",
    ONE + 'neuron = "relu"\n[recording]\nvariables = ["spikes"]\n',
    ONE + '[data]\ntrain_images = ""\n',
]

DONE, MODEL_INVALID, FILE_FAILED = 0, 3, 4


def main() -> int:
    program = pathlib.Path(sys.argv[1]).resolve()
    schema = json.loads((ROOT / "models/model.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = []

    def check(text: str, schema_accepts: bool, exit_code: int) -> None:
        model.write_text(text, encoding="utf-8")
        run = subprocess.run([program, "validate", model], capture_output=True, text=True, check=False, timeout=120)
        errors = [e.message for e in validator.iter_errors(tomllib.loads(text))]
        if run.returncode != exit_code:
            failures.append(f"{text}\nvalidate: {run.returncode}, not {exit_code}: {run.stderr}")
        if (not errors) != schema_accepts:
            failures.append(f"{text}\nschema: {errors or 'accepts it'}")
        if exit_code == MODEL_INVALID and f"{model}:" not in run.stderr:
            failures.append(f"{text}\nthe message names no place: {run.stderr}")

    with tempfile.TemporaryDirectory() as folder:
        # The default data folder is ../data/mnist-sample, seen from the model.
        (pathlib.Path(folder) / "data").symlink_to(ROOT / "data")
        (pathlib.Path(folder) / "models").mkdir()
        model = pathlib.Path(folder) / "models" / "m.toml"
        for text in GOOD:
            check(text, True, DONE)
        for text in GOOD_WITHOUT_FILE:
            check(text, True, FILE_FAILED)
        for text in BAD:
            check(text, False, MODEL_INVALID)
        for text in READER_ONLY:
            check(text, True, MODEL_INVALID)
    for shipped in sorted((ROOT / "models").glob("*.toml")):
        for error in validator.iter_errors(tomllib.loads(shipped.read_text(encoding="utf-8"))):
            failures.append(f"{shipped.name}: {error.json_path}: {error.message}")

    for failure in failures:
        print(failure, end="\n\n")
    n = len(GOOD) + len(GOOD_WITHOUT_FILE) + len(BAD) + len(READER_ONLY)
    print(f"{n} models, {len(failures)} disagreements")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
