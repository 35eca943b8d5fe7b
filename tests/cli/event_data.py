"""Data with a time axis from start to end: small made-up sets that can be learnt, and bad ones that are refused."""
import random
import shutil
import unittest

import h5py
import numpy

from support import CliTest

LISTS = h5py.vlen_dtype(numpy.float16)
UNITS = h5py.vlen_dtype(numpy.uint16)

MODEL = """
seed = 2
[data]
{data}
[time]
dt_ms = {dt_ms}
steps = {steps}
[overlay]
n_labels = {n_labels}
{overlay}
[encoding]
{encoding}
[population.hidden1]
size = 60
normalisation = "rms"
output = "{output}"
[population.hidden2]
size = 40
normalisation = "{normalisation}"
[learning]
loss = {{ kind = "swish", alpha = 20.0 }}
rate = 0.003
[plan]
epochs = {epochs}
batch_size = 20
"""


def model(data, **keys):
    settings = {"dt_ms": 10, "steps": 12, "n_labels": 4, "overlay": "", "encoding": "", "output": "rate",
                "normalisation": "rms", "epochs": 12}
    return MODEL.format(**{**settings, **keys, "data": data})


def spoken(label, rng, n_events=60):
    """Events of a class: a ridge of units that moves over time, among events from anywhere."""
    times, units = [], []
    for _ in range(n_events):
        t = rng.uniform(0.0, 0.13)  # some come after the last step
        ridge = 20 + 170 * label + 600 * t
        unit = rng.randrange(700) if rng.random() < 0.2 else ridge + rng.gauss(0.0, 8.0)
        times.append(t)
        units.append(min(max(int(unit), 0), 699))
    order = sorted(range(n_events), key=times.__getitem__)
    return [times[i] for i in order], [units[i] for i in order]


def write_shd(path, samples, labels):
    with h5py.File(path, "w") as file:
        times = file.create_dataset("spikes/times", (len(samples),), LISTS)
        units = file.create_dataset("spikes/units", (len(samples),), UNITS)
        for i, (t, u) in enumerate(samples):
            times[i], units[i] = numpy.array(t, numpy.float16), numpy.array(u, numpy.uint16)
        file["labels"] = numpy.array(labels, numpy.uint16)
        file["extra/keys"] = numpy.array([b"nothing that is read"])


def event(x, y, polarity, microseconds):
    return bytes([x, y]) + (polarity << 23 | microseconds).to_bytes(3, "big")


def seen(digit, rng):
    """A bar of 34 pixels that flickers in the row of its digit, after a clock that ran over."""
    events = [(rng.randrange(0, 8000), rng.randrange(34), 3 * digit + 2 + rng.randrange(2)) for _ in range(60)]
    early = b"".join(event(x, y, rng.randrange(2), t) for t, x, y in sorted(events)[:30])
    late = b"".join(event(x, y, rng.randrange(2), t) for t, x, y in sorted(events)[30:])
    return early + event(240 % 34, 240, 1, 0) + late


