"""Spiking populations that learn with the Forward-Forward rule: the simulator snnff-sim from Python.

    import snnff
    network = snnff.train("models/quickstart-lif.toml", overrides={"plan.epochs": 5}, output="run.h5")
    network.predict(images)

The same model gives the same bits here and on the command line.
"""
from ._snnff import (DataError, Error, Evaluation, FileError, Model, ModelError, Network, Population, RunError,
                     UsageError, __version__, load, read, train)

__all__ = ["DataError", "Error", "Evaluation", "FileError", "Model", "ModelError", "Network", "Population", "RunError",
           "UsageError", "__version__", "load", "read", "train"]
