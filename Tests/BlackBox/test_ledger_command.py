"""`token-service ledger`: what an operator is told of the ledger, while it serves and when something is wrong with it."""

import json
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from conftest import generate_keys
from support.accounts import LEDGER_USER, server_with_accounts
from support.client import Pair
from support.ledger import STREAM, LedgerError, ledger_of
from support.processes import BINARY, NATSServer, Service, environment, free_port, run
from support.tokens import claims

FITS, DOES_NOT, UNREACHABLE = 0, 1, 2


def ledger(server: NATSServer, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ended = run("ledger", *arguments, **{"NATS_URL": server.url} | server.access.service | variables)
    assert ended.returncode in (FITS, DOES_NOT, UNREACHABLE), ended.stderr
    assert (ended.returncode == UNREACHABLE) <= bool(ended.stderr or "unreachable" in ended.stdout or "not known" in ended.stdout)
    return ended


def listed(server: NATSServer, *arguments: str) -> list[dict]:
    ended = ledger(server, "list", "--json", *arguments)
    assert ended.returncode == FITS, ended.stderr
    # Replicas store a fence again and again; whether one is there yet is not what a test is about.
    return [record for record in map(json.loads, ended.stdout.splitlines()) if record["type"] != "fence"]


@dataclass
class Scene:
    """A ledger with one of each: a family that was refreshed, an access token and a family that were blacklisted."""

    server: NATSServer
    service: Service
    refreshed: Pair
    successor: Pair
    blacklisted: Pair


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    server = server_with_accounts(tmp_path_factory.mktemp("nats-server")).start()
    directory = tmp_path_factory.mktemp("service")
    generate_keys(directory)
    service = Service(server, directory, ledger="jetstream").start()
    async with service.connect() as client:
        refreshed = await client.generate()
        successor = await client.refresh(refreshed.refresh)
        blacklisted = await client.generate()
        await client.blacklist(blacklisted.refresh, blacklisted.access)
    yield Scene(server, service, refreshed, successor, blacklisted)
    service.stop()
    server.stop()


def test_status_tells_what_the_stream_holds_and_who_follows_it(scene: Scene) -> None:
    ended = ledger(scene.server, "status")
    assert ended.returncode == FITS, ended.stdout + ended.stderr
    assert re.search(r"^records +\d: 2 revocations, 1 redemption, 1 epoch, 1 probe, [01] fences?, 0 others$", ended.stdout, re.M)
    assert re.search(r"^max_age +30 d 1 h$", ended.stdout, re.M)
    assert re.search(r"^trouble +none$", ended.stdout, re.M)
    assert re.search(r"^followers +1\n +token-service-\S+: 0 pending", ended.stdout, re.M)
    assert ended.stderr == ""


def test_status_as_json(scene: Scene) -> None:
    status = json.loads(ledger(scene.server, "status", "--json").stdout)
    assert status["api_level"] >= 1 and status["troubles"] == []
    stream = status["stream"]
    fences = stream["records"].pop("fences")
    assert stream["records"] == {"revocations": 2, "redemptions": 1, "epochs": 1, "probes": 1, "others": 0}
    assert fences == stream["messages"] - 5
    assert stream["consumer_count"] == 1
    assert [consumer["name"].startswith("token-service-") for consumer in stream["consumers"]] == [True]
    assert stream["max_age_seconds"] == 30 * 24 * 3600 + 3600


def test_list_shows_every_record_as_what_it_is(scene: Scene) -> None:
    # A fence is written when something was stored since the last look.
    records = [record for record in listed(scene.server) if record["type"] != "fence"]
    assert [record["sequence"] for record in records] == sorted(record["sequence"] for record in records)
    by_type = {kind: [record for record in records if record["type"] == kind] for kind in ("epoch", "probe", "redemption", "revocation")}
    assert len(by_type["probe"]) == 1 and len(records) == 5
    assert [record["state"] for record in by_type["epoch"]] == ["presumed"]

    (redemption,) = by_type["redemption"]
    old, access, refresh = claims(scene.refreshed.refresh), claims(scene.successor.access), claims(scene.successor.refresh)
    assert (redemption["family"], redemption["generation"], redemption["token_id"]) == (old["sid"], 0, old["jti"])
    assert (redemption["successor"]["access_id"], redemption["successor"]["refresh_id"]) == (access["jti"], refresh["jti"])

    refresh, access = claims(scene.blacklisted.refresh), claims(scene.blacklisted.access)
    revoked = {(record["kind"], record["id"]) for record in by_type["revocation"]}
    assert revoked == {("family", refresh["sid"]), ("access_token", access["jti"])}
    assert all(record["reason"] == "blacklisted" and record["expired"] is False for record in by_type["revocation"])


def test_list_takes_a_kind(scene: Scene) -> None:
    records = listed(scene.server)
    assert listed(scene.server, "--revoked") == [record for record in records if record["type"] == "revocation"]
    assert listed(scene.server, "--redeemed") == [record for record in records if record["type"] == "redemption"]


def test_list_as_a_table_has_a_line_for_each_and_holds_no_token(scene: Scene) -> None:
    ended = ledger(scene.server, "list")
    heading, *lines = ended.stdout.splitlines()
    assert heading.split() == ["SEQUENCE", "STORED", "EXPIRES", "IN", "WHAT"]
    column = heading.index("WHAT")
    what = [line[column:].split()[0] for line in lines]
    assert sorted(word for word in what if word != "fence") == ["epoch", "probe", "redeemed", "revoked", "revoked"]
    for pair in (scene.refreshed, scene.successor, scene.blacklisted):
        for token in (pair.access, pair.refresh):
            assert token.rsplit(".", 1)[1] not in ended.stdout


async def test_verify_fits_and_writes_only_when_told_to(scene: Scene) -> None:
    async with ledger_of(scene.server, **LEDGER_USER) as stream:

        async def probed() -> int:
            record = await stream.api(f"STREAM.MSG.GET.{STREAM}", {"last_by_subj": "ledger.probe"})
            return record["message"]["seq"]

        before = await probed()
        ended = ledger(scene.server, "verify")
        assert ended.returncode == FITS, ended.stdout
        assert await probed() == before
        ended = ledger(scene.server, "verify", "--probe", "--json")
        assert ended.returncode == FITS, ended.stdout
        assert await probed() > before
    verdict = json.loads(ended.stdout)
    assert verdict["verdict"] == "fits" and verdict["complete"] is True and verdict["problems"] == []
    assert verdict["records"].pop("fences") in (0, 1)
    assert verdict["records"] == {"revocations": 2, "redemptions": 1, "epochs": 1, "probes": 1, "unreadable": 0, "outlived": 0, "senseless": 0}
    assert sum(verdict["expiry"].values()) == 3


async def test_a_longer_lifetime_is_a_remark_and_nothing_is_changed(scene: Scene) -> None:
    ended = ledger(scene.server, "verify", "--family-lifetime", str(60 * 24 * 3600))
    assert ended.returncode == FITS and "`serve` raises it at its start" in ended.stdout
    async with ledger_of(scene.server, **LEDGER_USER) as stream:
        assert (await stream.config())["max_age"] == (30 * 24 + 1) * 3600 * 10**9


def test_what_serve_would_refuse_does_not_fit(scene: Scene) -> None:
    for command in ("verify", "status"):
        ended = ledger(scene.server, command, "--ledger-replicas", "3")
        assert ended.returncode == DOES_NOT and "num_replicas is 1" in ended.stdout


@pytest.mark.parametrize("command", ["status", "list", "verify"])
def test_a_user_who_may_not_is_told_what_he_needs(scene: Scene, command: str) -> None:
    requests_user = {
        "TOKEN_SERVICE_LEDGER_NATS_USER": "token-service",
        "TOKEN_SERVICE_LEDGER_NATS_PASSWORD": scene.server.access.service["NATS_PASSWORD"],
        "TOKEN_SERVICE_LEDGER_NATS_INBOX_PREFIX": "_INBOX_requests",
    }
    ended = ledger(scene.server, command, **requests_user)
    assert ended.returncode == DOES_NOT
    assert "Allow it to publish: ledger.>, $JS.API.INFO" in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", ["status", "list", "verify"])
def test_nobody_there_and_no_jetstream(tmp_path: Path, command: str) -> None:
    ended = run("ledger", command, NATS_URL=f"nats://127.0.0.1:{free_port()}")
    assert ended.returncode == UNREACHABLE and "127.0.0.1" in ended.stderr
    config = tmp_path / "nats-server.conf"
    config.write_text("max_payload: 64KB\n")
    server = NATSServer(tmp_path, config=config).start()
    try:
        ended = ledger(server, command)
    finally:
        server.stop()
    assert ended.returncode == (DOES_NOT if command == "verify" else UNREACHABLE)
    assert "no JetStream" in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", ["status", "list", "verify"])
async def test_a_server_that_hangs_is_not_reached(own_server: NATSServer, command: str) -> None:
    async with ledger_of(own_server) as stream:
        await stream.create({"name": STREAM, "subjects": ["ledger.>"]})
    own_server.pause()
    try:
        assert ledger(own_server, command).returncode == UNREACHABLE
    finally:
        own_server.resume()


def test_no_stream_yet(own_server: NATSServer) -> None:
    # There is no ledger to tell of; but `serve` would make it.
    for command, status in (("status", DOES_NOT), ("list", DOES_NOT), ("verify", FITS)):
        ended = ledger(own_server, command)
        assert ended.returncode == status and f"no stream {STREAM}" in ended.stdout + ended.stderr
    # Nor with a probe: there is nothing yet that could take one.
    ended = ledger(own_server, "verify", "--probe", "--json")
    assert ended.returncode == FITS
    verdict = json.loads(ended.stdout)
    assert verdict["verdict"] == "fits" and "the first replica that starts makes it" in verdict["remarks"][0]
    assert ledger(own_server, "status").returncode == DOES_NOT


async def test_status_tells_that_records_are_missing(own_server: NATSServer, fleet) -> None:
    (replica,) = fleet.start_replicas(1)
    replica.stop()
    assert ledger(own_server, "status").returncode == FITS
    async with ledger_of(own_server) as stream:
        await stream.purge()
    ended = ledger(own_server, "status")
    assert ended.returncode == DOES_NOT and "has lost records" in ended.stdout


async def test_followers_are_named_to_who_may_ask(own_server: NATSServer, fleet) -> None:
    fleet.start_replicas(2)
    stream = json.loads(ledger(own_server, "status", "--json").stdout)["stream"]
    assert len(stream["consumers"]) == 2
    for consumer in stream["consumers"]:
        assert re.fullmatch(r"token-service-[0-9a-z]+-1", consumer["name"]) and consumer["bound"]
        assert consumer["filter"] == "ledger.revoked.>" and consumer["pending"] == 0
    # Looking leaves nothing behind.
    async with ledger_of(own_server) as ledger_stream:
        assert (await ledger_stream.info())["state"]["consumer_count"] == 2


async def fill(server: NATSServer, count: int) -> list[str]:
    """Revocations as the service writes them."""
    ids = [f"01a204ad-b067-7fd6-85c5-{number:012x}" for number in range(count)]
    async with ledger_of(server) as stream:
        try:
            await stream.create(
                {
                    **{"name": STREAM, "subjects": ["ledger.>"], "storage": "file", "discard": "new"},
                    **{"max_msgs_per_subject": 1, "num_replicas": 1},
                }
            )
        except LedgerError as error:
            assert "already in use" in str(error)
        body = json.dumps({"kind": "family", "exp": 4_000_000_000_000, "reason": "blacklisted"}).encode()
        for id in ids[:-1]:
            await stream.connection.publish(f"ledger.revoked.{id}", body)
        # Its acknowledgement says that all before it are stored.
        await stream.connection.request(f"ledger.revoked.{ids[-1]}", body, timeout=20)
    return ids


async def test_records_of_others_are_named_and_counted(own_server: NATSServer) -> None:
    ids = await fill(own_server, 3)
    async with ledger_of(own_server) as stream:
        for subject, body in [
            ("ledger.other", b"\x1b[2J"),
            (f"ledger.revoked.{ids[0]}", b"{}"),
            ("ledger.redeemed.not-an-id", b"{}"),
        ]:
            await stream.connection.request(subject, body, timeout=2)
    ended = ledger(own_server, "verify")
    assert ended.returncode == DOES_NOT
    assert "3 records: not this service's" in ended.stdout and "\x1b" not in ended.stdout
    for subject in ("ledger.other", f"ledger.revoked.{ids[0]}", "ledger.redeemed.not-an-id"):
        assert subject in ended.stdout
    assert [record["type"] for record in listed(own_server)] == ["revocation"] * 2 + ["unreadable"] * 3


async def test_records_that_the_stream_would_drop_too_early(own_server: NATSServer) -> None:
    await fill(own_server, 2)
    async with ledger_of(own_server) as stream:
        await stream.update(await stream.config() | {"max_age": 31 * 24 * 3600 * 10**9})
    ended = ledger(own_server, "verify", "--json")
    assert ended.returncode == DOES_NOT
    assert json.loads(ended.stdout)["records"]["outlived"] == 2


@pytest.fixture
def quick_server(tmp_path: Path) -> Iterator[NATSServer]:
    """One that does not write every record to the disk before it takes the next."""
    config = tmp_path / "nats-server.conf"
    config.write_text("jetstream {}\n")
    server = NATSServer(tmp_path, config=config).start()
    yield server
    server.stop()


async def test_a_long_list_is_whole_and_a_reader_may_leave_or_be_slow(quick_server: NATSServer) -> None:
    # More than the server lets be in flight at first, and than a pipe holds.
    ids = await fill(quick_server, 30_000)
    assert [record["id"] for record in listed(quick_server)] == ids
    # Whoever leaves while more is on its way must not trip over it. (It died of that once in twenty times.)
    for _ in range(20):
        first = listed(quick_server, "--limit", "2")
        assert [record["id"] for record in first] == ids[:2]
    rest = listed(quick_server, "--after", str(first[-1]["sequence"]))
    assert [record["id"] for record in rest] == ids[2:]
    assert listed(quick_server, "--after", str(rest[-1]["sequence"])) == listed(quick_server, "--redeemed") == []

    variables = environment(NATS_URL=quick_server.url)
    listing = subprocess.Popen([BINARY, "ledger", "list", "--json"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert json.loads(listing.stdout.readline())["id"] == ids[0]
    # As `| head` does.
    listing.stdout.close()
    assert (listing.wait(20), listing.stderr.read()) == (0, b"")
    listing.stderr.close()

    # As Ctrl-C does, while the reader takes its time.
    with subprocess.Popen([BINARY, "ledger", "list", "--json"], env=variables, stdout=subprocess.PIPE) as listing:
        first = os.read(listing.stdout.fileno(), 1_000)
        listing.send_signal(signal.SIGINT)
        # What is there is whole lines, however far it came; the pipe may have cut the last one.
        lines = (first + listing.stdout.read()).split(b"\n")
        assert [json.loads(line)["id"] for line in lines[:-1]] == ids[: len(lines) - 1]
        assert listing.wait(20) == -signal.SIGINT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--revoked", "--redeemed"), "exclude each other"),
        (("list", "--limit", "0"), "--limit"),
        (("list", "--limit", "x"), "--limit"),
        (("drop",), "drop"),
    ],
)
def test_a_misspelled_command_line(arguments: tuple[str, ...], said: str) -> None:
    ended = run("ledger", *arguments)
    assert ended.returncode == 64 and said in ended.stderr


@pytest.mark.parametrize("command", ["status", "list", "verify"])
def test_the_ledger_in_memory_cannot_be_looked_into(command: str) -> None:
    ended = run("ledger", command, "--ledger", "memory")
    assert ended.returncode == 1 and "--ledger memory" in ended.stderr
