"""Start, loss of the server, and the end: serving again by itself, answering all that was received."""

import asyncio
import json
import signal
import time
from pathlib import Path

import nats
import nats.errors
import pytest

from support.processes import NATSServer, Service, await_condition, free_port
from support.raw import RawClient
from support.tokens import claims

# From the moment the server listens again.
RECOVERY_SECONDS = 2


async def serves_again(server: NATSServer, token: str) -> None:
    """Asks with new connections until there is an answer; it must be the right one."""
    request = json.dumps({"access_token": token}).encode()
    connection = await nats.connect(server.url, allow_reconnect=False)
    try:
        while True:
            try:
                reply = await connection.request("verify_token", request, timeout=0.5)
            except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
                await asyncio.sleep(0.02)
                continue
            assert json.loads(reply.data)["valid"] is True
            return
    finally:
        await connection.close()


async def test_it_serves_again_after_each_death_of_the_server(own_server: NATSServer, start_service) -> None:
    service = start_service(server=own_server, prefix="")
    async with service.connect() as client:
        token = (await client.generate()).access
    for outage in (0.0, 0.5, 3.0):
        own_server.kill()
        await asyncio.sleep(outage)
        assert service.process.poll() is None, service.log
        own_server.start()
        async with asyncio.timeout(RECOVERY_SECONDS):
            await serves_again(own_server, token)
    service.stop()


async def test_what_was_revoked_before_an_outage_stays_revoked_after_it(own_server: NATSServer, start_service) -> None:
    service = start_service(server=own_server, prefix="")
    async with service.connect() as client:
        alive, revoked = await client.generate(), await client.generate()
        await client.blacklist(revoked.refresh, revoked.access)
    own_server.kill()
    own_server.start()
    async with asyncio.timeout(RECOVERY_SECONDS):
        await serves_again(own_server, alive.access)
    async with service.connect() as client:
        assert await client.reason(revoked.access) == "revoked"
        assert await client.reason(alive.access) is None
    service.stop()


async def test_a_server_that_dies_under_load_costs_no_more_than_the_requests_in_flight(
    own_server: NATSServer, start_service
) -> None:
    service = start_service(server=own_server, prefix="")
    async with service.connect() as client:
        token = (await client.generate()).access
    request = json.dumps({"access_token": token}).encode()
    with RawClient(own_server.url) as caller:
        for _ in range(5_000):
            caller.publish("verify_token", request, "_INBOX.nobody")
        own_server.kill()
    own_server.start()
    async with asyncio.timeout(RECOVERY_SECONDS):
        await serves_again(own_server, token)
    service.stop()


async def test_it_waits_for_a_server_that_is_not_there_yet(service: Service, tmp_path: Path) -> None:
    server = NATSServer(tmp_path, port=free_port())
    early = Service(server, tmp_path, keys=service.keys).launch()
    try:
        await asyncio.sleep(0.5)
        assert early.process.poll() is None, early.log
        server.start()
        await_condition(lambda: "serving" in early.log, RECOVERY_SECONDS, "the service serves")
        async with early.connect() as client:
            await client.generate()
        early.stop()
    finally:
        early.kill()
        server.stop()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_every_request_received_before_the_end_is_answered(start_service, signal_number: int) -> None:
    service = start_service()
    count = 3_000
    async with service.connect() as client:
        token = (await client.generate()).access
        request = json.dumps({"access_token": token}).encode()
        replies: list[bytes] = []

        async def note(message) -> None:
            replies.append(message.data)

        inbox = client.connection.new_inbox()
        replies_to = await client.connection.subscribe(inbox, cb=note)
        # A round trip, so that the server knows the subscription; nats-py's `flush` can overtake it.
        assert await client.reason(token) is None
        with RawClient(service.server.url) as caller:
            for _ in range(count):
                caller.publish(service.subject("verify_token"), request, inbox)
            # Now the server has handed over every one of them; the service may not have read them yet.
            caller.flush()
            began = time.monotonic()
            service.process.send_signal(signal_number)
        assert await asyncio.to_thread(service.wait) == 0
        assert time.monotonic() - began < 10
        await client.connection.flush()
        await replies_to.drain()
    assert len(replies) == count
    assert all(json.loads(reply)["valid"] is True for reply in replies)


async def test_after_its_end_it_is_out_of_the_queue_group(start_service) -> None:
    service = start_service()
    async with service.connect() as client:
        await client.generate()
        service.terminate()
        assert await asyncio.to_thread(service.wait) == 0
        with pytest.raises(nats.errors.NoRespondersError):
            await client.connection.request(service.subject("generate_tokens"), b'{"id":"42"}', timeout=2)


async def test_an_idle_replica_ends_at_once(start_service) -> None:
    service = start_service()
    began = time.monotonic()
    service.terminate()
    assert service.wait() == 0
    assert time.monotonic() - began < 3


async def test_it_ends_while_no_server_is_there(own_server: NATSServer, start_service) -> None:
    service = start_service(server=own_server, prefix="")
    own_server.kill()
    await asyncio.to_thread(await_condition, lambda: "disconnected" in service.log, 10, "the loss is noticed")
    began = time.monotonic()
    service.terminate()
    assert service.wait() == 0
    assert time.monotonic() - began < 10


async def test_tokens_survive_a_restart_of_the_service(own_server: NATSServer, start_service) -> None:
    first = start_service(server=own_server, prefix="")
    async with first.connect() as client:
        pair = await client.generate()
    first.stop()
    second = start_service(server=own_server, prefix="", keys=first.keys)
    async with second.connect() as client:
        assert await client.reason(pair.access) is None
        assert claims((await client.refresh(pair.refresh)).refresh)["gen"] == 1
    second.stop()
