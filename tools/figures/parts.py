"""What figures are made of, whoever draws them: panels with an axis pair, galleries of small images, gaps."""
from dataclasses import dataclass, field

import numpy as np

# Populations, units: told apart by readers with any colour vision, without the yellow that white swallows.
# Source: Okabe & Ito, Color Universal Design (2008).
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
POSITIVE, NEGATIVE, MARK = "#0072b2", "#d55e00", "#767676"
DASHES = ["solid", "dash", "dot", "dashdot"]


def colour(i):
    return COLOURS[i % len(COLOURS)]


def dash(i):
    """The dash of run i."""
    return DASHES[i % len(DASHES)]


def outline(bars):
    """x and y of a histogram's outline, from the ground to the ground."""
    return np.repeat(bars.edges, 2), np.concatenate([[0.0], np.repeat(bars.heights, 2), [0.0]])


@dataclass
class Line:
    x: np.ndarray
    y: np.ndarray
    name: str
    colour: str
    dash: str = "solid"  # or another of DASHES
    marked: bool = False  # a dot at every value: between them nothing was measured


@dataclass
class Points:
    x: np.ndarray
    y: np.ndarray
    name: str
    colour: str
    shape: str = "dot"  # or "tick": a vertical stroke
    in_legend: bool = True


@dataclass
class Cells:
    """A matrix of values from 0 to 1: a row per unit, a column per step."""
    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    colour: str


@dataclass
class Bars:
    """A histogram, drawn as its outline: heights between edges."""
    edges: np.ndarray
    heights: np.ndarray
    name: str
    colour: str
    dash: str = "solid"


@dataclass
class Level:
    """A line across the panel: a threshold."""
    value: float
    name: str
    vertical: bool = False


@dataclass
class Counts:
    """A matrix of counts, coloured by the share of its row; a name for each row and column."""
    values: np.ndarray
    names: list[str]


@dataclass
class Panel:
    title: str
    x_label: str
    y_label: str
    marks: list
    whole_x: bool = False  # ticks at whole numbers only
    x_range: tuple | None = None
    y_range: tuple | None = None
    about: str = ""  # what there is to see, for those who cannot
    n_rows: int = 0  # of cells that need a height of their own; 0: a panel as any other


@dataclass
class Tile:
    """A small image of a gallery; without one (None) its caption stands alone.

    image      [row, column], 0 to 1 as grey, or −1 to 1 as blue to red where signed
    """
    image: np.ndarray | None
    caption: str = ""
    signed: bool = False


@dataclass
class Gallery:
    title: str
    tiles: list
    columns: int
    narrow_columns: int = 0  # where there is little room; 0: as many
    note: str = ""
    scale: tuple | None = None  # what full blue and full red stand for, as text


@dataclass
class Gap:
    """A sentence where something would be, had the run recorded it."""
    title: str
    sentence: str


@dataclass
class Group:
    """Panels, galleries and gaps in rows of so many columns where there is room."""
    parts: list
    columns: int = 2
    heading: str = ""
    one_legend: bool = False  # all panels of a row have the same


@dataclass
class Figure:
    name: str
    title: str
    caption: str
    groups: list = field(default_factory=list)

    def parts(self, kind=object):
        return [part for group in self.groups for part in group.parts if isinstance(part, kind)]

    def is_empty(self):
        return not self.parts((Panel, Gallery))


@dataclass
class Choice:
    """What of a run to show: a recorded sample, recorded units, the folder of its data; None: what suits."""
    sample: int | None = None
    neurons: list | None = None
    data: object = None


class Lacks(Exception):
    """A run does not hold, or not in a readable form, what a figure needs; says what would do."""


def gap_unless(title, make):
    """What `make` gives, as a list, or the gap that says why not."""
    try:
        made = make()
    except Lacks as lack:
        return [Gap(title, str(lack).removesuffix("."))]
    return made if isinstance(made, list) else [made]


def side_by_side(runs, make, same_y=False, most_columns=3):
    """One group for all runs: what each has, or its gap, beside the others'."""
    parts = [part for run in runs for part in gap_unless(run.label, lambda run=run: make(run))]
    if same_y:
        share_y([part for part in parts if isinstance(part, Panel)])
    columns = 2 if len(parts) == 4 else min(len(parts), most_columns)
    return Group(parts, columns=columns, one_legend=same_y)


def run_by_run(runs, make):
    """A group for each run, with its name above if there are several."""
    groups = []
    for run in runs:
        parts = gap_unless("", lambda run=run: make(run))
        # titles are "population, version": a row for the first, a column for the last
        columns = len({part.title.rpartition(", ")[2] for part in parts})
        groups.append(Group(parts, columns=min(columns, 3), heading=run.label if len(runs) > 1 else ""))
    return groups


def share_y(panels):
    """The same vertical axis for panels that are to be compared."""
    low, high = np.inf, -np.inf
    for panel in panels:
        for mark in panel.marks:
            values = {Line: "y", Points: "y", Bars: "heights"}.get(type(mark))
            values = np.asarray(getattr(mark, values)) if values else np.zeros(0)
            if isinstance(mark, Level) and not mark.vertical:
                values = np.array([mark.value])
            if isinstance(mark, Bars):
                values = np.append(values, 0.0)
            values = values[np.isfinite(values)]
            if values.size:
                low, high = min(low, values.min()), max(high, values.max())
    if low > high:
        return
    room = 0.06 * (high - low) or 0.5
    for panel in panels:
        bottom = low if low == 0 else low - room
        panel.y_range = (float(bottom), float(high + room))
