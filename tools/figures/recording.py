"""What was recorded of the activity: which frames belong to a sample and version, which units tell most."""
import numpy as np

from .parts import Lacks
from .run import WHOLE_NUMBERS

VERSIONS = {0: "true label", 1: "wrong label", 2: "no label"}


class Report:
    """A report of a run file: its index in memory, its data on disk until asked for."""

    def __init__(self, run, name):
        self.run, self.name = run, name
        columns = {key: run.read(f"report/{name}/{key}", 1, kinds=WHOLE_NUMBERS) for key in ("sample", "step", "phase")}
        # a run that was stopped may have flushed some columns further than others
        n = min(len(run.dataset(f"report/{name}/data", 2)), *map(len, columns.values()))
        self.sample, self.step, self.phase = (columns[key][:n] for key in ("sample", "step", "phase"))
        label = f"report/{name}/label"
        self.label = run.read(label, 1, kinds=WHOLE_NUMBERS)[:n] if run.has(label) else np.full(n, -1)
        n_units = run.dataset(f"report/{name}/data", 2).shape[1]
        self.node_ids = run.read(f"report/{name}/mapping/node_ids", 1, kinds=WHOLE_NUMBERS)[:n_units]
        if n == 0 or n_units == 0 or len(self.node_ids) != n_units or len(self.label) != n:
            raise Lacks(f"{run.path}: /report/{name} holds no whole recording; the run was stopped too early")
        self.dt_ms = float(run.amount("time.dt_ms", 1.0))

    def frames(self, sample, phase):
        """The last recording of a sample in a version, as a slice in the order of its steps; None if there is none."""
        chosen = np.flatnonzero((self.sample == sample) & (self.phase == phase))
        if chosen.size == 0:
            return None
        step = self.step[chosen].astype(np.int64)
        # steps are counted anew where a recording begins
        first = chosen[0] if chosen.size == 1 else chosen[np.flatnonzero(np.diff(step, prepend=step[0]) <= 0)[-1]]
        last = first + 1
        while last < len(self.step) and self.step[last] > self.step[last - 1] \
                and self.sample[last] == sample and self.phase[last] == phase:
            last += 1
        return slice(int(first), int(last))

    def data(self, frames):
        data = self.run.read(f"report/{self.name}/data", 2, frames)
        if data.shape != (frames.stop - frames.start, len(self.node_ids)):
            raise Lacks(f"{self.run.path}: /report/{self.name}/data ends before frame {frames.stop}")
        return data

    def time_ms(self, frames):
        return self.step[frames] * self.dt_ms

    def span_ms(self, frames):
        """From half a frame before the first to half a frame after the last."""
        time = self.time_ms(frames)
        half = 0.5 * (float(time[1] - time[0]) if len(time) > 1 else self.dt_ms)
        return float(time[0]) - half, float(time[-1]) + half

    def version(self, frames, phase):
        """"label 7, the true one"; "no label"."""
        label = int(self.label[frames.start])
        kind = VERSIONS.get(phase, f"phase {phase}")
        return kind if label < 0 else f"label {label} ({kind.split()[0]})"


def reports(run, variable, how):
    """Reports of a variable by population: "" for the membrane, else "spikes", "activation"."""
    ending = f"_{variable}" if variable else ""
    found = {}
    for name in run.groups("report"):
        is_membrane = run.attribute(f"report/{name}/data", "reset") is not None
        population = run.attribute(f"report/{name}", "population", name.removesuffix(ending))
        if is_membrane if not variable else name.rstrip("_").endswith(ending) and not is_membrane:
            found[str(population)] = Report(run, name)
    if not found:
        raise Lacks(f"{run.path} {how}")
    return found


def sample_of(report, choice):
    return choice.sample if choice.sample is not None else int(report.sample[0])


def versions_of(report, sample):
    """The versions a sample was recorded in, in the order true, wrong, none."""
    return {phase: frames for phase in VERSIONS if (frames := report.frames(sample, phase)) is not None}


def not_recorded(report, sample):
    recorded = sorted({int(s) for s in report.sample[:100_000]})
    shown = ", ".join(map(str, recorded[:12])) + (" …" if len(recorded) > 12 else "")
    return f"{report.run.path} has no recording of sample {sample}; it has {shown}"


def telling_units(values, n):
    """Columns that are neither silent nor active in every step, most varied first."""
    spread = np.nan_to_num(values.astype(float)).std(axis=0)
    return np.argsort(-spread, kind="stable")[:n]
