"""More revocations than a replica has memory for: it refuses its own, goes dark for those of others, forgets none."""

import asyncio
import json
import random
import time

import nats.errors
import pytest

from support.client import Client
from support.fleet import Fleet
from support.ledger import LOST_SIGHT, Ledger, ledger_of
from support.processes import await_condition, eventually

# The least that can be configured.
MEMORY = ("--blacklist-memory", "16")
# Of the records that fill it: from their writing until they make room again.
LIFE_SECONDS = 12
# A replica that lacks room looks for it every 10 s, and a replay takes its time.
BACK_SECONDS = LIFE_SECONDS + 25


def revocation() -> tuple[str, bytes]:
    """An access token's, made at some time in decades: in a slice of its own, which costs some 700 bytes where an id among
    many costs 30. So a second's writing fills what would otherwise take half a million."""
    now = int(time.time() * 1_000)
    created = now - random.getrandbits(40)
    bits = created << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)
    text = f"{bits:032x}"
    id = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    record = {"kind": "access_token", "exp": now + LIFE_SECONDS * 1_000, "reason": "blacklisted"}
    return f"ledger.revoked.{id}", json.dumps(record).encode()


async def write_revocations(ledger: Ledger, count: int) -> None:
    """As other replicas would; all are in the stream when it returns."""
    for _ in range(count - 1):
        await ledger.connection.publish(*revocation())
    stored = await ledger.connection.request(*revocation(), timeout=20)
    assert b'"seq"' in stored.data, stored.data


async def answers(client: Client) -> bool:
    """A replica that goes dark says 503 to those whom it can still hear, and then nobody is there."""
    try:
        reply = await client.ask("verify_token", {"access_token": "x"})
    except nats.errors.NoRespondersError:
        return False
    assert reply.code in (None, 503), reply
    return reply.code is None


# Two waits of many seconds, and tens of thousands of records, on a machine that may have other work.
@pytest.mark.timeout(180)
async def test_a_full_blacklist_refuses_what_it_can_and_answers_nothing_when_it_cannot(fleet: Fleet) -> None:
    (small,) = fleet.start_replicas(1, *MEMORY)
    (large,) = fleet.start_replicas(1, keys=small.keys)
    async with ledger_of(fleet.server) as ledger, small.connect() as client, large.connect() as other:
        revoked = [await client.generate() for _ in range(20)]
        for pair in revoked:
            assert (await client.blacklist(pair.refresh, pair.access)).code is None

        # An eighth is left for what others revoke: its own are refused before.
        valid = await client.generate()
        for _ in range(100):
            await write_revocations(ledger, 1_000)
            refused = await client.blacklist(valid.refresh, valid.access)
            if refused.code is not None:
                break
            revoked.append(valid)
            valid = await client.generate()
        assert refused.code == 503
        assert "the blacklist is full: it may take 16777216 bytes" in refused.text
        # Verifying goes on, the acknowledged ones are known, and so is nothing else. (Of the refused pair the family may
        # be revoked here: there was room for it, and who asks for a token to be refused is not harmed by it.)
        assert await client.reason((await client.generate()).access) is None
        assert [await client.reason(pair.access) for pair in revoked] == ["revoked"] * len(revoked)
        assert LOST_SIGHT not in small.log and "no room for a revocation" not in small.log
        # Larger ones still take it, and this one hears of it.
        assert (await other.blacklist(valid.refresh, valid.access)).code is None
        revoked.append(valid)

        async def is_revoked() -> bool:
            return await client.reason(valid.access) == "revoked"

        await eventually(is_revoked, 5, "a record of another replica's is taken")

        # A record that it cannot take: it must not answer from what it does not know.
        for _ in range(100):
            if not await answers(client):
                break
            await write_revocations(ledger, 500)
        await_condition(lambda: "no room for a revocation" in small.log, 5, "the operator is told")
        assert not await answers(client)

        async def is_gone() -> bool:
            try:
                await client.ask("verify_token", {"access_token": revoked[0].access})
            except nats.errors.NoRespondersError:
                return True
            return False

        await eventually(is_gone, 5, "it leaves the queue group")
        # The larger one is not touched by it; what it takes meanwhile the small one has to learn later.
        meanwhile = await other.generate()
        assert (await other.blacklist(meanwhile.refresh, meanwhile.access)).code is None
        revoked.append(meanwhile)

        # What has expired makes room, and then all is known again.
        async def is_back() -> bool:
            await asyncio.sleep(0.1)
            return await answers(client)

        await eventually(is_back, BACK_SECONDS, "there is room again")
        assert [await client.reason(pair.access) for pair in revoked] == ["revoked"] * len(revoked)
        fresh = await client.generate()
        assert await client.reason(fresh.access) is None
        assert (await client.blacklist(fresh.refresh, fresh.access)).code is None
    assert LOST_SIGHT not in small.log, "the ledger was in sight all the time"
    assert "blacklistings are answered 503" in small.log
    assert "no room" not in large.log
