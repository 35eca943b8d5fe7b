"""Every block of the README runs, in its order, in a clean folder, as an ordinary user, and prints what stands there.

A block of commands runs line by line; each has to end well, or with the exit code that its comment names ("# exit code
4"). "# → text" is what a line prints; a block without a language is what the one before it printed. Times, sizes and
the width of columns apart. A comment before a block says what is not done with it, and why:

    <!-- not run by the test: it installs packages -->
    <!-- not compared by the test: it differs with the moment -->
    <!-- run by the test instead:
    snnff-sim run ... -->

A file of TOML is written under the name in its first line, "# two.toml".
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from support import ROOT, SIM

NOBODY = 65534
BLOCK = re.compile(r"(?:<!-- (?P<mark>(?:not run|not compared|run) by the test.*?)\s*-->\n+)?"
                   r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
END = "@@@ exit code"


@dataclass
class Block:
    line: int
    language: str
    text: str
    mark: str


def blocks_of(text):
    blocks = [Block(text[:found.start("text")].count("\n") + 1, found["language"], found["text"], found["mark"] or "")
              for found in BLOCK.finditer(text)]
    assert 2*len(blocks) == len(re.findall(r"^\s*```", text, re.MULTILINE)), "a block that does not open or end"
    return blocks


def plain(line):
    """Without what differs from run to run: times, sizes and dates, and with them the width of columns."""
    line = re.sub(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?Z?)?", "DATE", line)
    line = re.sub(r"\b[\d.]+\s+(s|ms|min|h|B|kB|MB|GB)\b", r"N \1", line)
    return re.sub(r"[-─]{3,}", "---", re.sub(r"\s+", " ", line)).strip()


def stands_in(expected, printed):
    """Whether the lines `expected` follow one another in `printed`."""
    wanted = [plain(line) for line in expected.splitlines() if line.strip()]
    lines = [plain(line) for line in printed.splitlines() if line.strip()]
    return any(lines[first:first + len(wanted)] == wanted for first in range(len(lines)))


def said(promise, printed):
    """Whether what stands behind an arrow was printed; "…" stands for what was left out."""
    parts = [re.escape(plain(part)) for part in promise.split("…")]
    return re.search(".*".join(parts), plain(printed)) is not None


class Reader:
    """Does what the README says, in one folder."""

    def __init__(self, folder, program=SIM, module=None):
        self.folder = Path(folder)
        for name in ("models", "data", "tools"):
            if (ROOT/name).is_dir():
                shutil.copytree(ROOT/name, self.folder/name, ignore=shutil.ignore_patterns("__pycache__"))
        programs = self.folder/".programs"
        programs.mkdir()
        shutil.copy(program, programs/"snnff-sim")
        (programs/"python3").symlink_to(sys.executable)
        self.module = module and Path(shutil.copytree(module, self.folder/".module"))
        self.environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder/".home"), "LANG": "C.UTF-8",
            "MPLCONFIGDIR": str(self.folder/".home"), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(self.module or "")}
        (self.folder/".home").mkdir()
        self.user = []
        if os.geteuid() == 0 and shutil.which("setpriv"):
            self.user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        self.faults, self.left_out, self.n_run, self.n_compared = [], [], 0, 0

    def run(self, *command):
        done = subprocess.run([*self.user, *command], cwd=self.folder, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def commands(self, line, text):
        """Runs a block in one shell, so that what a line leaves running or sets is there for the next."""
        commands = [command for command in text.splitlines() if command.strip()]
        script = "".join(f"{command}\n{{ code=$?; echo; echo '{END}' $code; }} 2>&1\n" for command in commands)
        code, printed = self.run("bash", "-c", script + "wait\n")
        answers = re.split(rf"^{END} (\d+)\n", printed, flags=re.MULTILINE)
        if len(answers) < 2*len(commands) or code != 0:
            self.faults.append(f"line {line}: ended before its last command, with {code}\n{printed[-800:]}")
            return printed
        for i, command in enumerate(commands):
            answer, code = answers[2*i], int(answers[2*i + 1])
            named = re.search(r"# .*exit code (\d+)", command)
            lacking = re.search(r"^(tools/\w+: \w+ is missing); apt-get install", answer, re.MULTILINE)
            if lacking and code == 1:  # as without plotly, after tools/test --core
                self.left_out.append(f"line {line}: {lacking[1]}")
                continue
            if code != (int(named[1]) if named else 0):
                self.faults.append(f"line {line}: {command}\nends with {code}:\n{answer[-800:]}")
            promise = re.search(r"# (?:.*)→ (.*)", command)
            if promise:
                self.n_compared += 1
                if not said(promise[1], answer):
                    self.faults.append(f"line {line}: {command}\nprints\n{answer[-800:]}")
        self.n_run += len(commands)
        return "".join(answers[::2])

    def python(self, line, text):
        missing = [name for name in re.findall(r"\b(snnff|xarray)\b", " ".join(re.findall(r"import .*", text)))
                   if self.run("python3", "-c", f"import {name}")[0] != 0]
        if missing:
            self.left_out.append(f"line {line}: no Python module {', '.join(missing)}")
            return None
        code, printed = self.run("python3", "-c", text)
        self.n_run += 1
        if code != 0:
            self.faults.append(f"line {line}: Python ends with {code}:\n{printed[-800:]}")
        return printed

    def file(self, line, text):
        name = re.match(r"# (\w+\.toml)\n", text)
        if name is None:
            self.faults.append(f"line {line}: TOML without the name of its file in the first line, as in # two.toml")
            return
        (self.folder/name[1]).write_text(text)

    def built(self, block):
        """tests/consumer builds and runs it, against the installed package."""
        name = {"cpp": "capped.cpp", "cmake": "CMakeLists.txt"}[block.language]
        lines = (ROOT/"tests/consumer"/name).read_text().splitlines()
        for line in block.text.splitlines():
            if line not in lines:
                self.faults.append(f"line {block.line}: tests/consumer/{name} lacks the line {line!r}")

    def compare(self, block, printed):
        if block.mark.startswith("not compared"):
            return
        if printed is None:
            self.faults.append(f"line {block.line}: output of a block that was not run, and no comment that says so")
            return
        self.n_compared += 1
        if not stands_in(block.text, printed):
            self.faults.append(f"line {block.line}: what stands there\n{block.text}was not printed, but\n{printed}")

    def read(self, text):
        printed = None
        for block in blocks_of(text):
            if block.mark.startswith("not run"):
                if not re.match(r"not run by the test: \S+ \S+", block.mark):
                    self.faults.append(f"line {block.line}: not run, and no reason")
                printed = None
            elif block.language == "sh":
                instead = re.match(r"run by the test instead:\n(.*)", block.mark, re.DOTALL)
                printed = self.commands(block.line, instead[1] if instead else block.text)
            elif block.language == "python":
                printed = self.python(block.line, block.text)
            elif block.language == "toml":
                self.file(block.line, block.text)
            elif block.language in ("cpp", "cmake"):
                self.built(block)
            elif block.language == "":
                self.compare(block, printed)
            else:
                self.faults.append(f"line {block.line}: a block of {block.language}, which nothing here runs")
        return self


def read(text, **options):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        return Reader(folder, **options).read(text)


class Readme(unittest.TestCase):
    def test_runs_as_written_twice(self):
        module = os.environ.get("SNNFF_MODULE") or None
        text = (ROOT/"README.md").read_text()
        # Side by side: most of it is small runs, which leave cores without work.
        with ThreadPoolExecutor(2) as pool:
            readers = list(pool.map(lambda _: read(text, module=module), range(2)))
        for reader in readers:
            self.assertEqual(reader.faults, [], "\n\n".join(reader.faults))
            self.assertGreater(reader.n_run, 30)
            self.assertGreater(reader.n_compared, 8)
        print(f"{readers[0].n_run} commands run, {readers[0].n_compared} answers compared")
        for reason in readers[0].left_out:
            print(f"skipped: readme: {reason}")
        if os.geteuid() == 0 and not readers[0].user:
            print("skipped: readme: as an ordinary user; no setpriv (apt-get install util-linux)")


class TheTestCanFail(unittest.TestCase):
    def faults(self, text):
        return "\n".join(read(textwrap.dedent(text)).faults)

    def test_on_a_command_that_fails(self):
        self.assertIn("line 2: false", self.faults("```sh\nfalse\ntrue\n```\n"))
        self.assertEqual("", self.faults("```sh\nfalse   # exit code 1\ntrue\n```\n"))
        self.assertIn("ends with 0", self.faults("```sh\ntrue   # exit code 1\n```\n"))
        self.assertIn("before its last", self.faults("```sh\nexit 0\ntrue\n```\n"))

    def test_on_other_words_than_were_printed(self):
        self.assertEqual("", self.faults("```sh\necho a; echo 3.0 s\n```\n\n```\na\n2.9  s\n```\n"))
        self.assertIn("was not printed", self.faults("```sh\necho a; echo 3.0 m\n```\n\n```\na\n2.9 m\n```\n"))
        self.assertIn("was not printed", self.faults("```sh\necho a; echo b; echo c\n```\n\n```\na\nc\n```\n"))
        self.assertIn("prints", self.faults("```sh\necho ab   # → ac\n```\n"))
        self.assertEqual("", self.faults("```sh\necho abc d   # → a…d\n```\n"))

    def test_on_a_block_that_nothing_says_of(self):
        self.assertIn("no comment", self.faults("```\na\n```\n"))
        self.assertIn("nothing here runs", self.faults("```rust\nlet a;\n```\n"))
        self.assertIn("lacks the line 'int a;'", self.faults("```cpp\nint a;\n```\n"))
        self.assertIn("no reason", self.faults("<!-- not run by the test -->\n```sh\ntrue\n```\n"))
        self.assertEqual("", self.faults("<!-- not run by the test: it takes long -->\n```sh\nfalse\n```\n"))
        self.assertIn("name of its file", self.faults("```toml\na = 1\n```\n"))

    def test_but_leaves_out_what_lacks_a_package(self):
        lacks = "echo 'tools/report: plotly is missing; apt-get install python3-plotly'"
        reader = read(f"```sh\n({lacks}; exit 1)\n```\n")
        self.assertEqual((reader.faults, reader.left_out), ([], ["line 2: tools/report: plotly is missing"]))
        self.assertIn("ends with 2", self.faults(f"```sh\n({lacks}; exit 2)\n```\n"))

    @unittest.skipIf(os.geteuid() != 0 or not shutil.which("setpriv"), "is not root, or has no setpriv")
    def test_as_an_ordinary_user(self):
        self.assertEqual("", self.faults("```sh\nid -u   # → 65534\ntouch here\n```\n"))


if __name__ == "__main__":
    unittest.main()
