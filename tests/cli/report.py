"""Reports and figures of runs: looked at in a browser, number by number beside the run file; and what is refused."""
import gzip
import re
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np

import browser
from support import BACKPROP, LEFT_OUT, ROOT, SMALL, CliTest

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
import figures  # noqa: E402  (the folder comes first)
from figures import masks, page  # noqa: E402
from figures.parts import Choice  # noqa: E402
from figures.run import open_runs  # noqa: E402

DATA = ROOT / "data" / "mnist-sample"
MEASURE = ["--set", "recording.n_neurons=12", "--set", "evaluation.every_n_epochs=1", "--set", "evaluation.test=true"]
RECORD = ["--set", 'recording.variables=["membrane", "spikes", "activation"]', *MEASURE]
RECORD_RELU = ["--set", 'recording.variables=["activation"]', *MEASURE]
RELU = SMALL.replace('title = "small"', 'title = "small, ReLU"').replace('''neuron = "lif"
size = 20
beta = 0.9
measure = "rate"
output = "rate"''', '''neuron = "relu"
size = 20''')
HYBRID = f"""
title = "masks"
[data]
folder = "{DATA}"
n_train = 100
n_test = 60
[time]
steps = 1
[overlay]
kind = "none"
[negatives]
kind = "hybrid_mask"
[population.hidden]
neuron = "relu"
size = 20
[readout]
kind = "softmax"
[prediction]
by = "head"
[plan]
epochs = 1
batch_size = 50
"""
ALL = ["error", "loss", "goodness", "separation", "membrane", "raster", "rates", "confusion", "mistakes", "samples",
       "fields"]


def pixels(name, i):
    """Image i of a file of the sample of MNIST."""
    with gzip.open(DATA / name) as file:
        content = file.read()
    return np.frombuffer(content, np.uint8, 784, 16 + 784 * i).reshape(28, 28)


def percent_of(error, n):
    """The error with its Wilson interval, as solutions p of |k/n - p| = z sqrt(p (1 - p)/n)."""
    z2, share = 1.959963984540054 ** 2, error / 100
    low, high = sorted(100 * np.roots([1 + z2 / n, -2 * share - z2 / n, share ** 2]).real)
    digits = 1 if max(high - error, error - low) >= 1 else 2
    return f"{error:.{digits}f} % ({low:.{digits}f}–{high:.{digits}f})"


class ReportTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def tool(self, name, *arguments):
        return subprocess.run([ROOT / "tools" / name, *map(str, arguments)], cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=60)

    trained = {}

    def train(self, name, model, *options):
        """A run of the model; one that was asked for before is the same again."""
        path = self.folder / name
        if (model, options) not in self.trained:
            self.good("run", self.write("model.toml", model), "-q", "-o", name, "--force", *options)
            self.trained[model, options] = path.read_bytes()
        path.write_bytes(self.trained[model, options])
        return path

    def report(self, *arguments):
        done = self.tool("report", *arguments, "-o", "report.html")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return self.folder / "report.html"

    def open(self, page, width=1200):
        """Opens a report and waits until everything is drawn."""
        self.browser.problems.clear()
        self.browser.open(page, width)
        self.browser.wait_for("document.documentElement.dataset.drawn !== undefined")
        self.assertEqual(self.browser.problems, [])

    def plots(self, section):
        """What plotly.js was given and drew, plot by plot."""
        # plotly.js 2.30 throws at the legend of a plot that draws none.
        return self.browser.run(f"""(() => {{
            const faults = (data, layout) => {{
                try {{ return Plotly.validate(data, layout); }}
                catch {{ const {{legend, ...others}} = layout; return Plotly.validate(data, others); }}
            }};
            return [...document.querySelectorAll("#{section} [data-plot]")].map((plot) => ({{
                title: plot.parentElement.querySelector("figcaption").textContent,
                data: plot.data, shapes: plot.layout.shapes,
                wrong: (faults(plot.data, plot.layout) || []).filter((each) => each.code != "unused"),
                n_drawn: plot.querySelectorAll(".scatterlayer .trace, .barlayer .trace, .heatmaplayer image").length}}));
            }})()""")

    def trace(self, section, plot, name):
        return next(trace for trace in self.plots(section)[plot]["data"] if trace["name"] == name)

    def text(self, selector):
        return self.browser.run(f'document.querySelector("{selector}").innerText')

    def images(self, section):
        """Grey values of a section's images, as the browser decodes them."""
        images = self.browser.run(f"""Promise.all([...document.querySelectorAll("#{section} img")].map(async (img) => {{
            await img.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
            const context = canvas.getContext("2d");
            context.drawImage(img, 0, 0);
            const rgba = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return {{ width: canvas.width, values: [...rgba] }};
        }}))""")
        return [np.array(each["values"]).reshape(-1, each["width"], 4)[..., :3] for each in images]

    def assert_close(self, shown, stored):
        """The page has six digits of what the file has."""
        np.testing.assert_allclose(np.array(shown, float), np.asarray(stored, float), rtol=1e-5, atol=1e-12)


