"""A TCP proxy on loopback that can swallow what goes through it: a network that breaks without telling anybody."""

import socket
import threading
from collections.abc import Callable

# Told the first bytes that a connection's client sent and the direction (upstream is from client to server), says
# whether to hold back what goes there.
Rule = Callable[[bytes, bool], bool]


def everything(hello: bytes, upstream: bool) -> bool:
    return True


class Proxy:
    """Listens on a port of its own and forwards to `target_port`, where nobody has to listen yet.

    What is held back is not lost: it goes on when healed, as TCP's own retransmissions would.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self._changed = threading.Condition()
        self._holds_back: Rule | None = None
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def cut(self, rule: Rule = everything) -> None:
        with self._changed:
            self._holds_back = rule

    def heal(self) -> None:
        with self._changed:
            self._holds_back = None
            self._changed.notify_all()

    def close(self) -> None:
        # Without the shutdown a thread that waits in `accept` would go on.
        shut_down(self._listener)
        self._listener.close()
        self.heal()
        for end in self._sockets:
            shut_down(end)
        for thread in self._threads:
            thread.join()

    def _start(self, run: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
            except OSError:
                return
            with server:
                server.settimeout(None)
                self._sockets += (client, server)
                hello = bytearray()
                back = self._start(self._pump, server, client, False, hello)
                self._pump(client, server, True, hello)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, upstream: bool, hello: bytearray) -> None:
        try:
            while data := source.recv(65_536):
                if upstream and not hello:
                    hello += data
                with self._changed:
                    self._changed.wait_for(lambda: not (self._holds_back and self._holds_back(bytes(hello), upstream)))
                sink.sendall(data)
        except OSError:
            pass
        shut_down(source)
        shut_down(sink)


def shut_down(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
