"""The same data in HDF5, NumPy's arrays, CSV and PNG images give the same bits; what will not do is refused by name."""
import gzip
import os
import struct
import unittest
import warnings
import zipfile
import zlib

import h5py
import numpy as np

from support import CliTest

def small_model(data, epochs=2):
    """A small network on data of three classes; `data` are the keys of [data]."""
    return f"""
seed = 1
[data]
{data}
[time]
steps = 4
[overlay]
n_labels = 3
where = "appended"
[population.h]
neuron = "lif"
size = 20
[plan]
epochs = {epochs}
batch_size = 50
"""


def png(values, colour=0, bits=8, palette=b"", transparent=b"", interlace=0):
    """A PNG file by its definition: values [row, column(, channel)] of `bits` bits."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + np.asarray(row).astype(">u2" if bits == 16 else ">u1").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", len(values[0]), len(values), bits, colour, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"PLTE", palette) if palette else b"")
            + (chunk(b"tRNS", transparent) if transparent else b"") + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


class DataFormats(CliTest):
    def setUp(self):
        super().setUp()
        numbers = np.random.default_rng(0)
        self.x = numbers.random((120, 12), "f4")
        self.y = (self.x[:, 0] > .5).astype(int) + (self.x[:, 1] > .5)
        self.save("x.h5", self.x, self.y)

    def save(self, name, x, y):
        with h5py.File(self.folder / name, "w") as file:
            file["x"], file["y"] = x, y

    def fit(self, data):
        """The trained weights and the role of each file that provenance names."""
        self.good("run", self.write("m.toml", small_model(data)), "-q", "--force", "-o", "r.h5")
        with h5py.File(self.folder / "r.h5") as file:
            return file["populations/h/weight"][()], file["provenance/data/path"][()]

    def same(self, data, reference='kind = "hdf5"\ntrain = "x.h5"'):
        expected, _ = self.fit(reference)
        found, files = self.fit(data)
        self.assertTrue((expected == found).all(), data)
        return files

    def not_taken(self, data, *words):
        done = self.sim("run", self.write("m.toml", small_model(data)), "-q", "--force", "-o", "r.h5")
        self.assertEqual(done.returncode, 5, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def numpy_is_hdf5(self, save, x=None, y=None, **others):
        save(self.folder / "a.npz", x=self.x if x is None else x, y=self.y if y is None else y, **others)
        self.same('kind = "numpy"\ntrain = "a.npz"')

    def test_numpy_archives(self):
        for save in (np.savez, np.savez_compressed):
            self.numpy_is_hdf5(save)
            self.numpy_is_hdf5(save, x=np.asfortranarray(self.x.astype(">f8")), y=self.y.astype(">i2"))
        self.numpy_is_hdf5(np.savez, y=self.y.astype("f8")[:, None])
        self.numpy_is_hdf5(np.savez, y=np.eye(3)[self.y])

    def test_numpy_arrays_in_files_of_their_own(self):
        np.save(self.folder / "x.npy", np.asfortranarray(self.x))
        np.save(self.folder / "y.npy", self.y.astype("u1"))
        files = self.same('kind = "numpy"\ntrain = { x = "x.npy", y = "y.npy" }')
        self.assertEqual(len(files), 2)
        for name in "xy":
            (self.folder / f"{name}.npy").rename(self.folder / f"{name.upper()}.NPY")
        self.same('kind = "numpy"\ntrain = { x = "X.NPY", y = "Y.NPY" }')
        self.not_taken('kind = "numpy"\ntrain = "X.NPY"', "is one array, samples or labels")
        np.savez(self.folder / "a.npz", x=self.x, y=self.y)
        (self.folder / "a.npz").rename(self.folder / "A.NPZ")
        (self.folder / "x.h5").rename(self.folder / "X.H5")
        reference = 'kind = "hdf5"\ntrain = "X.H5"'
        self.same('kind = "numpy"\ntrain = "A.NPZ"', reference)
        rows = "\n".join(",".join(map(repr, (*map(float, x), int(y)))) for x, y in zip(self.x, self.y))
        self.write("A.CSV.GZ", gzip.compress(rows.encode()))
        self.same('kind = "csv"\ntrain = "A.CSV.GZ"\nlabel = "-1"', reference)
        for data in ("A.NPZ", "X.H5", "A.CSV.GZ"):
            self.good("eval", "r.h5", "--data", data)
        self.assertEqual(self.good("info", "--check", "r.h5").count("whole"), 1)
        (self.folder / "runs").mkdir()
        (self.folder / "r.h5").rename(self.folder / "runs/R.H5")
        self.assertIn("whole", self.good("info", "--check", "runs"))

    def test_numpy_types(self):
        whole = (self.x * 100).astype("u1")
        for dtype in ("?", "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">u8", "<f2", ">f2", ">f4", ">f8"):
            values = (whole > 50) if dtype == "?" else whole.astype(dtype)
            self.save("w.h5", values.astype("f4"), self.y)
            for x in (values, np.asfortranarray(values)):
                np.savez(self.folder / "w.npz", x=x, y=self.y)
                self.same('kind = "numpy"\ntrain = "w.npz"', 'kind = "hdf5"\ntrain = "w.h5"')
        halves = self.x.astype("f2")  # with what is denormal among them
        halves[0, :4] = 2. ** -24, 2. ** -15, -(2. ** -20), 65504
        self.save("w.h5", halves.astype("f4"), self.y)
        np.savez(self.folder / "w.npz", x=halves, y=self.y)
        self.same('kind = "numpy"\ntrain = "w.npz"', 'kind = "hdf5"\ntrain = "w.h5"')

    def test_numpy_names_of_classes(self):
        names = np.array(["ant", "bee", "\N{GREEK SMALL LETTER PSI}"])
        self.numpy_is_hdf5(np.savez, y=names[self.y])
        self.numpy_is_hdf5(np.savez, y=np.array([b"a", b"b", b"c"])[self.y])

    def test_numpy_that_will_not_do(self):
        cases = {
            "Python objects": {"x": np.array([[1, None]], object), "y": self.y[:1]},
            "has the type \"<c8\"": {"x": self.x.astype("c8"), "y": self.y},
            "no finite number": {"x": np.full((3, 2), np.nan), "y": self.y[:3]},
            "it has z": {"z": self.x},
            "records": {"x": np.zeros(3, [("a", "f4")]), "y": self.y[:3]},
        }
        for words, arrays in cases.items():
            np.savez(self.folder / "a.npz", **arrays)
            self.not_taken('kind = "numpy"\ntrain = "a.npz"', words, "a.npz")
        self.write("a.npz", "no archive")
        self.not_taken('kind = "numpy"\ntrain = "a.npz"', "not a zip archive")

    def test_numpy_arrays_of_any_name(self):
        np.savez(self.folder / "a.npz", images=self.x, labels=self.y, held_out=self.x[:30], told=self.y[:30])
        keys = 'kind = "numpy"\ntrain = "a.npz"\nx = "images"\ny = "labels"'
        self.same(keys)
        self.same(f'{keys}\ntest_x = "held_out"\ntest_y = "told"')
        with h5py.File(self.folder / "r.h5") as run:
            self.assertEqual(run["evaluation/test/label"][()].tolist(), self.y[:30].tolist())
        self.not_taken('kind = "numpy"\ntrain = "a.npz"', "it has images, labels, held_out, told; data.x names the samples")
        self.refused(3, "validate", self.write("m.toml", small_model(f'{keys}\ntest_x = "held_out"')), says="data.test_y")
        np.save(self.folder / "x.npy", self.x)
        np.save(self.folder / "y.npy", self.y)
        files = 'kind = "numpy"\ntrain = { x = "x.npy", y = "y.npy" }\nx = "images"'
        self.refused(3, "validate", self.write("m.toml", small_model(files)), says="have files of their own")

    def test_a_plain_x_beside_x_test_is_that_of_training(self):
        for names in (("x_test", "y_test"), ("test_x", "test_y"), ("test_images", "test_labels")):
            np.savez(self.folder / "a.npz", x=self.x, y=self.y, **dict(zip(names, (self.x[:30] / 2, self.y[:30]))))
            self.same('kind = "numpy"\ntrain = "a.npz"\ntest = "a.npz"')
            with h5py.File(self.folder / "r.h5") as run:
                self.assertEqual(run["evaluation/test/label"][()].tolist(), self.y[:30].tolist())

    def test_samples_called_by_a_capital(self):
        for x, y, x_test, y_test in (("X_train", "y_train", "X_test", "y_test"), ("X", "y", "X_test", "Y_test")):
            np.savez(self.folder / "a.npz", **{x: self.x, y: self.y, x_test: self.x[:30] / 2, y_test: self.y[:30]})
            self.same('kind = "numpy"\ntrain = "a.npz"\ntest = "a.npz"')
            with h5py.File(self.folder / "r.h5") as run:
                self.assertEqual(run["evaluation/test/label"][()].tolist(), self.y[:30].tolist())

    def test_labels_of_the_test_set_are_not_put_beside_samples_of_training(self):
        arrays = {"inputs": self.x, "y_train": self.y, "inputs_test": self.x[::-1] / 2, "y_test": self.y[::-1]}
        np.savez(self.folder / "a.npz", **arrays)
        half = 'kind = "numpy"\ntrain = "a.npz"\ntest = "a.npz"\nx = "inputs"'
        self.not_taken(half, "a.npz:inputs: is of training, a.npz:y_test of the test set", "data.test_x names", "inputs_test")
        self.same(f'{half}\ntest_x = "inputs_test"')
        with h5py.File(self.folder / "a.h5", "w") as file:
            for name, array in arrays.items():
                file[name] = array
        half = 'kind = "hdf5"\ntrain = "a.h5"\ntest = "a.h5"\nx = "inputs"\ny = "y_train"\ntest_y = "y_test"'
        self.refused(3, "validate", self.write("m.toml", small_model(half)), says=["names half of a test set", "data.test_x"])
        self.same(f'{half}\ntest_x = "inputs_test"')

    def test_a_plain_y_negative_is_that_of_a_plain_y(self):
        wrong = (self.y + 1) % 3
        with h5py.File(self.folder / "n.h5", "w") as file:
            file["x"], file["y"], file["y_negative"] = self.x, self.y, wrong
        given = '\n[negatives]\nkind = "given"'
        for arrays, keys in (({"x": self.x, "y": self.y, "x_test": self.x[:30], "y_test": self.y[:30]}, 'test = "a.npz"'),
                             ({"x_train": self.x, "y_train": self.y, "x_test": self.x[:30], "y_test": self.y[:30]}, 'test = "a.npz"'),
                             ({"x": self.x, "y": self.y, "t": self.x[:30], "u": self.y[:30]}, 'test_x = "t"\ntest_y = "u"')):
            np.savez(self.folder / "a.npz", y_negative=wrong, **arrays)
            self.same(f'kind = "numpy"\ntrain = "a.npz"\n{keys}{given}', f'kind = "hdf5"\ntrain = "n.h5"{given}')

    def test_archives_are_held_to_their_checksums(self):
        for save in (np.savez, np.savez_compressed):
            save(self.folder / "a.npz", x=self.x, y=self.y)
            whole = (self.folder / "a.npz").read_bytes()
            with zipfile.ZipFile(self.folder / "a.npz") as archive:
                member = archive.getinfo("x.npy")
            damaged = bytearray(whole)
            damaged[member.header_offset + 30 + len("x.npy") + member.compress_size - 40] ^= 1
            self.write("a.npz", bytes(damaged))
            self.not_taken('kind = "numpy"\ntrain = "a.npz"', "a.npz:x.npy", "cannot be unpacked")
        np.save(self.folder / "y.npy", self.y)
        np.save(self.folder / "plain.npy", self.x)
        packed = bytearray(gzip.compress((self.folder / "plain.npy").read_bytes(), 0))
        packed[-2000] ^= 1  # stored, so that only the sum at its end tells
        self.write("x.npy", bytes(packed))
        self.not_taken('kind = "numpy"\ntrain = { x = "x.npy", y = "y.npy" }', "x.npy", "incorrect data check")

    def test_an_archive_with_two_arrays_of_a_name(self):
        np.savez(self.folder / "a.npz", x=self.x, y=self.y)
        with warnings.catch_warnings(), zipfile.ZipFile(self.folder / "a.npz", "a") as archive:
            warnings.simplefilter("ignore")
            archive.writestr("x.npy", b"another")
        self.not_taken('kind = "numpy"\ntrain = "a.npz"', "has 2 arrays x")

    def test_names_of_classes_that_are_not_utf8(self):
        old = [name.encode("latin-1") for name in ("Käfer", "Köfer", "zeck")]
        names = np.array(old)[self.y]
        with h5py.File(self.folder / "n.h5", "w") as file:
            file["x"], file["y"] = self.x, names
        np.savez(self.folder / "n.npz", x=self.x, y=names)
        rows = [line.rsplit(",", 1)[0].encode() + b"," + name for line, name in zip(self.rows().splitlines(), names)]
        images = os.fsencode(self.folder / "images")
        for i, (name, image) in enumerate(zip(names, self.pixels())):
            os.makedirs(os.path.join(images, name), exist_ok=True)
            with open(os.path.join(images, name, b"%03d.png" % i), "wb") as file:
                file.write(png(image))
        for data in ('kind = "hdf5"\ntrain = "n.h5"', 'kind = "numpy"\ntrain = "n.npz"', 'kind = "images"\ntrain = "images"',
                     self.csv(b"\n".join(rows), 'label = "-1"', "wb")):
            self.fit(data)
            with h5py.File(self.folder / "r.h5") as run:
                found = run["evaluation/train/class_name"].asstr()[()].tolist()
                self.assertEqual(found, [name.decode("latin-1") for name in old], data)
                self.assertEqual(run["evaluation/train/label"][()].tolist(), self.y.tolist(), data)
            self.assertIn("Köfer", self.good("eval", "r.h5", "--split", "train"))
        np.savez(self.folder / "n.npz", x=self.x, y=np.array(["a\0b", "a\0c", "d"])[self.y])
        self.not_taken('kind = "numpy"\ntrain = "n.npz"', "a zero byte")

    def test_numpy_headers_that_lie(self):
        def npy(shape, content=b"\0" * 64, descr="<f4"):
            text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
            return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + content
        for shape in ((1 << 62, 4), (1 << 40, 1 << 40), (3, 4), (0, 4), (2**31, 2)):
            with zipfile.ZipFile(self.folder / "a.npz", "w") as archive:
                archive.writestr("x.npy", npy(shape))
                archive.writestr("y.npy", npy((4,), b"\0" * 16, "<i4"))
            self.not_taken('kind = "numpy"\ntrain = "a.npz"', "a.npz:x")

    def csv(self, text, keys="", mode="w"):
        with open(self.folder / "a.csv", mode, **({} if "b" in mode else {"newline": "", "encoding": "utf-8"})) as file:
            file.write(text)
        return f'kind = "csv"\ntrain = "a.csv"\n{keys}'

    def rows(self, separator=",", end="\n", label_first=False):
        fields = [[repr(float(v)) for v in x] for x in self.x]
        fields = [[str(y), *f] if label_first else [*f, str(y)] for f, y in zip(fields, self.y)]
        return end.join(separator.join(f) for f in fields) + end

    def test_csv(self):
        names = [f"f{i}" for i in range(12)]
        self.same(self.csv(",".join([*names, "label"]) + "\n" + self.rows()))
        self.same(self.csv("\ufeff" + ";".join([*names, '"the ""class"""']) + "\r\n" + self.rows(";", "\r\n"),
                           "label = 'the \"class\"'"))
        self.same(self.csv(self.rows("\t"), 'label = "-1"'))
        self.same(self.csv(self.rows(" ", label_first=True), 'label = "1"'))
        # 0, 1, 2 ... as names, as pandas writes columns; and an index that is left out
        lines = self.rows().splitlines()
        indexed = "\n".join(f"{i},{line}" for i, line in enumerate(lines))
        self.same(self.csv(",".join(["", *map(str, range(12)), "label"]) + "\n" + indexed, 'leave_out = [""]'))
        self.same(self.csv(gzip.compress(self.rows().encode()), 'label = "13"', "wb"))
        kinds = [line.rsplit(",", 1)[0] + ',"' + "abc"[y] + '"' for line, y in zip(lines, self.y)]
        self.same(self.csv("\n".join(kinds), 'label = "13"'))

    def test_csv_booleans_are_0_and_1_as_in_hdf5(self):
        whole = self.x > 0.5
        self.save("b.h5", whole, self.y)
        names = ",".join([*(f"f{i}" for i in range(12)), "label"])
        for no, yes in (("False", "True"), ("false", "true"), ("FALSE", "TRUE"), ("0", "True")):
            rows = "\n".join(",".join([*(yes if v else no for v in x), str(y)]) for x, y in zip(whole, self.y))
            for text in (f"{names}\n{rows}", rows):
                self.same(self.csv(text, 'label = "-1"'), 'kind = "hdf5"\ntrain = "b.h5"')
        self.not_taken(self.csv(rows.replace("True", "yes", 1), 'label = "-1"\nheader = "no"'), '"yes" is no finite number')

    def test_csv_whose_columns_are_numbered(self):
        numbered = ",".join(map(str, range(13))) + "\n" + self.rows()  # as pandas calls columns without names
        self.same(self.csv(numbered, 'label = "12"'))
        self.same(self.csv(numbered, 'label = "-1"'))
        self.assertIn('taken for names of columns, as pandas writes them; data.header = "no" makes it a sample',
                      self.good("info", "r.h5"))
        self.same(self.csv(numbered, 'label = "-1"\nheader = "yes"'))
        self.assertNotIn("taken for names", self.good("info", "r.h5"))
        self.not_taken(self.csv(numbered, 'label = "-1"\nheader = "no"'), "label of sample 0 is 12")

    def n_samples(self, text, keys=""):
        self.fit(self.csv(text, keys))
        with h5py.File(self.folder / "r.h5") as file:
            return file["evaluation/train/label"].size

    def test_csv_header_is_told_by_the_inputs(self):
        rows = ".1,.2,.3,.4,{0}\n.5,.4,.3,.1,{1}\n.2,.2,.3,.4,{0}\n"
        words, numbers = rows.format("ant", "bee"), rows.format("A", "1")
        for label in ("label", "-1"):  # 0, 1, 2 ... beside a named column, as pandas writes it
            self.assertEqual(self.n_samples("0,1,2,3,label\n" + words, f'label = "{label}"'), 3)
        self.assertEqual(self.n_samples("0,1,2,3,ant\n" + words, 'label = "-1"'), 4)
        self.assertEqual(self.n_samples("400.5,401,402,403,kind\n" + rows.format("0", "1"), 'label = "-1"'), 3)
        self.assertIn('which alone has the label "kind"', self.good("info", "r.h5"))
        self.assertEqual(self.n_samples(numbers, 'label = "-1"'), 3)  # the second class is a number
        self.assertEqual(self.n_samples("a,1,2,3,4\n" + rows.format("0", "1"), 'label = "-1"'), 3)
        self.assertIn('in which "a" stands beside numbers', self.good("info", "r.h5"))
        self.not_taken(self.csv("?,.2,.3,.4,0\n" + rows.format("0", "1"), 'label = "-1"'), 'line 1, column 1: "?"')
        self.not_taken(self.csv("x,.2,.3,.4,0\n" + rows.format("0", "1"), 'label = "-1"'), '"x" stands beside numbers; data.header')

    def test_csv_names_behind_the_mark_of_savetxt(self):
        names = [*(f"f{i}" for i in range(12)), "label"]
        table = np.column_stack([self.x, self.y])
        for order, delimiter in ((list(range(13)), ","), ([12, *range(12)], ","), ([12, *range(12)], " ")):
            np.savetxt(self.folder / "s.csv", table[:, order], delimiter=delimiter,
                       header=delimiter.join(names[i] for i in order))
            self.same('kind = "csv"\ntrain = "s.csv"')

    def test_csv_columns_that_tell_the_answer_or_the_sample(self):
        twice = "a,label,b,label\n.1,0,.3,0\n.5,1,.3,1\n.2,0,.3,0\n"
        for label in ("label", "2"):
            self.not_taken(self.csv(twice, f'label = "{label}"'), 'columns 2 and 4 are both called "label"')
        self.assertEqual(self.n_samples(twice, 'label = "2"\nleave_out = ["4"]'), 3)
        for name, ids, told in (("Id", "1234", True), ("Id", "1243", False), ("Unnamed: 0", "3142", True)):
            text = f"{name},a,label\n" + "".join(f"{i},{a},{y}\n" for i, a, y in zip(ids, (.1, .3, .2, .6), "0101"))
            self.fit(self.csv(text))
            self.assertEqual(f'column 1 "{name}"' in self.good("info", "r.h5"), told)
            if told:
                self.assertIn(f'data.leave_out = ["{name}"]', self.good("info", "r.h5"))

    def test_a_number_of_a_column_is_text(self):
        data = self.csv(self.rows(), "label = -1")
        self.assertIn('as in label = "-1"', self.sim("validate", self.write("m.toml", small_model(data))).stderr)
        self.write("m.toml", small_model(self.csv(self.rows())))
        self.assertIn("as in --set 'data.label=\"-1\"'", self.sim("validate", "m.toml", "--set", "data.label=-1").stderr)
        self.good("validate", "m.toml", "--set", 'data.label="-1"')

    def test_csv_columns_are_taken_by_name(self):
        names = [*(f"f{i}" for i in range(12)), "label"]
        lines = [names, *(line.split(",") for line in self.rows().splitlines())]
        order = np.random.default_rng(1).permutation(13)

        def test_set(lines):
            self.write("t.csv", "\n".join(",".join(line) for line in lines))
            return self.csv("\n".join(",".join(line) for line in [names, *lines_of_training]), 'test = "t.csv"')

        def measured():
            with h5py.File(self.folder / "r.h5") as run:
                return run["evaluation/test/goodness"][()]
        lines_of_training = lines[1:]
        self.same(test_set(lines))
        expected = measured()
        self.same(test_set([[line[i] for i in order] for line in lines]))
        self.assertTrue((measured() == expected).all())
        self.same(test_set([[line[i] for i in order] + ["id" if line is names else "7"] for line in lines]))
        self.assertTrue((measured() == expected).all())
        self.assertIn("column id is not among those of training", self.good("info", "r.h5"))
        # What is tried later is put into the order of training, too.
        self.write("t.csv", "\n".join(",".join(line[i] for i in order) for line in lines))
        error = self.good_json("eval", "r.h5", "--split", "train", "--json")["error_percent"]
        self.assertEqual(self.good_json("eval", "r.h5", "--data", "t.csv", "--json")["error_percent"], error)
        # Names that are not UTF-8, which the run file keeps, are the same again.
        old = ("größe," + ",".join(names[1:]) + "\n" + "\n".join(",".join(line) for line in lines[1:])).encode("latin-1")
        self.fit(self.csv(old, mode="wb"))
        self.good("eval", "r.h5", "--data", "a.csv")
        # Other names: some of them missing, or none alike.
        self.not_taken(test_set([["g3" if name == "f3" else name for name in names], *lines[1:]]), "t.csv",
                       "no column f3, which training has")
        self.same(test_set([[name.replace("f", "g") for name in names], *lines[1:]]))
        self.assertTrue((measured() == expected).all())
        self.assertIn("taken in their order", self.good("info", "r.h5"))
        # A name that stands twice cannot tell a column.
        self.same(test_set([["f0" if name == "f1" else name for name in names], *lines[1:]]))
        self.assertTrue((measured() == expected).all())
        self.assertIn("a name that stands twice tells none", self.good("info", "r.h5"))

    def test_csv_with_the_lines_of_old_macs(self):
        self.same(self.csv(",".join([*(f"f{i}" for i in range(12)), "label"]) + "\r" + self.rows(end="\r")))
        self.same(self.csv(self.rows(end="\r\r\n"), 'label = "13"'))

    def test_csv_that_will_not_do(self):
        good = "a,b,label\n1,2,0\n3,4,1\n"
        for text, keys, *words in (
                (good + "5,6\n", "", "line 4 has 2 fields"),
                (good + "5,,1\n", "", "line 4, column 2 (\"b\")", "is empty"),
                (good + "nan,6,1\n", "", "line 4, column 1", "no finite number"),
                (good + "x,6,1\n", "", "line 4, column 1"),
                (good + '"1"2,6,1\n', "", "line 4: field 1 goes on"),
                (good + '"1,6,1\n', "", "a quote is opened"),
                (good, 'label = "species"', "the columns are a, b, label"),
                ("1;2;0\n1,5;2;1\n", 'label = "-1"', "line 2", "decimals have a point"),
                (",b,label\n0,1,0\n1,2,1\n", "", "pandas", "leave_out"),
                ("a,b,label\n", "", "no samples"),
                ("", "", "is empty")):
            self.not_taken(self.csv(text, keys), "a.csv", *words)
        self.not_taken(self.csv(good.encode("utf-16"), "", "wb"), "UTF-16")

    def images(self, files):
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return 'kind = "images"\ntrain = "images"'

    def pixels(self):
        bytes_ = (self.x * 255).astype("u1").reshape(-1, 3, 4)
        self.save("x.h5", bytes_.reshape(-1, 12).astype("f8") / 255, self.y)
        return bytes_

    def test_images(self):
        bytes_ = self.pixels()
        names = [f"images/{y}/{i:03}.png" for i, y in enumerate(self.y)]
        # HDF5 takes float32 before it divides, and so do not images: both come to the nearest float32
        grey = {name: png(image) for name, image in zip(names, bytes_)}
        litter = {"images/.DS_Store": b"", "images/0/._000.png": b"x", "images/1/Thumbs.db": b"x",
                  "images/2/desktop.ini": b"x"}
        self.same(self.images({**grey, **litter}))
        self.same(self.images({n: png(np.repeat(i[..., None], 3, 2), 2) for n, i in zip(names, bytes_)}))
        self.same(self.images({n: png(np.stack([i, i * 0 + 255], 2), 4) for n, i in zip(names, bytes_)}))
        self.same(self.images({n: png(i.astype("u2") * 257, bits=16) for n, i in zip(names, bytes_)}))
        palette = bytes(np.repeat(np.arange(256, dtype="u1")[::-1], 3))
        self.same(self.images({n: png(255 - i, 3, palette=palette) for n, i in zip(names, bytes_)}))

    def test_files_beside_the_folders_of_classes_are_told(self):
        names = [f"images/{y}/{i:03}.png" for i, y in enumerate(self.y)]
        where = self.images({name: png(image) for name, image in zip(names, self.pixels())})
        for name, told in (("README.txt", "README.txt stands"), ("LICENSE", "LICENSE and 1 more stand")):
            self.images({f"images/{name}": b"of the data"})
            self.write("m.toml", small_model(where))
            done = self.sim("validate", "m.toml")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(told, done.stderr)
        self.same(where)

    def test_folders_of_images_are_names_in_every_set(self):
        names = np.array(["1", "2", "x"])
        of = self.pixels()
        def folder(kept, place):
            return self.images({f"{place}/{names[y]}/{i:03}.png": png(of[i]) for i, y in enumerate(self.y) if y in kept})
        folder((0, 1, 2), "images")
        folder((0, 1), "few")  # folders 1 and 2 alone: what they were named, not the second and third class
        self.same('kind = "images"\ntrain = "images"\ntest = "few"')
        with h5py.File(self.folder / "r.h5") as run:
            found = run["evaluation/test"]
            self.assertEqual(found["class_name"].asstr()[()].tolist(), names.tolist())
            self.assertEqual(found["label"][()].tolist(), self.y[self.y < 2].tolist())
        folder((2,), "rest")
        (self.folder / "rest/x").rename(self.folder / "rest/3")
        self.not_taken('kind = "images"\ntrain = "images"\ntest = "rest"', '"3"', '"1", "2", "x"')

    def test_image_names_and_transparency(self):
        bytes_ = self.pixels()
        names = [f"images/{'abc'[y]}/{i:03}.PNG" for i, y in enumerate(self.y)]
        seen = np.full_like(bytes_, 7)
        transparent = {n: png(np.stack([s, i], 2), 4) for n, i, s in zip(names, bytes_, seen * 0 + 255)}
        self.same(self.images(transparent))  # white, as opaque as the value: over black, the value

    def test_images_that_will_not_do(self):
        good = png(np.zeros((3, 4)))
        wrong = png(np.zeros((4, 4)))
        bomb = bytearray(good)
        bomb[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
        # more than such a file can hold: deflate packs up to 1032 bytes into one; 8191 x 9025 float32 are 296 MB
        header = struct.pack(">II", 8191, 9025) + bytes([8, 0, 0, 0, 0])
        hollow = good[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + good[33:]
        for name, content, *words in (("1/b.png", wrong, "4 x 4", "one size"), ("1/b.png", good[:-20], "unpacked"),
                                      ("1/b.png", bytes(bomb), "claims"), ("1/b.png", b"GIF89a", "no PNG image"),
                                      ("0/a.png", hollow, "8191 x 9025", f"of {len(hollow)} bytes cannot hold"),
                                      ("0/a.png", good[:-20], "unpacked"), ("0/a.png", good[:26], "unpacked"),
                                      ("0/a.png", good[:25], "within its header"),
                                      ("1/b.jpg", b"", "does not end in .png"), ("b.png", good, "is no folder"),
                                      ("1/README.txt", b"", "does not end in .png")):
            where = self.images({"images/0/a.png": good, "images/1/b.png": good})
            self.images({f"images/{name}": content})
            self.not_taken(where, name, *words)
            (self.folder / "images" / name).unlink()

    def test_black_images_as_small_as_deflate_makes_them(self):
        black = png(np.zeros((1024, 1024)))
        self.assertGreater(1024*1024, 900*len(black))
        where = self.images({"images/0/a.png": black, "images/1/b.png": black})
        self.good("validate", self.write("m.toml", f"[data]\n{where}\n[population.a]\nsize = 2\n"))


if __name__ == "__main__":
    unittest.main()
