"""What a run file says of how it came about: data files by role, the machine, stretches of a resumed run."""
import hashlib
import os
import subprocess
import unittest
from pathlib import Path

import h5py
import numpy as np

from support import SIM, CliTest

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
where = "first"
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

    def test_each_stretch_has_a_row(self):
        done = self.sim("run", "model.toml", "-o", "run.h5", "-q", "--set", "plan.epochs=30000", "--max-time", "0.2s",
                        "--threads", "1")
        self.assertEqual(done.returncode, 124, done.stderr)
        n_epochs = [0]
        with h5py.File(self.folder / "run.h5.ckpt") as file:
            n_epochs.append(int(file.attrs["n_epochs"]))
            self.assertEqual(n_epochs[-1], file["state/run/run_file/n_epochs"][0])
        self.assertEqual(self.sim("resume", "run.h5", "-q", "--max-time", "0.2s", "--threads", "3",
                                  environment={"SNNFF_KERNELS": "baseline"}).returncode, 124)
        with h5py.File(self.folder / "run.h5.ckpt") as file:
            n_epochs.append(int(file.attrs["n_epochs"]))
        self.assertEqual(n_epochs, sorted(set(n_epochs)))
        self.good("resume", "run.h5", "-q", "--threads", "2")
        with h5py.File(self.folder / "run.h5") as file:
            rows = [dict(file[f"provenance/stretches/{i}"].attrs) for i in range(len(file["provenance/stretches"]))]
            attributes = file["provenance"].attrs
            self.assertEqual([row["first_epoch"] for row in rows], n_epochs)
            self.assertEqual(rows[0]["first_epoch"].dtype, np.int64)
            self.assertEqual([row["threads"] for row in rows], [1, 3, 2])
            usual = attributes["kernels"]
            self.assertEqual([row["kernels"] for row in rows], [usual, "baseline", usual])
            usually = attributes["kernels_from"]
            self.assertNotIn("SNNFF_KERNELS", usually)
            self.assertEqual([row["kernels_from"] for row in rows], [usually, "SNNFF_KERNELS", usually])
            self.assertEqual([row["threads_from"] for row in rows], ["--threads"]*3)
            self.assertEqual([row["command_line"].split()[1] for row in rows], ["run", "resume", "resume"])
            for name in ("version", "git_commit", "libraries", "cpu", "host"):
                self.assertEqual({row[name] for row in rows}, {attributes[name]})
            self.assertEqual(rows[0]["created"][:13], file.attrs["created"][:13])
            self.assertEqual(attributes["threads"], 1)  # those of the group are the first one's
        self.assertEqual([row["first_epoch"] for row in self.facts()["stretches"]], n_epochs)
        self.assertRegex(self.good("info", "run.h5"), rf"taken up +in epoch {n_epochs[1]}, .*baseline kernels, 3 threads")

    def test_another_definition_of_numbers_is_refused(self):
        self.cut()
        with h5py.File(self.folder / "run.h5.ckpt", "r") as file:
            here = int(file.attrs["numbers"])
        self.modify_numbers(here + 1)
        self.refused(5, "resume", "run.h5", says=["run.h5: ", f"numbers = {here + 1}", f"numbers = {here},"])
        self.modify_numbers(here)
        self.assertEqual(self.sim("resume", "run.h5", "-q", "--max-time", "0.1s").returncode, 124)

    def modify_numbers(self, numbers):
        """As a program with other numbers would have written the checkpoint, checksum and all."""
        path, line = self.folder / "run.h5.ckpt", b"\nSHA-256 of the bytes before this line: "
        path.write_bytes(path.read_bytes().rsplit(line, 1)[0])
        with h5py.File(path, "r+") as file:
            file.attrs.modify("numbers", numbers)
        content = path.read_bytes()
        path.write_bytes(content + line + hashlib.sha256(content).hexdigest().encode() + b"\n")


