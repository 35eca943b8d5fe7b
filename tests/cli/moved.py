"""Runs whose files moved since: with their data, away from them, and to where data of the same name are others."""
import shutil
import unittest

import h5py

from cut_runs import LONG, CutRunTest
from support import ROOT

HDF5 = LONG.replace(f'folder = "{ROOT}/data/mnist-sample"', 'kind = "hdf5"\ntrain = "../data/d.h5"\ntest = "../data/d.h5"')


class Moved(CutRunTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        (self.home / "runs").mkdir(parents=True)

    def begin(self, kind):
        """A whole run, one that was stopped, and their data, in folders beside each other."""
        data = self.home / "data"
        if kind == "idx":
            shutil.copytree(ROOT / "data/mnist-sample", data)
            text = LONG.replace(f"{ROOT}/data/mnist-sample", "../data")
        else:
            data.mkdir()
            with h5py.File(data / "d.h5", "w") as file:
                file["x"] = [[float((7*s + 3*i) % 11 == s % 11) for i in range(784)] for s in range(220)]
                file["y"] = [s % 10 for s in range(220)]
            text = HDF5
        (self.home / "runs/m.toml").write_text(text)
        self.good("run", "home/runs/m.toml", "-q", "-o", "home/runs/whole.h5")
        done = self.sim("run", "home/runs/m.toml", "-q", "-o", "home/runs/cut.h5", "--max-time", "0.05s")
        self.assertEqual(done.returncode, 124, done.stderr)

    def goes_on(self, there, *options, word=None):
        for verb in (("resume", f"{there}/cut.h5", "-q"), ("reproduce", f"{there}/whole.h5", "-q")):
            done = self.sim(*verb, *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            if word:
                self.assertIn(word, done.stderr)
        self.expect_same(f"{there}/whole.h5", f"{there}/cut.h5")

    def test_with_their_data(self):
        for kind in ("idx", "hdf5"):
            with self.subTest(kind=kind):
                shutil.rmtree(self.home)
                (self.home / "runs").mkdir(parents=True)
                self.begin(kind)
                error = self.good_json("eval", "home/runs/whole.h5", "--json")["error_percent"]
                shutil.rmtree(self.folder / "away", ignore_errors=True)
                shutil.move(self.home, self.folder / "away")
                done = self.sim("eval", "away/runs/whole.h5", "--json")
                self.assertIn("is not there any more; taken from", done.stderr)
                self.assertIn(f'"error_percent": {error}', done.stdout)
                for verb in (("trace", "away/runs/whole.h5", "-o", "t.h5", "--force"), ("reproduce", "t.h5", "-q"),
                             ("export", "away/runs/whole.h5", "--format", "nir", "-o", "n.nir", "--force")):
                    options = ("--data", "away/data") if verb[0] == "reproduce" else ()
                    self.good(*verb, *options)
                self.goes_on("away/runs", word="is not there any more")
                self.home.mkdir()

    def test_away_from_their_data(self):
        self.begin("hdf5")
        shutil.move(self.home / "data", self.folder / "elsewhere")
        shutil.copy(self.home / "runs/cut.h5", self.folder / "before.h5")
        for verb in (("resume", "home/runs/cut.h5", "-q"), ("reproduce", "home/runs/whole.h5", "-q"),
                     ("eval", "home/runs/whole.h5"), ("trace", "home/runs/whole.h5", "-o", "t.h5")):
            self.refused(4, *verb, says=["data/d.h5", "--data"])
        self.assertEqual((self.home / "runs/cut.h5").read_bytes(), (self.folder / "before.h5").read_bytes())
        self.refused(2, "resume", "home/runs/cut.h5", "--data", "nowhere", says=["--data nowhere", "not there"])
        self.refused(2, "resume", "home/runs/cut.h5", "--data", "home/runs", says=["d.h5"])
        self.goes_on("home/runs", "--data", "elsewhere")

    def test_data_by_role(self):
        self.begin("hdf5")
        shutil.move(self.home / "data/d.h5", self.folder / "renamed.h5")
        self.goes_on("home/runs", "--data", "train=renamed.h5", "--data", "test=renamed.h5")

    def test_data_of_the_same_name_that_are_others_are_not_taken(self):
        self.begin("hdf5")
        with h5py.File(self.home / "data/d.h5", "r+") as file:
            file["x"][3, 5] = 0.5
        shutil.move(self.home, self.folder / "away")
        for verb in (("resume", "away/runs/cut.h5", "-q"), ("eval", "away/runs/whole.h5"),
                     ("trace", "away/runs/whole.h5", "-o", "t.h5"), ("reproduce", "away/runs/whole.h5", "-q")):
            done = self.sim(*verb)
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn("d.h5", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
