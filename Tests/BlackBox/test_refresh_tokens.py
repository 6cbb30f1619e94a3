"""Rotation, the grace period, and what a replay costs: a refresh token is redeemed at most once, whatever the retries."""

import asyncio
import time

import pytest

from support.client import Client, Reply, pair_of
from support.ledger import on_both_ledgers
from support.processes import Service
from support.tokens import ABSENT, Forge, claims, decode, encode, header, sign, uuid7

REFRESH_IDLE_LIFETIME = 7 * 24 * 3600
FAMILY_LIFETIME = 30 * 24 * 3600


async def redeem(client: Client, refresh_token: str) -> Reply:
    return await client.ask("refresh_tokens", {"refresh_token": refresh_token})


async def assert_refused(client: Client, refresh_token: str) -> None:
    reply = await redeem(client, refresh_token)
    assert reply.code == 401, reply
    assert "refresh_token" in reply.text


@pytest.fixture(scope="module")
def strict_service(start_service) -> Service:
    """Without a grace period, so that reuse can be shown without waiting for the end of one."""
    return start_service("--refresh-grace", "0")


# --- rotation ------------------------------------------------------------------------------------------------------


@on_both_ledgers
async def test_a_refresh_gives_a_new_pair_of_the_same_family(client: Client) -> None:
    old = await client.generate()
    new = await client.refresh(old.refresh)

    before, after = claims(old.refresh), claims(new.refresh)
    assert (after["sub"], after["sid"], after["iss"]) == (before["sub"], before["sid"], before["iss"])
    assert after["auth_time"] == before["auth_time"]
    assert after["gen"] == before["gen"] + 1
    assert after["rev"] > before["rev"]
    assert after["exp"] == after["iat"] + REFRESH_IDLE_LIFETIME

    access = claims(new.access)
    assert (access["sub"], access["sid"]) == (before["sub"], before["sid"])
    identifiers = {claims(token)["jti"] for token in (old.access, old.refresh, new.access, new.refresh)}
    assert len(identifiers) == 4
    assert header(new.access) == header(old.access)
    assert header(new.refresh) == header(old.refresh)


@on_both_ledgers
async def test_access_tokens_outlive_a_rotation(client: Client) -> None:
    old = await client.generate()
    new = await client.refresh(old.refresh)
    assert await client.reason(old.access) is None
    assert await client.reason(new.access) is None


@on_both_ledgers
async def test_a_long_chain_of_rotations_stays_one_family(client: Client) -> None:
    first = pair = await client.generate()
    for generation in range(1, 21):
        pair = await client.refresh(pair.refresh)
        assert claims(pair.refresh)["gen"] == generation
        assert claims(pair.refresh)["sid"] == claims(first.refresh)["sid"]
    assert await client.reason(pair.access) is None


async def test_families_do_not_touch_each_other(strict_service: Service) -> None:
    async with strict_service.connect() as client:
        stolen, other = await client.generate(), await client.generate()
        await client.refresh(stolen.refresh)
        await assert_refused(client, stolen.refresh)
        assert await client.reason(other.access) is None
        assert await client.reason((await client.refresh(other.refresh)).access) is None


# --- grace ---------------------------------------------------------------------------------------------------------


@on_both_ledgers
async def test_a_retry_within_the_grace_period_is_given_the_same_pair(client: Client) -> None:
    pair = await client.generate()
    first = await redeem(client, pair.refresh)
    for _ in range(3):
        assert (await redeem(client, pair.refresh)).bytes == first.bytes
    assert await client.reason(first["access_token"]) is None


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "HS256"])
async def test_a_retry_is_given_the_same_claims_whatever_the_algorithm(start_service, algorithm: str) -> None:
    service = start_service(algorithm=algorithm)
    async with service.connect() as client:
        pair = await client.generate()
        first, second = pair_of(await redeem(client, pair.refresh)), pair_of(await redeem(client, pair.refresh))
        assert claims(first.access) == claims(second.access)
        assert first.refresh == second.refresh
        if algorithm != "ES256":
            assert first.access == second.access
        for token in (first.access, second.access):
            assert await client.reason(token) is None


@on_both_ledgers
async def test_a_retry_across_seconds_is_given_the_same_pair(client: Client) -> None:
    # The times in the pair are those of the rotation, not of the retry.
    pair = await client.generate()
    first = await redeem(client, pair.refresh)
    rotated_at = claims(first["access_token"])["iat"]
    while time.time() < rotated_at + 1.2:
        assert (await redeem(client, pair.refresh)).bytes == first.bytes
        await asyncio.sleep(0.05)


