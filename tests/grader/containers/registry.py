"""A registry that takes whatever is pushed: as much of the specification as that needs.

https://github.com/opencontainers/distribution-spec, "Push"; blobs and manifests stay in memory.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@contextmanager
def registry(status: int = 0) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Serve on a port of this host; yield its address, and what was pushed by digest or tag.

    With a `status`, every upload is answered with that.
    """
    kept: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, code: int, **headers: str) -> None:
            self.send_response(code)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        def do_GET(self) -> None:
            self.answer(200, Docker_Distribution_Api_Version="registry/2.0")

        def do_HEAD(self) -> None:
            self.answer(200 if self.path.rpartition("/")[2] in kept else 404)

        def do_POST(self) -> None:
            self.body()
            self.answer(status or 202, Location=f"{self.path.partition('?')[0]}one")

        def do_PATCH(self) -> None:
            kept[self.path] = kept.get(self.path, b"") + self.body()
            end = len(kept[self.path]) - 1
            self.answer(202, Location=self.path, Range=f"0-{end}")

        def do_PUT(self) -> None:
            url = urlsplit(self.path)
            data = kept.pop(url.path, b"") + self.body()
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert parse_qs(url.query).get("digest", [digest]) == [digest]
            kept[digest] = kept[url.path.rpartition("/")[2]] = data
            self.answer(201, Location=self.path, Docker_Content_Digest=digest)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", kept
        finally:
            server.shutdown()
            thread.join()
