"""Several replicas: one queue group, a subject prefix, and a replica that leaves without losing a request."""

import asyncio
import json

import nats.errors
import pytest

from support.contract import OPERATIONS
from support.processes import NATSServer, Service, await_condition


def connections_in_queue(server: NATSServer, subject: str) -> list[dict]:
    """The server's view: who holds `subject` in queue group `q`."""
    return [
        connection
        for connection in server.connections()
        if any(
            (entry["subject"], entry.get("qgroup")) == (subject, "q")
            for entry in connection.get("subscriptions_list_detail", [])
        )
    ]


async def test_every_operation_is_served_in_queue_group_q(service: Service) -> None:
    for operation in OPERATIONS:
        assert len(connections_in_queue(service.server, operation)) == 1


async def test_replicas_share_the_load_and_each_request_is_answered_once(start_service) -> None:
    first = start_service(prefix="shared")
    second = start_service(prefix="shared", keys=first.keys)
    subject = first.subject("generate_tokens")
    assert len(connections_in_queue(first.server, subject)) == 2

    async with first.connect() as client:
        replies: list[bytes] = []

        async def note(message) -> None:
            replies.append(message.data)

        inbox = client.connection.new_inbox()
        await client.connection.subscribe(inbox, cb=note)
        before = {c["cid"]: c["out_msgs"] for c in connections_in_queue(first.server, subject)}
        for number in range(400):
            await client.connection.publish(subject, json.dumps({"id": str(number)}).encode(), reply=inbox)
        # Whoever was handed a request has answered it once it answers this.
        async with asyncio.timeout(10):
            while len(replies) < 400:
                await client.generate()
        tokens = [json.loads(reply)["access_token"] for reply in replies]
        for token in tokens[:50]:
            # Either replica takes the other's tokens: the keys are the same.
            assert await client.reason(token) is None
        await client.connection.flush()
    assert len(replies) == len(set(tokens)) == 400
    shares = [c["out_msgs"] - before[c["cid"]] for c in connections_in_queue(first.server, subject)]
    assert len(shares) == 2 and min(shares) > 100, shares
    assert second.process.poll() is None


async def test_a_subject_prefix_moves_every_subject(start_service) -> None:
    service = start_service(prefix="tenant.a")
    async with service.connect() as client:
        pair = await client.generate()
        assert await client.reason(pair.access) is None
        assert (await client.blacklist((await client.refresh(pair.refresh)).refresh, pair.access)).code is None
        assert (await client.ask("get_jwks", b"")).body["keys"]


async def test_with_a_prefix_the_plain_subjects_are_not_served(tmp_path, start_service) -> None:
    server = NATSServer(tmp_path).start()
    try:
        service = start_service(server=server, prefix="tenant")
        async with service.connect() as client:
            for operation in OPERATIONS:
                with pytest.raises(nats.errors.NoRespondersError):
                    await client.connection.request(operation, b"{}", timeout=2)
            await client.generate()
        service.stop()
    finally:
        server.stop()


async def test_a_replica_that_stops_loses_no_request(start_service) -> None:
    staying = start_service(prefix="rolling")
    leaving = start_service(prefix="rolling", keys=staying.keys)
    async with staying.connect() as client:
        token = (await client.generate()).access
        stopping = asyncio.Event()

        async def keep_asking() -> int:
            answered = 0
            while not stopping.is_set():
                assert await client.reason(token) is None
                answered += 1
            return answered

        callers = [asyncio.create_task(keep_asking()) for _ in range(32)]
        await asyncio.sleep(0.2)
        leaving.terminate()
        assert await asyncio.to_thread(leaving.wait) == 0
        await asyncio.sleep(0.2)
        stopping.set()
        assert min(await asyncio.gather(*callers)) > 0
    subject = staying.subject("verify_token")
    await_condition(lambda: len(connections_in_queue(staying.server, subject)) == 1, 5, "one replica is left")
