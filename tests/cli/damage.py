"""Single bits of files are flipped. `info --check` notices every one, in run files, traces and checkpoints; every reader
says what is damaged, or answers as for the whole file; none leaves anything out. Of files without checksums, as earlier
versions and killed runs leave them, the same holds for headers of groups and data sets, which HDF5 guards."""
import hashlib
import json
import os
import shutil
import time
import unittest

import h5py
import numpy as np

from support import CliTest

MODEL = """
[data]
kind = "hdf5"
train = "d.h5"
test = "d.h5"
[time]
steps = 3
[overlay]
n_labels = 3
[population.first]
neuron = "lif"
size = 8
[population.second]
size = 6
[plan]
epochs = 3
batch_size = 20
[recording]
variables = ["membrane", "spikes"]
samples = [0, 1]
"""
GROUPS = ("populations/first", "report/first", "spikes/second", "evaluation/test", "training/second", "provenance/data")
READERS = {"info": ("info", "run.h5", "--json"), "digest": ("info", "run.h5", "--digest"),
           "compare": ("compare", "run.h5", "--json"), "csv": ("export", "run.h5", "--format", "csv", "-o", "out"),
           "sonata": ("export", "run.h5", "--format", "sonata", "-o", "out"),
           "nir": ("export", "run.h5", "--format", "nir", "-o", "out"), "eval": ("eval", "run.h5", "--json")}
BLOCK = 1 << 16


def make_data(folder):
    random = np.random.default_rng(0)
    with h5py.File(folder / "d.h5", "w") as data:
        data["x"] = random.random((40, 36), dtype="f4")
        data["y"] = np.arange(40) % 3


def headers(path):
    """{name of a group or data set: (first byte, length)} of the first block of its header, from its mark to its
    checksum."""
    found = {}
    content = path.read_bytes()

    def take(name, item):
        first = h5py.h5o.get_info(item.id).addr
        if content[first:first + 4] != b"OHDR":
            return
        flags = content[first + 5]
        at = first + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        found[name] = (first, at + width + int.from_bytes(content[at:at + width], "little") + 4 - first)
    with h5py.File(path) as run:
        run.visititems(take)
    return found


def tree(path):
    """Bytes of the files of a folder, or the arrays of an HDF5 file."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: str(np.asarray(item[()]).tolist())})
                        if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" else found.update({name: ""}))
    return found


def split(content):
    """(the bytes that HDF5 knows of, their sums, the last line), as the sums' definition has it."""
    line = content[content[:-1].rindex(b"\n"):]
    n = int(line.split(b"first ")[1][:20])
    return content[:n], content[n:len(content) - len(line)], line


class WithRun(CliTest):
    def setUp(self):
        super().setUp()
        make_data(self.folder)
        self.write("m.toml", MODEL)
        self.good("run", "m.toml", "-q", "-o", "run.h5")
        self.run_file = self.folder / "run.h5"


class Damaged(WithRun):
    def answer(self, reader):
        out = self.folder / "out"
        done = self.sim(*READERS[reader])
        made = tree(out) if done.returncode == 0 and out.exists() else {}
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        return done, made

    def flip(self, at, bit, path=None):
        with open(path or self.run_file, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << bit]))

    def hold_to(self, right, reader, where):
        done, made = self.answer(reader)
        if done.returncode == 0:
            self.assertEqual((done.stdout, made), (right[reader][0].stdout, right[reader][1]), f"{reader}: {where}")
            return 0
        self.assertIn(done.returncode, (4, 5), f"{reader}: {where}: {done.stderr}")
        self.assertIn("run.h5", done.stderr, f"{reader}: {where}")
        return 1


