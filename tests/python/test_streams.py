"""A stream that was closed does not become the run file, whose number it had."""
import os
import pathlib
import subprocess
import sys

import h5py
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))

from support import SMALL  # noqa: E402

# Units that never fire are warned of while the run file is open.
SILENT = SMALL.replace("beta = 0.9", "beta = 0.9\nthreshold = 1000.0")
RUN = """
import os, sys
if sys.argv[1] == "before":
    for number in map(int, sys.argv[2:]): os.close(number)
import snnff
if sys.argv[1] == "after":
    for number in map(int, sys.argv[2:]): os.close(number)
snnff.train("small.toml", "run.h5")
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_a_closed_stream_takes_no_part_in_the_run_file(tmp_path, when, closed):
    (tmp_path / "small.toml").write_text(SILENT, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", RUN, when, *closed], cwd=tmp_path, check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert b"warning: " not in (tmp_path / "run.h5").read_bytes()
    with h5py.File(tmp_path / "run.h5") as file:
        assert file.attrs["status"] == "complete"


def test_an_output_is_no_file_that_is_read_and_links_are_followed(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "link.h5").symlink_to("behind.h5")
    text = ("import snnff\nsnnff.train('small.toml', 'link.h5')\n"
            "try: snnff.train('small.toml', 'small.toml', force=True)\nexcept snnff.UsageError as error: print(error)\n"
            "try: snnff.train('small.toml', '/dev/null')\nexcept snnff.UsageError as error: print(error)\n")
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert (tmp_path / "link.h5").is_symlink()
    assert (tmp_path / "behind.h5").is_file()
    assert (tmp_path / "small.toml").read_text(encoding="utf-8") == SMALL
    first, second = done.stdout.splitlines()
    assert "small.toml: is small.toml, which is read" in first
    assert "/dev/null: is a device" in second
