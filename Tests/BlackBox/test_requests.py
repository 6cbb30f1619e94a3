"""What a request may look like: the schema, strict JSON and the limits, the same for every operation."""

import asyncio
import json
import random

import pytest

from support.client import Client, Reply
from support.contract import (
    FIELDS,
    MAX_ID_BYTES,
    MAX_REQUEST_BYTES,
    MAX_TOKEN_BYTES,
    OPERATIONS,
    REQUIRED,
)

each_operation = pytest.mark.parametrize("operation", OPERATIONS)


def request(operation: str, **changes: object) -> dict:
    """A request that passes the schema; whether its tokens are any good is another matter."""
    return {name: "x" for name in FIELDS[operation]} | changes


def assert_refused(reply: Reply, code: int, *texts: str) -> None:
    assert reply.code == code, reply
    for text in texts:
        assert text in reply.text


def assert_malformed(reply: Reply) -> None:
    assert_refused(reply, 400)
    assert reply.text.startswith("malformed JSON")


def assert_schema_violation(reply: Reply, *texts: str) -> None:
    assert_refused(reply, 400, *texts)
    assert reply.text.startswith("schema")


# --- schema --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "field"), [(operation, field) for operation in OPERATIONS for field in REQUIRED[operation]]
)
async def test_a_missing_field_is_refused_by_name(client: Client, operation: str, field: str) -> None:
    body = request(operation)
    del body[field]
    assert_schema_violation(await client.ask(operation, body), field)


async def test_refresh_tokens_passes_the_schema_without_its_token_and_is_refused_all_the_same(client: Client) -> None:
    assert_refused(await client.ask("refresh_tokens", b"{}"), 401, "refresh_token")


@pytest.mark.parametrize("value", [None, True, 1, 1.5, [], ["x"], {}, {"id": "x"}])
@pytest.mark.parametrize(
    ("operation", "field"), [(operation, field) for operation in OPERATIONS for field in FIELDS[operation]]
)
async def test_a_field_of_another_type_is_refused_by_name(
    client: Client, operation: str, field: str, value: object
) -> None:
    assert_schema_violation(await client.ask(operation, request(operation, **{field: value})), field)


@each_operation
@pytest.mark.parametrize("root", [b"[]", b'"x"', b"null", b"true", b"12", b'[{"id":"x"}]'])
async def test_a_root_that_is_no_object_is_refused(client: Client, operation: str, root: bytes) -> None:
    assert_schema_violation(await client.ask(operation, root))


@each_operation
async def test_additional_properties_are_refused(client: Client, operation: str) -> None:
    assert_schema_violation(await client.ask(operation, request(operation, extra=1)), "additional")


@each_operation
async def test_a_field_of_another_operation_is_an_additional_property(client: Client, operation: str) -> None:
    stranger = "access_token" if operation == "generate_tokens" else "id"
    assert_schema_violation(await client.ask(operation, request(operation) | {stranger: "x"}), "additional")


@pytest.mark.parametrize("name", ["x\r\nNats-Service-Error-Code: 200", "\0", "é" * 40, "n" * 4_000, "'; --"])
async def test_the_name_of_an_unknown_property_cannot_break_out_of_the_error_header(client: Client, name: str) -> None:
    # That the header stays one well-formed line is checked with every reply.
    assert_schema_violation(await client.ask("generate_tokens", {"id": "x", name: 1}))


async def test_a_field_name_in_another_case_is_another_field(client: Client) -> None:
    assert_schema_violation(await client.ask("generate_tokens", {"ID": "x"}))


# --- strict JSON ---------------------------------------------------------------------------------------------------

