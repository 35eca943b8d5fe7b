"""A network tried on, and a run gone on with, data of every kind that are elsewhere than they were."""
import shutil
import struct
import unittest

import h5py
import numpy as np

from data_formats import png, small_model
from support import CliTest

NAMES = np.array(["ant", "bee", "cat"])
CLASSES = 'classes = ["ant", "bee", "cat"]'
KEYS = {"hdf5": 'kind = "hdf5"\ntrain = "data/d.h5"\ntest = "data/d.h5"',
        "numpy": 'kind = "numpy"\ntrain = "data/d.npz"\ntest = "data/d.npz"',
        "arrays": 'kind = "numpy"\ntrain = { x = "data/x.npy", y = "data/y.npy" }\ntest = { x = "data/x.npy", y = "data/y.npy" }',
        "csv": 'kind = "csv"\ntrain = "data/d.csv"\ntest = "data/d.csv"',
        "images": 'kind = "images"\ntrain = "data/images"\ntest = "data/images"',
        "idx": f'kind = "idx"\nfolder = "data/idx"\ntest_images = "train-images-idx3-ubyte"\n'
               f'test_labels = "train-labels-idx1-ubyte"\n{CLASSES}'}
PLACES = {"hdf5": "d.h5", "numpy": "d.npz", "csv": "d.csv", "images": "images", "idx": "idx"}


