"""What snnff-sim refuses: exit code, a line that names the culprit, and nothing half-made left behind."""
import gzip
import os
import re
import struct
import time
import unittest

import h5py

import support


class Usage(support.CliTest):
    def test_wrong_calls_answer_2(self):
        self.refused(2, says="--help")
        self.refused(2, "trian", self.model, says='"trian"')
        self.refused(2, "valdate", self.model, says='did you mean "validate"?')
        self.refused(2, "run", says="run --help")
        self.refused(2, "run", self.model, "--steps", "3", says="--steps")
        self.refused(2, "run", self.model, "--threads", "many", says="--threads")
        self.refused(2, "run", self.model, "--set", "plan.epochs", says="KEY=VALUE")
        self.refused(2, "eval", "a.h5", "--split", "tset", says="tset")
        self.refused(2, "new", "izhikevich", says="izhikevich")
        # what an option would do nothing for
        for format_ in ("csv", "sonata"):
            self.refused(2, "export", "a.h5", "--format", format_, "-o", "c", "--dt", "1", says=("--dt", "--format nir", format_))
        for words in (("--model", "--json"), ("--digest", "--json"), ("--model", "--digest"), ("--check", "--model"),
                      ("--check", "--digest")):
            self.refused(2, "info", "a.h5", *words, says=words)
        self.refused(2, "explain", "loss", "--schema", says="--schema")
        self.assertEqual(self.files(), ["small.toml"])

    def test_options_for_models_that_are_run_are_refused_where_there_are_none(self):
        self.good("run", self.model, "-q", "-o", "a.h5")
        for words in (("--set", "plan.epochs=1"), ("--add", "population.top.size=3"), ("--seed", "3"), ("--out-dir", "d"),
                      ("--force",)):
            self.refused(2, "compare", "a.h5", "a.h5", *words, says=(words[0], "model files"))
        self.assertEqual(self.files(), ["a.h5", "small.toml"])

    def test_a_link_that_leads_to_nothing_is_told_with_where_it_points(self):
        self.good("run", self.model, "-q", "-o", "a.h5")
        before = self.files()
        (self.folder / "link").symlink_to("gone/for ever")
        points = "is a link to gone/for ever, which is not there"
        model, link = self.model.read_text(encoding="utf-8"), self.folder / "link"
        def with_data(keys):
            return self.write("m.toml", re.sub(r"\[data\]\n(.*\n){3}", f"[data]\n{keys}\n", model))
        for code, *command in (
                (4, "run", "link"), (4, "validate", "link"), (4, "info", "link"), (4, "eval", "link"),
                (4, "eval", "a.h5", "--data", "link"), (4, "trace", "a.h5", "--data", "link", "-o", "t.h5"),
                (4, "sweep", self.model, "--over", "time.steps=1", "-q", "-o", "link"),
                (4, "export", "a.h5", "--format", "csv", "-o", "link"),
                (4, "compare", self.model, "--out-dir", "link"), (4, "reproduce", "link"),
                (4, "compare", "a.h5", "link"),
                (4, "validate", self.model, "--set", f"data.folder={link}"),
                (4, "validate", self.model, "--set", 'population.hidden1.init={kind="file", path="%s"}' % link)):
            self.refused(code, *command, says=points)
        for keys in (f'kind = "hdf5"\ntrain = "{link}"', f'kind = "csv"\ntrain = "{link}"', f'kind = "numpy"\ntrain = "{link}"',
                     f'kind = "shd"\ntrain = "{link}"', f'kind = "nmnist"\nfolder = "{link}"',
                     f'kind = "images"\ntrain = "{link}"', f'kind = "hdf5"\ntrain = "{link}/x.h5"'):
            self.assertIn(points, self.sim("validate", with_data(keys)).stderr, keys)
        (self.folder / "m.toml").unlink()
        link.unlink()
        self.assertEqual(self.files(), before)

    def test_an_output_that_exists_is_refused_before_any_work_and_untouched(self):
        kept = self.write("a.h5", "precious")
        # The model does not even exist: the output is looked at first.
        self.refused(2, "run", "missing.toml", "-o", "a.h5", says=["a.h5", "--force"])
        self.assertEqual(kept.read_text(), "precious")

    def test_force_replaces_only_once_the_new_file_is_complete(self):
        kept = self.write("a.h5", "precious")
        self.refused(3, "run", self.model, "-o", "a.h5", "--force", "--set", "plan.epochs=0")
        self.refused(5, "run", self.model, "-o", "a.h5", "--force", "--set", "data.n_train=9999")
        # A learning rate at which the goodness overflows: the run fails in the middle.
        self.refused(1, "run", self.model, "-o", "a.h5", "-q", "--force", "--set", "learning.rate=3e38",
                     "--set", "population.hidden1={ neuron = \"relu\", size = 20 }", says="epoch")
        self.assertEqual(kept.read_text(), "precious")
        self.assertEqual(self.files(), ["a.h5", "small.toml"])
        self.good("run", self.model, "-o", "a.h5", "-q", "--force")
        self.assertEqual(kept.read_bytes()[:4], b"\x89HDF")
        self.assertEqual(self.files(), ["a.h5", "small.toml"])

    def test_a_folder_is_no_output(self):
        self.refused(2, "run", self.model, "-o", self.folder, says="folder")


