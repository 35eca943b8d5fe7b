#!/usr/bin/env python3
"""Reads a run file with other people's readers and holds it to the published layout.

    read_back.py RUN.h5                 check this file
    read_back.py SNNFF_SIM MODEL.toml   run the model first and check what it leaves
    read_back.py TEST_PROGRAM           let tests/unit/run_file.cpp write its example and check that

Readers: h5py, xarray over h5netcdf and over netCDF4, h5dump, and ncdump where it is installed.
Exits with 1 and a line per mismatch.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import xarray

import sonata

problems = []
n_checks = 0


def check(condition, text):
    global n_checks
    n_checks += 1
    if not condition:
        problems.append(text)


def text_of(attributes, name, where):
    value = attributes.get(name)
    check(isinstance(value, str), f"{where}: attribute {name} is {value!r}, not one UTF-8 string")
    return value if isinstance(value, str) else ""


def check_dataset(group, path, dtype, rank, units=None):
    """Returns the data set, or None where there is none."""
    where = f"{group.name.rstrip('/')}/{path}"
    check(path in group, f"{where}: missing")
    if path not in group:
        return None
    dataset = group[path]
    check(dataset.dtype == np.dtype(dtype), f"{where}: {dataset.dtype}, not {dtype}")
    check(dataset.ndim == rank, f"{where}: {dataset.ndim} axes, not {rank}")
    if units is not None:
        check(dataset.attrs.get("units") == units, f"{where}: units {dataset.attrs.get('units')!r}, not {units!r}")
    for axis in range(dataset.ndim):
        check(h5py.h5ds.get_num_scales(dataset.id, axis) == 1 or h5py.h5ds.is_scale(dataset.id),
              f"{where}: axis {axis} has no dimension scale")
    return dataset


def check_root(run):
    a = run.attrs
    check(a.get("magic") == 0x0A7A and a["magic"].dtype == np.uint32, f"/: magic is {a.get('magic')!r}")
    version = a.get("version")
    check(version is not None and version.dtype == np.uint32 and version.shape == (2,), f"/: version is {version!r}")
    check(re.fullmatch(r"snnff-sim \d+\.\d+\.\d+\S*", text_of(a, "creator", "/")), "/: creator")
    text_of(a, "title", "/")
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text_of(a, "created", "/")), "/: created is not ISO 8601 UTC")
    check(text_of(a, "status", "/") in ("running", "complete", "interrupted"), "/: status")
    check(text_of(a, "NX_class", "/") == "NXroot", "/: NX_class")
    check(a.get("default") == "loss", f"/: NeXus default leads to {a.get('default')!r}, not to losses")
    check(run["model"].shape == () and h5py.check_string_dtype(run["model"].dtype) == ("utf-8", None),
          "/model: not one variable-length UTF-8 string")
    check("provenance" in run and len(run["provenance"].attrs) > 0, "/provenance: missing or empty")


def check_everywhere(run):
    """What holds for every object: order kept, no links that alias, no types that netCDF drops."""
    def tracked(name, obj):
        plist = obj.id.get_create_plist()
        check(plist.get_attr_creation_order() & h5py.h5p.CRT_ORDER_TRACKED, f"/{name}: attribute order not tracked")
        if isinstance(obj, h5py.Group):
            check(plist.get_link_creation_order() & h5py.h5p.CRT_ORDER_TRACKED, f"/{name}: link order not tracked")
            for child in obj:
                link = obj.get(child, getlink=True)
                check(isinstance(link, h5py.HardLink), f"/{name}/{child}: a link")
            check("default" not in obj.attrs or obj.attrs["default"] in obj, f"/{name}: NeXus default leads nowhere")
            if obj.attrs.get("NX_class") == "NXdata":
                named = [obj.attrs.get("signal"), *obj.attrs.get("auxiliary_signals", []), *obj.attrs.get("axes", [])]
                for each in named:
                    check(each == "." or each in obj, f"/{name}: NeXus names {each!r}, which is not there")
            return
        check(h5py.check_enum_dtype(obj.dtype) is None, f"/{name}: an enumeration")
        check(h5py.check_ref_dtype(obj.dtype) is None, f"/{name}: references")
        if obj.chunks is not None and obj.compression is not None:
            check(obj.compression == "gzip" and obj.shuffle, f"/{name}: not gzip and shuffle")
            size = int(np.prod(obj.chunks)) * obj.dtype.itemsize
            check(size <= 1 << 20, f"/{name}: chunks of {size} bytes")
            if obj.maxshape[0] is None:
                check(size >= 1 << 16, f"/{name}: chunks of {size} bytes")
    tracked("", run["/"])
    run.visititems(tracked)
    addresses = []
    run.visititems(lambda name, obj: addresses.append(h5py.h5o.get_info(obj.id).addr))
    check(len(addresses) == len(set(addresses)), "/: an object has two names")


def check_training(run):
    training = run["training"]
    epoch = check_dataset(training, "epoch", "int64", 1)
    n = len(epoch)
    check(epoch.maxshape == (None,) and h5py.h5ds.is_scale(epoch.id), "/training/epoch: not an unlimited axis")
    check(np.array_equal(epoch[:], np.arange(n)), "/training/epoch: not 0, 1, 2, ...")
    series = [check_dataset(training, "train_error", "float32", 1, "percent"),
              check_dataset(training, "validation_error", "float32", 1, "percent"),
              check_dataset(training, "test_error", "float32", 1, "percent"),
              check_dataset(training, "test_loss", "float32", 1, "1"),
              check_dataset(training, "seconds", "float64", 1, "s")]
    populations = [k for k, v in training.items() if isinstance(v, h5py.Group)]
    check(list(training.attrs["populations"]) == populations, "/training: populations out of order")
    for name in populations:
        for one in ("loss", "goodness_positive", "goodness_negative", "spike_rate", "weight_norm"):
            series.append(check_dataset(training[name], one, "float32", 1, "1"))
        series.append(check_dataset(training[name], "trouble", "uint8", 1, "1"))
    for dataset in series:
        check(dataset is not None and dataset.shape == (n,), f"{dataset}: not one value per epoch")
        if dataset is not None:
            check("long_name" in dataset.attrs, f"{dataset.name}: no long_name")
            check(dataset.dims[0].keys() == ["epoch"] or dataset.dims[0][0] == epoch,
                  f"{dataset.name}: its axis is not /training/epoch")
    curves = run["loss"]
    check(np.array_equal(check_dataset(curves, "epoch", "int64", 1), epoch), "/loss/epoch is not /training/epoch")
    for name in populations:
        loss = check_dataset(curves, name, "float32", 1, "1")
        check(np.array_equal(loss, training[name]["loss"], equal_nan=True), f"{loss.name}: not /training/{name}/loss")
    return populations


def check_results(run):
    for name, group in run.get("populations", {}).items():
        weight = check_dataset(group, "weight", "float32", 2, "1")
        bias = check_dataset(group, "bias", "float32", 1, "1")
        check(weight.shape[0] == bias.shape[0], f"/populations/{name}: {weight.shape} weights, {bias.shape} biases")
        check(np.isfinite(weight[:]).all() and np.isfinite(bias[:]).all(), f"/populations/{name}: not finite")
    if "readout" in run:
        group = run["readout"]
        weight = check_dataset(group, "weight", "float32", 2, "1")
        bias = check_dataset(group, "bias", "float32", 1, "1")
        loss = check_dataset(group, "loss", "float64", 1, "1")
        check(weight.shape[0] == bias.shape[0], f"/readout: {weight.shape} weights, {bias.shape} biases")
        check(loss.shape == group["epoch"].shape, "/readout: loss has another axis than epoch")
        for name in ("mean", "deviation"):
            check(np.isfinite(group.attrs.get(name, np.nan)), f"/readout: {name} is {group.attrs.get(name)!r}")
    for split, group in run.get("evaluation", {}).items():
        where = f"/evaluation/{split}"
        by = [name for name in ("goodness", "log_probability") if name in group]
        check(by, f"{where}: neither goodness nor log_probability")
        scores = [check_dataset(group, name, "float32", 2, "1") for name in by]
        label = check_dataset(group, "label", "int32", 1)[:]
        prediction = check_dataset(group, "prediction", "int32", 1)[:]
        confusion = check_dataset(group, "confusion", "uint64", 2)[:]
        n, n_labels = scores[0].shape
        check(label.shape == prediction.shape == (n,), f"{where}: shapes")
        expected = np.zeros((n_labels, n_labels), "uint64")
        np.add.at(expected, (label, prediction), 1)
        check(np.array_equal(confusion, expected), f"{where}: confusion does not follow from label and prediction")
        error = 100.0 * np.mean(label != prediction)
        check(abs(group.attrs["error"] - error) < 1e-9, f"{where}: error {group.attrs['error']}, not {error}")
        if len(scores) == 1:
            best = scores[0][:][np.arange(n), prediction]
            check(np.all(best >= scores[0][:].max(axis=1)), f"{where}: prediction is not the label of largest {by[0]}")
        for name in ("spike_rate", "accumulates", "multiply_accumulates"):
            check(group.attrs[name].shape == (len(run["populations"]),), f"{where}: {name} is not one per population")


def check_reports(run):
    """What the project promises of reports and spikes beyond SONATA's guide."""
    global n_checks
    guide = sonata.Guide(run)
    problems.extend(guide.problems)
    n_checks += guide.n_checks
    for name, group in run.get("report", {}).items():
        where = f"/report/{name}"
        data = check_dataset(group, "data", "float32", 2, "1")
        n_frames = len(data)
        check("long_name" in data.attrs, f"{where}/data: no long_name")
        check(data.attrs.get("reset", "before") in ("before", "after"), f"{where}/data: reset")
        for part, dataset in group["mapping"].items():
            check_dataset(group["mapping"], part, dataset.dtype, 1)
        start, _, step = group["mapping/time"]
        check(start == 0.0, f"{where}: starts at {start}")
        times = check_dataset(group, "time", "float64", 1, "ms")[:]
        check(np.array_equal(times, np.arange(n_frames) * step), f"{where}/time: not the frames' times")
        for index, dtype in (("sample", "int64"), ("step", "int64"), ("phase", "uint8"), ("epoch", "int64")):
            check(check_dataset(group, index, dtype, 1).shape == (n_frames,), f"{where}/{index}: not one per frame")
        check(set(group["phase"][:]) <= {0, 1, 2}, f"{where}/phase: not 0, 1 or 2")
    for group in run.get("spikes", {}).values():
        for dataset in ("timestamps", "node_ids"):
            check_dataset(group, dataset, group[dataset].dtype, 1)


