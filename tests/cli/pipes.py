"""Pipes where files are read: a model may come through one, and whoever waits for one can be ended; data may not."""
import os
import signal
import subprocess
import time
import unittest

import support

TINY = ["--set", "plan.epochs=1", "--set", "data.n_train=100", "--set", "data.n_test=50"]


class Pipes(support.CliTest):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "pipe")

    def through_pipe(self, text, *arguments):
        """Runs the program, which finds the text in the pipe, once."""
        with subprocess.Popen(["sh", "-c", "cat > pipe"], cwd=self.folder, stdin=subprocess.PIPE, text=True) as writer:
            writer.stdin.write(text)
            writer.stdin.close()
            done = self.sim(*arguments)
            writer.kill()  # where nobody has read it
        return done

    def test_a_model_comes_through_a_pipe(self):
        for verb in (("validate", "pipe"), ("run", "pipe", "-o", "a.h5", *TINY, "-q"),
                     ("sweep", "pipe", "--seeds", "1,2", "-o", "cells", *TINY, "-q")):
            with self.subTest(verb=verb):
                done = self.through_pipe(support.SMALL, *verb)
                self.assertEqual(done.returncode, 0, done.stderr)
        self.good("run", self.model, "-o", "b.h5", *TINY, "-q")
        self.assertEqual(*(self.good_json("info", name, "--json")["digest"] for name in ("a.h5", "b.h5")))
        self.assertEqual(sorted(p.name for p in (self.folder / "cells").iterdir()), ["seed-1.h5", "seed-2.h5"])

    def test_waiting_for_a_model_ends_with_the_first_signal(self):
        for verb in (("run", "pipe", "-o", "a.h5"), ("run", "pipe", "-n"), ("sweep", "pipe", "--seeds", "1", "-o", "cells"),
                     ("validate", "pipe")):
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(verb=verb, signal=number):
                    process = self.start(*verb)
                    self.wait_until_it_sleeps(process)
                    self.assertIsNone(process.poll())
                    process.send_signal(number)
                    self.assertEqual(process.wait(timeout=10), -number)
        self.assertEqual(self.files(), ["small.toml"])

    @staticmethod
    def wait_until_it_sleeps(process):
        """For half a second on end, which it does nowhere but where it opens the pipe."""
        asleep, until = 0, time.monotonic() + 30
        while process.poll() is None and asleep < 10 and time.monotonic() < until:
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as status:
                asleep = asleep + 1 if status.read().rsplit(")", 1)[1].split()[0] == "S" else 0
            time.sleep(0.05)

    def test_data_do_not_come_through_pipes_or_devices(self):
        self.good("run", self.model, *TINY, "-q", "-o", "run.h5")
        for path in ("pipe", "/dev/zero", "/dev/null"):
            for kind in ("hdf5", "numpy", "csv", "shd", "images"):
                self.write("data.toml", f'[data]\nkind = "{kind}"\ntrain = "{path}"\n[population.hidden1]\nsize = 5\n')
                with self.subTest(path=path, kind=kind):
                    self.refused(4, "run", "data.toml", "-o", "never.h5", "-q", says=path)
            self.refused(4, "eval", "run.h5", "--data", path, says=path)
        self.assertNotIn("never.h5", self.files())


if __name__ == "__main__":
    unittest.main()
