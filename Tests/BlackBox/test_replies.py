"""Where the service publishes: to the inbox of the caller that asked, and nowhere else."""

import asyncio
import json
from pathlib import Path

import pytest

from support.client import Client
from support.processes import NATSServer, Service
from support.raw import RawClient


class Spy:
    """Everything that anybody publishes while it listens; `>` covers `$JS.API` and the like too."""

    MARK = "spy.mark"

    def __init__(self, client: Client) -> None:
        self.client = client
        self.subjects: list[str] = []
        self._mark = asyncio.Event()

    async def __aenter__(self) -> "Spy":
        self._subscription = await self.client.connection.subscribe(">", cb=self._note)
        await self._hear_a_mark()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._subscription.unsubscribe()

    async def _note(self, message) -> None:
        if message.subject == self.MARK:
            self._mark.set()
        else:
            self.subjects.append(message.subject)

    async def _hear_a_mark(self) -> None:
        """Whatever was published before has been noted then. nats-py's `flush` can overtake what it should flush."""
        self._mark.clear()
        await self.client.connection.publish(self.MARK, b"")
        await asyncio.wait_for(self._mark.wait(), 5)

    async def strangers(self, *expected: str) -> list[str]:
        """What was published beside the expected requests, once the service has dealt with all before this call."""
        # One loop, which writes a batch of replies at once: what is answered after a reply comes after the whole batch.
        # One subscription, so the mark comes after whatever was published before.
        await self.client.generate()
        await self.client.generate()
        await self._hear_a_mark()
        expected = (*expected, self.client.subject("generate_tokens"))
        return [subject for subject in self.subjects if subject not in expected and not is_inbox(subject)]


def is_inbox(subject: str) -> bool:
    return subject.startswith("_INBOX.") and "*" not in subject and ">" not in subject and ".." not in subject


HOSTILE = [
    "$JS.API.STREAM.CREATE.EVIL",
    "$JS.API.INFO",
    "$SYS.REQ.SERVER.PING",
    "$SRV.PING",
    "$KV.bucket.key",
    "verify_token",
    "generate_tokens",
    "ledger.revoked.01234567-89ab-7def-8123-456789abcdef",
    "orders.created",
    "INBOX.x",
    "_inbox.x",
    "_R.x",
    "_INBO",
    "x._INBOX.y",
    "_INBOX.>",
    "_INBOX.*",
    "_INBOX.*.x",
    "_INBOX.a.>",
    "_INBOX..x",
    "_INBOX.x.",
    "_INBOX.",
    ">",
    "*",
]


@pytest.mark.parametrize("reply_subject", HOSTILE)
async def test_a_hostile_reply_subject_is_never_published_to(
    service: Service, client: Client, reply_subject: str
) -> None:
    pair = await client.generate()
    requests = {
        "generate_tokens": {"id": "42"},
        "verify_token": {"access_token": pair.access},
        "refresh_tokens": {"refresh_token": pair.refresh},
        "blacklist_tokens": {"refresh_token": pair.refresh, "access_token": pair.access},
    }
    with RawClient(service.server.url) as attacker:
        async with Spy(client) as spy:
            for operation, body in requests.items():
                # Well-formed, and one that earns an error reply.
                attacker.publish(operation, json.dumps(body).encode(), reply_subject)
                attacker.publish(operation, b"{", reply_subject)
            attacker.flush()
            assert await spy.strangers(*requests) == []
    # Requests are expected on the wire, but only those that were sent: the attacker's two each, and the spy's two.
    # (An attacker who names an operation's subject would have the service ask itself.)
    counts = {operation: spy.subjects.count(operation) for operation in requests}
    assert counts == {operation: 2 for operation in requests} | {"generate_tokens": 4}


@pytest.mark.parametrize("inbox", ["_INBOX.a", "_INBOX.a.b.c", "_INBOX_orders.a"])
async def test_ordinary_inboxes_are_answered(client: Client, inbox: str) -> None:
    subscription = await client.connection.subscribe(inbox)
    await client.connection.publish("generate_tokens", b'{"id":"42"}', reply=inbox)
    message = await subscription.next_msg(timeout=5)
    assert set(json.loads(message.data)) == {"access_token", "refresh_token"}


async def test_a_private_inbox_prefix_of_a_client_library_is_answered(service: Service) -> None:
    async with service.connect(inbox_prefix=b"_INBOX_orders") as client:
        assert await client.reason((await client.generate()).access) is None


ACCOUNTS = """
host: 127.0.0.1
accounts {
    SERVICE {
        users: [{user: service, password: hunter2}]
        exports: [{service: generate_tokens}, {service: verify_token}]
    }
    CALLER {
        users: [{user: caller, password: two}]
        imports: [
            {service: {account: SERVICE, subject: generate_tokens}}
            {service: {account: SERVICE, subject: verify_token}}
        ]
    }
}
"""


async def test_callers_of_another_account_are_answered(service: Service, tmp_path: Path) -> None:
    # The server gives such requests a reply subject under `_R_.`.
    (tmp_path / "accounts.conf").write_text(ACCOUNTS)
    server = NATSServer(tmp_path, config=tmp_path / "accounts.conf").start()
    replica = Service(server, tmp_path, keys=service.keys)
    try:
        replica.start(NATS_USER="service", NATS_PASSWORD="hunter2")
        async with replica.connect(user="caller", password="two") as client:
            assert await client.reason((await client.generate()).access) is None
        replica.stop()
        assert "hunter2" not in replica.log
    finally:
        replica.kill()
        server.stop()


async def test_the_accepted_prefixes_are_configurable(start_service) -> None:
    service = start_service("--reply-prefixes", "replies.")
    async with service.connect(inbox_prefix=b"replies") as client:
        await client.generate()
        async with Spy(client) as spy:
            await client.connection.publish(client.subject("generate_tokens"), b'{"id":"42"}', reply="_INBOX_x.y")
            strangers = await spy.strangers()
    assert [subject for subject in strangers if not subject.startswith("replies.")] == []


async def test_requests_without_a_reply_subject_are_dropped_in_silence(service: Service, client: Client) -> None:
    operations = ("generate_tokens", "verify_token", "refresh_tokens", "blacklist_tokens")
    async with Spy(client) as spy:
        for operation in operations:
            for body in (b"", b"{", b"{}", b'{"id":"42"}', b"\xff" * 20_000):
                await client.connection.publish(operation, body)
        assert await spy.strangers(*operations) == []


async def test_the_reply_goes_to_the_inbox_and_not_to_the_channel(client: Client) -> None:
    # The contract's page names the channel as its own reply address: nobody must take that for a subject.
    async with Spy(client) as spy:
        await client.generate()
        assert await spy.strangers() == []
    assert spy.subjects.count("generate_tokens") == 3
