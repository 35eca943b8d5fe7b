"""The digest of a run file, held to one made here with h5py and hashlib; what counts for it and what does not; what
compare says of runs of one model."""
import gzip
import hashlib
import re
import shutil
import unittest

import h5py
import numpy as np
import support

WITH_ALL = support.SMALL + """
[evaluation]
every_n_epochs = 1
[readout]
kind = "softmax"
epochs = 2
[prediction]
by = "both"
[recording]
variables = ["membrane", "spikes", "activation", "current"]
samples = [0, 3]
"""


def lines_of(file):
    """The definition, written independently: (path, type, shape, hash) of everything that follows from the model."""
    arrays, seen = [], set()

    def add(path, value):
        if value.dtype.kind in "OS":
            texts = [t if isinstance(t, bytes) else t.encode() for t in value.ravel()]
            kind, content = "text", b"".join(t + b"\0" for t in texts)
        else:
            value = value.astype(value.dtype.newbyteorder("<"))
            if value.dtype.kind == "f":
                value = np.where(np.isnan(value), np.array(np.nan, value.dtype), value)
            kind, content = value.dtype.str, np.ascontiguousarray(value).tobytes()
        shape = ",".join(map(str, value.shape))
        arrays.append((path.encode(), f"{path} {kind} [{shape}] {hashlib.sha256(content).hexdigest()}\n"))

    def walk(group, above):
        if (above + "/").startswith("evaluation/"):
            for name, value in group.attrs.items():
                value = np.asarray(value)
                if value.dtype.kind in "iuf" and name not in ("error_low", "error_high", "n_samples"):
                    add(f"{above}@{name}", value)
        for name in sorted(group, key=str.encode):
            path = f"{above}/{name}" if above else name
            if path in ("model", "provenance", "status", "training/seconds"):
                continue
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                walk(item, path)
            elif not item.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension but not a netCDF variable"):
                add(path, np.asarray(item[()]))

    walk(file, "")
    return "".join(line for _, line in sorted(arrays))


