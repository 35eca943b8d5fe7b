"""What SONATA's developer guide asks of files with spikes and frame reports, and what its readers ask beyond it."""
import h5py
import numpy as np

SORTINGS = {"none": 0, "by_id": 1, "by_time": 2}


class Guide:
    """Collects in `problems` where a file departs from the guide; `n_checks` says how often it was asked."""

    def __init__(self, file):
        self.problems, self.n_checks = [], 0
        self.check_root(file)
        for group in file.get("report", {}).values():
            self.check_report(group)
        for group in file.get("spikes", {}).values():
            self.check_spikes(group)

    def check(self, holds, where, text):
        self.n_checks += 1
        if not holds:
            self.problems.append(f"{where}: {text}")

    def values(self, group, name, dtype, shape, units=None):
        """A data set of that type and shape; None stands for any length."""
        where = f"{group.name}/{name}"
        self.check(name in group, where, "missing")
        if name not in group:
            return np.zeros([length or 0 for length in shape], dtype)
        dataset = group[name]
        self.check(dataset.dtype == np.dtype(dtype), where, f"{dataset.dtype}, not {dtype}")
        fits = len(shape) == dataset.ndim and all(b is None or a == b for a, b in zip(dataset.shape, shape))
        self.check(fits, where, f"{dataset.shape}, not {shape}")
        if units:
            self.check(dataset.attrs.get("units") in units, where, f"units {dataset.attrs.get('units')!r}")
        return dataset[()]

    def check_root(self, file):
        magic, version = file.attrs.get("magic"), file.attrs.get("version")
        self.check(isinstance(magic, np.uint32) and magic == 0x0A7A, "/", f"magic {magic!r}")
        self.check(isinstance(version, np.ndarray) and (version.dtype, version.shape) == (np.uint32, (2,)), "/",
                   f"version {version!r}")

    def check_report(self, group):
        mapping = group["mapping"]
        n_frames, n_values = self.values(group, "data", "float32", (None, None), ("1", "mV")).shape
        ids = self.values(mapping, "node_ids", "uint64", (None,))
        self.check(len(set(ids)) == len(ids), mapping.name, "a node twice")
        in_order = bool(np.all(ids[:-1] < ids[1:]))
        self.check(bool(mapping["node_ids"].attrs.get("sorted", False)) == in_order, mapping.name, "attribute sorted")
        # The guide speaks of as many pointers as nodes, yet reads one behind the last; readers expect N + 1.
        # libsonata reads the guide's name, BMTK and pySonata the other.
        pointers = self.values(mapping, "index_pointers", "uint64", (len(ids) + 1,))
        self.check(np.array_equal(self.values(mapping, "index_pointer", "uint64", pointers.shape), pointers),
                   mapping.name, "index_pointer is not index_pointers")
        self.check(pointers[:1] == 0 and pointers[-1:] == n_values and np.all(pointers[:-1] <= pointers[1:]),
                   mapping.name, f"index_pointers {pointers} for {n_values} columns")
        self.values(mapping, "element_ids", "uint32", (n_values,))
        self.values(mapping, "element_pos", "float32", (n_values,))
        start, stop, step = self.values(mapping, "time", "float64", (3,), ("ms",))
        self.check(step > 0 and stop > start and round((stop - start) / step) == n_frames, mapping.name,
                   f"time {start}, {stop}, {step} for {n_frames} frames")

    def check_spikes(self, group):
        times = self.values(group, "timestamps", "float64", (None,), ("ms",))
        ids = self.values(group, "node_ids", "uint64", times.shape)
        kind = h5py.check_enum_dtype(group.attrs.get_id("sorting").dtype)
        self.check(kind == SORTINGS, group.name, f"sorting is {kind}")
        order = {0: np.arange(len(times)), 1: np.lexsort((times, ids)), 2: np.argsort(times, kind="stable")}
        self.check(np.array_equal(order[group.attrs["sorting"]], order[0]), group.name, "not sorted as it says")
