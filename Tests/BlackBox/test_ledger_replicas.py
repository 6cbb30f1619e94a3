"""Replicas over one ledger on JetStream: what one acknowledged binds all, and a refresh token has one successor."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import nats.errors
import pytest
import pytest_asyncio

from support.accounts import ACCESS, LEDGER_USER, PASSWORDS, configurations_for_prefixes
from support.client import Client, Pair, Reply
from support.fleet import Fleet
from support.ledger import LedgerError, ledger_of
from support.processes import NATSServer, Service, eventually
from support.proxy import Proxy
from support.scale import figures, scale
from support.tokens import claims

# Until the other replicas know: in truth some milliseconds.
PROPAGATION_SECONDS = 3


async def redeem(client: Client, refresh_token: str, **how) -> Reply:
    return await client.ask("refresh_tokens", {"refresh_token": refresh_token}, **how)


async def revoked_everywhere(clients: list[Client], *access_tokens: str) -> None:
    for token in access_tokens:
        for client in clients:

            async def is_revoked() -> bool:
                return await client.reason(token) == "revoked"

            await eventually(is_revoked, PROPAGATION_SECONDS, "every replica refuses it")


@pytest.fixture(scope="module")
def replicas(start_replicas: Callable[..., list[Service]]) -> list[Service]:
    return start_replicas(3)


@pytest_asyncio.fixture
async def clients(replicas: list[Service]) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(replica.connect()) for replica in replicas]


async def test_a_blacklisting_holds_at_once_where_it_was_acknowledged_and_soon_everywhere(clients: list[Client]) -> None:
    for turn in range(12):
        pair = await clients[turn % 3].generate()
        assert (await clients[(turn + 1) % 3].blacklist(pair.refresh, pair.access)).code is None
        assert await clients[(turn + 1) % 3].reason(pair.access) == "revoked"
        assert (await redeem(clients[(turn + 1) % 3], pair.refresh)).code == 401
        await revoked_everywhere(clients, pair.access)
        for client in clients:
            assert (await redeem(client, pair.refresh)).code == 401


async def test_a_revoked_family_is_not_redeemed_by_a_replica_that_has_not_heard_of_it(clients: list[Client]) -> None:
    # The two go out together, to different replicas: whichever comes first, no token of the family lives.
    for turn in range(20):
        pair = await clients[0].generate()
        blacklisted, redeemed = await asyncio.gather(
            clients[turn % 3].blacklist(pair.refresh, pair.access), redeem(clients[(turn + 1) % 3], pair.refresh)
        )
        assert blacklisted.code is None
        assert redeemed.code in {None, 401}
        successors = [redeemed["access_token"]] if redeemed.code is None else []
        await revoked_everywhere(clients, pair.access, *successors)


async def test_any_replica_refreshes_what_any_replica_gave_out(clients: list[Client]) -> None:
    first = pair = await clients[0].generate()
    for generation in range(1, 10):
        pair = await clients[generation % 3].refresh(pair.refresh)
        assert claims(pair.refresh)["gen"] == generation
        assert claims(pair.refresh)["sid"] == claims(first.refresh)["sid"]
        for client in clients:
            assert await client.reason(pair.access) is None


async def test_a_retry_is_given_the_same_pair_by_every_replica(clients: list[Client]) -> None:
    pair = await clients[0].generate()
    first = await redeem(clients[0], pair.refresh)
    assert first.code is None
    for client in clients:
        assert (await redeem(client, pair.refresh)).bytes == first.bytes


async def test_reuse_revokes_the_family_on_all_replicas(clients: list[Client]) -> None:
    first = await clients[0].generate()
    second = await clients[1].refresh(first.refresh)
    third = await clients[2].refresh(second.refresh)
    # Two generations old: reuse, also within the grace period.
    assert (await redeem(clients[1], first.refresh)).code == 401
    await revoked_everywhere(clients, first.access, second.access, third.access)
    for client in clients:
        for pair in (first, second, third):
            assert (await redeem(client, pair.refresh)).code == 401


async def test_a_restart_of_all_forgets_nothing(own_server: NATSServer, fleet: Fleet) -> None:
    before = fleet.start_replicas(2)
    async with before[0].connect() as one, before[1].connect() as other:
        live, revoked, rotated = await one.generate(), await one.generate(), await one.generate()
        assert (await other.blacklist(revoked.refresh, revoked.access)).code is None
        successor = await redeem(other, rotated.refresh)
        stolen = await one.generate()
        stolen_successor = await one.refresh(await one_after(one, stolen))
        assert (await redeem(other, stolen.refresh)).code == 401
    for replica in before:
        replica.stop()
    own_server.stop()
    own_server.start()
    after = fleet.start_replicas(2, keys=before[0].keys)
    for replica in after:
        async with replica.connect() as client:
            assert await client.reason(live.access) is None
            assert await client.reason(revoked.access) == "revoked"
            assert (await redeem(client, revoked.refresh)).code == 401
            assert (await redeem(client, rotated.refresh)).bytes == successor.bytes
            assert await client.reason(stolen_successor.access) == "revoked"
            assert (await redeem(client, stolen_successor.refresh)).code == 401


async def one_after(client: Client, pair: Pair) -> str:
    return (await client.refresh(pair.refresh)).refresh


# --- who redeemed first ----------------------------------------------------------------------------------------------


async def race(clients: list[Client], refresh_token: str, times: int, **how) -> list[Reply]:
    """The replies of those that answered."""
    replies = await asyncio.gather(
        *(redeem(clients[index % len(clients)], refresh_token, **how) for index in range(times)), return_exceptions=True
    )
    unexpected = [reply for reply in replies if not isinstance(reply, (Reply, nats.errors.Error))]
    assert unexpected == []
    return [reply for reply in replies if isinstance(reply, Reply)]


@pytest.mark.timeout(3600)
async def test_a_refresh_token_that_is_redeemed_64_times_at_once_has_one_successor(clients: list[Client]) -> None:
    tokens = scale("RACES", 100)
    for _ in range(tokens):
        pair = await clients[0].generate()
        replies = await race(clients, pair.refresh, 64)
        assert len(replies) == 64
        assert {reply.code for reply in replies} == {None}, [reply.text for reply in replies if reply.code]
        assert len({reply.bytes for reply in replies}) == 1
    figures(f"{tokens} refresh tokens, each redeemed 64 times at once over 3 replicas: one successor each")


@pytest.mark.timeout(3600)
async def test_a_race_in_which_a_replica_is_killed_has_one_successor(fleet: Fleet) -> None:
    tokens = scale("RACES_WITH_A_KILL", 4)
    stays, *others = fleet.start_replicas(3)
    answers = 0
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(replica.connect()) for replica in (stays, *others)]
        for turn in range(tokens):
            victim = others[turn % 2]
            pair = await clients[0].generate()
            racing = asyncio.create_task(race(clients, pair.refresh, 64, timeout=2))
            await asyncio.sleep(0.002 * (turn % 6))
            victim.kill()
            await asyncio.to_thread(victim.start)
            replies = await racing
            answers += len(replies)
            # Also what a replica gives from the record alone, which had no part in it.
            replies += [await redeem(client, pair.refresh) for client in clients]
            assert {reply.code for reply in replies} <= {None, 503}
            assert len({reply.bytes for reply in replies if reply.code is None}) == 1
    figures(f"{tokens} refresh tokens, 64 times each, a replica killed meanwhile: {answers} answers, one successor each")


async def test_a_replica_that_dies_between_the_record_and_the_reply_leaves_the_same_pair_to_the_others(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = configurations_for_prefixes(tmp_path) / "single.conf"
    server = NATSServer(tmp_path, config=config, variables=PASSWORDS, access=ACCESS).start()
    proxy = Proxy(server.port)
    fleet = Fleet(server, tmp_path_factory)
    try:
        (dies,) = fleet.start_replicas(1, url=proxy.url)
        (lives,) = fleet.start_replicas(1, keys=dies.keys)
        async with dies.connect() as client, lives.connect() as other, ledger_of(server, **LEDGER_USER) as ledger:
            pair = await client.generate()
            # From here on what its request loop sends is held back; its ledger loop goes on.
            proxy.cut(lambda hello, upstream: upstream and b'"token-service"' in hello)
            unanswered = asyncio.create_task(redeem(client, pair.refresh, timeout=1.5))
            record = f"ledger.redeemed.{claims(pair.refresh)['sid']}"

            async def is_stored() -> bool:
                try:
                    return bool(await ledger.last(record))
                except LedgerError:
                    return False

            await eventually(is_stored, 3, "the redemption is in the stream")
            dies.kill()
            given = await other.refresh(pair.refresh)
            assert claims(given.refresh)["jti"] == (await ledger.last(record))["next"]["refresh_jti"]
            assert await other.refresh(pair.refresh) == given
            assert await other.reason(given.access) is None
            with pytest.raises(nats.errors.Error):
                await unanswered
    finally:
        fleet.stop()
        proxy.close()
        server.stop()
