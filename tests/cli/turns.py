"""While a process looks at a folder and makes its file there, others wait: for moments, however large the files are."""
import fcntl
import hashlib
import os
import time
import unittest

import support

OLD_BYTES = 1 << 29
SETTLED = 3.5  # seconds after which the times of a file tell that it was changed


class Turns(support.CliTest):
    def longest_wait(self, process):
        """Seconds for which the folder was locked on end, as seen by one who would have it."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        longest, free = 0.0, time.monotonic()
        while process.poll() is None:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(folder, fcntl.LOCK_UN)
                free = time.monotonic()
            except BlockingIOError:
                longest = max(longest, time.monotonic() - free)
            time.sleep(0.001)
        return longest

    def test_a_large_file_that_is_replaced_is_read_while_nobody_waits(self):
        for name in ("old.h5", "old.unfinished.h5"):  # run --force, and resume that completes what it began
            old = self.folder / "old.h5"
            with old.open("wb") as file:
                file.truncate(OLD_BYTES)
            time.sleep(SETTLED)
            begin = time.monotonic()
            with old.open("rb") as file:
                sha256 = hashlib.sha256()
                while piece := file.read(1 << 20):
                    sha256.update(piece)
            one_reading = time.monotonic() - begin
            with self.subTest(name=name):
                if name == "old.h5":
                    process = self.start("run", self.model, "-o", "old.h5", "--force", "-q")
                else:
                    done = self.sim("run", self.model, "-o", "old.h5", "--force", "-q", "--max-time", "0.01s", "--set",
                                    "plan.epochs=200")
                    self.assertEqual(done.returncode, 124, done.stderr)
                    process = self.start("resume", "old.unfinished.h5", "-q")
                waited = self.longest_wait(process)
                self.assertEqual(process.returncode, 0, process.stderr.read())
                self.assertEqual(self.good_json("info", "old.h5", "--json")["status"], "complete")
                self.assertLess(waited, one_reading / 4)


if __name__ == "__main__":
    unittest.main()
