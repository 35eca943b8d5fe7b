"""Goodness of positive and of negative samples by epoch."""
from . import series
from .parts import Figure, Lacks, side_by_side

NAME = "goodness"


def gather(runs, _):
    def of(run):
        if run.word("learning.rule") == "backprop":
            raise Lacks("Back-propagation has no goodness.")
        lines = series.of_populations(run, "goodness_positive", suffix=" +")
        lines += series.of_populations(run, "goodness_negative", "dash", " −")
        return series.panel(run, "mean goodness", lines, series.nothing(run, "goodness"))
    return Figure(NAME, "Goodness while learning",
                  "Solid: positive samples, dashed: negative ones; where groups of units stand for classes, a "
                  "sample's own class and all others. The distance between the two lines of a colour is what that "
                  "population has learnt to tell apart.", [side_by_side(runs, of)])