class Digest(support.CliTest):
    def setUp(self):
        super().setUp()
        self.write("all.toml", WITH_ALL)
        self.good("run", "all.toml", "-q", "-o", "a.h5")

    def lines(self, name):
        """What the program prints, after comparing it with what is made here."""
        printed = self.good("info", name, "--digest")
        with h5py.File(self.folder / name) as file:
            self.assertEqual(printed, lines_of(file))
        return printed

    def attribute(self, name):
        with h5py.File(self.folder / name) as file:
            return file.attrs["digest"]

    def test_program_and_independent_definition_agree_and_the_run_file_has_the_hash_of_the_lines(self):
        lines = self.lines("a.h5")
        digest = hashlib.sha256(lines.encode()).hexdigest()
        self.assertEqual(self.attribute("a.h5"), digest)
        self.assertIn(f"complete, digest {digest}\n", self.good("info", "a.h5"))
        self.assertEqual(self.good_json("info", "a.h5", "--json")["digest"], digest)
        self.assertRegex(lines, r"(?m)^training/hidden1/loss <f4 \[2\] [0-9a-f]{64}$")
        self.assertRegex(lines, r"(?m)^training/hidden1/trouble \|u1 \[2\] ")
        self.assertRegex(lines, r"(?m)^populations/hidden1/weight <f4 \[20,784\] ")
        self.assertRegex(lines, r"(?m)^evaluation/test@error <f8 \[\] ")
        self.assertRegex(lines, r"(?m)^readout/loss <f8 \[2\] ")
        self.assertRegex(lines, r"(?m)^report/hidden1/data <f4 \[16,20\] ")
        self.assertNotRegex(lines, r"(?m)^(training/seconds|provenance|model|status|report/hidden1/frame)\b")
        self.assertEqual(lines.splitlines(), sorted(lines.splitlines()))

    def test_a_live_run_one_with_another_title_and_one_that_went_on_have_the_same_digest(self):
        self.good("run", "all.toml", "-q", "-o", "live.h5", "--live")
        self.good("run", "all.toml", "-q", "-o", "titled.h5", "--set", "title=another", "--threads", "1")
        self.assertEqual(self.lines("live.h5"), self.lines("a.h5"))
        self.assertEqual(self.lines("titled.h5"), self.lines("a.h5"))
        self.assertEqual({self.attribute(name) for name in ("a.h5", "live.h5", "titled.h5")},
                         {self.attribute("a.h5")})

        more = WITH_ALL.replace("epochs = 2\nbatch", "epochs = 200\nbatch")
        self.assertNotEqual(more, WITH_ALL)
        self.write("more.toml", more)
        self.good("run", "more.toml", "-q", "-o", "whole.h5")
        stopped = self.sim("run", "more.toml", "-q", "-o", "cut.h5", "--max-time", "0.05s")
        self.assertEqual(stopped.returncode, 124, stopped.stderr)
        self.assertIn("interrupted, no digest: only complete runs have one", self.good("info", "cut.h5"))
        self.assertIsNone(self.good_json("info", "cut.h5", "--json")["digest"])
        self.lines("cut.h5")
        self.good("resume", "cut.h5", "-q")
        self.assertEqual(self.attribute("cut.h5"), self.attribute("whole.h5"))

    def test_it_moves_with_the_seed_and_with_one_bit_of_one_array_and_with_nothing_else(self):
        self.good("run", "all.toml", "-q", "-o", "other.h5", "--seed", "4")
        self.assertNotEqual(self.attribute("other.h5"), self.attribute("a.h5"))
        before = self.lines("a.h5").splitlines()
        with h5py.File(self.folder / "a.h5", "r+") as file:
            file["training/seconds"][0] = 7.0
            file["provenance"].attrs["cpu"] = "another"
            file["training/hidden1/loss"].attrs["units"] = "another"
            file["second_name"] = file["populations/hidden1/bias"]  # comes after it
            file["elsewhere"] = h5py.SoftLink("/populations")
        self.assertEqual(self.lines("a.h5").splitlines(), before)
        with h5py.File(self.folder / "a.h5", "r+") as file:
            weight = file["populations/hidden1/weight"]
            weight[3, 71] = np.nextafter(weight[3, 71], np.float32(2))
        done = self.sim("info", "a.h5", "--digest")
        self.assertEqual(done.returncode, 1)
        self.assertIn("changed after the run", done.stderr)
        moved = [(a, b) for a, b in zip(before, done.stdout.splitlines(), strict=True) if a != b]
        self.assertEqual([a.split()[0] for a, _ in moved], ["populations/hidden1/weight"])

    def test_every_pattern_that_is_not_a_number_is_one_and_the_sign_of_zero_counts(self):
        def hashes(bits, kind):
            shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
            with h5py.File(self.folder / "b.h5", "r+") as file:
                file["extra"] = np.array([bits], "<u4" if kind == "<f4" else "<u8").view(kind)
            return re.search(rf"(?m)^extra {kind} \[1\] (\w+)$", self.sim("info", "b.h5", "--digest").stdout)[1]

        for kind, patterns, canonical in (("<f4", (0xffc00000, 0x7f800001, 0x7fffffff), 0x7fc00000),
                                          ("<f8", (0xfff8000000000000, 0x7ff0000000000001), 0x7ff8000000000000)):
            content = canonical.to_bytes(4 if kind == "<f4" else 8, "little")
            for bits in (*patterns, canonical):
                self.assertEqual(hashes(bits, kind), hashlib.sha256(content).hexdigest())
            sign = 1 << (31 if kind == "<f4" else 63)
            self.assertNotEqual(hashes(0, kind), hashes(sign, kind))

    def test_types_shapes_and_pieces_of_every_kind_agree_with_the_definition(self):
        rng = np.random.default_rng(1)
        with h5py.File(self.folder / "a.h5", "r+") as file:
            more = file.create_group("more of it")
            for kind in ("i1", "u1", "<i2", ">u2", ">i4", "<u4", ">i8", "<u8"):
                more[f"{kind[-2:]} numbers"] = rng.integers(0, 100, (3, 5)).astype(kind)
            more["big-endian"] = rng.normal(size=(2, 3)).astype(">f8")
            more["many rows"] = rng.normal(size=(300000, 3)).astype("f4")
            more["long rows"] = rng.normal(size=(3, 2, 300000)).astype("f4")
            more.create_dataset("columns", data=rng.normal(size=(4000, 200)), chunks=(4000, 1), compression="gzip")
            more["nothing"] = np.zeros((0, 4), "f4")
            more["scalar"] = np.float32(0.5)
            more["words"] = np.array(["eins", "", "zwei ü"], dtype=h5py.string_dtype())
            more["words of one length"] = np.array([b"one", b"three"])
            more["a\\b\nc"] = np.arange(3)
        printed = self.sim("info", "a.h5", "--digest").stdout
        with h5py.File(self.folder / "a.h5") as file:
            expected = lines_of(file).replace("a\\b\nc", "a\\x5cb\\x0ac")
        self.assertEqual(printed, expected)
        self.assertIn("more of it/a\\x5cb\\x0ac <i8 [3] ", printed)

    def test_what_claims_more_than_it_holds_or_is_of_another_kind_is_refused(self):
        def refused(put, says):
            shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
            with h5py.File(self.folder / "b.h5", "r+") as file:
                put(file)
            self.refused(4, "info", "b.h5", "--digest", says=says)

        refused(lambda f: f.create_dataset("x", (1 << 40,), "f4", chunks=(1024,)), ["b.h5: /x", "claims"])
        refused(lambda f: f.create_dataset("x", (1 << 32, 1 << 32), "f4", chunks=(1, 1024)), "/x")
        refused(lambda f: f.create_dataset("x", data=np.zeros(3, "f2")), ["/x", "kind that no run file has"])
        refused(lambda f: f.create_dataset("x", data=np.zeros(3, [("a", "i4")])), "kind that no run file has")
        refused(lambda f: f.create_group("/".join("abcdefghijklmnopqrst")), "groups within each other")

    def test_a_file_from_before_digests_says_so_and_its_lines_can_be_had(self):
        before = self.lines("a.h5")
        with h5py.File(self.folder / "a.h5", "r+") as file:
            del file.attrs["digest"]
        self.assertIn("complete, no digest: written by a version that made none", self.good("info", "a.h5"))
        self.assertEqual(self.lines("a.h5"), before)