def check_xarray(path, populations, run):
    n_epochs = len(run["training/epoch"])
    for engine in ("h5netcdf", "netcdf4"):
        def opened(group):
            return xarray.open_dataset(path, group=group, engine=engine)

        with opened("training") as training:
            check(training.sizes == {"epoch": n_epochs}, f"{engine}: /training has the axes {dict(training.sizes)}")
            check("epoch" in training.coords, f"{engine}: /training has no coordinate epoch")
            check({"train_error", "validation_error", "seconds"} <= set(training), f"{engine}: /training lacks series")
        with opened("loss") as curves:
            check(curves.sizes == {"epoch": n_epochs} and set(curves) == set(populations), f"{engine}: /loss {curves}")
        for name in populations:
            with opened(f"training/{name}") as one:
                check(one["loss"].dims == ("epoch",), f"{engine}: /training/{name}/loss has the axes {one['loss'].dims}")
        for split in run.get("evaluation", {}):
            with opened(f"evaluation/{split}") as one:
                for name in ("goodness", "log_probability"):
                    if name not in run[f"evaluation/{split}"]:
                        continue
                    check(one[name].dims == ("sample", "class"), f"{engine}: {name} {one[name].dims}")
                    check(np.array_equal(one[name], run[f"evaluation/{split}/{name}"]), f"{engine}: {name}")
                check(one["confusion"].dims == ("true_class", "predicted_class"), f"{engine}: confusion")
                check(one["label"].dims == ("sample",), f"{engine}: label {one['label'].dims}")
        if "readout" in run:
            with opened("readout") as one:
                check(one["weight"].dims == ("class", "feature"), f"{engine}: /readout/weight {one['weight'].dims}")
                check(one["loss"].dims == ("epoch",), f"{engine}: /readout/loss {one['loss'].dims}")
                check(np.array_equal(one["weight"], run["readout/weight"]), f"{engine}: /readout/weight")
        for name in run.get("populations", {}):
            with opened(f"populations/{name}") as one:
                check(one["weight"].dims == ("unit", "input"), f"{engine}: weight {one['weight'].dims}")
                check(np.array_equal(one["weight"], run[f"populations/{name}/weight"]), f"{engine}: weight")
        for name in run.get("report", {}):
            with opened(f"report/{name}") as one:
                check(one["data"].dims == ("frame", "neuron"), f"{engine}: data {one['data'].dims}")
                check({"time", "sample", "step", "phase"} <= set(one["data"].coords), f"{engine}: data's coordinates")
                check(np.array_equal(one["data"], run[f"report/{name}/data"], equal_nan=True), f"{engine}: data")
        for name in run.get("spikes", {}):
            with opened(f"spikes/{name}") as one:
                check(one["timestamps"].dims == ("spike",), f"{engine}: timestamps {one['timestamps'].dims}")
                check(np.array_equal(one["timestamps"], run[f"spikes/{name}/timestamps"]), f"{engine}: timestamps")


