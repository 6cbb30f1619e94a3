"""The NATS protocol by hand, for what a well-behaved client library refuses to send."""

import json
import socket
from urllib.parse import urlparse


class RawClient:
    def __init__(self, url: str, **login: str) -> None:
        address = urlparse(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=5)
        self._lines = self._socket.makefile("rb")
        assert self._lines.readline().startswith(b"INFO ")
        options = {"verbose": False, "pedantic": False, "headers": True} | {k: login[k] for k in ("user", "pass") if k in login}
        self._socket.sendall(b"CONNECT " + json.dumps(options).encode() + b"\r\n")
        self.flush()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        head = " ".join(filter(None, ("PUB", subject, reply, str(len(payload)))))
        self._socket.sendall(head.encode() + b"\r\n" + payload + b"\r\n")

    def subscribe(self, subject: str, queue: str = "") -> None:
        self._socket.sendall(" ".join(filter(None, ("SUB", subject, queue, "1"))).encode() + b"\r\n")

    def flush(self) -> None:
        """Returns when the server has dealt with everything sent before; it must not have complained."""
        complaints = self.complaints()
        assert complaints == []

    def complaints(self) -> list[str]:
        """What the server says against anything sent before. For a connection to which nothing is delivered."""
        self._socket.sendall(b"PING\r\n")
        complaints: list[str] = []
        while (line := self._lines.readline()) != b"PONG\r\n":
            if line == b"PING\r\n":
                self._socket.sendall(b"PONG\r\n")
            elif line.startswith(b"-ERR "):
                complaints.append(line.decode().strip())
            else:
                assert line.startswith(b"INFO "), line
        return complaints