def save(folder, bytes_, y):
    """The same images under all names and in all formats."""
    x = (bytes_ / 255).astype("f4").reshape(len(y), -1)
    folder.mkdir()
    with h5py.File(folder / "d.h5", "w") as file:
        file["x"] = x
        file.create_dataset("y", data=NAMES[y].astype(object), dtype=h5py.string_dtype())
    np.savez(folder / "d.npz", x=x, y=NAMES[y])
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", NAMES[y])
    rows = [",".join([*(repr(float(v)) for v in row), NAMES[label]]) for row, label in zip(x, y)]
    names = ",".join([*(f"f{i}" for i in range(x.shape[1])), "label"])
    (folder / "d.csv").write_text("\n".join([names, *rows]) + "\n")
    for i, (image, label) in enumerate(zip(bytes_, y)):
        (folder / "images" / NAMES[label]).mkdir(parents=True, exist_ok=True)
        (folder / "images" / NAMES[label] / f"{i:03}.png").write_bytes(png(image))
    (folder / "idx").mkdir()
    for split in ("train", "t10k"):
        (folder / "idx" / f"{split}-images.idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *bytes_.shape) + bytes_.tobytes())
        (folder / "idx" / f"{split}-labels.idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(y)) + bytes(y.tolist()))


class DataElsewhere(CliTest):
    def setUp(self):
        super().setUp()
        numbers = np.random.default_rng(0)
        self.bytes = numbers.integers(0, 256, (160, 3, 4), "u1")
        flat = self.bytes.reshape(160, 12)
        self.y = (flat[:, 0] > 127).astype(int) + (flat[:, 1] > 127)
        save(self.folder / "data", self.bytes, self.y)

    def run_of(self, kind, name="r.h5", epochs=3, code=0, options=()):
        model = self.write("m.toml", small_model(f"{KEYS[kind]}\nn_train = 150\nn_test = 40", epochs))
        done = self.sim("run", model, "-q", "--force", "-o", name, *options)
        self.assertEqual(done.returncode, code, done.stderr)

    def test_what_is_said_of_other_data_can_be_done(self):
        x = (self.bytes / 255).astype("f4").reshape(160, 12)
        with h5py.File(self.folder / "data/both.h5", "w") as file:
            file["train/x"], file["train/y"], file["test/x"], file["test/y"] = x, self.y, x[:40], self.y[:40]
        with h5py.File(self.folder / "matlab.h5", "w") as file:
            file["x"], file["y"] = x.T, self.y[None]
        with h5py.File(self.folder / "plain.h5", "w") as file:
            file["x"], file["y"] = x, self.y
        np.savez(self.folder / "images.npz", x=x.reshape(160, 3, 4), y=self.y)
        np.savez(self.folder / "from1.npz", x=x, y=self.y + 1)
        names = 'kind = "hdf5"\ntrain = "data/both.h5"\nx = "train/x"\ny = "train/y"\ntest_x = "test/x"\ntest_y = "test/y"'
        self.good("run", self.write("m.toml", small_model(names)), "-q", "-o", "r.h5")
        expected = self.good_json("eval", "r.h5", "--json", "--data", "plain.h5")  # though its sets have other names
        self.assertEqual(np.sum(expected["confusion"], 1).tolist(), np.bincount(self.y, minlength=3).tolist())
        for data, keys, said in (("matlab.h5", ['x="x"', 'y="y"', 'test_x=""', 'test_y=""', 'axes=["feature", "sample"]'], 'data.axes = ["feature", "sample"]'),
                                 ("images.npz", ['axes=["sample", "row", "column"]'], 'data.axes = ["sample", "row", "column"]'),
                                 ("from1.npz", ["first_label=1"], "data.first_label = 1")):
            with self.subTest(data):
                self.refused(5, "eval", "r.h5", "--data", data, says=said)
                answer = self.good_json("eval", "r.h5", "--json", "--data", data, *(f"--set=data.{key}" for key in keys))
                self.assertEqual(answer["confusion"], expected["confusion"])
        self.good("trace", "r.h5", "--data", "from1.npz", "--set", "data.first_label=1", "-o", "t.h5")
        self.refused(2, "eval", "r.h5", "--data", "plain.h5", "--set", "time.steps=3", says="the network is as it was trained")
        self.good("run", self.write("m.toml", small_model('kind = "hdf5"\ntrain = "matlab.h5"\naxes = ["feature", "sample"]')), "-q", "-o", "r.h5", "--force")
        self.refused(5, "eval", "r.h5", "--data", "plain.h5", says='data.axes = ["feature", "sample"] makes 12 samples, and labels the shape [160]')

    def test_a_network_takes_data_of_every_kind(self):
        other = np.random.default_rng(1).permutation(160)[:70]  # more than data.n_test
        save(self.folder / "other", self.bytes[other], self.y[other])
        for kind in KEYS:
            self.run_of(kind)
            answers = [self.good_json("eval", "r.h5", "--json", "--data", f"other/{place}") for place in PLACES.values()]
            for answer, place in zip(answers, PLACES):
                with self.subTest(of=kind, on=place):
                    self.assertEqual(answer["samples"], 70)
                    self.assertEqual(np.sum(answer["confusion"], 1).tolist(), np.bincount(self.y[other], minlength=3).tolist())
                    self.assertEqual(answer["confusion"], answers[0]["confusion"])
                    self.assertEqual(answer["classes"], NAMES.tolist())

    def test_numbers_that_are_taken_for_places_among_names_are_said(self):
        for kind, told in (("hdf5", True), ("idx", False)):  # data.classes of the latter names numbers
            self.run_of(kind, epochs=1)
            said = self.sim("eval", "r.h5", "--data", "data/idx").stderr
            self.assertEqual('0 is taken for the first of "ant", "bee", "cat", and so on' in said, told, said)

    def test_names_that_the_run_does_not_have(self):
        with h5py.File(self.folder / "data/d.h5", "w") as file:
            file["x"], file["y"] = (self.bytes / 255).reshape(160, -1), self.y
        self.run_of("hdf5")
        self.refused(5, "eval", "r.h5", "--data", "data/d.npz", says=("data/d.npz", '"ant"', "numbers"))
        self.run_of("csv")
        np.savez(self.folder / "wasps.npz", x=self.bytes.reshape(160, -1), y=np.array(["ant", "wasp"])[self.y % 2])
        self.refused(5, "eval", "r.h5", "--data", "wasps.npz", says=("wasps.npz", '"wasp"'))
        self.refused(2, "eval", "r.h5", "--data", "data/x.npy", says=("data/x.npy", ".npz"))

    def test_samples_of_another_size_are_blamed_for_it(self):
        self.run_of("hdf5")
        np.savez(self.folder / "narrow.npz", x=self.bytes.reshape(160, -1)[:, :11], y=NAMES[self.y])
        for verb in (("eval", "r.h5"), ("trace", "r.h5", "-o", "t.h5")):
            self.refused(5, *verb, "--data", "narrow.npz", says=("narrow.npz: samples have 11 inputs", "trained on 12"))

    def test_moved_data(self):
        for kind in KEYS:
            with self.subTest(kind=kind):
                self.run_of(kind)
                (self.folder / "cut.h5").unlink(missing_ok=True)
                self.run_of(kind, "whole.h5", epochs=2000)
                self.run_of(kind, "cut.h5", epochs=2000, code=124, options=("--max-time", "0.05s"))
                (self.folder / "deep/er").mkdir(parents=True)
                shutil.move(self.folder / "data", self.folder / "deep/er/moved")
                try:
                    self.refused(4, "reproduce", "r.h5", "-q", says=("data",))
                    self.good("reproduce", "r.h5", "-q", "--data", "deep/er/moved")
                    self.good("resume", "cut.h5", "-q", "--data", "deep/er/moved")
                    self.assertEqual(self.digest("cut.h5"), self.digest("whole.h5"))
                    place = "deep/er/moved" if kind == "arrays" else f"deep/er/moved/{PLACES[kind]}"
                    self.good("reproduce", "r.h5", "-q", "--data", f"train={place}", "--data", f"test={place}")
                    if kind == "arrays":
                        self.refused(2, "reproduce", "r.h5", "-q", "--data", "train=deep/er/moved/x.npy", says=("folder",))
                finally:
                    shutil.move(self.folder / "deep/er/moved", self.folder / "data")
                    shutil.rmtree(self.folder / "deep")

    def digest(self, name):
        with h5py.File(self.folder / name) as file:
            return file.attrs["digest"]


if __name__ == "__main__":
    unittest.main()
