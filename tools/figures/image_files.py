"""Files of images, of every kind that the program reads: a function each that gives image i as [row, column]."""
import gzip
import math
import struct
import zlib

import h5py
import numpy as np

from .parts import Lacks

MOST_PIXELS = 1 << 22
SYSTEM_FILES = ("thumbs.db", "desktop.ini", "__macosx")
UNREADABLE = (OSError, EOFError, zlib.error, KeyError, ValueError, TypeError, RuntimeError)


def read_idx(path):
    def opened():
        return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
    try:
        with opened() as file:
            header = file.read(16)
    except UNREADABLE as problem:
        raise Lacks(f"{path}: cannot be read: {problem}") from None
    if len(header) < 16 or header[:4] != b"\x00\x00\x08\x03":
        raise Lacks(f"{path}: not an IDX file of images")
    n_images, n_rows, n_columns = struct.unpack(">III", header[4:])
    if not 0 < n_rows * n_columns <= MOST_PIXELS:
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


def read_hdf5(path, name, axes, steps):
    def opened(file):
        found = file.get(name)
        if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "iufb":
            raise Lacks(f"{path}: has no numbers at /{name}")
        return found
    try:
        with h5py.File(path, "r") as file:
            words = words_of(path, opened(file).shape, axes, steps)
    except UNREADABLE as problem:
        raise Lacks(f"{path}: cannot be read: {problem}") from None

    def image(i):
        with h5py.File(path, "r") as file:
            return of_array(path, opened(file), words, i)
    return image


def read_numpy(path, name, axes, steps):
    """An .npy file, or an array of an .npz; `name` is "x_train" or the like."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(array, np.lib.npyio.NpzFile):
            which = name.removeprefix("x_")
            called = [each for each in ("x", name, f"{which}_x", f"{which}_images") if each in array.files]
            if not called:
                raise Lacks(f"{path}: has no array x nor {name}")
            array = array[called[0]]
    except UNREADABLE as problem:
        raise Lacks(f"{path}: cannot be read: {problem}") from None
    if array.dtype.kind not in "iufb":
        raise Lacks(f"{path}: holds no numbers")
    words = words_of(path, array.shape, axes, steps)
    return lambda i: of_array(path, array, words, i)


def read_folder(path, background):
    """A folder for each class; images by name of the file and then of the class, as the program numbers them."""
    try:
        from matplotlib.image import imread
    except ImportError:
        raise Lacks(f"Images in {path} are drawn where matplotlib is installed.") from None
    files = files_of(path)

    def image(i):
        if not 0 <= i < len(files):
            raise Lacks(f"{path}: has {len(files)} images, none with the number {i}")
        pixels = np.asarray(imread(files[i]), float)
        if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
            opaque = pixels[..., -1:]
            pixels = opaque * pixels[..., :-1] + (1 - opaque) * background
        return grey(pixels)
    return image


def files_of(path):
    def entries(folder):
        return [each for each in folder.iterdir()
                if not each.name.startswith(".") and each.name.lower() not in SYSTEM_FILES]
    try:
        found = [(file.name.encode(errors="surrogateescape"), folder.name, file)
                 for folder in entries(path) for file in entries(folder)]
    except OSError as problem:
        raise Lacks(f"{path}: cannot be read: {problem}") from None
    return [file for _, _, file in sorted(found)]


def words_of(path, shape, axes, steps):
    """What the axes of an array are, as the program takes them."""
    if axes:
        long = [axis for axis in range(len(shape)) if len(shape) == len(axes) or shape[axis] != 1]
        if len(long) != len(axes):
            raise Lacks(f"{path}: has the shape {list(shape)}; data.axes names {len(axes)}: {', '.join(axes)}")
        words = ["one"] * len(shape)
        for axis, word in zip(long, axes):
            words[axis] = word
    elif len(shape) == 3 and shape[1] == steps:
        words = ["sample", "step", "feature"]
    elif len(shape) == 4 and 1 in (shape[1], shape[3]):
        words = ["sample", "one", "row", "column"] if shape[1] == 1 else ["sample", "row", "column", "one"]
    else:
        words = ["sample"] + ["feature" if size != 1 else "one" for size in shape[1:]]
        if len(shape) == 2:
            words[1] = "feature"
    if "step" in words:
        raise Lacks(f"Samples of {path} are series over time, no images.")
    if words.count("sample") != 1 or words.count("feature") > 1:
        raise Lacks(f"Samples of {path} have the shape {list(shape)}: no images.")
    return words


def of_array(path, array, words, i):
    n = array.shape[words.index("sample")]
    if not 0 <= i < n:
        raise Lacks(f"{path}: has {n} samples, none with the number {i}")
    values = np.asarray(array[tuple(i if word == "sample" else 0 if word == "one" else slice(None) for word in words)])
    left = [word for word in words if word not in ("sample", "one")]
    values = np.nan_to_num(values.astype(float))
    spread = np.ptp(values) or 1.0
    values = (values - values.min()) / spread
    if "row" in left:
        values = values.transpose([left.index(word) for word in ("row", "column", "channel") if word in left])
        return grey(values)
    side = math.isqrt(values.size)
    if left != ["feature"] or side * side != values.size or side < 2:
        raise Lacks(f"Samples of {path} have the shape {list(values.shape)}: no square images; data.axes says which "
                    "axes are rows and columns.")
    return values.reshape(side, side)


def grey(pixels):
    """As the program weighs red, green and blue; of other numbers of channels, the mean."""
    if pixels.ndim == 2:
        return pixels
    return pixels @ [0.299, 0.587, 0.114] if pixels.shape[2] == 3 else pixels.mean(axis=2)
