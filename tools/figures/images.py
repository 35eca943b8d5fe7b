"""Images of the data set a run learnt from, and what labels look like in them."""
import functools
import gzip
import hashlib
import math
import pathlib
import struct
import zlib

import h5py
import numpy as np

from .parts import Lacks

# The keys of [data] that name a split's file, by data.kind.
KEYS = {"idx": {"train": "train_images", "test": "test_images"}, "hdf5": {"train": "train", "test": "test"}}


class Images:
    """Images of a split, read one by one: 0 to 1, [row, column]."""

    def __init__(self, run, split, folder=None):
        kind = run.word("data.kind")
        if kind not in KEYS:
            raise Lacks(f"Samples of data.kind = \"{kind}\" are events in time, no images.")
        if split not in KEYS[kind]:
            raise Lacks(f"Images of {split} samples lie somewhere among those of training; a test set's are shown.")
        named = pathlib.Path(run.word(f"data.{KEYS[kind][split]}"))
        if kind == "idx":
            named = pathlib.Path(run.word("data.folder")) / named
        if folder is not None:
            named = folder / named.name
        self.path = existing(run, named)
        check_same(run, split, self.path)
        self._read = read_idx(self.path) if kind == "idx" else read_hdf5(self.path)

    def __call__(self, i):
        try:
            return self._read(i)
        except (OSError, EOFError, zlib.error) as problem:
            raise Lacks(f"{self.path}: image {i} cannot be read: {problem}") from None


def existing(run, named):
    """The file as named, or with .gz added or taken away."""
    other = named.with_suffix("") if named.suffix == ".gz" else named.with_name(named.name + ".gz")
    for path in (named, other):
        if path.is_file():
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
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_idx(path):
    def opened():
        return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
    try:
        with opened() as file:
            header = file.read(16)
    except (OSError, EOFError, zlib.error) as problem:
        raise Lacks(f"{path}: cannot be read: {problem}") from None
    if len(header) < 16 or header[:4] != b"\x00\x00\x08\x03":
        raise Lacks(f"{path}: not an IDX file of images")
    n_images, n_rows, n_columns = struct.unpack(">III", header[4:])
    if not 0 < n_rows * n_columns <= 1 << 22:
        raise Lacks(f"{path}: images of {n_rows} x {n_columns} pixels cannot be shown")

    def image(i):
        if not 0 <= i < n_images:
            raise Lacks(f"{path}: has {n_images} images, none with the number {i}")
        with opened() as file:
            file.seek(16 + i * n_rows * n_columns)
            pixels = file.read(n_rows * n_columns)
        if len(pixels) < n_rows * n_columns:
            raise Lacks(f"{path}: ends before image {i}")
        return np.frombuffer(pixels, np.uint8).reshape(n_rows, n_columns) / 255.0
    return image


def read_hdf5(path):
    try:
        with h5py.File(path, "r") as file:
            shape = file["x"].shape
            side = math.isqrt(shape[1]) if len(shape) == 2 else 0
    except (OSError, KeyError, AttributeError) as problem:
        raise Lacks(f"{path}: has no samples at /x: {problem}") from None
    if side == 0 or side * side != shape[1]:
        raise Lacks(f"Samples of {path} have the shape {list(shape[1:])}: no square images.")

    def image(i):
        with h5py.File(path, "r") as file:
            if not 0 <= i < shape[0]:
                raise Lacks(f"{path}: has {shape[0]} samples, none with the number {i}")
            values = np.nan_to_num(file["x"][i].astype(float))
        spread = np.ptp(values) or 1.0
        return (values - values.min()).reshape(side, side) / spread
    return image


def with_label(run, image, label):
    """The image as the first population gets it: label in the first inputs, or appended as a row of its own."""
    n_labels = int(run.amount("overlay.n_labels", 10, 2, 256))
    smoothing = run.amount("overlay.smoothing", 0.0, 0, 1)
    code = np.full(n_labels, smoothing / (n_labels - 1))
    code[label] = 1.0 - smoothing
    shown = image.copy()
    if run.word("overlay.where") == "appended":
        width = image.shape[1]
        padded = np.zeros(-(-n_labels // width) * width)
        padded[:n_labels] = code
        return np.concatenate([shown, np.full((1, width), 0.5), padded.reshape(-1, width)])
    shown.reshape(-1)[:n_labels] = code
    return shown