class Machine(ProvenanceTest):
    def test_what_calculated(self):
        self.good("run", "model.toml", "-o", "run.h5", "-q", "--seed", "9007199254740991")
        facts = self.facts()
        with h5py.File(self.folder / "run.h5") as file:
            for name in ("numbers", "threads", "ranks", "seed", "n_resumed"):
                self.assertEqual(file["provenance"].attrs[name].dtype, np.uint64, name)
        self.assertEqual(facts["numbers"], 4)
        self.assertEqual(facts["ranks"], 1)
        self.assertEqual(facts["seed"], 9007199254740991)
        self.assertEqual(facts["host"], os.uname().nodename)
        self.assertIn(facts["kernels"], ("baseline", "avx2", "avx512", "neon"))
        self.assertEqual(facts["kernels_from"], "processor")
        self.assertRegex(facts["libraries"], r"^HDF5 \d+\.\d+\.\d+, zlib \d+\.\S+, libzip \d+\.\S+, libpng \d+\.\S+, "
                                             r"OpenSSL \d\S*, oneTBB \d{4}\.\S+, fmt \d+\.\d+\.\d+, glibc 2\.\d+$")
        self.assertNotIn("blas", facts)
        cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if "model name" in cpus:
            self.assertIn(facts["cpu"], cpus)

    def test_kernels_can_be_forced(self):
        for name in ("baseline", self.usual_kernels()):
            environment = {"SNNFF_KERNELS": name}
            said = self.sim("run", "model.toml", "-o", f"{name}.h5", environment=environment)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertEqual("as SNNFF_KERNELS asks" in said.stderr, name == "baseline")
            facts = self.facts(f"{name}.h5")
            self.assertEqual((facts["kernels"], facts["kernels_from"]), (name, "SNNFF_KERNELS"))
            text = self.good("info", f"{name}.h5")
            slow = r" \(without fused .*, as SNNFF_KERNELS asks: the same bits as everywhere, slowly\)"
            self.assertRegex(text, rf"kernels +{name}{slow if name == 'baseline' else ''}, numbers 4\n")

    def usual_kernels(self):
        self.good("run", "model.toml", "-o", "usual.h5", "-q", environment={"SNNFF_KERNELS": ""})
        facts = self.facts("usual.h5")
        self.assertEqual(facts["kernels_from"], "processor")
        return facts["kernels"]

    def test_kernels_that_cannot_be_are_refused(self):
        for verb in (("run", "model.toml", "-o", "run.h5"), ("info", "run.h5")):
            self.refused(2, *verb, environment={"SNNFF_KERNELS": "avx1024"},
                         says=["SNNFF_KERNELS = avx1024: no kernels are called so", "baseline"])
            impossible = "avx2" if os.uname().machine == "aarch64" else "neon"
            self.refused(2, *verb, environment={"SNNFF_KERNELS": impossible},
                         says=[f"SNNFF_KERNELS = {impossible}: this processor cannot run these kernels", "baseline"])
        self.assertNotIn("run.h5", self.files())

    def test_threads_are_as_many_as_the_process_may_use(self):
        one = str(min(os.sched_getaffinity(0)))
        command = ["taskset", "--cpu-list", one, SIM, "run", "model.toml", "-o", "one.h5"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)
        facts = self.facts("one.h5")
        self.assertEqual((facts["threads"], facts["threads_from"]), (1, "affinity 1"))
        self.good("run", "model.toml", "-o", "run.h5", "-q")
        facts = self.facts()
        self.assertLessEqual(facts["threads"], len(os.sched_getaffinity(0)))
        self.assertRegex(facts["threads_from"], rf"^(affinity {facts['threads']}|cgroup quota [0-9.]+)$")
        self.good("run", "model.toml", "-o", "three.h5", "-q", "--threads", "3")
        facts = self.facts("three.h5")
        self.assertEqual((facts["threads"], facts["threads_from"]), (3, "--threads"))

    def test_a_thread_that_is_allowed_is_one_that_runs(self):
        """With one processor allowed, no second thread is ever there."""
        one = str(min(os.sched_getaffinity(0)))
        run = subprocess.Popen(["taskset", "--cpu-list", one, SIM, "run", "model.toml", "-o", "one.h5", "-q",
                                "--set", "plan.epochs=100000", "--max-time", "1s"], cwd=self.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = 0
        while run.poll() is None:
            try:
                most = max(most, len(os.listdir(f"/proc/{run.pid}/task")))
            except OSError:
                break
        self.assertEqual(run.wait(timeout=60), 124)
        self.assertEqual(most, 1)


if __name__ == "__main__":
    unittest.main()
