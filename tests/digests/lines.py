"""The lines of a run file's digest: one for each array that follows from the model, computed without the program."""

import hashlib

import h5py
import numpy

LEFT_OUT = {"model", "provenance", "status", "training/seconds"}
FOLLOWS_FROM_OTHERS = {"error_low", "error_high", "n_samples"}
NO_VARIABLE = b"This is a netCDF dimension but not a netCDF variable"
NOT_A_NUMBER = {4: 0x7FC00000, 8: 0x7FF8000000000000}


def line(path, values):
    """Path, little-endian type, shape and SHA-256 of the values in C order; what is not a number has one pattern."""
    if values.dtype.kind in "OS":
        kind, content = "text", b"".join(text + b"\0" for text in numpy.ravel(values))
    else:
        values = numpy.array(values, order="C", dtype=values.dtype.newbyteorder("<"))  # a copy, to be changed
        kind = values.dtype.str
        if values.dtype.kind == "f":
            bits = values.reshape(-1).view(f"<u{values.dtype.itemsize}")
            bits[numpy.isnan(values).reshape(-1)] = NOT_A_NUMBER[values.dtype.itemsize]
        content = values.tobytes()
    shape = ",".join(map(str, values.shape))
    return f"{path} {kind} [{shape}] {hashlib.sha256(content).hexdigest()}"


def digest_lines(path):
    """All of them, sorted by path. An object that has two names counts once: by the one that comes first in a walk
    through each group's names in order."""
    found, seen = [], set()

    def enter(group, prefix):
        if prefix == "evaluation" or prefix.startswith("evaluation/"):
            for name, value in group.attrs.items():
                if name not in FOLLOWS_FROM_OTHERS and numpy.asarray(value).dtype.kind in "fiu":
                    found.append((f"{prefix}@{name}", numpy.asarray(value)))
        for name in sorted(group):
            place = f"{prefix}/{name}" if prefix else name
            if place in LEFT_OUT or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            thing = group[name]
            address = h5py.h5o.get_info(thing.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(thing, h5py.Group):
                enter(thing, place)
            elif not is_scale_without_content(thing):
                found.append((place, numpy.asarray(thing[()])))

    with h5py.File(path, "r") as run:
        enter(run, "")
        return sorted(line(place, values) for place, values in found)


def is_scale_without_content(dataset):
    name = dataset.attrs.get("NAME", b"")
    return (name.encode() if isinstance(name, str) else bytes(name)).startswith(NO_VARIABLE)
