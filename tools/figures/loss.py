"""Loss of each population by epoch."""
from . import series
from .parts import MARK, Figure, dash, side_by_side

NAME = "loss"


def gather(runs, _):
    def of(run):
        lines = [*series.of_populations(run, "loss", dash(runs.index(run))),
                 series.line(run, "test_loss", "test", MARK, "dot")]
        return series.panel(run, "loss", lines, series.nothing(run, "loss"))
    kinds = {(run.word("learning.rule"), run.word("learning.loss")) for run in runs}  # others are other units
    return Figure(NAME, "Loss of each population",
                  "Every population learns from its own loss. Look for one that stays behind the others or still "
                  "falls at the end.", [side_by_side(runs, of, same_y=len(kinds) == 1)])
