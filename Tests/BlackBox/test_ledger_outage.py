"""The ledger out of reach, or full: an answer is right, a 503, or not there."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats.errors
import pytest

from support.accounts import ACCESS, PASSWORDS, configurations_for_prefixes
from support.client import Client, Pair
from support.fleet import Fleet
from support.ledger import LOST_SIGHT, ledger_of
from support.processes import NATSServer, Service, eventually
from support.proxy import Proxy

MAX_STALENESS = 5

# Beyond the bound: how often it is looked at, and a machine with other things to do.
SLACK_SECONDS = 1.5
BACK_SECONDS = 5


@dataclass
class Watch:
    """Asks without a pause, and notes when which answer came to a question; a question without an answer is none."""

    valid: list[float] = field(default_factory=list)
    revoked: list[float] = field(default_factory=list)
    unavailable: list[float] = field(default_factory=list)
    # Not by cancelling: `asyncio.wait_for`, under a request of nats-py, can lose that.
    is_over: bool = False

    async def ask(self, client: Client, access_token: str) -> None:
        while not self.is_over:
            asked = time.monotonic()
            try:
                reply = await client.ask("verify_token", {"access_token": access_token}, timeout=1)
            except nats.errors.Error:
                await asyncio.sleep(0.02)
                continue
            if reply.code is not None:
                assert reply.code == 503, reply
                self.unavailable.append(asked)
            elif reply["valid"]:
                self.valid.append(asked)
            else:
                assert reply["reason"] == "revoked", reply
                self.revoked.append(asked)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(client: Client, access_token: str) -> AsyncIterator[Watch]:
    watch = Watch()
    task = asyncio.create_task(watch.ask(client, access_token))
    try:
        yield watch
    finally:
        watch.is_over = True
        await task


@pytest.fixture
def restricted_server(tmp_path: Path) -> Iterator[NATSServer]:
    """With the two users that tell a proxy which connection is the ledger's."""
    config = configurations_for_prefixes(tmp_path) / "single.conf"
    server = NATSServer(tmp_path, config=config, variables=PASSWORDS, access=ACCESS).start()
    yield server
    server.stop()


def in_queue(service: Service) -> bool:
    subject = service.subject("verify_token")
    return any(
        entry["subject"] == subject
        for connection in service.server.monitor("connz?subs=detail&acc=TOKENS")["connections"]
        for entry in connection.get("subscriptions_list_detail", [])
    )


