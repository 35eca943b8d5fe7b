"""Streams, terminals and signals: progress, pipes, Ctrl-C."""
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
import tomllib
import unittest
from fcntl import ioctl
from pathlib import Path

import h5py

import support

sys.dont_write_bytecode = True
sys.path.insert(0, str(support.ROOT / "tools"))
from figures import summary  # noqa: E402  (the folder comes first)
from figures.terminal import cut, one_line, printable  # noqa: E402

# Long enough to be interrupted, whatever the machine.
ENDLESS = ["--set", "plan.epochs=1000000"]


class Streams(support.CliTest):
    def test_a_reader_that_leaves_is_no_error(self):
        for command in [["explain"], ["new", "lif"], ["explain", "--schema"]]:
            read, write = os.pipe()
            os.close(read)  # gone before the first byte
            done = subprocess.run([support.SIM, *command], stdout=write, stderr=subprocess.PIPE, check=False)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        line = f"set -o pipefail; {support.SIM} explain | head -n 1"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_run_outlives_the_reader_of_its_progress(self):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([support.SIM, "run", self.model, "-o", "a.h5"], cwd=self.folder, stderr=write,
                              stdout=subprocess.PIPE, check=False)
        os.close(write)
        self.assertEqual(done.returncode, 0)
        self.assertIn("a.h5", self.files())

    def test_without_a_terminal_progress_is_plain_lines(self):
        done = self.sim("run", self.model, environment={"TERM": "xterm-256color"})
        self.assertIn("epoch 2/2", done.stderr)
        self.assertNotIn("\r", done.stderr)
        self.assertNotIn("\x1b", done.stderr)


def on_terminal(arguments, folder, columns, environment):
    """Runs with stderr on a terminal of that width; returns exit code, stdout, and what the terminal got."""
    terminal, stderr = pty.openpty()
    ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([support.SIM, *map(str, arguments)], cwd=folder, stdout=subprocess.PIPE, stderr=stderr,
                          env={**os.environ, **environment}) as process:
        os.close(stderr)
        shown = b""
        while True:
            ready, _, _ = select.select([terminal], [], [], 0.1)
            if ready:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:  # how Linux says that the other end is closed
                    break
                if not piece:
                    break
                shown += piece
            elif process.poll() is not None:
                break
        stdout = process.stdout.read().decode()
    os.close(terminal)
    return process.returncode, stdout, shown.decode()


class Terminal(support.CliTest):
    def show(self, columns=100, **environment):
        code, stdout, shown = on_terminal(["run", self.model, "-o", f"{columns}.h5", "--force"], self.folder, columns,
                                          {"TERM": "xterm", "NO_COLOR": "", **environment})
        self.assertEqual(code, 0, shown)
        self.assertNotIn("\r", stdout)
        return shown

    def test_a_bar_is_redrawn_on_one_line(self):
        shown = self.show()
        self.assertIn("\r", shown)
        self.assertRegex(shown, r"\[.*#.*\] ")
        self.assertIn("epoch 2/2", shown)

    def test_the_bar_fits_narrow_terminals(self):
        for columns in [120, 60, 30, 12]:
            shown = self.show(columns)
            bars = [piece for piece in shown.split("\n")[0].split("\r") if re.search(r"\d %  |#", piece)]
            self.assertTrue(bars)
            for bar in bars:
                self.assertLess(len(re.sub(r"\x1b\[\d+m", "", bar)), columns)

    def test_no_color_and_dumb_terminals(self):
        self.assertIn("\x1b[", self.show())
        self.assertNotIn("\x1b", self.show(NO_COLOR="1"))
        dumb = self.show(TERM="dumb").replace("\r\n", "\n")
        self.assertNotIn("\x1b", dumb)
        self.assertNotIn("\r", dumb)


