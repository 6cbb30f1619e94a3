import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.client import Client
from support.fleet import Fleet, generate_keys
from support.processes import NATSServer, Service
from support.tokens import Forge, KeyFile

# A run in the background of a shell ignores SIGINT, and so would all that it starts: the tests that send one would wait for
# ever. With a handler here, children have the default.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