class Compare(support.CliTest):
    """Whether runs of one model agree."""

    def setUp(self):
        super().setUp()
        self.write("all.toml", WITH_ALL)
        self.good("run", "all.toml", "-q", "-o", "a.h5")

    def compared(self, *names):
        text, json = self.good("compare", *names), self.good_json("compare", *names, "--json")
        return text, json["of_one_model"]

    def test_runs_of_one_model_have_the_same_bits_whatever_they_are_called_and_wherever_their_data_are(self):
        shutil.copytree(support.ROOT / "data" / "mnist-sample", self.folder / "digits")
        self.good("run", "all.toml", "-q", "-o", "b.h5", "--set", "title=another", "--set", "data.folder=digits")
        text, (pair,) = self.compared("a.h5", "b.h5")
        n = len(self.good("info", "a.h5", "--digest").splitlines())
        self.assertIn(f"a.h5 and b.h5, one model: same bits: {n} arrays\n", text)
        self.assertEqual((pair["runs"], pair["same_bits"], pair["arrays"], pair["whole"]), ([0, 1], True, n, True))
        digest = self.good_json("info", "a.h5", "--json")["digest"]
        self.assertRegex(text, rf"(?m)^digest +{digest[:12]} +{digest[:12]}$")

    def test_other_data_or_another_seed_make_another_model(self):
        shutil.copytree(support.ROOT / "data" / "mnist-sample", self.folder / "digits")
        labels = next((self.folder / "digits").glob("t10k-labels*"))
        images = next((self.folder / "digits").glob("t10k-images*"))
        for path in (labels, images):  # the same content in other bytes
            content = gzip.decompress(path.read_bytes())
            path.write_bytes(gzip.compress(content, 1))
        self.good("run", "all.toml", "-q", "-o", "b.h5", "--set", "data.folder=digits")
        self.good("run", "all.toml", "-q", "-o", "c.h5", "--seed", "4")
        text, pairs = self.compared("a.h5", "b.h5", "c.h5")
        self.assertEqual(pairs, [])
        self.assertNotIn("one model", text)

    def test_other_data_in_the_same_place_are_named(self):
        shutil.copytree(support.ROOT / "data" / "mnist-sample", self.folder / "digits")
        images = next((self.folder / "digits").glob("t10k-images*"))
        hashes = []
        for name in ("b.h5", "c.h5"):
            hashes.append(hashlib.sha256(images.read_bytes()).hexdigest())
            self.good("run", "all.toml", "-q", "-o", name, "--set", "data.folder=digits")
            images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes()), 1))
        text, pairs = self.compared("a.h5", "b.h5", "c.h5")
        self.assertEqual([pair["runs"] for pair in pairs], [[0, 1]])
        (other,) = self.good_json("compare", "a.h5", "b.h5", "c.h5", "--json")["other_data"]
        self.assertEqual(other["runs"], [1, 2])
        (file,) = other["files"]
        self.assertEqual(file["sha256"], hashes)
        self.assertIn(f"b.h5 and c.h5, one model and other data: {file['role']} (SHA-256 {hashes[0][:12]}… and "
                      f"{hashes[1][:12]}…)", " ".join(text.split()))

    def test_other_numbers_are_told(self):
        shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
        with h5py.File(self.folder / "b.h5", "r+") as file:
            here = int(file["provenance"].attrs["numbers"])
            file["provenance"].attrs["numbers"] = here + 1
        text, (pair,) = self.compared("a.h5", "b.h5")
        self.assertEqual(pair["numbers"], [str(here), str(here + 1)])
        self.assertIn(f"calculated by numbers = {here} and {here + 1}", " ".join(text.split()))

    def test_the_first_value_that_differs_is_shown_with_both(self):
        shutil.copy(self.folder / "a.h5", self.folder / "b.h5")
        with h5py.File(self.folder / "b.h5", "r+") as file:
            was = file["populations/hidden2/bias"][4]
            file["populations/hidden2/bias"][4] = 0.5
        text, (pair,) = self.compared("a.h5", "b.h5")
        self.assertRegex(text, r"a\.h5 and b\.h5, one model: other bits: /populations/hidden2/bias\[4\] is \S+ and 0\.5; "
                               r"1 of \d+ arrays differ\n")
        self.assertEqual(pair["first_difference"]["index"], [4])
        self.assertEqual(np.float32(pair["first_difference"]["values"][0]), was)

    def test_of_a_run_that_is_not_complete_the_epochs_are_compared_that_both_have(self):
        more = WITH_ALL.replace("epochs = 2\nbatch", "epochs = 2000\nbatch")
        self.write("more.toml", more)
        for name, seconds in (("b.h5", 0.3), ("c.h5", 0.6)):
            self.assertEqual(self.sim("run", "more.toml", "-q", "-o", name, "--max-time", f"{seconds}s").returncode, 124)
        text, (pair,) = self.compared("a.h5", "b.h5", "c.h5")
        with h5py.File(self.folder / "b.h5") as b, h5py.File(self.folder / "c.h5") as c:
            n = min(len(b["training/epoch"]), len(c["training/epoch"]))
        self.assertEqual((pair["runs"], pair["same_bits"], pair["epochs_compared"]), ([1, 2], True, n))
        self.assertIn(f"b.h5 and c.h5, one model: same bits: {pair['arrays']} arrays of {n} epoch", text)


if __name__ == "__main__":
    unittest.main()
