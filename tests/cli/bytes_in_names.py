"""Paths that are not UTF-8, as old archives and other locales leave them: what works, works to the end; what could not be
read back is refused before anything is done. Here a folder is called by the byte 0xE9, é in Latin-1."""
import json
import os
import subprocess
import unittest

from support import ROOT, SIM, SMALL, CliTest

ODD = b"caf\xe9"


class BytesInNames(CliTest):
    def setUp(self):
        super().setUp()
        self.odd = os.path.join(os.fsencode(self.folder), ODD)
        os.mkdir(self.odd)

    def raw(self, *arguments, program=SIM, cwd=None):
        """stdout and stderr as bytes."""
        return subprocess.run([program, *arguments], cwd=cwd or self.folder, capture_output=True, check=False, timeout=120)

    def well(self, *arguments, **options):
        done = self.raw(*arguments, **options)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def test_outputs_in_such_a_folder_work_to_the_end(self):
        run = ODD + b"/run.h5"
        self.well(b"run", b"small.toml", b"-q", b"-o", run)
        for verb in ((b"info",), (b"info", b"--check"), (b"eval",), (b"compare", self.odd + b"/run.h5"), (b"reproduce",)):
            self.well(*verb, run)
        for verb in ((b"info", run, b"--json"), (b"eval", run, b"--json"), (b"compare", run, run, b"--json"),
                     (b"sweep", b"small.toml", b"-q", b"--seeds", b"1,2", b"-o", ODD + b"/grid", b"--json"),
                     (b"info", b"--check", run, ODD + b"/grid", b"--json")):
            json.loads(self.well(*verb))
        self.well(b"sweep", b"small.toml", b"-q", b"--seeds", b"1,2", b"-o", ODD + b"/grid")
        self.well(b"trace", run, b"-o", ODD + b"/traces.h5")
        self.well(b"info", ODD + b"/traces.h5")
        self.well(b"export", run, b"--format", b"nir", b"-o", ODD + b"/net.nir")
        self.well(b"export", ODD + b"/traces.h5", b"--format", b"csv", b"-o", ODD + b"/csv")
        self.well(b"export", ODD + b"/traces.h5", b"--format", b"sonata", b"-o", ODD + b"/sonata.h5")
        done = self.raw(b"run", b"small.toml", b"-q", b"-o", ODD + b"/cut.h5", b"--max-time", b"0.2s", b"--set",
                        b"plan.epochs=100000")
        self.assertEqual(done.returncode, 124, done.stderr)
        done = self.raw(b"resume", ODD + b"/cut.h5", b"-q", b"--max-time", b"0.2s")
        self.assertEqual(done.returncode, 124, done.stderr)

    def test_tools_take_such_paths(self):
        self.well(b"run", b"small.toml", b"-q", b"-o", ODD + b"/run.h5")
        self.well(os.fsencode(ODD + b"/run.h5"), b"--once", program=ROOT / "tools/watch")
        self.well(ODD + b"/run.h5", b"--figures", b"all", program=ROOT / "tools/plot")
        self.assertTrue(os.path.exists(self.odd + b"/loss.png"))
        done = self.raw(ODD + b"/run.h5", program=ROOT / "tools/report")
        if b"is missing; apt-get" not in done.stderr:
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(self.odd + b"/report.html", encoding="utf-8") as page:
                self.assertIn("caf", page.read())

    def test_models_and_data_in_such_a_folder_are_refused_before_work_starts(self):
        """The run file keeps where its data are, as text."""
        os.symlink(ROOT / "data" / "mnist-sample", self.odd + b"/data")
        with open(self.odd + b"/model.toml", "w", encoding="utf-8") as file:
            file.write(SMALL.replace(str(ROOT / "data" / "mnist-sample"), "data"))
        before = sorted(os.listdir(self.odd))
        for verb in ((b"validate",), (b"run", b"-o", b"run.h5"), (b"sweep", b"--seeds", b"1", b"-o", b"grid")):
            for where, model in ((self.folder, ODD + b"/model.toml"), (self.odd, b"model.toml")):
                done = self.raw(verb[0], model, *verb[1:], cwd=where)
                self.assertEqual(done.returncode, 3, f"{verb}: {done.stderr}")
                self.assertIn(b"data.folder", done.stderr)
                self.assertIn(b"is not UTF-8", done.stderr)
                self.assertEqual(sorted(os.listdir(self.odd)), before)
                self.assertFalse((self.folder / "run.h5").exists() or (self.folder / "grid").exists())
        # The data where their path is text will do, and so will a link to the folder.
        self.well(b"run", ODD + b"/model.toml", b"-q", b"-o", b"one.h5", b"--set",
                  f"data.folder={ROOT}/data/mnist-sample".encode())
        os.symlink(self.odd, self.folder / "link")
        self.well(b"run", b"link/model.toml", b"-q", b"-o", b"two.h5")
        self.well(b"eval", b"two.h5")

    def test_data_of_such_a_name_are_refused_where_a_verb_is_told_of_them(self):
        self.well(b"run", b"small.toml", b"-q", b"-o", b"run.h5")
        os.symlink(ROOT / "data" / "mnist-sample", self.odd + b"/data")
        for verb in ((b"eval", b"run.h5"), (b"trace", b"run.h5", b"-o", b"t.h5"), (b"reproduce", b"run.h5")):
            done = self.raw(*verb, b"--data", ODD + b"/data")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(b"--data", done.stderr)
            self.assertIn(b"is not UTF-8", done.stderr)
        done = self.raw(b"run", b"small.toml", b"-o", b"b.h5", b"--set", b"title=\xff")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"title", done.stderr)
        self.assertIn(b"is not UTF-8", done.stderr)

    def test_a_run_file_of_such_a_name_is_refused(self):
        """--force keeps it, as text, to take its place."""
        done = self.raw(b"run", b"small.toml", b"-q", b"-o", ODD + b".h5")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"its name is not UTF-8", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(os.fsencode(self.folder), ODD + b".h5")))


if __name__ == "__main__":
    unittest.main()
