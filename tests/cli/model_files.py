"""Model files as people have them: encodings, overrides, keys of other tools, every fault in one message."""
import struct
import unittest

import support

TOY = """seed = 1
[data]
folder = "d"
[time]
steps = 5
[overlay]
n_labels = 3
[population.h]
neuron = "lif"
size = 20
[plan]
epochs = 1
batch_size = 16
"""


class ModelTest(support.CliTest):
    def setUp(self):
        super().setUp()
        self.toy = self.write("m.toml", TOY)
        (self.folder / "d").mkdir()
        for name, n, first in (("train", 60, 0), ("t10k", 30, 60)):
            pixels = bytes((31*(first + s) + 7*p) % 256 for s in range(n) for p in range(36))
            self.write(f"d/{name}-images-idx3-ubyte", struct.pack(">4I", 0x803, n, 6, 6) + pixels)
            self.write(f"d/{name}-labels-idx1-ubyte", struct.pack(">2I", 0x801, n) + bytes(s % 3 for s in range(n)))

    def both(self, code, *arguments, says=()):
        """`validate` and `run` refuse with the same words and the same exit code."""
        lines = []
        for verb in ("validate", "run"):
            done = self.sim(verb, *arguments)
            self.assertEqual((done.returncode, done.stdout), (code, ""), f"{verb} {arguments}: {done.stderr}")
            lines.append(done.stderr)
        self.assertEqual(lines[0], lines[1])
        for word in says:
            self.assertIn(word, lines[0])
        self.assertFalse((self.folder / "m.h5").exists())
        return lines[0]


class Overrides(ModelTest):
    def test_a_misspelt_population_is_refused_with_the_nearest(self):
        self.both(3, "m.toml", "--set", "population.hh.beta=0.5",
                  says=["--set population.hh.beta=0.5", 'did you mean "h"?', "--add population.hh.beta=0.5"])
        self.both(3, "m.toml", "--set", "population={ h = { size = 3 }, other = { size = 3 } }", says=['"other"', "--add"])
        self.both(3, "m.toml", "--set", "population.other={ size = 3 }", says=['"other"', "the model has h"])

    def test_a_sweep_over_it_is_refused_before_its_first_cell(self):
        self.refused(3, "sweep", "m.toml", "-q", "--over", "population.hh.beta=0.5,0.9", "-o", "s",
                     says=["--over population.hh.beta=0.5", 'did you mean "h"?'])
        self.assertFalse((self.folder / "s").exists())

    def test_add_makes_a_population_which_set_may_then_change(self):
        network = "-20-7,"
        for arguments in (["--add", "population.top.size=7"],
                          ["--set", "population.top.size=7", "--add", "population.top={ size = 9 }"]):
            self.assertIn(network, self.good("validate", "m.toml", *arguments))
        self.good("sweep", "m.toml", "-q", "--add", "population.top.size=7", "--over", "population.top.beta=0.5,0.9",
                  "-o", "s")
        self.refused(2, "validate", "m.toml", "--add", "population.top", says=["--add population.top", "KEY=VALUE"])

    def test_tables_that_are_there_by_default_need_no_add(self):
        self.good("validate", "m.toml", "--set", "evaluation.every_n_epochs=1", "--set", "learning.loss.kind=softplus",
                  "--set", "learning.loss.theta=2.0")


