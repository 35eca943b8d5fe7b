"""Figures as matplotlib draws them, for papers."""
import warnings

import matplotlib
import numpy as np

from .parts import MARK, Bars, Cells, Counts, Gap, Gallery, Level, Line, Points, outline
from .terminal import printable

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
from matplotlib.ticker import MaxNLocator  # noqa: E402

plt.rcParams.update({
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "figure.dpi": 150,
    "svg.hashsalt": "snnff",
    "text.parse_math": False,  # a title is text, whatever dollars it has
})
# A letter that the font lacks is drawn as a box; that the terminal is told so helps nobody.
warnings.filterwarnings("ignore", message="Glyph .* missing from current font")
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}


def draw(figure):
    """The parts of a figure in rows, gaps left out; None where nothing else is there."""
    rows, headings = [], []
    for group in figure.groups:
        parts = [part for part in group.parts if not isinstance(part, Gap)]
        for first in range(0, len(parts), group.columns):
            rows.append((group, parts[first:first + group.columns]))
            headings.append(group.heading if first == 0 else "")
    if not rows:
        return None
    columns = max(len(parts) for _, parts in rows)
    sizes = [max(size_of(part) for part in parts) for _, parts in rows]
    width = max([4.4 * columns + 1.0] + [0.75 * part.columns for _, parts in rows for part in parts
                                         if isinstance(part, Gallery)])
    drawn, grid = plt.subplots(len(rows), columns, figsize=(width, sum(sizes) + 0.3), squeeze=False,
                               gridspec_kw={"height_ratios": sizes})
    for axes, (group, parts), heading in zip(grid, rows, headings):
        for axis in axes[len(parts):]:
            axis.set_axis_off()
        for axis, part in zip(axes, parts):
            if isinstance(part, Gallery):
                draw_gallery(axis, part, heading)
            else:
                draw_panel(axis, part, heading)
                if axis is axes[len(parts) - 1] or not group.one_legend:
                    draw_legend(axis, outside=group.one_legend)
    drawn.tight_layout()
    return drawn


def size_of(part):
    """Height in inches."""
    if isinstance(part, Gallery):
        return 0.4 + (0.75 + 0.16 * lines_in_captions(part)) * -(-len(part.tiles) // part.columns)
    if any(isinstance(mark, Counts) for mark in part.marks):
        return 3.9
    return max(2.9, 0.9 + 3 * part.n_rows / plt.rcParams["figure.dpi"])  # three dots a row, where rows count


def draw_panel(axis, panel, heading):
    for mark in panel.marks:
        DRAW[type(mark)](axis, mark)
    title = f"{heading}\n{panel.title}" if heading and heading != panel.title else panel.title
    axis.set_title(printable(title), fontsize=10)
    axis.set(xlabel=panel.x_label, ylabel=panel.y_label)
    if panel.whole_x:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if panel.x_range:
        axis.set_xlim(*panel.x_range)
    if panel.y_range and not any(isinstance(mark, Counts) for mark in panel.marks):
        axis.set_ylim(*panel.y_range)


def draw_legend(axis, outside):
    handles, names = axis.get_legend_handles_labels()
    if not names:
        return
    if outside:
        axis.legend(handles, names, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    else:
        axis.legend(handles, names, fontsize=8)


def line(axis, mark):
    axis.plot(mark.x, mark.y, color=mark.colour, linestyle=DASHES[mark.dash], linewidth=1.5, label=printable(mark.name),
              marker="o" if mark.marked or len(mark.x) == 1 else None, markersize=4)


def points(axis, mark):
    marker, size = ("|", 4) if mark.shape == "tick" else ("o", 4)
    axis.plot(mark.x, mark.y, marker, color=mark.colour, markersize=size, label=printable(mark.name) if mark.in_legend else None)


def bars(axis, mark):
    x, y = outline(mark)
    axis.plot(x, y, color=mark.colour, linestyle=DASHES[mark.dash], linewidth=1.5, label=printable(mark.name))


def cells(axis, mark):
    colours = matplotlib.colors.LinearSegmentedColormap.from_list("cells", ["#ffffff", mark.colour])
    axis.pcolormesh(mark.x, mark.y, mark.values, cmap=colours, vmin=0, vmax=1, shading="nearest", rasterized=True)


def level(axis, mark):
    where = axis.axvline if mark.vertical else axis.axhline
    where(mark.value, color=MARK, linewidth=0.9, linestyle="--", label=printable(mark.name))


def counts(axis, mark):
    share = mark.values / np.maximum(mark.values.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axis.grid(False)
    if len(share) > 12:
        return
    names = [printable(name) for name in mark.names]
    axis.set_yticks(range(len(share)), names)
    long = max(map(len, names)) > 3
    axis.set_xticks(range(len(share)), names, **{"rotation": 45, "ha": "right"} if long else {})
    for row, column in zip(*np.nonzero(mark.values)):
        axis.text(column, row, f"{mark.values[row, column]:.0f}", ha="center", va="center", fontsize=7,
                  color="white" if share[row, column] > 0.5 else "black")


DRAW = {Line: line, Points: points, Bars: bars, Cells: cells, Level: level, Counts: counts}


def lines_in_captions(gallery):
    return max(tile.caption.count("\n") + 1 if tile.caption else 0 for tile in gallery.tiles)


def draw_gallery(axis, gallery, heading):
    """Tiles of one unit each on one pair of axes, captions below them."""
    step = 1.08 + 0.2 * lines_in_captions(gallery)
    n_rows = -(-len(gallery.tiles) // gallery.columns)
    for i, tile in enumerate(gallery.tiles):
        x, y = 1.12 * (i % gallery.columns), step * (i // gallery.columns)
        if tile.image is not None:
            rows, columns = tile.image.shape
            width, height = columns / max(rows, columns), rows / max(rows, columns)
            axis.imshow(tile.image, extent=(x, x + width, y + height, y), interpolation="nearest",
                        cmap="RdBu_r" if tile.signed else "gray", vmin=-1 if tile.signed else 0, vmax=1)
        axis.text(x + 0.5, y + 1.04, printable(tile.caption), ha="center", va="top", fontsize=6)
    axis.set(xlim=(-0.02, 1.12 * gallery.columns), ylim=(step * n_rows, -0.02), aspect="equal")
    axis.set_axis_off()
    axis.set_title(printable(heading or gallery.title), fontsize=10)
