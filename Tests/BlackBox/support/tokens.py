"""Tokens taken apart and forged with joserfc, a JOSE library that is not ours."""

import base64
import json
import os
import time
import uuid
from pathlib import Path

from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from .client import Pair

# As a value in a forged header or claim set: leave this member out.
ABSENT = object()


def encode(part: bytes | dict) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    data = part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def header(token: str) -> dict:
    return json.loads(decode(token.split(".")[0]))


def claims(token: str) -> dict:
    return json.loads(decode(token.split(".")[1]))


def uuid7(at: float | None = None) -> str:
    """RFC 9562 section 5.7, in its text form."""
    milliseconds = int((time.time() if at is None else at) * 1000)
    number = milliseconds << 80 | int.from_bytes(os.urandom(10))
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def signature(algorithm: str, key: dict, signed: bytes) -> bytes:
    return JWSRegistry.algorithms[algorithm].sign(signed, JWKRegistry.import_key(key))


def sign(head: dict, body: dict | bytes, key: dict, algorithm: str) -> str:
    """A compact JWS over any header, sensible or not; the algorithm that signs may be another than the header says."""
    signed = f"{encode(head)}.{encode(body)}"
    return f"{signed}.{encode(signature(algorithm, key, signed.encode()))}"


def merged(members: dict, changes: dict) -> dict:
    return {name: value for name, value in (members | changes).items() if value is not ABSENT}


class KeyFile:
    """A private JWK Set as the service writes it."""

    def __init__(self, path: Path) -> None:
        self.keys: list[dict] = json.loads(path.read_text())["keys"]

    def named(self, kid: str) -> dict:
        return next(key for key in self.keys if key["kid"] == kid)

    def key_set(self) -> KeySet:
        return KeySet.import_key_set({"keys": self.keys})


class Forge:
    """Signs with the service's own keys what the service never said, after the model of a pair that it did issue.

    Forged tokens belong to the pair's family and have a `jti` of their own, unless told otherwise.
    """

    def __init__(self, key_file: KeyFile, pair: Pair) -> None:
        self.keys = key_file
        self.pair = pair

    def access(self, claims: dict | None = None, header: dict | None = None) -> str:
        return self._forged(self.pair.access, claims, header)

    def refresh(self, claims: dict | None = None, header: dict | None = None) -> str:
        return self._forged(self.pair.refresh, claims, header)

    def _forged(self, model: str, claim_changes: dict | None, header_changes: dict | None) -> str:
        head, body = header(model), claims(model)
        return sign(
            merged(head, header_changes or {}),
            merged(body, {"jti": uuid7()} | (claim_changes or {})),
            self.keys.named(head["kid"]),
            head["alg"],
        )
