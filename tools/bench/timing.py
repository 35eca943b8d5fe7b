"""Times two sides in turn: each by the fastest of its ways, in rounds, so that both see the same machine."""
import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Callable, Optional


class NotMeasured(Exception):
    """What a comparison would need and this machine lacks; the text says what to install."""


class Disagreement(Exception):
    """The two sides do not compute the same; the text says what differs."""


@dataclass
class Way:
    """One way for a side to do the work: a number of threads, a formulation, a batch size."""

    label: str
    time: Callable[[float], float]  # seconds to spend -> milliseconds per repetition
    trial: Optional[Callable[[], float]] = None  # a cheaper figure to choose by; default: time(0.3)


@dataclass
class Contest:
    """A workload with the ways of both sides to do it, after they were found to agree: the peer as it is written
    in tutorials, and the fastest formulation of it that was found (none where it has only one)."""

    ours: list
    peer: list
    fastest_peer: list
    how_they_agree: str = ""


def progress(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def thread_counts():
    """The numbers of threads worth trying: one, and one per core."""
    return sorted({1, len(os.sched_getaffinity(0))})


def median_ms(repeat, seconds):
    """Median milliseconds of a repetition; the first warms up, unless it takes a good part of the time by itself."""
    taken = []
    start = time.perf_counter()
    repeat()
    first = time.perf_counter() - start
    if first > seconds / 4:
        taken.append(first)
    while sum(taken) < seconds and (len(taken) < 3 or sum(taken) + statistics.median(taken) / 2 < seconds):
        start = time.perf_counter()
        repeat()
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)


def fastest(side, ways):
    """The way with the shortest trial."""
    if len(ways) == 1:
        return ways[0]
    trials = [(way.trial() if way.trial else way.time(0.3), i) for i, way in enumerate(ways)]
    progress(f"{side}: " + ", ".join(f"{ways[i].label} {ms:.4g} ms" for ms, i in sorted(trials)))
    return ways[min(trials)[1]]


def rounds_of(contest, n_rounds):
    """Milliseconds of ours, the peer's and, where there is one, the fastest peer's, one row per round."""
    sides = [("ours", contest.ours), ("peer", contest.peer), ("fastest peer", contest.fastest_peer)]
    ways = [(name, fastest(name, ways)) for name, ways in sides if ways]
    rounds = []
    for i in range(n_rounds):
        rounds.append([way.time(1.0) for _, way in ways])
        progress(f"round {i + 1}: " + ", ".join(f"{name} {ms:.4g} ms ({way.label})"
                                                for (name, way), ms in zip(ways, rounds[-1])))
    return rounds