@on_both_ledgers
async def test_a_race_for_one_refresh_token_has_one_outcome(client: Client) -> None:
    pair = await client.generate()
    replies = await asyncio.gather(*(redeem(client, pair.refresh) for _ in range(50)))
    assert len({reply.bytes for reply in replies}) == 1
    assert await client.reason(pair_of(replies[0]).access) is None


async def test_a_race_without_grace_is_won_by_at_most_one(strict_service: Service) -> None:
    async with strict_service.connect() as client:
        pair = await client.generate()
        replies = await asyncio.gather(*(redeem(client, pair.refresh) for _ in range(50)))
        winners = [reply for reply in replies if reply.code is None]
        # Those of one millisecond may be told the same; a second pair there is not.
        assert len({reply.bytes for reply in winners}) == 1
        assert all(reply.code in {None, 401} for reply in replies)
        await assert_refused(client, pair.refresh)
        assert await client.reason(winners[0]["access_token"]) == "revoked"


@on_both_ledgers
async def test_the_successor_can_be_redeemed_before_and_after_a_retry_of_its_predecessor(client: Client) -> None:
    first = await client.generate()
    second = await client.refresh(first.refresh)
    assert await client.refresh(first.refresh) == second
    third = await client.refresh(second.refresh)
    assert await client.refresh(second.refresh) == third


@on_both_ledgers
async def test_two_generations_old_is_reuse_even_within_the_grace_period(client: Client) -> None:
    first = await client.generate()
    second = await client.refresh(first.refresh)
    third = await client.refresh(second.refresh)
    await assert_refused(client, first.refresh)
    for token in (first.access, second.access, third.access):
        assert await client.reason(token) == "revoked"
    for token in (first.refresh, second.refresh, third.refresh):
        await assert_refused(client, token)


@on_both_ledgers
async def test_grace_never_answers_from_a_revoked_family(client: Client) -> None:
    first = await client.generate()
    second = await client.refresh(first.refresh)
    assert (await client.blacklist(second.refresh, second.access)).code is None
    await assert_refused(client, first.refresh)
    await assert_refused(client, second.refresh)


async def test_after_the_grace_period_a_replay_revokes_the_family(start_service) -> None:
    service = start_service("--refresh-grace", "1")
    async with service.connect() as client:
        first = await client.generate()
        second = await client.refresh(first.refresh)
        assert await client.refresh(first.refresh) == second
        # A retry does not prolong the period: at the latest two seconds after the rotation it is over.
        rotated_at = claims(second.access)["iat"]
        while time.time() < rotated_at + 2.5:
            await asyncio.sleep(0.05)
        assert await client.reason(second.access) is None
        await assert_refused(client, first.refresh)
        assert await client.reason(first.access) == "revoked"
        assert await client.reason(second.access) == "revoked"
        await assert_refused(client, second.refresh)


# --- reuse ---------------------------------------------------------------------------------------------------------


async def test_a_replay_revokes_every_token_of_the_family(strict_service: Service) -> None:
    async with strict_service.connect() as client:
        first = await client.generate()
        second = await client.refresh(first.refresh)
        third = await client.refresh(second.refresh)
        assert await client.reason(third.access) is None
        await assert_refused(client, second.refresh)
        for token in (first.access, second.access, third.access):
            assert await client.reason(token) == "revoked"
        for token in (first.refresh, second.refresh, third.refresh):
            await assert_refused(client, token)


async def test_a_replay_is_logged_with_its_family_and_without_the_token(strict_service: Service) -> None:
    async with strict_service.connect() as client:
        pair = await client.generate()
        await client.refresh(pair.refresh)
        await assert_refused(client, pair.refresh)
    assert claims(pair.refresh)["sid"] in strict_service.log
    assert "presented again" in strict_service.log
    strict_service.assert_log_holds_no_secret()


# --- what is no refresh token of ours ------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", ".", "..", "x.y.z", " ", "null", "\0"])
async def test_what_is_no_token_is_refused(client: Client, token: str) -> None:
    await assert_refused(client, token)


async def test_an_access_token_is_not_a_refresh_token(client: Client) -> None:
    pair = await client.generate()
    await assert_refused(client, pair.access)
    # Nothing was redeemed by trying.
    assert (await redeem(client, pair.refresh)).code is None