class AnyBit(Damaged):
    def answers(self):
        right = {reader: self.answer(reader) for reader in READERS}
        self.assertEqual({reader: done.returncode for reader, (done, _) in right.items()}, dict.fromkeys(READERS, 0))
        return right

    def test_sums_are_what_they_say(self):
        content, sums, line = split(self.run_file.read_bytes())
        self.assertGreater(len(content), BLOCK)
        right = b"".join(hashlib.sha256(content[at:at + BLOCK]).digest() for at in range(0, len(content), BLOCK))
        self.assertEqual(sums, right)
        self.assertTrue(line.endswith(b": " + hashlib.sha256(right).hexdigest().encode() + b"\n"), line)

    def test_check_notices_every_bit(self):
        self.good("trace", "run.h5", "-o", "traces.h5")
        done = self.sim("run", "m.toml", "-q", "-o", "saved.h5", "--max-time", "0.3s", "--set", "plan.epochs=1000000")
        self.assertEqual(done.returncode, 124, done.stderr)
        random, n_flips = np.random.default_rng(3), int(os.environ.get("SNNFF_FLIPS", "30"))
        for name in ("run.h5", "traces.h5", "saved.h5", "saved.h5.ckpt"):
            path = self.folder / name
            self.assertEqual(self.good("info", "--check", name), f"{name}: whole\n")
            content = path.read_bytes()
            places = np.flatnonzero(np.frombuffer(content, np.uint8))
            for at in map(int, random.choice(places, n_flips)):
                bit = int(random.integers(8))
                self.flip(at, bit, path)
                done = self.sim("info", "--check", name)
                self.assertEqual(done.returncode, 5, f"{name}, byte {at} of {len(content)}, bit {bit}: {done.stdout}")
                self.assertIn(name, done.stdout)
                self.flip(at, bit, path)
            self.assertEqual(path.read_bytes(), content)

    def test_readers_tell_or_answer_the_same(self):
        right = self.answers()
        random, told = np.random.default_rng(4), 0
        content = self.run_file.read_bytes()
        places = np.flatnonzero(np.frombuffer(content, np.uint8))
        for at in map(int, random.choice(places, int(os.environ.get("SNNFF_FLIPS", "30")))):
            bit = int(random.integers(8))
            self.flip(at, bit)
            told += sum(self.hold_to(right, reader, f"byte {at}, bit {bit}") for reader in READERS)
            self.flip(at, bit)
        self.assertGreater(told, 0)

    def test_what_was_exported_is_read_as_it_was_written_or_refused(self):
        for name, form in (("spikes.h5", "sonata"), ("graph.nir", "nir")):
            self.good("export", "run.h5", "--format", form, "-o", name)
        init = '\ninit = { kind = "nir", path = "graph.nir" }'
        self.write("again.toml", MODEL.replace("size = 8", f"size = 8{init}").replace("size = 6", f"size = 6{init}"))

        def tables():
            done = self.sim("export", "spikes.h5", "--format", "csv", "-o", "out")
            made = tree(self.folder / "out") if done.returncode == 0 else {}
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            return done, made

        def trained():
            done = self.sim("run", "again.toml", "-q", "-o", "again.h5", "--force")
            return done, self.good("info", "again.h5", "--digest") if done.returncode == 0 else ""

        random, told = np.random.default_rng(6), 0
        for name, read in (("spikes.h5", tables), ("graph.nir", trained)):
            done, right = read()
            self.assertEqual(done.returncode, 0, done.stderr)
            content = (self.folder / name).read_bytes()
            for at in map(int, random.choice(np.flatnonzero(np.frombuffer(content, np.uint8)), 15)):
                bit = int(random.integers(8))
                self.flip(at, bit, self.folder / name)
                done, now = read()
                where = f"{name}, byte {at} of {len(content)}, bit {bit}: {done.stderr}"
                self.assertIn(done.returncode, (0, 4, 5), where)
                if done.returncode == 0:
                    self.assertEqual(now, right, where)
                told += done.returncode != 0
                self.flip(at, bit, self.folder / name)
        self.assertGreater(told, 0)

    def test_what_is_damaged_is_named(self):
        with h5py.File(self.run_file) as run:
            at = run["populations/second/weight"].id.get_offset()
        self.flip(at + 5, 3)
        for reader in ("info", "digest", "compare", "nir", "eval"):
            done, _ = self.answer(reader)
            if done.returncode == 0:  # a block that this reader has no need of
                continue
            self.assertEqual(done.returncode, 5, f"{reader}: {done.stderr}")
            self.assertIn("is damaged: bytes ", done.stderr)
        done = self.sim("info", "--check", "run.h5", "--json")
        found = json.loads(done.stdout)[0]
        self.assertEqual((done.returncode, found["whole"]), (5, False))
        self.assertTrue(any(f"bytes {at//BLOCK*BLOCK} to " in text for text in found["damage"]), found)
        self.assertTrue(any("/populations/second/weight" in text for text in found["damage"]), found)

    def test_files_without_checksums_are_said_to_be_unchecked(self):
        content, _, _ = split(self.run_file.read_bytes())
        self.write("cut.h5", content)
        with h5py.File(self.write("other.h5", self.run_file.read_bytes()), "r+") as file:
            file.attrs["mine"] = 1
        with h5py.File(self.write("changed.h5", self.run_file.read_bytes()), "r+") as file:
            file["populations/first/weight"][0, 0] += 1
            del file.attrs["checksums"]
        for name, says in (("cut.h5", "its arrays give its digest"), ("other.h5", "another program wrote to it since")):
            self.assertIn(f"{name}: unchecked: ", self.good("info", "--check", name))
            self.assertIn(says, self.good("info", "--check", name))
            self.assertEqual(self.good("info", name, "--digest"), self.good("info", "run.h5", "--digest"))
        done = self.sim("info", "--check", "run.h5", "changed.h5", "cut.h5")
        self.assertEqual(done.returncode, 5)
        self.assertIn("changed.h5: its arrays do not give its digest\n", done.stdout)
        self.assertIn("run.h5: whole\n", done.stdout)
        self.assertIn("1 of 3 files are damaged", done.stderr)

    def test_folders_and_what_is_no_file_of_ours(self):
        self.good("sweep", "m.toml", "--over", "time.steps=1,2", "-q", "-o", "grid")
        lines = self.good("info", "--check", "grid").splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(line.endswith(": whole") for line in lines), lines)
        self.refused(4, "info", "--check", "d.h5", says="not a run file")
        self.refused(4, "info", "--check", "m.toml", says="not an HDF5 file")
        self.refused(4, "info", "--check", "nowhere.h5", says="nowhere.h5")
        self.refused(2, "info", "run.h5", "d.h5", says="--check")

    def test_what_cannot_be_checked_keeps_nothing_from_being_checked(self):
        (self.folder / "runs").mkdir()
        content = self.run_file.read_bytes()
        for name, bytes_ in (("a.h5", b"notes"), ("b.h5", content), ("c.h5", content[:5000] + b"?" + content[5001:])):
            self.write(f"runs/{name}", bytes_)
        shutil.copy(self.folder / "d.h5", self.folder / "runs" / "0.h5")
        done = self.sim("info", "--check", "runs", "nowhere", "run.h5")
        self.assertEqual(done.returncode, 5)
        self.assertIn("runs/b.h5: whole\n", done.stdout)
        self.assertIn("runs/c.h5: ", done.stdout)
        self.assertIn("run.h5: whole\n", done.stdout)
        for words in ("runs/0.h5: an HDF5 file, but not a run file", "runs/a.h5: not an HDF5 file", "nowhere: ",
                      "1 of 3 files are damaged, 3 could not be checked"):
            self.assertIn(words, done.stderr)
        done = self.sim("info", "--check", "runs/a.h5", "run.h5", "--json")
        self.assertEqual(done.returncode, 4)
        self.assertEqual([each["whole"] for each in json.loads(done.stdout)], [False, True])
        self.assertIn("not an HDF5 file", json.loads(done.stdout)[0]["error"])