def check_tools(path):
    for tool, arguments, words in (("h5dump", ["-H"], ['GROUP "training"', 'DATASET "epoch"', "H5S_UNLIMITED"]),
                                   ("ncdump", ["-h"], ["group: training", "epoch = UNLIMITED"])):
        if shutil.which(tool) is None:
            continue
        done = subprocess.run([tool, *arguments, path], capture_output=True, text=True)
        check(done.returncode == 0 and not done.stderr, f"{tool}: {done.stderr.strip() or done.returncode}")
        for word in words:
            check(word in done.stdout, f"{tool}: does not show {word}")


def check_file(path):
    with h5py.File(path, "r") as run:
        check_root(run)
        check_everywhere(run)
        populations = check_training(run)
        check_results(run)
        check_reports(run)
        check_xarray(path, populations, run)
    check_tools(path)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        path = sys.argv[1]
        if len(sys.argv) == 3:
            path = os.path.join(folder, "run.h5")
            subprocess.run([sys.argv[1], "run", sys.argv[2], "-o", path, "--quiet"], check=True)
        elif pathlib.Path(path).read_bytes()[:4] == b"\x7fELF":
            path = os.path.join(folder, "example.h5")
            subprocess.run([os.path.abspath(sys.argv[1]), "[.example]"], check=True, stdout=subprocess.DEVNULL,
                           env={**os.environ, "SNNFF_RUN_FILE": path})
        check_file(path)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"{n_checks} checks passed")


main()
