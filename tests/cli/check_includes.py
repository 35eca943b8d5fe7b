"""tools/check-includes sees what it is there to see."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check-includes"


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)


class CheckIncludes(unittest.TestCase):
    def test_allowed_arrows_pass_and_are_counted(self):
        done = check({"src/app/command.cpp": '#include "io/hdf5.hpp"\n#include <CLI/CLI.hpp>\n',
                      "src/io/hdf5.hpp": '#include <hdf5.h>\n#include "snnff/error.hpp"\n'})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^app\b.*\b1\b")

    def assert_refused(self, files, *words):
        done = check(files)
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_an_arrow_upwards_is_refused(self):
        self.assert_refused({"src/io/gzip.cpp": '\n#include "sim/trainer.hpp"\n'},
                            "src/io/gzip.cpp:2:", "io may not include sim")

    def test_extensions_do_not_know_each_other(self):
        self.assert_refused({"src/neuron/lif.cpp": '#include "learning/softplus.hpp"\n'},
                            "neuron may not include learning")

    def test_the_trainer_sees_of_io_only_the_run_file(self):
        self.assert_refused({"src/sim/trainer.cpp": '#include "io/gzip.hpp"\n'}, "sim may not include io")
        self.assertEqual(check({"src/sim/trainer.cpp": '#include "io/run_file.hpp"\n'}).returncode, 0)

    def test_libraries_stay_in_their_places(self):
        for target, library in {"tbb/parallel_for.h": "oneTBB", "hdf5.h": "HDF5", "H5Cpp.h": "HDF5",
                                "toml++/toml.h": "toml++", "CLI/CLI.hpp": "CLI11"}.items():
            self.assert_refused({"src/sim/forward.cpp": f"#include <{target}>\n"}, library)

    def test_a_public_header_needs_a_place_in_the_table(self):
        self.assert_refused({"include/snnff/novelty.hpp": "#include <vector>\n"}, "novelty")

    def test_public_headers_need_the_standard_library_only(self):
        self.assert_refused({"include/snnff/error.hpp": "#include <fmt/format.h>\n"}, "fmt")

    def test_nothing_to_check_is_a_failure(self):
        self.assert_refused({}, "no sources")


if __name__ == "__main__":
    unittest.main()
