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
        self.assert_refused({"src/io/gzip.cpp": '\n#include "run/trainer.hpp"\n'},
                            "src/io/gzip.cpp:2:", "io may not include run")

    def test_extensions_do_not_know_each_other(self):
        self.assert_refused({"src/neuron/lif.cpp": '#include "learning/softplus.hpp"\n'},
                            "neuron may not include learning")

    def test_each_part_sees_what_it_computes_with_and_no_more(self):
        for path, target, words in (
                ("src/run/trainer.cpp", "io/gzip.hpp", "run may not include io"),
                ("src/run/trainer.cpp", "kernels/dispatch.hpp", "run may not include kernels"),
                ("src/rules/backprop.cpp", "kernels/dispatch.hpp", "rules may not include kernels"),
                ("src/engine/steps.cpp", "data/presentations.hpp", "engine may not include data"),
                ("src/data/presentations.cpp", "engine/batch.hpp", "data may not include engine"),
                ("src/network/make_network.cpp", "engine/batch.hpp", "network may not include engine"),
                ("src/kernels/lif.inc", "parallel/parallel.hpp", "kernels may not include parallel"),
                ("src/parallel/parallel.cpp", "kernels/dispatch.hpp", "parallel may not include kernels"),
                ("src/model/sections.cpp", "run/plan.hpp", "model may not include run"),
                ("src/app/run.cpp", "engine/batch.hpp", "app may not include engine")):
            self.assert_refused({path: f'#include "{target}"\n'}, words)

    def test_a_folder_that_is_no_part_is_refused(self):
        self.assert_refused({"src/sim/trainer.cpp": "#include <vector>\n"}, 'no part called "sim"')

    def test_libraries_stay_in_their_places(self):
        for target, library in {"tbb/parallel_for.h": "oneTBB", "hdf5.h": "HDF5", "H5Cpp.h": "HDF5",
                                "toml++/toml.h": "toml++", "CLI/CLI.hpp": "CLI11"}.items():
            self.assert_refused({"src/engine/forward.cpp": f"#include <{target}>\n"}, library)

    def test_a_public_header_needs_a_place_in_the_table(self):
        self.assert_refused({"include/snnff/novelty.hpp": "#include <vector>\n"}, "novelty")

    def test_public_headers_need_the_standard_library_only(self):
        self.assert_refused({"include/snnff/error.hpp": "#include <fmt/format.h>\n"}, "fmt")

    def test_nothing_to_check_is_a_failure(self):
        self.assert_refused({}, "no sources")


if __name__ == "__main__":
    unittest.main()
