"""Spikes of all recorded units while they see a sample."""
import numpy as np

from .parts import NEGATIVE, POSITIVE, Cells, Figure, Lacks, Panel, Points, run_by_run
from .recording import not_recorded, reports, sample_of, versions_of

NAME = "raster"
HOW = "holds no spikes; recording.variables = [\"membrane\", \"spikes\"] in its model records them"
MOST_UNITS = 200  # rows that can still be told apart
MOST_ROWS = 400  # between the first and the last of them, for which a panel is made higher
MOST_STROKES = 60  # rows in which strokes do not run into each other; above, a cell per unit and step


def gather(runs, choice):
    return Figure(NAME, "Spikes of a population",
                  "A row per recorded unit, a stroke or a cell per spike; of more than 200 units, the first 200. Rows "
                  "without strokes are silent units. Where the network sees labels, a population that has learnt "
                  "fires more under the true one.",
                  run_by_run(runs, lambda run: panels(run, choice)))


def panels(run, choice):
    if not run.spiking():
        raise Lacks("No population of this run spikes: none is of LIF units.")
    made = []
    for name, report in reports(run, "spikes", HOW).items():
        sample = sample_of(report, choice)
        versions = versions_of(report, sample)
        if not versions:
            raise Lacks(not_recorded(report, sample))
        n_units = min(len(report.node_ids), MOST_UNITS)
        for phase, frames in versions.items():
            fired = report.data(frames)[:, :n_units] > 0
            step, unit = np.nonzero(fired)
            hue, time = NEGATIVE if phase == 1 else POSITIVE, report.time_ms(frames)
            if n_units > MOST_STROKES:
                marks = [Cells(time, report.node_ids[:n_units], fired.T.astype(float), hue)]
            else:
                marks = [Points(time[step], report.node_ids[unit], "spike", hue, "tick", in_legend=False)]
            ids = report.node_ids[:n_units].astype(float)
            shown = f" ({n_units} of {len(report.node_ids)})" if n_units < len(report.node_ids) else ""
            title = f"{name}{shown}, sample {sample}, {report.version(frames, phase)}"
            in_cells = n_units > MOST_STROKES
            beyond = 0.5 if in_cells else 1  # so that cells fill the panel
            n_rows = int(ids.max() - ids.min()) + 1 if in_cells else 0
            made.append(Panel(title, "time (ms)", "unit", marks, x_range=report.span_ms(frames),
                              y_range=(float(ids.min()) - beyond, float(ids.max()) + beyond),
                              n_rows=n_rows if n_rows <= MOST_ROWS else 0,
                              about=f"{len(step)} spikes of {n_units} units of {name}"))
    return made
