"""No program is built on the library with a compiler that may change its numbers: every public header refuses.

usage: fast_math.py COMPILER INCLUDE_FOLDER
"""
import subprocess
import sys
from pathlib import Path


def preprocess(compiler, folder, header, *options):
    command = [compiler, "-std=c++20", *options, f"-I{folder}", "-x", "c++", "-E", "-o", "/dev/null", str(header)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main(compiler, folder):
    headers = sorted(Path(folder, "snnff").glob("*.hpp"))
    assert len(headers) > 10, f"{folder}: no public headers"
    for header in headers:
        done = preprocess(compiler, folder, header)
        assert done.returncode == 0, f"{header}: {done.stderr}"
        for option in ("-ffast-math", "-ffinite-math-only"):
            done = preprocess(compiler, folder, header, option)
            assert done.returncode != 0 and "snnff: compiled with -ffast-math" in done.stderr, f"{header}: {option} passes"
    print(f"{len(headers)} headers refuse -ffast-math and -ffinite-math-only")


if __name__ == "__main__":
    main(*sys.argv[1:])
