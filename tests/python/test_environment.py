"""What other libraries do to the processor's mode changes no result."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))

from support import SMALL  # noqa: E402

# What g++ before version 13 links into every library under -ffast-math (crtfastmath.o): denormals count as 0 from
# when it is loaded, in this thread and those that it starts.
FLUSH = """
__attribute__((constructor)) static void flush(void) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#elif defined(__aarch64__)
    unsigned long mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
#endif
}
"""

# Prints digests of what is trained, evaluated and simulated; weights are made denormal without any arithmetic.
RUN = """
import ctypes, hashlib, sys
import numpy as np
if len(sys.argv) > 2:
    ctypes.CDLL(sys.argv[2])
def flushes():
    return float((np.array([1e-38], np.float32) * np.float32(0.1))[0]) == 0.0
assert flushes() == (len(sys.argv) > 2)
import snnff
network = snnff.train(sys.argv[1], threads=2)
x = np.random.default_rng(1).random((6, 784), np.float32)
results = [p.weight for p in network.populations] + [network.evaluate(x, np.zeros(6, np.int32)).goodness]
digests = [hashlib.sha256(r.tobytes()).hexdigest() for r in results]
bits = network.populations[0].weight.view(np.uint32)
bits[...] = np.arange(bits.size, dtype=np.uint32).reshape(bits.shape) % 5000
network.populations[0].bias.view(np.uint32)[...] = 0
current = network.simulate(x)["hidden1"]["current"]
assert (current.view(np.uint32) != 0).all(), "products of denormals are lost"
print(*digests, hashlib.sha256(current.tobytes()).hexdigest())
assert flushes() == (len(sys.argv) > 2), "the mode is not as it was"
"""


def test_a_library_that_turns_denormals_off_changes_no_bit(tmp_path):
    compiler = next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if compiler is None:
        pytest.skip("no C compiler")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "flush.c").write_text(FLUSH, encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "flush.c", "-o", "flush.so"], cwd=tmp_path, check=True)

    def run(*libraries):
        done = subprocess.run([sys.executable, "-c", RUN, "small.toml", *libraries], cwd=tmp_path, capture_output=True,
                              text=True, env=os.environ, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run() == run(tmp_path / "flush.so")