class Files(support.CliTest):
    def test_files_that_cannot_be_read_answer_4(self):
        self.refused(4, "run", "missing.toml", says="missing.toml")
        self.refused(4, "validate", self.folder, says=str(self.folder))
        self.refused(4, "info", "missing.h5", says="missing.h5")
        self.refused(4, "info", self.model, says="small.toml")
        self.refused(4, "eval", "missing.h5", says="missing.h5")
        self.refused(4, "compare", "missing.h5", says="missing.h5")
        self.refused(4, "run", self.model, "--set", "data.folder=/nowhere", says="/nowhere")
        self.assertEqual(self.files(), ["small.toml"])

    def test_a_pipe_is_refused_by_every_verb_that_reads(self):
        os.mkfifo(self.folder / "pipe.h5")  # with nobody at its other end, to open it is to wait for ever
        self.good("run", self.model, "-q", "-o", "a.h5")
        for verb in (("info", "pipe.h5"), ("info", "--check", "pipe.h5"), ("eval", "pipe.h5"), ("eval", "a.h5", "--data", "pipe.h5"),
                     ("trace", "pipe.h5", "-o", "t.h5"), ("trace", "a.h5", "--data", "pipe.h5", "-o", "t.h5"),
                     ("export", "pipe.h5", "--format", "nir", "-o", "n.nir"), ("compare", "a.h5", "pipe.h5"), ("resume", "pipe.h5"),
                     ("reproduce", "pipe.h5"), ("run", self.model, "-o", "b.h5", "--set", "data.kind=csv", "--set", "data={ kind "
                      '= "csv", train = "pipe.h5" }')):
            self.refused(4, *verb, says="pipe.h5: is not a regular file")

    @unittest.skipIf(os.geteuid() == 0, "root may read and write everything")
    def test_no_permission_answers_4(self):
        self.model.chmod(0)
        self.refused(4, "run", self.model, says="Permission denied")

    def test_an_output_that_cannot_be_made_answers_4_before_training(self):
        self.refused(4, "run", self.model, "-o", "nowhere/a.h5", says="nowhere")
        self.refused(4, "run", self.model, "-o", "/proc/a.h5", says="/proc")

    def test_a_run_file_cut_short_is_refused(self):
        self.good("run", self.model, "-q", "-o", "a.h5")
        content = (self.folder / "a.h5").read_bytes()
        self.write("cut.h5", content[:len(content)//2])
        for verb in ["info", "eval", "compare"]:
            self.refused(4, verb, "cut.h5", says="cut.h5")

    def test_the_beginning_of_a_run_that_was_killed_is_told(self):
        hint = "it may be the beginning of a run that was killed at its start, which `run --force` replaces"
        with h5py.File(self.folder / "bare.h5", "w"):
            pass
        bare = (self.folder / "bare.h5").read_bytes()
        for content in (b"", bytes(4096), bare):
            self.write("begun.h5", content)
            for verb in ("info", "resume", "eval"):
                self.refused(4, verb, "begun.h5", says=hint)
            self.good("run", self.model, "-q", "-o", "begun.h5", "--force", "--set", "plan.epochs=1")
            self.good("info", "begun.h5")
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["x"] = 1
        self.write("text.h5", "no run")
        for name in ("other.h5", "text.h5"):
            self.assertNotIn("killed", self.refused(4, "info", name))
        for attempt in range(12):  # whenever the kill comes
            for left in self.folder.glob("k.h5*"):
                left.unlink()
            process = self.start("run", self.model, "-q", "-o", "k.h5")
            while not (self.folder / "k.h5").exists() and process.poll() is None:
                pass
            time.sleep(0.0003 * attempt)
            process.kill()
            process.wait()
            done = self.sim("info", "k.h5")
            if done.returncode != 0:
                self.assertIn(hint, done.stderr)

    def test_a_full_disk_under_stdout_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = support.subprocess.run([support.SIM, "new", "lif"], stdout=full, stderr=support.subprocess.PIPE,
                                          text=True, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("No space left", done.stderr)


class Models(support.CliTest):
    def test_bad_models_answer_3_with_the_place(self):
        cases = {
            "[time]\nstep = 3\n[population.a]\n": ["bad.toml:2:", "steps"],
            "[time]\nsteps = 0\n[population.a]\n": ["bad.toml:2:", "time.steps"],
            "[time\nsteps = 1\n": ["bad.toml:1:"],
            "[time]\nsteps = \"ten\"\n[population.a]\n": ["bad.toml:2:", "ten"],
            "[population.a]\nneuron = \"lfi\"\n": ["bad.toml:2:", "lif"],
            "[population.a]\nneuron = \"relu\"\nbeta = 0.9\n": ["bad.toml:3:", "beta"],
            "[population.a]\nneuron = \"relu\"\nmeasure = \"rate\"\n": ["measure", "neuron"],
            "seed = 1\n": ["population"],
        }
        for text, words in cases.items():
            bad = self.write("bad.toml", text)
            for verb in ["validate", "run"]:
                self.refused(3, verb, bad, says=words)
        self.assertEqual(self.files(), ["bad.toml", "small.toml"])

    def test_a_name_that_no_file_could_take_is_refused_before_training(self):
        def named(n):
            return self.write("long.toml", support.SMALL.replace("hidden1", "h" * n))
        self.refused(3, "validate", named(201), says=["long.toml:", "a name of 201 letters; up to 200"])
        self.good("run", named(200), "-q", "-o", "a.h5", "--set", 'recording.variables=["membrane", "spikes", "current"]')
        self.good("export", "a.h5", "--format", "csv", "-o", "tables")
        self.assertIn("report_" + "h" * 200 + "_current.csv", self.files())

    def test_overrides_are_checked_like_the_file(self):
        self.refused(3, "run", self.model, "--set", "population.hidden1.bta=0.5", says=["--set", "beta"])
        self.refused(3, "run", self.model, "--set", "plan.epochs=-1", says="plan.epochs")
        self.refused(3, "run", self.model, "--dry-run", "--set", "time.steps=[1,", says="--set")


class Data(support.CliTest):
    def idx(self, name, magic, sizes, payload):
        header = struct.pack(">I", magic) + b"".join(struct.pack(">I", n) for n in sizes)
        return self.write(name, header + payload)

    def good_data(self):
        self.idx("train-images-idx3-ubyte", 0x803, [20, 4, 4], bytes(range(256))[:64]*5)
        self.idx("train-labels-idx1-ubyte", 0x801, [20], bytes([*range(10)]*2))
        self.idx("t10k-images-idx3-ubyte", 0x803, [10, 4, 4], bytes(160))
        self.idx("t10k-labels-idx1-ubyte", 0x801, [10], bytes(range(10)))

    def check(self, *says, code=5):
        arguments = ["--set", f"data.folder={self.folder}", "--set", "data.n_train=0", "--set", "data.n_test=0"]
        before = self.files()
        self.refused(code, "validate", self.model, *arguments, says=says)
        self.refused(code, "run", self.model, "-o", "a.h5", *arguments, says=says)
        self.assertEqual(self.files(), before)

    def test_good_data_pass(self):
        self.good_data()
        self.good("validate", self.model, "--set", f"data.folder={self.folder}", "--set", "data.n_train=0",
                  "--set", "data.n_test=0")

    def test_files_of_other_names_are_taken_by_the_keys_that_the_message_names(self):
        self.good_data()
        keys = []
        for split, called in (("train", "train"), ("t10k", "test")):
            for what in ("images-idx3-ubyte", "labels-idx1-ubyte"):
                (self.folder / f"{split}-{what}").rename(self.folder / f"emnist-{called}-{what}")
                keys += ["--set", f'data.{called}_{what[:6]}="emnist-{called}-{what}"']
        self.check("train-images-idx3-ubyte", "emnist-train-images-idx3-ubyte", "data.train_images", code=4)
        self.good("validate", self.model, "--set", f"data.folder={self.folder}", "--set", "data.n_train=0",
                  "--set", "data.n_test=0", *keys)

    def test_wrong_magic(self):
        self.good_data()
        self.idx("train-images-idx3-ubyte", 0x1234, [20, 4, 4], bytes(320))
        self.check("train-images-idx3-ubyte")

    def test_more_promised_than_there(self):
        self.good_data()
        self.idx("train-images-idx3-ubyte", 0x803, [4000000000, 4000000000, 4], bytes(320))
        self.check("train-images-idx3-ubyte", "4000000000")

    def test_counts_that_disagree(self):
        self.good_data()
        self.idx("train-labels-idx1-ubyte", 0x801, [19], bytes(19))
        self.check("19", "20")

    def test_labels_out_of_range(self):
        self.good_data()
        self.idx("t10k-labels-idx1-ubyte", 0x801, [10], bytes([0]*9 + [77]))
        self.check("77")

    def test_empty_and_cut_gzip(self):
        self.good_data()
        (self.folder / "train-images-idx3-ubyte").unlink()
        self.write("train-images-idx3-ubyte.gz", gzip.compress(bytes(1000))[:15])
        self.check("train-images-idx3-ubyte.gz")
        self.write("train-images-idx3-ubyte.gz", b"")
        self.check("train-images-idx3-ubyte.gz")

    def test_test_images_of_another_size(self):
        self.good_data()
        self.idx("t10k-images-idx3-ubyte", 0x803, [10, 5, 4], bytes(200))
        self.check("20", "16")

    def test_eval_refuses_data_the_network_was_not_made_for(self):
        self.good_data()
        self.good("run", self.model, "-q", "-o", "a.h5")
        self.refused(5, "eval", "a.h5", "--data", self.folder, says="a.h5")
        self.refused(4, "eval", "a.h5", "--data", self.folder / "nowhere", says="nowhere")


if __name__ == "__main__":
    unittest.main()
