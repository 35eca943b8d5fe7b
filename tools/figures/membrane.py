"""Membranes of a few units under the true and a wrong label, with threshold and spikes."""
import numpy as np

from .parts import Figure, Lacks, Level, Line, Panel, Points, colour, run_by_run, share_y
from .recording import not_recorded, reports, sample_of, telling_units, versions_of

NAME = "membrane"
HOW = "holds no membrane; recording.variables = [\"membrane\", \"spikes\"] in its model records them"


def gather(runs, choice):
    groups = run_by_run(runs, lambda run: panels(run, choice))
    for group in groups:
        group.one_legend = True
    return Figure(NAME, "Membranes of single units",
                  "Dots are spikes, the dashed line is the threshold. Where the network sees labels, the same sample "
                  "stands under its own and under a wrong one: look for units that fire under one and stay below the "
                  "threshold under the other.", groups)


def panels(run, choice):
    if not run.spiking():
        raise Lacks("No population of this run has a membrane: none is of LIF units.")
    spikes = reports_or_none(run)
    found = reports(run, "", HOW)
    made = []
    for name, report in found.items():
        row = of_population(run, name, report, spikes.get(name), choice)
        share_y(row)
        made += row
    return made


def of_population(run, name, report, spikes, choice):
    sample = sample_of(report, choice)
    versions = versions_of(report, sample)
    if not versions:
        raise Lacks(not_recorded(report, sample))
    membranes = {phase: report.data(frames) for phase, frames in versions.items()}
    fired = {phase: spikes.data(frames) > 0 for phase, frames in versions.items()} if spikes else {}
    if fired and len(spikes.node_ids) != len(report.node_ids):
        raise Lacks(f"{run.path}: membranes of {len(report.node_ids)} units of {name} and spikes of "
                    f"{len(spikes.node_ids)} were recorded; a run has both of the same")
    units = choose(report, choice, np.concatenate(list((fired or membranes).values())))
    threshold = run.number(f"report/{report.name}/data", "threshold")
    made = []
    for phase, frames in versions.items():
        time, marks = report.time_ms(frames), []
        for i, unit in enumerate(units):
            v = membranes[phase][:, unit].astype(float)
            marks.append(Line(time, v, f"unit {report.node_ids[unit]}", colour(i)))
            if fired:
                spiked = fired[phase][:, unit]
                marks.append(Points(time[spiked], v[spiked], "spike", colour(i), in_legend=False))
        if np.isfinite(threshold):
            marks.append(Level(threshold, "threshold"))
        n_spikes = f", {int(fired[phase][:, units].sum())} spikes" if fired else ""
        made.append(Panel(f"{name}, sample {sample}, {report.version(frames, phase)}", "time (ms)",
                          label_of(run, report), marks,
                          x_range=report.span_ms(frames), about=f"membranes of {len(units)} units of {name}{n_spikes}"))
    return made


def label_of(run, report):
    """What is on the axis: its unit, and on which side of a reset it was taken."""
    place = f"report/{report.name}/data"
    unit, reset = (str(run.attribute(place, name, "")) for name in ("units", "reset"))
    side = f" {reset} the reset" if reset in ("before", "after") else ""
    return f"membrane{side}" + (f" ({unit})" if unit else "")


def choose(report, choice, activity):
    """Columns of the units asked for, else of the three that vary most."""
    if choice.neurons is None:
        return telling_units(activity, 3)
    for unit in choice.neurons:
        if not 0 <= unit < len(report.node_ids):
            raise Lacks(f"{report.run.path}: /report/{report.name} has no unit {unit}; it has "
                        f"0 to {len(report.node_ids) - 1} in the order of their recording")
    return choice.neurons


def reports_or_none(run):
    try:
        return reports(run, "spikes", "")
    except Lacks:
        return {}