class Encodings(ModelTest):
    def test_every_unicode_encoding_and_line_end_is_the_same_model(self):
        text = '# "größer" \N{SNAIL}\n' + TOY
        expected = self.good("run", self.write("a.toml", text), "--dry-run")
        windows = text.replace("\n", "\r\n")
        cases = [b"\xef\xbb\xbf" + windows.encode(), text.replace("\n", "\r").encode(), windows.encode()]
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            cases += [windows.encode(encoding), ("\ufeff" + text).encode(encoding)]
        for content in cases:
            self.assertEqual(self.good("run", self.write("b.toml", content), "--dry-run"), expected, content[:24])

    def test_bytes_that_are_no_text_are_named_with_their_place(self):
        cases = {
            'title = "größer"\n'.encode("latin-1"): ["b.toml:1:12", "0xf6", "Latin-1", "iconv"],
            'seed = 1\ntitle = "a – b"\n'.encode("cp1252"): ["b.toml:2:12", "0x96", "Windows-1252"],
            b"seed = 1\ntitle = \"a\0b\"\n": ["b.toml:2:11", "zero byte"],
            b"\xff\xfes\0e\0e": ["b.toml", "UTF-16"],
            b"\xff\xfe\0\xd8s\0": ["b.toml", "UTF-16"],
            b"a = \"\xed\xa0\x80\"\n": ["b.toml:1:6", "0xed"],      # half of a pair, which is no letter
            b"a = \"\xc0\xaf\"\n": ["b.toml:1:6", "0xc0"],          # longer than it has to be
        }
        for content, words in cases.items():
            self.both(3, self.write("b.toml", content), says=words)


