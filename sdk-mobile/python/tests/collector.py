"""Collectors for the tests: one that keeps what it is sent, and the real one."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import queue
import re
import subprocess
import threading
import urllib.request
import zlib


class StubCollector:
    """Answers every batch with a receipt, and keeps the events in ``events``."""

    def __init__(self, status: int = 200) -> None:
        self.events: list[dict] = []
        self.batches: list[dict] = []
        self.status = status
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                batch = json.loads(body(self))
                if stub.status == 200:
                    stub.batches.append(batch)
                    stub.events.extend(batch["batch"])
                results = [{"messageId": event["messageId"], "verdict": "ok"} for event in batch["batch"]]
                answer = json.dumps({"results": results}).encode()
                self.send_response(stub.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def body(request: http.server.BaseHTTPRequestHandler) -> bytes:
    raw = request.rfile.read(int(request.headers["Content-Length"]))
    encoding = request.headers.get("Content-Encoding")
    if encoding == "gzip":
        return gzip.decompress(raw)
    if encoding == "deflate":
        return zlib.decompress(raw)
    return raw


class RealCollector:
    """``holloway collect`` on a free port."""

    START_SECONDS = 30

    def __init__(self, program: str, folder: str) -> None:
        self._process = subprocess.Popen(
            [program, "collect", "--listen", "127.0.0.1:0", "--data", folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        self.printed: list[str] = []
        address: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(address,), daemon=True).start()
        try:
            url = address.get(timeout=self.START_SECONDS)
        except queue.Empty:
            url = None
        if url is None:
            self.close()
            raise AssertionError(f"{program} collect printed no address, but: {''.join(self.printed)!r}")
        self.url = url

    def fates(self) -> dict[str, int]:
        """Events by what became of them."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return {fate: int(count) for fate, count in re.findall(r'holloway_events_total\{fate="(\w+)"\} (\d+)', text)}

    def stop(self) -> None:
        """Ends it in order; its folder is free then."""
        self._process.terminate()
        self._process.wait(timeout=30)

    def close(self) -> None:
        self.stop()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self, address: queue.Queue[str | None]) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self.printed.append(line)
                if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                    address.put(f"http://127.0.0.1:{found[1]}")
        except ValueError:
            pass  # closed while reading
        address.put(None)
