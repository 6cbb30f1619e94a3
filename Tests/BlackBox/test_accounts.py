"""deploy/nats-server/accounts.conf: each permission and each refusal, shown with clients that are not the service."""

import json
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import nats
import nats.errors
import pytest
from nats.aio.client import Client as Connection

from support.accounts import APP_USER, AUTH_USER, LEDGER_INBOX, LEDGER_USER, PASSWORDS, REQUESTS_INBOX, REQUESTS_USER
from support.accounts import server_with_accounts
from support.contract import OPERATIONS
from support.fleet import Fleet, generate_keys
from support.ledger import ledger_of
from support.processes import CONFIGURATIONS, NATS_SERVER, NATSServer, Service, await_condition, environment, eventually, run
from support.raw import RawClient
from support.tokens import claims

USERS = {"requests": REQUESTS_USER, "ledger": LEDGER_USER, "auth": AUTH_USER, "app": APP_USER}
SUBJECTS = (*OPERATIONS, "get_jwks")
OF_AUTHENTICATION_ONLY = ("generate_tokens", "blacklist_tokens")

STREAM = {"name": "TOKEN_LEDGER", "subjects": ["ledger.>"], "storage": "file", "max_msgs_per_subject": 1, "discard": "new"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NATSServer]:
    server = server_with_accounts(tmp_path_factory.mktemp("accounts")).start()
    yield server
    server.stop()


def refused(server: NATSServer, user: dict[str, str], act: Callable[[RawClient], None]) -> bool:
    """Whether the server refuses what this user does. By hand: a client library may tell of it too late."""
    with RawClient(server.url, user=user["user"], **{"pass": user["password"]}) as client:
        act(client)
        complaints = client.complaints()
    assert all("Permissions Violation" in complaint for complaint in complaints), complaints
    return bool(complaints)


@asynccontextmanager
async def connect(server: NATSServer, user: dict[str, str]) -> AsyncIterator[Connection]:
    connection = await nats.connect(server.url, allow_reconnect=False, **user)
    try:
        yield connection
    finally:
        await connection.close()


async def round_trip(connection: Connection) -> None:
    """Everything sent before has been dealt with: nats-py's `flush` can overtake a publish."""
    inbox = connection.new_inbox()
    subscription = await connection.subscribe(inbox)
    await connection.publish(inbox, b"")
    await subscription.next_msg(timeout=2)
    await subscription.unsubscribe()


async def serve(service: Connection) -> None:
    """Answers on every subject as the service would, with the subject that the answer went to."""

    async def answer(message) -> None:
        if message.reply:
            await service.publish(message.reply, json.dumps({"to": message.reply}).encode())

    for subject in SUBJECTS:
        await service.subscribe(subject, "q", cb=answer)
    await round_trip(service)