class Keys(support.CliTest):
    def test_their_list_fits_the_terminal_and_is_a_line_each_without_one(self):
        keys = [key["key"] for key in self.good_json("explain", "--json")]
        line = self.good("explain").splitlines()[-1]
        self.assertGreater(len(line), 60)
        for columns in [140, 50]:
            shown = subprocess.run(["script", "-qec", f"stty cols {columns}; {support.SIM} explain", "/dev/null"],
                                   stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
            lines = shown.replace("\r", "").splitlines()
            self.assertEqual([text.split()[0] for text in lines if not text.startswith(" ")], keys)
            self.assertLessEqual(max(map(len, lines)), columns)


class Widths(support.CliTest):
    def is_word(self, line):
        return line.startswith("      ") and len(shlex.split(line.removesuffix("\\"))) == 1

    def test_tables_and_help_fold_at_the_width_that_is_asked_for(self):
        for name in ["a", "b"]:
            self.good("run", self.model, "-q", "-o", f"{name}.h5", "--seed", "1" if name == "a" else "2")
        self.good("run", self.model, "-q", "-o", "odd.h5", "--set", "learning.rate=1e-30")
        self.assertRegex(self.good("info", "odd.h5"), "trouble: .{80}")
        commands = [["compare", "a.h5", "b.h5"], ["compare", *["a.h5", "b.h5"] * 4],
                    ["sweep", self.model, "--over", "time.steps=1,2", "--seeds", "1,2", "-q", "-o", "s"],
                    *([verb, "--help"] for verb in ["run", "sweep", "compare", "info", "explain", "export", "trace", "eval",
                                                    "resume", "reproduce", "validate", "new"]), ["--help"],
                    ["info", "odd.h5"], ["eval", "a.h5"], ["explain", "learning.loss"], ["explain", "rate"],
                    ["explain", "population.hidden1.surrogate"], ["validate", self.model],
                    ["trace", "a.h5", "-o", "t.h5", "--force"], ["export", "a.h5", "--format", "csv", "-o", "c", "--force"]]
        for command in commands:
            for columns in [100, 60, 40]:
                shown = self.good(*command, environment={"COLUMNS": str(columns)})
                # but for a word that a shell would take for two
                wide = [line for line in shown.splitlines() if len(line) > columns and not self.is_word(line)]
                self.assertEqual(wide, [], (command, columns))
            # what is folded loses nothing
            whole = self.good(*command)
            self.assertEqual({w for w in shown.split() if w.isalpha()} & {"digest", "status", "Options:"},
                             {w for w in whole.split() if w.isalpha()} & {"digest", "status", "Options:"})
        self.assertLessEqual(max(map(len, self.good("sweep", "--help").splitlines())), 80)
        # a pipe gets a line per row, whatever the machine
        self.assertRegex(self.good("compare", *["a.h5", "b.h5"] * 4), r"(?m)^status( +complete){8}$")


class Uncertainty(support.CliTest):
    # Newcombe, Stat. Med. 17:857 (1998), method 3, and the formula in 40 digits for 100 samples
    Z = 1.959963984540054

    def wilson(self, k, n):
        z = self.Z
        middle, arm = k + z * z / 2, z * (k * (n - k) / n + z * z / 4) ** 0.5
        return 100 * (middle - arm) / (n + z * z), 100 * (middle + arm) / (n + z * z)

    def test_errors_carry_their_interval_everywhere(self):
        self.assertEqual([round(bound, 1) for bound in self.wilson(81, 263)], [25.5, 36.6])
        self.good("run", self.model, "-q", "-o", "a.h5")
        facts = self.good_json("info", "a.h5", "--json")
        error = facts["test_error_percent"]
        low, high = self.wilson(error, 100)
        self.assertEqual(facts["test_samples"], 100)
        for found, expected in zip(facts["test_error_interval_percent"], (low, high)):
            self.assertAlmostEqual(found, expected, 9)
        text = f"{error:.1f} % ({low:.1f}–{high:.1f}), 100 samples"
        for command in [["info", "a.h5"], ["compare", "a.h5"], ["eval", "a.h5"]]:
            self.assertIn(text, self.good(*command))
        with h5py.File(self.folder / "a.h5") as run:
            attributes = run["evaluation/test"].attrs
            self.assertAlmostEqual(attributes["error_low"], low, 9)
            self.assertAlmostEqual(attributes["error_high"], high, 9)
            self.assertEqual(attributes["n_samples"], 100)
        self.assertNotRegex(self.good("info", "a.h5", "--digest"), "error_low|error_high|n_samples")

    def test_a_comparison_says_where_intervals_overlap(self):
        self.good("run", self.model, "-q", "-o", "a.h5")
        self.good("run", self.model, "-q", "-o", "b.h5", "--seed", "4")
        self.good("run", self.model, "-q", "-o", "long.h5", "--set", "plan.epochs=40", "--set",
                  'population.hidden1.size=200', "--set", "data.n_train=2000")
        shown = self.good("compare", "a.h5", "b.h5")
        self.assertRegex(shown, "test error: the 95 % intervals of [ab] and [ab] overlap")
        errors = [self.good_json("info", name, "--json")["test_error_interval_percent"] for name in ("a.h5", "long.h5")]
        self.assertLess(errors[1][1], errors[0][0])
        self.assertNotIn("overlap", self.good("compare", "a.h5", "long.h5"))
        # the same bits are no second finding
        self.assertNotIn("overlap", self.good("compare", "a.h5", "a.h5"))
        self.assertRegex(shown, r"(?m)^  key +a +b$")


class Hostile(support.CliTest):
    # what steers a terminal: ESC, DEL, and the C1 controls of UTF-8, CSI among them
    TITLE = "a\x1b[2J \x7f \x80 \x9b31m \x9f \xa0 é"

    def test_what_programs_read_stays_json_and_toml_and_has_no_controls(self):
        title = "".join(f"\\u{ord(c):04x}" if not c.isprintable() else c for c in self.TITLE)
        self.write("m.toml", self.model.read_text().replace('title = "small"', f'title = "{title}"'))
        name = "r\x9b1m\x7f.h5"
        self.good("run", "m.toml", "-q", "-o", name)
        shown = {}
        for verb in (["run", "m.toml", "-q", "-o", name, "--force", "--json"], ["info", name, "--json"],
                     ["compare", name, name, "--json"], ["eval", name, "--json"], ["info", name, "--model"],
                     ["run", "m.toml", "--dry-run"], ["run", "m.toml", "--dry-run", "--json"]):
            shown[" ".join(verb)] = text = self.good(*verb)
            self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f-\x9f]", verb)
            if "--json" in verb:
                shown[" ".join(verb)] = json.loads(text)
        self.assertEqual(shown[f"info {name} --json"]["title"], self.TITLE)
        self.assertEqual(shown[f"compare {name} {name} --json"]["runs"][0]["run_file"], name)
        self.assertEqual(shown[f"compare {name} {name} --json"]["runs"][0]["title"], self.TITLE)
        self.assertEqual(tomllib.loads(shown[f"info {name} --model"])["title"], self.TITLE)
        self.assertEqual(tomllib.loads(shown["run m.toml --dry-run"])["title"], self.TITLE)
        self.assertIn("\\x9b31m", self.good("info", name))

    def test_a_name_that_is_no_text_is_json_all_the_same(self):
        self.good("run", self.model, "-q", "-o", "r.h5")
        os.rename(self.folder / "r.h5", os.fsencode(self.folder) + b"/r\xff.h5")
        self.assertEqual(self.good_json("info", os.fsdecode(b"r\xff.h5"), "--json")["run_file"], "r\ufffd.h5")

    def test_tools_write_what_cannot_steer(self):
        self.assertEqual(printable("a\x1b[2J\x7f\x9b\u202eé\n"), "a\\x1b[2J\\x7f\\x9b\\u202eé\n")
        self.assertEqual(one_line("a\n\tb"), "a\\x0a\\x09b")

    def test_tools_cut_at_columns_that_characters_take(self):
        # an ellipsis takes one; 学 takes two, a combining accent none
        for text, columns, expected in [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abc", 1, "…"),
                                        ("abc", 0, ""), ("学学学", 6, "学学学"), ("学学学", 5, "学学…"),
                                        ("学学学", 4, "学…"),
                                        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
                                        ("e\u0301e\u0301e\u0301", 2, "e\u0301…")]:
            self.assertEqual(cut(text, columns), expected, (text, columns))

    def test_the_interval_of_a_report_is_wilsons(self):
        # Newcombe, Stat. Med. 17:857 (1998), table I, method 3, in percent
        for k, n, low, high in [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0.0, 16.11),
                                (1, 29, 0.61, 17.18)]:
            found = summary.interval(100 * k / n, n)
            self.assertEqual([round(bound, 2) for bound in found], [low, high])
        self.assertEqual(summary.interval(100.0, 20)[1], 100.0)
        self.assertEqual(summary.percent(100 * 81 / 263, 263), "30.8 % (25.5–36.6)")


