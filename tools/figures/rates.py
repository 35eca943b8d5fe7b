"""How often recorded units fire, under true against under wrong labels."""
import numpy as np

from .parts import NEGATIVE, POSITIVE, Bars, Figure, Lacks, Panel, run_by_run, share_y
from .recording import reports

NAME = "rates"
HOW = ("holds neither spikes nor activations; recording.variables = [\"spikes\"] for LIF units, [\"activation\"] for "
       "others in its model records them")


def gather(runs, _):
    return Figure(NAME, "Activity of single units",
                  "Recorded units by how active they are while they see a recorded sample: blue under its own label or "
                  "without one, orange under a wrong one. A heap at 0 is silent units.", run_by_run(runs, panels))


def panels(run):
    found = {}
    for variable in ("activation", "spikes"):
        try:
            found |= {name: (variable, report) for name, report in reports(run, variable, HOW).items()}
        except Lacks:
            continue
    if not found:
        raise Lacks(f"{run.path} {HOW}")
    made = [histogram(name, *found[name]) for name in run.populations() or found if name in found]
    for label in {panel.x_label for panel in made}:
        share_y([panel for panel in made if panel.x_label == label])
    return made


def histogram(name, variable, report):
    """Mean over the steps of each presentation, a value per unit and presentation."""
    means = {}
    for phase, kind in ((0, "true label"), (1, "wrong label"), (2, "no label")):
        samples = sorted({int(s) for s in report.sample[report.phase == phase]})[:200]
        rows = [report.data(report.frames(s, phase)).mean(axis=0) for s in samples]
        values = np.concatenate(rows) if rows else np.zeros(0)
        if np.isfinite(values).any():
            means[kind] = values[np.isfinite(values)]
    if not means:
        raise Lacks(f"{report.run.path}: /report/{report.name} holds no finite values")
    if variable == "spikes":
        n_steps = len(np.unique(report.step))
        n_bins = n_steps if n_steps <= 25 else 25  # k spikes in n steps: a bin for each k, if there are few
        edges = (np.arange(n_bins + 2) - 0.5) / n_bins
    else:
        everything = np.concatenate(list(means.values()))
        edges = np.histogram_bin_edges(everything, bins=25)
    hues = {"true label": POSITIVE, "wrong label": NEGATIVE, "no label": POSITIVE}
    marks = [Bars(edges, 100 * np.histogram(values, edges)[0] / len(values), kind, hues[kind],
                  "dash" if kind == "wrong label" else "solid")
             for kind, values in means.items()]
    label = "spikes per step" if variable == "spikes" else "mean activation"
    about = ", ".join(f"{kind} {values.mean():.3g}" for kind, values in means.items())
    return Panel(name, label, "units (%)", marks, about=f"{label} of {name}, mean: {about}")
