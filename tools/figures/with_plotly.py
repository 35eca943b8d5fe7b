"""Panels as plotly figures: plain data, for plotly.js to draw."""
import html

import numpy as np

from .parts import MARK, Bars, Cells, Counts, Level, Line, Points, outline

GRID, AXIS = "#e9eaec", "#9aa0a6"
FONT = {"family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", "size": 12, "color": "#24292f"}
ON_FULL, ON_EMPTY = "#ffffff", "#24292f"  # figures in cells; page.js knows these colours, and has others for the dark
MARGIN = {"l": 56, "r": 12, "t": 8, "b": 44}
BLUES = [[0, "#ffffff"], [0.05, "#e3ecf7"], [0.5, "#7aa3d6"], [1, "#1f4e8c"]]


def figure_of(panel):
    """{data, layout} of a panel, as Plotly.newPlot takes them."""
    data, shapes, annotations = [], [], []
    for mark in panel.marks:
        DRAW[type(mark)](mark, data, shapes, annotations)
    named = any(trace.get("showlegend") for trace in data)
    layout = {
        "font": FONT, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": dict(MARGIN),
        "xaxis": axis(panel.x_label), "yaxis": axis(panel.y_label) | {"automargin": True},
        "shapes": shapes, "annotations": annotations, "showlegend": named, "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
    }
    if panel.whole_x:
        layout["xaxis"] |= {"tickformat": "d", "nticks": 8} | ({"dtick": 1} if is_short(panel) else {})
    if panel.x_range:
        layout["xaxis"]["range"] = numbers(panel.x_range)
    if panel.y_range:
        layout["yaxis"]["range"] = numbers(panel.y_range)
    for mark in panel.marks:
        if isinstance(mark, Counts):
            matrix_axes(layout, mark)
    if any(isinstance(mark, Level) and mark.vertical for mark in panel.marks):
        layout["margin"]["t"] = 22
        layout["legend"]["y"] = 1.1
    return {"data": data, "layout": layout}


def height_of(panel):
    """Pixels of a panel whose rows are to be as high as each other, two of them each; None: as any other."""
    return 2 * panel.n_rows + MARGIN["t"] + MARGIN["b"] if panel.n_rows else None


def is_short(panel):
    """Whether ticks at tenths would be the automatic choice."""
    ends = [end for mark in panel.marks if isinstance(mark, Line) for end in (mark.x.min(), mark.x.max())]
    return bool(ends) and max(ends) - min(ends) < 8


def axis(label):
    return {"title": {"text": safe(label), "standoff": 8}, "gridcolor": GRID, "linecolor": AXIS, "showline": True,
            "zeroline": False, "ticks": "outside", "ticklen": 4, "tickcolor": AXIS}


def safe(text):
    """plotly.js takes tags in text for markup; here text is only text."""
    return html.escape(str(text), quote=False)


def numbers(values):
    """Six digits that count, which is more than a screen shows; null where there is no number."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in np.asarray(values, float).ravel()]


def mode_of(mark):
    return "markers" if len(mark.x) == 1 else "lines+markers" if mark.marked else "lines"


def line(mark, data, *_):
    data.append({"type": "scatter", "mode": mode_of(mark), "x": numbers(mark.x),
                 "y": numbers(mark.y), "name": safe(mark.name), "showlegend": True,
                 "line": {"color": mark.colour, "dash": mark.dash, "width": 1.8}, "marker": {"color": mark.colour}})


def points(mark, data, *_):
    marker = {"color": mark.colour, "size": 6}
    if mark.shape == "tick":
        marker = {"symbol": "line-ns", "size": 5, "line": {"color": mark.colour, "width": 2}}
    data.append({"type": "scatter", "mode": "markers", "x": numbers(mark.x), "y": numbers(mark.y), "marker": marker,
                 "name": safe(mark.name), "showlegend": mark.in_legend})


def bars(mark, data, *_):
    x, y = outline(mark)
    data.append({"type": "scatter", "mode": "lines", "x": numbers(x), "y": numbers(y), "name": safe(mark.name),
                 "showlegend": True, "line": {"color": mark.colour, "dash": mark.dash, "width": 1.8}})


def cells(mark, data, *_):
    data.append({"type": "heatmap", "x": numbers(mark.x), "y": numbers(mark.y),
                 "z": [numbers(row) for row in mark.values], "colorscale": [[0, "rgba(0,0,0,0)"], [1, mark.colour]],
                 "zmin": 0, "zmax": 1, "showscale": False, "name": "spikes",
                 "hovertemplate": "unit %{y}, %{x} ms<extra></extra>"})


def level(mark, data, shapes, annotations):
    along, across = ("x", "y") if mark.vertical else ("y", "x")
    value = float(mark.value)
    shapes.append({"type": "line", f"{along}0": value, f"{along}1": value, f"{across}0": 0, f"{across}1": 1,
                   f"{across}ref": "paper", "line": {"color": MARK, "width": 1.2, "dash": "dash"}})
    if mark.vertical:
        annotations.append({"x": value, "y": 1, "yref": "paper", "yanchor": "bottom", "text": safe(mark.name),
                            "showarrow": False, "font": {"size": 11, "color": MARK}})
    else:  # a line through the data is named in the legend, where it hides nothing
        data.append({"type": "scatter", "mode": "lines", "x": [None], "y": [None], "name": safe(mark.name),
                     "showlegend": True, "line": {"color": MARK, "dash": "dash", "width": 1.2}})


def counts(mark, data, _, annotations):
    share = mark.values / np.maximum(mark.values.sum(axis=1, keepdims=True), 1)
    n = len(share)
    data.append({"type": "heatmap", "z": [numbers(row) for row in share], "colorscale": BLUES, "zmin": 0, "zmax": 1,
                 "customdata": [numbers(row) for row in mark.values], "showscale": False, "xgap": 1, "ygap": 1,
                 "hovertemplate": "true %{y}, predicted %{x}: %{customdata:d}<extra></extra>", "name": "counts",
                 **({} if are_numbers(mark.names) else {"x": names_of(mark), "y": names_of(mark)})})
    if n > 12:
        return  # cells too small for figures; they show under the pointer
    for row in range(n):
        for column in range(n):
            if mark.values[row, column] > 0:
                annotations.append({"x": column, "y": row, "text": f"{mark.values[row, column]:.0f}",
                                    "showarrow": False, "font": {"size": 10, "color": ON_FULL if share[row, column] > 0.5
                                                                 else ON_EMPTY}})


def are_numbers(names):
    return names == [str(i) for i in range(len(names))]


def names_of(mark):
    """As the page shows them, each once: Plotly counts categories by what they are called."""
    return [safe(name) if mark.names.count(name) == 1 else f"{safe(name)} ({i})" for i, name in enumerate(mark.names)]


def matrix_axes(layout, mark):
    n = len(mark.names)
    for name in ("xaxis", "yaxis"):
        if not are_numbers(mark.names):
            layout[name] |= {"type": "category", "automargin": True}
        layout[name] |= {"dtick": 1 if n <= 12 else None, "showgrid": False, "constrain": "domain", "ticks": "",
                         "showline": False, "range": [-0.5, n - 0.5]}
    layout["yaxis"] |= {"range": [n - 0.5, -0.5], "scaleanchor": "x"}


DRAW = {Line: line, Points: points, Bars: bars, Cells: cells, Level: level, Counts: counts}
