"""What tools/quickstart and tools/test say: their help, how far a build is, why tests were skipped."""
import os
import subprocess
import sys
import unittest

from support import ROOT, CliTest


class Scripts(CliTest):
    def bash(self, text, **more):
        return subprocess.run(["bash", "-c", f"cd {ROOT}; source tools/lib/build.bash; {text}"], capture_output=True,
                              text=True, check=False, timeout=60, env={**os.environ, **more})

    def test_help_is_asked_for_without_work(self):
        for name, words in (("quickstart", ["tools/packages", "build/release"]), ("test", ["--core", "CTEST-OPTION"]),
                            ("get-data", ["SNNFF_MIRROR"]), ("fresh", ["--keep", "trixie", "noble"])):
            for option in ("--help", "-h"):
                done = subprocess.run([ROOT / "tools" / name, option], capture_output=True, text=True, check=False,
                                      timeout=10)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith(f"usage: tools/{name}"), done.stdout)
                for word in words:
                    self.assertIn(word, done.stdout)
        done = subprocess.run([ROOT / "tools/quickstart", "fast"], capture_output=True, text=True, check=False, timeout=10)
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_a_build_says_how_far_it_is_and_its_log_has_all(self):
        log = self.folder / "log"
        steps = 'for n in $(seq 200); do echo "[$n/200] Building $n"; done; echo oops >&2; exit 3'
        done = self.bash(f"logged {log} bash -c '{steps}'; echo rc $?")
        self.assertEqual(done.stdout, "rc 3\n")
        lines = done.stderr.splitlines()
        self.assertEqual((lines[0], lines[-1], len(lines)),
                         ("building: 1 of 200 steps", "building: 200 of 200 steps", 11))
        text = log.read_text().splitlines()
        self.assertEqual((len(text), text[-1]), (201, "oops"))
        self.assertEqual(self.bash(f"logged {log} true; echo rc $?").stdout, "rc 0\n")

    def test_a_skipped_test_says_why(self):
        self.write("some.py", "import unittest\nimport support\nclass T(unittest.TestCase):\n"
                   "    @unittest.skip('no moon')\n    def test_a(self): pass\n"
                   "    def test_b(self): self.skipTest('no stars')\nunittest.main()\n")
        done = subprocess.run([sys.executable, self.folder / "some.py"], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(ROOT / "tests/cli"), "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.stdout, "skipped: T.test_a: no moon\nskipped: T.test_b: no stars\n")
        for name in ("report", "h5web"):
            done = subprocess.run([sys.executable, ROOT / f"tests/cli/{name}.py"], capture_output=True, text=True, check=False,
                                  env={**os.environ, "SNNFF_TEST_CORE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
            self.assertEqual((done.returncode, done.stdout), (77, "skipped: left out by tools/test --core\n"))


if __name__ == "__main__":
    unittest.main()
