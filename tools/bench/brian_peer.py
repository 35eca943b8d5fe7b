"""LIF populations under given currents in Brian2's C++ standalone mode: the same dynamics, spikes counted.

As Brian2 has it: an equation, a threshold and a reset, which are three loops over the neurons per step. Written as
one run_regularly without any event (v = beta*v + current - int(v > 1); count += int(v > 1)) it is some six times
faster, and no simulation of Brian2's any more: nothing could receive those spikes.
"""
import contextlib
import math
import os
import pathlib
import subprocess
import warnings

import numpy as np

from ours import threads_label
from timing import Contest, Disagreement, Way, thread_counts

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import brian2

BETA = 0.9


def description():
    return f"Brian2 {brian2.__version__}"


class Standalone:
    """A compiled simulation. Brian2 resets at the end of the step of a spike; 1/beta taken off there is what 1
    taken off in the next step comes to, after the decay."""

    def __init__(self, folder, current, steps, threads):
        brian2.prefs.core.default_float_dtype = brian2.float32
        brian2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
        brian2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
        brian2.device.reinit()
        brian2.device.activate(directory=str(folder), build_on_run=False)
        brian2.defaultclock.dt = 1 * brian2.ms
        neurons = brian2.NeuronGroup(
            current.size, """dv/dt = (current/(1 - beta) - v)/tau : 1
                             current : 1 (constant)
                             count : 1""",
            threshold="v > 1", reset="""v -= 1/beta
                                        count += 1""",
            method="exact", namespace={"beta": BETA, "tau": -1/math.log(BETA) * brian2.ms})
        neurons.current = current.ravel()
        network = brian2.Network(neurons)
        network.run(steps * brian2.ms, namespace={})
        with open(os.devnull, "w", encoding="utf-8") as null, contextlib.redirect_stdout(null):
            brian2.device.build(directory=str(folder), compile=True, run=True, with_output=False)
        self.folder, self.steps = folder, steps
        self.count = np.array(neurons.count[:]).reshape(current.shape)

    def run_ms(self):
        """Runs the program again; the time is what it says of its loop over steps."""
        subprocess.run(["./main"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        seconds, _ = (self.folder / "results" / "last_run_info.txt").read_text().split()
        return 1e3 * float(seconds)


def simulate(shape, bench, folder):
    arrays = bench.arrays(shape["name"])
    brian2.BrianLogger.log_level_error()
    ways, agreement = [], ""
    for threads in thread_counts():
        program = Standalone(pathlib.Path(folder, f"brian-{threads}"), arrays["current"], shape["steps"], threads)
        agreement = counts_agree(arrays["spike_count"], program.count)
        ways.append(Way(threads_label(threads), lambda seconds, p=program: p.run_ms()))
    return Contest(bench.ways(shape["name"]), ways, [], agreement)


def counts_agree(ours, brian):
    """Rounding may move a spike by a step, and with it the last one past the end."""
    differ = np.abs(ours - brian)
    text = f"{100 * np.mean(differ == 0):.2f} % of the spike counts, the others by up to {int(differ.max())}"
    if not (np.mean(differ <= 1) >= 0.999 and abs(ours.sum() / brian.sum() - 1) <= 1e-4):
        raise Disagreement(f"same: {text}; {int(ours.sum())} spikes in all, Brian2 {int(brian.sum())}")
    return text
