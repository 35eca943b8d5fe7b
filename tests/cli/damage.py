"""Single bits of a run file are flipped in what HDF5 guards by checksums, the headers of its groups and data sets:
every reader says what does not open, or answers as for the whole file; none leaves it out."""
import os
import shutil
import unittest

import h5py
import numpy as np

from support import CliTest

MODEL = """
[data]
kind = "hdf5"
train = "d.h5"
test = "d.h5"
[time]
steps = 3
[overlay]
n_labels = 3
[population.first]
neuron = "lif"
size = 8
[population.second]
size = 6
[plan]
epochs = 3
batch_size = 20
[recording]
variables = ["membrane", "spikes"]
samples = [0, 1]
"""
GROUPS = ("populations/first", "report/first", "spikes/second", "evaluation/test", "training/second", "provenance/data")
READERS = {"info": ("info", "run.h5", "--json"), "digest": ("info", "run.h5", "--digest"),
           "compare": ("compare", "run.h5", "--json"), "csv": ("export", "run.h5", "--format", "csv", "-o", "out"),
           "sonata": ("export", "run.h5", "--format", "sonata", "-o", "out"),
           "nir": ("export", "run.h5", "--format", "nir", "-o", "out")}


def make_data(folder):
    random = np.random.default_rng(0)
    with h5py.File(folder / "d.h5", "w") as data:
        data["x"] = random.random((40, 36), dtype="f4")
        data["y"] = np.arange(40) % 3


def headers(path):
    """{name of a group or data set: (first byte, length)} of the first block of its header, from its mark to its
    checksum."""
    found = {}
    content = path.read_bytes()

    def take(name, item):
        first = h5py.h5o.get_info(item.id).addr
        if content[first:first + 4] != b"OHDR":
            return
        flags = content[first + 5]
        at = first + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        found[name] = (first, at + width + int.from_bytes(content[at:at + width], "little") + 4 - first)
    with h5py.File(path) as run:
        run.visititems(take)
    return found


def tree(path):
    """Bytes of the files of a folder, or the arrays of an HDF5 file."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: str(np.asarray(item[()]).tolist())})
                        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" else found.update({name: ""}))
    return found


class Damage(CliTest):
    def setUp(self):
        super().setUp()
        make_data(self.folder)
        self.write("m.toml", MODEL)
        self.good("run", "m.toml", "-q", "-o", "run.h5")
        self.run_file = self.folder / "run.h5"

    def answer(self, reader):
        out = self.folder / "out"
        done = self.sim(*READERS[reader])
        made = tree(out) if done.returncode == 0 and out.exists() else {}
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        return done, made

    def flip(self, at, bit):
        with open(self.run_file, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << bit]))

    def hold_to(self, right, reader, where):
        done, made = self.answer(reader)
        if done.returncode == 0:
            self.assertEqual((done.stdout, made), (right[reader][0].stdout, right[reader][1]), f"{reader}: {where}")
            return 0
        self.assertIn(done.returncode, (4, 5), f"{reader}: {where}: {done.stderr}")
        self.assertIn("run.h5", done.stderr, f"{reader}: {where}")
        return 1

    def test_a_bit_in_a_header_is_told_or_changes_nothing(self):
        right = {reader: self.answer(reader) for reader in READERS}
        self.assertEqual({reader: done.returncode for reader, (done, _) in right.items()}, dict.fromkeys(READERS, 0))
        found = headers(self.run_file)
        self.assertGreater(len(found), 50)
        random, told = np.random.default_rng(7), 0
        names = [*GROUPS, *random.choice(sorted(set(found) - set(GROUPS)), int(os.environ.get("SNNFF_FLIPS", "30")))]
        for name in names:
            first, length = found[name]
            at, bit = first + int(random.integers(length)), int(random.integers(8))
            self.flip(at, bit)
            told += sum(self.hold_to(right, reader, f"/{name}, byte {at - first}, bit {bit}") for reader in READERS)
            self.flip(at, bit)
        # Each of GROUPS is read by two readers at least.
        self.assertGreaterEqual(told, 2*len(GROUPS))

    def test_what_does_not_open_is_named(self):
        found = headers(self.run_file)
        for name, readers in (("populations/first", ("info", "digest", "compare", "nir")),
                              ("report/first", ("info", "digest", "csv", "sonata")),
                              ("spikes/second", ("info", "digest", "csv", "sonata")),
                              ("evaluation/test", ("info", "digest", "compare")),
                              ("training/second", ("info", "digest", "compare", "csv"))):
            self.flip(found[name][0] + 8, 0)
            for reader in readers:
                done, _ = self.answer(reader)
                self.assertIn(done.returncode, (4, 5), f"{reader}: {name}: {done.stdout}")
                self.assertIn("checksum", done.stderr, f"{reader}: {name}")
                for part in name.split("/"):
                    self.assertIn(part, done.stderr, f"{reader}: {name}")
            self.flip(found[name][0] + 8, 0)


if __name__ == "__main__":
    unittest.main()
