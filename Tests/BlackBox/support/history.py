"""Mixed load over several replicas, recorded, and held to the promises whatever died meanwhile.

P1  What was acknowledged as blacklisted is refused, at the end, by every replica.
P2  It is refused at once by the replica that acknowledged it, and by the others after a bound.
P3  All pairs that one refresh token was answered with are the same pair. One that was redeemed long before is never answered
    with a pair again, and its family dies.
And nobody's token is refused who did nothing wrong.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import nats.errors

from .client import Client, Pair, Reply, pair_of

# Well within the grace period of 10 s: a refresh that got no answer is repeated by its caller, but not for longer.
RETRY_SECONDS = 6


@dataclass
class Acknowledgement:
    pair: Pair
    replica: int
    at: float


@dataclass
class History:
    # Of the replicas: after this a revocation is refused everywhere, or not answered.
    bound_seconds: float
    successors: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    # When a write was acknowledged, by monotonic time.
    writes: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.violations.append(what)


class Load:
    """`workers` callers, each with a user of its own at a time: logs in, refreshes some times, logs out."""

    def __init__(self, clients: list[Client], history: History, workers: int, seed: int) -> None:
        self.clients = clients
        self.history = history
        self.stopping = asyncio.Event()
        self._random = random.Random(seed)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(workers)]

    async def stop(self) -> None:
        self.stopping.set()
        await asyncio.gather(*self._tasks)

    def _any(self) -> int:
        return self._random.randrange(len(self.clients))

    async def _ask(self, replica: int, operation: str, body: dict) -> Reply | None:
        """Nothing when there was no answer, or 503."""
        try:
            reply = await self.clients[replica].ask(operation, body, timeout=7)
        except nats.errors.Error:
            self.history.outcomes[f"{operation} unanswered"] += 1
            # A replica that is away says so at once.
            await asyncio.sleep(0.05)
            return None
        self.history.outcomes[f"{operation} {reply.code or 'ok'}"] += 1
        return None if reply.code == 503 else reply

    async def _work(self) -> None:
        while not self.stopping.is_set():
            reply = await self._ask(self._any(), "generate_tokens", {"id": "42"})
            if reply is None:
                continue
            pair = pair_of(reply)
            former: list[Pair] = []
            for _ in range(self._random.randrange(4)):
                successor = await self._refresh(pair)
                if successor is None:
                    # It may be redeemed and its grace over: to go on would be reuse.
                    break
                await self._expect_valid(successor)
                former.append(pair)
                pair = successor
            else:
                if len(former) > 1 and self._random.random() < 0.5:
                    await self._steal(former[0], pair)
                else:
                    await self._blacklist(pair)

    async def _refresh(self, pair: Pair) -> Pair | None:
        began = time.monotonic()
        body = {"refresh_token": pair.refresh}
        while time.monotonic() < began + RETRY_SECONDS:
            # Now and then at two replicas at once.
            count = self._random.choice((1, 1, 2))
            replies = await asyncio.gather(*(self._ask(self._any(), "refresh_tokens", body) for _ in range(count)))
            for reply in filter(None, replies):
                self.history.check(reply.code is None, f"a refresh of nobody's fault was refused: {reply.text}")
                if reply.code is None:
                    self.history.successors[pair.refresh].add(reply.bytes)
                    self.history.writes.append(time.monotonic())
            if answered := [reply for reply in replies if reply is not None and reply.code is None]:
                return pair_of(answered[0])
        return None

    async def _expect_valid(self, pair: Pair) -> None:
        reply = await self._ask(self._any(), "verify_token", {"access_token": pair.access})
        if reply is not None:
            self.history.check(reply.body["valid"], f"a token of nobody's fault is {reply.body.get('reason')}")

    async def _blacklist(self, pair: Pair) -> None:
        replica = self._any()
        body = {"refresh_token": pair.refresh, "access_token": pair.access}
        reply = await self._ask(replica, "blacklist_tokens", body)
        if reply is None:
            return
        self.history.check(reply.code is None, f"a blacklisting was refused: {reply.text}")
        now = time.monotonic()
        self.history.writes.append(now)
        self.history.acknowledged.append(Acknowledgement(pair, replica, now))
        await self._expect_revoked(replica, pair, "by the replica that acknowledged it")
        # One of some time ago, somewhere else.
        old = self._random.choice(self.history.acknowledged)
        if time.monotonic() - old.at > self.history.bound_seconds:
            await self._expect_revoked(self._any(), old.pair, f"{self.history.bound_seconds} s later")

    async def _steal(self, old: Pair, current: Pair) -> None:
        """Presents a token whose successor has been redeemed: no grace is for that."""
        replica = self._any()
        reply = await self._ask(replica, "refresh_tokens", {"refresh_token": old.refresh})
        if reply is None:
            return
        self.history.check(reply.code == 401, f"a token that was redeemed long before is answered with {reply.code}")
        now = time.monotonic()
        self.history.writes.append(now)
        self.history.outcomes["stolen"] += 1
        self.history.acknowledged.append(Acknowledgement(current, replica, now))
        again = await self._ask(replica, "refresh_tokens", {"refresh_token": current.refresh})
        self.history.check(again is None or again.code == 401, "a family lives whose token was stolen")

    async def _expect_revoked(self, replica: int, pair: Pair, where: str) -> None:
        reply = await self._ask(replica, "verify_token", {"access_token": pair.access})
        if reply is not None:
            self.history.check(reply.body.get("reason") == "revoked", f"a blacklisted token is valid, {where}")


async def settle(clients: list[Client], history: History) -> None:
    """The end of a history, with every replica serving again."""
    tokens = [acknowledgement.pair.access for acknowledgement in history.acknowledged]
    for client in clients:
        for start in range(0, len(tokens), 256):
            reasons = await asyncio.gather(*(client.reason(token) for token in tokens[start : start + 256]))
            history.check(set(reasons) <= {"revoked"}, "a blacklisting was forgotten")
    for answers in history.successors.values():
        history.check(len(answers) == 1, "a refresh token was answered with two pairs")
    assert not history.violations, history.violations[:10]
