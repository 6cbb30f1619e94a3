"""Real processes: nats-servers on free loopback ports and replicas of the service, ended by process id."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import nats

from .client import Client

ROOT = Path(__file__).resolve().parents[3]
NATS_SERVER = os.environ.get("NATS_SERVER", str(ROOT / ".build-tools/venv/bin/nats-server"))
BINARY = os.environ.get("TOKEN_SERVICE_BINARY", str(ROOT / ".build/debug/token-service"))

CONFIGURATIONS = ROOT / "deploy/nats-server"

START_SECONDS = 10
# The service promises to drain within 25 s, also when answers cannot be delivered; some more, so that it is what ends it.
STOP_SECONDS = 35


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without anything that would configure the service behind a test's back."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TOKEN_SERVICE_", "NATS_"))}
    return kept | changes


def run(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs the service's command line to its end."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )


def await_condition(condition: Callable[[], object], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    """Like `await_condition`, for what has to be asked for."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.01)


def free_port() -> int:
    """For the few tests that must know the port before the server has it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Access:
    """How to log in to a server: a caller as nats-py takes it, the service by its environment."""

    caller: dict[str, str] = field(default_factory=dict)
    service: dict[str, str] = field(default_factory=dict)


class NATSServer:
    """One nats-server. Its port is picked by itself at first and kept over restarts, as its store is."""

    def __init__(
        self,
        directory: Path,
        port: int = -1,
        config: Path = CONFIGURATIONS / "local.conf",
        options: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
        access: Access = Access(),
        program: str | Path = NATS_SERVER,
    ) -> None:
        """`options` go to its command line, `variables` to its environment; `access` is how clients of it log in."""
        self.directory = directory
        self.config = config
        self.port = port
        self.options = options
        self.variables = variables or {}
        self.access = access
        self.program = program
        self.monitoring = ""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> "NATSServer":
        with open(self.directory / "nats-server.log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.program, "--config", self.config),
                    *("--addr", "127.0.0.1", "--port", str(self.port), "--http_port", "-1"),
                    *("--ports_file_dir", self.directory, "--store_dir", self.directory),
                    *self.options,
                ],
                env=environment(**self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        ports_file = self.directory / f"nats-server_{self.process.pid}.ports"

        def addresses_are_known() -> bool:
            assert self.process.poll() is None, (self.directory / "nats-server.log").read_text()
            try:
                ports = json.loads(ports_file.read_text())
            except (FileNotFoundError, ValueError):
                return False
            self.port = int(ports["nats"][0].rsplit(":", 1)[1])
            self.monitoring = ports["monitoring"][0]
            return True

        await_condition(addresses_are_known, START_SECONDS, "nats-server listens")
        return self

    def kill(self) -> None:
        """As a machine dies: no goodbye to any client."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """It keeps its connections and says nothing: a machine that hangs, or a network that swallows everything."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.resume()
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def copy_store(self, copy: Path) -> None:
        """As a backup by files is taken; of a server that is stopped."""
        shutil.copytree(self.directory / "jetstream", copy)

    def restore_store(self, copy: Path) -> None:
        shutil.rmtree(self.directory / "jetstream", ignore_errors=True)
        if copy.exists():
            shutil.copytree(copy, self.directory / "jetstream")

    def connect(self, **options):
        """A client that may do everything that `access` allows a caller."""
        return nats.connect(self.url, **self.access.caller | options)

    def monitor(self, path: str) -> dict:
        """What the server itself says: `varz`, `connz`, `jsz`, `healthz` …"""
        with urlopen(f"{self.monitoring}/{path}", timeout=5) as answer:
            return json.load(answer)

    def connections(self) -> list[dict]:
        """What the server itself says of its clients, with their subscriptions."""
        return self.monitor("connz?subs=detail")["connections"]


class Service:
    """One replica, with its log in a file. Every token that a client of it saw is remembered, to be missed in the log."""

    def __init__(
        self,
        server: NATSServer,
        directory: Path,
        *options: str,
        keys: Path | None = None,
        prefix: str = "",
        ledger: str = "memory",
        url: str | None = None,
    ) -> None:
        """`url` is for a replica that does not reach its server straight."""
        self.server = server
        self.ledger = ledger
        self.url = url
        self.directory = directory
        self.prefix = prefix
        self.keys = keys or directory / "keys.json"
        self.options = [*options, *(("--subject-prefix", prefix) if prefix else ())]
        self.secrets: set[str] = set()
        self.process: subprocess.Popen[bytes] | None = None
        # What an earlier run of the same replica has said.
        self.log_before = ""

    def launch(self, **variables: str) -> "Service":
        """Starts the process without waiting for it to serve."""
        self.log_before = self.log
        with open(self.directory / "service.log", "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--keys", self.keys, "--ledger", self.ledger, "--loops", "1", *self.options],
                env=environment(**{"NATS_URL": self.url or self.server.url} | self.server.access.service | variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self

    def start(self, **variables: str) -> "Service":
        self.launch(**variables)

        def is_serving() -> bool:
            assert self.process.poll() is None, self.log
            return re.search(r"\bserving\b", self.log.removeprefix(self.log_before)) is not None

        await_condition(is_serving, START_SECONDS, "the service serves")
        return self

    @property
    def log(self) -> str:
        log = self.directory / "service.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def subject(self, operation: str) -> str:
        return f"{self.prefix}.{operation}" if self.prefix else operation

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        return self.process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Ends it as an orchestrator would, and holds it to what it promises about its end and its log."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.terminate()
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        assert status == 0, f"ended with status {status}:\n{self.log}"
        self.assert_log_holds_no_secret()

    def kill(self) -> None:
        """As a machine dies, or a supervisor loses patience; nothing is promised then but by the ledger."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def assert_log_holds_no_secret(self) -> None:
        log = self.log
        for secret in self.secrets:
            assert secret not in log, "the log holds a token"

    @asynccontextmanager
    async def connect(self, **options):
        """A client of this replica; replies are checked against the contract as they come."""
        connection = await self.server.connect(**{"allow_reconnect": False} | options)
        try:
            yield Client(connection, self.prefix, self.secrets)
        finally:
            await connection.close()
