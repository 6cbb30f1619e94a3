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


def generate_keys(directory: Path, *options: str) -> Path:
    path = directory / "keys.json"
    made = run("keys", "generate", "--keys", path, *options)
    assert made.returncode == 0, made.stderr
    return path


@pytest.fixture(scope="session")
def service(nats_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A replica as it comes: no prefix, every default."""
    directory = tmp_path_factory.mktemp("service")
    generate_keys(directory)
    service = Service(nats_server, directory).start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def start_service(nats_server: NATSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Service]]:
    """Starts replicas with options of their own, each under a subject prefix of its own unless told otherwise."""
    services: list[Service] = []

    def start(
        *options: str,
        server: NATSServer = nats_server,
        prefix: str | None = None,
        algorithm: str | None = None,
        keys: Path | None = None,
    ) -> Service:
        directory = tmp_path_factory.mktemp("service")
        choice = ("--algorithm", algorithm) if algorithm else ()
        keys = keys or generate_keys(directory, *choice)
        prefix = f"prefix{next(PREFIXES)}" if prefix is None else prefix
        services.append(Service(server, directory, *choice, *options, keys=keys, prefix=prefix))
        return services[-1].start()

    yield start
    for service in services:
        service.stop()


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
