"""Revocation: each token on its own, the refresh token for its whole family, and silence where no reply was asked for."""

import asyncio
import json
import time

import pytest

from support.client import Client
from support.ledger import on_both_ledgers
from support.tokens import Forge, decode, encode, uuid7


@on_both_ledgers
async def test_both_tokens_die_and_the_reply_is_an_empty_object(client: Client) -> None:
    pair = await client.generate()
    reply = await client.blacklist(pair.refresh, pair.access)
    assert (reply.bytes, reply.headers) == (b"{}", {})
    assert await client.reason(pair.access) == "revoked"
    assert (await client.ask("refresh_tokens", {"refresh_token": pair.refresh})).code == 401


@on_both_ledgers
async def test_the_refresh_token_revokes_its_whole_family(client: Client) -> None:
    first = await client.generate()
    second = await client.refresh(first.refresh)
    # Any refresh token of the family will do, a redeemed one too; the access token is another family's.
    other = await client.generate()
    assert (await client.blacklist(first.refresh, other.access)).code is None
    for token in (first.access, second.access, other.access):
        assert await client.reason(token) == "revoked"
    assert (await client.ask("refresh_tokens", {"refresh_token": second.refresh})).code == 401


@on_both_ledgers
async def test_the_access_token_revokes_only_itself(client: Client) -> None:
    pair, sacrificed = await client.generate(), await client.generate()
    successor = await client.refresh(pair.refresh)
    assert (await client.blacklist(sacrificed.refresh, pair.access)).code is None
    assert await client.reason(pair.access) == "revoked"
    assert await client.reason(successor.access) is None
    assert await client.reason((await client.refresh(successor.refresh)).access) is None


@on_both_ledgers
async def test_repeating_it_is_a_success(client: Client) -> None:
    pair = await client.generate()
    for _ in range(3):
        assert (await client.blacklist(pair.refresh, pair.access)).bytes == b"{}"
    assert await client.reason(pair.access) == "revoked"


@on_both_ledgers
async def test_nobody_else_is_touched(client: Client) -> None:
    bystander, pair = await client.generate(), await client.generate()
    assert (await client.blacklist(pair.refresh, pair.access)).code is None
    assert await client.reason(bystander.access) is None
    assert await client.reason((await client.refresh(bystander.refresh)).access) is None


@on_both_ledgers
async def test_hundreds_of_revocations_are_all_kept(client: Client) -> None:
    pairs = [await client.generate() for _ in range(300)]
    kept, revoked = pairs[::3], [pair for index, pair in enumerate(pairs) if index % 3]
    replies = await asyncio.gather(*(client.blacklist(pair.refresh, pair.access) for pair in revoked))
    assert {reply.bytes for reply in replies} == {b"{}"}
    for pair in revoked:
        assert await client.reason(pair.access) == "revoked"
    for pair in kept:
        assert await client.reason(pair.access) is None


# --- one of them bad -----------------------------------------------------------------------------------------------


def changed(token: str) -> str:
    head, body, tail = token.split(".")
    signature = bytearray(decode(tail))
    signature[3] ^= 1
    return f"{head}.{body}.{encode(bytes(signature))}"


# Each makes a bad token of a good one of the kind.
BAD = {
    "empty": lambda forge, kind: "",
    "no token": lambda forge, kind: "x.y.z",
    "a changed signature": lambda forge, kind: changed(getattr(forge, kind)()),
    "another issuer": lambda forge, kind: getattr(forge, kind)({"iss": "https://evil.example"}),
    "an unknown key": lambda forge, kind: getattr(forge, kind)(header={"kid": "x"}),
    "no algorithm": lambda forge, kind: getattr(forge, kind)(header={"alg": "none"}),
    "the wrong type": lambda forge, kind: forge.pair.access if kind == "refresh" else forge.pair.refresh,
}

each_bad = pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())


@each_bad
async def test_a_bad_access_token_is_named_and_the_good_refresh_token_revokes(client: Client, forge: Forge, bad) -> None:
    target = await client.generate()
    reply = await client.blacklist(target.refresh, bad(forge, "access"))
    assert reply.code == 401
    assert "access_token" in reply.text and "refresh_token" not in reply.text
    assert await client.reason(target.access) == "revoked"
    assert (await client.ask("refresh_tokens", {"refresh_token": target.refresh})).code == 401
    assert await client.reason(forge.pair.access) is None


