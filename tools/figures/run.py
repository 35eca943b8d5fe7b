"""A run file as figures read it: by name, each size and kind checked before memory is asked for."""
import math
import tomllib

import h5py
import numpy as np

from .checked import Checked, Damaged, sums_of
from .parts import Lacks

SONATA_MAGIC = 0x0A7A
# deflate cannot do better than 1 : 1032, so a data set that claims more than it stores is not one of ours
MOST_PER_STORED_BYTE = 1100
NUMBERS, WHOLE_NUMBERS = "iuf", "iu"  # kinds of numpy's types
DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError)  # what h5py raises where a file is damaged


class Unreadable(Exception):
    """A file that is no run file, cannot be opened, or has something in it that cannot be read."""
    code = 4  # what the process answers


class Broken(Unreadable):
    """A run file that is damaged: what it holds no longer is never taken for what it never held."""
    code = 5


def text(value):
    """An attribute or scalar as text, whatever type it was written in."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def opened(path):
    """A run that is still going on holds a lock; what it has flushed can be read all the same. One with --live says
    that it is being written, and takes readers that know (HDF5's SWMR). One that was closed has checksums. Returns the
    file, and what holds it to them, if anything."""
    sums = sums_of(path)
    if sums is not None:
        checked = Checked(path, *sums)
        try:
            return h5py.File(checked, "r"), checked
        except DAMAGE as problem:
            raise Damaged(checked.damage or str(problem)) from None
    return opened_unchecked(path), None


def opened_unchecked(path):
    try:
        return h5py.File(path, "r", locking=False)
    except OSError:
        try:
            return h5py.File(path, "r", locking=False, swmr=True)
        except (OSError, ValueError):
            pass
        raise


class Run:
    def __init__(self, path):
        self.path = path
        if path.exists() and not path.is_file() and not path.is_dir():
            # To open a pipe is to wait for somebody at its other end.
            raise Unreadable(f"{path}: is not a regular file; run files come from snnff-sim run … -o run.h5")
        try:
            self.file, self.checked = opened(path)
        except Damaged as problem:
            raise Broken(f"{path}: {problem}") from None
        except OSError as problem:
            raise Unreadable(f"{path}: {why(path, problem)}") from None
        if not self.has("model") or self.number("", "magic") != SONATA_MAGIC:
            raise Unreadable(f"{path}: an HDF5 file, but not a run file of snnff-sim; one comes from "
                             "snnff-sim run … -o run.h5")
        try:
            self.toml = text(self.file["model"][()])
            self.model = tomllib.loads(self.toml)
        except tomllib.TOMLDecodeError as problem:
            raise Unreadable(f"{path}: /model is no model file: {problem}") from None
        except DAMAGE as problem:
            raise self.broken("model", problem) from None
        self.title = text(self.attribute("", "title", "")) or path.stem
        self.status = text(self.attribute("", "status", "unknown"))
        self.label = self.title  # label_apart makes them differ

    def broken(self, place, problem):
        """What to raise where something that is there cannot be read."""
        damage = self.checked.damage if self.checked is not None else None
        return Broken(f"{self.path}: /{place} cannot be read: {damage or problem}")

    def close(self):
        self.file.close()
        if self.checked is not None:
            self.checked.close()

    def attribute(self, place, name, default=None):
        """A number or text; `default` where there is none, or one of a type that has no numbers or text."""
        return self.attributes(place).get(name, default)

    def attributes(self, place):
        """All attributes of a group or data set that are numbers or text."""
        found, known = self.find(place) if place else self.file, {}
        try:
            for name in found.attrs if found is not None else ():
                try:
                    known[name] = found.attrs[name]
                except (TypeError, ValueError, NotImplementedError):
                    continue  # of a type that NumPy has not
        except DAMAGE as problem:
            raise self.broken(place, problem) from None
        return known

    def data_files(self):
        """[{role, path, size, sha256}] of /provenance/data; none where it is missing or is something else."""
        columns = {}
        for name in ("role", "path", "size", "sha256"):
            found = self.find(f"provenance/data/{name}")
            if not isinstance(found, h5py.Dataset):
                return []
            try:
                values = found[()]
            except DAMAGE as problem:
                raise self.broken(f"provenance/data/{name}", problem) from None
            if np.ndim(values) != 1:
                return []
            columns[name] = [text(value) for value in values]
        return [dict(zip(columns, row)) for row in zip(*columns.values())]

    def number(self, place, name):
        """An attribute that is one finite number, else NaN."""
        value = self.attribute(place, name)
        return float(value) if np.isscalar(value) and not isinstance(value, (str, bytes)) else math.nan

    def numbers(self, place, name):
        value = np.atleast_1d(self.attribute(place, name, []))
        return [float(v) for v in value] if value.ndim == 1 and value.dtype.kind in "iuf" else []

    def find(self, place):
        """A group or data set; None where there is none. One that is there and does not open is damage."""
        found = self.file
        try:
            for name in place.split("/"):
                if not isinstance(found, h5py.Group) or not found.id.links.exists(name.encode()):
                    return None
                if found.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
                    return None  # the program makes no links, and follows none
                found = found[name]
        except DAMAGE as problem:
            raise self.broken(place, problem) from None
        return found

    def option(self, key, default=None):
        """A key of the resolved model, of whatever type; { kind = "x" } and "x" are the same."""
        found = self.model
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found.get("kind", default) if isinstance(found, dict) and "kind" in found else found

    def word(self, key, default=""):
        return str(self.option(key, default))

    def amount(self, key, default, least=0.0, most=1e9):
        """A key that is a number, within bounds that any model has."""
        value = self.option(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise Lacks(f"{self.path}: {key} = {value} in /model; a number from {least:g} to {most:g} is expected")
        return value

    def layers(self):
        """[(name, its table)] of the populations in the model, from the input on."""
        layers = self.model.get("population")
        layers = layers.items() if isinstance(layers, dict) else []
        return [(name, table) for name, table in layers if isinstance(table, dict)]

    def spiking(self):
        return [name for name, table in self.layers() if table.get("neuron") == "lif"]

    def groups(self, place):
        """Names of the groups in a group, in the order they were made; none where it is missing."""
        group = self.find(place)
        try:
            names = list(group) if isinstance(group, h5py.Group) else []
        except DAMAGE as problem:
            raise self.broken(place, problem) from None
        return [name for name in names if isinstance(self.find(f"{place}/{name}"), h5py.Group)]

    def populations(self):
        return self.groups("training") or self.groups("populations") or [name for name, _ in self.layers()]

    def has(self, name):
        return isinstance(self.find(name), h5py.Dataset)

    def size(self, name):
        """How many values a data set has; 0 where there is none."""
        return (self.find(name).size or 0) if self.has(name) else 0

    def stored_bytes(self, name):
        """What a data set's values take in the file, which its index of chunks is read for."""
        try:
            return self.find(name).id.get_storage_size()
        except DAMAGE as problem:
            raise self.broken(name, problem) from None

    def dataset(self, name, n_axes, kinds=NUMBERS):
        """A data set of numbers, not yet read."""
        if not self.has(name):
            raise Lacks(f"{self.path} has no /{name}")
        found = self.find(name)
        if found.shape is None or len(found.shape) != n_axes or found.dtype.kind not in kinds:
            raise Lacks(f"{self.path}: /{name} has the shape {list(found.shape or [])} of {found.dtype}; {n_axes} axes "
                        f"of {'numbers' if 'f' in kinds else 'whole numbers'} are expected")
        n_stored = self.stored_bytes(name)
        if found.size * found.dtype.itemsize > MOST_PER_STORED_BYTE * n_stored:
            raise Lacks(f"{self.path}: /{name} claims {list(found.shape)} values and stores "
                        f"{n_stored} bytes; the file was cut off or is not a run's")
        return found

    def read(self, name, n_axes, rows=slice(None), kinds=NUMBERS):
        found = self.dataset(name, n_axes, kinds)
        try:
            return found[rows]
        except DAMAGE as problem:
            raise self.broken(name, problem) from None

    def labels(self, name, n_labels, n_samples=None):
        """Labels of samples, each of them one of n_labels."""
        labels = self.read(name, 1, kinds=WHOLE_NUMBERS)
        fit = n_samples is None or len(labels) == n_samples
        if labels.size == 0 or not fit or labels.min() < 0 or labels.max() >= n_labels:
            raise Lacks(f"{self.path}: /{name} does not hold a label from 0 to {n_labels - 1} for each sample")
        return labels

    def classes(self, split, n_labels):
        """Names of the labels; their numbers where the data have no names."""
        found = self.find(f"evaluation/{split}/class_name")
        if not isinstance(found, h5py.Dataset) or found.shape != (n_labels,) or h5py.check_string_dtype(found.dtype) is None:
            return [str(label) for label in range(n_labels)]
        try:
            return [text(name) for name in found[()]]
        except DAMAGE as problem:
            raise self.broken(f"evaluation/{split}/class_name", problem) from None

    def test_split(self):
        """The evaluation to look at: on samples the network has not learnt from, if there is one."""
        for split in ("test", "validation", "train"):
            if self.has(f"evaluation/{split}/label"):
                return split
        raise Lacks(f"{self.path} has no evaluation; a run that comes to its end has one")


def why(path, problem):
    """What is wrong with a file that HDF5 does not open, in words for those who do not know HDF5."""
    if not path.exists():
        return "no such file"
    if path.is_dir():
        return "is a folder; name a run file in it"
    if "signature" in str(problem):
        return "not an HDF5 file; run files come from snnff-sim run … -o run.h5"
    if "truncated" in str(problem):
        return "the file was cut off; copy it again or run the model again"
    return problem.strerror or str(problem)


def open_runs(paths):
    runs = [Run(path) for path in paths]
    label_apart(runs)
    return runs


def label_apart(runs):
    """Runs of the same title are told apart by their file's name, and those of one name by its folder, too."""
    titles = [run.title for run in runs]
    stems = [run.path.stem for run in runs]
    for run in runs:
        if titles.count(run.title) > 1:
            name = run.path.stem if stems.count(run.path.stem) == 1 else str(run.path)
            run.label = f"{run.title} ({name})"