@on_both_ledgers
async def test_a_changed_signature_is_refused_and_redeems_nothing(client: Client) -> None:
    pair = await client.generate()
    head, body, tail = pair.refresh.split(".")
    original = decode(tail)
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 0x10
        await assert_refused(client, f"{head}.{body}.{encode(bytes(changed))}")
    for wrong in (original[:-1], original[:16], original + b"\0", b""):
        await assert_refused(client, f"{head}.{body}.{encode(wrong)}")
    assert (await redeem(client, pair.refresh)).code is None
    assert await client.reason(pair.access) is None


@on_both_ledgers
async def test_what_another_library_signs_with_the_right_key_and_claims_is_taken(client: Client, forge: Forge) -> None:
    new = await client.refresh(forge.refresh())
    assert claims(new.refresh)["sid"] == claims(forge.pair.refresh)["sid"]
    assert await client.reason(new.access) is None


@pytest.mark.parametrize(
    "members",
    [
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "EdDSA"},
        {"alg": ABSENT},
        {"kid": "x"},
        {"kid": ABSENT},
        {"typ": "at+jwt"},
        {"typ": "JWT"},
        {"typ": ABSENT},
        {"crit": ["exp"]},
        {"jku": "https://keys.example"},
        {"b64": False},
    ],
    ids=lambda members: ",".join(f"{k}={'absent' if v is ABSENT else v}" for k, v in members.items()),
)
async def test_a_header_that_is_not_a_refresh_tokens_is_refused(client: Client, forge: Forge, members: dict) -> None:
    await assert_refused(client, forge.refresh(header=members))


async def test_only_hmac_makes_a_refresh_token(client: Client, forge: Forge) -> None:
    # Claims and type of a refresh token under the key that signs access tokens.
    head = header(forge.pair.access) | {"typ": "rt+jwt"}
    body = claims(forge.pair.refresh) | {"jti": uuid7()}
    await assert_refused(client, sign(head, body, forge.keys.named(head["kid"]), head["alg"]))


@pytest.mark.parametrize(
    "claim", ["iss", "sub", "iat", "exp", "jti", "sid", "auth_time", "gen", "rev"]
)
@pytest.mark.parametrize("value", [ABSENT, None, True, [], 1.5], ids=lambda v: "absent" if v is ABSENT else repr(v))
async def test_each_claim_must_be_there_and_of_its_type(client: Client, forge: Forge, claim: str, value: object) -> None:
    await assert_refused(client, forge.refresh({claim: value}))


@on_both_ledgers
@pytest.mark.parametrize("claim", ["iat", "exp", "auth_time", "gen", "rev"])
@pytest.mark.parametrize("value", [-1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63)], ids=str)
async def test_no_number_overflows(client: Client, forge: Forge, claim: str, value: int) -> None:
    # Whatever the verdict, there is one, and the service is there for the next caller.
    assert (await redeem(client, forge.refresh({claim: value, "sid": uuid7()}))).code in {None, 401, 413}
    assert await client.reason(forge.pair.access) is None


@on_both_ledgers
async def test_an_expired_refresh_token_is_refused(client: Client, forge: Forge) -> None:
    now = int(time.time())
    await assert_refused(client, forge.refresh({"exp": now - 60}))
    # It was old, not stolen: the family lives.
    assert await client.reason(forge.pair.access) is None


async def test_another_issuer_is_refused(client: Client, forge: Forge) -> None:
    await assert_refused(client, forge.refresh({"iss": "https://evil.example"}))


async def test_a_strangers_token_is_refused(client: Client, start_service) -> None:
    async with start_service().connect() as other:
        await assert_refused(client, (await other.generate()).refresh)


@on_both_ledgers
async def test_a_family_does_not_outlive_its_absolute_lifetime(client: Client, forge: Forge) -> None:
    # A user who logged in 25 days ago: the next refresh token ends with the family, before its idle lifetime.
    logged_in = int(time.time()) - 25 * 24 * 3600
    family = {"auth_time": logged_in, "sid": uuid7(logged_in)}
    new = await client.refresh(forge.refresh(family))
    assert claims(new.refresh)["exp"] == logged_in + FAMILY_LIFETIME
    assert claims(new.refresh)["auth_time"] == logged_in

    # So does an access token in the family's last minutes.
    logged_in = int(time.time()) - FAMILY_LIFETIME + 300
    family = {"auth_time": logged_in, "sid": uuid7(logged_in)}
    new = await client.refresh(forge.refresh(family))
    assert claims(new.access)["exp"] <= logged_in + FAMILY_LIFETIME

    # And after its end there is none.
    logged_in = int(time.time()) - FAMILY_LIFETIME - 60
    await assert_refused(client, forge.refresh({"auth_time": logged_in, "sid": uuid7(logged_in)}))
