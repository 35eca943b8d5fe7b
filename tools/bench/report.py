"""Rows of the comparison with peers: as a table, as JSON."""
import statistics

HEADINGS = ("workload", "ours ms", "peer ms", "peer/ours", "mark", "met", "fastest peer ms", "fastest/ours")


def measured(workload, rounds, mark, floor_ms=None):
    """A row from milliseconds of ours, the peer's and the fastest peer's: a ratio is the median over rounds, which
    took all one after the other, so that a machine that slows down for a while does so for all."""
    def median(side):
        return statistics.median(each[side] for each in rounds) if len(rounds[0]) > side else None

    def ratio(side):
        return statistics.median(each[side] / each[0] for each in rounds) if len(rounds[0]) > side else None

    return {
        "workload": workload,
        "ours_ms": median(0),
        "peer_ms": median(1),
        "floor_ms": floor_ms,
        "ratio": ratio(1),
        "mark": mark,
        "met": ratio(1) >= mark,
        "fastest_peer_ms": median(2),
        "fastest_ratio": ratio(2),
    }


def not_measured(workload, mark):
    unknown = ("ours_ms", "peer_ms", "floor_ms", "ratio", "met", "fastest_peer_ms", "fastest_ratio")
    return {"workload": workload, "mark": mark} | dict.fromkeys(unknown)


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
                      number(row["mark"]), met[row["met"]], number(row["fastest_peer_ms"]),
                      number(row["fastest_ratio"])))
    widths = [max(len(line[c]) for line in cells) for c in range(len(HEADINGS))]
    lines = []
    for line in cells:
        aligned = [text.ljust(widths[c]) if c in (0, 5) else text.rjust(widths[c]) for c, text in enumerate(line)]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)
