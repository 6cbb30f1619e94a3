"""The stream purged, deleted, made anew or restored from an old copy while the service runs: what was revoked stays so."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import nats.errors
import pytest

from support.client import Client, Pair
from support.fleet import Fleet
from support.ledger import LOST_SIGHT, Ledger, LedgerError, ledger_of
from support.processes import NATSServer, Service, eventually
from support.tokens import claims

SEASONED_SECONDS = 5
MAX_STALENESS = 5
BACK_SECONDS = 5
# From the loss to the last record published again: a look every 2 s, and the work itself.
REPAIR_SECONDS = 15


async def purge(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    await ledger.purge()


async def delete(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    await ledger.delete()


async def recreate(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    config = await ledger.config()
    await ledger.delete()
    await ledger.create(config)


async def recreate_with_as_many_records(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    last = (await ledger.info())["state"]["last_seq"]
    await recreate(server, ledger, copy)
    for number in range(last + 10):
        await ledger.connection.request(f"ledger.redeemed.{number}", b"{}", timeout=2)


async def purge_and_write(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    await ledger.purge()
    record = {"kind": "family", "exp": int((time.time() + 1_000) * 1_000), "reason": "blacklisted"}
    subject = "ledger.revoked.018f0000-0000-7000-8000-000000000000"
    await ledger.connection.request(subject, json.dumps(record).encode(), timeout=2)


async def delete_half(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    ids = sorted(await ledger.revoked())
    for identifier in ids[len(ids) // 2 :]:
        await ledger.api("STREAM.PURGE.TOKEN_LEDGER", {"filter": f"ledger.revoked.{identifier}"})


async def delete_the_oldest(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    for identifier in sorted(await ledger.revoked())[:5]:
        await ledger.api("STREAM.PURGE.TOKEN_LEDGER", {"filter": f"ledger.revoked.{identifier}"})


async def restore(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    server.stop()
    server.restore_store(copy)
    server.start()


async def lose_the_disk(server: NATSServer, ledger: Ledger, copy: Path) -> None:
    server.kill()
    server.restore_store(copy / "nothing")
    server.start()


LOSSES = (purge, delete, recreate, recreate_with_as_many_records, purge_and_write, delete_half, delete_the_oldest, restore, lose_the_disk)


@dataclass
class NeverValid:
    """Asks a replica again and again while the ledger changes; every answer must be `revoked`, a 503, or none."""

    replica: Service
    tokens: list[str]
    answers: int = 0
    is_over: bool = False

    async def run(self) -> None:
        while not self.is_over:
            try:
                async with self.replica.connect(connect_timeout=1) as client:
                    while not self.is_over:
                        await self.ask(client)
                        await asyncio.sleep(0.02)
            except (nats.errors.Error, OSError):
                await asyncio.sleep(0.05)

    async def ask(self, client: Client) -> None:
        for token in self.tokens:
            reply = await client.ask("verify_token", {"access_token": token}, timeout=1)
            assert reply.code == 503 or reply.body == {"valid": False, "reason": "revoked"}, reply
            self.answers += reply.code is None


async def reason(client: Client, access_token: str) -> str | None:
    """Once there is an answer: a replica may notice at any moment that it has to replay, and is away until it has."""
    end = time.monotonic() + BACK_SECONDS
    while True:
        try:
            reply = await client.ask("verify_token", {"access_token": access_token}, timeout=1)
            if reply.code is None:
                return None if reply["valid"] else reply["reason"]
        except nats.errors.Error:
            pass
        assert time.monotonic() < end, f"not served within {BACK_SECONDS} s"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_no_revoked_token_ever_verifies_again_whatever_becomes_of_the_stream(
    own_server: NATSServer, fleet: Fleet, tmp_path: Path, lose: Callable
) -> None:
    replicas = fleet.start_replicas(2, "--max-staleness", str(MAX_STALENESS))
    revoked: list[Pair] = []

    async def revoke(count: int) -> None:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(replica.connect()) for replica in replicas]
            for number in range(count):
                pair = await clients[0].generate()
                assert (await clients[number % 2].blacklist(pair.refresh, pair.access)).code is None
                revoked.append(pair)

    await revoke(10)
    copy = tmp_path / "copy"
    if lose is restore:
        own_server.stop()
        own_server.copy_store(copy)
        own_server.start()
    async with replicas[0].connect() as client, replicas[1].connect() as other:
        for one in (client, other):
            assert await reason(one, revoked[0].access) == "revoked"
        live = await client.generate()
    await revoke(20)
    ids = {claims(pair.access)[name] for pair in revoked for name in ("jti", "sid")}
    tokens = [pair.access for pair in revoked]

    watches = [NeverValid(replica, tokens[::5]) for replica in replicas]
    tasks = [asyncio.create_task(watch.run()) for watch in watches]

    async def all_answer() -> bool:
        return all(watch.answers for watch in watches)

    async def is_repaired() -> bool:
        try:
            async with ledger_of(own_server) as ledger:
                return ids <= await ledger.revoked()
        except (nats.errors.Error, LedgerError, OSError):
            return False

    await eventually(all_answer, BACK_SECONDS, "both are asked")
    # Who has become current within the last 5 s is not sure to have seen what is lost.
    await asyncio.sleep(SEASONED_SECONDS)
    async with ledger_of(own_server) as ledger:
        assert ids <= await ledger.revoked()
        await lose(own_server, ledger, copy)
    await eventually(is_repaired, REPAIR_SECONDS, "what was revoked is in the stream again")

    async def all_know() -> bool:
        return all("the ledger may have lost redemptions" in replica.log for replica in replicas)

    await eventually(all_know, REPAIR_SECONDS, "both refuse what may have been redeemed")
    (late,) = fleet.start_replicas(1, keys=replicas[0].keys)
    for replica in (*replicas, late):
        async with replica.connect() as client:
            assert {await reason(client, token) for token in tokens} == {"revoked"}
            assert await reason(client, live.access) is None
            # Whether it has been redeemed, nobody knows any more.
            refused = await client.ask("refresh_tokens", {"refresh_token": live.refresh})
            assert refused.code == 401 and "log in again" in refused.text
            await client.refresh((await client.generate()).refresh)
    for watch in watches:
        watch.is_over = True
    await asyncio.gather(*tasks)
    assert any("the ledger has lost revocations" in replica.log for replica in replicas)
    assert any("published again what the ledger had lost" in replica.log for replica in replicas)


async def test_a_replica_that_starts_after_a_purge_waits_for_those_that_know(own_server: NATSServer, fleet: Fleet) -> None:
    replicas = fleet.start_replicas(3, "--max-staleness", str(MAX_STALENESS))
    async with replicas[0].connect() as client:
        revoked = [await client.generate() for _ in range(20)]
        for pair in revoked:
            assert (await client.blacklist(pair.refresh, pair.access)).code is None
    tokens = [pair.access for pair in revoked]
    await asyncio.sleep(SEASONED_SECONDS)

    async with ledger_of(own_server) as ledger:
        assert (await ledger.epoch())["state"] == "presumed"
        await ledger.purge()
        # At once, and so before anybody has noticed.
        (late,) = fleet.start_replicas(1, keys=replicas[0].keys)
        async with late.connect() as client:
            assert {await reason(client, token) for token in tokens} == {"revoked"}
        assert "has lost records" in late.log and "no replica that runs is sure to know them" not in late.log

        async def is_whole() -> bool:
            epoch = await ledger.epoch()
            return epoch is not None and epoch["state"] == "whole"

        await eventually(is_whole, REPAIR_SECONDS, "the stream says that it is whole")
        # Each publishes what it knows, and then there is rest: a repair does not answer another for ever.
        await asyncio.sleep(6)
        last = (await ledger.info())["state"]["last_seq"]
        await asyncio.sleep(5)
        assert (await ledger.info())["state"]["last_seq"] == last
    for replica in replicas:
        assert replica.log.count("the ledger has lost revocations") == 1


async def test_a_replica_that_comes_back_after_a_purge_waits_for_those_that_know(own_server: NATSServer, fleet: Fleet) -> None:
    replicas = fleet.start_replicas(2, "--max-staleness", str(MAX_STALENESS))
    async with replicas[0].connect() as client:
        unknown = [await client.generate() for _ in range(200)]
        replicas[1].process.send_signal(signal.SIGSTOP)
        try:
            for pair in unknown:
                assert (await client.blacklist(pair.refresh, pair.access)).code is None
            await asyncio.sleep(MAX_STALENESS + 4)
            async with ledger_of(own_server) as ledger:
                await ledger.purge()
        finally:
            replicas[1].process.send_signal(signal.SIGCONT)
        async with replicas[1].connect() as other:
            assert {await reason(other, pair.access) for pair in unknown} == {"revoked"}
    assert "has lost records, and this replica may not know all of them" in replicas[1].log
    assert "may not know all of them" not in replicas[0].log


async def test_a_replica_that_starts_after_a_purge_serves_when_nobody_is_left_who_knows(
    own_server: NATSServer, fleet: Fleet
) -> None:
    (replica,) = fleet.start_replicas(1)
    async with replica.connect() as client:
        pair = await client.generate()
        assert (await client.blacklist(pair.refresh, pair.access)).code is None
    replica.stop()
    async with ledger_of(own_server) as ledger:
        await ledger.purge()
    (late,) = fleet.start_replicas(1, keys=replica.keys, is_awaited=False)

    async def serves() -> bool:
        return "no replica that runs is sure to know them" in late.log and "serving" in late.log

    await eventually(serves, 2 * REPAIR_SECONDS, "the replica serves")


async def test_a_stream_that_was_made_again_to_forget_is_not_served_from(own_server: NATSServer, fleet: Fleet) -> None:
    (replica,) = fleet.start_replicas(1, "--max-staleness", str(MAX_STALENESS))
    async with replica.connect() as client:
        pair = await client.generate()
        assert (await client.blacklist(pair.refresh, pair.access)).code is None

    async def has_noticed() -> bool:
        return "storage is memory" in replica.log and "left the queue group" in replica.log

    async def is_back() -> bool:
        return replica.log.count("caught up with the ledger") == 2 and "published again what the ledger" in replica.log

    async with ledger_of(own_server) as ledger, replica.connect() as client:
        config = await ledger.config()
        await ledger.delete()
        await ledger.create(config | {"storage": "memory", "discard": "old", "max_msgs": 20})
        await eventually(has_noticed, REPAIR_SECONDS, "the replica has left")
        with pytest.raises(nats.errors.NoRespondersError):
            await client.ask("verify_token", {"access_token": pair.access}, timeout=1)
        # Gone again, the replica makes one that keeps what it promises, and puts into it what it knows.
        await ledger.delete()
        await eventually(is_back, 2 * REPAIR_SECONDS, "the replica is back")
        assert (await ledger.config())["storage"] == "file"
    (late,) = fleet.start_replicas(1, keys=replica.keys)
    for one in (replica, late):
        async with one.connect() as client:
            assert await reason(client, pair.access) == "revoked"


async def test_a_refresh_token_is_not_redeemed_again_in_the_moments_before_a_restore_is_noticed(
    own_server: NATSServer, fleet: Fleet, tmp_path: Path
) -> None:
    """The copy knows nothing of the redemptions since; the replica does not yet know that it is one."""
    (replica,) = fleet.start_replicas(1, "--leeway", "0", "--refresh-grace", "2")
    copy = tmp_path / "copy"
    async with replica.connect() as client:
        first = await client.generate()
    own_server.stop()
    own_server.copy_store(copy)
    own_server.start()
    async with replica.connect() as client:
        assert await reason(client, first.access) is None
        tokens = [await client.generate() for _ in range(100)]
        for _ in range(20):
            pair = await client.generate()
            assert (await client.blacklist(pair.refresh, pair.access)).code is None
        for token in tokens:
            assert (await client.ask("refresh_tokens", {"refresh_token": token.refresh})).code is None
    await asyncio.sleep(2.5)
    await restore(own_server, None, copy)
    codes: dict[int | None, int] = {}
    end = time.monotonic() + BACK_SECONDS
    while tokens:
        assert time.monotonic() < end, f"not served within {BACK_SECONDS} s; so far {codes}"
        try:
            async with replica.connect(connect_timeout=1) as client:
                # As fast as can be: what counts are the first moments. A 503 is tried again.
                while tokens:
                    replies = await asyncio.gather(
                        *(client.ask("refresh_tokens", {"refresh_token": token.refresh}, timeout=6) for token in tokens)
                    )
                    for reply in replies:
                        codes[reply.code] = codes.get(reply.code, 0) + 1
                    assert None not in codes, codes
                    tokens = [token for token, reply in zip(tokens, replies) if reply.code == 503]
        except (nats.errors.Error, OSError):
            await asyncio.sleep(0.01)
    assert codes[401] == 100


@pytest.mark.parametrize(
    "change", [{"allow_direct": True, "max_msgs_per_subject": 2, "subjects": ["ledger.>", "more.>"]}, {"max_msgs": 1_000_000}]
)
async def test_a_stream_that_is_changed_for_a_while(own_server: NATSServer, fleet: Fleet, change: dict) -> None:
    """What cannot have lost anything costs nobody anything; what can, a log-in."""
    may_forget = "max_msgs" in change
    (replica,) = fleet.start_replicas(1)

    def said(what: str, times: int) -> Callable:
        async def is_said() -> bool:
            return replica.log.count(what) >= times

        return is_said

    async with replica.connect() as client, ledger_of(own_server) as ledger:
        pair = await client.generate()
        config = await ledger.config()
        await ledger.update(config | change)
        await eventually(said("was made for something else", 1), BACK_SECONDS, "it is noticed")
        await ledger.update(config)
        if may_forget:
            await eventually(said("caught up with the ledger", 2), 6 * BACK_SECONDS, "it is back")
        else:
            await asyncio.sleep(3)
            assert replica.log.count("caught up with the ledger") == 1 and LOST_SIGHT not in replica.log
        assert await reason(client, pair.access) is None
        reply = await client.ask("refresh_tokens", {"refresh_token": pair.refresh})
        assert reply.code == (401 if may_forget else None)


async def test_another_stream_that_takes_the_ledgers_subjects_acknowledges_nothing(own_server: NATSServer, fleet: Fleet) -> None:
    """Its sequences are not the ledger's, and what it stores nobody would find again."""
    (replica,) = fleet.start_replicas(1, "--leeway", "0", "--refresh-grace", "2")
    async with replica.connect() as client, ledger_of(own_server) as ledger:
        redeemed, doomed = await client.generate(), await client.generate()
        assert (await client.ask("refresh_tokens", {"refresh_token": redeemed.refresh})).code is None
        await asyncio.sleep(2.1)
        config = await ledger.config()
        await ledger.update(config | {"subjects": ["elsewhere.>"]})
        await ledger.api("STREAM.CREATE.OTHER", {"name": "OTHER", "subjects": ["ledger.>"], "first_seq": 1_000_000})
        for operation, request in (
            ("blacklist_tokens", {"refresh_token": doomed.refresh, "access_token": doomed.access}),
            ("refresh_tokens", {"refresh_token": redeemed.refresh}),
        ):
            reply = await client.ask(operation, request)
            assert reply.code == 503 and "another stream than TOKEN_LEDGER" in reply.text, reply
        # All goes on when it has its subjects back, and nothing was lost.
        await ledger.api("STREAM.DELETE.OTHER")
        await ledger.update(config)

        async def is_revoked() -> bool:
            return (await client.blacklist(doomed.refresh, doomed.access)).code is None

        await eventually(is_revoked, BACK_SECONDS, "the ledger takes it")
        assert await reason(client, doomed.access) == "revoked"
        assert (await client.ask("refresh_tokens", {"refresh_token": redeemed.refresh})).code == 401
        fresh = await client.generate()
        assert (await client.ask("refresh_tokens", {"refresh_token": fresh.refresh})).code is None
    assert "publishing again" not in replica.log
