"""Receivers of notifications on loopback: web servers that take, refuse or never answer, and a mail server."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

WAIT_SECONDS = 60.0


@dataclass
class Web:
    """A web server.

    Attributes:
        port: On 127.0.0.1.
        posts: Path and body of each POST.
        came: Gets the body of each as it comes.
    """

    port: int
    posts: list[tuple[str, str]] = field(default_factory=list)
    came: Queue[str] = field(default_factory=Queue)

    def next_json(self) -> dict[str, Any]:
        """The body of the next POST, which has come or is waited for."""
        return cast(dict[str, Any], json.loads(self.came.get(timeout=WAIT_SECONDS)))


@contextmanager
def web(status: int = 200) -> Iterator[Web]:
    """Answers each POST so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            up.posts.append((self.path, body))
            up.came.put(body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        up = Web(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield up
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """The port of one that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    """One on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Mail:
    """A mail server.

    Attributes:
        port: On 127.0.0.1.
        letters: What came.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail() -> Iterator[Mail]:
    """Takes every letter."""
    up = Mail()
    controller = Controller(up, "127.0.0.1", closed_port())
    controller.start()
    up.port = controller.port
    try:
        yield up
    finally:
        controller.stop()
