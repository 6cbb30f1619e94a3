"""The ledger's stream, looked at and hurt from outside, over nats-py."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import pytest
from nats.aio.client import Client as Connection

STREAM = "TOKEN_LEDGER"

STORE_NOT_CREATED = 10049

# What the log says when a replica stops answering. (Who is refused in that moment is told "has lost sight" as well.)
LOST_SIGHT = "lost sight of the ledger: answering nothing"

# For what has to hold wherever the ledger is kept.
on_both_ledgers = pytest.mark.parametrize("service", ["memory", "jetstream"], indirect=True)


class LedgerError(Exception):
    """What JetStream answers instead of what was asked for."""

    def __init__(self, error: dict) -> None:
        super().__init__(error["description"])
        self.code = error["err_code"]


class Ledger:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def api(self, subject: str, request: dict | None = None) -> dict:
        reply = await self.connection.request(f"$JS.API.{subject}", json.dumps(request or {}).encode(), timeout=5)
        answer = json.loads(reply.data)
        if "error" in answer:
            raise LedgerError(answer["error"])
        return answer

    async def info(self, **request) -> dict:
        return await self.api(f"STREAM.INFO.{STREAM}", request)

    async def config(self) -> dict:
        return (await self.info())["config"]

    async def create(self, config: dict) -> dict:
        while True:
            try:
                return await self.api(f"STREAM.CREATE.{STREAM}", config)
            except LedgerError as error:
                # The server clears away the files of one that was just deleted.
                if error.code != STORE_NOT_CREATED:
                    raise
            await asyncio.sleep(0.02)

    async def update(self, config: dict) -> None:
        await self.api(f"STREAM.UPDATE.{STREAM}", config)

    async def purge(self) -> None:
        await self.api(f"STREAM.PURGE.{STREAM}")

    async def delete(self) -> None:
        await self.api(f"STREAM.DELETE.{STREAM}")

    async def say_whole(self) -> None:
        """That nothing is missing, as a replica says of a stream that it begins: of one that was filled by hand."""
        stored = await self.connection.request("ledger.epoch", b'{"state":"whole","name":"test","redeemed_since":0}', timeout=2)
        assert b'"seq"' in stored.data, stored.data

    async def epoch(self) -> dict | None:
        try:
            record = await self.api(f"STREAM.MSG.GET.{STREAM}", {"last_by_subj": "ledger.epoch"})
        except LedgerError:
            return None
        return json.loads(base64.b64decode(record["message"]["data"]))

    async def revoked(self) -> set[str]:
        """The ids that the stream holds as revoked."""
        return await self._ids("ledger.revoked.")

    async def redeemed(self) -> set[str]:
        """The families that the stream holds a redemption of."""
        return await self._ids("ledger.redeemed.")

    async def _ids(self, prefix: str) -> set[str]:
        ids: set[str] = set()
        # A page holds 100,000 subjects.
        while True:
            state = (await self.info(subjects_filter=f"{prefix}>", offset=len(ids)))["state"]
            page = state.get("subjects") or {}
            ids.update(subject.removeprefix(prefix) for subject in page)
            if len(page) < 100_000:
                return ids

    async def last(self, subject: str) -> dict:
        """The body of a subject's record."""
        message = (await self.api(f"STREAM.MSG.GET.{STREAM}", {"last_by_subj": subject}))["message"]
        return json.loads(base64.b64decode(message["data"]))


@asynccontextmanager
async def ledger_of(server, **user):
    """`user` is for servers with accounts, where the ledger cannot be seen by callers."""
    connection = await server.connect(**{"allow_reconnect": False} | user)
    try:
        yield Ledger(connection)
    finally:
        await connection.close()
