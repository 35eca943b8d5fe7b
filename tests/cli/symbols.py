"""No number on its way to a result comes from the C library's mathematics, which differs between versions and
processors: program, library and Python module ask libm for square roots alone, exact by IEEE 754.

usage: symbols.py PROGRAM LIBRARY [MODULE]
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Exact by IEEE 754.
ALLOWED = {"sqrt", "sqrtf"}


def nm(*arguments):
    done = subprocess.run(["nm", *map(str, arguments)], capture_output=True, text=True, check=True)
    # The name comes last on its line, with the version it has in a library behind an @.
    return {line.split()[-1].split("@")[0] for line in done.stdout.splitlines() if len(line.split()) >= 2}


def shared_library(program, name):
    """Where the program's loader finds a library."""
    found = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    match = re.search(rf"{re.escape(name)}\S* => (\S+)", found)
    return match and Path(match[1])


def main(program, library, *modules):
    if shutil.which("nm") is None or shutil.which("ldd") is None:
        print("skipped: no nm or no ldd; apt-get install binutils libc-bin")
        return 77
    libm = shared_library(program, "libm.so")
    # C++'s own library needs libm, so that whoever links that has it.
    mathematics = nm("-D", "--defined-only", libm)
    assert {"exp", "logf", "pow", "sqrt", "cosl", "floor", "nearbyintf"} <= mathematics, f"{libm} has no functions"
    # The C library has some itself, for its own printing: copysign, frexp, ldexp, modf, scalbn, finite and signbit.
    # They take numbers apart or put them together bit by bit; ldexp and scalbn round denormal results, to nearest.
    libc = nm("-D", "--defined-only", shared_library(program, "libc.so"))
    asked = {program: nm("-D", "--undefined-only", program), library: nm("--undefined-only", library)}
    asked |= {module: nm("-D", "--undefined-only", module) for module in modules}
    bad = False
    for file, names in asked.items():
        assert "malloc" in names or "_Znwm" in names, f"{file}: nm shows no name that every program asks for"
        wrong = sorted((names & mathematics) - libc - ALLOWED)
        print(f"{file}: {len(names)} names from elsewhere, of libm {sorted(names & mathematics)}")
        if wrong:
            bad = True
            print(f"{file}: takes {', '.join(wrong)} from {libm}; src/core/functions.hpp has what is to be used")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
