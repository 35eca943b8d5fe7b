"""Labels and arrays as people have them in HDF5 files: read alike, named, or refused with the key that would do."""
import unittest

import h5py
import numpy

from support import CliTest

MODEL = """
seed = 1
[data]
kind = "hdf5"
train = "x.h5"
{data}
[time]
steps = 5
[overlay]
n_labels = 3
where = "appended"
[population.h]
size = 20
[plan]
epochs = 2
batch_size = 20
"""
RANDOM = numpy.random.default_rng(0)
X = RANDOM.random((60, 36)).astype("f4")
Y = numpy.arange(60) % 3
PETS = numpy.array(["eel", "cat", "dog"])  # in ascending order these are classes 2, 0 and 1


class Labels(CliTest):
    def store(self, name="x.h5", **sets):
        with h5py.File(self.folder / name, "w") as file:
            for key, value in sets.items():
                file[key.replace("__", "/")] = value

    def train(self, data="", *, code=0):
        (self.folder / "m.toml").write_text(MODEL.format(data=data), encoding="utf-8")
        command = ("run", "m.toml", "-q", "--force", "-o", "r.h5")
        if code:
            return self.refused(code, *command)
        self.good(*command)
        return self.outcome()

    def outcome(self):
        with h5py.File(self.folder / "r.h5") as run:
            group = run["evaluation/train"]
            return (group["goodness"][()].tobytes(), group["label"][()].tolist(),
                    group["class_name"].asstr()[()].tolist() if "class_name" in group else None)

    def test_a_class_needs_a_name_where_others_have_one(self):
        self.store(x=X, y=Y)
        said = self.train('classes = ["a", "b"]', code=5)
        self.assertIn("sample 2 has the label 2, and data.classes names 2 classes", said)
        self.assertEqual(self.train('classes = ["a", "b", "c"]')[2], ["a", "b", "c"])

    def test_names_of_an_enumeration_end_without_blanks(self):
        kinds = h5py.enum_dtype({"eel ": 0, "cat": 1, "d\xf6g\n": 2}, basetype="i4")
        with h5py.File(self.folder / "x.h5", "w") as file:
            file["x"] = X
            file.create_dataset("y", data=Y.astype("i4"), dtype=kinds)
        self.assertEqual(self.train()[1:], (Y.tolist(), ["eel", "cat", "d\xf6g"]))

    def test_the_same_labels_in_any_form_lead_to_the_same_run(self):
        self.store(x=X, y=Y)
        expected = self.train()
        self.assertEqual(expected[1], Y.tolist())
        forms = [Y.astype("f8"), Y.astype("f2"), Y[None, :], Y[:, None], numpy.eye(3)[Y], numpy.eye(3, dtype=bool)[Y],
                 numpy.eye(3)[Y].T]
        for form in forms:
            self.store(x=X, y=form)
            self.assertEqual(self.train(), expected, f"{form.dtype} {form.shape}")
        self.store(x=X, y=Y + 1)
        self.assertEqual(self.train("first_label = 1"), (*expected[:2], ["1", "2", "3"]))
        self.assertIn("data.first_label = 1 would do", self.train(code=5))

    def test_the_same_inputs_in_any_form_lead_to_the_same_run(self):
        bits = X > 0.5
        self.store(x=bits.astype("f4"), y=Y)
        expected = self.train()
        for form in (bits, bits.astype("f2"), bits[:, None, :], bits[:, :, None], bits[None], bits.reshape(60, 1, 6, 6),
                     bits.reshape(60, 6, 6, 1)):
            self.store(x=form, y=Y)
            self.assertEqual(self.train(), expected, f"{form.dtype} {form.shape}")
        self.store(x=bits.T, y=Y)
        self.assertIn('data.axes = ["feature", "sample"] would do', self.train(code=5))
        self.assertEqual(self.train('axes = ["feature", "sample"]'), expected)
        self.store(x=bits.reshape(60, 6, 6), y=Y)
        self.assertIn('data.axes = ["sample", "row", "column"]', self.train(code=5))
        self.assertEqual(self.train('axes = ["sample", "row", "column"]'), expected)

    def test_axes_of_length_1_change_no_meaning(self):
        series = RANDOM.random((60, 5, 4)).astype("f4")

        def train_as(form, data=""):
            self.store(x=form, y=Y)
            found = self.train(data)
            numpy.savez(self.folder / "x.npz", x=form, y=Y)
            text = MODEL.format(data=data).replace('"hdf5"', '"numpy"').replace("x.h5", "x.npz")
            self.good("run", self.write("n.toml", text), "-q", "--force", "-o", "r.h5")
            self.assertEqual(self.outcome(), found)
            return found
        expected = train_as(series)
        self.assertNotEqual(train_as(series.reshape(60, 20)), expected)
        for shape in ((60, 5, 4, 1), (60, 1, 5, 4), (60, 5, 1, 4), (60, 5, 2, 2), (1, 60, 5, 4), (1, 1, 60, 5, 4), (60, 5, 4, 1, 1)):
            named = 'axes = ["sample", "step", "row", "column"]' if shape == (60, 5, 2, 2) else ""
            self.assertEqual(train_as(series.reshape(shape), named), expected, shape)
        one = train_as(series[:, :, :1])
        for data in ("", 'axes = ["sample", "step", "feature"]'):
            self.assertEqual(train_as(series[:, :, :1, None], data), one)
        # As many rows and columns as there are steps: an image of one channel, or a series.
        square = RANDOM.random((60, 5, 5)).astype("f4")
        for form in (square[..., None], square[:, None]):
            self.store(x=form, y=Y)
            self.assertIn('data.axes = ["sample", "step", "feature"]', self.train(code=5))
            self.assertEqual(train_as(form, 'axes = ["sample", "step", "feature"]'), train_as(square))
        self.store(x=X.T[..., None], y=Y)
        self.assertIn('data.axes = ["feature", "sample"] would do', self.train(code=5))

    def test_names_are_the_same_classes_in_every_file(self):
        names = PETS[Y]
        classes = numpy.array([2, 0, 1])[Y].tolist()
        for form in (names.astype(object), names.astype("S5"), names.astype("S3")[:, None]):
            self.store(x=X, y=form.astype(h5py.string_dtype()) if form.dtype == object else form)
            _, label, shown = self.train()
            self.assertEqual((label, shown), (classes, ["cat", "dog", "eel"]))
        self.store("other.h5", x=X[Y > 0], y=names[Y > 0].astype("S3"))  # no eel there
        found = self.good_json("eval", "r.h5", "--data", "other.h5", "--json")
        self.assertEqual(found["classes"], ["cat", "dog", "eel"])
        self.assertEqual([sum(row) for row in found["confusion"]], [20, 20, 0])
        self.assertIn("dog", self.good("eval", "r.h5", "--split", "train"))
        self.store("owl.h5", x=X[:1], y=numpy.array([b"owl"]))
        message = self.refused(5, "eval", "r.h5", "--data", "owl.h5")
        self.assertIn('"owl", which is no class; there are "cat", "dog", "eel"', message)
        self.assertIn('"owl", which no training sample has', self.train('test = "owl.h5"', code=5))

    def test_numbers_are_no_names_of_classes_in_any_verb(self):
        numpy.savez(self.folder / "numbers.npz", x=X, y=Y)
        rows = [[*(f"x{i}" for i in range(36)), "label"], *([*x, y] for x, y in zip(X, Y))]
        self.write("numbers.csv", "\n".join(",".join(map(str, row)) for row in rows))
        self.store("numbers.h5", x=X, y=Y)
        self.store("one_hot.h5", x=X, y=numpy.eye(3)[Y])
        self.store("text.h5", x=X, y=PETS[Y].astype("S3"))
        self.store(x=X, y=PETS[Y].astype("S3"))
        says = ("those of the training samples are", '"cat", "dog", "eel"')
        for name, kind in (("numbers.h5", "numbers"), ("one_hot.h5", "one-hot")):
            self.assertIn(f"its labels are {kind}, those of training", self.train(f'test = "{name}"', code=5)
                          .replace("the training samples", "training"))
        self.assertIn("data.named_labels = true needs data.classes", self.train("named_labels = true", code=3))
        self.train()
        for name in ("numbers.h5", "one_hot.h5", "numbers.npz", "numbers.csv"):
            self.refused(5, "eval", "r.h5", "--data", name, says=says)
            self.refused(5, "trace", "r.h5", "--data", name, "-o", "t.h5", says=says)
        # The same samples with names are what the network learnt.
        expected = self.good_json("eval", "r.h5", "--split", "train", "--json")["confusion"]
        self.assertEqual(self.good_json("eval", "r.h5", "--data", "text.h5", "--json")["confusion"], expected)
        # Names that the model gives are names of numbers: 0 is the first.
        self.store(x=X, y=Y)
        self.train('classes = ["a", "b", "c"]')
        expected = self.good_json("eval", "r.h5", "--split", "train", "--json")["confusion"]
        for name in ("numbers.h5", "one_hot.h5", "numbers.npz"):
            self.assertEqual(self.good_json("eval", "r.h5", "--data", name, "--json")["confusion"], expected)

    def test_a_number_among_names_is_found_by_its_name(self):
        names = numpy.array(["1", "2", "x"])
        self.store(x=X, y=names[Y].astype("S1"))
        self.train()
        expected = self.good_json("eval", "r.h5", "--split", "train", "--json")["confusion"]
        few = Y < 2
        self.store("few.h5", x=X[few], y=Y[few] + 1)  # no x there, so that all labels are numbers
        found = self.good_json("eval", "r.h5", "--data", "few.h5", "--json")["confusion"]
        self.assertEqual(found, [*expected[:2], [0, 0, 0]])

    def test_numbers_are_classes_of_their_name_where_others_are_words(self):
        names = numpy.array(["1", "2", "x"])
        self.store(x=X, y=names[Y].astype("S1"))
        self.store("few.h5", x=X[Y < 2], y=Y[Y < 2] + 1)
        self.store("text.h5", x=X[Y < 2], y=names[Y[Y < 2]].astype("S1"))
        def tested(keys):
            self.train(keys)
            with h5py.File(self.folder / "r.h5") as run:
                return run["evaluation/test/label"][()].tolist()
        for classes in ("", 'classes = ["1", "2", "x"]\n'):
            for file in ("text.h5", "few.h5"):
                self.assertEqual(tested(f'{classes}test = "{file}"'), Y[Y < 2].tolist(), (classes, file))
            self.assertEqual(sum(self.good_json("eval", "r.h5", "--data", "few.h5", "--json")["confusion"][2]), 0)
        self.store("none.h5", x=X, y=Y)
        self.assertIn('the label "0", which no training sample has; there are "1", "2", "x"',
                      self.train('test = "none.h5"', code=5))
        self.store("one_hot.h5", x=X[Y > 0], y=numpy.eye(3)[Y[Y > 0]])  # places 1 and 2, which are names as well
        self.assertIn('its labels are one-hot, those of the training samples are "1", "2", "x"',
                      self.train('test = "one_hot.h5"', code=5))
        # What no name contradicts is a place: digits and letters in the order of their numbers, or words alone.
        for classes in ('["0", "1", "A"]', '["ant", "bee", "cat"]', '["3", "5", "rest"]'):
            self.store(x=X, y=Y)
            self.assertEqual(self.train(f"classes = {classes}")[1], Y.tolist())
        self.store(x=X, y=Y + 1)
        self.assertEqual(self.train('classes = ["1", "2", "x"]\nfirst_label = 1')[1], Y.tolist())

    def test_classes_are_shown_as_the_files_count_them(self):
        self.store(x=X, y=Y + 7)
        _, label, names = self.train("first_label = 7")
        self.assertEqual((label, names), (Y.tolist(), ["7", "8", "9"]))
        table = self.good("eval", "r.h5", "--split", "train")
        self.assertRegex(table, r"label . predicted +7 +8 +9 +error")
        self.assertEqual([line.split()[0] for line in table.splitlines()[-3:]], ["7", "8", "9"])
        self.assertEqual(self.good_json("eval", "r.h5", "--split", "train", "--json")["classes"], ["7", "8", "9"])
        self.store("two.h5", x=X[Y > 0], y=Y[Y > 0] + 7)
        self.assertIn("none of the 40 test samples is of class 7", self.sim("eval", "r.h5", "--data", "two.h5").stderr)
        self.store(x=X[Y > 0], y=Y[Y > 0] + 7)
        self.assertIn("none of the 40 training samples is of class 7", self.sim("validate", "m.toml").stderr)
        self.store(x=X, y=PETS[Y].astype("S"))
        self.train()
        self.store("two.h5", x=X[Y > 0], y=PETS[Y[Y > 0]].astype("S"))
        self.assertIn('none of the 40 test samples is of class "eel"', self.sim("eval", "r.h5", "--data", "two.h5").stderr)

    def test_names_that_steer_or_are_long_stand_in_a_cell(self):
        odd = ["a\nb\tc", "\x1b[31mred", "x" * 300]
        self.store(x=X, y=numpy.array(odd, dtype="S300")[Y])
        names = self.train()[2]
        self.assertEqual(sorted(names), sorted(odd))
        lines = self.good("eval", "r.h5", "--split", "train").splitlines()
        self.assertEqual(len(lines), 2 + 2 + 3)  # error and a blank; heads and rule; a line for each
        self.assertEqual([line.split()[0] for line in lines[-3:]],
                         [{"\x1b": "\\x1b[31mred", "a": "a\\nb\\tc", "x": "x" * 31 + "…"}[name[0]] for name in names])
        self.assertEqual(self.good_json("eval", "r.h5", "--split", "train", "--json")["classes"], names)

    def test_sets_have_any_name_and_both_splits_one_file(self):
        self.store(train__images=X, train__labels=Y, test__images=X[:30], test__labels=Y[:30])
        message = self.train(code=5)
        for part in ("/train/images [60, 36] float32", "/train/labels [60] int64", "data.x names the samples"):
            self.assertIn(part, message)
        self.train('x = "train/images"\ny = "/train/labels"\ntest_x = "test/images"\ntest_y = "test/labels"')
        with h5py.File(self.folder / "r.h5") as run:
            self.assertEqual(run["evaluation/test/label"][()].tolist(), Y[:30].tolist())
        self.assertIn("data.test_y", self.train('x = "train/images"\ny = "train/labels"\ntest_x = "test/images"', code=3))

    def test_numbers_written_as_text_are_names(self):
        self.store(x=X, y=[str(label + 1) for label in Y])
        self.assertEqual(self.train()[1:], (Y.tolist(), ["1", "2", "3"]))
        self.good("reproduce", "r.h5", "-q")
        message = self.train("first_label = 1", code=5)
        for part in ("x.h5: /y", '"1", "2", "3"', "data.first_label = 1 is for numbers"):
            self.assertIn(part, message)


if __name__ == "__main__":
    unittest.main()
