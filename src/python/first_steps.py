"""First steps with snnff, cell by cell: editors that know "# %%" run it like a notebook, python3 from top to bottom.

    python3 src/python/first_steps.py [MODEL.toml]
"""
# %% A model file, with two keys changed
import pathlib
import sys

import numpy as np

import snnff

here = pathlib.Path(__file__).resolve().parent
path = sys.argv[1] if len(sys.argv) > 1 else here.parents[1] / "models" / "quickstart-lif.toml"
model = snnff.Model(path, overrides={"plan.epochs": 5, "evaluation.every_n_epochs": 1})
print(model.title)


# %% Train it; a function of one's own hears of every epoch
def show(epoch):
    losses = ", ".join(f"{name} {one['loss']:.3f}" for name, one in epoch["populations"].items())
    print(f"epoch {epoch['epoch'] + 1}/{epoch['n_epochs']}: {losses}, train error {epoch['train_error']:.1f} %")


network = snnff.train(model, "first_steps.h5", callback=show, force=True)

# %% What is in the run file, as the command line's `info` sees it
run = snnff.read("first_steps.h5")
print("test error", run["evaluations"]["test"]["error"], "%")

# %% The weights are NumPy arrays: copies, which can be put back (hidden1.weight = ...)
hidden1 = network.populations[0]
print(hidden1.name, hidden1.weight.shape, "norm", np.linalg.norm(hidden1.weight))

# %% Every membrane and spike, for images of one's own under labels of one's own
image = np.zeros((1, hidden1.weight.shape[1]), np.float32)
image[0, 300:340] = 1.0
traces = network.simulate(image, labels=[3], steps=50)
spikes = traces["hidden1"]["spikes"]  # [sample, step, unit]
print("spikes per unit and step:", spikes.mean())
print("predicted label:", network.predict(image)[0])
