"""The verdict on a token, and each reason why it is not valid: forged with the service's own keys where that is harder."""

import time

import pytest

from support.client import Client, Pair
from support.tokens import ABSENT, Forge, KeyFile, claims, decode, encode, header, sign, uuid7

LEEWAY = 5


async def test_a_valid_token_is_told_with_what_it_says(client: Client) -> None:
    pair = await client.generate("user/42")
    said = claims(pair.access)
    assert await client.verify(pair.access) == {
        "valid": True,
        "payload": {"id": "user/42"} | {name: said[name] for name in ("jti", "sid", "iat", "exp", "iss")},
    }


async def test_the_answer_is_the_same_each_time(client: Client) -> None:
    token = (await client.generate()).access
    answers = {(await client.ask("verify_token", {"access_token": token})).bytes for _ in range(5)}
    assert len(answers) == 1


async def test_what_another_library_signs_with_the_right_key_and_claims_is_valid(client: Client, forge: Forge) -> None:
    assert await client.reason(forge.access()) is None


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256", "HS256"])
async def test_signatures_of_every_algorithm_are_checked_to_the_last_bit(start_service, algorithm: str) -> None:
    service = start_service(algorithm=algorithm)
    async with service.connect() as client:
        pair = await client.generate()
        forge = Forge(KeyFile(service.keys), pair)
        assert await client.reason(forge.access()) is None

        head, body, tail = pair.access.split(".")
        original = decode(tail)
        for position in range(0, len(original), max(1, len(original) // 16)):
            for bit in (0x01, 0x80):
                changed = bytearray(original)
                changed[position] ^= bit
                assert await client.reason(f"{head}.{body}.{encode(bytes(changed))}") == "bad_signature"
        for wrong in (original[:-1], original + b"\0", b"\0" * len(original), b"\xff" * len(original), original[:1]):
            assert await client.reason(f"{head}.{body}.{encode(wrong)}") == "bad_signature"
        # The signature of another token.
        other = (await client.generate()).access
        assert await client.reason(f"{head}.{body}.{other.split('.')[2]}") == "bad_signature"
        # A payload that was not signed.
        promoted = encode(claims(pair.access) | {"sub": "root"})
        assert await client.reason(f"{head}.{promoted}.{tail}") == "bad_signature"


# --- malformed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "...", "x", "x.y", "x.y.z", "a.b.c.d", " ", "null", "Bearer x.y.z", "é.é.é", "\0.\0.\0", "." * 8_000],
)
async def test_what_is_no_compact_jws_is_malformed(client: Client, token: str) -> None:
    assert await client.reason(token) == "malformed"


def with_last_bits_set(part: str) -> str:
    """The same bytes in a spelling that is not canonical; the part's length must leave bits over."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(part) % 4, "no bits are left over"
    return part[:-1] + alphabet[alphabet.index(part[-1]) | 1]


REWRITTEN = {
    "a leading space": lambda h, p, s: f" {h}.{p}.{s}",
    "a trailing space": lambda h, p, s: f"{h}.{p}.{s} ",
    "a trailing newline": lambda h, p, s: f"{h}.{p}.{s}\n",
    "a trailing NUL": lambda h, p, s: f"{h}.{p}.{s}\0",
    "a trailing point": lambda h, p, s: f"{h}.{p}.{s}.",
    "a leading point": lambda h, p, s: f".{h}.{p}.{s}",
    "a fourth part": lambda h, p, s: f"{h}.{p}.{s}.{s}",
    "padding": lambda h, p, s: f"{h}.{p}.{s}{'=' * (-len(s) % 4)}",
    "a newline inside": lambda h, p, s: f"{h}.{p}.{s[:10]}\n{s[10:]}",
    "the alphabet of plain base64": lambda h, p, s: f"{h}.{p}.+/{s[2:]}",
    "spare bits in the signature": lambda h, p, s: f"{h}.{p}.{with_last_bits_set(s)}",
    "a part cut to an impossible length": lambda h, p, s: f"{h}.{p}.{'A' * 85}",
}


@pytest.mark.parametrize("rewrite", REWRITTEN.values(), ids=REWRITTEN.keys())
async def test_a_spelling_that_is_not_canonical_is_malformed(client: Client, rewrite) -> None:
    token = (await client.generate()).access
    assert await client.reason(rewrite(*token.split("."))) == "malformed"
    assert await client.reason(token) is None


async def test_an_empty_part_is_refused(client: Client) -> None:
    head, body, tail = (await client.generate()).access.split(".")
    # An empty payload or signature is canonical base64url: what is wrong with it is that nobody signed it so.
    assert await client.reason(f".{body}.{tail}") == "malformed"
    assert await client.reason(f"{head}..{tail}") in {"malformed", "bad_signature"}
    assert await client.reason(f"{head}.{body}.") in {"malformed", "bad_signature"}
    assert await client.reason(f"{head}..") in {"malformed", "bad_signature"}


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"jku": "https://keys.example"},
        {"jwk": {"kty": "OKP"}},
        {"x5u": "https://keys.example"},
        {"x5c": ["MII"]},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
    ],
    ids=str,
)
async def test_a_header_that_brings_a_key_or_demands_an_extension_is_malformed(
    client: Client, forge: Forge, members: dict
) -> None:
    assert await client.reason(forge.access(header=members)) == "malformed"


async def test_a_harmless_unknown_header_member_is_ignored(client: Client, forge: Forge) -> None:
    assert await client.reason(forge.access(header={"x": {"y": [1, "z"]}})) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"alg":"EdDSA",}',
        b'{"alg":"EdDSA"}x',
        b'{"alg":"EdDSA","alg":"EdDSA"}',
        b'{"alg":"EdDSA","alg":"none"}',
        b'{"\xff":1}',
        b'{"alg":1}',
        b"\xef\xbb\xbf{}",
        b"[" * 5_000,
    ],
)
async def test_a_header_that_is_no_strict_json_object_is_malformed(client: Client, text: bytes) -> None:
    _, body, tail = (await client.generate()).access.split(".")
    assert await client.reason(f"{encode(text)}.{body}.{tail}") == "malformed"


SIGNED_NONSENSE = {
    "text": b"hello",
    "nothing": b"",
    "an array": b"[]",
    "a cut object": b'{"sub":"42"',
    "trailing bytes": b"{}x",
    "a duplicate claim": b'{"sub":"42","sub":"root"}',
    "invalid UTF-8": b'{"sub":"\xff"}',
    "no claims": b"{}",
    "depth": b'{"sub":' + b"[" * 500 + b"]" * 500 + b"}",
}


@pytest.mark.parametrize("payload", SIGNED_NONSENSE.values(), ids=SIGNED_NONSENSE.keys())
async def test_a_signature_does_not_make_nonsense_a_claim_set(client: Client, forge: Forge, payload: bytes) -> None:
    head = header(forge.pair.access)
    token = sign(head, payload, forge.keys.named(head["kid"]), head["alg"])
    assert await client.reason(token) == "malformed"


@pytest.mark.parametrize("value", [ABSENT, None, 7.5, True, [], {}], ids=lambda v: "absent" if v is ABSENT else repr(v))
@pytest.mark.parametrize("claim", ["iss", "sub", "iat", "exp", "jti", "sid"])
async def test_each_claim_must_be_there_and_of_its_type(client: Client, forge: Forge, claim: str, value: object) -> None:
    assert await client.reason(forge.access({claim: value})) in {"malformed", "wrong_issuer"}


@pytest.mark.parametrize("claim", ["jti", "sid"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "00000000-0000-0000-0000-000000000000",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        uuid7()[:-1],
        uuid7() + "0",
        uuid7().replace("-", ""),
        "{" + uuid7() + "}",
    ],
)
async def test_an_identifier_that_is_no_uuidv7_is_malformed(client: Client, forge: Forge, claim: str, value: str) -> None:
    assert await client.reason(forge.access({claim: value})) == "malformed"


# --- algorithm and key ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS512", "HS384", "ES512", "PS256", "eddsa", "Ed25519x", "dir"])
async def test_an_algorithm_that_the_key_does_not_have_is_unsupported(client: Client, forge: Forge, name: str) -> None:
    assert await client.reason(forge.access(header={"alg": name})) == "unsupported_algorithm"


async def test_an_unsigned_token_is_refused(client: Client) -> None:
    pair = await client.generate()
    head, body, _ = pair.access.split(".")
    for unsigned in ({"alg": "none"}, {"alg": "none", "typ": "at+jwt"}, header(pair.access) | {"alg": "none"}):
        # Which of its faults is named first is not promised; that it is refused is.
        assert await client.reason(f"{encode(unsigned)}.{body}.") in {"unsupported_algorithm", "malformed"}


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_a_public_key_is_never_taken_for_an_hmac_secret(start_service, algorithm: str) -> None:
    service = start_service(algorithm=algorithm)
    async with service.connect() as client:
        pair = await client.generate()
        keys = KeyFile(service.keys)
        head = header(pair.access)
        key = keys.named(head["kid"])
        material = {name: key[name] for name in ("x", "y", "n") if name in key}
        for secret in material.values():
            forged = sign(head | {"alg": "HS256"}, claims(pair.access), {"kty": "oct", "k": secret}, "HS256")
            assert await client.reason(forged) == "unsupported_algorithm"
            # The header tells the truth about the key, the signature does not.
            forged = sign(head, claims(pair.access), {"kty": "oct", "k": secret}, "HS256")
            assert await client.reason(forged) == "bad_signature"


async def test_a_key_that_is_not_ours_is_unknown(client: Client, forge: Forge) -> None:
    for kid in ("x", "", "A" * 43, "A" * 1_000, "../../etc/passwd", forge.keys.keys[0]["kid"] + "A"):
        assert await client.reason(forge.access(header={"kid": kid})) == "unknown_key"
    assert await client.reason(forge.access(header={"kid": ABSENT})) == "unknown_key"
    # A header of that size is not looked into.
    assert await client.reason(forge.access(header={"kid": "A" * 4_000})) in {"unknown_key", "malformed"}


async def test_the_right_name_on_a_strangers_signature_is_a_bad_signature(
    client: Client, forge: Forge, start_service
) -> None:
    stranger = start_service()
    async with stranger.connect() as other:
        theirs = (await other.generate()).access
    assert await client.reason(theirs) == "unknown_key"
    ours = header(forge.pair.access)
    key = KeyFile(stranger.keys).named(header(theirs)["kid"])
    assert await client.reason(sign(ours, claims(forge.pair.access), key, ours["alg"])) == "bad_signature"


# --- type, issuer, time --------------------------------------------------------------------------------------------


async def test_a_refresh_token_is_not_an_access_token(client: Client) -> None:
    assert await client.reason((await client.generate()).refresh) == "wrong_type"


@pytest.mark.parametrize("kind", ["rt+jwt", "JWT", "", "at", "at+jwt ", "application/rt+jwt", ABSENT], ids=str)
async def test_a_type_that_is_not_an_access_tokens_is_refused(client: Client, forge: Forge, kind: object) -> None:
    assert await client.reason(forge.access(header={"typ": kind})) == "wrong_type"


@pytest.mark.parametrize("kind", ["AT+JWT", "application/at+jwt", "Application/At+Jwt"])
async def test_a_type_is_compared_as_media_types_are(client: Client, forge: Forge, kind: str) -> None:
    assert await client.reason(forge.access(header={"typ": kind})) is None


async def test_an_access_token_signed_with_the_refresh_key_is_refused_or_hmac_alone_would_do(
    client: Client, forge: Forge
) -> None:
    # Whoever holds the refresh key holds the service; but its key must not make a refresh token pass for access.
    secret = forge.keys.named(header(forge.pair.refresh)["kid"])
    body = claims(forge.pair.refresh)
    forged = sign({"alg": "HS256", "kid": secret["kid"], "typ": "rt+jwt"}, body, secret, "HS256")
    assert await client.reason(forged) == "wrong_type"


@pytest.mark.parametrize("issuer", ["", "token-service ", "Token-Service", "token", "token-service/x", "https://evil.example"])
async def test_another_issuer_is_refused(client: Client, forge: Forge, issuer: str) -> None:
    assert await client.reason(forge.access({"iss": issuer})) == "wrong_issuer"


async def test_expiry_is_held_with_its_leeway(client: Client, forge: Forge) -> None:
    now = int(time.time())
    born = {"iat": now - 1_000}
    assert await client.reason(forge.access(born | {"exp": now - LEEWAY + 3})) is None
    assert await client.reason(forge.access(born | {"exp": now - LEEWAY - 1})) == "expired"
    assert await client.reason(forge.access(born | {"exp": now - 900})) == "expired"


async def test_a_token_of_the_future_is_not_yet_valid(client: Client, forge: Forge) -> None:
    now = int(time.time())
    later = {"exp": now + 5_000}
    assert await client.reason(forge.access(later | {"iat": now + LEEWAY - 3})) is None
    assert await client.reason(forge.access(later | {"iat": now + LEEWAY + 3})) == "not_yet_valid"
    assert await client.reason(forge.access(later | {"iat": now + 4_000})) == "not_yet_valid"


@pytest.mark.parametrize("moment", [-1, 0, 2**53, 2**62, 2**63 - 1, -(2**63), 2**63, 10**30], ids=str)
@pytest.mark.parametrize("claim", ["iat", "exp"])
async def test_no_number_overflows_a_comparison_of_times(client: Client, forge: Forge, claim: str, moment: int) -> None:
    await client.reason(forge.access({claim: moment}))
    await client.reason(forge.access({"iat": moment, "exp": moment}))
    assert await client.reason(forge.pair.access) is None


async def test_a_valid_token_expires_under_the_eyes_of_the_cache(start_service) -> None:
    service = start_service("--access-lifetime", "1", "--leeway", "0", "--refresh-grace", "0")
    async with service.connect() as client:
        pair = await client.generate()
        expiry = claims(pair.access)["exp"]
        reasons = []
        while not reasons or (reasons[-1] is None and time.time() < expiry + 2):
            reasons.append(await client.reason(pair.access))
        assert reasons[-1] == "expired"
        assert time.time() >= expiry


async def test_a_revoked_token_is_told_from_an_expired_one(client: Client, forge: Forge) -> None:
    token = forge.access()
    assert await client.reason(token) is None
    await client.blacklist(forge.pair.refresh, forge.pair.access)
    assert await client.reason(token) == "revoked"


async def test_every_token_of_the_documented_length_is_looked_at_without_a_crash(client: Client) -> None:
    # One length after the other through the buffers' edges, each with a header that parses.
    pair: Pair = await client.generate()
    head, body, tail = pair.access.split(".")
    for length in [*range(0, 70), 127, 128, 129, 4_095, 4_096, 4_097, 5_500]:
        assert await client.reason(f"{head}.{encode(b'x' * length)}.{tail}") in {"bad_signature", "malformed"}
        assert await client.reason(f"{head}.{body}.{encode(b'x' * length)}") in {"bad_signature", "malformed"}
    assert await client.reason(pair.access) is None
