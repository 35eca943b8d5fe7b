"""A run in numbers: errors first, then what `snnff-sim compare` prints; what the models differ in; provenance."""
import math

import numpy as np

from .parts import Lacks
from .run import text

SPLITS = ("test", "validation", "train")


def error(run, split):
    return run.number(f"evaluation/{split}", "error")


def interval(percent, n):
    """The 95 % Wilson score interval of an error of n samples, in percent. Source: Wilson, JASA 22:209 (1927)."""
    z, k = 1.959963984540054, percent / 100 * n
    arm = z * math.sqrt(max(k * (n - k), 0) / n + z * z / 4)
    low, high = (k + z * z / 2 - arm) / (n + z * z), (k + z * z / 2 + arm) / (n + z * z)
    return 100 * max(low, 0.0) if k > 0 else 0.0, 100 * min(high, 1.0) if k < n else 100.0


def percent(value, n=0):
    """"10.2 % (7.8–13.2)", with two digits of the interval's longer arm."""
    if not math.isfinite(value):
        return "–"
    if n == 0 or not 0 <= value <= 100:
        return f"{value:.2f} %"
    low, high = interval(value, n)
    digits = min(max(1 - math.floor(math.log10(max(high - value, value - low))), 0), 6)
    return f"{value:.{digits}f} % ({low:.{digits}f}–{high:.{digits}f})"


def of_samples(run, split):
    n = run.size(f"evaluation/{split}/label")
    shown = percent(error(run, split), n)
    return f"{shown}, {count(n)} samples" if n and shown != "–" else shown


def overlaps(runs):
    """Runs whose intervals on the test set overlap with that of the least error, in a sentence."""
    known = [(error(run, "test"), run.size("evaluation/test/label"), run.label) for run in runs]
    known = sorted((each for each in known if 0 <= each[0] <= 100 and each[1]), key=lambda each: each[0])
    near = [label for value, n, label in known[1:] if interval(value, n)[0] <= interval(*known[0][:2])[1]]
    return (f"Test error: the 95 % intervals of {known[0][2]} and {', '.join(near)} overlap; these samples do not say "
            "which is better." if near else "")


def headline(run):
    """(number, what it is): the error on samples the network has not learnt from, where it was measured."""
    for split in SPLITS:
        if math.isfinite(error(run, split)):
            n = run.size(f"evaluation/{split}/label")
            return percent(error(run, split), n), f"{split} error" + (f", {n:,} samples" if n else "")
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
    table += [(f"{split} error", [of_samples(run, split) for run in runs]) for split in reversed(SPLITS)]
    for name in population_names(runs):
        table.append((f"test error, {name} alone", [percent(error(run, f"test/{name}"), run.size("evaluation/test/label"))
                                                    for run in runs]))
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
