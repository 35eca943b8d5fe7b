"""Our side: snnff-bench, asked over a pipe, and snnff-sim, run as a user does."""
import pathlib
import subprocess
import tempfile
import time

import numpy as np

from serving import Serving
from timing import NotMeasured, Way, thread_counts

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Bench(Serving):
    """Our workloads, for a peer to be compared with."""

    def arrays(self, name):
        """Inputs and results of a workload, by the names of their files without the type."""
        types = {".f32": "<f4", ".i32": "<i4"}
        with tempfile.TemporaryDirectory() as folder:
            files = self.ask("dump", name, folder)["files"]
            return {pathlib.Path(file).stem:
                    np.fromfile(pathlib.Path(folder, file), types[pathlib.Path(file).suffix]).reshape(shape)
                    for file, shape in files.items()}

    def floor_ms(self, name):
        """What the machine needs at least for this work, where the program knows it."""
        try:
            return self.ask("floor", name)["ms"]
        except RuntimeError:
            return None

    def ways(self, name):
        def time_with(threads):
            def timed(seconds):
                self.ask("threads", threads)
                return self.ask("time", name, seconds)["ms"]
            return timed
        return [Way(threads_label(n), time_with(n)) for n in thread_counts()]


def threads_label(n):
    return f"{n} thread" + ("s" if n > 1 else "")


class Simulator:
    """`snnff-sim run` on a model of models/."""

    def __init__(self, program, model):
        self.program, self.model = program, ROOT / "models" / model

    def run(self, output, settings, threads=None):
        command = [self.program, "run", self.model, "-q", "--force", "-o", output]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        if threads:
            command += ["--threads", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.model.name}: {done.stderr.strip()}")

    def wall_ms(self, settings, threads):
        """The whole process: reading the data, training, the final evaluation, writing the run file."""
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            self.run(pathlib.Path(folder, "run.h5"), settings, threads)
            return 1e3 * (time.perf_counter() - start)

    def ways(self, settings, trial_settings):
        def way(threads):
            return Way(threads_label(threads), lambda _: self.wall_ms(settings, threads),
                       lambda: self.wall_ms({**settings, **trial_settings}, threads))
        return [way(n) for n in thread_counts()]

    def learn(self, images, labels, negative_labels, initial, settings):
        """Trains on given images and wrong labels from initial parameters (by population: weight, and bias where
        it has one); returns the losses [epoch] of each population and what became of its parameters."""
        try:
            import h5py
        except ImportError as missing:
            raise NotMeasured("install python3-h5py, which the results are compared through") from missing
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            with h5py.File(folder / "data.h5", "w") as data:
                data["x"], data["y"], data["y_negative"] = images, labels, negative_labels
            with h5py.File(folder / "init.h5", "w") as init:
                for population, parameters in initial.items():
                    for name, values in parameters.items():
                        init[f"populations/{population}/{name}"] = values
            data = folder / "data.h5"
            given = {"data": f'{{ kind = "hdf5", train = "{data}", test = "{data}" }}',
                     "overlay.where": '"first"',  # what the peers write over
                     "negatives": '{ kind = "given" }', "evaluation.every_n_epochs": 0}
            for population in initial:
                given[f"population.{population}.init"] = f'{{ kind = "file", path = "{folder / "init.h5"}" }}'
            self.run(folder / "run.h5", {**given, **settings})
            with h5py.File(folder / "run.h5", "r") as run:
                losses = {population: run[f"training/{population}/loss"][:] for population in initial}
                learnt = {population: {name: run[f"populations/{population}/{name}"][:] for name in parameters}
                          for population, parameters in initial.items()}
        return losses, learnt
