"""A headless Chromium to open pages in, spoken to in its DevTools protocol over a pair of pipes."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path


def program():
    """A Chromium that sees the files of this machine, as one in a snap does not; None if there is none."""
    found = filter(None, map(shutil.which, ("chromium", "google-chrome")))
    return next((path for path in found if "/snap/" not in os.path.realpath(path) and "/snap/" not in path), None)


class Browser:
    """One page; what it writes to its console and throws is kept in `problems`."""

    def __init__(self, timeout_s=60):
        self.timeout_s = timeout_s
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()

        def at_3_and_4():
            # as Chromium expects them; by way of higher numbers, as they may be 4 and 3 here
            ends = [os.dup(fd) for fd in (to_browser, from_browser, to_browser, from_browser)][-2:]
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=at_3_and_4,
            close_fds=False)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.n_asked, self.session, self.problems, self.loaded = b"", 0, None, [], False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        self.profile.cleanup()

    def ask(self, method, **parameters):
        self.n_asked += 1
        message = {"id": self.n_asked, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self.timeout_s
        while True:
            answer = self.receive(deadline, method)
            if answer.get("id") == self.n_asked:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self, deadline, what):
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium did not answer {what} within {self.timeout_s} s")
            received = os.read(self.answers, 1 << 20)
            if not received:
                raise RuntimeError(f"Chromium ended at {what}")
            self.buffer += received
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        self.note(message.get("method"), message.get("params", {}))
        return message

    def note(self, event, parameters):
        if event == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"])[:2000])
        elif event == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.problems.append(json.dumps(parameters["args"])[:2000])
        elif event == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.problems.append(json.dumps(parameters["entry"])[:2000])
        elif event == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:", "about:")):
                self.problems.append(f"asks the network for {url}")
        elif event == "Page.loadEventFired":
            self.loaded = True

    def open(self, path, width, height=900):
        """Opens a file in a window of that many pixels and waits for it to be loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.loaded = False
        self.ask("Page.navigate", url=Path(path).resolve().as_uri())
        deadline = time.monotonic() + self.timeout_s
        while not self.loaded:
            self.receive(deadline, f"opening {path}")

    def run(self, script):
        """The value of an expression of JavaScript, or of what it promises."""
        result = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, script):
        deadline = time.monotonic() + self.timeout_s
        while not (value := self.run(script)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{script} did not come true within {self.timeout_s} s; problems: {self.problems}")
            time.sleep(0.05)
        return value

    def screenshot(self, path, whole=True):
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=whole, **self.clip() if whole else {})
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def clip(self):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}