@each_bad
async def test_a_bad_refresh_token_is_named_and_the_good_access_token_is_revoked(client: Client, forge: Forge, bad) -> None:
    target = await client.generate()
    reply = await client.blacklist(bad(forge, "refresh"), target.access)
    assert reply.code == 401
    assert "refresh_token" in reply.text and "access_token" not in reply.text
    assert await client.reason(target.access) == "revoked"
    # Neither the family of the good access token nor that of the bad refresh token was touched.
    assert await client.reason((await client.refresh(target.refresh)).access) is None
    assert await client.reason(forge.pair.access) is None


@on_both_ledgers
async def test_two_bad_tokens_are_both_named(client: Client) -> None:
    pair = await client.generate()
    # Each is a good token in the other's place.
    reply = await client.blacklist(pair.access, pair.refresh)
    assert reply.code == 401
    assert "access_token" in reply.text and "refresh_token" in reply.text
    assert await client.reason(pair.access) is None
    assert await client.reason((await client.refresh(pair.refresh)).access) is None


@on_both_ledgers
async def test_a_request_that_breaks_the_schema_revokes_nothing(client: Client) -> None:
    pair = await client.generate()
    for body in (
        {"refresh_token": pair.refresh},
        {"access_token": pair.access},
        {"refresh_token": pair.refresh, "access_token": pair.access, "extra": 1},
        {"refresh_token": pair.refresh, "access_token": 1},
    ):
        assert (await client.ask("blacklist_tokens", body)).code == 400
    assert await client.reason(pair.access) is None
    assert await client.reason((await client.refresh(pair.refresh)).access) is None


# --- expired -------------------------------------------------------------------------------------------------------


@on_both_ledgers
async def test_expired_tokens_are_fine(client: Client, forge: Forge) -> None:
    past = {"iat": int(time.time()) - 2_000, "exp": int(time.time()) - 1_000}
    reply = await client.blacklist(forge.refresh(past), forge.access(past))
    assert (reply.bytes, reply.headers) == (b"{}", {})


@on_both_ledgers
async def test_an_expired_access_token_does_not_keep_the_family_alive(client: Client, forge: Forge) -> None:
    past = {"iat": int(time.time()) - 2_000, "exp": int(time.time()) - 1_000}
    assert (await client.blacklist(forge.pair.refresh, forge.access(past))).code is None
    assert await client.reason(forge.pair.access) == "revoked"


@on_both_ledgers
async def test_revoking_a_very_old_family_and_one_of_the_future_is_fine(client: Client, forge: Forge) -> None:
    # The time inside a UUIDv7 chooses where the blacklist keeps it; none may break it.
    for moment in (0, 1, 1_000_000, time.time() + 10 * 365 * 24 * 3600, (2**48 - 1) / 1000):
        identifiers = {"jti": uuid7(moment), "sid": uuid7(moment)}
        access = forge.access(identifiers)
        assert await client.reason(access) is None
        assert (await client.blacklist(forge.refresh(identifiers), access)).code is None
        assert await client.reason(access) == "revoked"


# --- without a reply subject ---------------------------------------------------------------------------------------


@on_both_ledgers
async def test_published_without_a_reply_subject_it_takes_effect_and_nothing_is_said(client: Client) -> None:
    pair = await client.generate()
    seen: list[str] = []

    async def note(message) -> None:
        seen.append(message.subject)

    subject = client.subject("blacklist_tokens")
    spy = await client.connection.subscribe(">", cb=note)
    request = json.dumps({"refresh_token": pair.refresh, "access_token": pair.access}).encode()
    await client.connection.publish(subject, request)
    # Bad ones are dropped as silently.
    await client.connection.publish(subject, b"{")
    await client.connection.publish(subject, b'{"refresh_token":"x","access_token":"y"}')
    # No order is promised between subjects.
    async with asyncio.timeout(5):
        while await client.reason(pair.access) != "revoked":
            pass
    await spy.drain()
    await client.connection.flush()
    # Besides what replicas say to the ledger, and what this test asks.
    others = ("_INBOX.", "ledger.", "$JS.", client.subject("verify_token"))
    assert [published for published in seen if not published.startswith(others)] == [subject] * 3
