"""Runs, traces and exports in the programs that people open HDF5 with: SONATA's, netCDF's, Octave, h5py."""
import json
import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import h5py
import numpy as np

import sonata
from support import BACKPROP, LEFT_OUT, SIM, CliTest

RECORD = ["--set", 'recording.variables=["membrane", "spikes", "current"]', "--set", "recording.samples=[3, 8]"]
ALONE = """
[population.alone]
neuron = "relu"
size = 5
"""
PACKAGES = {"octave-cli": "octave", "ncdump": "netcdf-bin"}


def needs(program):
    return unittest.skipUnless(shutil.which(program) and not LEFT_OUT, LEFT_OUT or f"no {program}; apt-get install {PACKAGES[program]}")


class Readers(CliTest):
    def setUp(self):
        super().setUp()
        self.good("run", self.model, "-q", "-o", "run.h5", *RECORD, "--set", "evaluation.test=true")

    def file(self, name):
        file = h5py.File(self.folder / name)
        self.addCleanup(file.close)
        return file

    def tool(self, *arguments):
        """What a program prints; it has to succeed and complain of nothing."""
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def test_runs_of_every_kind_have_the_published_layout(self):
        head, _, tail = self.model.read_text().partition("[population.hidden1]")
        models = {"run": None, "backprop": BACKPROP, "alone": head + ALONE + tail[tail.index("[learning]"):]}
        for name, model in models.items():
            if model:
                self.good("run", self.write(f"{name}.toml", model), "-q", "-o", f"{name}.h5")
            self.tool(sys.executable, Path(__file__).with_name("read_back.py"), f"{name}.h5")

    def test_sonata_in_runs_traces_and_exports(self):
        self.good("trace", "run.h5", "--samples", "0:2", "-o", "trace.h5")
        self.good("export", "run.h5", "--format", "sonata", "-o", "export.h5")
        for name in ("run.h5", "trace.h5", "export.h5"):
            file = self.file(name)
            self.assertEqual(sonata.Guide(file).problems, [], name)
            # As readers do it: the columns of a node lie between its pointer and the next.
            report = file["report/hidden1"]
            ids, pointers = report["mapping/node_ids"][:], report["mapping/index_pointers"][:]
            for i in range(len(ids)):
                column = report["data"][:, pointers[i]:pointers[i + 1]]
                fired = report.parent["hidden1_spikes/data"][:, i] == 1
                self.assertTrue(np.all(column[fired, 0] > 1), f"{name}: fired below threshold")
                times = file["spikes/hidden1/timestamps"][file["spikes/hidden1/node_ids"][:] == ids[i]]
                start, _, step = report["mapping/time"]
                self.assertTrue(np.allclose(times, start + step * np.flatnonzero(fired)), f"{name}: other times")

    @needs("ncdump")
    def test_ncdump_names_every_axis(self):
        header = self.tool("ncdump", "-h", "run.h5")
        for declared in ("float train_error(epoch)", "float hidden2(epoch)", "float goodness(sample, class)",
                         "float weight(unit, input)", "float data(frame, neuron)", "double timestamps(spike)",
                         "uint64 index_pointers(boundary)", "epoch = UNLIMITED", 'time:units = "ms"'):
            self.assertIn(declared, header)
        self.assertEqual(re.findall(r"phony_dim\w*", header), [], "axes without a name")

    @needs("octave-cli")
    def test_octave_loads_groups_by_name(self):
        groups = ["training", "populations", "evaluation", "report", "spikes"]
        script = self.write("read.m", f"""
            run = load("-hdf5", "run.h5", {", ".join(f'"{name}"' for name in groups)});
            puts(jsonencode(struct(
                "names", {{fieldnames(run)}}, "loss", run.training.hidden1.loss,
                "weight", run.populations.hidden1.weight, "goodness", run.evaluation.test.goodness,
                "membrane", run.report.hidden1.data, "pointers", run.report.hidden1.mapping.index_pointers,
                "spikes", run.spikes.hidden1.timestamps)));
        """)
        found = json.loads(self.tool("octave-cli", "--norc", "--no-history", script))
        self.assertEqual(sorted(found.pop("names")), sorted(groups))
        run = self.file("run.h5")
        for name, path in (("loss", "training/hidden1/loss"), ("weight", "populations/hidden1/weight"),
                           ("goodness", "evaluation/test/goodness"), ("membrane", "report/hidden1/data"),
                           ("pointers", "report/hidden1/mapping/index_pointers"),
                           ("spikes", "spikes/hidden1/timestamps")):
            # Octave counts axes from the other end. It prints five digits.
            self.assertTrue(np.allclose(np.transpose(found[name]), run[path], rtol=1e-4, atol=1e-5), name)

    def test_a_run_that_is_being_written(self):
        options = ["run", self.model, "-q", "-o", "live.h5", "--set", "plan.epochs=100000"]
        running = subprocess.Popen([SIM, *options], cwd=self.folder, stderr=subprocess.DEVNULL)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        n_epochs, deadline = 0, time.monotonic() + 30
        while n_epochs == 0 and time.monotonic() < deadline:
            try:  # a flush may be half done
                with h5py.File(self.folder / "live.h5", locking=False) as file:
                    n_epochs, status = len(file["training/epoch"]), file.attrs["status"]
            except (OSError, KeyError):
                time.sleep(0.05)
        self.assertGreater(n_epochs, 0)
        self.assertEqual(status, "running")
        with self.assertRaisesRegex(OSError, "unable to lock file"):
            h5py.File(self.folder / "live.h5")


if __name__ == "__main__":
    program = unittest.main(exit=False)
    sys.exit(not program.result.wasSuccessful() or (77 if program.result.skipped else 0))
