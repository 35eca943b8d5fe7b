"""Runs that are run again, bit by bit: whole, cut short, gone on with, swept, traced; with data that moved, and with what
must not pass for the same."""
import re
import shutil
import signal
import time
import unittest

import h5py
import numpy as np
import support

READOUT = support.SMALL.replace("epochs = 2", "epochs = 30") + """
[evaluation]
every_n_epochs = 5
[readout]
kind = "softmax"
epochs = 2
[prediction]
by = "both"
[recording]
variables = ["membrane", "spikes"]
samples = [0, 3]
every_n_epochs = 1
"""


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


class Reproduce(support.CliTest):
    def setUp(self):
        super().setUp()
        self.write("readout.toml", READOUT)

    def run_of(self, model="small.toml", name="a.h5", *more):
        self.good("run", model, "-q", "-o", name, *more)
        return self.folder / name

    def same(self, *arguments):
        """How many arrays have the same bits."""
        text = self.good("reproduce", "-q", *arguments)
        self.assertRegex(text, r"\A\S+: same bits: \d+ arrays.*\n\Z")
        return int(re.search(r"(\d+) arrays", text)[1])

    def differs(self, *arguments):
        done = self.sim("reproduce", "-q", *arguments)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        return done.stdout

    def test_a_run_has_the_same_bits_with_another_number_of_threads_and_nothing_is_left_behind(self):
        run = self.run_of("readout.toml")
        before = run.read_bytes()
        lines = self.good("info", "a.h5", "--digest").splitlines()
        folder = self.folder / "temporary"
        folder.mkdir()
        done = self.sim("reproduce", "a.h5", "--threads", "1", environment={"TMPDIR": str(folder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, f"a.h5: same bits: {len(lines)} arrays\n")
        self.assertEqual(list(folder.iterdir()), [])
        self.assertEqual(run.read_bytes(), before)
        self.assertIn("readout/weight", done.stdout + "\n".join(lines))

    def test_a_value_that_was_changed_is_found_where_it_is(self):
        self.run_of()
        was = {}

        def change(file):
            was["weight"] = file["populations/hidden1/weight"][3, 71]
            file["populations/hidden1/weight"][3, 71] = 0.5

        edit(self.folder / "a.h5", change)
        text = self.differs("a.h5")
        self.assertIn("a.h5: other bits: /populations/hidden1/weight[3, 71] was 0.5 and is ", text)
        self.assertEqual(np.float32(re.search(r"and is (\S+);", text)[1]), was["weight"])
        self.assertRegex(text, r"; 1 of \d+ arrays differ\n")
        self.assertIn("were changed after the run", text)
        self.assertIn("are the same", text)
        found = self.sim("reproduce", "a.h5", "-q", "--json")
        self.assertEqual(found.returncode, 1)
        (run,) = support.json.loads(found.stdout)["runs"]
        self.assertEqual((run["outcome"], run["arrays_different"], run["changed_after_the_run"]), ("different", 1, True))
        self.assertEqual((run["first_difference"]["array"], run["first_difference"]["index"]),
                         ("/populations/hidden1/weight", [3, 71]))

    def test_one_bit_far_into_a_large_array_an_attribute_and_an_integer_are_found(self):
        self.run_of("small.toml", "a.h5", "--set", "population.hidden1.size=2000")

        def flip(file):
            weight = file["populations/hidden1/weight"]
            weight[1999, 783] = np.nextafter(weight[1999, 783], np.float32(9))

        for change, place in ((flip, "/populations/hidden1/weight[1999, 783]"),
                              (lambda f: f["evaluation/test"].attrs.modify("error", 99.5), "/evaluation/test@error was 99.5"),
                              (lambda f: f["evaluation/test/prediction"].__setitem__(7, 99),
                               "/evaluation/test/prediction[7] was 99 and is "),
                              (lambda f: f["training/hidden2/loss"].__setitem__(1, np.nan),
                               "/training/hidden2/loss[1] was nan and is ")):
            shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
            edit(self.folder / "b.h5", change)
            self.assertIn(place, self.differs("b.h5"))

    def test_what_a_run_lacks_or_has_too_much_of_is_told(self):
        self.run_of()
        shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
        edit(self.folder / "a.h5", lambda f: f["training"].pop("test_loss"))
        self.assertIn("and 1 that only this version writes", self.good("reproduce", "a.h5", "-q"))
        edit(self.folder / "b.h5", lambda f: f["training"].create_dataset("old", data=np.zeros(2)))
        self.assertIn("/training/old is not written any more", self.differs("b.h5"))

    def test_provenance_that_differs_is_said_where_bits_differ(self):
        self.run_of()

        def change(file):
            file["training/hidden1/loss"][0] = 1.0
            file["provenance"].attrs["libraries"] = "HDF5 1.2.3"

        edit(self.folder / "a.h5", change)
        text = self.differs("a.h5")
        self.assertRegex(text, r"(?m)^ +then +now$")
        self.assertRegex(text, r"(?m)^ +libraries +HDF5 1\.2\.3 +HDF5 ")

    def test_other_numbers_are_told_before_anything_is_calculated(self):
        self.run_of()

        with h5py.File(self.folder / "a.h5", "r+") as file:
            now = int(file["provenance"].attrs["numbers"])
            file["provenance"].attrs["numbers"] = now + 1
            file["model"][()] = file["model"][()].decode().replace("mnist-sample", "nowhere")  # is not looked for
        text = self.differs("a.h5")
        self.assertRegex(text, rf"\Aa\.h5: calculated by numbers = {now + 1}, and this program calculates by numbers = "
                               rf"{now}, .*; a program of version \d\S*, commit \S+, reproduces it\n\Z")

    def test_quick_compares_the_first_epochs_of_the_plan_that_was(self):
        self.run_of("readout.toml", "a.h5", "--set", "learning.schedule=half_then_linear")
        text = self.good("reproduce", "a.h5", "-q", "--quick")
        self.assertIn("arrays of the first 2 of 30 epochs", text)
        whole = self.same("a.h5")
        self.assertLess(int(re.search(r"(\d+) arrays", text)[1]), whole)
        # what came later is not looked at; what was recorded early is
        shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
        edit(self.folder / "b.h5", lambda f: f["training/hidden1/loss"].__setitem__(2, 9.0))
        self.same("b.h5", "--quick")
        edit(self.folder / "b.h5", lambda f: f["report/hidden1/data"].__setitem__((3, 4), 9.0))
        self.assertIn("of the first 2 of 30 epochs: /report/hidden1/data[3, 4] was 9 and is ", self.differs("b.h5", "--quick"))
        with h5py.File(self.folder / "a.h5") as file:
            n = int((file["report/hidden1_spikes/epoch"][:] < 2).sum())
            spikes = int((file["spikes/hidden1/timestamps"][:] < n).sum())  # a frame takes 1 ms
        self.assertGreater(spikes, 0)
        for at, code in ((spikes - 1, 1), (spikes, 0)):
            shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
            edit(self.folder / "b.h5", lambda f, at=at: f["spikes/hidden1/node_ids"].__setitem__(at, 99))
            self.assertEqual(self.sim("reproduce", "b.h5", "-q", "--quick").returncode, code)

    def test_of_an_interrupted_run_the_finished_epochs_are_compared(self):
        long = self.write("long.toml", READOUT.replace("epochs = 30", "epochs = 3000"))
        done = self.sim("run", long, "-q", "-o", "a.h5", "--max-time", "0.5s")
        self.assertEqual(done.returncode, 124, done.stderr)
        text = self.good("reproduce", "a.h5", "-q")
        n = int(re.search(r"of the first (\d+) of 3000 epochs", text)[1])
        with h5py.File(self.folder / "a.h5") as file:
            self.assertEqual(len(file["training/epoch"]), n)
        edit(self.folder / "a.h5", lambda f: f["training/train_error"].__setitem__(n - 1, 123.0))
        self.assertIn(f"/training/train_error[{n - 1}] was 123 and is ", self.differs("a.h5"))

    def test_a_run_that_was_killed_and_one_that_went_on(self):
        self.write("long.toml", READOUT.replace("epochs = 30", "epochs = 300"))
        process = self.start("run", "long.toml", "-o", "a.h5", "--checkpoint-every", "10 epochs")
        while not (self.folder / "a.h5.ckpt.previous").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.001)
        process.kill()
        process.wait()
        self.assertRegex(self.good("reproduce", "a.h5", "-q"), r"same bits: \d+ arrays of the first \d+ of 300 epochs")
        self.good("resume", "a.h5", "-q")
        self.assertGreater(self.same("a.h5"), 80)

    def test_every_run_of_a_sweep(self):
        self.good("sweep", "small.toml", "--over", "population.hidden1.beta=0.5,0.9", "-q", "-o", "betas")
        self.write("betas/notes.txt", "no run")
        shutil.copy(self.folder / "small.toml", self.folder / "betas" / "model.toml")
        with h5py.File(self.folder / "betas" / "data.h5", "w") as file:
            file["x"] = np.zeros(3)
        lines = self.good("reproduce", "betas/", "-q").splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertRegex(line, r"\Abetas/.*\.h5: same bits: \d+ arrays\Z")
        edit(self.folder / lines[0].split(":")[0], lambda f: f["training/hidden1/loss"].__setitem__(0, 1.0))
        text = self.differs("betas")
        self.assertEqual((text.count("same bits"), text.count("other bits")), (1, 1))
        (self.folder / "empty").mkdir()
        self.refused(2, "reproduce", "empty", says=["empty", "no run files"])

    def test_traces(self):
        self.run_of("readout.toml")
        self.good("trace", "a.h5", "--samples", "0:3", "--labels", "all", "--steps", "7", "-o", "t.h5")
        self.good("trace", "a.h5", "--samples", "1", "--split", "train", "-o", "u.h5")
        for name in ("t.h5", "u.h5"):
            self.assertGreater(self.same(name), 20)
        edit(self.folder / "t.h5", lambda f: f["report/hidden1/data"].__setitem__((5, 2), 9.0))
        self.assertIn("/report/hidden1/data[5, 2] was 9 and is ", self.differs("t.h5"))
        # the run has to be the one that was traced, wherever it is
        (self.folder / "elsewhere").mkdir()
        moved = self.folder / "elsewhere" / "b.h5"
        shutil.move(self.folder / "a.h5", moved)
        self.refused(4, "reproduce", "u.h5", "-q", says=["a.h5", "traced run=PATH"])
        self.same("u.h5", "--data", "traced run=elsewhere/b.h5")
        edit(moved, lambda f: f["populations/hidden1/bias"].__setitem__(0, 0.25))
        self.refused(5, "reproduce", "u.h5", "-q", "--data", "traced run=elsewhere/b.h5", says=["traced run", "SHA-256"])

    def test_data_that_moved_are_found_by_folder_and_by_role_and_changed_ones_are_refused(self):
        rng = np.random.default_rng(3)
        for name in ("train", "test"):
            with h5py.File(self.folder / f"{name}.h5", "w") as file:
                file["x"], file["y"] = rng.random((60, 30), "f4"), rng.integers(0, 10, 60)
        model = support.SMALL.replace(f'folder = "{support.ROOT}/data/mnist-sample"\nn_train = 200\nn_test = 100',
                                      'kind = "hdf5"\ntrain = "train.h5"\ntest = "test.h5"\nn_validation = 10')
        self.write("h5.toml", model)
        self.run_of("h5.toml", "first.h5")
        self.run_of("h5.toml", "a.h5", "--set", 'population.hidden1.init={ kind = "file", path = "first.h5" }')
        self.same("a.h5")
        place = self.folder / "now"
        place.mkdir()
        for name in ("train.h5", "test.h5", "first.h5"):
            shutil.move(self.folder / name, place)
        self.refused(4, "reproduce", "a.h5", "-q", says=["train.h5", "--data FOLDER or ROLE=PATH"])
        self.same("a.h5", "--data", "now")
        self.same("a.h5", "--data", "train=now/train.h5", "--data", "test=now", "--data", "initial weights=now/first.h5")
        self.refused(2, "reproduce", "a.h5", "-q", "--data", "nowhere", says=["nowhere", "is not there"])
        self.refused(2, "reproduce", "a.h5", "-q", "--data", "now/train.h5", says=["is a file", "train"])
        (self.folder / "empty").mkdir()
        self.refused(2, "reproduce", "a.h5", "-q", "--data", "empty", says=["train.h5, test.h5, first.h5"])
        for name, role in (("first.h5", "initial weights"), ("test.h5", "test"), ("train.h5", "train")):
            edit(place / name, lambda f: f.attrs.__setitem__("note", "another file by a hair"))
            self.refused(5, "reproduce", "a.h5", "-q", "--data", "now", says=[name, f"as {role}", "SHA-256"])

    def test_images_that_moved_are_found_in_a_folder_or_in_one_below_it(self):
        place = self.folder / "now" / "digits"
        place.mkdir(parents=True)
        digits = self.folder / "digits"
        shutil.copytree(support.ROOT / "data" / "mnist-sample", digits)
        self.run_of("small.toml", "a.h5", "--set", f'data.folder="{digits}"')
        shutil.copytree(digits, place, dirs_exist_ok=True)
        shutil.rmtree(digits)
        self.refused(4, "reproduce", "a.h5", "-q", says="--data FOLDER")
        for options in (["now"], ["now/digits"], ["train=now/digits", "test=now/digits"]):
            self.same("a.h5", *(word for option in options for word in ("--data", option)))
        images = next(place.glob("train-images*"))
        self.refused(2, "reproduce", "a.h5", "-q", "--data", f"train={images}", says=["is a file", "the folder that they"])

    def test_files_of_one_name_that_moved_with_their_folders_are_told_apart(self):
        rng = np.random.default_rng(4)
        for split in ("train", "test"):
            (self.folder / "before" / split).mkdir(parents=True)
            with h5py.File(self.folder / "before" / split / "d.h5", "w") as file:
                file["x"], file["y"] = rng.random((60, 30), "f4"), rng.integers(0, 10, 60)
        self.write("h5.toml", support.SMALL.replace(
            f'folder = "{support.ROOT}/data/mnist-sample"\nn_train = 200\nn_test = 100',
            'kind = "hdf5"\ntrain = "before/train/d.h5"\ntest = "before/test/d.h5"'))
        self.run_of("h5.toml", "a.h5")
        shutil.move(self.folder / "before", self.folder / "now")
        self.same("a.h5", "--data", "now")

    def test_a_relative_path_in_the_model_is_taken_from_the_run_files_folder(self):
        shutil.copytree(support.ROOT / "data" / "mnist-sample", self.folder / "digits")
        self.run_of("small.toml", "a.h5", "--set", "data.folder=digits")

        def change(file):
            text = file["model"][()].decode().replace(str(self.folder / "digits"), "digits")
            self.assertIn('folder = "digits"', text)
            file["model"][()] = text

        edit(self.folder / "a.h5", change)
        done = support.subprocess.run([support.SIM, "reproduce", "-q", str(self.folder / "a.h5")], cwd="/",
                                      capture_output=True, text=True, check=False)
        self.assertIn("same bits", done.stdout, done.stderr)

    def test_back_propagation_and_a_live_run(self):
        self.write("bp.toml", support.BACKPROP)
        self.run_of("bp.toml", "a.h5", "--live")
        self.assertGreater(self.same("a.h5"), 40)

    def test_of_many_one_that_fails_does_not_keep_the_others(self):
        self.run_of()
        self.write("b.h5", "no run")
        done = self.sim("reproduce", "b.h5", "a.h5", "-q")
        self.assertEqual(done.returncode, 4)
        self.assertIn("a.h5: same bits", done.stdout)
        self.assertIn("b.h5", done.stderr)
        self.refused(4, "reproduce", "b.h5", says="b.h5")
        runs = support.json.loads(self.sim("reproduce", "b.h5", "a.h5", "-q", "--json").stdout)["runs"]
        self.assertEqual([run["outcome"] for run in runs], ["failed", "same"])

    def test_progress_goes_to_stderr_and_ctrl_c_leaves_nothing_behind(self):
        self.write("long.toml", READOUT.replace("epochs = 30", "epochs = 30000"))
        done = self.sim("run", "long.toml", "-q", "-o", "a.h5", "--max-time", "1s")
        self.assertEqual(done.returncode, 124)
        edit(self.folder / "a.h5", lambda f: f.attrs.modify("status", "complete"))  # all 30,000 are run again
        folder = self.folder / "temporary"
        folder.mkdir()
        process = support.subprocess.Popen([support.SIM, "reproduce", "a.h5"], cwd=self.folder, text=True,
                                           stdout=support.subprocess.PIPE, stderr=support.subprocess.PIPE,
                                           env={**support.os.environ, "TMPDIR": str(folder)})
        while not list(folder.glob("*/run.h5")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (130, ""), said)
        self.assertIn("nothing is kept", said)
        self.assertEqual(list(folder.iterdir()), [])

    def test_a_damaged_file_of_a_folder_is_named_and_the_others_are_run_again(self):
        (self.folder / "runs").mkdir()
        for name in ("a.h5", "b.h5", "c.h5", "d.h5"):
            self.good("run", "small.toml", "-q", "-o", f"runs/{name}")
        content = (self.folder / "runs" / "b.h5").read_bytes()
        at = content.index(b"OHDR") + 8
        self.write("runs/b.h5", content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        self.write("runs/c.h5", content[:len(content) // 2])
        with h5py.File(self.folder / "runs" / "data.h5", "w") as file:  # no run, and none that was
            file["x"] = [1.0]
        done = self.sim("reproduce", "-q", "runs")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual([line.split(":")[0] for line in done.stdout.splitlines() if "same bits" in line],
                         ["runs/a.h5", "runs/d.h5"])
        for name in ("b.h5", "c.h5"):
            self.assertIn(f"runs/{name}: ", done.stderr)
        self.assertNotIn("data.h5", done.stdout + done.stderr)
        (self.folder / "runs" / "b.h5").unlink()
        self.assertEqual(self.sim("reproduce", "-q", "runs").returncode, 4)


if __name__ == "__main__":
    unittest.main()
