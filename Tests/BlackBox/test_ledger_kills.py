"""Processes that die in the middle of a burst: whatever was acknowledged is in the ledger, and the service is back by itself."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import nats.errors
import pytest

from support.client import Client, Pair
from support.fleet import Fleet
from support.ledger import ledger_of
from support.processes import NATSServer, Service
from support.scale import figures, scale
from support.tokens import claims

IN_FLIGHT = 64
# More than are answered before the kill.
PAIRS = 600
BACK_SECONDS = 10


@dataclass
class Burst:
    """Blacklistings, as many in flight as fit, until there are no more or nobody answers."""

    pairs: list[Pair]
    acknowledged: list[Pair] = field(default_factory=list)
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, client: Client) -> None:
        left = iter(self.pairs)
        await asyncio.gather(*(self._one_after_another(client, left) for _ in range(IN_FLIGHT)))

    async def _one_after_another(self, client: Client, left: Iterator[Pair]) -> None:
        for pair in left:
            request = json.dumps({"refresh_token": pair.refresh, "access_token": pair.access}).encode()
            try:
                # Without the checks of `ask`, which would be most of the time.
                reply = await client.connection.request(client.subject("blacklist_tokens"), request, timeout=1)
            except (nats.errors.Error, OSError):
                return
            if reply.headers is None and reply.data == b"{}":
                self.acknowledged.append(pair)
                self.has_begun.set()


async def killed_in_a_burst(service: Service, kill: Callable[[], Awaitable[None]]) -> Burst:
    """The kill comes at any moment of the burst."""
    async with service.connect() as client:
        burst = Burst(await asyncio.gather(*(client.generate() for _ in range(PAIRS))))
        bursting = asyncio.create_task(burst.run(client))
        begun = asyncio.create_task(burst.has_begun.wait())
        # Also when a server that has just come back, on a busy machine, acknowledges nothing in time.
        await asyncio.wait({begun, bursting}, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        await asyncio.sleep(random.uniform(0, 0.1))
        await kill()
        await bursting
    return burst


async def serves(service: Service) -> float:
    """How long it took until there was an answer."""
    began = time.monotonic()
    while True:
        try:
            async with service.connect(connect_timeout=1) as client:
                await client.generate()
                return time.monotonic() - began
        except (nats.errors.Error, OSError):
            assert time.monotonic() < began + BACK_SECONDS, f"not served within {BACK_SECONDS} s:\n{service.log}"
            await asyncio.sleep(0.02)


async def assert_in_the_stream(server: NATSServer, pairs: list[Pair]) -> None:
    async with ledger_of(server) as ledger:
        stored = await ledger.revoked()
    lost = [pair for pair in pairs if not {claims(pair.access)["jti"], claims(pair.access)["sid"]} <= stored]
    assert not lost, f"{len(lost)} of {len(pairs)} acknowledged blacklistings are not in the stream"


async def assert_revoked(service: Service, pairs: list[Pair]) -> None:
    async with service.connect() as client:
        for start in range(0, len(pairs), 256):
            reasons = await asyncio.gather(*(client.reason(pair.access) for pair in pairs[start : start + 256]))
            assert set(reasons) <= {"revoked"}


@pytest.mark.timeout(7200)
async def test_a_service_that_is_killed_in_a_burst_has_lost_nothing_that_it_acknowledged(
    own_server: NATSServer, fleet: Fleet
) -> None:
    kills = scale("SERVICE_KILLS", 3)
    (service,) = fleet.start_replicas(1)
    acknowledged: list[Pair] = []

    async def kill() -> None:
        service.kill()
        await asyncio.to_thread(service.start)

    for _ in range(kills):
        burst = await killed_in_a_burst(service, kill)
        # What it knows now it has from the stream.
        await assert_revoked(service, burst.acknowledged)
        acknowledged += burst.acknowledged
    assert len(acknowledged) > kills
    await assert_in_the_stream(own_server, acknowledged)
    await assert_revoked(service, acknowledged)
    figures(
        f"{kills} kills of the service: {len(acknowledged)} of {kills * PAIRS} blacklistings were acknowledged, 0 of these lost"
    )


@pytest.mark.timeout(7200)
async def test_a_server_that_is_killed_in_a_burst_has_lost_nothing_that_was_acknowledged(
    own_server: NATSServer, fleet: Fleet
) -> None:
    kills = scale("SERVER_KILLS", 3)
    (service,) = fleet.start_replicas(1)
    acknowledged: list[Pair] = []
    back: list[float] = []

    async def kill() -> None:
        own_server.kill()
        await asyncio.to_thread(own_server.start)
        back.append(await serves(service))

    for _ in range(kills):
        burst = await killed_in_a_burst(service, kill)
        await assert_in_the_stream(own_server, burst.acknowledged)
        acknowledged += burst.acknowledged
    assert len(acknowledged) > kills
    await assert_in_the_stream(own_server, acknowledged)
    (fresh,) = fleet.start_replicas(1, keys=service.keys)
    await assert_revoked(fresh, acknowledged)
    assert "the ledger has lost revocations" not in service.log
    figures(
        f"{kills} kills of nats-server: {len(acknowledged)} of {kills * PAIRS} blacklistings were acknowledged, 0 of these lost; "
        f"served again after {sorted(back)[len(back) // 2]:.2f} s (median), {max(back):.2f} s (longest)"
    )