class Signals(support.CliTest):
    def start(self, name):
        """A run in its second epoch or later, writing `name`: the first checkpoint is of its beginning."""
        process = subprocess.Popen([support.SIM, "run", str(self.model), "-o", "a.h5", "--force", *ENDLESS,
                                    "--checkpoint-every", "1 epochs"], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)  # where a test fails half-way
        until = time.monotonic() + 30
        while not (self.folder / f"{name}.ckpt.previous").exists() and time.monotonic() < until:
            time.sleep(0.02)
        return process

    def test_a_signal_ends_the_run_in_order(self):
        # the second replaces the first, and is written beside it until it is complete
        for number, code, name in [(signal.SIGINT, 130, "a.h5"), (signal.SIGTERM, 143, "a.unfinished.h5")]:
            process = self.start(name)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=30)
            self.assertEqual(process.returncode, code, stderr)
            self.assertRegex(stdout, r"status +interrupted")
            facts = self.good_json("info", name, "--json")
            self.assertEqual(facts["status"], "interrupted")
            self.assertGreater(facts["epochs"], 0)
            self.assertEqual([f for f in self.files() if ".ckpt" not in f],
                             [*sorted({"a.h5", name}), "small.toml"])
            self.assertIn(f"{name}.ckpt", self.files())

    def stopped_early(self, *arguments):
        """What is said by the program, asked to stop as soon as it listens: its data take seconds to read."""
        process = subprocess.Popen([support.SIM, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        caught = 0
        while not caught >> (signal.SIGTERM - 1) & 1:
            self.assertIsNone(process.poll(), arguments)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            caught = int(re.search(r"SigCgt:\s*([0-9a-f]+)", status)[1], 16)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 143, said)
        return said

    def test_stopped_before_training_it_says_that_there_is_no_run(self):
        row = ",".join(["0.5"] * 300)
        self.write("x.csv", "".join(f"{row},{k % 2}\n" for k in range(20000)))
        self.write("slow.toml", '[data]\nkind = "csv"\ntrain = "x.csv"\nlabel = "-1"\nheader = "no"\n[overlay]\nn_labels = 2\n'
                   '[learning]\nrule = "backprop"\n[plan]\nepochs = 100\n[population.o]\nneuron = "relu"\nsize = 2\n')
        for verb in (("run", "slow.toml", "-o", "b.h5"), ("run", "slow.toml", "-o", "b.h5", "-q")):
            said = self.stopped_early(*verb)
            self.assertEqual(said.splitlines()[-1], "stopped before training began; there is no run file b.h5")
            self.assertFalse((self.folder / "b.h5").exists())
        said = self.stopped_early("sweep", "slow.toml", "--seeds", "1,2", "-o", "s")
        self.assertIn("\nstopped before training began; there is no run file s/seed-1.h5\n", said)
        self.assertIn("run files: s (0 of 2 complete); the same command goes on from here", said)
        self.assertEqual(list((self.folder / "s").iterdir()), [])
        done = self.sim("run", "slow.toml", "-q", "-o", "b.h5", "--max-time", "0.01s")
        self.assertEqual(done.returncode, 124, done.stderr)
        before = (self.folder / "b.h5").read_bytes()
        said = self.stopped_early("resume", "b.h5")
        self.assertIn("\nstopped before training went on; b.h5 is as it was\n", said)
        self.assertIn("to go on: snnff-sim resume b.h5", said)
        said = self.stopped_early("run", "slow.toml", "-o", "b.h5", "--force")
        self.assertEqual(said.splitlines()[-1], "stopped before training began; b.h5 is as it was")
        self.assertEqual((self.folder / "b.h5").read_bytes(), before)

    def test_compare_cleans_up_when_interrupted(self):
        folder = self.folder / "tmp"
        folder.mkdir()
        process = subprocess.Popen([support.SIM, "compare", str(self.model), *ENDLESS], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**os.environ, "TMPDIR": str(folder)})
        self.addCleanup(process.kill)
        until = time.monotonic() + 30
        while not any(folder.rglob("*.h5")) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(list(folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
