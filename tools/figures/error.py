"""Error by epoch on each set of samples."""
from . import series
from .parts import COLOURS, Figure, dash, side_by_side

NAME = "error"


def gather(runs, _):
    def of(run):
        lines = [series.line(run, f"{name}_error", name, hue, dash(runs.index(run)), marked=True)
                 for name, hue in zip(("train", "validation", "test"), COLOURS)]
        return series.panel(run, "error (%)", lines, f"{run.path} holds no errors by epoch; "
                            "evaluation.every_n_epochs = 1 in its model records them")
    return Figure(NAME, "Error by epoch",
                  "Share of samples that get a wrong label. Training error far below the others means that samples "
                  "are learnt by heart. Dots are where it was measured.", [side_by_side(runs, of, same_y=True)])