class TextsWithoutChecksums(Damaged):
    """HDF5 keeps texts in heaps that have no checksum, and walks them and what refers to them without looking where they
    end."""
    def setUp(self):
        super().setUp()
        self.run_file.unlink()
        process = self.start("run", "m.toml", "-q", "-o", "run.h5", "--set", "plan.epochs=10000000")
        while process.poll() is None and not self.run_file.exists():
            time.sleep(0.001)
        time.sleep(0.5)
        process.kill()
        process.wait()
        self.content = self.run_file.read_bytes()

    def heap_headers(self):
        """Places of the header of each heap, and of each of its objects, by the file format's definition."""
        at = self.content.find(b"GCOL")
        while at >= 0:
            end = at + int.from_bytes(self.content[at + 8:at + 16], "little")
            yield at
            place = at + 16
            while place + 16 <= end:
                yield place
                index, length = (int.from_bytes(self.content[place + first:place + last], "little")
                                 for first, last in ((0, 2), (8, 16)))
                place += length if index == 0 else 16 + (length + 7)//8*8
            at = self.content.find(b"GCOL", at + 4)

    def references(self):
        with h5py.File(self.run_file) as run:
            for name in ("model", "provenance/data/path", "provenance/data/sha256"):
                for i in range(run[name].size):
                    yield run[name].id.get_offset() + 16*i

    def hold_to_all(self, places, parts):
        right = {reader: self.answer(reader) for reader in READERS}
        random, told = np.random.default_rng(5), 0
        for place in places:
            at, bit = place + int(random.choice(parts)), int(random.integers(8))
            self.flip(at, bit)
            told += sum(self.hold_to(right, reader, f"byte {at}, bit {bit}") for reader in ("info", "compare", "eval"))
            done = self.sim("info", "--check", "run.h5")
            self.assertIn(done.returncode, (0, 5), f"byte {at}, bit {bit}: {done.stderr}")
            self.flip(at, bit)
        return told

    def test_a_bit_in_a_heap_is_told_or_changes_nothing(self):
        places = list(self.heap_headers())
        self.assertGreater(len(places), 100)
        n = int(os.environ.get("SNNFF_FLIPS", "30"))
        # Index and length of objects; what counts references to them, and what is unused, nobody reads.
        told = self.hold_to_all(np.random.default_rng(6).choice(places, n), [0, 1, *range(8, 16)])
        self.assertGreater(told, n)

    def test_a_bit_in_what_refers_to_a_text_is_told(self):
        places = list(self.references())*3
        self.assertGreater(self.hold_to_all(places, range(16)), len(places))


