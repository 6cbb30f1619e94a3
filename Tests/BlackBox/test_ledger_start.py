"""What a replica refuses to start with, in words that say what to do; and the one thing that it mends by itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.fleet import Fleet, generate_keys
from support.ledger import LedgerError, STREAM, ledger_of
from support.processes import ROOT, NATSServer, run

# As the service makes it; what an operator may have done to it is put over this.
STREAM_CONFIG = {
    "name": STREAM,
    "subjects": ["ledger.>"],
    "storage": "file",
    "retention": "limits",
    "discard": "new",
    "max_msgs_per_subject": 1,
    "max_age": 0,
    "num_replicas": 1,
}

FAMILY_LIFETIME = 30 * 24 * 3600


def refused(server: NATSServer, tmp_path: Path, *options: str, **variables: str) -> str:
    """The start is over within the time that an operator waits, with a failure; what it said."""
    keys = tmp_path / "keys.json"
    if not keys.exists():
        generate_keys(tmp_path)
    ended = run("serve", "--keys", keys, "--ledger", "jetstream", "--loops", "1", *options, NATS_URL=server.url, **variables)
    assert ended.returncode > 0, "a trap, or no refusal"
    assert not re.search(r"\bserving\b", ended.stderr)
    return ended.stderr


@contextmanager
def server_with(tmp_path: Path, text: str, **settings: Path) -> Iterator[NATSServer]:
    config = tmp_path / "nats-server.conf"
    config.write_text(text)
    directory = tmp_path / "nats-server"
    directory.mkdir()
    server = NATSServer(directory, config=config, **settings).start()
    try:
        yield server
    finally:
        server.stop()


def test_a_server_without_jetstream(tmp_path: Path) -> None:
    with server_with(tmp_path, "max_payload: 64KB\n") as server:
        said = refused(server, tmp_path)
    assert "no JetStream" in said and "-js" in said and "--ledger memory" in said


def other_server(version: str) -> Path:
    """As `deploy/setup --tests` installs it."""
    return ROOT / f".build-tools/nats-server-{version}/bin/nats-server"


@pytest.mark.parametrize("version", ["2.10.26", "2.11.6"])
def test_a_server_that_is_too_old(tmp_path: Path, version: str) -> None:
    with server_with(tmp_path, "jetstream: enabled\n", program=other_server(version)) as server:
        said = refused(server, tmp_path)
        checked = run("ledger", "verify", NATS_URL=server.url)
    wanted = "this nats-server is too old: the ledger needs 2.11.7 or newer"
    assert wanted in said
    assert checked.returncode == 1 and wanted in checked.stdout + checked.stderr


async def test_the_oldest_server_that_is_not(fleet: Fleet, tmp_path: Path) -> None:
    with server_with(tmp_path, "jetstream: enabled\n", program=other_server("2.11.7")) as server:
        replicas = fleet.start_replicas(2, server=server)
        async with replicas[0].connect() as client, replicas[1].connect() as other:
            first = await client.generate()
            second = await client.refresh(first.refresh)
            # Within the grace any replica has the same pair for it.
            assert await other.refresh(first.refresh) == second
            third = await other.refresh(second.refresh)
            assert (await client.ask("refresh_tokens", {"refresh_token": first.refresh})).code == 401
            for one in (client, other):
                assert await one.reason(third.access) == "revoked"


def test_an_account_without_jetstream(tmp_path: Path) -> None:
    text = """
        jetstream {}
        accounts {
            HAS { jetstream: enabled, users: [ { user: has, password: p } ] }
            LACKS { users: [ { user: lacks, password: p } ] }
        }
        """
    with server_with(tmp_path, text) as server:
        said = refused(server, tmp_path, NATS_USER="lacks", NATS_PASSWORD="p")
        assert "JetStream is not enabled for the account" in said and "jetstream: enabled" in said
        # It is the ledger's user that matters.
        lacks = ("--ledger-nats-user", "lacks", "--ledger-nats-password", "p")
        said = refused(server, tmp_path, *lacks, NATS_USER="has", NATS_PASSWORD="p")
        assert "JetStream is not enabled for the account" in said


LEDGER_MAY_PUBLISH = [
    "ledger.>",
    "$JS.API.INFO",
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.STREAM.CREATE.{STREAM}",
    f"$JS.API.CONSUMER.CREATE.{STREAM}.>",
    "_INBOX.>",
]


@pytest.mark.parametrize("lacking", [*LEDGER_MAY_PUBLISH[:-1], "subscribe"])
def test_a_ledger_user_who_lacks_a_permission(tmp_path: Path, lacking: str) -> None:
    publish = ", ".join(f'"{subject}"' for subject in LEDGER_MAY_PUBLISH if subject != lacking)
    subscribe = "_INBOX_other.>" if lacking == "subscribe" else "_INBOX.>"
    text = f"""
        jetstream {{}}
        authorization {{ users: [
            {{ user: requests, password: p }}
            {{ user: ledger, password: p, permissions {{ publish: [ {publish} ], subscribe: [ "{subscribe}" ] }} }}
        ] }}
        """
    with server_with(tmp_path, text) as server:
        ledger = ("--ledger-nats-user", "ledger", "--ledger-nats-password", "p")
        said = refused(server, tmp_path, *ledger, NATS_USER="requests", NATS_PASSWORD="p")
    assert "the ledger's NATS user may not" in said or "allowed to" in said
    assert "--ledger-nats-inbox-prefix" in said or "allowed to" in said
    if lacking != "subscribe":
        assert lacking.removesuffix(".>") in said


DIFFERENCES = {
    "subjects": ["ledger.>", "more"],
    "storage": "memory",
    "retention": "interest",
    "discard": "old",
    "max_msgs_per_subject": 5,
    "max_msgs": 1_000,
    "allow_direct": True,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NATSServer]:
    server = NATSServer(tmp_path_factory.mktemp("nats-server")).start()
    yield server
    server.stop()


@pytest.mark.parametrize("names", [*([name] for name in DIFFERENCES), list(DIFFERENCES)], ids=" ".join)
async def test_a_stream_that_was_made_for_something_else(server: NATSServer, tmp_path: Path, names: list[str]) -> None:
    found = STREAM_CONFIG | {name: DIFFERENCES[name] for name in names}
    async with ledger_of(server) as ledger:
        await ledger.create(found)
        try:
            said = refused(server, tmp_path)
            # It was left as it is.
            assert (await ledger.config()).items() >= found.items()
        finally:
            await ledger.delete()
    assert STREAM in said
    for name in DIFFERENCES:
        assert (f"{name} is" in said) == (name in names), name


@pytest.mark.parametrize(
    "name, value",
    [
        ("subject_transform", {"src": "ledger.redeemed.*", "dest": "other.{{wildcard(1)}}"}),
        ("discard_new_per_subject", True),
        ("persist_mode", "async"),
        ("max_msg_size", 100),
    ],
)
async def test_a_stream_that_does_something_else_with_what_it_is_given(
    server: NATSServer, tmp_path: Path, name: str, value: object
) -> None:
    async with ledger_of(server) as ledger:
        await ledger.create(STREAM_CONFIG | {name: value})
        try:
            assert name in refused(server, tmp_path)
        finally:
            await ledger.delete()


async def test_a_stream_with_more_replicas_than_it_was_made_with(server: NATSServer, tmp_path: Path) -> None:
    async with ledger_of(server) as ledger:
        await ledger.create(STREAM_CONFIG)
        said = refused(server, tmp_path, "--ledger-replicas", "3")
        # What differs, the two ways out, and all of it once.
        assert said.count("num_replicas is 1") == 1 and "--ledger-replicas is 3" in said
        assert "start with --ledger-replicas 1" in said and f"nats stream edit {STREAM} --replicas 3" in said
        await ledger.delete()


def test_three_replicas_of_the_ledger_on_a_server_that_is_alone(server: NATSServer, tmp_path: Path) -> None:
    said = refused(server, tmp_path, "--ledger-replicas", "3")
    assert "--ledger-replicas 1" in said and "cluster" in said


async def test_a_stream_that_is_full(server: NATSServer, tmp_path: Path) -> None:
    async with ledger_of(server) as ledger:
        await ledger.create(STREAM_CONFIG | {"max_bytes": 1_000})
        await ledger.connection.request("ledger.revoked.x", b"x" * 900, timeout=2)
        said = refused(server, tmp_path)
        await ledger.delete()
    assert "full" in said and "Raise max_bytes" in said


async def test_a_server_whose_store_is_full(tmp_path: Path) -> None:
    with server_with(tmp_path, "jetstream { max_file_store: 20000 }\n") as server:
        async with ledger_of(server) as ledger:
            await ledger.create(STREAM_CONFIG)
            await ledger.say_whole()
            for number in range(100):
                stored = await ledger.connection.request(f"ledger.revoked.x{number}", b"x" * 900, timeout=2)
                if b"error" in stored.data:
                    break
            else:
                pytest.fail("the store took more than it has")
            said = refused(server, tmp_path)
    assert "does not take a write" in said and "Make room" in said


async def test_a_max_age_that_is_too_low_is_raised_and_nothing_else_is_changed(
    server: NATSServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    operators = {
        "description": "what the operator wrote",
        "max_bytes": 50_000_000,
        "max_msg_size": 10_000,
        "compression": "s2",
        "duplicate_window": 60 * 10**9,
        "metadata": {"team": "identity"},
        "no_ack": False,
        "deny_delete": True,
        "deny_purge": True,
    }
    made = STREAM_CONFIG | operators | {"max_age": 3600 * 10**9}
    fleet = Fleet(server, tmp_path_factory)
    async with ledger_of(server) as ledger:
        before = (await ledger.create(made))["config"]
        stored = await ledger.connection.request("ledger.revoked.018f0000-0000-7000-8000-000000000000", b"{}", timeout=2)
        assert b'"seq"' in stored.data
        await ledger.say_whole()
        try:
            fleet.start_replicas(1)
            after = await ledger.config()
            assert after["max_age"] >= FAMILY_LIFETIME * 10**9
            changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            assert changed - {"metadata"} == {"max_age"}
            # The server adds to it what it needs itself.
            assert after["metadata"].items() >= operators["metadata"].items()
            # A longer one is nobody's harm.
            await ledger.update(after | {"max_age": 2 * after["max_age"]})
            fleet.start_replicas(1)
            assert (await ledger.config())["max_age"] == 2 * after["max_age"]
            with pytest.raises(LedgerError):
                await ledger.purge()
        finally:
            fleet.stop()
            await ledger.delete()


async def test_the_stream_that_it_makes_keeps_what_the_promises_hang_on(
    server: NATSServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fleet = Fleet(server, tmp_path_factory)
    async with ledger_of(server) as ledger:
        try:
            fleet.start_replicas(1, "--family-lifetime", "100", "--refresh-idle-lifetime", "50", "--access-lifetime", "10")
            config = await ledger.config()
            expected = {name: value for name, value in STREAM_CONFIG.items() if name != "max_age"}
            assert config.items() >= expected.items()
            assert config["allow_direct"] is False and config["max_bytes"] == -1
            assert config["max_age"] >= 100 * 10**9
            # A configuration with longer lives raises it.
            fleet.start_replicas(1)
            assert (await ledger.config())["max_age"] >= FAMILY_LIFETIME * 10**9
        finally:
            fleet.stop()
            await ledger.delete()
