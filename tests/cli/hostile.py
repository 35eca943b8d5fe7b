"""Files that ask for more memory than they are worth are refused with a message, under a limit that would end
the program if it made room first."""
import gzip
import resource
import struct
import unittest
import zlib

import h5py
import numpy

from support import CliTest

LIMIT = 1536 << 20
MODEL = """
[data]
kind = "hdf5"
train = "x.h5"
[population.a]
size = 10
"""


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


def write_zeros(group, name, shape, rows_per_chunk, dtype):
    """A data set of zeros that takes next to nothing on disk."""
    chunk = (rows_per_chunk, *shape[1:])
    packed = zlib.compress(numpy.zeros(chunk, dtype).tobytes(), 1)
    data = group.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip")
    for first in range(0, shape[0], rows_per_chunk):
        data.id.write_direct_chunk((first, *(0 for _ in shape[1:])), packed)


class Memory(CliTest):
    def write_idx(self, images):
        self.write("images.gz", images)
        self.write("labels", struct.pack(">II", 0x801, 3) + bytes(3))
        return self.write("bomb.toml", '[data]\nfolder = "."\ntrain_images = "images.gz"\n'
                          'train_labels = "labels"\ntest_images = ""\n[population.a]\nsize = 10\n')

    def test_a_gzip_bomb_behind_a_small_header(self):
        zeros = gzip.compress(bytes(64 << 20))
        images = gzip.compress(struct.pack(">IIII", 0x803, 3, 2, 2)) + 64*zeros  # 4 GiB
        self.refused(5, "validate", self.write_idx(images), preexec_fn=limited,
                     says=["header promises 3 images (28 bytes)", "unpacks to more"])

    def test_a_gzip_bomb_behind_a_header_that_agrees(self):
        n = 512 << 20
        images = gzip.compress(struct.pack(">IIII", 0x803, n >> 20, 1024, 1024)) + 8*gzip.compress(bytes(64 << 20))
        model = self.write_idx(images)
        self.write("labels", struct.pack(">II", 0x801, n >> 20) + bytes(n >> 20))
        self.refused(5, "validate", model, preexec_fn=limited,
                     says=["512 samples of 1048576 inputs take 2.0 GiB", "this machine has 1.5 GiB"])

    def test_a_data_set_of_zeros(self):
        with h5py.File(self.folder / "x.h5", "w") as file:
            write_zeros(file, "x", (1 << 19, 1000), 1 << 13, "<f4")  # 2 GB
            file["y"] = numpy.zeros(1 << 19, "u1")
        self.assertLess((self.folder / "x.h5").stat().st_size, 16 << 20)
        model = self.write("zeros.toml", MODEL)
        self.refused(5, "validate", model, preexec_fn=limited, says=["524288 samples of 1000 inputs", "2.0 GiB"])
        self.good("validate", model, "--set", "data.n_train=100", preexec_fn=limited)

    def test_a_run_of_fifty_million_epochs(self):
        self.good("run", self.model, "-q", "-o", "run.h5")
        with h5py.File(self.folder / "run.h5", "r+") as file:
            del file["training/epoch"]
            write_zeros(file, "training/epoch", (50_000_000,), 1_000_000, "<i8")
        self.refused(4, "info", "run.h5", preexec_fn=limited,
                     says=["/training: 50000000 epochs of 2 populations are more than this machine can hold"])

    def test_weights_that_the_model_in_a_run_has_larger(self):
        self.good("run", self.model, "-q", "-o", "run.h5")
        with h5py.File(self.folder / "run.h5", "r+") as file:
            model = file["model"][()].decode().replace("size = 20\n", "size = 1000000\n")
            file["model"][()] = model
        self.refused(5, "eval", "run.h5", preexec_fn=limited,
                     says=["/populations/hidden1/weight: has the shape [20, 784]", "[1000000, 784]"])

    def test_a_model_that_no_machine_holds(self):
        self.refused(3, "run", self.model, "--set", "population.hidden1.size=1000000",
                     "--set", "population.hidden2.size=1000000", preexec_fn=limited,
                     says=['population "hidden1"', "1000000 units of 784 inputs", "population.hidden1.size"])
        self.refused(3, "run", self.model, "--set", "population.hidden1.size=100000", "--set",
                     "negatives.per_positive=9", "--set", "plan.batch_size=0", "--set", "learning.optimizer=sgd",
                     preexec_fn=limited, says=["training would take about", "plan.batch_size"])
        self.refused(3, "run", self.model, "--set", "population.hidden1.size=2000000000", says="1000000")
        self.refused(3, "run", self.model, "--set", "time.steps=1000000000000", says="1000000")
        self.assertEqual(self.files(), ["small.toml"])


class Paths(CliTest):
    def test_a_population_is_no_path(self):
        for name in ("../x", "/etc/passwd", "..", "a/b"):
            model = self.write("named.toml", f'[population.a]\n[population."{name}"]\n')
            self.refused(3, "run", model, says="is not a name")
        self.assertEqual(self.files(), ["named.toml", "small.toml"])


class Terminal(CliTest):
    def test_text_of_a_file_does_not_steer_the_terminal(self):
        self.good("run", self.model, "-q", "-o", "run.h5")
        evil = "red \x1b[31m, bell \a, window \x1b]0;x\a, back\r, one \x9b31m"
        with h5py.File(self.folder / "run.h5", "r+") as file:
            file.attrs["title"] = evil
            file["provenance"].attrs["cpu"] = evil
            file.move("evaluation/test", "evaluation/" + evil)
        said = self.good("info", "run.h5")
        self.assertIn(r"red \x1b[31m, bell \x07", said)
        self.assertIn(r"back\x0d, one \x9b31m", said)
        self.assertEqual([c for c in said if c < " " and c != "\n" or "\x7f" <= c < "\xa0"], [])
        with h5py.File(self.folder / "run.h5", "r+") as file:
            del file[f"evaluation/{evil}/label"]
        self.refused(4, "info", "run.h5", says=[r"evaluation/red \x1b[31m"])


if __name__ == "__main__":
    unittest.main()
