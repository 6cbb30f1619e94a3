"""A caller of the service, over nats-py. Every reply is held to the contract's reply schema, errors too."""

import json
import re
from dataclasses import dataclass

import jsonschema
from nats.aio.client import Client as Connection

from .contract import ERROR_BODY, REPLY_SCHEMA

ERROR_CODE_HEADER = "Nats-Service-Error-Code"
ERROR_TEXT_HEADER = "Nats-Service-Error"

# A debug build on a busy machine; a test that waits this long has failed anyway.
TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Reply:
    bytes: bytes
    headers: dict[str, str]

    @property
    def body(self) -> dict:
        return json.loads(self.bytes)

    @property
    def code(self) -> int | None:
        """The error code, or nothing on success."""
        code = self.headers.get(ERROR_CODE_HEADER)
        return None if code is None else int(code)

    @property
    def text(self) -> str:
        return self.headers.get(ERROR_TEXT_HEADER, "")

    def __getitem__(self, name: str):
        return self.body[name]


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str


class Client:
    def __init__(self, connection: Connection, prefix: str, secrets: set[str]) -> None:
        self.connection = connection
        self.prefix = prefix
        self.secrets = secrets

    def subject(self, operation: str) -> str:
        return f"{self.prefix}.{operation}" if self.prefix else operation

    async def ask(
        self,
        operation: str,
        request: dict | bytes,
        headers: dict[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Reply:
        """One request and its reply; `request` is sent as it is when it is bytes."""
        if isinstance(request, dict):
            self._remember(request)
            request = json.dumps(request).encode()
        message = await self.connection.request(
            self.subject(operation), request, timeout=timeout, headers=headers
        )
        reply = Reply(message.data, dict(message.headers or {}))
        if operation in REPLY_SCHEMA:
            jsonschema.validate(reply.body, REPLY_SCHEMA[operation])
        if reply.code is None:
            assert reply.headers == {}
        else:
            assert_error_is_well_formed(operation, reply)
            assert not any(secret in reply.text for secret in self.secrets), "an error text holds a token"
        self._remember(reply.body)
        return reply

    def _remember(self, body: dict) -> None:
        """Whatever is long enough to be a token, or a part of one."""
        for value in body.values():
            if isinstance(value, str) and value.count(".") == 2:
                self.secrets.update(part for part in value.split(".")[1:] if len(part) > 20)

    # The four operations, when they are expected to succeed.

    async def generate(self, id: str = "42") -> Pair:
        return pair_of(await self.ask("generate_tokens", {"id": id}))

    async def refresh(self, refresh_token: str) -> Pair:
        return pair_of(await self.ask("refresh_tokens", {"refresh_token": refresh_token}))

    async def verify(self, access_token: str) -> dict:
        """The verdict: a token that is not valid is an answer, not an error."""
        reply = await self.ask("verify_token", {"access_token": access_token})
        assert reply.code is None, reply
        return reply.body

    async def reason(self, access_token: str) -> str | None:
        """Why the token is not valid; nothing when it is."""
        verdict = await self.verify(access_token)
        if verdict["valid"] is True:
            assert "reason" not in verdict
            return None
        assert set(verdict) == {"valid", "reason"}
        return verdict["reason"]

    async def blacklist(self, refresh_token: str, access_token: str) -> Reply:
        return await self.ask("blacklist_tokens", {"refresh_token": refresh_token, "access_token": access_token})


def pair_of(reply: Reply) -> Pair:
    assert reply.code is None, reply
    assert set(reply.body) == {"access_token", "refresh_token"}
    return Pair(reply["access_token"], reply["refresh_token"])


def assert_error_is_well_formed(operation: str, reply: Reply) -> None:
    """ADR-32: a number, and one line of text; nothing else in the headers, and the body that the contract gives."""
    assert set(reply.headers) == {ERROR_CODE_HEADER, ERROR_TEXT_HEADER}
    assert re.fullmatch(r"[0-9]{3}", reply.headers[ERROR_CODE_HEADER])
    assert re.fullmatch(r"[\x20-\x7e]{3,256}", reply.text), reply.text
    if operation in ERROR_BODY:
        assert reply.bytes == ERROR_BODY[operation]
