"""Data, initial weights and events that the models of models.py ask for: made of integers alone, so that they are the
same bytes everywhere."""

import pathlib
import struct
import zlib

import h5py
import numpy

U64 = numpy.uint64


def numbers(key, *shape):
    """Whole numbers from 0 to 2^24 - 1 that look random: SplitMix64 of a counter."""
    n = int(numpy.prod(shape))
    with numpy.errstate(over="ignore"):
        z = (numpy.arange(n, dtype=U64) + U64(key) * U64(1 << 32)) * U64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
        z ^= z >> U64(31)
    return (z >> U64(40)).astype(numpy.int64).reshape(shape)


def shares(key, *shape):
    """From 0 to below 1, each exact in float32."""
    return (numbers(key, *shape) / 2.0**24).astype(numpy.float32)


def labels(n, n_labels=10):
    return (numpy.arange(n) * 7 % n_labels).astype(numpy.int32)


def write_samples(path, x, n_labels=10):
    """Every feature that belongs to a sample's label is larger than without."""
    y = labels(len(x), n_labels)
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = x, y
        file["y_negative"] = ((y + 1 + numbers(9, len(y)) % (n_labels - 1)) % n_labels).astype(numpy.int32)


def classes(key, n, n_features):
    mine = (numpy.arange(n_features)[None, :] + labels(n)[:, None]) % 10 == 0
    return shares(key, n, n_features) * numpy.where(mine, 1, 0.5).astype(numpy.float32)


def trains(key, n, n_steps, n_features, percent):
    """1 where an input fires, in so many percent of all steps; twice as often where it belongs to the label."""
    mine = (numpy.arange(n_features)[None, :] + labels(n)[:, None]) % 2 == 0
    percent = numpy.where(mine, 4 * percent / 3, 2 * percent / 3)[:, None, :]
    return (numbers(key, n, n_steps, n_features) * 100 < percent * 2**24).astype(numpy.float32)


def write_weights(path, **sizes):
    with h5py.File(path, "w") as file:
        for key, (name, (units, inputs)) in enumerate(sizes.items()):
            scale = numpy.float32(2.0 ** -(max(inputs.bit_length() // 2 - 1, 0)))
            file[f"populations/{name}/weight"] = (shares(30 + key, units, inputs) - numpy.float32(0.5)) * scale
            file[f"populations/{name}/bias"] = (shares(40 + key, units) - numpy.float32(0.5)) * numpy.float32(0.25)


def write_nir(path, units, inputs):
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.4"
        graph = file.create_group("node")
        graph["type"] = "NIRGraph"
        node = graph.create_group("nodes/first")
        node["type"] = "Affine"
        node["weight"] = (shares(50, units, inputs) - numpy.float32(0.5)) * numpy.float32(0.125)
        node["bias"] = (shares(51, units) - numpy.float32(0.5)) * numpy.float32(0.25)


def write_shd(path, n):
    times = h5py.vlen_dtype(numpy.float16)
    units = h5py.vlen_dtype(numpy.uint16)
    with h5py.File(path, "w") as file:
        at = file.create_dataset("spikes/times", (n,), times)
        of = file.create_dataset("spikes/units", (n,), units)
        for i, label in enumerate(labels(n, 4)):
            when = numpy.sort(numbers(60 + i, 80) % 1024)
            at[i] = (when / 8192.0).astype(numpy.float16)  # up to an eighth of a second
            of[i] = ((numbers(200 + i, 80) % 160 + 170 * int(label) + when // 64) % 700).astype(numpy.uint16)
        file["labels"] = labels(n, 4).astype(numpy.uint16)


def write_nmnist(folder, n_each):
    for split, key in (("Train", 1000), ("Test", 2000)):
        for digit in range(10):
            place = pathlib.Path(folder, split, str(digit))
            place.mkdir(parents=True)
            for i in range(n_each):
                draw = numbers(key + 10 * i + digit, 60, 4)
                events = sorted((t % 16000, x % 34, 3 * digit + y % 5, p & 1) for t, x, y, p in draw.tolist())
                content = b"".join(bytes([x, y]) + (p << 23 | t).to_bytes(3, "big") for t, x, y, p in events)
                (place / f"{10 * i + digit:05}.bin").write_bytes(content)


def write_csv(path, x, y):
    """Whole numbers, which have one value whoever reads them."""
    rows = [",".join(map(str, [*row, label])) for row, label in zip(x.tolist(), y.tolist())]
    path.write_text("\n".join([",".join([*(f"x{i}" for i in range(x.shape[1])), "label"]), *rows]) + "\n")


def write_png(path, grey):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows, columns = grey.shape
    lines = b"".join(b"\0" + row.astype("u1").tobytes() for row in grey)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def write_images(folder, images, y):
    for i, (image, label) in enumerate(zip(images, y)):
        place = pathlib.Path(folder, f"class{label}")
        place.mkdir(parents=True, exist_ok=True)
        write_png(place / f"{i:03}.png", image)


def write_all(folder):
    """Everything that models.py names, into the folder in which its models run."""
    write_samples(folder / "train.h5", classes(1, 1300, 300))
    write_samples(folder / "test.h5", classes(2, 40, 300))
    write_samples(folder / "narrow.h5", classes(3, 120, 21))
    huge = classes(4, 120, 37)
    huge[7] = 3e38
    write_samples(folder / "huge.h5", huge)
    fading = classes(5, 300, 23)
    fading[1:, 11:] = 0.0  # weights of inputs that never come again
    write_samples(folder / "fading.h5", fading)
    write_samples(folder / "sparse.h5", trains(6, 60, 10, 530, 5))
    write_samples(folder / "dense.h5", trains(7, 60, 8, 90, 60))
    ramp = shares(8, 60, 12, 40) * numpy.float32(0.75) + numpy.float32(0.25) * trains(9, 60, 12, 40, 40)
    write_samples(folder / "ramp.h5", ramp)
    write_weights(folder / "init.h5", first=(67, 784), second=(33, 67), third=(10, 33))
    write_nir(folder / "net.nir", 90, 300)
    write_shd(folder / "spoken.h5", 48)
    write_nmnist(folder / "seen", 3)
    numpy.savez(folder / "arrays.npz", x=classes(10, 90, 37), y=labels(90))
    write_csv(folder / "table.csv", numbers(11, 90, 13) >> 16, labels(90, 3))
    write_images(folder / "pictures", numbers(12, 60, 9, 7) >> 16, labels(60, 4))
