"""Completion in bash offers what snnff-sim takes, and keeps up with its options."""
import re
import shlex
import subprocess
import unittest

import support

SCRIPTS = support.ROOT / "tools" / "completion"


class Completion(support.CliTest):
    def complete(self, *words):
        """What bash offers for the last of the words."""
        line = " ".join(shlex.quote(str(w)) for w in words)
        script = f"""
            source {SCRIPTS}/snnff-sim.bash
            compopt() {{ :; }}  # has a meaning only inside a real completion
            COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}
            _snnff_sim "${{COMP_WORDS[0]}}" "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}"
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=self.folder, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_verbs_files_and_keys_are_offered(self):
        self.write("a.h5", "")
        self.assertEqual(self.complete(support.SIM, "va"), ["validate"])
        self.assertEqual(self.complete(support.SIM, "run", ""), ["small.toml"])
        self.assertEqual(self.complete(support.SIM, "info", ""), ["a.h5"])
        self.assertEqual(self.complete(support.SIM, "new", "l"), ["lif"])
        self.assertEqual(self.complete(support.SIM, "explain", "time.st"), ["time.steps"])
        self.assertEqual(self.complete(support.SIM, "run", "--set", "plan.ep"), ["plan.epochs=", "plan.episodes="])
        self.assertEqual(self.complete(support.SIM, "sweep", "--over", "time.st"), ["time.steps="])
        self.assertEqual(self.complete(support.SIM, "sweep", ""), ["small.toml"])
        (self.folder / "grid").mkdir()
        self.assertEqual(self.complete(support.SIM, "sweep", "-o", ""), ["grid"])

    def test_every_option_of_every_verb_is_known_to_both_shells(self):
        zsh = (SCRIPTS / "_snnff-sim").read_text(encoding="utf-8")
        for verb in ["run", "resume", "eval", "trace", "export", "compare", "sweep", "reproduce", "info", "validate", "new", "explain"]:
            options = set(re.findall(r"(?m)^ +(?:-\w,)?(--[\w-]+)", self.good(verb, "--help"))) - {"--help"}
            self.assertEqual(set(self.complete(support.SIM, verb, "--")) - {"--help"}, options)
            for option in options:
                self.assertIn(option, zsh)


if __name__ == "__main__":
    unittest.main()
