"""Bits of run files are flipped, and the Python tools say so: none draws a run without what it has lost."""
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import h5py
import numpy as np

from damage import WithRun, split
from support import ROOT

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from figures.run import Broken, Run, Unreadable  # noqa: E402

TOOLS = {"plot": ("tools/plot", "run.h5", "--figures", "all", "-o", "drawn"), "watch": ("tools/watch", "run.h5", "--once")}


def everything(path):
    """All that figures can ask a run for."""
    run = Run(path)
    try:
        found = {"title": run.title, "data": run.data_files()}

        def take(place):
            found[place] = {name: np.asarray(value).tolist() for name, value in run.attributes(place).items()
                            if np.asarray(value).dtype.kind in "iufSU"}
            item = run.find(place) if place else run.file
            if isinstance(item, h5py.Dataset):
                if item.dtype.kind in "iuf" and item.shape and run.size(place) and run.stored_bytes(place):
                    found[place + ":"] = run.read(place, len(item.shape)).tobytes()
                return
            for name in sorted(item):
                take(f"{place}/{name}".lstrip("/"))
        take("")
        return found
    finally:
        run.close()


class DamagedForTools(WithRun):
    def setUp(self):
        super().setUp()
        self.content = self.run_file.read_bytes()

    def tool(self, name):
        command, *arguments = TOOLS[name]
        return subprocess.run([ROOT / command, *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=120)

    def flip(self, at, bit):
        changed = bytearray(self.content)
        changed[at] ^= 1 << bit
        self.run_file.write_bytes(changed)

    def hold_to(self, right, where):
        try:
            found = everything(self.run_file)
        except Unreadable as problem:
            self.assertIn("run.h5", str(problem), where)
            return 1
        self.assertEqual(found, right, where)
        return 0

    def test_whatever_bit_flips_nothing_is_left_out(self):
        right, told = everything(self.run_file), 0
        self.assertGreater(len(right), 100)
        places = np.flatnonzero(np.frombuffer(self.content, np.uint8))
        random = np.random.default_rng(5)
        for at in map(int, random.choice(places, int(os.environ.get("SNNFF_FLIPS", "40")))):
            bit = int(random.integers(8))
            self.flip(at, bit)
            told += self.hold_to(right, f"byte {at} of {len(self.content)}, bit {bit}")
        self.assertGreater(told, 0)

    def test_without_checksums_a_header_that_does_not_open_is_named(self):
        whole = split(self.content)[0]
        self.run_file.write_bytes(whole)
        right = everything(self.run_file)
        with h5py.File(self.run_file) as run:
            addresses = {name: h5py.h5o.get_info(run[name].id).addr
                         for name in ("populations/first", "report/first", "evaluation/test", "training/second", "loss")}
        for name, at in addresses.items():
            changed = bytearray(whole)
            changed[at + 8] ^= 1
            self.run_file.write_bytes(changed)
            with self.assertRaisesRegex(Broken, name) as caught:
                everything(self.run_file)
            self.assertIn("run.h5", str(caught.exception))
        self.run_file.write_bytes(whole)
        self.assertEqual(everything(self.run_file), right)

    def test_tools_answer_5_and_say_which_bytes(self):
        for name in TOOLS:
            self.assertEqual(self.tool(name).returncode, 0, name)
        shutil.rmtree(self.folder / "drawn")
        with h5py.File(self.run_file) as run:
            at = run["training/epoch"].id.get_chunk_info(0).byte_offset
        self.flip(at + 1, 2)
        for name in TOOLS:
            done = self.tool(name)
            self.assertEqual(done.returncode, 5, f"{name}: {done.stderr}")
            self.assertIn("is damaged: bytes ", done.stderr)

    def test_what_a_file_says_steers_no_terminal(self):
        steering = "\x1b]0;renamed\x07\x1b[2J\u202e"
        self.run_file.write_bytes(split(self.content)[0])
        with h5py.File(self.run_file, "r+") as run:
            run.attrs["title"] = run.attrs["status"] = steering
            run["training/" + steering] = 1
            run.move("evaluation", "elsewhere")
            del run["training/seconds"]
        for name in TOOLS:
            done = self.tool(name)
            for c in "\x1b\x07\u202e":
                self.assertNotIn(c, done.stdout + done.stderr, name)


if __name__ == "__main__":
    unittest.main()
