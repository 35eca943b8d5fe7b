"""Traces of a trained network: what the run recorded itself, again, and what nobody asked of it while it learnt."""
import gzip
import os
import signal
import time
import unittest

import h5py
import numpy

from support import BACKPROP, ROOT, CliTest

RECORDED = ["--set", 'recording.variables=["membrane", "spikes", "current"]', "--set", "recording.samples=[3, 8]",
            "--set", "recording.n_neurons=20"]


class Trace(CliTest):
    def setUp(self):
        super().setUp()
        self.good("run", self.model, "-q", "-o", "run.h5", *RECORDED)

    def trace(self, *arguments, run="run.h5"):
        name = f"traces{len(self.files())}.h5"  # one that is open is nobody else's to replace
        self.good("trace", run, "-o", name, *arguments)
        file = h5py.File(self.folder / name, "r")
        self.addCleanup(file.close)
        return file

    def test_what_the_run_recorded_last_comes_out_again_bit_by_bit(self):
        traces = self.trace("--samples", "3,8")
        with h5py.File(self.folder / "run.h5") as run:
            for name, recorded in run["report"].items():
                for column in ("data", "sample", "step", "label", "phase", "epoch"):
                    self.assertTrue(numpy.array_equal(recorded[column], traces["report"][name][column]),
                                    f"{name}/{column}")
            self.assertEqual(sorted(run["report"]), sorted(set(traces["report"]) - {"hidden2_activation"}))
            spikes = traces["spikes/hidden1/node_ids"]
            self.assertTrue(numpy.array_equal(run["spikes/hidden1/node_ids"], spikes))
            self.assertEqual(len(spikes), int(numpy.sum(traces["report/hidden1_spikes/data"])))

    def test_longer_presentations_begin_as_short_ones(self):
        short = self.trace("--samples", "0:3", "--populations", "hidden1")["report/hidden1/data"][:]
        long = self.trace("--samples", "0:3", "--populations", "hidden1", "--steps", "11")
        data, step = long["report/hidden1/data"][:], long["report/hidden1/step"][:]
        self.assertEqual(len(data), 3 * 2 * 11)
        self.assertTrue(numpy.array_equal(data[step < 4], short))
        self.assertEqual(list(long["report"]), ["hidden1", "hidden1_spikes", "hidden1_current"])

    def test_every_label_and_none(self):
        traces = self.trace("--samples", "5", "--labels", "all,neutral", "--variables", "membrane")
        report = traces["report/hidden1"]
        label, phase = report["label"][::4], report["phase"][::4]
        self.assertEqual(sorted(label), [-1, *range(10)])
        self.assertEqual(list(phase[label < 0]), [2])
        self.assertEqual(numpy.count_nonzero(phase == 0), 1)
        first = report["data"][::4]
        self.assertEqual(len(numpy.unique(first, axis=0)), 11, "labels make a difference")
        own = self.trace("--samples", "5", "--labels", "positive", "--variables", "membrane")["report/hidden1"]
        self.assertTrue(numpy.array_equal(own["data"][0], first[phase == 0][0]))
        self.assertEqual(own["label"][0], label[phase == 0][0])

    def test_labels_by_the_names_of_classes(self):
        def labels(*arguments):
            self.good("trace", "pets.h5", "-o", "t.h5", "--force", "--samples", "0", *arguments)
            with h5py.File(self.folder / "t.h5") as traces:
                return sorted(set(traces["report/hidden1/label"][()].tolist()))
        names = [f"pet {i}" for i in range(10)]
        self.good("run", self.model, "-q", "-o", "pets.h5", "--set", f"data.classes={names}")
        self.assertEqual(labels("--labels", "pet 7,pet 2"), [2, 7])
        self.assertEqual(labels("--labels", "7"), [7])
        self.refused(2, "trace", "pets.h5", "-o", "x.h5", "--labels", "pet7", says='did you mean "pet 7"?')
        # labels of the files count from 1 where the model says so
        keys = ["--set", "data.first_label=1"]
        for key, name in (("train_labels", "train"), ("test_labels", "t10k")):
            with gzip.open(f"{ROOT}/data/mnist-sample/{name}-labels-idx1-ubyte.gz") as file:
                header, y = file.read(8), file.read()
            keys += ["--set", f"data.{key}={self.write(name, header + bytes(label + 1 for label in y))}"]
        self.good("run", self.model, "-q", "-o", "pets.h5", "--force", *keys)
        self.assertEqual(labels("--labels", "10,1"), [0, 9])
        self.refused(2, "trace", "pets.h5", "-o", "x.h5", "--labels", "0", says="classes are 1, 2, 3")

    def test_some_units_of_other_samples(self):
        all_units = self.trace("--split", "train", "--samples", "10:40:10")["report/hidden1/data"][:]
        some = self.trace("--split", "train", "--samples", "10:40:10", "--neurons", "4,19",
                          "--populations", "hidden1")["report/hidden1"]
        self.assertTrue(numpy.array_equal(some["data"], all_units[:, [4, 19]]))
        self.assertEqual(list(some["mapping/node_ids"]), [4, 19])
        self.assertEqual(sorted(set(some["sample"])), [10, 20, 30])

    def test_samples_of_a_file_of_ones_own(self):
        with h5py.File(self.folder / "own.h5", "w") as file:
            file["x"] = numpy.full((2, 784), 0.5, "float32")
            file["y"] = numpy.array([1, 1], "int32")
        data = self.trace("--data", "own.h5", "--samples", "0,1", "--labels", "1")["report/hidden1/data"][:]
        self.assertTrue(numpy.array_equal(data[:4], data[4:]), "the same image twice")

    def test_a_network_without_labels_in_its_input(self):
        backprop = self.write("backprop.toml", BACKPROP)
        self.good("run", backprop, "-q", "-o", "backprop.h5")
        traces = self.trace("--samples", "0,3", "--neurons", "0:5", run="backprop.h5")
        with h5py.File(self.folder / "backprop.h5") as run:
            for name in run["report"]:
                self.assertTrue(numpy.array_equal(run["report"][name]["data"], traces["report"][name]["data"]), name)
        self.refused(3, "trace", "backprop.h5", "--labels", "3", "-o", "other.h5", says=["recording.labels", "overlay"])

    def test_info_reads_it(self):
        self.good("trace", "run.h5", "-o", "traces.h5")
        self.assertIn("report hidden1: 8 frames of 20 neurons", self.good("info", "traces.h5"))
        self.good("trace", "run.h5", "-o", "traces.h5", "--force")

    def test_a_signal_ends_it_and_leaves_what_was_there(self):
        long = ("trace", "run.h5", "--samples", "0:100", "--labels", "all", "--steps", "2000", "-o", "t.h5")
        before = self.files()

        def stopped(signal_, *command):
            process = self.start(*command)
            end = time.monotonic() + 30
            while process.poll() is None and not self.begun() and time.monotonic() < end:
                time.sleep(0.005)
            process.send_signal(signal_)
            said = process.communicate(timeout=30)[1]
            self.assertEqual(process.returncode, 128 + signal_, said)
        for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU):
            stopped(signal_, *long)
            self.assertEqual(self.files(), before)
        old = self.write("t.h5", "old")
        stopped(signal.SIGINT, *long, "--force")
        self.assertEqual(old.read_text(), "old")
        self.good(*long, "--force", "--neurons", "0", "--variables", "spikes")
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        os.environ["TMPDIR"] = str(self.temporary)
        self.addCleanup(os.environ.pop, "TMPDIR")
        stopped(signal.SIGINT, "reproduce", "t.h5", "-q")
        self.assertEqual(list(self.temporary.iterdir()), [])

    def begun(self):
        """Whether there is a new file, which comes before the first presentation."""
        old = self.folder / "t.h5"
        new = self.folder / "t.h5.new" if old.exists() and old.read_bytes()[:3] == b"old" else old
        return any(self.folder.glob("tmp/*/run.h5")) if (self.folder / "tmp").exists() else new.exists()

    def test_what_is_not_there_is_named(self):
        for arguments, code, words in (
                (["--samples", "99:101"], 3, ["sample 100", "0 to 99"]),
                (["--samples", "5:x"], 2, ["--samples 5:x", "0:100:10"]),
                (["--samples", "5:5"], 2, ["empty"]),
                (["--samples", ""], 2, ["--samples"]),
                (["--samples", "0:99999999999"], 2, ["more than"]),
                (["--labels", "10"], 3, ["names 10", "0 to 9"]),
                (["--labels", "positiv"], 2, ["--labels positiv", 'did you mean "positive"?', "0 to 9"]),
                (["--populations", "hiden1"], 3, ["hiden1", "hidden1"]),
                (["--variables", "volts"], 3, ["volts"]),
                (["--neurons", "20"], 3, ["no unit 20"]),
                (["--data", "nowhere"], 4, ["nowhere"])):
            with self.subTest(arguments=arguments):
                self.refused(code, "trace", "run.h5", "-o", "other.h5", *arguments, says=words)
                self.assertNotIn("other.h5", self.files())
        self.refused(4, "trace", "small.toml", "-o", "other.h5", says="small.toml")
        self.refused(2, "trace", "run.h5", "-o", "run.h5", says=["run.h5", "exists"])


if __name__ == "__main__":
    unittest.main()
