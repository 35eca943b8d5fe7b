"""A run in numbers: errors first, then what `snnff-sim compare` prints; what the models differ in; provenance."""
import math

import numpy as np

from .parts import Lacks
from .run import text

SPLITS = ("test", "validation", "train")


def error(run, split):
    return run.number(f"evaluation/{split}", "error")


def percent(value):
    return f"{value:.2f} %" if math.isfinite(value) else "–"


def headline(run):
    """(number, what it is): the error on samples the network has not learnt from, where it was measured."""
    for split in SPLITS:
        if math.isfinite(error(run, split)):
            n = run.size(f"evaluation/{split}/label")
            return percent(error(run, split)), f"{split} error" + (f", {n:,} samples" if n else "")
    return "–", "no error measured"


def count(value):
    return f"{value:,.0f}".replace(",", "\u202f") if math.isfinite(value) else "–"


def number(value):
    return f"{value:.4f}".replace("-", "−") if math.isfinite(value) else "–"


def last_finite(values):
    values = values[np.isfinite(values)]
    return float(values[-1]) if values.size else math.nan


def optional(run, name):
    """A series, empty where the run has none."""
    try:
        return run.read(name, 1).astype(float)
    except Lacks:
        return np.zeros(0)


def rows(runs):
    """[(what, [value of each run])], rows that say nothing of any run left out."""
    table = [("neurons", [neurons(run) for run in runs]),
             ("layers", [layers(run) for run in runs]),
             ("steps", [run.word("time.steps", "–") for run in runs]),
             ("parameters", [count(parameters(run)) for run in runs]),
             ("epochs", [count(len(optional(run, "training/epoch"))) for run in runs])]
    table += [(f"{split} error", [percent(error(run, split)) for run in runs]) for split in reversed(SPLITS)]
    for name in population_names(runs):
        losses = [last_finite(optional(run, f"training/{name}/loss")) for run in runs]
        table.append((f"final loss, {name}", [number(loss) for loss in losses]))
    for name in population_names(runs):
        table.append((f"spikes per unit and step, {name}", [number(spike_rate(run, name)) for run in runs]))
    for key, what in (("multiply_accumulates", "multiply-accumulates per prediction"),
                      ("accumulates", "accumulates by spikes per prediction")):
        table.append((what, [count(operations(run, key)) for run in runs]))
    table.append(("training time", [seconds(optional(run, "training/seconds")) for run in runs]))
    table.append(("status", [run.status for run in runs]))
    return [(what, values) for what, values in table if set(values) != {"–"}]


def population_names(runs):
    return list(dict.fromkeys(name for run in runs for name in run.populations()))


def neurons(run):
    kinds = [str(table.get("neuron", "?")) for _, table in run.layers()]
    return ", ".join(dict.fromkeys(kinds)) or "–"


def layers(run):
    sizes = [str(table.get("size", "?")) for _, table in run.layers()]
    return " – ".join(sizes) or "–"


def parameters(run):
    total = 0
    for place in [*(f"populations/{name}" for name in run.groups("populations")), "readout"]:
        for array in ("weight", "bias"):
            if array == "weight" or run.number(place, "learns_bias") != 0:
                total += run.size(f"{place}/{array}")
    return total or math.nan


def evaluated(run, key):
    """An attribute with a value per population, from the first split that has it."""
    for split in SPLITS:
        values = run.numbers(f"evaluation/{split}", key)
        if values:
            return values
    return []


def spike_rate(run, name):
    names, rates = run.populations(), evaluated(run, "spike_rate")
    if name not in names or names.index(name) >= len(rates) or name not in run.spiking():
        return math.nan
    return rates[names.index(name)]


def operations(run, key):
    values = evaluated(run, key)
    return sum(values) if values and (key != "accumulates" or run.spiking()) else math.nan


def seconds(values):
    total = float(np.nansum(values)) if values.size else math.nan
    if not math.isfinite(total):
        return "–"
    return f"{total:.1f} s" if total < 600 else f"{total / 60:.0f} min"


def flatten(table, prefix=""):
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value).lower() if isinstance(value, bool) else str(value)


def differences(runs):
    """[(key, [value in each model])] for keys in which the models differ."""
    flat = [dict(flatten(run.model)) for run in runs]
    keys = dict.fromkeys(key for each in flat for key in each)
    return [(key, [each.get(key, "–") for each in flat]) for key in keys
            if key != "title" and len({each.get(key) for each in flat}) > 1]


def named_files(run):
    """{"train: images.gz": its SHA-256}; files of one name and role are counted."""
    files = {}
    for file in run.data_files():
        name = f"{file['role']}: {file['path'].replace(chr(92), '/').rsplit('/', 1)[-1]}"
        n_before = sum(known.split(" (")[0] == name for known in files)
        files[f"{name} ({n_before + 1})" if n_before else name] = file["sha256"]
    return files


def provenance(runs):
    """[(fact, [value of each run])] as the runs noted it."""
    facts = {"run file": [str(run.path) for run in runs]}
    for name in ("creator", "created", "status"):
        facts[name] = [text(run.attribute("", name, "–")) for run in runs]
    known = [run.attributes("provenance") for run in runs]
    for name in dict.fromkeys(name for each in known for name in each):
        if name != "NX_class":
            facts[name.replace("_", " ")] = [text(each.get(name, "–")) for each in known]
    data = [named_files(run) for run in runs]
    for name in dict.fromkeys(name for each in data for name in each):
        facts[name] = [each.get(name, "–") for each in data]
    return list(facts.items())
