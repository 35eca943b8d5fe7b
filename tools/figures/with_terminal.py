"""Figures as a terminal shows them: lines in Braille patterns, two dots by four to a character."""
import math

import numpy as np

from .parts import COLOURS, Gap, Line, Panel
from .terminal import printable

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # [row][column] of a pattern
SIX_COLOURS = (34, 31, 32, 35, 33, 36)  # as near to parts.COLOURS as a terminal's own come
SCALE = 9  # columns for the numbers beside a panel


def draw(figure, columns, rows, coloured):
    """The lines of text that show the panels and gaps of a figure, each panel `rows` high."""
    text = []
    for group in figure.groups:
        for part in group.parts:
            if isinstance(part, Panel):
                text += draw_panel(part, max(columns, 2 * SCALE), rows, coloured)
            elif isinstance(part, Gap):
                text.append(printable(part.sentence))
    return text


def draw_panel(panel, columns, rows, coloured):
    lines = [mark for mark in panel.marks if isinstance(mark, Line)]
    x, y = (np.concatenate([getattr(line, axis) for line in lines]) for axis in "xy")
    left, right, low, high = x.min(), x.max(), y.min(), y.max()
    width = columns - SCALE - 1
    pattern = np.zeros((rows, width), dtype=int)
    owner = np.full((rows, width), -1)
    for k, line in enumerate(lines):
        for row, column in dots(line, (left, right, low, high), 4 * rows, 2 * width):
            pattern[row // 4, column // 2] |= DOTS[row % 4][column % 2]
            owner[row // 4, column // 2] = k
    names = "   ".join(paint(f"{printable(line.name)} {line.y[-1]:.4g}", line.colour, coloured) for line in lines)
    text = [f"{panel.y_label}   {names}"]
    for row in range(rows):
        scale = f"{high:.4g}" if row == 0 else f"{low:.4g}" if row == rows - 1 else ""
        cells = (paint(chr(0x2800 + bits), lines[k].colour, coloured) if bits else " "
                 for bits, k in zip(pattern[row], owner[row]))
        text.append(f"{scale:>{SCALE}} " + "".join(cells).rstrip())
    last = f"{right:g}"
    text.append(" " * (SCALE + 1) + f"{left:g}" + last.rjust(width - len(f"{left:g}")))
    return text


def dots(line, bounds, n_rows, n_columns):
    """(row, column) of each dot, rows from the top: the mean of what falls on a column, joined up."""
    left, right, low, high = bounds
    column = np.rint((line.x - left) / ((right - left) or 1.0) * (n_columns - 1)).astype(int)
    row = (high - line.y) / ((high - low) or 1.0) * (n_rows - 1)
    before = None
    for at in np.unique(column):
        here = int(round(row[column == at].mean()))
        if before is not None:
            for between in range(before[1] + 1, at):
                share = (between - before[1]) / (at - before[1])
                yield int(round(before[0] + share * (here - before[0]))), between
            step = int(math.copysign(1, here - before[0]))
            for climbed in range(before[0] + step, here, step):
                if at == before[1] + 1:
                    yield climbed, at
        yield here, at
        before = (here, at)


def paint(text, colour, coloured):
    if not coloured:
        return text
    return f"\033[{SIX_COLOURS[COLOURS.index(colour) if colour in COLOURS else -1]}m{text}\033[0m"
