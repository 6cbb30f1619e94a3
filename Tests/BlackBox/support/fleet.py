"""Replicas by the dozen."""

from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from .processes import NATSServer, Service, run

PREFIXES = count(1)


def generate_keys(directory: Path, *options: str) -> Path:
    path = directory / "keys.json"
    made = run("keys", "generate", "--keys", path, *options)
    assert made.returncode == 0, made.stderr
    return path


class Fleet:
    """Starts replicas with options of their own, each under a subject prefix of its own unless told otherwise."""

    def __init__(self, server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.server = server
        self.services: list[Service] = []
        self._make_directory = tmp_path_factory.mktemp

    def start(
        self,
        *options: str,
        server: NATSServer | None = None,
        prefix: str | None = None,
        algorithm: str | None = None,
        keys: Path | None = None,
        ledger: str = "memory",
        url: str | None = None,
        is_awaited: bool = True,
    ) -> Service:
        directory = self._make_directory("service")
        choice = ("--algorithm", algorithm) if algorithm else ()
        keys = keys or generate_keys(directory, *choice)
        prefix = f"prefix{next(PREFIXES)}" if prefix is None else prefix
        server = server or self.server
        service = Service(server, directory, *choice, *options, keys=keys, prefix=prefix, ledger=ledger, url=url)
        self.services.append(service)
        return service.start() if is_awaited else service.launch()

    def start_replicas(self, count: int, *options: str, keys: Path | None = None, **how) -> list[Service]:
        """Replicas that share their keys and a ledger on JetStream, but no subject, so that a test can say which of them
        it asks: what they agree on, they agree on by the ledger alone."""
        replicas: list[Service] = []
        for _ in range(count):
            replicas.append(self.start(*options, ledger="jetstream", keys=keys, **how))
            keys = replicas[0].keys
        return replicas

    def stop(self) -> None:
        """All of them, also when one does not end as it should."""
        with ExitStack() as stack:
            for service in self.services:
                stack.callback(service.stop)
