from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from support.client import Client
from support.processes import NATSServer, Service, run
from support.tokens import Forge, KeyFile

PREFIXES = count(1)


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NATSServer]:
    """The one that most tests share. Who needs to hurt a server starts another."""
    server = NATSServer(tmp_path_factory.mktemp("nats-server")).start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NATSServer]:
    """A server that a test may hurt."""
    server = NATSServer(tmp_path_factory.mktemp("nats-server")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ledger_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NATSServer]:
    """The one that replicas with their ledger on JetStream share: on the other, what is said between replica and ledger
    would be in the way of tests that listen to everything."""
    server = NATSServer(tmp_path_factory.mktemp("ledger-server")).start()
    yield server
    server.stop()


def generate_keys(directory: Path, *options: str) -> Path:
    path = directory / "keys.json"
    made = run("keys", "generate", "--keys", path, *options)
    assert made.returncode == 0, made.stderr
    return path


def serving(server: NATSServer, directory: Path, ledger: str) -> Iterator[Service]:
    generate_keys(directory)
    service = Service(server, directory, ledger=ledger).start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def memory_service(nats_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from serving(nats_server, tmp_path_factory.mktemp("memory-service"), "memory")


@pytest.fixture(scope="session")
def jetstream_service(ledger_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from serving(ledger_server, tmp_path_factory.mktemp("jetstream-service"), "jetstream")


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    """A replica as it comes, with every default; its ledger is the one in memory unless a test asks for both."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'memory')}_service")


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
    ) -> Service:
        directory = self._make_directory("service")
        choice = ("--algorithm", algorithm) if algorithm else ()
        keys = keys or generate_keys(directory, *choice)
        prefix = f"prefix{next(PREFIXES)}" if prefix is None else prefix
        server = server or self.server
        service = Service(server, directory, *choice, *options, keys=keys, prefix=prefix, ledger=ledger, url=url)
        self.services.append(service)
        return service.start()

    def start_replicas(self, count: int, *options: str, keys: Path | None = None, **how) -> list[Service]:
        """Replicas that share their keys and a ledger on JetStream, but no subject, so that a test can say which of them
        it asks: what they agree on, they agree on by the ledger alone."""
        replicas: list[Service] = []
        for _ in range(count):
            replicas.append(self.start(*options, ledger="jetstream", keys=keys, **how))
            keys = replicas[0].keys
        return replicas

    def stop(self) -> None:
        for service in self.services:
            service.stop()


@pytest.fixture(scope="module")
def start_service(nats_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Service]]:
    fleet = Fleet(nats_server, tmp_path_factory)
    yield fleet.start
    fleet.stop()


@pytest.fixture(scope="module")
def start_replicas(
    ledger_server: NATSServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., list[Service]]]:
    fleet = Fleet(ledger_server, tmp_path_factory)
    yield fleet.start_replicas
    fleet.stop()


@pytest.fixture
def fleet(own_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Replicas of one test, on a server that it may hurt."""
    fleet = Fleet(own_server, tmp_path_factory)
    yield fleet
    fleet.stop()


@pytest_asyncio.fixture
async def client(service: Service) -> AsyncIterator[Client]:
    async with service.connect() as client:
        yield client


@pytest.fixture
def key_file(service: Service) -> KeyFile:
    return KeyFile(service.keys)


@pytest_asyncio.fixture
async def forge(client: Client, key_file: KeyFile) -> Forge:
    """Forges after a fresh pair of the shared service."""
    return Forge(key_file, await client.generate())