@pytest.mark.parametrize("missing", sorted(PASSWORDS))
def test_a_server_without_one_of_the_passwords_does_not_start(missing: str) -> None:
    given = {name: value for name, value in PASSWORDS.items() if name != missing}
    refused = subprocess.run(
        [NATS_SERVER, "--config", CONFIGURATIONS / "single.conf", "-t"], env=environment(**given), capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert missing in refused.stderr


@pytest.mark.parametrize(
    "login", [{}, {"user": "app"}, {"user": "app", "pass": "wrong"}, {"user": "token-ledger", "pass": ""}], ids=json.dumps
)
def test_nobody_gets_in_without_a_password(server: NATSServer, login: dict[str, str]) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stranger, stranger.makefile("rb") as lines:
        lines.readline()
        stranger.sendall(f"CONNECT {json.dumps(login)}\r\nPING\r\n".encode())
        assert lines.readline() == b"-ERR 'Authorization Violation'\r\n"


async def test_an_authentication_service_reaches_every_operation(server: NATSServer) -> None:
    async with connect(server, REQUESTS_USER) as service, connect(server, AUTH_USER) as auth:
        await serve(service)
        for subject in SUBJECTS:
            reply = await auth.request(subject, b"{}", timeout=2)
            # Not the caller's inbox: the service never sees one, so it cannot be made to publish into one.
            assert json.loads(reply.data)["to"].startswith("_R_.")


async def test_an_app_reaches_what_it_may_and_finds_nobody_elsewhere(server: NATSServer) -> None:
    async with connect(server, REQUESTS_USER) as service, connect(server, APP_USER) as app:
        await serve(service)
        for subject in SUBJECTS:
            if subject not in OF_AUTHENTICATION_ONLY:
                await app.request(subject, b"{}", timeout=2)
                continue
            # Told at once, which a permission that is denied would not be.
            with pytest.raises(nats.errors.NoRespondersError):
                await app.request(subject, b"{}", timeout=2)


async def test_a_blacklisting_that_wants_no_reply_crosses_the_accounts(server: NATSServer) -> None:
    async with connect(server, REQUESTS_USER) as service, connect(server, AUTH_USER) as auth, connect(server, APP_USER) as app:
        taken = await service.subscribe("blacklist_tokens", "q")
        await round_trip(service)
        await app.publish("blacklist_tokens", b"app")
        await round_trip(app)
        await auth.publish("blacklist_tokens", b"auth")
        message = await taken.next_msg(timeout=2)
        assert (message.data, message.reply) == (b"auth", "")


@pytest.mark.parametrize("inbox", ["ledger.revoked.x", "$JS.API.STREAM.DELETE.TOKEN_LEDGER", f"{LEDGER_INBOX}.x", "verify_token"])
async def test_no_caller_can_have_the_service_publish_where_he_says(server: NATSServer, inbox: str) -> None:
    async with connect(server, REQUESTS_USER) as service, connect(server, APP_USER) as app:
        taken = await service.subscribe("verify_token", "q")
        await round_trip(service)
        await app.publish("verify_token", b"{}", reply=inbox)
        assert (await taken.next_msg(timeout=2)).reply.startswith("_R_.")


@pytest.mark.parametrize(
    ("user", "subject", "allowed"),
    [
        ("requests", "_R_.x.y", True),
        ("requests", f"{REQUESTS_INBOX}.x", True),
        ("requests", "_INBOX.x", False),
        ("requests", f"{LEDGER_INBOX}.x", False),
        ("requests", "ledger.revoked.x", False),
        ("requests", "$JS.API.INFO", False),
        ("requests", "$JS.API.STREAM.PURGE.TOKEN_LEDGER", False),
        ("requests", "verify_token", False),
        ("ledger", "ledger.revoked.x", True),
        ("ledger", "ledger.redeemed.x", True),
        ("ledger", "$JS.API.INFO", True),
        ("ledger", "$JS.API.STREAM.INFO.TOKEN_LEDGER", True),
        ("ledger", "$JS.API.STREAM.CREATE.TOKEN_LEDGER", True),
        ("ledger", "$JS.API.STREAM.UPDATE.TOKEN_LEDGER", True),
        ("ledger", "$JS.API.STREAM.MSG.GET.TOKEN_LEDGER", True),
        ("ledger", "$JS.API.CONSUMER.CREATE.TOKEN_LEDGER.x.ledger.revoked.>", True),
        ("ledger", "$JS.API.CONSUMER.DELETE.TOKEN_LEDGER.x", True),
        ("ledger", "$JS.FC.TOKEN_LEDGER.x.y", True),
        ("ledger", f"{LEDGER_INBOX}.x", True),
        ("ledger", "$JS.API.STREAM.PURGE.TOKEN_LEDGER", False),
        ("ledger", "$JS.API.STREAM.DELETE.TOKEN_LEDGER", False),
        ("ledger", "$JS.API.STREAM.MSG.DELETE.TOKEN_LEDGER", False),
        ("ledger", "$JS.API.STREAM.CREATE.OTHER", False),
        ("ledger", "$JS.API.STREAM.NAMES", False),
        ("ledger", "$JS.API.CONSUMER.CREATE.OTHER.x", False),
        ("ledger", "$JS.API.DIRECT.GET.TOKEN_LEDGER", False),
        ("ledger", "generate_tokens", False),
        ("ledger", "_R_.x.y", False),
        ("ledger", f"{REQUESTS_INBOX}.x", False),
        ("ledger", "other", False),
    ],
)
def test_who_may_publish_what(server: NATSServer, user: str, subject: str, allowed: bool) -> None:
    assert refused(server, USERS[user], lambda client: client.publish(subject, b"{}")) != allowed


@pytest.mark.parametrize(
    ("user", "subject", "queue", "allowed"),
    [
        *(("requests", subject, "q", True) for subject in SUBJECTS),
        *(("requests", subject, "", False) for subject in SUBJECTS),
        ("requests", "verify_token", "other", False),
        ("requests", f"{REQUESTS_INBOX}.>", "", True),
        ("requests", f"{LEDGER_INBOX}.>", "", False),
        ("requests", "_INBOX.>", "", False),
        ("requests", "_R_.>", "", False),
        ("requests", "ledger.>", "", False),
        ("requests", "$JS.>", "", False),
        ("requests", ">", "", False),
        ("ledger", f"{LEDGER_INBOX}.>", "", True),
        ("ledger", f"{REQUESTS_INBOX}.>", "", False),
        ("ledger", "ledger.>", "", False),
        ("ledger", "verify_token", "q", False),
        ("ledger", "_INBOX.>", "", False),
        ("ledger", ">", "", False),
    ],
)
def test_who_may_subscribe_to_what(server: NATSServer, user: str, subject: str, queue: str, allowed: bool) -> None:
    assert refused(server, USERS[user], lambda client: client.subscribe(subject, queue)) != allowed


async def test_the_ledger_is_worked_with_by_its_user_and_seen_by_nobody_else(server: NATSServer) -> None:
    async with connect(server, LEDGER_USER) as ledger, connect(server, AUTH_USER) as auth, connect(server, APP_USER) as app:

        async def api(subject: str, request: dict | None = None) -> dict:
            reply = await ledger.request(f"$JS.API.{subject}", json.dumps(request or {}).encode(), timeout=2)
            return json.loads(reply.data)

        assert (await api("INFO"))["type"] == "io.nats.jetstream.api.v1.account_info_response"
        assert "error" not in await api("STREAM.CREATE.TOKEN_LEDGER", STREAM)
        stored = json.loads((await ledger.request("ledger.revoked.x", b"{}", timeout=2)).data)
        assert stored["stream"] == "TOKEN_LEDGER" and stored["seq"] > 0
        assert "error" not in await api("STREAM.UPDATE.TOKEN_LEDGER", STREAM | {"max_age": 3600 * 10**9})
        last = await api("STREAM.MSG.GET.TOKEN_LEDGER", {"last_by_subj": "ledger.*.x"})
        assert last["message"]["seq"] == stored["seq"]

        # A consumer that pushes to the private inbox, with heartbeats and flow control.
        feed = await ledger.subscribe(f"{LEDGER_INBOX}.feed")
        consumer = {
            "name": "c1",
            "deliver_subject": f"{LEDGER_INBOX}.feed",
            "ack_policy": "none",
            "filter_subject": "ledger.revoked.>",
            "flow_control": True,
            "idle_heartbeat": 10**9,
            "inactive_threshold": 10 * 10**9,
        }
        request = {"stream_name": "TOKEN_LEDGER", "config": consumer, "action": "create"}
        assert "error" not in await api("CONSUMER.CREATE.TOKEN_LEDGER.c1.ledger.revoked.>", request)
        delivered = await feed.next_msg(timeout=2)
        assert (delivered.subject, delivered.data) == ("ledger.revoked.x", b"{}")
        heartbeat = await feed.next_msg(timeout=3)
        assert heartbeat.headers["Nats-Last-Stream"] == str(stored["seq"])

        for outsider in (auth, app):
            with pytest.raises(nats.errors.NoRespondersError):
                await outsider.request("ledger.revoked.y", b"{}", timeout=2)
            reply = await outsider.request("$JS.API.STREAM.INFO.TOKEN_LEDGER", b"", timeout=2)
            assert "not enabled for account" in json.loads(reply.data)["error"]["description"]
        assert (await api("STREAM.INFO.TOKEN_LEDGER"))["state"]["messages"] == 1


# --- the service itself, behind these accounts -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def accounts_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two replicas with the two restricted users, as an operator runs them: no prefix, one queue group."""
    server = server_with_accounts(tmp_path_factory.mktemp("service-accounts")).start()
    fleet = Fleet(server, tmp_path_factory)
    try:
        fleet.start_replicas(2, prefix="")
        yield fleet
        fleet.stop()
    finally:
        server.stop()


async def test_the_service_works_with_its_two_restricted_users(accounts_fleet: Fleet) -> None:
    service = accounts_fleet.services[0]
    async with service.connect() as auth:
        pair = await auth.generate()
        assert await auth.reason(pair.access) is None
        successor = await auth.refresh(pair.refresh)
        assert await auth.refresh(pair.refresh) == successor
        assert (await auth.ask("get_jwks", b"")).body["keys"]
        assert (await auth.blacklist(successor.refresh, successor.access)).code is None

        async def is_revoked() -> bool:
            return {await auth.reason(pair.access) for _ in range(20)} == {"revoked"}

        await eventually(is_revoked, 3, "both replicas refuse it")
    for replica in accounts_fleet.services:
        assert "Permissions Violation" not in replica.log


async def test_an_app_verifies_and_refreshes_and_can_neither_issue_nor_blacklist(accounts_fleet: Fleet) -> None:
    service = accounts_fleet.services[0]
    async with service.connect() as auth, service.connect(**APP_USER) as app:
        pair = await auth.generate()
        assert await app.reason(pair.access) is None
        successor = await app.refresh(pair.refresh)
        assert await app.reason(successor.access) is None
        for operation, body in (
            ("generate_tokens", {"id": "42"}),
            ("blacklist_tokens", {"refresh_token": successor.refresh, "access_token": successor.access}),
        ):
            # Told at once, which a permission that is denied would not be.
            with pytest.raises(nats.errors.NoRespondersError):
                await app.ask(operation, body, timeout=2)
        # Not without a reply either.
        await app.connection.publish("blacklist_tokens", json.dumps(body).encode())
        for _ in range(10):
            assert await app.reason(successor.access) is None


async def test_the_ledger_cannot_be_written_by_a_caller(accounts_fleet: Fleet) -> None:
    service = accounts_fleet.services[0]
    async with service.connect() as auth:
        pair = await auth.generate()
        family = claims(pair.access)["sid"]
        record = json.dumps({"kind": "family", "exp": 2**50, "reason": "blacklisted"}).encode()
        for user in (AUTH_USER, APP_USER):
            async with connect(service.server, user) as caller:
                await caller.publish(f"ledger.revoked.{family}", record)
                await round_trip(caller)
        async with ledger_of(service.server, **LEDGER_USER) as ledger:
            assert family not in await ledger.revoked()
        assert await auth.reason(pair.access) is None


# --- what is said of a permission that is missing --------------------------------------------------------------------


def test_call_says_at_once_what_the_server_refuses(server: NATSServer) -> None:
    requests = {"NATS_URL": server.url, "NATS_USER": REQUESTS_USER["user"], "NATS_PASSWORD": REQUESTS_USER["password"]}
    for flags, forbidden in (
        (("--nats-inbox-prefix", REQUESTS_INBOX), '"generate_tokens"'),
        # The question is forbidden as well, but the answer could not be heard anyhow.
        ((), "--nats-inbox-prefix"),
    ):
        # More than `run` itself waits: a time-out fails here.
        ended = run("call", "generate_tokens", '{"id":"42"}', "--timeout", "60", *flags, **requests)
        assert ended.returncode == 2
        assert "Permissions Violation" in ended.stderr and forbidden in ended.stderr, ended.stderr
        assert "use one who may call" in ended.stderr


def test_a_request_user_without_its_inboxes_is_told_the_setting(server: NATSServer, tmp_path) -> None:
    generate_keys(tmp_path)
    service = Service(server, tmp_path)
    service.launch(TOKEN_SERVICE_NATS_INBOX_PREFIX="_INBOX")
    try:
        await_condition(lambda: "advice=" in service.log, 10, "it is told what to do")
        (line, *_) = [line for line in service.log.splitlines() if "advice=" in line]
        assert "--nats-inbox-prefix (TOKEN_SERVICE_NATS_INBOX_PREFIX)" in line and "_INBOX.>" in line
        assert not any(line.endswith("] serving") for line in service.log.splitlines())
    finally:
        service.kill()