# `@` stands for a field of the operation.
MALFORMED = {
    "empty": b"",
    "white space only": b" \n",
    "cut after the brace": b"{",
    "cut in a key": b'{"@',
    "cut after a key": b'{"@"',
    "cut after the colon": b'{"@":',
    "cut in a value": b'{"@":"x',
    "cut after a value": b'{"@":"x"',
    "cut in an escape": b'{"@":"\\u00',
    "trailing brace": b'{"@":"x"}}',
    "trailing bytes": b'{"@":"x"}x',
    "two values": b'{"@":"x"}{"@":"x"}',
    "trailing NUL": b'{"@":"x"}\0',
    "trailing comma": b'{"@":"x",}',
    "missing comma": b'{"@":"x" "y":"z"}',
    "missing colon": b'{"@" "x"}',
    "bare word": b'{"@":yes}',
    "bare key": b"{@:1}",
    "single quotes": b"{'@':'x'}",
    "comment": b'{"@":"x"/* */}',
    "not a number": b'{"@":NaN}',
    "leading zero": b'{"@":01}',
    "bare point": b'{"@":1.}',
    "plus sign": b'{"@":+1}',
    "unknown escape": b'{"@":"\\x41"}',
    "raw newline": b'{"@":"a\nb"}',
    "raw NUL": b'{"@":"a\0b"}',
    "lone high surrogate": b'{"@":"\\ud800"}',
    "lone low surrogate": b'{"@":"\\udc00"}',
    "surrogates in the wrong order": b'{"@":"\\udc00\\ud800"}',
    "high surrogate before a letter": b'{"@":"\\ud800x"}',
    "invalid UTF-8": b'{"@":"\xff"}',
    "overlong UTF-8": b'{"@":"\xc0\xaf"}',
    "UTF-8 of a surrogate": b'{"@":"\xed\xa0\x80"}',
    "UTF-8 above the last code point": b'{"@":"\xf4\x90\x80\x80"}',
    "cut UTF-8": b'{"@":"\xe2\x82"}',
    "byte order mark": b'\xef\xbb\xbf{"@":"x"}',
    "UTF-16": '{"id":"x"}'.encode("utf-16-le"),
    "form feed as white space": b'\x0c{"@":"x"}',
    "duplicate key": b'{"@":"x","@":"x"}',
    "duplicate unknown key, nested": b'{"@":"x","y":{"z":1,"z":2}}',
    "unclosed array": b'{"@":[1}',
    "deep arrays": b'{"@":' + b"[" * 1_000 + b"]" * 1_000 + b"}",
    "deep objects": b'{"@":' + b'{"a":' * 1_000 + b"1" + b"}" * 1_000 + b"}",
    "not JSON at all": b"GET / HTTP/1.1\r\n\r\n",
}


@each_operation
@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_json_is_refused(client: Client, operation: str, text: bytes) -> None:
    assert_malformed(await client.ask(operation, text.replace(b"@", FIELDS[operation][0].encode())))


async def test_a_key_spelled_with_an_escape_is_a_duplicate_of_the_same_key(client: Client) -> None:
    assert_malformed(await client.ask("generate_tokens", b'{"id":"a","\\u0069d":"b"}'))


async def test_malformed_json_wins_over_a_schema_violation_before_it(client: Client) -> None:
    assert_malformed(await client.ask("generate_tokens", b'{"id":1,"extra":tru}'))


@pytest.mark.parametrize(
    "text",
    [
        b'\t\r\n {\t"id"\n:\r"42" } \n',
        b'{"\\u0069\\u0064":"42"}',
        b'{"i\\u0064":"\\u0034\\u0032"}',
    ],
    ids=["white space", "escaped key", "escaped key and value"],
)
async def test_white_space_and_escapes_that_json_allows_are_accepted(client: Client, text: bytes) -> None:
    reply = await client.ask("generate_tokens", text)
    assert (await client.verify(reply["access_token"]))["payload"]["id"] == "42"


async def test_an_escaped_key_and_an_escaped_token_are_the_key_and_the_token(client: Client) -> None:
    token = (await client.generate()).access
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in token)
    reply = await client.ask("verify_token", f'{{"access\\u005ftoken":"{escaped}"}}'.encode())
    assert reply["valid"] is True


async def test_the_escaped_spelling_of_every_field_is_accepted(client: Client) -> None:
    pair = await client.generate()
    next_pair = await client.ask("refresh_tokens", f'{{"refresh\\u005Ftoken":"{pair.refresh}"}}'.encode())
    refresh, access = next_pair["refresh_token"], next_pair["access_token"]
    text = f'{{"\\u0061ccess_token":"{access}","\\u0072efresh_token":"{refresh}"}}'
    assert (await client.ask("blacklist_tokens", text.encode())).bytes == b"{}"
    assert await client.reason(access) == "revoked"


async def test_headers_on_a_request_are_fine(client: Client) -> None:
    reply = await client.ask("generate_tokens", {"id": "42"}, headers={"traceparent": "00-ab-cd-01"})
    assert reply.code is None


# --- limits --------------------------------------------------------------------------------------------------------


async def test_a_request_may_be_as_long_as_the_limit(client: Client) -> None:
    reply = await client.ask("generate_tokens", b'{"id":"42"}'.ljust(MAX_REQUEST_BYTES))
    assert reply.code is None


@each_operation
async def test_a_request_over_the_limit_is_refused_unread(client: Client, operation: str) -> None:
    body = json.dumps(request(operation)).encode().ljust(MAX_REQUEST_BYTES + 1)
    assert_refused(await client.ask(operation, body), 413)
    assert_refused(await client.ask(operation, b"\xff" * (MAX_REQUEST_BYTES + 1)), 413)


