"""Three nats-servers, the ledger on all of them, a replica of the service at each: what becomes of it when one is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import nats.errors
import pytest

from support.client import Client, Pair
from support.cluster import ELECTION_SECONDS, Cluster, is_healthy
from support.fleet import Fleet
from support.history import History, Load, settle
from support.processes import NATSServer, Service, eventually
from support.scale import figures, scale

MAX_STALENESS = 5
SLACK_SECONDS = 1.5
WRITES_RETURN_SECONDS = 15
BACK_SECONDS = 5

OPTIONS = ("--ledger-replicas", "3", "--max-staleness", str(MAX_STALENESS))


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture
def cluster_fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(cluster, tmp_path_factory)
    yield fleet
    fleet.stop()


async def reason(client: Client, access_token: str) -> str | None:
    """`unavailable` when there is no answer, or none that says."""
    try:
        reply = await client.ask("verify_token", {"access_token": access_token}, timeout=1)
    except nats.errors.Error:
        return "unavailable"
    if reply.code is not None:
        assert reply.code == 503
        return "unavailable"
    return None if reply["valid"] else reply["reason"]


async def acknowledged(client: Client, pair: Pair, seconds: float) -> float:
    """Repeats a blacklisting until it is acknowledged; how long that took."""
    began = time.monotonic()
    while True:
        try:
            reply = await client.ask("blacklist_tokens", {"refresh_token": pair.refresh, "access_token": pair.access}, timeout=7)
            if reply.code is None:
                return time.monotonic() - began
        except nats.errors.Error:
            await asyncio.sleep(0.05)
        assert time.monotonic() < began + seconds, f"no write within {seconds} s"


@pytest.fixture
def replicas(cluster: Cluster, cluster_fleet: Fleet) -> dict[str, Service]:
    """One at each node, which reaches no other."""
    replicas: dict[str, Service] = {}
    for name, node in cluster.nodes.items():
        keys = next(iter(replicas.values())).keys if replicas else None
        (replicas[name],) = cluster_fleet.start_replicas(1, *OPTIONS, server=node, keys=keys)
    return replicas


@asynccontextmanager
async def clients_of(replicas: dict[str, Service]) -> AsyncIterator[dict[str, Client]]:
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(replica.connect()) for name, replica in replicas.items()}


async def first_answer(client: Client, access_token: str, service: Service, node: NATSServer) -> str | None:
    """The first after a failure that is over. The bound runs from when the node says that it is healthy: it may have to elect
    a leader with the others first."""
    end = time.monotonic() + ELECTION_SECONDS
    is_back = False
    while (answer := await reason(client, access_token)) == "unavailable":
        assert time.monotonic() < end, f"not back within {BACK_SECONDS} s of its server:\n{service.log}"
        if not is_back and await asyncio.to_thread(is_healthy, node):
            is_back = True
            end = time.monotonic() + BACK_SECONDS
        await asyncio.sleep(0.02)
    return answer


@pytest.mark.timeout(120)
async def test_a_replica_whose_server_is_cut_off_from_the_majority_stops_answering_and_comes_back(
    cluster: Cluster, replicas: dict[str, Service]
) -> None:
    # The hardest case: it is the leader of the stream who is cut off, and may not know it.
    name = cluster.leader().directory.name
    async with clients_of(replicas) as clients:
        alone, (majority, other) = clients[name], [client for node, client in clients.items() if node != name]
        live, doomed = await alone.generate(), await alone.generate()
        assert [await reason(client, live.access) for client in clients.values()] == [None] * 3
        cluster.cut_off(name)
        cut = last_answer = time.monotonic()
        # The majority elects a leader and goes on.
        writing = asyncio.create_task(acknowledged(majority, doomed, WRITES_RETURN_SECONDS))
        while not writing.done() or time.monotonic() < cut + MAX_STALENESS + SLACK_SECONDS + 2:
            asked = time.monotonic()
            if await reason(alone, doomed.access) != "unavailable":
                last_answer = asked
            await asyncio.sleep(0.02)
        assert last_answer - cut < MAX_STALENESS + SLACK_SECONDS
        await eventually(lambda: is_revoked(other, doomed), BACK_SECONDS, "the other one of the majority knows")

        cluster.heal()
        healed = time.monotonic()
        # From its first answer on it knows what it missed.
        assert await first_answer(alone, doomed.access, replicas[name], cluster.nodes[name]) == "revoked"
        back = time.monotonic() - healed
        assert await reason(alone, live.access) is None
    figures(
        f"leader cut off: its replica answered for {last_answer - cut:.1f} s more, the others wrote after "
        f"{await writing:.1f} s, it was back {back:.1f} s after healing"
    )


@pytest.mark.timeout(120)
async def test_a_leader_that_was_stopped_and_goes_on_is_not_believed_what_it_last_knew(
    cluster: Cluster, replicas: dict[str, Service]
) -> None:
    name = cluster.leader().directory.name
    async with clients_of(replicas) as clients:
        stopped, (majority, _) = clients[name], [client for node, client in clients.items() if node != name]
        doomed = await stopped.generate()
        assert await reason(stopped, doomed.access) is None
        cluster.nodes[name].pause()
        await acknowledged(majority, doomed, WRITES_RETURN_SECONDS)
        # It wakes up as a leader, with what it knew then, until it hears of the other.
        cluster.nodes[name].resume()
        assert await first_answer(stopped, doomed.access, replicas[name], cluster.nodes[name]) == "revoked"


async def is_revoked(client: Client, pair: Pair) -> bool:
    return await reason(client, pair.access) == "revoked"


@pytest.mark.timeout(14400)
async def test_the_promises_hold_while_the_leader_is_killed_again_and_again(
    cluster: Cluster, cluster_fleet: Fleet
) -> None:
    kills = scale("LEADER_KILLS", 3)
    # Each knows all the servers.
    replicas = cluster_fleet.start_replicas(3, *OPTIONS, url=cluster.url)
    history = History(bound_seconds=MAX_STALENESS + SLACK_SECONDS)
    back: list[float] = []
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                replica.connect(allow_reconnect=True, reconnect_time_wait=0.1, max_reconnect_attempts=-1)
            )
            for replica in replicas
        ]
        load = Load(clients, history, workers=8, seed=kills)
        for turn in range(kills):
            enough = len(history.writes) + 100

            async def has_gone_on() -> bool:
                return len(history.writes) >= enough

            await eventually(has_gone_on, 60, "the load goes on")
            leader = await asyncio.to_thread(cluster.leader)
            # The last time all of them, at once.
            victims = [leader] if turn < kills - 1 else list(cluster.nodes.values())
            for victim in victims:
                victim.kill()
            killed = time.monotonic()
            if len(victims) > 1:
                await asyncio.to_thread(cluster.start)
            while not any(at > killed + 0.2 for at in history.writes[-50:]):
                assert time.monotonic() < killed + WRITES_RETURN_SECONDS, "writes do not return"
                await asyncio.sleep(0.02)
            back.append(min(at for at in history.writes if at > killed + 0.2) - killed)
            if victims == [leader]:
                leader.start()
            await asyncio.to_thread(cluster.await_health)
        await load.stop()
        for client in clients:
            pair = await eventually_generated(client)
            await acknowledged(client, pair, WRITES_RETURN_SECONDS)
        (late,) = cluster_fleet.start_replicas(1, *OPTIONS, url=cluster.url, keys=replicas[0].keys)
        clients.append(await stack.enter_async_context(late.connect()))
        await settle(clients, history)
    for replica in replicas:
        assert "the ledger has lost revocations" not in replica.log
    figures(
        f"{kills - 1} leaders killed, and then all three servers: {len(history.acknowledged)} acknowledged blacklistings, {len(history.successors)} refresh "
        f"tokens redeemed, promises held; writes returned after {sorted(back)[len(back) // 2]:.1f} s (median), "
        f"{max(back):.1f} s (longest); {dict(history.outcomes)}"
    )


async def eventually_generated(client: Client) -> Pair:
    while True:
        try:
            return await client.generate()
        except (nats.errors.Error, AssertionError):
            await asyncio.sleep(0.05)
