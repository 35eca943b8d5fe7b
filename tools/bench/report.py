"""Rows of the comparison with peers: as a table, as JSON."""
import statistics

HEADINGS = ("workload", "ours ms", "peer ms", "peer/ours", "mark", "met")


def measured(workload, pairs, mark, floor_ms=None):
    """A row from pairs of milliseconds, ours and the peer's: the ratio is the median over pairs, which were
    taken one after the other, so that a machine that slows down for a while does so for both."""
    ratio = statistics.median(peer / ours for ours, peer in pairs)
    return {
        "workload": workload,
        "ours_ms": statistics.median(ours for ours, _ in pairs),
        "peer_ms": statistics.median(peer for _, peer in pairs),
        "floor_ms": floor_ms,
        "ratio": ratio,
        "mark": mark,
        "met": ratio >= mark,
    }


def not_measured(workload, mark):
    return {"workload": workload, "ours_ms": None, "peer_ms": None, "floor_ms": None, "ratio": None, "mark": mark,
            "met": None}


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def table(rows):
    """The rows as text, numbers right-aligned under their headings."""
    met = {True: "yes", False: "no", None: "not measured"}
    cells = [HEADINGS]
    for row in rows:
        cells.append((row["workload"], number(row["ours_ms"]), number(row["peer_ms"]), number(row["ratio"]),
                      number(row["mark"]), met[row["met"]]))
    widths = [max(len(line[c]) for line in cells) for c in range(len(HEADINGS))]
    last = len(HEADINGS) - 1
    lines = []
    for line in cells:
        aligned = [text.ljust(widths[c]) if c in (0, last) else text.rjust(widths[c]) for c, text in enumerate(line)]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)