@pytest.mark.parametrize("letter", ["a", "é", "€", "😀"])
async def test_an_id_may_be_as_long_as_the_limit_in_utf8(client: Client, letter: str) -> None:
    size = len(letter.encode())
    longest = letter * (MAX_ID_BYTES // size)
    # Once as UTF-8, once escaped: what counts is the text, not its spelling.
    for ascii_only in (False, True):
        body = json.dumps({"id": longest}, ensure_ascii=ascii_only).encode()
        reply = await client.ask("generate_tokens", body)
        assert (await client.verify(reply["access_token"]))["payload"]["id"] == longest
        body = json.dumps({"id": longest + letter}, ensure_ascii=ascii_only).encode()
        assert_refused(await client.ask("generate_tokens", body), 413, "id")


async def test_an_empty_id_is_refused(client: Client) -> None:
    assert_schema_violation(await client.ask("generate_tokens", {"id": ""}), "id")


@pytest.mark.parametrize("letter", ["\x01", "\0", "\x1f"])
async def test_an_id_whose_token_would_be_over_the_limit_is_refused(client: Client, letter: str) -> None:
    # Each takes six bytes in the claims: 1,024 of them make a token of more than 8 KiB.
    assert_refused(await client.ask("generate_tokens", {"id": letter * MAX_ID_BYTES}), 413, "id")


@pytest.mark.parametrize("count", range(880, 1_025, 8))
async def test_whatever_is_issued_is_taken_back(client: Client, count: int) -> None:
    # Around the length where the escaped form meets the token limit: a refusal or two tokens that work, never a token
    # that nobody takes.
    reply = await client.ask("generate_tokens", {"id": "\x01" * count})
    if reply.code is not None:
        assert_refused(reply, 413, "id")
        return
    assert len(reply["refresh_token"]) <= MAX_TOKEN_BYTES
    assert await client.reason(reply["access_token"]) is None
    successor = await client.refresh(reply["refresh_token"])
    assert (await client.blacklist(successor.refresh, successor.access)).code is None


@pytest.mark.parametrize(
    ("operation", "field"),
    [(operation, field) for operation in OPERATIONS for field in FIELDS[operation] if field != "id"],
)
async def test_a_token_over_the_limit_is_refused_by_name(client: Client, operation: str, field: str) -> None:
    too_long = request(operation, **{field: "x" * (MAX_TOKEN_BYTES + 1)})
    assert_refused(await client.ask(operation, too_long), 413, field)


async def test_a_token_as_long_as_the_limit_is_looked_at(client: Client) -> None:
    assert await client.reason("x" * MAX_TOKEN_BYTES) == "malformed"


# --- whatever else -------------------------------------------------------------------------------------------------


def mutated(chance: random.Random, text: bytes) -> bytes:
    """One to four cuts, changed bytes, repetitions and insertions of what scanners trip over."""
    bytes_ = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(bytes_) + 1)
        match chance.randrange(5):
            case 0:
                del bytes_[at : at + chance.randint(1, 40)]
            case 1 if at < len(bytes_):
                bytes_[at] = chance.randrange(256)
            case 2:
                bytes_[at:at] = bytes_[at : at + chance.randint(1, 200)]
            case 3:
                bytes_[at:at] = chance.choice([b'"', b"\\", b"\\u", b"{", b"}", b"[", b",", b":", b".", b"=", b"\0", b"\xed\xa0"])
            case _:
                del bytes_[at:]
    return bytes(bytes_)


@each_operation
async def test_every_mutation_of_a_good_request_is_answered(client: Client, operation: str) -> None:
    # The seed is fixed, so that a failure is found again; that each reply is well-formed is checked as it comes.
    chance = random.Random(f"mutations of {operation}")
    pair = await client.generate()
    values = {"id": "42", "access_token": pair.access, "refresh_token": pair.refresh}
    good = json.dumps({field: values[field] for field in FIELDS[operation]}).encode()
    texts = [mutated(chance, good) for _ in range(500)]
    replies = []
    for start in range(0, len(texts), 50):
        replies += await asyncio.gather(*(client.ask(operation, text) for text in texts[start : start + 50]))
    assert {reply.code for reply in replies} <= {None, 400, 401, 413}
    assert sum(reply.code == 400 for reply in replies) > 150
    assert await client.reason((await client.generate()).access) is None


# --- ids -----------------------------------------------------------------------------------------------------------

IDS = {
    "digits": "42",
    "one space": " ",
    "quotes and backslashes": '"\\"\\\\',
    "solidus": "a/b",
    "every ASCII byte": "".join(map(chr, range(128))),
    "line separators": "\u2028\u2029\x85",
    "not normalised": "e\u0301 \u00e9",
    "right to left": "\u202e42",
    "last code point": "\U0010ffff",
    "noncharacter": "\uffff\ufffe",
    "emoji": "👩‍👩‍👧",
    "JSON": '{"id":"7"}',
}


@pytest.mark.parametrize("id", IDS.values(), ids=IDS.keys())
async def test_an_id_comes_back_as_it_was_given(client: Client, id: str) -> None:
    pair = await client.generate(id)
    assert (await client.verify(pair.access))["payload"]["id"] == id
    assert (await client.verify((await client.refresh(pair.refresh)).access))["payload"]["id"] == id
