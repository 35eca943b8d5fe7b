"""Spikes of all recorded units while they see a sample."""
import numpy as np

from .parts import NEGATIVE, POSITIVE, Figure, Group, Lacks, Panel, Points, gap_unless
from .recording import not_recorded, reports, sample_of, versions_of

NAME = "raster"
HOW = "holds no spikes; recording.variables = [\"membrane\", \"spikes\"] in its model records them"
MOST_UNITS = 200  # rows that can still be told apart


def gather(runs, choice):
    groups = []
    for run in runs:
        parts = gap_unless("Spikes", lambda run=run: panels(run, choice))
        n_columns = len({part.title.rpartition(", ")[2] for part in parts})
        groups.append(Group(parts, columns=n_columns, heading=run.label if len(runs) > 1 else ""))
    return Figure(NAME, "Spikes of a population",
                  "A row per recorded unit, a stroke per spike. A population that has learnt fires more under the true "
                  "label; rows without strokes are silent units.", groups)


def panels(run, choice):
    if not any(run.option(f"population.{name}.neuron") == "lif" for name in run.option("population", {})):
        raise Lacks("No population of this run spikes: none is of LIF units.")
    made = []
    for name, report in reports(run, "spikes", HOW).items():
        sample = sample_of(report, choice)
        versions = versions_of(report, sample)
        if not versions:
            raise Lacks(not_recorded(report, sample))
        n_units = min(len(report.node_ids), MOST_UNITS)
        for phase, frames in versions.items():
            step, unit = np.nonzero(report.data(frames)[:, :n_units] > 0)
            marks = [Points(report.time_ms(frames)[step], report.node_ids[unit], "spike",
                            NEGATIVE if phase == 1 else POSITIVE, "tick", in_legend=False)]
            ids = report.node_ids[:n_units].astype(float)
            title = f"{name}, sample {sample}, {report.version(frames, phase)}"
            made.append(Panel(f"{title}", "time (ms)", "unit", marks,
                              y_range=(float(ids.min()) - 1, float(ids.max()) + 1),
                              about=f"{len(step)} spikes of {n_units} units of {name}"))
    return made
