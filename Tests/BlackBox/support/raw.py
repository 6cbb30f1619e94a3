"""The NATS protocol by hand, for what a well-behaved client library refuses to send."""

import socket
from urllib.parse import urlparse


class RawClient:
    def __init__(self, url: str) -> None:
        address = urlparse(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=5)
        self._lines = self._socket.makefile("rb")
        assert self._lines.readline().startswith(b"INFO ")
        self._socket.sendall(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n')
        self.flush()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        head = " ".join(filter(None, ("PUB", subject, reply, str(len(payload)))))
        self._socket.sendall(head.encode() + b"\r\n" + payload + b"\r\n")

    def flush(self) -> None:
        """Returns when the server has dealt with everything sent before; it must not have complained."""
        self._socket.sendall(b"PING\r\n")
        while (line := self._lines.readline()) != b"PONG\r\n":
            assert line == b"PING\r\n" or line.startswith(b"INFO "), line
            if line == b"PING\r\n":
                self._socket.sendall(b"PONG\r\n")
