"""A server of rendered pages and static files with the security policy of production; it records every form."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.staticfiles import finders


@dataclass(frozen=True)
class Answer:
    body: str
    status: int = 200
    content_type: str = "text/html; charset=utf-8"


def policy() -> str:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@dataclass
class PageServer:
    """The server; ``pages`` maps paths to responses, and ``posted`` has every form that arrived."""

    pages: dict[str, str] = field(default_factory=dict)
    answer: Answer = field(default_factory=lambda: Answer("", 204))
    posted: list[dict[str, list[str]]] = field(default_factory=list)

    def __enter__(self) -> PageServer:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path in owner.pages:
                    self._send(200, "text/html; charset=utf-8", owner.pages[path].encode())
                else:
                    self._send_static(path)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.posted.append(_form(self.headers["Content-Type"], body))
                self._send(owner.answer.status, owner.answer.content_type, owner.answer.body.encode())

            def _send_static(self, path: str) -> None:
                static = path.startswith(settings.STATIC_URL)
                found = finders.find(path.removeprefix(settings.STATIC_URL)) if static else None
                if not found:
                    return self._send(404, "text/plain", b"")
                return self._send(200, guess_type(path)[0] or "text/plain", Path(found).read_bytes())

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Security-Policy", policy())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        return Handler


def _form(content_type: str, body: bytes) -> dict[str, list[str]]:
    """Return the fields of a form, in either of the two encodings."""
    if not content_type.startswith("multipart/"):
        return parse_qs(body.decode(), keep_blank_values=True)
    fields: dict[str, list[str]] = {}
    for part in message_from_bytes(b"Content-Type: %s\r\n\r\n" % content_type.encode() + body).walk():
        name = part.get_param("name", header="Content-Disposition")
        if name:
            fields.setdefault(str(name), []).append(part.get_payload(decode=True).decode())  # type: ignore[union-attr]
    return fields