class KeysOfOtherTools(ModelTest):
    def check(self, text, *words):
        done = self.sim("validate", self.write("b.toml", TOY + text))
        self.assertEqual(done.returncode, 3, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_the_message_says_where_the_key_lives(self):
        places = {
            "[learning]\nbatch_size = 10": "plan.batch_size", "[training]\nepochs = 3": "plan.epochs",
            "[model]\nlayers = [5, 5]": "population.NAME.size", "[optimizer]\nlr = 0.1": "learning.rate",
            "[train]\nlr = 0.1": "learning.rate", "[train]\nbatch_size = 5": "plan.batch_size",
            "[learning]\nlr = 0.1": "learning.rate", "[network]\nbeta = 0.9": "population.NAME.beta",
            "[learning]\nseed = 3": "it is seed here, above the first [table]",
            "[evaluation]\nthreshold = 1.0": "population.NAME.threshold",
            "[simulation]\ndt = 1.0": "time.dt_ms", "[dataset]\nnum_classes = 3": "overlay.n_labels",
        }
        for text, place in places.items():
            line = 2 + TOY.count("\n")
            self.check(text + "\n", place, f"b.toml:{line}:1")
        done = self.sim("validate", self.write("b.toml", TOY.replace('folder = "d"', 'folder = "d"\nbatch_size = 4')))
        self.assertIn("plan.batch_size", done.stderr)

    def test_words_of_one_table_have_its_meaning(self):
        for text, place in {"[learning]\ndropout_rate = 0.2": "it is learning.dropout here",
                            "[learning]\nthreshold = 2.0": "it is learning.loss.theta here, and it goes with loss = \"softplus\"",
                            '[learning]\ngoodness = { kind = "mean_square", threshold = 2.0 }': "learning.loss.theta",
                            '[learning]\nloss = { kind = "softplus", threshold = 2.0 }': "learning.loss.theta"}.items():
            self.check(text + "\n", place)
        for key, place in (("dropout_rate", "learning.dropout"), ("threshhold", 'did you mean "threshold"')):
            done = self.sim("validate", self.write("b.toml", TOY.replace("size = 20", f"size = 20\n{key} = 0.1")))
            self.assertIn(place, done.stderr)

    def test_every_key_of_the_table_is_answered(self):
        self.check("[training]\nepochs = 3\nlr = 0.1\n", "plan.epochs", "learning.rate", "2 faults")

    def test_a_misspelt_table_is_still_a_misspelt_table(self):
        self.check("[evaluatoin]\nevery_n_epochs = 1\n", 'did you mean "evaluation"?')

    def test_a_dotted_key_below_a_header_is_shown_as_toml_has_it(self):
        text = TOY.replace('size = 20', 'size = 20\ntime.dt_ms = 3.0')
        done = self.sim("validate", self.write("b.toml", text))
        self.assertEqual(done.returncode, 3)
        for word in ("b.toml:11:", "population.h.time.dt_ms", "dt_ms below [time]"):
            self.assertIn(word, done.stderr)


class AllFaults(ModelTest):
    def test_one_message_has_every_fault_by_its_line_and_their_number(self):
        text = TOY.replace("steps = 5", "steps = 0").replace('"lif"', '"lfi"').replace("epochs = 1", 'epochs = "3"')
        text += "bach_size = 3\n[learning]\nrate = -1\n[recording]\nsamples = 3\n"
        self.write("b.toml", text)
        lines = self.both(3, "b.toml").removeprefix("snnff-sim: ").splitlines()
        self.assertEqual([line.split(":")[:2] for line in lines[:-1]],
                         [["b.toml", str(n)] for n in (5, 9, 12, 14, 16, 18)])
        self.assertEqual(lines[-1], "6 faults in b.toml")

    def test_faults_in_other_keys_are_no_consequence_of_the_first(self):
        # The kind that was meant has beta; the list is as long as size should be.
        text = TOY.replace('"lif"', '"lfi"').replace("size = 20", "size = -1\nbeta = [0.9, 0.8]")
        lines = self.both(3, self.write("b.toml", text)).splitlines()
        self.assertEqual(len(lines), 3, lines)

    def test_a_conflict_does_not_hide_the_faults_of_other_tables(self):
        text = TOY.replace("size = 20", "size = 20\nbeta = 0.9\ntau_mem_ms = 3.0").replace("epochs = 1", "epochs = 0")
        message = self.both(3, self.write("b.toml", text), says=["tau_mem_ms", "plan.epochs"])
        self.assertIn("2 faults", message)

    def test_a_value_of_another_type_is_answered_with_an_example(self):
        for key, example in (("plan.epochs=many", "epochs = 20"), ("plan.shuffle=1", "shuffle = true"),
                             ("recording.samples=3", "samples = [0]"), ("learning.rate=[1]", "rate = 0.001"),
                             ("data.folder=3", """--set 'data.folder="3"'""")):
            self.both(3, "m.toml", "--set", key, says=["allowed: ", ", as in " + example])


class SameAsRun(ModelTest):
    def test_keys_below_a_text_are_answered_with_the_text(self):
        for kind, keys, says in (("hdf5", 'train = "t.h5"', 'data.train = "t.h5" is text, and has no keys below it: no data.train.x'),
                                 ("numpy", 'train = "t.npz"', 'or the name of one .npz file would do')):
            self.write("below.toml", f'[data]\nkind = "{kind}"\n{keys}\n[population.a]\nsize = 5\n')
            self.refused(3, "validate", "below.toml", "--set", "data.train.x=b", says=says)

    def test_a_number_beyond_float32_is_refused(self):
        for setting in ("overlay.value=1e39", 'population.h.init={ kind = "normal", sd = 1e39 }', "learning.rate=1e39",
                        "data.scale=1e39", "population.h.threshold=1e39", 'learning.loss={ kind = "softplus", theta = 3.5e38 }'):
            self.both(3, "m.toml", "--set", setting, says="too large for a 32-bit number")

    def test_a_run_file_is_no_model(self):
        self.good("run", "m.toml", "-q", "-o", "r.h5")
        for verb in (["validate"], ["run", "-o", "s.h5"]):
            self.refused(3, *verb, "r.h5", says="r.h5: is an HDF5 file, not a model file; `snnff-sim info` shows")

    def test_an_empty_file_is_no_model(self):
        self.write("empty.toml", "")
        for verb in ("validate", "run"):
            self.refused(3, verb, "empty.toml", says="empty.toml: is empty; `snnff-sim new lif`")

    def test_validate_refuses_what_run_refuses(self):
        for code, settings, words in [
                (3, ["recording.samples=[30]"], ["30", "0 to 29"]),
                (3, ["recording.samples=[0, 99]", 'recording.variables=["spikes"]'], ["99"]),
                (5, ["data.n_train=61"], ["data.n_train = 61", "60 there"]),
                (5, ["data.n_test=31"], ["data.n_test = 31", "30 there"]),
                (5, ["data.n_validation=60"], ["data.n_validation"]),
                (5, ["overlay.n_labels=2"], ["n_labels"]),
                (3, ["population.h.size=1000000", "data.n_train=6", "plan.batch_size=1000000"], []),
                (4, ["data.folder=nowhere"], ["nowhere"]),
                (4, ['population.h.init={ kind = "file", path = "w.h5" }'], ["w.h5"]),
                (3, ["recording.neurons=[20]"], ["20"]),
                (3, ["time.steps=0"], ["time.steps"])]:
            arguments = [word for setting in settings for word in ("--set", setting)]
            done = self.sim("validate", "m.toml", *arguments)
            if not words and done.returncode == 0:
                continue  # this machine has the memory
            self.both(code, "m.toml", *arguments, says=words)


class SeveralFiles(ModelTest):
    def test_each_one_is_looked_at_and_the_first_fault_gives_the_exit_code(self):
        self.write("a.toml", TOY.replace("steps = 5", "steps = 0"))
        self.write("b.toml", TOY.replace('"d"', '"nowhere"'))
        self.write("c.toml", TOY.replace("size = 20", "size = 0").replace("epochs = 1", "epochs = 0"))
        done = self.sim("validate", "a.toml", "m.toml", "b.toml", "c.toml", "gone.toml", "m.toml")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout.count("m.toml: good; "), 2, done.stdout)
        self.assertEqual(done.stdout.count("\n"), 2, done.stdout)
        lines = done.stderr.splitlines()
        for line, words in zip(lines, ["a.toml:5:1", "nowhere", "c.toml:10:1", "c.toml:12:1", "2 faults in c.toml",
                                       "gone.toml", "4 of 6 models"], strict=True):
            self.assertIn(words, line)
        self.assertEqual(self.sim("validate", "m.toml", "b.toml", "a.toml").returncode, 4)
        self.refused(3, "validate", "a.toml", says="a.toml:5:1")


