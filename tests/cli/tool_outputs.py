"""Where tools/plot, tools/report and tools/watch write: not over what is read, not in place of pipes and devices, behind
links, with the mode that was there."""
import os
import shutil
import stat
import subprocess
import sys
import unittest

from support import ROOT, CliTest


def lacks(module):
    return subprocess.run(["/usr/bin/python3", "-c", f"import {module}, h5py"], capture_output=True, check=False).returncode != 0


class ToolOutputs(CliTest):
    def setUp(self):
        super().setUp()
        self.good("run", self.model, "-q", "-o", "r.h5")
        os.mkfifo(self.folder / "pipe.png")
        (self.folder / "folder.png").mkdir()
        os.link(self.folder / "r.h5", self.folder / "same.png")

    def tool(self, name, *arguments, **more):
        return subprocess.run([sys.executable, ROOT / "tools" / name, *arguments], cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=60, **more)

    def refused(self, says, name, *arguments):
        before = (self.folder / "r.h5").read_bytes()
        done = self.tool(name, *arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual((self.folder / "r.h5").read_bytes(), before)

    def test_a_pipe_is_no_run(self):
        for name in ("watch", "plot", "report"):
            if name != "watch" and lacks("matplotlib"):
                continue
            done = self.tool(name, "pipe.png")
            if "is missing; apt-get" not in done.stderr:
                self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
                self.assertIn("pipe.png: is not a regular file", done.stderr)

    @unittest.skipIf(lacks("matplotlib"), "no matplotlib; apt-get install python3-matplotlib")
    def test_watch(self):
        self.refused("pipe.png: is a pipe", "watch", "r.h5", "--once", "-o", "pipe.png")
        self.refused("folder.png: is a folder", "watch", "r.h5", "--once", "-o", "folder.png")
        self.refused("which is read", "watch", "r.h5", "--once", "-o", "same.png")
        (self.folder / "link.png").symlink_to("behind.png")
        (self.folder / "behind.png").touch(mode=0o600)
        done = self.tool("watch", "r.h5", "--once", "-o", "link.png")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "link.png").is_symlink())
        self.assertEqual(stat.S_IMODE((self.folder / "behind.png").stat().st_mode), 0o600)
        self.assertEqual((self.folder / "behind.png").read_bytes()[:4], b"\x89PNG")
        self.assertEqual([name for name in self.files() if name.startswith(".")], [])

    @unittest.skipIf(lacks("matplotlib"), "no matplotlib; apt-get install python3-matplotlib")
    def test_plot(self):
        self.refused("same.png: is no folder", "plot", "r.h5", "-o", "same.png")
        (self.folder / "out").mkdir()
        os.mkfifo(self.folder / "out/loss.png")
        self.refused("out/loss.png: is a pipe", "plot", "r.h5", "--figures", "loss", "-o", "out")
        (self.folder / "out/loss.png").unlink()
        os.link(self.folder / "r.h5", self.folder / "out/loss.png")
        self.refused("which is read", "plot", "r.h5", "--figures", "loss", "-o", "out")
        (self.folder / "out/loss.png").unlink()
        done = self.tool("plot", "r.h5", "--figures", "loss", "-o", "out")
        self.assertEqual((done.returncode, done.stdout), (0, "out/loss.png\n"), done.stderr)

    @unittest.skipIf(lacks("plotly"), "no plotly; apt-get install python3-plotly")
    def test_report(self):
        self.refused("folder.png: is a folder", "report", "r.h5", "-o", "folder.png")
        self.refused("which is read", "report", "r.h5", "-o", "same.png")
        shutil.copy(self.folder / "r.h5", self.folder / "s.h5")
        (self.folder / "page.html").touch(mode=0o640)
        (self.folder / "page.html").chmod(0o640)
        self.assertEqual(self.tool("report", "s.h5", "-o", "page.html").stdout, "page.html\n")
        self.assertEqual(stat.S_IMODE((self.folder / "page.html").stat().st_mode), 0o640)
        done = self.tool("report", "s.h5", "-o", "/dev/stdout")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, (self.folder / "page.html").read_text())

    @unittest.skipIf(lacks("plotly"), "no plotly; apt-get install python3-plotly")
    def test_data_runs_and_checkpoints_stay(self):
        """Those of the run that is read, under whatever name, and of others."""
        data = self.folder / "mnist"
        shutil.copytree(ROOT / "data/mnist-sample", data)
        self.write("m.toml", self.model.read_text().replace(f"{ROOT}/data/mnist-sample", "mnist"))
        self.good("run", "m.toml", "-q", "-o", "s.h5")
        self.assertEqual(self.sim("run", "m.toml", "-q", "-o", "cut.h5", "--max-time", "0.2s", "--set",
                                  "plan.epochs=1000000").returncode, 124)
        images = next(data.glob("train-images*"))
        os.link(images, self.folder / "linked.png")
        shutil.copy(images, self.folder / "copy.png")
        shutil.copy(self.folder / "cut.h5", self.folder / "cut.png")
        (self.folder / "name.ckpt").write_bytes(b"")
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        for output in (images, "linked.png", "copy.png", "cut.h5", "cut.h5.ckpt", "cut.png", "name.ckpt"):
            self.refused("-o names another file", "report", "s.h5", "-o", str(output))
            if not lacks("matplotlib"):
                self.refused("-o names another file", "watch", "s.h5", "--once", "-o", str(output))
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_standard_output_that_is_closed_or_full(self):
        commands = [("report", "r.h5", "-o", "page.html")] if not lacks("plotly") else []
        if not lacks("matplotlib"):
            commands += [("watch", "r.h5", "--once"), ("plot", "r.h5", "--figures", "loss", "-o", "out")]
        for command in commands:
            line = " ".join([sys.executable, f"{ROOT}/tools/{command[0]}", *command[1:]])
            for stream, code, says in ((">&-", 4, "standard output is closed"), (">/dev/full", 4, "No space left on device"),
                                       ("| true", 0, "")):
                done = subprocess.run(["bash", "-c", f"set -o pipefail; {line} {stream}"], cwd=self.folder, capture_output=True,
                                      text=True, check=False, timeout=60)
                with self.subTest(command=command, stream=stream):
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertIn(says, done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1 if says else 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
