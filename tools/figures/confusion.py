"""True against predicted labels."""
from .parts import Counts, Figure, Lacks, Panel, side_by_side
from .run import WHOLE_NUMBERS

NAME = "confusion"


def gather(runs, _):
    return Figure(NAME, "Confusion matrix",
                  "Rows are true labels, columns what was predicted; colour is the share of the row. Look for "
                  "coloured cells off the diagonal: pairs that the network takes for each other.", [side_by_side(runs, panel)])


def panel(run):
    split = run.test_split()
    counts = run.read(f"evaluation/{split}/confusion", 2, kinds=WHOLE_NUMBERS).astype(float)
    if counts.shape[0] != counts.shape[1] or counts.size == 0 or counts.min() < 0:
        raise Lacks(f"{run.path}: /evaluation/{split}/confusion has the shape {list(counts.shape)}; "
                    "counts of labels by labels are expected")
    right = counts.trace() / max(counts.sum(), 1)
    names = run.classes(split, len(counts))
    return Panel(run.label, "predicted label", f"true label ({split})", [Counts(counts, names)], whole_x=True,
                 about=f"{counts.sum():.0f} samples, {100 * right:.2f} % on the diagonal")
