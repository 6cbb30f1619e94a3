"""What is issued: header and claims as specified, checked by another library with the published keys."""

import json
import time
import uuid

import pytest
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from support.client import Client
from support.processes import Service, run
from support.tokens import KeyFile, claims, header

ACCESS_LIFETIME = 15 * 60
REFRESH_IDLE_LIFETIME = 7 * 24 * 3600

PUBLIC_ALGORITHMS = ("EdDSA", "ES256", "RS256")

# RFC 9864 prefers the name Ed25519 to EdDSA, and the library says so each time; the service's callers know EdDSA.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


@pytest.fixture(scope="module", params=[*PUBLIC_ALGORITHMS, "HS256"])
def any_service(request: pytest.FixtureRequest, start_service) -> tuple[str, Service]:
    """A replica of each algorithm."""
    return request.param, start_service(algorithm=request.param)


def public_keys(service: Service) -> KeySet:
    shown = run("keys", "public", "--keys", service.keys)
    assert shown.returncode == 0, shown.stderr
    return KeySet.import_key_set(json.loads(shown.stdout))


async def test_another_library_verifies_what_is_signed(any_service: tuple[str, Service]) -> None:
    algorithm, service = any_service
    async with service.connect() as client:
        pair = await client.generate()
    # No key that can make an HMAC is published: there the private set has to do.
    keys = KeyFile(service.keys).key_set() if algorithm == "HS256" else public_keys(service)
    token = jwt.decode(pair.access, keys, algorithms=[algorithm])
    assert token.claims["sub"] == "42"
    refresh = jwt.decode(pair.refresh, KeyFile(service.keys).key_set(), algorithms=["HS256"])
    assert refresh.claims["sub"] == "42"


async def test_header_and_claims_are_as_specified(any_service: tuple[str, Service]) -> None:
    algorithm, service = any_service
    before = int(time.time())
    async with service.connect() as client:
        pair = await client.generate()
    after = int(time.time()) + 1

    assert header(pair.access) == {"alg": algorithm, "kid": header(pair.access)["kid"], "typ": "at+jwt"}
    assert header(pair.refresh) == {"alg": "HS256", "kid": header(pair.refresh)["kid"], "typ": "rt+jwt"}

    access, refresh = claims(pair.access), claims(pair.refresh)
    assert set(access) == {"iss", "sub", "iat", "exp", "jti", "sid"}
    assert set(refresh) == {"iss", "sub", "iat", "exp", "jti", "sid", "auth_time", "gen", "rev"}
    for body, lifetime in ((access, ACCESS_LIFETIME), (refresh, REFRESH_IDLE_LIFETIME)):
        assert body["iss"] == "token-service"
        assert body["sub"] == "42"
        assert before <= body["iat"] <= after
        assert body["exp"] == body["iat"] + lifetime
    assert refresh["auth_time"] == refresh["iat"] == access["iat"]
    assert (refresh["gen"], refresh["rev"]) == (0, 0)
    assert access["sid"] == refresh["sid"]
    assert len({access["jti"], refresh["jti"], access["sid"]}) == 3


async def test_a_signature_is_refused_by_the_other_library_once_changed(any_service: tuple[str, Service]) -> None:
    # The canary of the tests above: the oracle does look at the signature.
    algorithm, service = any_service
    async with service.connect() as client:
        token = (await client.generate()).access
    head, body, signature = token.split(".")
    changed = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with pytest.raises(JoseError):
        jws.deserialize_compact(changed, KeyFile(service.keys).key_set(), algorithms=[algorithm])


async def test_kid_is_the_thumbprint_of_the_key(any_service: tuple[str, Service]) -> None:
    _, service = any_service
    keys = KeyFile(service.keys)
    async with service.connect() as client:
        pair = await client.generate()
    for token in (pair.access, pair.refresh):
        key = keys.named(header(token)["kid"])
        bare = {name: value for name, value in key.items() if name != "kid"}
        assert JWKRegistry.import_key(bare).thumbprint() == key["kid"]


async def test_the_published_keys_hold_nothing_secret(any_service: tuple[str, Service]) -> None:
    algorithm, service = any_service
    shown = run("keys", "public", "--keys", service.keys)
    published = json.loads(shown.stdout)["keys"]
    assert [key["alg"] for key in published] == ([] if algorithm == "HS256" else [algorithm])
    private_members = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
    for key in published:
        assert not private_members & set(key)
        assert key["use"] == "sig"
    async with service.connect() as client:
        assert (await client.ask("get_jwks", b"")).body == {"keys": published}
        assert (await client.ask("get_jwks", b"{}")).body == {"keys": published}


async def test_refresh_tokens_cannot_be_checked_with_the_published_keys(any_service: tuple[str, Service]) -> None:
    _, service = any_service
    shown = run("keys", "public", "--keys", service.keys)
    async with service.connect() as client:
        pair = await client.generate()
    assert header(pair.refresh)["kid"] not in shown.stdout


async def test_identifiers_are_uuidv7_of_this_moment_and_never_the_same(client: Client) -> None:
    seen: set[str] = set()
    for _ in range(200):
        before = time.time()
        pair = await client.generate()
        after = time.time()
        access, refresh = claims(pair.access), claims(pair.refresh)
        for text in (access["jti"], refresh["jti"], access["sid"]):
            identifier = uuid.UUID(text)
            assert str(identifier) == text
            assert (identifier.version, identifier.variant) == (7, uuid.RFC_4122)
            # A millisecond of rounding, and a clock read once a batch.
            assert before - 0.1 <= (identifier.int >> 80) / 1000 <= after + 0.1
            assert text not in seen
            seen.add(text)


async def test_the_random_bits_of_identifiers_are_random(client: Client) -> None:
    # Each of the 74 random bits takes both values: a constant one would show in all but one of 2^99 runs.
    ones, zeros = 0, 0
    for _ in range(100):
        number = uuid.UUID(claims((await client.generate()).access)["jti"]).int
        ones, zeros = ones | number, zeros | ~number
    random_bits = (1 << 76) - (1 << 64) | (1 << 62) - 1
    assert ones & random_bits == random_bits
    assert zeros & random_bits == random_bits


async def test_lifetimes_and_the_issuer_are_as_configured(start_service) -> None:
    service = start_service(
        *("--access-lifetime", "60", "--refresh-idle-lifetime", "600", "--family-lifetime", "6000"),
        *("--issuer", "https://login.example"),
    )
    async with service.connect() as client:
        pair = await client.generate()
        access, refresh = claims(pair.access), claims(pair.refresh)
        assert access["iss"] == refresh["iss"] == "https://login.example"
        assert access["exp"] == access["iat"] + 60
        assert refresh["exp"] == refresh["iat"] + 600
        assert (await client.verify(pair.access))["payload"]["iss"] == "https://login.example"