class Words(support.CliTest):
    def test_help_and_version_are_words_too(self):
        self.assertEqual(self.good("help"), self.good("--help"))
        self.assertEqual(self.good("version"), self.good("--version"))
        self.assertEqual(self.good("help", "run"), self.good("run", "--help"))
        self.refused(2, "hepl", says='did you mean "help"?')
        self.refused(2, "help", "rnu", says='no verb "rnu"; did you mean "run"?')
        self.refused(2, "help", "nosuch", says='no verb "nosuch"')
        self.refused(2, "nosuch", "--help", says='no verb "nosuch"')
        self.assertEqual(self.good("help", "help"), self.good("--help"))

    def test_the_exit_codes_are_the_last_line_of_help(self):
        last = self.good("--help").rstrip("\n").splitlines()[-1]
        self.assertTrue(last.startswith("Exit codes: 0 done, 1 failed, 2 usage, 3 model, 4 file, 5 data"), last)

    def test_numbers_beyond_any_machine_are_refused(self):
        for value in ("-1", "4097", "18446744073709551615", "1e3", "2.5", ""):
            for verb in ("run", "sweep", "compare", "reproduce", "eval", "trace", "resume"):
                self.refused(2, verb, "x", f"--threads={value}", says="--threads")
        self.refused(2, "run", self.model, "--seed=-1", says="--seed")
        self.refused(2, "sweep", self.model, "--seeds=1,-1", says="--seeds")
        for value in ("-1", "0", "1000001"):
            self.refused(2, "trace", "x.h5", "-o", "y.h5", f"--steps={value}", says="--steps")


if __name__ == "__main__":
    unittest.main()
