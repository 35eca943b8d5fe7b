import os
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

Path = Union[str, "os.PathLike[str]"]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

__version__: str

class Error(RuntimeError): ...
class ModelError(Error): ...
class FileError(Error): ...
class DataError(Error): ...
class UsageError(Error): ...
class RunError(Error): ...

class Model:
    """A model file after parsing. `overrides` are keys of the model file with new values, as --set takes them;
    `add` has those of a further population, as --add."""

    def __init__(self, path: Path, overrides: Mapping[str, Any] = ...,
                 add: Mapping[str, Any] = ...) -> None: ...
    @staticmethod
    def from_text(text: str, folder: Path = ".", overrides: Mapping[str, Any] = ...,
                  add: Mapping[str, Any] = ...) -> "Model": ...
    @property
    def title(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def toml(self) -> str:
        """The resolved model: every default filled in."""

class Population:
    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> Floats:
        """[unit, input]; a copy. Set it to change the network: population.weight = array."""
    @weight.setter
    def weight(self, value: Floats) -> None: ...
    @property
    def bias(self) -> Floats:
        """[unit]; a view, writing changes the network."""
    @property
    def threshold(self) -> Floats:
        """[unit]; empty for units that do not spike."""
    @property
    def decay(self) -> Floats:
        """[unit] what a membrane keeps from step to step; empty for units without one."""

class Evaluation:
    @property
    def classes(self) -> List[str]:
        """As `Network.classes`."""
    @property
    def prediction(self) -> Ints:
        """[sample], places in `classes`"""
    @property
    def goodness(self) -> Floats:
        """[sample, label]; logits under back-propagation, the log-probability of each class where groups of units
        stand for classes; empty where a read-out alone predicts."""
    @property
    def log_probability(self) -> Floats:
        """[sample, label] by the read-out; empty where the model has none."""
    @property
    def populations(self) -> Dict[str, Dict[str, Any]]:
        """Of each population, where groups of units stand for classes: "error", percent by its goodness alone, and
        "mean_goodness" [true class, class]; a view. Else empty."""
    @property
    def error(self) -> float:
        """Percent of predictions that are wrong."""

class Network:
    """A trained network."""

    @property
    def toml(self) -> str: ...
    @property
    def classes(self) -> List[str]:
        """What the labels are called, in their order: classes[label]. Names, or, where the files of the training data count
        from `data.first_label`, the numbers in these as texts; empty where labels are numbers from 0."""
    @property
    def steps(self) -> int: ...
    @property
    def dt_ms(self) -> float: ...
    @property
    def populations(self) -> List[Population]: ...
    def predict(self, x: npt.ArrayLike, threads: int = 0) -> Ints:
        """Labels [sample] of x [sample, input], scaled as the network was trained. They count from 0, whatever
        `data.first_label` is: the file's are `np.array(network.classes)[labels]`."""
    def evaluate(self, x: npt.ArrayLike, y: Union[npt.ArrayLike, Sequence[str]], threads: int = 0) -> Evaluation:
        """Against labels y [sample]: numbers from 0, as `predict` and the run file have them, or texts out of `classes`; and
        no numbers where training samples had names for labels."""
    def simulate(self, x: npt.ArrayLike, labels: Optional[npt.ArrayLike] = None, steps: int = 0,
                 populations: Sequence[str] = ...) -> Dict[str, Dict[str, Floats]]:
        """What happens in every population step by step, [sample, step, unit]: "current", and "membrane" and "spikes"
        or "activation". `labels` [sample] are written into the samples, -1 (the default) for none; `steps` 0: as in
        training."""

def train(model: Union[Model, Path], output: Optional[Path] = None,
          callback: Optional[Callable[[Dict[str, Any]], Optional[bool]]] = None, *,
          overrides: Mapping[str, Any] = ..., threads: int = 0, force: bool = False,
          add: Mapping[str, Any] = ...) -> Network:
    """Trains a model, writes a run file where `output` is given, and returns the trained network.

    `callback` is called after every epoch with what happened in it; the run ends there where it returns False.
    """

def load(run: Path) -> Network:
    """The trained network of a run file."""

def read(run: Path) -> Dict[str, Any]:
    """What is in a run file: title, status, model, provenance, epochs (a list per series), evaluations.

    provenance has text and numbers by name, and two lists of dicts: "data" (role, path, size, sha256) and
    "stretches" (first_epoch, created, version, git_commit, libraries, kernels, kernels_from, threads, threads_from, cpu,
    host, command_line)."""
