"""Where verbs write: places that are looked at before any work, links that are followed, streams, files that are read,
modes that stay, and streams that were closed when the program began."""
import csv
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest

import h5py

from cut_runs import CutRunTest
from support import SIM


class Outputs(CutRunTest):
    def setUp(self):
        super().setUp()
        self.good("run", "small.toml", "-q", "-o", "r.h5")
        self.writers = {"run": ("run", "small.toml", "-q"), "trace": ("trace", "r.h5"),
                        "nir": ("export", "r.h5", "--format", "nir"), "sonata": ("export", "t.h5", "--format", "sonata")}
        self.good("trace", "r.h5", "-o", "t.h5")

    def test_what_is_no_regular_file_is_not_replaced(self):
        (self.folder / "folder").mkdir()
        os.mkfifo(self.folder / "pipe")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(self.folder / "socket"))
            for name, verb in self.writers.items():
                for place, kind in (("folder", "a folder"), ("pipe", "a pipe"), ("socket", "a socket"),
                                    ("/dev/null", "a device")):
                    before = os.stat(self.folder / place)
                    for force in ((), ("--force",)):
                        with self.subTest(verb=name, place=place, force=force):
                            self.refused(2, *verb, "-o", place, *force, says=[f"{place}: is {kind}", "-o names a file"])
                            self.assertEqual(os.stat(self.folder / place).st_ino, before.st_ino)
            os.mkfifo(self.folder / "new.h5.ckpt")
            self.refused(2, *self.writers["run"], "-o", "new.h5", says=["new.h5.ckpt: is a pipe"])

    def test_links_stay_links_and_lead_to_what_is_written_whether_it_was_there_or_not(self):
        (self.folder / "scratch").mkdir()
        for name, verb in self.writers.items():
            link, behind = self.folder / f"{name}.link", self.folder / "scratch" / f"{name}.h5"
            link.symlink_to(f"scratch/{name}.h5")
            self.good(*verb, "-o", link.name)
            first = behind.stat().st_ino
            self.refused(2, *verb, "-o", link.name, says="exists already")
            self.good(*verb, "-o", link.name, "--force")
            self.assertTrue(link.is_symlink())
            self.assertNotEqual(behind.stat().st_ino, first)
            with h5py.File(behind):
                pass
        self.assertEqual(sorted(os.listdir(self.folder / "scratch")), sorted(f"{name}.h5" for name in self.writers))
        (self.folder / "lost").symlink_to("nowhere/x.h5")
        (self.folder / "loop").symlink_to("loop")
        for verb in self.writers.values():
            self.refused(4, *verb, "-o", "lost", says=["lost: is a link to nowhere/x.h5", "no folder nowhere"])
            self.refused(4, *verb, "-o", "loop", says=["loop", "links lead in a circle"])

    def test_tables_follow_links_too(self):
        (self.folder / "tables").mkdir()
        (self.folder / "tables/training.csv").symlink_to("../kept.csv")
        self.good("export", "r.h5", "--format", "csv", "-o", "tables")
        self.assertTrue((self.folder / "tables/training.csv").is_symlink())
        self.assertIn("epoch", (self.folder / "kept.csv").read_text())

    def test_a_run_behind_a_link_goes_on_wherever_it_was_killed(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        (self.folder / "scratch").mkdir()
        (self.folder / "cut.h5").symlink_to("scratch/cut.h5")
        for after in (0.02, 0.1, 0.2):
            process = self.start("run", "long.toml", "-o", "cut.h5", "--checkpoint-every", "0.02s", "-q", "--force")
            began = time.monotonic()
            while process.poll() is None and (time.monotonic() - began < after
                                              or not (self.folder / "scratch/cut.h5.ckpt").exists()):
                time.sleep(0.001)
            process.kill()
            process.wait()
            for pause in (0.0, 0.01, 0.03):  # killed while it takes over, too
                again = self.start("resume", "cut.h5", "--checkpoint-every", "0.02s", "-q")
                time.sleep(pause)
                again.kill()
                again.wait()
            if any("ckpt" in name for name in os.listdir(self.folder / "scratch")):
                self.good("resume", "cut.h5", "-q")
            self.expect_same()
            self.assertEqual(os.listdir(self.folder / "scratch"), ["cut.h5"])
            self.assertTrue((self.folder / "cut.h5").is_symlink())

    def test_files_that_nobody_may_write_are_replaced_and_gone_on_with(self):
        """As an ordinary user, for whom modes hold: the folder decides, and the new file has the old one's mode."""
        self.folder.chmod(0o777)
        shutil.copy(SIM, self.folder / "sim")
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

        def sim(*arguments):
            return subprocess.run(["./sim", *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                                  timeout=60, **user)

        def good(*arguments):
            done = sim(*arguments)
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        with h5py.File(self.folder / "d.h5", "w") as file:
            file["x"], file["y"] = [[0.0, 1.0] * 8, [1.0, 0.0] * 8] * 20, [0, 1] * 20
        self.write("m.toml", '[data]\nkind = "hdf5"\ntrain = "d.h5"\ntest = "d.h5"\n[time]\nsteps = 2\n[overlay]\n'
                   'n_labels = 2\n[population.h]\nsize = 4\n[plan]\nepochs = 3000\n')
        every = ("--checkpoint-every", "1 epoch")
        verbs = [(("run", "m.toml", "-q", "--set", "plan.epochs=2", *every), "o.h5"), (("trace", "o.h5"), "o-traces.h5"),
                 (("export", "o.h5", "--format", "nir"), "o.nir"), (("export", "o-traces.h5", "--format", "sonata"), "o-sonata.h5")]
        for verb, output in verbs:
            good(*verb, "-o", output)
            (self.folder / output).chmod(0o444)
            good(*verb, "-o", output, "--force")
            self.assertEqual(stat.S_IMODE((self.folder / output).stat().st_mode), 0o444)
        good("run", "m.toml", "-q", "-o", "whole.h5")
        self.assertEqual(sim("run", "m.toml", "-q", "-o", "cut.h5", "--max-time", "0.02s").returncode, 124)
        (self.folder / "cut.h5").chmod(0o444)
        (self.folder / "cut.h5.ckpt").chmod(0)
        done = sim("resume", "cut.h5", "-q")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("cut.h5.ckpt: cannot be opened: Permission denied", done.stderr)
        (self.folder / "cut.h5.ckpt").chmod(0o644)
        good("resume", "cut.h5", "-q", "--checkpoint-every", "500 epochs")
        self.expect_same()
        self.good("info", "--check", "cut.h5", "o.h5", "o-traces.h5")

    def test_only_a_run_takes_the_place_of_one_that_was_cut(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        done = self.sim("run", "long.toml", "-o", "cut.h5", "-q", "--max-time", "0.05s")
        self.assertEqual(done.returncode, 124, done.stderr)
        for verb in (("trace", "r.h5"), ("export", "r.h5", "--format", "nir"), ("export", "r.h5", "--format", "sonata")):
            for force in ((), ("--force",)):
                self.refused(2, *verb, "-o", "cut.h5", *force,
                             says=["cut.h5: exists already"] + ["snnff-sim resume cut.h5"] * len(force))
        self.good("resume", "cut.h5", "-q")
        self.expect_same()
        self.good("trace", "r.h5", "-o", "cut.h5", "--force")

    def test_what_is_read_is_not_written_under_any_name(self):
        with h5py.File(self.folder / "d.h5", "w") as file:
            file["x"], file["y"] = [[0.0, 1.0] * 8, [1.0, 0.0] * 8] * 20, [0, 1] * 20
        self.write("m.toml", '[data]\nkind = "hdf5"\ntrain = "d.h5"\ntest = "d.h5"\n[time]\nsteps = 2\n[overlay]\n'
                   'n_labels = 2\n[population.h]\nsize = 4\n[plan]\nepochs = 1\n')
        self.good("run", "m.toml", "-q", "-o", "e.h5")
        os.symlink("d.h5", self.folder / "data.link")
        os.link(self.folder / "d.h5", self.folder / "x.h5.ckpt")
        (self.folder / "down").mkdir()
        os.link(self.folder / "e.h5", self.folder / "down/e-too.h5")
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        run = ("run", "m.toml", "-q")
        for verb, output in ((run, "d.h5"), (run, "data.link"), (run, "./down/../d.h5"), (run, "m.toml"), (run, "x.h5"),
                             (("trace", "e.h5"), "e.h5"), (("trace", "e.h5"), "d.h5"),
                             (("trace", "e.h5"), "down/e-too.h5"), (("trace", "e.h5", "--data", "d.h5"), "data.link"),
                             (("export", "e.h5", "--format", "nir"), "down/e-too.h5"),
                             (("export", "t.h5", "--format", "sonata"), "./t.h5")):
            for force in ((), ("--force",)):
                with self.subTest(verb=verb, output=output, force=force):
                    done = self.sim(*verb, "-o", output, *force)
                    self.assertEqual(done.returncode, 2, done.stderr)
                    if force:
                        self.assertIn("which is read; -o names another", done.stderr)
        os.link(self.folder / "e.h5", self.folder / "down/training.csv")
        self.refused(2, "export", "e.h5", "--format", "csv", "-o", "down", "--force", says="is the run that is read")
        os.link(self.folder / "e.h5", self.folder / "down/m.h5")
        self.refused(2, "compare", "e.h5", "m.toml", "-q", "--out-dir", "down", "--force", says="which is read")
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_tables_go_through_streams(self):
        text = self.good("export", "r.h5", "--format", "csv", "-o", "/dev/stdout")
        rows = list(csv.reader(text.split("\n\n")[0].splitlines()))
        self.assertEqual((rows[0][0], len(rows)), ("epoch", 3))
        self.good("export", "t.h5", "--format", "csv", "-o", "tables")
        tables = [(self.folder / "tables" / name).read_text() for name in os.listdir(self.folder / "tables")]
        through = self.good("export", "t.h5", "--format", "csv", "-o", "/dev/stdout")
        self.assertEqual(sorted(through.rstrip("\n").split("\n\n")), sorted(each.rstrip("\n") for each in tables))
        os.mkfifo(self.folder / "pipe")
        read = []
        reader = threading.Thread(target=lambda: read.append((self.folder / "pipe").read_text()))
        reader.start()
        self.good("export", "r.h5", "--format", "csv", "-o", "pipe")
        reader.join(timeout=30)
        self.assertEqual(read, [text])
        self.assertTrue(stat.S_ISFIFO(os.stat(self.folder / "pipe").st_mode))
        with open(self.folder / "log", "w", encoding="utf-8") as log:  # what stands in it before stays
            log.write("before\n")
            log.flush()
            subprocess.run([SIM, "export", "r.h5", "--format", "csv", "-o", "/dev/stdout"], cwd=self.folder, stdout=log,
                           check=True)
        self.assertEqual((self.folder / "log").read_text(), "before\n" + text)

    def test_tables_do_not_go_through_a_stream_into_the_run_that_is_read(self):
        content = (self.folder / "r.h5").read_bytes()
        with open(self.folder / "r.h5", "r+b") as run:
            for stream in ("/dev/stdout", f"/dev/fd/{run.fileno()}"):
                done = subprocess.run([SIM, "export", "r.h5", "--format", "csv", "-o", stream], cwd=self.folder, stdout=run,
                                      stderr=subprocess.PIPE, text=True, check=False, pass_fds=[run.fileno()])
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("is the run that is read", done.stderr)
        self.assertTrue((self.folder / "r.h5").read_bytes() == content)

    def test_names_that_files_beside_them_would_make_too_long_are_refused_before_the_start(self):
        most = os.pathconf(self.folder, "PC_NAME_MAX")
        self.good(*self.writers["run"], "-o", "n" * (most - len(".ckpt.previous")))
        self.refused(2, *self.writers["run"], "-o", "n" * (most - len(".ckpt.previous") + 1),
                     says=["too long by 1 byte", ".ckpt.previous", str(most)])
        for name in ("trace", "nir", "sonata"):
            self.good(*self.writers[name], "-o", name[0] * (most - len(".new")))
            self.refused(2, *self.writers[name], "-o", name[0] * (most - len(".new") + 1), says=["too long", ".new"])
        for verb in self.writers.values():
            self.refused(4, *verb, "-o", "n" * (most + 1), says="File name too long")
        deep = "/".join(["d" * 200] * 20)
        self.assertRegex(self.sim(*self.writers["run"], "-o", f"{deep}/{'n' * 80}").stderr, "no folder|too long")

    def test_files_of_somebody_else_that_have_names_of_ours_stay_and_are_named_before_the_start(self):
        self.interrupted()
        self.good("sweep", "small.toml", "-q", "--seeds", "1", "-o", "swept")
        cell = next((self.folder / "swept").glob("*.h5")).name
        self.good("export", "r.h5", "--format", "csv", "-o", "tables")
        table = next((self.folder / "tables").glob("*.csv")).name
        with h5py.File(self.folder / "theirs", "w") as file:
            file["x"] = [1.0, 2.0]
        others = {"text": b"my notes\n" * 10, "HDF5": (self.folder / "theirs").read_bytes(),
                  "a run": (self.folder / "r.h5").read_bytes()}
        endless = ("--set", "plan.epochs=10000000", "-q")  # whoever begins does not end in time
        beside_a_run = (".new", ".cut", ".ckpt", ".ckpt.new", ".ckpt.previous")
        cases = [(("run", "long.toml", "-o", "n.h5", *endless), "n.h5", beside_a_run),
                 (("run", "long.toml", "-o", "r.h5", "--force", *endless), "r.h5", beside_a_run),
                 (("run", "long.toml", "-o", "r.h5", "--force", *endless), "r.unfinished.h5", beside_a_run),
                 (("resume", "cut.h5", "-q"), "cut.h5", (".new", ".cut", ".ckpt.new")),
                 (("sweep", "long.toml", "--seeds", "1", "-o", "swept", "--force", *endless), f"swept/{cell}", beside_a_run),
                 (("trace", "r.h5", "-o", "t.h5", "--force"), "t.h5", (".new",)),
                 (("export", "r.h5", "--format", "nir", "-o", "n.nir"), "n.nir", (".new",)),
                 (("export", "t.h5", "--format", "sonata", "-o", "s.h5"), "s.h5", (".new",)),
                 (("export", "r.h5", "--format", "csv", "-o", "tables", "--force"), f"tables/{table}", (".new",))]
        for verb, output, suffixes in cases:
            for suffix in suffixes:
                for kind, content in others.items():
                    theirs = self.folder / (output + suffix)
                    kept = theirs.read_bytes() if theirs.exists() else None
                    theirs.write_bytes(content)
                    before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
                    with self.subTest(verb=verb, name=theirs.name, kind=kind):
                        done = self.sim(*verb)
                        self.assertEqual(done.returncode, 2, done.stderr)
                        self.assertIn(theirs.name, done.stderr)
                        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}, before)
                    theirs.unlink()
                    if kept is not None:
                        theirs.write_bytes(kept)
        # What stands at the checkpoint's own name is not read as one.
        self.write("cut.h5.ckpt", others["HDF5"])
        (self.folder / "cut.h5.ckpt.previous").unlink()
        self.refused(4, "resume", "cut.h5", "-q", says="is no checkpoint of snnff-sim")
        self.assertEqual((self.folder / "cut.h5.ckpt").read_bytes(), others["HDF5"])

    def test_the_mode_of_what_is_replaced_stays(self):
        os.mkdir(self.folder / "tables")
        for mode in (0o600, 0o640, 0o664):
            for name, verb in self.writers.items():
                path = self.folder / f"{name}.out"
                path.touch()
                path.chmod(mode)
                self.good(*verb, "-o", path.name, "--force")
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), mode, name)
            table = self.folder / "tables/training.csv"
            table.touch()
            table.chmod(mode)
            self.good("export", "r.h5", "--format", "csv", "-o", "tables", "--force")
            self.assertEqual(stat.S_IMODE(table.stat().st_mode), mode)
            self.interrupted()
            (self.folder / "cut.h5").chmod(mode)
            done = self.sim("resume", "cut.h5", "-q", "--checkpoint-every", "1 epochs", "--max-time", "0.1s")
            self.assertEqual(done.returncode, 124, done.stderr)
            self.assertEqual({stat.S_IMODE((self.folder / name).stat().st_mode) for name in ("cut.h5", "cut.h5.ckpt")}, {mode})

    def test_a_folder_for_temporary_files_that_is_none_is_named(self):
        for place in ("/no/such/folder", str(self.folder / "small.toml")):
            for verb in (("compare", "small.toml", "-q"), ("reproduce", "r.h5", "-q")):
                self.refused(4, *verb, environment={"TMPDIR": place}, says=[f"TMPDIR = {place}", "TMPDIR can name"])

    def test_streams_that_are_closed_take_no_part_in_what_is_written(self):
        verbs = [("run", "small.toml", "-o", "{}"), ("run", "small.toml", "-q", "-o", "{}"),
                 ("run", "small.toml", "--live", "-o", "{}"), ("trace", "r.h5", "-o", "{}"),
                 ("export", "r.h5", "--format", "nir", "-o", "{}"), ("export", "t.h5", "--format", "sonata", "-o", "{}")]
        for number, verb in enumerate(verbs):
            for closed in ((0,), (1,), (2,), (0, 1, 2)):
                name = f"out-{number}-{len(closed)}{closed[0]}.h5"
                command = [SIM, *(word.replace("{}", name) for word in verb)]
                shut = " ".join(f"{n}>&-" for n in closed)
                done = subprocess.run(["sh", "-c", f'exec "$@" {shut}', "sh", *command], cwd=self.folder, check=False,
                                      capture_output=True, timeout=60)
                with self.subTest(verb=verb, closed=closed):
                    self.assertLess(done.returncode, 128)
                    self.assertNotIn(b"snnff-sim:", (self.folder / name).read_bytes())
                    with h5py.File(self.folder / name) as file:
                        self.assertIn(file.attrs.get("status", "complete"), ("complete",))
                        file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) and item.shape else None)
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", SIM, "info", "r.h5"], cwd=self.folder, check=False,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn("stdout: cannot be written: Bad file descriptor", done.stderr)

    def test_a_terminal_that_goes_away_leaves_a_run_that_is_saved(self):
        main, other = os.openpty()
        process = subprocess.Popen([SIM, "run", "long.toml", "-o", "cut.h5", "--checkpoint-every", "0.02s"],
                                   cwd=self.folder, stdin=other, stdout=other, stderr=other, start_new_session=True)
        os.close(other)
        while process.poll() is None and not (self.folder / "cut.h5.ckpt").exists():
            time.sleep(0.001)
        os.close(main)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(timeout=60), 129)
        with h5py.File(self.folder / "cut.h5") as file:
            self.assertEqual(file.attrs["status"], "interrupted")


if __name__ == "__main__":
    unittest.main()