class LifBesideRelu(ReportTest):
    def setUp(self):
        super().setUp()
        self.lif, self.relu = self.train("lif.h5", SMALL, *RECORD), self.train("relu.h5", RELU, *RECORD_RELU)
        self.page = self.report("lif.h5", "relu.h5")

    def test_every_figure_is_drawn_and_fits_wide_and_narrow(self):
        for width in (1200, 400):
            with self.subTest(width=width):
                self.open(self.page, width)
                self.assertEqual(self.browser.run('[...document.querySelectorAll("main section")].map((s) => s.id)'),
                                 [*ALL, "models", "provenance"])
                for section in ALL[:8]:
                    plots = self.plots(section)
                    self.assertGreaterEqual(len(plots), 2, section)
                    for plot in plots:
                        self.assertEqual(plot["wrong"], [], section)
                        # lines that only stand in the legend draw nothing
                        n_traces = sum(1 for trace in plot["data"] if trace.get("x") != [None])
                        self.assertGreaterEqual(plot["n_drawn"], n_traces, (section, plot["title"]))
                for section, n in (("mistakes", 24), ("samples", 18), ("fields", 40)):
                    self.assertGreaterEqual(len(self.images(section)), n, section)
                self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
                self.assertEqual(self.browser.run("""[...document.querySelectorAll(
                    ".part, .card, [data-plot] > *, h1, img")]
                    .filter((e) => { const r = e.getBoundingClientRect();
                                     return r.left < 0 || r.right > innerWidth || r.width < 1; }).length"""), 0)
                smallest = self.browser.run("""Math.min(...[...document.querySelectorAll("svg text, p, td, small")]
                    .filter((e) => e.textContent).map((e) => parseFloat(getComputedStyle(e).fontSize)))""")
                self.assertGreaterEqual(smallest, 10)
                columns = self.browser.run("""getComputedStyle(document.querySelector("#loss .grid"))
                    .gridTemplateColumns.split(" ").length""")
                self.assertEqual(columns, 2 if width == 1200 else 1)

    def test_the_numbers_are_the_run_files(self):
        self.open(self.page)
        with h5py.File(self.lif) as run, h5py.File(self.relu) as relu:
            for i, each in enumerate((run, relu)):
                for name in ("hidden1", "hidden2"):
                    self.assert_close(self.trace("loss", i, name)["y"], each[f"training/{name}/loss"])
                    self.assert_close(self.trace("goodness", i, f"{name} −")["y"],
                                      each[f"training/{name}/goodness_negative"])
                self.assert_close(self.trace("error", i, "test")["y"], each["training/test_error"])
                self.assertEqual(self.trace("error", i, "test")["x"], [1, 2])
                counts = self.plots("confusion")[i]["data"][0]["customdata"]
                self.assertTrue(np.array_equal(counts, each["evaluation/test/confusion"]))
                error = each["evaluation/test"].attrs["error"]
                self.assertEqual(self.text(f".card:nth-child({i + 1}) .value"), percent_of(error, 100))
            self.check_recordings(run)
            self.check_separation(run)

    def check_recordings(self, run):
        report = run["report/hidden1"]
        phase, membrane = report["phase"][:], report["data"][:]
        spikes = run["report/hidden1_spikes/data"][:]
        for plot, version in ((0, 0), (1, 1)):
            lines = [t for t in self.plots("membrane")[plot]["data"] if t["name"].startswith("unit ")]
            self.assertEqual(len(lines), 3)
            for line in lines:
                unit = int(line["name"].removeprefix("unit "))
                self.assert_close(line["y"], membrane[phase == version, unit])
            shown = self.plots("raster")[plot]["data"][0]
            self.assertEqual(len(shown["x"]), spikes[phase == version].sum())
            self.assertEqual({(x, y) for x, y in zip(shown["x"], shown["y"])},
                             {(float(t), float(u)) for t, u in zip(*np.nonzero(spikes[phase == version]))})
        self.assertEqual(self.plots("membrane")[0]["shapes"][0]["y0"], 1.0, "the threshold")
        label = report["label"][:]
        self.assertIn(f"label {label[phase == 1][0]} (wrong)", self.plots("membrane")[1]["title"])
        rates = self.trace("rates", 0, "true label")
        mean = spikes[phase == 0].mean(axis=0)
        # an outline goes up and down at each edge
        self.assert_close(rates["x"][::2], (np.arange(6) - 0.5) / 4)
        self.assert_close(rates["y"][1:-1:2], [100 * np.mean(mean == k / 4) for k in range(5)])

    def check_separation(self, run):
        goodness, label = run["evaluation/test/goodness"][:], run["evaluation/test/label"][:]
        true = goodness[np.arange(100), label]
        shown = self.trace("separation", 0, "true label")
        # an outline goes up and down at each edge
        edges, heights = np.array(shown["x"][::2]), np.array(shown["y"][1:-1:2])
        self.assertEqual((len(edges), shown["y"][0], shown["y"][-1]), (41, 0, 0))
        self.assertAlmostEqual(heights.sum(), 100, places=3)
        width = edges[1] - edges[0]
        mean = ((edges[1:] + edges[:-1]) / 2 * heights).sum() / 100
        self.assertLess(abs(mean - true.mean()), width / 2, "a histogram keeps the mean to half a bin")
        self.assertEqual(self.plots("separation")[0]["shapes"], [], "a loss of pairs has no threshold")

    def test_images_are_those_of_the_data(self):
        self.open(self.page)
        with h5py.File(self.lif) as run:
            label = run["evaluation/test/label"][:]
            prediction, goodness = run["evaluation/test/prediction"][:], run["evaluation/test/goodness"][:]
        images = self.images("samples")
        for i in range(6):
            image = pixels("t10k-images-idx3-ubyte.gz", i)
            self.assertTrue(np.array_equal(images[i][..., 0], image))
            for row, is_own in ((1, True), (2, False)):
                seen = images[6 * row + i][..., 0]
                written = np.flatnonzero(seen[0, :10])
                self.assertTrue(np.array_equal(seen[1:], image[1:]))
                self.assertEqual((len(written), seen[0, written[0]], written[0] == label[i]), (1, 255, is_own))
        ahead = goodness[np.arange(100), prediction] - goodness[np.arange(100), label]
        worst = int(np.argmax(ahead))
        self.assertTrue(np.array_equal(self.images("mistakes")[0][..., 0], pixels("t10k-images-idx3-ubyte.gz", worst)))
        caption = self.text("#mistakes figcaption")
        self.assertIn(f"{label[worst]} taken for {prediction[worst]}", caption)
        self.assertIn(f"sample {worst}", caption)

    def test_receptive_fields_are_the_weights(self):
        self.open(self.page)
        unit, scale = self.text("#fields figcaption").split("\n")
        with h5py.File(self.lif) as run:
            weight = run["populations/hidden1/weight"][:]
        unit = int(unit)
        self.assertEqual(unit, np.linalg.norm(weight, axis=1).argmax())
        self.assertEqual(scale, f"±{np.abs(weight[unit]).max():.2g}")
        field = weight[unit].reshape(28, 28) / np.abs(weight[unit]).max()
        shown = self.images("fields")[0].astype(float)
        # red excites, blue inhibits, by as much as the colour is away from white
        self.assertTrue((shown[field > 0.05, 0] > shown[field > 0.05, 2]).all())
        self.assertTrue((shown[field < -0.05, 2] > shown[field < -0.05, 0]).all())
        self.assertLessEqual(np.abs((255 - shown[..., 1]) - np.where(field > 0, 223, 163) * np.abs(field)).max(), 0.51)

    def test_it_needs_nothing_beside_it(self):
        moved = self.folder / "elsewhere" / "alone.html"
        moved.parent.mkdir()
        shutil.move(self.page, moved)
        for path in self.folder.glob("*.h5"):
            path.unlink()
        self.open(moved)  # which would note what it asks of the network
        self.assertEqual(re.findall(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="(?!data:)', moved.read_text()), [])
        self.assertLess(moved.stat().st_size, 5_000_000)

    def test_models_and_provenance(self):
        self.open(self.page)
        self.browser.run('document.querySelectorAll("details").forEach((each) => { each.open = true; })')
        self.assertIn("population.hidden1.neuron\tlif\trelu", self.text("#models"))
        self.assertIn("[population.hidden2]", self.text("#models"))
        with h5py.File(self.lif) as run:
            self.assertIn(run["provenance/data/sha256"].asstr()[0], self.text("#provenance"))
            for fact in ("git_commit", "command_line"):
                self.assertIn(str(run["provenance"].attrs[fact]), self.text("#provenance"))


class OtherRuns(ReportTest):
    def test_a_run_alone_that_recorded_nothing_says_what_would(self):
        self.train("run.h5", SMALL)
        self.open(self.report("run.h5"), 400)
        for section, key in (("error", "evaluation.every_n_epochs"), ("membrane", "recording.variables"),
                             ("raster", "recording.variables"), ("rates", "recording.variables")):
            self.assertIn(key, self.text(f"#{section} .gap"))
            self.assertEqual(self.plots(section), [])
        self.assertEqual(len(self.plots("loss")), 1)

    def test_threshold_of_the_loss_stands_in_the_histogram_of_goodness(self):
        for per, expected in (("none", 2 * 0.5), ("unit", 0.5 * (20 + 10)), ("input", 0.5 * (784 + 20))):
            loss = f'learning.loss={{kind="softplus",theta=0.5,theta_per="{per}"}}'
            self.train("run.h5", SMALL, "--set", loss)
            self.open(self.report("run.h5"))
            self.assertEqual([shape["x0"] for shape in self.plots("separation")[0]["shapes"]], [expected])
        self.train("run.h5", SMALL, "--set", 'learning.loss={kind="softplus",theta=0.5}',
                   "--set", 'prediction.layers="after_first"')
        self.open(self.report("run.h5"))
        self.assertEqual(self.plots("separation")[0]["shapes"][0]["x0"], 0.5)

    def test_hybrid_masks_put_two_images_together(self):
        self.train("run.h5", HYBRID, "--set", 'recording.variables=["activation"]')
        self.open(self.report("run.h5"))
        images = self.images("masks")
        self.assertEqual(len(images), 16)
        for i in range(4):
            own, other, mask, negative = (image[..., 0] for image in images[4 * i:4 * i + 4])
            self.assertTrue(np.array_equal(own, pixels("train-images-idx3-ubyte.gz", 2 * i)))
            self.assertTrue(np.array_equal(other, pixels("train-images-idx3-ubyte.gz", 2 * i + 1)))
            self.assertEqual(set(np.unique(mask)), {0, 255})
            self.assertTrue(np.array_equal(negative, np.where(mask > 0, own, other)))
        self.assertIn("log-probability", self.text("#mistakes"))
        self.assertIn("prediction.by", self.text("#separation .gap"))
        self.assertIn("no label", self.plots("rates")[0]["data"][0]["name"])

    def test_masks_are_blurred_as_published(self):
        for n_blurs in (0, 1, 6):
            image = np.random.default_rng(5).integers(0, 2, (6, 9)).astype(float)
            for _ in range(n_blurs):
                blurred = np.zeros_like(image)
                for r in range(6):
                    for c in range(9):
                        for dr in (-1, 0, 1):
                            for dc in (-1, 0, 1):
                                rr, cc = min(max(r + dr, 0), 5), min(max(c + dc, 0), 8)
                                blurred[r, c] += image[rr, cc] * (2 - abs(dr)) * (2 - abs(dc)) / 16
                image = blurred
            expected = image > 0.5
            undecided = np.abs(image - 0.5) < 1e-12  # a half but for rounding, which goes either way
            drawn = masks.draw_mask((6, 9), n_blurs, np.random.default_rng(5))
            self.assertTrue(np.array_equal(drawn[~undecided], expected[~undecided]), n_blurs)

    def test_back_propagation_has_no_goodness(self):
        self.train("run.h5", BACKPROP, "--set", "evaluation.test=true")
        self.open(self.report("run.h5"))
        self.assertIn("Back-propagation has no goodness", self.text("#goodness .gap"))
        with h5py.File(self.folder / "run.h5") as run:
            self.assert_close(self.trace("loss", 0, "test")["y"], run["training/test_loss"])
            logits, label = run["evaluation/test/goodness"][:], run["evaluation/test/label"][:]
        self.assertEqual({t["name"] for t in self.plots("error")[0]["data"]}, {"train", "validation", "test"})
        self.assertIn("logit", self.browser.run('document.querySelector("#separation [data-plot]").ariaLabel'))
        shown = self.trace("separation", 0, "true label")
        # the outline spans all logits, of true labels and of wrong ones
        self.assert_close([min(shown["x"]), max(shown["x"])], [logits.min(), logits.max()])
        self.assertGreaterEqual(max(x for x, y in zip(shown["x"], shown["y"]) if y > 0) * (1 + 1e-5),
                                logits[np.arange(100), label].max())
        self.assertEqual(len(self.images("samples")), 6)

    def test_six_runs(self):
        for i in range(6):
            self.train(f"run{i}.h5", RELU, "--set", f"seed={i}", *RECORD_RELU)
        page = self.report(*(f"run{i}.h5" for i in range(6)))
        for width in (1200, 400):
            self.open(page, width)
            self.assertEqual(len(self.plots("loss")), 6)
            self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
        self.assertIn("small, ReLU (run3)", self.text("header"))

    def test_a_sample_and_units_of_ones_choice(self):
        self.train("run.h5", SMALL, *RECORD, "--set", "recording.samples=[0,4]")
        self.open(self.report("run.h5", "--sample", 4, "--neurons", "1,7"))
        plot = self.plots("membrane")[0]
        self.assertIn("sample 4", plot["title"])
        self.assertEqual([t["name"] for t in plot["data"] if t["name"].startswith("unit")], ["unit 1", "unit 7"])
        self.open(self.report("run.h5", "--sample", 5))
        self.assertIn("no recording of sample 5; it has 0, 4", self.text("#membrane .gap"))
        self.open(self.report("run.h5", "--neurons", "12"))
        self.assertIn("no unit 12", self.text("#membrane .gap"))

    def test_images_that_moved_or_changed(self):
        data = self.folder / "moved"
        shutil.copytree(DATA, data)
        self.train("run.h5", SMALL.replace(str(DATA), str(data)))
        data.rename(self.folder / "again")
        page = self.report("run.h5")
        self.open(page)
        for section in ("mistakes", "samples"):
            self.assertEqual(self.images(section), [])
            self.assertIn("--data", self.text(f"#{section}"))
        self.assertIn("taken for", self.text("#mistakes"), "which label for which is known without images")
        self.assertGreater(len(self.images("fields")), 0, "weights need none")
        self.open(self.report("run.h5", "--data", self.folder / "again"))
        self.assertEqual(len(self.images("samples")), 18)
        name = "t10k-images-idx3-ubyte.gz"
        with gzip.open(self.folder / "again" / name, "wb") as file:
            file.write(b"\x00\x00\x08\x03" + bytes([0, 0, 0, 100, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(78400))
        self.open(self.report("run.h5", "--data", self.folder / "again"))
        self.assertIn("SHA-256", self.text("#samples .gap"))


class Damaged(ReportTest):
    def setUp(self):
        super().setUp()
        self.run_file = self.train("run.h5", SMALL, *RECORD)

    def edit(self):
        file = h5py.File(self.run_file, "a")
        self.addCleanup(file.close)
        return file

    def replace(self, name, values):
        with self.edit() as file:
            del file[name]
            file[name] = values

    def test_files_that_are_no_runs_are_refused_and_leave_what_was_there(self):
        self.write("text.h5", "no HDF5 at all")
        (self.folder / "folder.h5").mkdir()
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["x"] = [1, 2]
        content = self.run_file.read_bytes()
        self.write("cut.h5", content[:len(content) // 2])
        self.write("broken.h5", content)
        with h5py.File(self.folder / "broken.h5", "a") as file:
            del file["model"]
            file["model"] = "title = "
        self.write("report.html", "the last one")
        for name, says in (("text.h5", "not an HDF5 file"), ("folder.h5", "folder"), ("nowhere.h5", "no such file"),
                           ("other.h5", "not a run file"), ("cut.h5", "cut off"), ("broken.h5", "/model")):
            for tool in ("report", "plot"):
                with self.subTest(name=name, tool=tool):
                    output = "report.html" if tool == "report" else "figures"
                    done = self.tool(tool, "run.h5", name, "-o", output)
                    self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (4, "", 1), done.stderr)
                    self.assertTrue(done.stderr.startswith(f"tools/{tool}: {name}: "), done.stderr)
                    self.assertIn(says, done.stderr)
        self.assertEqual((self.folder / "report.html").read_text(), "the last one")
        self.assertEqual([name for name in self.files() if "report" in name], ["report.html"])

    def test_where_it_cannot_be_written(self):
        done = self.tool("report", "run.h5", "-o", "nowhere/report.html")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("nowhere/report.html: cannot be written: No such file", done.stderr)
        (self.folder / "taken").mkdir()
        taken = self.tool("report", "run.h5", "-o", "taken")
        self.assertEqual((taken.returncode, taken.stdout), (2, ""))
        self.assertIn("taken: is a folder; -o names a file", taken.stderr)
        self.assertEqual([name for name in self.files() if name.startswith(".")], [])

    def test_text_of_a_run_is_text_on_the_page(self):
        evil = '</script><script>console.error("ran")</script><img src=x onerror=console.error(1)><b>&amp;'
        with self.edit() as file:
            file.attrs["title"] = evil
            file["provenance"].attrs["cpu"] = evil
            text = file["model"][()].decode()
            del file["model"]
            file["model"] = text.replace("population.hidden1", 'population."<b>hidden1</b>"') + f"\n# {evil}\n"
            for group in ("training", "populations"):
                file.move(f"{group}/hidden1", f"{group}/<b>hidden1<|b>")
        self.open(self.report("run.h5"))
        self.assertEqual(self.text("h1"), evil)
        self.assertIn(evil, self.text("#provenance"))
        drawn = self.browser.run('[...document.querySelectorAll("#loss .legendtext")].map((e) => e.textContent)')
        self.assertIn("<b>hidden1<|b>", drawn)
        self.assertNotIn("<", page.script_safe('["</script>"]'), "which would end the script that holds the plots")

    def test_a_run_that_did_not_end(self):
        with self.edit() as file:
            file.attrs["status"] = "running"
            for name in ("populations", "evaluation", "report"):
                del file[name]
            loss = file["training/hidden1/loss"]
            loss.resize((1,))  # one series flushed, the others not yet
        self.open(self.report("run.h5"))
        self.assertIn("has not ended", self.text(".warning"))
        self.assertEqual(len(self.trace("loss", 0, "hidden1")["y"]), 1)
        self.assertEqual(len(self.trace("loss", 0, "hidden2")["y"]), 2)
        self.assertIn("no evaluation", self.text("#confusion .gap"))
        self.assertIn("no weights", self.text("#fields .gap"))
        self.assertEqual(self.text(".card .value"), "–")

    def test_a_run_without_any_epoch(self):
        with self.edit() as file:
            for name in ("populations", "evaluation", "report", "training", "provenance"):
                del file[name]
        self.open(self.report("run.h5"))
        self.assertEqual(self.browser.run('document.querySelectorAll("[data-plot]").length'), 0)
        self.assertIn("before its first epoch", self.text("#loss .gap"))

    def test_numbers_that_are_none(self):
        nan = np.full(2, np.nan, "float32")
        self.replace("training/hidden1/loss", nan)
        self.replace("training/hidden2/loss", nan)
        self.replace("evaluation/test/goodness", np.full((100, 10), np.nan, "float32"))
        self.replace("populations/hidden1/weight", np.full((20, 784), np.inf, "float32"))
        with self.edit() as file:
            file["report/hidden1/data"][3, :] = np.nan
        self.open(self.report("run.h5"))
        for section, word in (("loss", "NaN"), ("separation", "NaN"), ("fields", "finite")):
            self.assertIn(word, self.text(f"#{section} .gap"))
        self.assertIn(None, self.plots("membrane")[0]["data"][0]["y"])

    def test_shapes_and_labels_that_do_not_fit(self):
        self.replace("training/hidden1/goodness_positive", np.zeros((2, 2)))
        self.replace("evaluation/test/label", np.full(100, 10, "int32"))
        self.replace("evaluation/test/confusion", np.zeros((10, 9), "uint64"))
        self.replace("report/hidden1/mapping/node_ids", np.arange(3, dtype="uint64"))
        self.replace("populations/hidden1/weight", np.array(["a", "b"], dtype="S1"))
        self.open(self.report("run.h5"))
        for section in ("goodness", "separation", "confusion", "membrane", "mistakes", "fields", "samples"):
            self.assertIn("run.h5", self.text(f"#{section} .gap"), section)
        self.assertEqual(len(self.plots("loss")), 1)

    def test_whatever_a_data_set_holds_there_is_a_report(self):
        content, names = self.run_file.read_bytes(), []
        with h5py.File(self.run_file) as file:
            file.visititems(lambda name, found: names.append(name) if isinstance(found, h5py.Dataset) else None)
        names.remove("model")
        others = (lambda shape: np.full(shape, np.nan), lambda shape: np.full(shape, -1), lambda _: np.zeros((20, 0)),
                  lambda _: np.array([b"text"]), lambda _: h5py.Empty("f"))
        for name in names:
            for i, other in enumerate(others):
                with self.subTest(name=name, other=i):
                    path = self.write(f"other{names.index(name)}-{i}.h5", content)
                    with h5py.File(path, "a") as file:
                        shape, attributes = file[name].shape, dict(file[name].attrs)
                        del file[name]
                        file[name] = other(shape)
                        for key in ("reset", "threshold"):
                            if key in attributes:
                                file[name].attrs[key] = attributes[key]
                    runs = open_runs([path])
                    self.addCleanup(runs[0].file.close)
                    gathered = [figures.gather(each, runs, Choice()) for each in figures.names()]
                    self.assertIn("<h1>small</h1>", page.page(runs, [each for each in gathered if each], ""))
                    runs[0].file.close()
                    path.unlink()

    def test_a_data_set_that_claims_more_than_it_stores(self):
        with self.edit() as file:
            del file["populations/hidden1/weight"]
            file.create_dataset("populations/hidden1/weight", (1 << 20, 1 << 20), "float32", chunks=(64, 64))
        self.open(self.report("run.h5"))
        self.assertIn("claims", self.text("#fields .gap"))


class Plot(CliTest):
    def setUp(self):
        super().setUp()
        self.good("run", self.model, "-q", "-o", "run.h5", *RECORD)

    def plot(self, *arguments):
        return subprocess.run([ROOT / "tools" / "plot", *map(str, arguments)], cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=60)

    def test_losses_and_membranes_by_default(self):
        done = self.plot("run.h5")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([line.rpartition("/")[2] for line in done.stdout.split()], ["loss.png", "membrane.png"])
        for name in ("loss.png", "membrane.png"):
            self.assertTrue((self.folder / name).read_bytes().startswith(b"\x89PNG"))

    def test_every_figure_of_a_report(self):
        done = self.plot("run.h5", "--figures", "all", "--format", "svg", "-o", "figures")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sorted(p.stem for p in (self.folder / "figures").iterdir()), sorted(ALL))
        for path in (self.folder / "figures").iterdir():
            self.assertGreater(path.stat().st_size, 5_000, path)
            self.assertIn("</svg>", path.read_text()[-20:])

    def test_what_a_run_lacks_is_said(self):
        self.good("run", self.model, "-q", "-o", "bare.h5")
        done = self.plot("bare.h5", "--figures", "membrane")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("recording.variables", done.stderr)
        done = self.plot("bare.h5", "--figures", "masks")
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_figures_there_are_not(self):
        done = self.plot("run.h5", "--figures", "membrain")
        self.assertEqual(done.returncode, 2)
        self.assertIn("membrane", done.stderr)
        self.assertEqual(self.plot("run.h5", "--neurons", "a").returncode, 2)


def what_is_missing():
    if LEFT_OUT:
        return LEFT_OUT
    done = subprocess.run([ROOT / "tools" / "report", "--help"], capture_output=True, text=True, check=False)
    if "is missing" in done.stderr:
        return done.stderr.strip()
    return None if browser.program() else "no chromium to open reports in; apt-get install chromium"


if __name__ == "__main__":
    if missing := what_is_missing():
        print(f"skipped: {missing}")
        sys.exit(77)
    unittest.main()