async def test_a_replica_that_loses_sight_of_the_ledger_leaves_within_its_bound_and_comes_back_by_itself(
    restricted_server: NATSServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    proxy = Proxy(restricted_server.port)
    fleet = Fleet(restricted_server, tmp_path_factory)
    try:
        (blind,) = fleet.start_replicas(1, "--max-staleness", str(MAX_STALENESS), url=proxy.url)
        (sighted,) = fleet.start_replicas(1, "--max-staleness", str(MAX_STALENESS), keys=blind.keys)
        async with blind.connect() as client, sighted.connect() as other:
            live, doomed, rotated = await client.generate(), await client.generate(), await client.generate()
            async with watching(client, live.access) as of_live, watching(client, doomed.access) as of_doomed:
                await asyncio.sleep(0.2)
                # Only the ledger's connection; requests come and go as ever.
                proxy.cut(lambda hello, upstream: b'"token-ledger"' in hello)
                cut = time.monotonic()
                assert (await other.blacklist(doomed.refresh, doomed.access)).code is None
                # What needs the ledger is an error, and never a false success.
                refresh = asyncio.create_task(client.ask("refresh_tokens", {"refresh_token": rotated.refresh}, timeout=15))
                blacklist = asyncio.create_task(client.blacklist(live.refresh, live.access))

                async def has_left() -> bool:
                    return not in_queue(blind)

                await eventually(has_left, MAX_STALENESS + SLACK_SECONDS, "it leaves the queue group")
                assert time.monotonic() - cut > 2, "it must not leave at the first silence"
                assert (await refresh).code == 503
                with pytest.raises(nats.errors.Error):
                    assert (await blacklist).code == 503
                    raise nats.errors.Error
                await asyncio.sleep(1)
                assert max(of_live.valid + of_doomed.valid + of_doomed.revoked) < cut + MAX_STALENESS + SLACK_SECONDS
                assert not in_queue(blind)
                assert in_queue(sighted) and await other.reason(doomed.access) == "revoked"

                proxy.heal()
                healed = time.monotonic()

                async def answers() -> bool:
                    return bool(of_doomed.revoked) and of_doomed.revoked[-1] > healed

                await eventually(answers, BACK_SECONDS, "it answers again")
                # From its first answer on it knows what it missed.
                assert not [asked for asked in of_doomed.valid if asked > healed]
            assert LOST_SIGHT in blind.log
            assert (await client.ask("refresh_tokens", {"refresh_token": rotated.refresh})).code in {None, 401}
    finally:
        proxy.close()
        fleet.stop()


async def test_a_replica_that_was_stopped_answers_nothing_from_what_it_last_knew(fleet: Fleet) -> None:
    stopped, running = fleet.start_replicas(2, "--max-staleness", str(MAX_STALENESS))
    async with stopped.connect() as client, running.connect() as other:
        doomed = await client.generate()
        # It has seen the token, and would know it again.
        assert await client.reason(doomed.access) is None
        stopped.process.send_signal(signal.SIGSTOP)
        try:
            assert (await other.blacklist(doomed.refresh, doomed.access)).code is None
            # They wait in its socket, and are the first that it finds.
            request = {"access_token": doomed.access}
            asked = [asyncio.create_task(client.ask("verify_token", request, timeout=30)) for _ in range(50)]
            await asyncio.sleep(MAX_STALENESS + 1)
        finally:
            stopped.process.send_signal(signal.SIGCONT)
        for reply in await asyncio.gather(*asked):
            assert reply.code == 503 or reply.body == {"valid": False, "reason": "revoked"}


async def test_what_is_written_while_the_server_is_away_is_an_error_or_stored(own_server: NATSServer, fleet: Fleet) -> None:
    (replica,) = fleet.start_replicas(1, "--max-staleness", str(MAX_STALENESS))
    async with replica.connect() as client:
        pairs = [await client.generate() for _ in range(20)]
        own_server.pause()
        asked = [asyncio.create_task(client.ask("blacklist_tokens", both(pair), timeout=20)) for pair in pairs]
        await asyncio.sleep(0.5)
        own_server.resume()
        for pair, reply in zip(pairs, await asyncio.gather(*asked)):
            assert reply.code in {None, 503}
            if reply.code is None:
                assert await client.reason(pair.access) == "revoked"


async def test_what_reaches_nobody_is_tried_again_at_once_and_waits_for_no_answer(
    own_server: NATSServer, fleet: Fleet
) -> None:
    (replica,) = fleet.start_replicas(1)
    async with replica.connect() as client, ledger_of(own_server) as ledger:
        doomed, rotated = await client.generate(), await client.generate()
        config = await ledger.config()
        # Nobody is interested in what is written, and nothing that was stored is lost.
        await ledger.update(config | {"subjects": ["elsewhere.>"]})
        began = time.monotonic()
        asked = [
            asyncio.create_task(client.ask("blacklist_tokens", both(doomed), timeout=20)),
            asyncio.create_task(client.ask("refresh_tokens", {"refresh_token": rotated.refresh}, timeout=20)),
        ]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in asked)
        await ledger.update(config)
        for reply in await asyncio.gather(*asked):
            assert reply.code is None, reply
        # Less than the time for which an answer is waited for.
        assert time.monotonic() - began < 1.5
    replica.stop()
    (totals,) = [line for line in replica.log.splitlines() if "followed the ledger" in line]
    assert "unavailable=0" in totals and "unreached=0" not in totals


def both(pair: Pair) -> dict:
    return {"refresh_token": pair.refresh, "access_token": pair.access}


async def test_a_store_that_is_full_refuses_what_it_cannot_keep_and_keeps_the_rest(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "nats-server.conf").write_text("jetstream { max_file_store: 20000 }\n")
    server = NATSServer(tmp_path, config=tmp_path / "nats-server.conf").start()
    fleet = Fleet(server, tmp_path_factory)
    try:
        (replica,) = fleet.start_replicas(1)
        async with replica.connect() as client:
            kept: list[Pair] = []
            for _ in range(500):
                pair = await client.generate()
                reply = await client.ask("blacklist_tokens", both(pair), timeout=10)
                if reply.code is not None:
                    break
                kept.append(pair)
            assert reply.code == 503 and len(kept) > 10
            # What needs no write goes on.
            assert await client.reason((await client.generate()).access) is None
            for pair in kept:
                assert await client.reason(pair.access) == "revoked"
    finally:
        fleet.stop()
        server.stop()