class HeadersWithoutChecksums(Damaged):
    def setUp(self):
        super().setUp()
        self.run_file.write_bytes(split(self.run_file.read_bytes())[0])

    def test_a_bit_in_a_header_is_told_or_changes_nothing(self):
        right = {reader: self.answer(reader) for reader in READERS}
        self.assertEqual({reader: done.returncode for reader, (done, _) in right.items()}, dict.fromkeys(READERS, 0))
        found = headers(self.run_file)
        self.assertGreater(len(found), 50)
        random, told = np.random.default_rng(7), 0
        names = [*GROUPS, *random.choice(sorted(set(found) - set(GROUPS)), int(os.environ.get("SNNFF_FLIPS", "30")))]
        for name in names:
            first, length = found[name]
            at, bit = first + int(random.integers(length)), int(random.integers(8))
            self.flip(at, bit)
            told += sum(self.hold_to(right, reader, f"/{name}, byte {at - first}, bit {bit}") for reader in READERS)
            self.flip(at, bit)
        # Each of GROUPS is read by two readers at least.
        self.assertGreaterEqual(told, 2*len(GROUPS))

    def test_what_does_not_open_is_named(self):
        found = headers(self.run_file)
        for name, readers in (("populations/first", ("info", "digest", "compare", "nir")),
                              ("report/first", ("info", "digest", "csv", "sonata")),
                              ("spikes/second", ("info", "digest", "csv", "sonata")),
                              ("evaluation/test", ("info", "digest", "compare")),
                              ("training/second", ("info", "digest", "compare", "csv"))):
            self.flip(found[name][0] + 8, 0)
            for reader in readers:
                done, _ = self.answer(reader)
                self.assertIn(done.returncode, (4, 5), f"{reader}: {name}: {done.stdout}")
                self.assertIn("checksum", done.stderr, f"{reader}: {name}")
                for part in name.split("/"):
                    self.assertIn(part, done.stderr, f"{reader}: {name}")
            self.flip(found[name][0] + 8, 0)


if __name__ == "__main__":
    unittest.main()
