"""A benchmark program that answers over a pipe."""
import json
import subprocess


class Serving:
    """`snnff-bench serve`: a command per line, a line of JSON as the answer."""

    def __init__(self, program, **options):
        self.process = subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        **options)

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error:
            self.process.kill()  # it may be no benchmark at all, and never end
        self.process.communicate()

    def ask(self, *words):
        command = " ".join(map(str, words))
        try:
            print(command, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RuntimeError(f"snnff-bench ended at \"{command}\"")
        answer = json.loads(answer)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"snnff-bench, \"{command}\": {answer['error']}")
        return answer