class Learns(CliTest):
    def errors(self, name, text, *options):
        path = self.write(f"{name}.toml", text)
        self.good("validate", path)
        out = self.folder / f"{name}.h5"
        self.good("run", path, "-o", out, "--quiet", *options)
        with h5py.File(out) as run:
            return {split: run[f"evaluation/{split}"].attrs["error"] for split in run["evaluation"]}

    def test_spoken_digits(self):
        rng = random.Random(4)
        for name, n in (("train", 120), ("test", 60)):
            labels = [i % 4 for i in range(n)]
            write_shd(self.folder / f"{name}.h5", [spoken(label, rng) for label in labels], labels)
        data = 'kind = "shd"\ntrain = "train.h5"\ntest = "test.h5"'
        for name, keys in {
            "rates": {},
            "counts": {"data": data + '\nper_bin = "counts"'},
            "trains": {"output": "spikes", "normalisation": "none"},
            "thinned": {"encoding": 'kind = "poisson"\nmax_rate_hz = 80'},
        }.items():
            errors = self.errors(name, model(**{"data": data, **keys}))
            print(f"spoken digits, {name}: {errors}")
            self.assertLess(errors["train"], 15.0, name)  # 75 is chance
            self.assertLess(errors["test"], 25.0, name)
        # what the run found is found again
        again = self.good_json("eval", "rates.h5", "--json")
        self.assertEqual(again["error_percent"], self.errors("rates2", model(data))["test"])
        elsewhere = self.good_json("eval", "rates.h5", "--data", "train.h5", "--json")
        self.assertEqual(elsewhere["samples"], 120)

    def test_units_that_are_floats_are_the_whole_numbers_they_hold(self):
        rng = random.Random(4)
        labels = [i % 4 for i in range(40)]
        samples = [spoken(label, rng) for label in labels]
        write_shd(self.folder / "train.h5", samples, labels)
        weights = {}
        for dtype in (numpy.uint16, numpy.float32, numpy.float64, numpy.int64):
            with h5py.File(self.folder / "train.h5", "r+") as file:
                del file["spikes/units"]
                units = file.create_dataset("spikes/units", (len(samples),), h5py.vlen_dtype(dtype))
                for i, (_, u) in enumerate(samples):
                    units[i] = numpy.array(u, dtype)
            self.errors("r", model('kind = "shd"\ntrain = "train.h5"', epochs=1), "--force")
            with h5py.File(self.folder / "r.h5") as run:
                weights[dtype] = run["populations/hidden1/weight"][()].tobytes()
        self.assertEqual(len(set(weights.values())), 1)

    def test_times_in_seconds_that_were_computed_from_ms(self):
        """One event in each step k, at k dt/1000 and k dt 0.001 as float64 and float32 compute them, does what one in the
        middle of each step does."""
        def weights(dt, seconds):
            n = len(seconds)
            with h5py.File(self.folder / "train.h5", "w") as file:
                times = file.create_dataset("spikes/times", (4,), h5py.vlen_dtype(seconds.dtype))
                units = file.create_dataset("spikes/units", (4,), h5py.vlen_dtype("u2"))
                for i in range(4):
                    # every other event is of the other unit, so that one in another step changes the currents
                    times[i], units[i] = seconds, (numpy.arange(n) // (i + 1) % 7).astype("u2")
                file["labels"] = numpy.arange(4)
            text = model('kind = "shd"\ntrain = "train.h5"\nn_inputs = 7\nper_bin = "counts"', dt_ms=dt, steps=n + 1, epochs=1)
            self.errors("r", text, "--force")
            with h5py.File(self.folder / "r.h5") as run:
                return run["populations/hidden1/weight"][()].tobytes()
        for dt in (0.3, 0.7, 1.4):
            k = numpy.arange(1, 401)
            expected = weights(dt, (k + 0.5) * dt / 1000)
            for dtype in (numpy.float64, numpy.float32):
                ms = k.astype(dtype) * dtype(dt)
                for seconds in (ms / dtype(1000), ms * dtype(1e-3)):
                    self.assertEqual(weights(dt, seconds), expected, f"{dt} ms, {dtype}")

    def test_flickering_digits(self):
        rng = random.Random(5)
        for name, n in (("Train", 10), ("Test", 4)):
            for digit in range(10):
                (self.folder / name / str(digit)).mkdir(parents=True)
                for i in range(n):
                    self.write(f"{name}/{digit}/{10 * i + digit:05}.bin", seen(digit, rng))
        data = 'kind = "nmnist"\nfolder = "."'
        text = model(data, dt_ms=2, steps=8, n_labels=10)
        errors = self.errors("seen", text)
        print(f"flickering digits: {errors}")
        self.assertLess(errors["train"], 20.0)  # 90 is chance
        self.assertLess(errors["test"], 40.0)
        # the first 30 of the sorted recordings are of all digits
        with_few = self.errors("few", text.replace('folder = "."', 'folder = "."\nn_train = 30'))
        with h5py.File(self.folder / "few.h5") as run:
            self.assertEqual(sorted(set(run["evaluation/train/label"][()])), list(range(10)))
        self.assertIn("test", with_few)
        # as cameras and other systems spell it
        for i, path in enumerate(sorted(self.folder.glob("T*/*/*.bin"))):
            path.rename(path.with_suffix((".BIN", ".Bin", ".bin")[i % 3]))
        self.assertEqual(self.errors("seen2", text), errors)

    def test_the_bits_do_not_depend_on_threads(self):
        rng = random.Random(6)
        labels = [i % 4 for i in range(50)]
        write_shd(self.folder / "train.h5", [spoken(label, rng) for label in labels], labels)
        weights = []
        for encoding in ("", 'kind = "delta"', 'kind = "poisson"\nmax_rate_hz = 60'):
            for threads in (1, 2, 3, 7):
                text = model('kind = "shd"\ntrain = "train.h5"', encoding=encoding, epochs=2)
                self.errors(f"t{threads}", text, "--threads", str(threads), "--force")
                with h5py.File(self.folder / f"t{threads}.h5") as run:
                    weights.append(run["populations/hidden1/weight"][()].tobytes()
                                   + run["evaluation/train/goodness"][()].tobytes())
        self.assertEqual([weights.count(w) for w in weights], [4] * 12)

    def test_features_over_time(self):
        """A class is the way a bump moves through the features: their mean over time is the same for both."""
        rng = numpy.random.default_rng(7)
        for name, n in (("train", 100), ("test", 40)):
            y = numpy.arange(n) % 2
            up = numpy.arange(6)[None, :] == numpy.arange(12)[:, None] // 2  # [step, feature]
            x = numpy.where(y[:, None, None] == 1, up, up[::-1]) + rng.normal(0, 0.1, (n, 12, 6))
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                file["x"], file["y"] = x.astype(numpy.float32), y.astype(numpy.uint8)
        data = 'kind = "hdf5"\ntrain = "train.h5"\ntest = "test.h5"'
        for encoding in ("", 'kind = "delta"\nthreshold = 0.3\noff_spikes = true'):
            errors = self.errors("x", model(data, n_labels=2, encoding=encoding, epochs=20), "--force")
            print(f"features over time, {encoding or 'as they are'}: {errors}")
            self.assertLess(errors["train"], 20.0)  # 50 is chance


class Refuses(CliTest):
    def refuse(self, code, text, says):
        (self.folder / "run.h5").unlink(missing_ok=True)  # of a model that was not refused, so that others can be
        return self.refused(code, "run", self.write("bad.toml", text), "-o", "run.h5", says=says)

    def test_shd(self):
        good = ([([0.01, 0.02], [1, 2]), ([0.03], [3]), ([0.0], [699])], [0, 1, 2])
        data = 'kind = "shd"\ntrain = "d.h5"'

        def bad(says, samples=good[0], labels=good[1], code=5, text=model(data), change=None):
            write_shd(self.folder / "d.h5", samples, labels)
            if change:
                with h5py.File(self.folder / "d.h5", "r+") as file:
                    change(file)
            with self.subTest(says):
                self.refuse(code, text, says)

        def instead(name, **what):
            def change(file):
                del file[name]
                if what:
                    file.create_dataset(name, **what)
            return change

        def lists(values, dtype):
            data = numpy.empty(len(values), object)
            for i, v in enumerate(values):
                data[i] = numpy.array(v, dtype)
            return {"data": data, "dtype": h5py.vlen_dtype(dtype)}

        nan = float("nan")
        bad("sample 1 has 1 events, but 2 in", [good[0][0], ([0.03], [3, 4]), good[0][2]])
        bad("at -0.5 s", [([-0.5], [1])] + good[0][1:])
        bad("at nan s", [([nan], [1])] + good[0][1:])
        bad("at inf s", [([float("inf")], [1])] + good[0][1:])
        bad("unit 700; data.n_inputs = 700 allows 0 to 699", [([0.1], [700])] + good[0][1:])
        bad("unit -1", change=instead("spikes/units", **lists([[1, -1], [3], [9]], numpy.int32)))
        bad("label of sample 2 is 4, but overlay.n_labels = 4", labels=[0, 1, 4])
        bad("has the label 256", labels=[0, 1, 256])
        bad("has the shape [2]; spikes/times has 3 samples", labels=[0, 1])
        bad("one list per sample is expected", [], [])
        bad("holds no event", [([], [])] * 3)
        bad("all 4 events come after the 0.012 ms of 12 steps", [([0.01, 0.02], [1, 2]), ([0.03], [3]), ([0.04], [9])],
            text=model(data, dt_ms=0.001))
        bad("the latest is at 40000 ms, a thousandth of which would fit (are times ms in place of s?)",
            [([10, 20], [1, 2]), ([30], [3]), ([40], [9])], text=model(data, dt_ms=4.0))
        bad("has no data set /labels", change=instead("labels"))
        bad("has no", change=instead("spikes"))
        bad("sample 1 has the label 0.5", change=instead("labels", data=[0.0, 0.5, 2.0]))
        bad("does not hold lists of numbers", change=instead("spikes/times", data=[0.1, 0.2, 0.3]))
        bad("does not hold lists of numbers", change=instead("spikes/units", data=[1, 2, 3]))
        for dtype, unit in ((float, 2.5), ("f4", nan), (float, 1e18), (float, float("-inf"))):
            bad("units are whole numbers", change=instead("spikes/units", **lists([[1, unit], [3], [9]], dtype)))
        bad("unit -1", change=instead("spikes/units", **lists([[1, -1], [3], [9]], float)))
        bad("has 2 samples", change=instead("spikes/units", **lists([[1, 2], [3]], numpy.uint16)))
        bad("links are not followed",
            change=lambda file: (file.move("labels", "l"), file.__setitem__("labels", h5py.SoftLink("/l"))))
        bad("links are not followed",
            change=lambda f: (f.__delitem__("labels"), f.__setitem__("labels", h5py.ExternalLink("e.h5", "/l"))))
        bad("bytes are stored", change=instead("spikes/times", shape=(1 << 40,), dtype=LISTS, chunks=(1 << 10,)))
        bad('overlay.where = "first" would take the first 4 away', text=model(data, overlay='where = "first"'))
        bad('encoding "latency" has one time', text=model(data, encoding='kind = "latency"'))
        bad('encoding "poisson" takes 0 to 1', [([0.01, 0.01], [1, 1])] + good[0][1:],
            text=model(data + '\nper_bin = "counts"', encoding='kind = "poisson"'))
        bad("per_bin", code=3, text=model(data + '\nper_bin = "many"'))
        write_shd(self.folder / "d.h5", *good)
        whole = (self.folder / "d.h5").read_bytes()
        for part in (0, 100, len(whole) // 2, len(whole) - 1):
            self.write("d.h5", whole[:part])
            self.refuse(4, model(data), "d.h5")
        (self.folder / "d.h5").unlink()
        self.refuse(4, model(data), "d.h5")

    def test_nmnist(self):
        text = model('kind = "nmnist"\nfolder = "n"\ntest = ""', n_labels=10)

        def bad(says, content, code=5):
            shutil.rmtree(self.folder / "n", ignore_errors=True)
            for i in range(3):
                (self.folder / f"n/Train/{i}").mkdir(parents=True)
                self.write(f"n/Train/{i}/1{i}.bin", event(1, 2, 0, 30))
            if content is not None:
                self.write("n/Train/1/11.bin", content)
            with self.subTest(says):
                self.refuse(code, text, says)

        self.refuse(4, text, "has no recordings")
        bad("is empty", b"")
        bad("has 9 bytes, no multiple of the 5", event(1, 2, 0, 30) + b"1234")
        bad("event 1 is at x = 34, y = 2", event(1, 2, 0, 30) + event(34, 2, 0, 30))
        bad("event 0 is at x = 3, y = 239", event(3, 239, 0, 30))
        bad("event 0 is at x = 3, y = 241", event(3, 241, 0, 30))
        shutil.rmtree(self.folder / "n")
        for name in ("0", "11", "3"):  # recordings of one's own, of more classes than digits
            (self.folder / "n/Train" / name).mkdir(parents=True)
            self.write(f"n/Train/{name}/1.bin", event(1, 2, 0, 30))
        self.refuse(5, text, "is 11, but overlay.n_labels = 10")
        (self.folder / "n/Train/11").rename(self.folder / "n/Train/wave")
        self.refuse(5, text, "Train/wave: holds recordings, and is not called after a class; folders 0 to 255 are")
        shutil.rmtree(self.folder / "n")
        (self.folder / "n/Train/0/a.bin").mkdir(parents=True)
        self.refuse(4, text, "a.bin")
        shutil.rmtree(self.folder / "n")
        (self.folder / "n/Train/4").mkdir(parents=True)
        self.write("n/Train/4/1.bin", event(1, 2, 0, 0x7fffff) + event(9, 240, 0, 0))
        self.refuse(5, text, "all 1 events come after the 120 ms of 12 steps")

    def test_features_over_time(self):
        text = model('kind = "hdf5"\ntrain = "x.h5"', n_labels=2)

        def bad(says, x, y=(0, 1), code=5, text=text, **how):
            with h5py.File(self.folder / "x.h5", "w") as file:
                file.create_dataset("x", data=x, **how)
                file["y"] = numpy.array(y)
            with self.subTest(says):
                self.refuse(code, text, says)

        good = numpy.ones((2, 12, 3))
        bad('data.axes = ["sample", "row", "column", "channel"] would do', numpy.ones((2, 12, 3, 2)))
        bad("[sample, feature] or [sample, step, feature] is expected", numpy.ones(24))
        bad("a series of 12 steps with time.steps = 12 (here 8)", good, text=text.replace(
            "steps = 12", "steps = 8"))
        bad("it is empty", numpy.ones((2, 12, 0)))
        bad("sample 1 holds a value that is no finite number", numpy.where(numpy.indices(good.shape)[0] == 1,
                                                                           numpy.nan, good))
        bad("x has 2 samples", good, y=(0, 1, 1, 0))
        huge = {"shape": (1 << 20, 12, 1 << 20), "dtype": numpy.float32, "chunks": (1, 12, 64)}
        bad("more than the 16 GiB", None, **huge)
        huge["shape"] = (1 << 62, 12, 1)
        bad("more than the 16 GiB", None, **{**huge, "chunks": (64, 12, 1)})
        huge["shape"] = (2, 12, 1 << 62)
        bad("more than the 16 GiB", None, **huge)
        bad("bytes are stored", None, **{**huge, "shape": (2, 12, 1 << 16)})
        bad("encoding \"delta\"", numpy.ones((2, 5)), text=model('kind = "hdf5"\ntrain = "x.h5"', n_labels=2,
                                                                encoding='kind = "delta"'))


if __name__ == "__main__":
    unittest.main()
