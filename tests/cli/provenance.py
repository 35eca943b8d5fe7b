"""What a run file says of how it came about: data files by role, the machine, stretches of a resumed run."""
import hashlib
import os
import unittest

import h5py
import numpy as np

from support import CliTest

# Two data files of one name, in two folders, and weights from a third file, all named from the model's folder.
HDF5 = """
seed = 1
[data]
kind = "hdf5"
train = "a/d.h5"
test = "b/d.h5"
n_validation = 10
[time]
steps = 4
[overlay]
n_labels = 2
[population.hidden1]
size = 5
init = { kind = "file", path = "start.h5" }
[population.hidden2]
size = 4
[plan]
epochs = 2
batch_size = 10
"""


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class ProvenanceTest(CliTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(1)
        for folder, n in (("a", 60), ("b", 20)):
            (self.folder / folder).mkdir()
            with h5py.File(self.folder / folder / "d.h5", "w") as file:
                file["x"] = random.random((n, 12), dtype="f")
                file["y"] = random.integers(0, 2, n)
        with h5py.File(self.folder / "start.h5", "w") as file:
            file["populations/hidden1/weight"] = random.normal(size=(5, 12)).astype("f")
        self.write("model.toml", HDF5)

    def facts(self, run="run.h5"):
        return self.good_json("info", run, "--json")["provenance"]


class DataFiles(ProvenanceTest):
    def expected(self):
        rows = [("train", "a/d.h5"), ("validation", "a/d.h5"), ("test", "b/d.h5"), ("initial weights", "start.h5")]
        return [{"role": role, "path": path, "size": (self.folder / path).stat().st_size,
                 "sha256": sha256(self.folder / path)} for role, path in rows]

    def test_each_file_is_known_by_its_role(self):
        self.good("run", "model.toml", "-o", "run.h5", "-q")
        with h5py.File(self.folder / "run.h5") as file:
            data = file["provenance/data"]
            self.assertEqual(data["size"].dtype, np.uint64)
            rows = [dict(zip(("role", "path", "sha256"), row)) for row in
                    zip(*(data[name].asstr()[()] for name in ("role", "path", "sha256")))]
            rows = [{**row, "size": int(size)} for row, size in zip(rows, data["size"][()])]
            self.assertEqual(rows, self.expected())
            self.assertFalse([name for name in file["provenance"].attrs if "sha256" in name])
        self.assertEqual(self.facts()["data"], self.expected())
        text = self.good("info", "run.h5")
        for row in self.expected():
            self.assertRegex(text, rf"{row['role']} +{row['path']} \(.*{row['sha256'][:12]}")

    def test_from_elsewhere_a_path_is_still_as_the_model_gave_it(self):
        (self.folder / "c").mkdir()
        self.write("c/model.toml", HDF5.replace('"a/', '"../a/').replace('"b/', f'"{self.folder}/b/')
                   .replace('"start', '"../start'))
        self.good("run", "c/model.toml", "-o", "run.h5", "-q")
        self.assertEqual([row["path"] for row in self.facts()["data"]],
                         ["../a/d.h5", "../a/d.h5", f"{self.folder}/b/d.h5", "../start.h5"])

    def test_a_trace_names_the_file_it_presented(self):
        self.good("run", "model.toml", "-o", "run.h5", "-q")
        self.good("trace", "run.h5", "--split", "train", "-o", "trace.h5")
        self.assertEqual([(row["role"], row["sha256"]) for row in self.facts("trace.h5")["data"]],
                         [("train", sha256(self.folder / "a/d.h5"))])

    def test_a_file_from_before_there_were_roles_is_read(self):
        self.good("run", "model.toml", "-o", "run.h5", "-q")
        with h5py.File(self.folder / "run.h5", "r+") as file:
            del file["provenance/data"], file["provenance"].attrs["seed"]
            file["provenance"].attrs["seed"] = "1"
            file["provenance"].attrs["sha256 d.h5"] = "ab"
        facts = self.facts()
        self.assertEqual((facts["data"], facts["seed"], facts["sha256 d.h5"]), ([], "1", "ab"))

    def test_columns_of_other_lengths_are_refused(self):
        self.good("run", "model.toml", "-o", "run.h5", "-q")
        with h5py.File(self.folder / "run.h5", "r+") as file:
            del file["provenance/data/size"]
            file["provenance/data/size"] = np.arange(3, dtype=np.uint64)
        self.refused(4, "info", "run.h5", says=["/provenance/data/size", "3 values; 4 are expected"])


class Resumed(ProvenanceTest):
    def cut(self):
        done = self.sim("run", "model.toml", "-o", "run.h5", "-q", "--set", "plan.epochs=100000", "--max-time", "0.3s")
        self.assertEqual(done.returncode, 124, done.stderr)

    def test_changed_data_are_refused_by_name_and_role(self):
        self.cut()
        for path, role in (("b/d.h5", "test"), ("start.h5", "initial weights")):
            whole = (self.folder / path).read_bytes()
            with h5py.File(self.folder / path, "r+") as file:
                file.attrs["another"] = 1
            self.refused(5, "resume", "run.h5", says=[f"{path} ({role}) changed"])
            (self.folder / path).write_bytes(whole)
        # The other file of that name is not the same data.
        os.replace(self.folder / "a/d.h5", self.folder / "kept")
        (self.folder / "a/d.h5").write_bytes((self.folder / "b/d.h5").read_bytes())
        self.refused(5, "resume", "run.h5", says=["a/d.h5 (train), "])
        os.replace(self.folder / "kept", self.folder / "a/d.h5")
        self.assertEqual(self.sim("resume", "run.h5", "-q", "--max-time", "0.1s").returncode, 124)


if __name__ == "__main__":
    unittest.main()
