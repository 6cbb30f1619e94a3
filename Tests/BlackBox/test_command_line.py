"""The command line, as an operator meets it."""

import json
import os
import re
import stat
from pathlib import Path

import jsonschema
import pytest
import yaml

from support.client import Client
from support.contract import FIELDS, OPERATIONS, REPLY_SCHEMA, REQUEST_SCHEMA, REQUIRED
from support.processes import Service, free_port, run
from support.tokens import KeyFile, header

ALGORITHM_OF_KEY_TYPE = {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256", "oct": "HS256"}


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256", "HS256"])
def test_keys_generate_makes_a_private_file_that_it_never_overwrites(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "keys.json"
    before = os.umask(0)
    try:
        made = run("keys", "generate", "--keys", path, "--algorithm", algorithm)
    finally:
        os.umask(before)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    keys = KeyFile(path).keys
    assert {ALGORITHM_OF_KEY_TYPE[key["kty"]] for key in keys} == {algorithm, "HS256"}
    assert all(key["alg"] == ALGORITHM_OF_KEY_TYPE[key["kty"]] for key in keys)
    # No secret is shown on the way.
    for key in keys:
        for name in ("d", "p", "q", "k"):
            assert key.get(name, "\0") not in made.stdout + made.stderr

    content = path.read_bytes()
    again = run("keys", "generate", "--keys", path, "--algorithm", algorithm)
    assert again.returncode != 0
    assert str(path) in again.stderr
    assert path.read_bytes() == content
    # Nothing else was left beside it.
    assert list(tmp_path.iterdir()) == [path]


def test_keys_generate_makes_eddsa_keys_unless_told_otherwise(tmp_path: Path) -> None:
    assert run("keys", "generate", "--keys", tmp_path / "keys.json").returncode == 0
    assert {key["kty"] for key in KeyFile(tmp_path / "keys.json").keys} == {"OKP", "oct"}


def test_two_key_files_share_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("keys", "generate", "--keys", tmp_path / name).returncode == 0
    a, b = ({key["kid"] for key in KeyFile(tmp_path / name).keys} for name in ("a", "b"))
    assert not a & b


def test_keys_list_names_every_key_and_shows_no_secret(service: Service) -> None:
    listed = run("keys", "list", "--keys", service.keys)
    assert listed.returncode == 0, listed.stderr
    for key in KeyFile(service.keys).keys:
        assert key["kid"] in listed.stdout
        assert key["alg"] in listed.stdout
        for name in ("d", "k"):
            assert key.get(name, "\0") not in listed.stdout


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, service: Service, mode: int) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(service.keys.read_bytes())
    path.chmod(mode)
    refused = run("serve", "--keys", path, "--ledger", "memory", NATS_URL=service.server.url)
    assert refused.returncode != 0
    assert "600" in refused.stderr and str(path) in refused.stderr


def changed_keys(service: Service, change) -> str:
    keys = json.loads(service.keys.read_text())
    change(keys["keys"])
    return json.dumps(keys)


BAD_KEY_FILES = {
    "empty": lambda service: "",
    "cut": lambda service: service.keys.read_text()[:-10],
    "no set": lambda service: "[]",
    "no keys": lambda service: '{"keys":[]}',
    "a duplicate": lambda service: changed_keys(service, lambda keys: keys.append(keys[0])),
    "a wrong kid": lambda service: changed_keys(service, lambda keys: keys[0].update(kid="A" * 43)),
    "another curve": lambda service: changed_keys(service, lambda keys: keys[0].update(kty="OKP", crv="X25519")),
    "another algorithm": lambda service: changed_keys(service, lambda keys: keys[0].update(alg="RS512")),
    "a short secret": lambda service: changed_keys(
        service, lambda keys: [key.update(k="AAAA") for key in keys if key["kty"] == "oct"]
    ),
}


@pytest.mark.parametrize("make", BAD_KEY_FILES.values(), ids=BAD_KEY_FILES.keys())
def test_a_bad_key_file_is_refused_at_start_without_quoting_it(tmp_path: Path, service: Service, make) -> None:
    path = tmp_path / "keys.json"
    path.write_text(make(service))
    path.chmod(0o600)
    refused = run("serve", "--keys", path, "--ledger", "memory", NATS_URL=service.server.url)
    assert refused.returncode not in (0, None) and refused.returncode > 0, "a trap, not a refusal"
    assert str(path) in refused.stderr
    for key in KeyFile(service.keys).keys:
        for name in ("d", "k"):
            assert key.get(name, "\0") not in refused.stderr


def test_a_missing_key_file_says_how_to_make_one(tmp_path: Path) -> None:
    refused = run("serve", "--keys", tmp_path / "none.json", "--ledger", "memory", NATS_URL="nats://127.0.0.1:1")
    assert refused.returncode > 0
    assert "none.json" in refused.stderr and "keys generate" in refused.stderr


async def test_the_first_signing_key_signs_and_the_others_verify(start_service, tmp_path: Path) -> None:
    old = start_service()
    new_file = tmp_path / "new.json"
    assert run("keys", "generate", "--keys", new_file).returncode == 0
    both = tmp_path / "both.json"
    both.touch(0o600)
    both.write_text(json.dumps({"keys": KeyFile(new_file).keys + KeyFile(old.keys).keys}))
    new = start_service(keys=both)
    async with old.connect() as before, new.connect() as after:
        issued_before, issued_after = await before.generate(), await after.generate()
        assert await after.reason(issued_before.access) is None
        assert await after.reason((await after.refresh(issued_before.refresh)).access) is None
        assert header(issued_after.access)["kid"] in {key["kid"] for key in KeyFile(new_file).keys}
        assert await before.reason(issued_after.access) == "unknown_key"


# --- serve ---------------------------------------------------------------------------------------------------------


async def test_options_are_taken_from_the_environment_and_flags_win(service: Service, tmp_path: Path) -> None:
    by_environment = Service(service.server, tmp_path, keys=service.keys)
    by_environment.prefix = "environment"
    by_environment.options = ["--access-lifetime", "120"]
    by_environment.start(TOKEN_SERVICE_SUBJECT_PREFIX="environment", TOKEN_SERVICE_ACCESS_LIFETIME="60")
    try:
        async with by_environment.connect() as client:
            payload = (await client.verify((await client.generate()).access))["payload"]
            assert payload["exp"] - payload["iat"] == 120
        by_environment.stop()
    finally:
        by_environment.kill()


@pytest.mark.parametrize(
    "options",
    [
        ("--loops", "0"),
        ("--loops", "-1"),
        ("--loops", "many"),
        ("--access-lifetime", "0"),
        ("--access-lifetime", "-5"),
        ("--leeway", "-1"),
        ("--refresh-grace", "-1"),
        ("--refresh-idle-lifetime", "100", "--family-lifetime", "50"),
        ("--algorithm", "none"),
        ("--algorithm", "HS512"),
        ("--ledger", "paper"),
        ("--subject-prefix", "a.*"),
        ("--subject-prefix", "a b"),
        ("--subject-prefix", ".a"),
        ("--subject-prefix", ">"),
        ("--issuer", ""),
        ("--no-such-option",),
        ("--nats-url", "http://127.0.0.1"),
    ],
    ids=" ".join,
)
def test_a_value_out_of_range_is_refused_at_start_by_name(service: Service, options: tuple[str, ...]) -> None:
    refused = run("serve", "--keys", service.keys, "--ledger", "memory", *options, NATS_URL=service.server.url)
    assert refused.returncode > 0
    assert re.search(options[0].removeprefix("--").replace("-", "[- ]"), refused.stderr)


def test_an_algorithm_without_a_key_is_refused_at_start(service: Service) -> None:
    refused = run("serve", "--keys", service.keys, "--ledger", "memory", "--algorithm", "RS256", NATS_URL=service.server.url)
    assert refused.returncode > 0
    assert "RS256" in refused.stderr


# --- call ----------------------------------------------------------------------------------------------------------


def test_call_prints_the_reply_and_the_round_trip_time(service: Service) -> None:
    called = run("call", "generate_tokens", '{"id":"42"}', NATS_URL=service.server.url)
    assert called.returncode == 0, called.stderr
    pair = json.loads(called.stdout)
    assert set(pair) == {"access_token", "refresh_token"}
    assert re.search(r"\d\s*(ms|µs|us|s)\b", called.stderr)

    called = run("call", "verify_token", json.dumps({"access_token": pair["access_token"]}), "--nats-url", service.server.url)
    assert json.loads(called.stdout)["payload"]["id"] == "42"


def test_call_knows_every_operation(service: Service) -> None:
    def call(operation: str, body: dict) -> dict:
        called = run("call", operation, json.dumps(body), NATS_URL=service.server.url)
        assert called.returncode == 0, called.stderr
        return json.loads(called.stdout)

    pair = call("refresh_tokens", {"refresh_token": call("generate_tokens", {"id": "42"})["refresh_token"]})
    assert call("blacklist_tokens", pair) == {}
    assert call("verify_token", {"access_token": pair["access_token"]})["valid"] is False
    assert call("get_jwks", {})["keys"]


def test_call_fails_with_the_text_of_the_error(service: Service) -> None:
    failed = run("call", "generate_tokens", '{"name":"42"}', NATS_URL=service.server.url)
    assert failed.returncode > 0
    assert "schema" in failed.stderr and "400" in failed.stderr
    assert failed.stdout.strip() in {"", "{}"}


def test_call_says_so_when_nobody_serves(nats_server) -> None:
    failed = run("call", "no_such_operation", "{}", NATS_URL=nats_server.url)
    assert failed.returncode > 0 and failed.stderr
    failed = run("call", "generate_tokens", '{"id":"42"}', "--timeout", "2", NATS_URL=f"nats://127.0.0.1:{free_port()}")
    assert failed.returncode > 0 and failed.stderr


# --- the rest ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [(), ("serve",), ("call",), ("keys",), ("keys", "generate"), ("keys", "list"), ("keys", "public"), ("asyncapi",)]
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.returncode == 0
    assert "USAGE" in shown.stdout.upper()


def test_help_of_serve_names_every_option() -> None:
    shown = run("serve", "--help").stdout
    for option in (
        *("--keys", "--ledger", "--loops", "--subject-prefix", "--algorithm", "--nats-url", "--issuer"),
        *("--access-lifetime", "--refresh-idle-lifetime", "--family-lifetime", "--leeway", "--refresh-grace"),
        "--reply-prefixes",
    ):
        assert option in shown


def test_version_is_one_line() -> None:
    shown = run("version")
    assert shown.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", shown.stdout)
    assert len(shown.stdout.strip().splitlines()) == 1


def resolved(document: dict, node: object) -> object:
    """`node` with every local reference followed."""
    if isinstance(node, dict):
        if "$ref" in node:
            target: object = document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            return resolved(document, target)
        return {name: resolved(document, value) for name, value in node.items()}
    return [resolved(document, item) for item in node] if isinstance(node, list) else node


def without_notes(schema: object) -> object:
    """A schema without what does not bear on validation."""
    if isinstance(schema, dict):
        return {
            name: without_notes(value)
            for name, value in schema.items()
            if name not in ("description", "$schema", "$id", "title", "examples") and not name.startswith("x-")
        }
    return schema


def test_the_asyncapi_document_describes_the_contract() -> None:
    shown = run("asyncapi")
    assert shown.returncode == 0
    document = yaml.safe_load(shown.stdout)
    assert document["asyncapi"] == "3.0.0"
    assert document["info"]["title"] == "Token Service API"
    assert document["info"]["version"] == "1.0.0"
    for operation in OPERATIONS:
        described = document["operations"][operation]
        assert described["action"] == "receive"
        channel = resolved(document, described["channel"])
        assert channel["address"] == operation
        request = channel["messages"]["subscribe.message"]
        assert request["contentType"] == "application/json"
        schema = request["payload"]
        assert set(schema["properties"]) == set(FIELDS[operation])
        assert set(schema.get("required", ())) == set(REQUIRED[operation])
        assert schema["additionalProperties"] is False
        # It judges as the contract does.
        for body in ({}, {"x": 1}, dict.fromkeys(FIELDS[operation], "x"), dict.fromkeys(FIELDS[operation], 1)):
            verdicts = {
                jsonschema.Draft202012Validator(without_notes(schema)).is_valid(body),
                jsonschema.Draft202012Validator(REQUEST_SCHEMA[operation]).is_valid(body),
            }
            assert len(verdicts) == 1, (operation, body)
    assert "get_jwks" in str(document["channels"])
    assert REPLY_SCHEMA.keys() == set(OPERATIONS)


async def test_the_document_that_is_printed_describes_the_replies_that_are_sent(client: Client) -> None:
    document = yaml.safe_load(run("asyncapi").stdout)
    pair = await client.generate()
    replies = {
        "generate_tokens": await client.ask("generate_tokens", {"id": "42"}),
        "verify_token": await client.ask("verify_token", {"access_token": pair.access}),
        "refresh_tokens": await client.ask("refresh_tokens", {"refresh_token": pair.refresh}),
    }
    for operation, reply in replies.items():
        channel = resolved(document, document["operations"][operation]["channel"])
        schema = without_notes(channel["messages"]["reply.message"]["payload"])
        jsonschema.Draft202012Validator(schema).validate(reply.body)
