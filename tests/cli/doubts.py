"""Data and results that are doubtful: said on stderr with numbers that are calculated here, kept in the run file, shown
by info, and not said of data that are sound."""
import hashlib
import re
import unittest

import h5py
import numpy as np

from support import CliTest

MODEL = """
seed = 1
[data]
kind = "hdf5"
train = "train.h5"
test = "test.h5"
{data}
[time]
steps = 5
[overlay]
n_labels = 3
{overlay}
[population.h]
size = 30
[plan]
epochs = {epochs}
batch_size = 16
"""


def model(data="", overlay="", epochs=20):
    return MODEL.format(data=data, overlay=overlay, epochs=epochs)


def samples(n, seed, n_inputs=6):
    """Classes 0 to 2 in turn: the input of a sample's class, among the first three, is the largest."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = random.random((n, n_inputs)) * 0.2
    x[np.arange(n), y] += 0.8
    return x.astype("f4"), y


class Doubts(CliTest):
    def store(self, name, x, y, **more):
        with h5py.File(self.folder / name, "w") as file:
            file["x"], file["y"] = x, y
            for key, value in more.items():
                file[key] = value

    def setUp(self):
        super().setUp()
        self.store("train.h5", *samples(120, 0))
        self.store("test.h5", *samples(60, 1))

    def run_of(self, text, *words):
        """A run, and what it says; info shows each of the warnings, and the run file keeps them."""
        self.write("m.toml", text)
        done = self.sim("run", "m.toml", "-o", "r.h5", "-q", "--force", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = re.sub(r"\s+", " ", self.good("info", "r.h5"))
        for line in done.stderr.splitlines():
            if ": epoch " in line:  # of a population, which info counts
                continue
            self.assertIn(re.sub(r"\s+", " ", line.removeprefix("warning: ")), shown)
        return done.stderr

    def errors(self):
        with h5py.File(self.folder / "r.h5") as run:
            return [float(run[f"evaluation/{split}"].attrs["error"]) for split in ("train", "test")]

    def test_auto_keeps_features_and_a_sound_run_says_nothing(self):
        self.assertEqual(self.run_of(model()), "")
        self.assertEqual(self.errors(), [0.0, 0.0])
        with h5py.File(self.folder / "r.h5") as run:
            self.assertEqual(run["populations/h/weight"].shape, (30, 9))

    def test_labels_over_inputs_that_vary_are_told_with_their_share_of_the_variance(self):
        x = samples(120, 0)[0].astype(float)
        percent = 100 * x[:, :3].var(0).sum() / x.var(0).sum()
        said = self.run_of(model(overlay='where = "first"'))
        self.assertIn(f"3 of 6 inputs, which vary: they hold {percent:.3g} % of the variance", said)
        self.assertIn('overlay.where = "appended" keeps', said)
        with h5py.File(self.folder / "r.h5") as run:
            self.assertEqual(run["populations/h/weight"].shape, (30, 6))

    def test_another_scale(self):
        self.run_of(model())
        x, y = samples(60, 1)
        self.store("bytes.h5", np.round(255 * x).astype("u1"), y)
        said = self.sim("eval", "r.h5", "--data", "bytes.h5").stderr
        train = np.sqrt(np.mean(samples(120, 0)[0].astype(float) ** 2))
        now = np.sqrt(np.mean(np.round(255.0 * x.astype(float)) ** 2))
        self.assertIn(f"(root mean square {now:.3g})", said)
        self.assertIn(f"(root mean square {train:.3g}): another scale, by a factor of {now / train:.3g}", said)
        self.store("test.h5", 100 * x, y)
        self.assertIn("another scale", self.run_of(model()))
        self.assertIn("another scale", self.sim("validate", "m.toml").stderr)

    def test_the_same_data_again_say_nothing(self):
        self.run_of(model())
        for words in ((), ("--data", "train.h5"), ("--split", "train")):
            self.assertEqual(self.sim("eval", "r.h5", *words).stderr, "")

    def test_test_samples_that_training_has(self):
        x, y = samples(120, 0)
        self.store("test.h5", x, y)
        self.assertIn("test.h5: 120 of 120 test samples are among those of training", self.run_of(model()))
        self.assertIn("120 of 120", self.sim("validate", "m.toml").stderr)
        new, labels = samples(60, 1)
        mixed = np.random.default_rng(3).permutation(60)
        for n, told in ((2, False), (3, True)):  # of 60: from a twentieth on
            self.store("test.h5", np.r_[x[50:50 + n], new[n:]][mixed], np.r_[y[50:50 + n], labels[n:]][mixed])
            self.assertEqual(f"{n} of 60 test samples are among those of training" in self.run_of(model()), told)
        self.store("test.h5", x, (y + 1) % 3)  # the same inputs with other labels
        self.assertNotIn("among those", self.run_of(model()))

    def test_labels_that_overwrite_inputs_make_no_samples_alike(self):
        for name, n, seed in (("train.h5", 120, 0), ("test.h5", 60, 1)):
            x, y = samples(n, seed, n_inputs=4)
            x[:, 3] = np.arange(n) % 5  # all that is left of a sample below its label
            self.store(name, x, y)
        said = self.run_of(model(overlay='where = "first"'))
        self.assertIn('overlay.where = "first" writes labels over 3 of 4 inputs', said)
        self.assertNotIn("among those", said)

    def test_test_samples_over_time_that_training_has(self):
        random = np.random.default_rng(4)
        x, y = random.random((40, 5, 6)).astype("f4"), np.arange(40) % 3
        self.store("train.h5", x, y)
        self.store("test.h5", x[:30], y[:30])
        self.assertIn("test.h5: test samples are those of training, the first 20 at least", self.run_of(model(epochs=1)))
        self.store("test.h5", x[1:31], y[1:31])
        self.assertNotIn("those of training", self.run_of(model(epochs=1)))

    def test_classes_that_a_sorted_file_leaves_out(self):
        x, y = samples(120, 0)
        order = np.argsort(y, kind="stable")
        self.store("train.h5", x[order], y[order])
        said = self.run_of(model("n_train = 80"))
        self.assertIn("none of the 80 training samples is of class 2, and overlay.n_labels = 3", said)
        self.assertIn("sorted by label", said)
        self.assertIn("20 of the 60 test samples are of class 2, of which training has none", said)
        self.assertEqual(self.sim("validate", "m.toml").stderr.count("is of class 2"), 1)
        self.store("train.h5", x, y)
        order = np.argsort(samples(60, 1)[1], kind="stable")
        x, y = samples(60, 1)
        self.store("test.h5", x[order], y[order])
        self.assertIn("none of the 20 test samples is of classes 1 and 2, though training has them",
                      self.run_of(model("n_test = 20")))

    def test_test_data_that_changed_since(self):
        self.run_of(model())
        path = self.folder / "test.h5"
        before = hashlib.sha256(path.read_bytes()).hexdigest()
        self.store("test.h5", *samples(60, 2))
        now = hashlib.sha256(path.read_bytes()).hexdigest()
        said = self.sim("eval", "r.h5").stderr
        self.assertIn("test.h5: changed since the run was made", said)
        self.assertIn(before[:12], said)
        self.assertIn(now[:12], said)

    def test_wrong_labels_that_are_right(self):
        x, y = samples(120, 0)
        negative = (y + 1) % 3
        self.store("train.h5", x, y, y_negative=negative)
        text = model() + '[negatives]\nkind = "given"\n'
        self.assertNotIn("negative labels", self.run_of(text))
        negative[5:45] = y[5:45]
        self.store("train.h5", x, y, y_negative=negative)
        said = self.run_of(text)
        self.assertIn("40 of 120 negative labels (y_negative) are the sample's own label, the first that of sample 5",
                      said)
        self.assertIn("40 of 120 negative labels", self.sim("validate", "m.toml").stderr)

    def test_packed_values(self):
        with h5py.File(self.folder / "train.h5", "r+") as file:
            file["x"].attrs["scale_factor"], file["x"].attrs["add_offset"] = 0.25, 2.0
        # x/4 + 2 = (x - offset)/scale with offset = -8 and scale = 4
        said = self.run_of(model())
        self.assertIn("scale_factor = 0.25 and add_offset = 2", said)
        self.assertIn("data.offset = -8 and data.scale = 4 would unpack them", said)

    def test_packing_in_other_words(self):
        def attribute(**values):
            self.store("train.h5", *samples(120, 0))
            with h5py.File(self.folder / "train.h5", "r+") as file:
                file["x"].attrs.update(values)
            self.write("m.toml", model())
            return self.sim("validate", "m.toml").stderr
        # 1/0.25 = 4
        self.assertIn("data.offset = 0 and data.scale = 4 would unpack them", attribute(scale_factor="0.25"))
        self.assertIn("data.offset = -8 and data.scale = 4", attribute(scale_factor=b" 0.25 ", add_offset="2"))
        self.assertIn("scale_factor = -0.5", attribute(scale_factor=-0.5))
        self.assertEqual(attribute(scale_factor="of a kind"), "")
        self.assertEqual(attribute(_Unsigned="true"), "")  # of floats it says nothing

    def test_whole_numbers_of_another_sign_than_their_type(self):
        x, y = samples(120, 0)
        for dtype, text, says in (("i1", "true", "values are read as that, where those below 0 stand for 256 more"),
                                  ("i2", "true", "those below 0 stand for 65536 more: the same values as uint16"),
                                  ("u1", "false", "those from 128 on stand for 256 less: the same values as int8"),
                                  ("u1", "true", None), ("i2", "false", None)):
            self.store("train.h5", (x * 100).astype(dtype), y)
            with h5py.File(self.folder / "train.h5", "r+") as file:
                file["x"].attrs["_Unsigned"] = text
            self.store("test.h5", (x * 100).astype(dtype), y)
            self.write("m.toml", model())
            said = self.sim("validate", "m.toml").stderr
            if says:
                self.assertIn(f'has _Unsigned = "{text}"', said)
                self.assertIn(says, said)
            else:
                self.assertNotIn("_Unsigned", said)

    def test_standardised_data_against_others(self):
        x, y = samples(120, 0)
        mean, deviation = x.mean(0), x.std(0)
        new, labels = samples(60, 1)
        self.run_of(model())
        standard = ((new - mean) / deviation).astype("f4")
        self.store("standard.h5", standard, labels)
        said = self.sim("eval", "r.h5", "--data", "standard.h5").stderr
        n_below = int((standard < 0).sum())
        self.assertIn(f"{n_below} of 360 test values ({n_below / 3.6:.3g} %) are below 0, and none in training", said)
        self.assertIn("The same offset and scale would do", said)
        self.assertNotIn("divided by", said)
        self.store("test.h5", standard, labels)
        self.assertIn("are below 0, and none in training", self.run_of(model()))
        # the other way round: training is standardised, what is tried is not
        self.store("train.h5", ((x - mean) / deviation).astype("f4"), y)
        self.assertNotIn("below 0", self.run_of(model()))
        self.store("test.h5", new, labels)
        told = re.search(r"none of the test values is below 0, and ([0-9.]+) % or more in training", self.run_of(model()))
        self.assertLessEqual(1, float(told[1]))
        self.assertLessEqual(float(told[1]), 100 * (((x - mean) / deviation) < 0).mean())
        # one value in training, as a glitch leaves it, and data without
        x[5, 3] = -0.1
        self.store("train.h5", x, y)
        self.assertEqual(self.run_of(model()), "")
        # and one in the test set, which training may lack by chance
        self.store("train.h5", *samples(120, 0))
        new[7, 4] = -0.1
        self.store("test.h5", new, labels)
        self.assertEqual(self.run_of(model()), "")

    def quartiles(self, values):
        """As a message shows them: of some hundred values that are not 0, those at a quarter and three quarters."""
        ordered = np.sort(values[values != 0])
        return "{:.4g} to {:.4g}".format(*(float(ordered[int(share * (len(ordered) - 1))]) for share in (.25, .75)))

    def test_one_input_of_another_unit(self):
        x, y = samples(120, 0)
        x += np.float32(0.1)
        self.store("train.h5", x, y)
        new, labels = samples(60, 1)
        new += np.float32(0.1)
        self.store("test.h5", new, labels)
        self.assertEqual(self.run_of(model()), "")
        for change in (lambda v: 1000 * v, lambda v: v / 1000, lambda v: v + 30, lambda v: 25.4 * v, lambda v: v - 5,
                       lambda v: 20 * (v - 0.2)):
            other = new.copy()
            other[:, 4] = change(new[:, 4])
            self.store("other.h5", other, labels)
            said = self.sim("eval", "r.h5", "--data", "other.h5").stderr
            if (other < 0).any():  # this is what is said of the whole set
                self.assertIn("below 0", said)
                continue
            for word in ("1 of 6 test inputs is of another scale or place", "input 4: its middle half is " +
                         self.quartiles(other[:, 4]), "in training " + self.quartiles(x[:, 4])):
                self.assertIn(word, said)
            self.assertNotIn("divided by", said)
        self.store("test.h5", other, labels)
        other[:, 4] = 1000 * new[:, 4]
        self.store("test.h5", other, labels)
        self.write("m.toml", model())
        self.assertIn("1 of 6 test inputs is of another scale", self.sim("validate", "m.toml").stderr)
        self.assertIn("1 of 6 test inputs is of another scale", self.run_of(model()))

    def test_an_input_of_another_unit_by_its_name_and_over_time(self):
        x, y = samples(120, 0)
        for name, factor in (("train", 1), ("test", 50)):
            rows = [f"{a},{factor * b},{c},{label}" for (a, b, c), label in zip(x[:, 2:5].tolist(), y)]
            self.write(name + ".csv", "width,mass,height,kind\n" + "\n".join(rows))
        text = model().replace('kind = "hdf5"\ntrain = "train.h5"\ntest = "test.h5"',
                               'kind = "csv"\ntrain = "train.csv"\ntest = "test.csv"\nlabel = "kind"')
        self.assertIn('input 1 ("mass")', self.run_of(text))
        series = np.random.default_rng(5).random((60, 5, 6)).astype("f4")
        self.store("train.h5", series[:30], np.arange(30) % 3)
        series[30:, :, 3] *= 12
        self.store("test.h5", series[30:], np.arange(30) % 3)
        self.assertIn("1 of 6 test inputs is of another scale or place than in training, input 3", self.run_of(model()))

    def test_inputs_that_are_standardised_in_one_set(self):
        random = np.random.default_rng(6)
        means, deviations = np.array([3, -1, 2, 0, -2, 1]), np.array([2, 3, 1.8, 2.5, 3, 2])
        x, y = random.normal(means, deviations, (200, 6)), np.arange(200) % 3
        new, labels = random.normal(means, deviations, (100, 6)), np.arange(100) % 3
        standard = (new - x.mean(0)) / x.std(0)
        self.store("train.h5", x, y)
        self.store("test.h5", new, labels)
        self.assertNotIn("standardised", self.run_of(model()))
        self.store("test.h5", standard, labels)
        said = self.run_of(model())
        self.assertIn("is one of both standardised?", said)
        self.assertIn("test inputs have means near 0 and deviations near 1, those of training do not", said)
        self.store("train.h5", (x - x.mean(0)) / x.std(0), y)
        self.assertNotIn("standardised", self.run_of(model()))
        self.store("test.h5", new, labels)
        self.assertIn("those of training do, as", self.run_of(model()))

    def test_inputs_that_vary_rarely_or_are_few_say_nothing(self):
        random = np.random.default_rng(7)

        def two_kinds(n):  # as pixels of clothes: nearly dark, or bright
            return np.where(random.random((n, 200)) < np.linspace(0.6, 0.9, 200), 0.004, random.random((n, 200)))

        def rare(n):
            x = random.lognormal(0, 1, (n, 200)) * (random.random((n, 200)) < 0.1)
            x[:, :100] *= random.random(100) < 0.2
            return x

        self.write("m.toml", model())
        for n in (20, 60, 400):
            for inputs, n_train in ((two_kinds, 2 * n), (rare, 3 * n)):
                for name, size in (("train.h5", n_train), ("test.h5", n)):
                    self.store(name, inputs(size).astype("f4"), np.arange(size) % 3)
                self.assertEqual(self.sim("validate", "m.toml").stderr, "", (n, inputs.__name__))

    def test_labels_with_gaps(self):
        x, y = samples(120, 0)
        self.store("train.h5", x, 10 * y)
        self.store("test.h5", *samples(60, 1))
        self.write("m.toml", model(overlay="").replace("n_labels = 3", "n_labels = 21"))
        said = self.sim("validate", "m.toml").stderr
        self.assertIn('18 of 21 classes have no training sample: labels are 0, 10 and 20; data.classes = ["0", "10", "20"] '
                      "with overlay.n_labels = 3", said)
        self.write("m.toml", model())
        self.refused(5, "validate", "m.toml", says='data.classes = ["0", "10", "20"] with overlay.n_labels = 3')
        new, labels = samples(60, 1)
        self.store("test.h5", new, 10 * labels)
        self.assertEqual(self.run_of(model(data='classes = ["0", "10", "20"]')), "")
        self.assertEqual(self.errors(), [0.0, 0.0])

    def test_another_scale_where_a_factor_would_not_do(self):
        x, y = samples(120, 0)
        self.store("train.h5", x - 0.5, y)
        self.store("test.h5", 100 * (x - 0.5), y)
        said = self.run_of(model())
        self.assertIn("another scale, by a factor of 100; the same offset and scale would do", said)
        # as large as in training, but rare: nothing to divide by
        rare = np.zeros_like(x)
        rare[:, 0] = x.max()
        rare[2:, 0] = 0
        self.store("train.h5", x, y)
        self.store("test.h5", rare, y)
        said = self.run_of(model())
        self.assertIn("another scale", said)
        self.assertNotIn("divided by", said)

    def test_inputs_that_do_not_vary_are_not_said_to(self):
        x, y = samples(120, 0)
        for value in (0, 77):
            self.store("train.h5", np.full_like(x, value), y)
            for keys in ("", "offset = 33.3285\nscale = 78.5655"):
                said = self.sim("validate", self.write("m.toml", model(keys, 'where = "first"'))).stderr
                self.assertNotIn("which vary", said)
                self.assertIn("have the same inputs", said)

    def test_labels_that_were_exchanged_are_no_chance(self):
        self.run_of(model())
        x, y = samples(60, 1)
        self.store("next.h5", x, (y + 1) % 3)
        found = self.sim("eval", "r.h5", "--data", "next.h5", "--json")
        self.assertIn('"error_percent": 100', found.stdout)
        self.assertIn("100.0 % of 60 samples, is worse than chance by more than chance explains: naming the rarest class "
                      "always gives 66.7 %", found.stderr)
        self.assertNotIn("cannot be told from chance", found.stderr)
        self.store("test.h5", x, (y + 1) % 3)
        self.assertIn("worse than chance", self.run_of(model()))

    def test_values_that_stand_for_missing_ones(self):
        x, y = samples(120, 0)
        x[3, 2] = x[50, 4] = x[51, 4] = -999
        x[7, 5] = -1
        self.store("train.h5", x, y)
        said = self.run_of(model())
        self.assertNotIn("missing", said)
        with h5py.File(self.folder / "train.h5", "r+") as file:
            file["x"].attrs["_FillValue"] = np.float32(-999)
        self.assertIn("/x: 3 of 720 values are _FillValue = -999, which stands for missing ones", self.run_of(model()))
        with h5py.File(self.folder / "train.h5", "r+") as file:
            file["x"].attrs["missing_value"] = np.array([-1.0])
        self.assertIn("4 of 720 values are _FillValue = -999 or missing_value = -1,", self.run_of(model()))
        with h5py.File(self.folder / "train.h5", "r+") as file:  # as xarray writes what has no missing values
            file["x"].attrs["_FillValue"], file["x"].attrs["missing_value"] = np.float32(np.nan), b"none"
        self.assertNotIn("missing", self.run_of(model()))

    def test_few_samples_of_one_class(self):
        """Of 3 classes as frequent as each other, 10 samples leave 2 out once in 3·(1/3)^10, 1.7e5 tries."""
        x, y = samples(120, 0)
        order = np.argsort(y, kind="stable")
        self.store("test.h5", x[order], y[order])
        self.assertIn("none of the 10 test samples is of classes 1 and 2", self.run_of(model("n_test = 10")))
        self.store("test.h5", x[[0, 1, 3, 4]], y[[0, 1, 3, 4]])  # one of 3: once in 5 tries
        self.assertNotIn("none of the", self.run_of(model()))

    def test_wrong_labels_out_of_range_do_not_speak_of_the_true_ones(self):
        x, y = samples(120, 0)
        self.store("train.h5", x, y, y_negative=y + 7)
        said = self.refused(5, "validate", self.write("m.toml", model() + '[negatives]\nkind = "given"\n'),
                            says=("negative label of sample 0 is 7", "allows 0 to 2"))
        self.assertNotIn("would do", said)

    def test_numbers_that_are_none_are_refused(self):
        self.run_of(model())
        for value in (np.nan, np.inf, -np.inf):
            x, y = samples(60, 1)
            x[7, 4] = value
            self.store("bad.h5", x, y)
            self.refused(5, "eval", "r.h5", "--data", "bad.h5", says="bad.h5: /x: sample 7 holds a value that is no finite number")
        self.store("test.h5", x, y)
        self.refused(5, "validate", "m.toml", says="test.h5: /x: sample 7")
        self.refused(5, "run", "m.toml", "-o", "other.h5", says="test.h5: /x: sample 7")

    def test_a_run_at_chance_is_named_with_the_likely_key(self):
        for words, key in (("learning.rate=1e30", "learning.rate smaller than 1e+30"),
                           ("learning.rate=1e-30", "weights did not change; a larger learning.rate than 1e-30"),
                           ("population.h.threshold=1000.0", "population.h.threshold smaller")):
            said = self.run_of(model(), "--set", words)
            self.assertIn("chance", said, words)
            self.assertIn(key, said)
            # of three classes with as many samples each
            self.assertIn("naming the commonest class always gives 66.7 %", said)

    def test_a_run_at_chance_is_named_with_the_key_that_is_far_from_its_default(self):
        # Two inputs, each as often of every class: whatever a network makes of them, two thirds are wrong.
        x = np.random.default_rng(8).random((2, 6)).astype("f4")[np.arange(120) // 3 % 2]
        self.store("train.h5", x, np.arange(120) % 3)
        text = model(epochs=1).replace('test = "test.h5"', "")
        for words, says in (('population.h.init={kind="normal_fan_in",gain=1e6}', "population.h.init.gain = 1e+06 is 1e+06 times its default, 1"),
                            ('population.h.init={kind="normal_fan_in",gain=1e-6}', "population.h.init.gain = 1e-06 is 1e-06 times its default, 1"),
                            ('learning.loss={kind="swish",alpha=1e9}', "learning.loss.alpha = 1e+09 is 5e+07 times its default, 20"),
                            ('learning.loss={kind="symba",alpha=1e9}', "learning.loss.alpha = 1e+09 is 2.5e+08 times its default, 4")):
            said = self.run_of(text, "--set", words)
            self.assertEqual(said.count("the train error, 66.7 % of 120 samples, cannot be told from chance"), 1, words)
            self.assertIn(says, said)
            self.assertNotIn("learning.rate", said)
        self.assertNotIn("its default", self.run_of(text))

    def test_event_times_in_another_unit(self):
        random = np.random.default_rng(3)
        n, n_events = 30, 40
        times = random.uniform(0.0, 0.9, (n, n_events))
        for name, unit in (("s", 1.0), ("ms", 1000.0)):
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                at = file.create_dataset("spikes/times", (n,), h5py.vlen_dtype(np.float64))
                of = file.create_dataset("spikes/units", (n,), h5py.vlen_dtype(np.uint16))
                for i in range(n):
                    # one event of each sample is at once, in either unit
                    at[i] = np.sort(np.append(unit * times[i, 1:], 0.0))
                    of[i] = random.integers(0, 700, n_events).astype("u2")
                file["labels"] = np.arange(n) % 3
            text = (f'[data]\nkind = "shd"\ntrain = "{name}.h5"\n[time]\nsteps = 100\ndt_ms = 10\n'
                    "[overlay]\nn_labels = 3\n[population.h]\nsize = 5\n[plan]\nepochs = 1\n")
            done = self.sim("validate", self.write(f"{name}.toml", text))
            self.assertEqual(done.returncode, 0, done.stderr)
            if name == "s":
                self.assertNotIn("events", done.stderr)
                continue
            n_late = int((unit * times[:, 1:] >= 1.0).sum())
            self.assertIn(f"{n_late} of {n * n_events} events", done.stderr)
            self.assertIn("are they ms in place of s?", done.stderr)


if __name__ == "__main__":
    unittest.main()
