"""H5Web, as its authors publish it, opens run files and plots losses, membranes and spikes by itself."""
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import h5py
import matplotlib.image
import numpy as np

import browser
from support import BACKPROP, LEFT_OUT, ROOT, CliTest

SOURCE = ROOT / "tests" / "h5web"
# Kept from run to run: fetching H5Web takes longer than everything else here.
BUILD = Path(os.environ.get("SNNFF_H5WEB", ROOT / "build" / "h5web"))
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT",
              "_CERT", "CERT_")  # somebody in between
RECORD = ["--set", 'recording.variables=["membrane", "spikes"]', "--set", "recording.samples=[0, 1]"]


def build_page():
    """Fetches what package-lock.json names and bundles the page; says what is missing where it cannot."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for path in SOURCE.iterdir():
        shutil.copy(path, BUILD)
    lock, fetched = BUILD / "package-lock.json", BUILD / "fetched.json"
    if not fetched.exists() or fetched.read_bytes() != lock.read_bytes():
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
                              cwd=BUILD, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode != 0:
            if any(word in done.stderr for word in NO_NETWORK):
                return "npm cannot reach its registry"
            raise RuntimeError(f"npm ci: {done.stderr}")
        shutil.copy(lock, fetched)
    subprocess.run([BUILD / "node_modules" / ".bin" / "esbuild", "page.jsx", "--bundle", "--minify", "--outdir=bundle",
                    "--jsx=automatic", '--define:process.env.NODE_ENV="production"', "--log-level=warning"],
                   cwd=BUILD, check=True, timeout=60)
    return None


class H5Web(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser(30)
        cls.addClassCleanup(cls.browser.close)

    def record(self, model, *options):
        self.good("run", model, "-q", "-o", "run.h5", *RECORD, *options)
        return self.open("run.h5")

    def open(self, name):
        """Opens a file as a user does, in H5Web and here."""
        self.browser.problems.clear()
        self.browser.open(BUILD / "page.html", 800, 600)
        page = self.browser.ask("DOM.getDocument")["root"]["nodeId"]
        chooser = self.browser.ask("DOM.querySelector", nodeId=page, selector="input")["nodeId"]
        self.browser.ask("DOM.setFileInputFiles", nodeId=chooser, files=[str(self.folder / name)])
        file = h5py.File(self.folder / name)
        self.addCleanup(file.close)
        return file

    def select(self, path):
        """Clicks in the tree on the left, where a group shows its children once it was clicked."""
        item = f"document.querySelector('[role=treeitem][data-path=\"{path}\"]')"
        self.browser.wait_for(f"{item} !== null")
        self.browser.run(f"{item}.click()")
        self.browser.wait_for(f"{item}.ariaSelected == 'true'")

    def axis(self, name, coordinate):
        """Where on the screen a value is, as a line through the ticks; they jump until the plot has its size."""
        ticks = self.browser.wait_for(f"""(() => {{
            const ticks = [...document.querySelectorAll("svg[data-type={name}] .visx-axis-tick")].map(
                (tick) => [tick.textContent, tick.querySelector("line").getBoundingClientRect().{coordinate}]);
            return new Set(ticks.map(([_, place]) => place)).size > 1 && ticks;
        }})()""")
        return np.polyfit([float(text.replace("\N{MINUS SIGN}", "-")) for text, _ in ticks], [at for _, at in ticks], 1)

    def inked(self, points, distance=0):
        """Whether there is colour at or about each point (x, y); text, grid and background are grey or nearly."""
        screen = self.folder / "screen.png"
        self.browser.screenshot(screen, whole=False)
        rgb = matplotlib.image.imread(screen)[..., :3]
        coloured = rgb.max(axis=2) - rgb.min(axis=2) > 0.15
        columns, rows = (np.round(np.polyval(self.axis(name, coordinate), values)).astype(int)
                         for name, coordinate, values in zip(("abscissa", "ordinate"), "xy", np.transpose(points)))
        return [coloured[row - distance:row + distance + 1, column - distance:column + distance + 1].any()
                for row, column in zip(rows, columns)]

    def assert_plotted(self, kind, x_label, y_label, points):
        """Waits until the points are drawn, which may be a moment after their axes are."""
        self.browser.wait_for(f"""(() => {{
            const tab = document.querySelector("[aria-label=Visualization] [aria-selected=true]");
            const labels = [...document.querySelectorAll("svg[data-type] .visx-axis-label")].map((e) => e.textContent);
            return tab && tab.textContent == {kind!r} && labels.includes({x_label!r}) && labels.includes({y_label!r});
        }})()""")
        self.assertGreater(len(points), 1)
        deadline = time.monotonic() + 20
        while not all(self.inked(points, 3)):
            self.assertLess(time.monotonic(), deadline, f"not all of {points} are drawn")
        self.assertEqual([p for p in self.browser.problems if '"source": "rendering"' not in p], [])

    def test_losses_of_all_populations_first(self):
        run = self.record(self.model, "--set", "plan.epochs=6")
        losses = [run[f"training/{name}/loss"][:] for name in ("hidden1", "hidden2")]
        self.assert_plotted("NX Line", "epoch, counted through the whole plan from 0", "loss of hidden2",
                            [point for loss in losses for point in enumerate(loss)])
        self.assertEqual(self.inked([(4, losses[1][1])], 3), [False], "where no loss is")

    def test_membranes_and_spikes(self):
        run = self.record(self.model, "--set", "time.steps=8")
        times = run["report/hidden1/time"][:]
        for path in ("/report", "/report/hidden1"):
            self.select(path)
            self.assert_plotted("NX Line", "time of the frame", "membrane potential of hidden1",
                                list(zip(times, run["report/hidden1/data"][:, 0])))
        spikes = list(zip(run["spikes/hidden1/timestamps"][:], run["spikes/hidden1/node_ids"][:]))
        silent = [(t, unit) for t in times for unit in range(1, 19) if (t, unit) not in set(spikes)]
        for path in ("/spikes", "/spikes/hidden1"):
            self.select(path)
            self.assert_plotted("NX Scatter", "time of the spike on the report's axis", "unit of hidden1 that fired",
                                spikes)
            self.assertTrue(silent and not any(self.inked(silent)), "points where no spikes are")

    def test_back_propagation_has_one_loss(self):
        run = self.record(self.write("backprop.toml", BACKPROP))
        self.assert_plotted("NX Line", "epoch, counted through the whole plan from 0", "loss of output",
                            list(enumerate(run["training/output/loss"][:])))

    def test_traces_open_with_a_membrane(self):
        self.good("run", self.model, "-q", "-o", "run.h5")
        self.good("trace", "run.h5", "--samples", "0:2", "-o", "traces.h5")
        traces = self.open("traces.h5")
        self.assert_plotted("NX Line", "time of the frame", "membrane potential of hidden1",
                            list(zip(traces["report/hidden1/time"][:], traces["report/hidden1/data"][:, 0])))


def what_is_missing():
    if LEFT_OUT:
        return LEFT_OUT
    if not shutil.which("npm"):
        return "no npm to fetch H5Web with; apt-get install npm"
    if not browser.program():
        return "no chromium to open H5Web in; apt-get install chromium"
    return build_page()


if __name__ == "__main__":
    if missing := what_is_missing():
        print(f"skipped: {missing}")
        sys.exit(77)
    unittest.main()
