"""Images of the data set a run learnt from, and what labels look like in them."""
import functools
import hashlib
import pathlib

import numpy as np

from . import image_files
from .parts import Lacks

KINDS = ("idx", "hdf5", "numpy", "images")


class Images:
    """Images of a split, read one by one: 0 to 1, [row, column]."""

    def __init__(self, run, split, folder=None):
        kind = run.word("data.kind")
        if kind == "csv":
            raise Lacks("Samples of data.kind = \"csv\" are rows of a table, of which no images are drawn.")
        if kind not in KINDS:
            raise Lacks(f"Samples of data.kind = \"{kind}\" are events in time, no images.")
        if split not in ("train", "test"):
            raise Lacks(f"Images of {split} samples lie somewhere among those of training; a test set's are shown.")
        named, name = place_of(run, kind, split)
        if folder is not None:
            named = folder if kind == "images" and folder.name == named.name else folder / named.name
        self.path = existing(run, named)
        check_same(run, split, self.path)
        axes, steps = [str(word) for word in run.option("data.axes", [])], run.option("time.steps", 1)
        self._read = {"idx": lambda: image_files.read_idx(self.path),
                      "hdf5": lambda: image_files.read_hdf5(self.path, name, axes, steps),
                      "numpy": lambda: image_files.read_numpy(self.path, name, axes, steps),
                      "images": lambda: image_files.read_folder(
                          self.path, run.amount("data.background", 0.0, 0, 1))}[kind]()

    def __call__(self, i):
        try:
            return self._read(i)
        except image_files.UNREADABLE as problem:
            raise Lacks(f"{self.path}: image {i} cannot be read: {problem}") from None


def place_of(run, kind, split):
    """(file or folder of a split's samples, their name in it), as the keys of [data] have it."""
    if kind == "idx":
        return pathlib.Path(run.word("data.folder")) / run.word(f"data.{split}_images"), ""
    found = run.option(f"data.{split}", "")
    if isinstance(found, dict):
        return pathlib.Path(str(found.get("x", ""))), "x"
    if kind != "hdf5":
        return pathlib.Path(str(found)), f"x_{split}"
    name = run.word("data.x", "x")
    if split == "test":
        found, name = found or run.option("data.train", ""), run.word("data.test_x") or name
    return pathlib.Path(str(found)), name


def existing(run, named):
    """The file or folder as named, or with .gz added or taken away."""
    if not named.name:
        raise Lacks(f"{run.path}: its model names no data of this split.")
    other = named.with_suffix("") if named.suffix == ".gz" else named.with_name(named.name + ".gz")
    for path in (named, other):
        if path.is_file() or (path.is_dir() and run.word("data.kind") == "images"):
            return path
    raise Lacks(f"{run.path}: the images it learnt from are not at {named}; --data FOLDER says where they are.")


def check_same(run, split, path):
    """Other files under the same name would be images the network never saw."""
    older = run.attribute("provenance", f"sha256 {path.name}")  # before files were known by their role
    expected = {file["sha256"] for file in run.data_files()
                if file["role"] == split and pathlib.Path(file["path"]).name == path.name}
    if not expected and older is not None:
        expected = {str(older)}
    if expected and sha256(path) not in expected:
        raise Lacks(f"{path} is not the file that {run.path} was made from: its SHA-256 differs; "
                    "--data FOLDER names the right one's folder.")


@functools.lru_cache
def sha256(path):
    """Of a file, or of all images of a folder one after the other."""
    digest = hashlib.sha256()
    try:
        for each in image_files.files_of(path) if path.is_dir() else [path]:
            with open(each, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
    except OSError as problem:
        raise Lacks(f"{path}: cannot be read: {problem.strerror}") from None
    return digest.hexdigest()


def with_label(run, image, label):
    """The image as the first population gets it: label in the first inputs, or appended as a row of its own."""
    n_labels = int(run.amount("overlay.n_labels", 10, 2, 256))
    smoothing = run.amount("overlay.smoothing", 0.0, 0, 1)
    code = np.full(n_labels, smoothing / (n_labels - 1))
    code[label] = 1.0 - smoothing
    shown = image.copy()
    if is_appended(run, image.size):
        width = image.shape[1]
        padded = np.zeros(-(-n_labels // width) * width)
        padded[:n_labels] = code
        return np.concatenate([shown, np.full((1, width), 0.5), padded.reshape(-1, width)])
    shown.reshape(-1)[:n_labels] = code
    return shown


def is_appended(run, n_pixels):
    """Whether labels have inputs of their own: what overlay.where = "auto" chose shows in the weights."""
    where, layers = run.word("overlay.where", "auto"), run.layers()
    if where != "auto" or not layers or not run.has(f"populations/{layers[0][0]}/weight"):
        return where == "appended"
    return run.dataset(f"populations/{layers[0][0]}/weight", 2).shape[1] > n_pixels
