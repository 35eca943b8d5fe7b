"""Times the workloads of two benchmark programs in alternating pairs: `tools/bench/run --against OLD`.

A pair is two new processes, one of each program, that repeat a workload equally often from the same start, so that
both do the same work; every second pair begins with the new program. The ratio is the median over pairs of new time
over old time (each the shortest repetition of its process), its spread the middle half of them. It is beyond noise
where the interval that holds the median with 99 % (order statistics, whatever the distribution) leaves out 1 and the
median is more than 2 % away from it. Memory is the most that the process of a pair had resident (VmHWM of Linux).

OLD is the snnff-bench of an older commit, with its tools/bench: in a worktree of that commit, tools/bench/run --build
leaves build/bench/snnff-bench. snnff-sim has no workloads that could be compared one by one; whole trainings by two of
them are timed by tools/bench/scale --sim. Workloads that only one of the two programs has are named and skipped.

exit codes: 0 compared, whichever is faster; 1 a program failed at a workload; 2 usage; 4 a program is missing, or is
none of the benchmarks
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from serving import Serving

ROOT = Path(__file__).resolve().parents[2]
CONFIDENCE = 0.99
SMALLEST = 0.02  # difference of the median from 1 that is told: a program differed from itself by 1.4 %
FEWEST_PAIRS = 8  # for an interval of the median at 99 %
MOST_TURNS = 50  # of repetitions in a process


def fail(code, text):
    print(f"tools/bench/run --against: {text}", file=sys.stderr)
    sys.exit(code)


def ranks(n):
    """How many of n sorted values lie below, and above, an interval that holds the median with CONFIDENCE."""
    outside, tail = 0, 0.0
    while True:
        tail += math.comb(n, outside) / 2**n
        if 2 * tail > 1 - CONFIDENCE:
            return outside - 1
        outside += 1


def verdict(ratios, more, less):
    """What is beyond noise, in one word, or None."""
    ordered, out = sorted(ratios), ranks(len(ratios))
    if abs(statistics.median(ratios) - 1) <= SMALLEST:
        return None
    if ordered[out] > 1:
        return more
    return less if ordered[-1 - out] < 1 else None


class Program:
    """One of the two sides."""

    def __init__(self, side, path, folder):
        self.side, self.path = side, path
        # What a program is called lies on its stack, and moves what comes after: both have names of one length.
        self.called = Path(folder, side)
        self.called.symlink_to(path.resolve())
        self.known = self.about = None

    def serve(self):
        return Serving(str(self.called), stderr=subprocess.DEVNULL)

    def check(self):
        """Asks what it has; names it where it is missing or something else."""
        if not os.access(self.path, os.X_OK) or self.path.is_dir():
            fail(4, f"{self.path} is no program; in a worktree of the commit to compare with, tools/bench/run --build "
                    "makes build/bench/snnff-bench")
        try:
            with self.serve() as bench:
                known = bench.ask("list")
                try:
                    names = bench.ask("names")
                except RuntimeError:  # older than that command: those that peers are compared in
                    names = [shape["name"] for shape in known]
        except (OSError, RuntimeError, ValueError, TypeError, KeyError):
            fail(4, f"{self.path} does not answer as snnff-bench does, so there are no workloads to compare; "
                    "tools/bench/run --against --help says what can be")
        self.known = names
        about = subprocess.run([self.called, "about"], capture_output=True, text=True, check=False)
        self.about = about.stdout.strip() if about.returncode == 0 else None
        return self

    def has(self, workload):
        return workload in self.known

    def turns(self, workload, arguments, n_turns):
        """Milliseconds of the shortest repetition in a new process, and its peak memory in MB where that is known.
        A turn is four repetitions, of which one is not timed."""
        with self.serve() as bench:
            try:
                bench.ask("threads", arguments.threads)
                times = [bench.ask("time", workload, 0) for _ in range(n_turns)]
            except RuntimeError as error:
                if "no workload" in str(error):
                    raise KeyError(workload) from error
                fail(1, f"{self.path}: {error}")
            # A program of the first hours of the benchmarks tells medians only.
            return min(time.get("shortest_ms", time["ms"]) for time in times), peak_mb(bench.process.pid)


def peak_mb(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024e-6 if lines else None


def compare(old, new, workload, arguments):
    """A row of the report; None where the old program does not know the workload."""
    try:
        first, _ = old.turns(workload, arguments, 1)
    except KeyError:
        return None
    n_turns = max(1, min(MOST_TURNS, round(1e3 * arguments.seconds / (4 * first))))
    pairs = []
    for i in range(arguments.pairs):
        sides = (old, new) if i % 2 == 0 else (new, old)
        told = {program.side: program.turns(workload, arguments, n_turns) for program in sides}
        pairs.append((told["old"], told["new"]))
    ratios = [of_new[0] / of_old[0] for of_old, of_new in pairs]
    quarters = statistics.quantiles(ratios, n=4, method="inclusive")
    row = {"workload": workload, "n_pairs": len(pairs), "n_repetitions": 4 * n_turns,
           "old_ms": statistics.median(of_old[0] for of_old, _ in pairs),
           "new_ms": statistics.median(of_new[0] for _, of_new in pairs),
           "ratio": statistics.median(ratios), "middle_half": [quarters[0], quarters[2]],
           "beyond_noise": verdict(ratios, "slower", "faster"),
           "old_peak_mb": None, "new_peak_mb": None, "peak_ratio": None, "peak_beyond_noise": None}
    peaks = [(of_old[1], of_new[1]) for of_old, of_new in pairs if of_old[1] and of_new[1]]
    if len(peaks) == len(pairs):
        of_memory = [of_new / of_old for of_old, of_new in peaks]
        row |= {"old_peak_mb": statistics.median(of_old for of_old, _ in peaks),
                "new_peak_mb": statistics.median(of_new for _, of_new in peaks),
                "peak_ratio": statistics.median(of_memory),
                "peak_beyond_noise": verdict(of_memory, "more", "less")}
    return row


HEADING = (f"{'workload':<31} {'old ms':>9} {'new ms':>9} {'new/old':>7}  {'middle half':<14} {'beyond noise':<12}"
           f" {'old MB':>7} {'new MB':>7} {'new/old':>7}  beyond noise")


def line(row):
    low, high = row["middle_half"]
    memory = "".join(f" {row[key]:>7.{digits}f}" if row[key] is not None else f" {'-':>7}"
                     for key, digits in (("old_peak_mb", 1), ("new_peak_mb", 1), ("peak_ratio", 3)))
    return (f"{row['workload']:<31} {row['old_ms']:>9.3f} {row['new_ms']:>9.3f} {row['ratio']:>7.3f}  "
            f"{f'{low:.3f} to {high:.3f}':<14} {row['beyond_noise'] or '-':<12}{memory}  "
            f"{row['peak_beyond_noise'] or '-'}")


def arguments_of(text):
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, metavar="OLD", help="an older snnff-bench")
    parser.add_argument("--bench", type=Path, metavar="NEW",
                        help="the snnff-bench to judge; default: build/bench/snnff-bench, built first")
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", help="some of them")
    parser.add_argument("--pairs", type=int, default=15, help="of each workload; default: 15")
    parser.add_argument("--seconds", type=float, default=0.2,
                        help="how long a process repeats a workload; four repetitions at least; default: 0.2")
    parser.add_argument("--threads", type=int, default=0, help="threads to use; default: as many as the process may")
    parser.add_argument("--json", action="store_true", help="a list in place of the table")
    if {"-h", "--help"} & set(text):
        text = ["--help"]  # also where OLD is still to come
    arguments = parser.parse_args(text)
    if arguments.pairs < FEWEST_PAIRS:
        parser.error(f"--pairs {arguments.pairs} are too few to tell noise from a difference; {FEWEST_PAIRS} would do")
    if not arguments.seconds > 0:
        parser.error(f"--seconds {arguments.seconds} is no time; any above 0 is")
    if arguments.threads < 0:
        parser.error(f"--threads {arguments.threads} is no number of threads; 0 takes all")
    return parser, arguments


def main(text):
    parser, arguments = arguments_of(text)
    with tempfile.TemporaryDirectory() as folder:
        return run(parser, arguments, folder)


def run(parser, arguments, folder):
    old = Program("old", arguments.against, folder).check()
    if arguments.bench is None:
        arguments.bench = ROOT / "build/bench/snnff-bench"
        built = subprocess.run([ROOT / "tools/bench/run", "--build"], check=False)
        if built.returncode != 0:
            return built.returncode
    new = Program("new", arguments.bench, folder).check()
    for name in arguments.only or ():
        if not old.has(name) and not new.has(name):
            parser.error(f"--only: no workload \"{name}\"; there are {', '.join(new.known)}")
    wanted = [name for name in new.known if not arguments.only or name in arguments.only]
    if not arguments.json:
        load = os.getloadavg()[0]
        print(f"old: {old.path} {old.about or ''}\nnew: {new.path} {new.about or ''}\n{arguments.pairs} pairs of "
              f"processes each, {arguments.threads or 'all'} threads, load {load:.1f} when they began\n\n{HEADING}",
              flush=True)
    rows, skipped = [], []
    for workload in wanted:
        row = compare(old, new, workload, arguments)
        if row is None:
            skipped.append(workload)
            continue
        rows.append(row)
        if not arguments.json:
            print(line(row), flush=True)
    gone = [name for name in old.known if not new.has(name) and (not arguments.only or name in arguments.only)]
    if arguments.json:
        print(json.dumps({"old": str(old.path), "new": str(new.path), "workloads": rows, "not_in_old": skipped,
                          "not_in_new": gone}, indent=1))
        return 0
    print()
    for names, program in ((skipped, old), (gone, new)):
        if names:
            print(f"skipped, as {program.path} does not have them: {', '.join(names)}")
    told = [f"{row['workload']} {row['beyond_noise']} ({row['ratio']:.3f})" for row in rows if row["beyond_noise"]]
    told += [f"{row['workload']} {row['peak_beyond_noise']} memory ({row['peak_ratio']:.3f})" for row in rows
             if row["peak_beyond_noise"]]
    print(f"beyond noise: {', '.join(told) or 'nothing'}; load {os.getloadavg()[0]:.1f} at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
