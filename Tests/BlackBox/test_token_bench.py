"""The load generator against a real replica: short, because figures are not what is tested here."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import Service

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks"))
sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks/InProcess"))
import compare  # noqa: E402
import rows  # noqa: E402


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("TOKEN_BENCH_BINARY")
    if not path:
        pytest.skip("TOKEN_BENCH_BINARY does not say where token-bench is")
    return path


def bench(binary: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
    command = [binary, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_every_kind_of_verification_is_answered_as_it_was_asked(
    binary: str, memory_service: Service, nats_server, tmp_path: Path
) -> None:
    document, page = tmp_path / "out.json", tmp_path / "out.html"
    made = bench(
        binary, "verify", "--against", nats_server.url, "--in-flight", 16, "--seconds", 1, "--warm-up", 0.1, "--new", 10,
        "--revoked", 10, "--forged", 10, "--malformed", 10, "--hot-count", 20, "--count", 100, "--revoked-count", 5,
        "--json", document, "--report", page,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "in flight" in made.stdout
    (run,) = json.loads(document.read_text())["runs"]
    assert run["errors"] == 0 and run["replies"] > 100
    assert set(run["latencyByKind"]) == {"hot", "new", "revoked", "forged", "malformed"}
    assert all(kind["count"] > 0 for kind in run["latencyByKind"].values())
    assert run["latency"]["least"] <= run["latency"]["p50"] <= run["latency"]["p99"] <= run["latency"]["most"]
    assert page.read_text().endswith("</html>\n")


@contextlib.contextmanager
def flooded(binary: str, nats_server) -> Iterator[subprocess.Popen[bytes]]:
    """More forged tokens than can be checked, for four seconds."""
    flood = subprocess.Popen(
        [
            *(binary, "verify", "--against", nats_server.url, "--rate", "60000", "--seconds", "4", "--warm-up", "0.1"),
            *("--forged", "100", "--hot-count", "1", "--count", "1000", "--json", "-"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("NATS_")},
    )
    try:
        yield flood
    finally:
        flood.kill()
        flood.communicate()


async def test_a_flood_of_tokens_never_seen_does_not_keep_known_ones_from_being_answered(
    binary: str, memory_service: Service, nats_server
) -> None:
    """More than can be checked, and nobody who waits for an answer before he asks again: what is put off is soon full.
    A token that is known and was revoked needs no signature either."""
    async with memory_service.connect() as client:
        good, revoked = await client.generate(), await client.generate()
        for pair in (good, revoked):
            assert await client.reason(pair.access) is None
        await client.blacklist(revoked.refresh, revoked.access)
        answers = 0
        with flooded(binary, nats_server) as flood:
            while flood.poll() is None:
                for pair, reason in ((good, None), (revoked, "revoked")):
                    reply = await client.ask("verify_token", {"access_token": pair.access}, timeout=5)
                    assert reply.code is None, reply.text
                    assert reply["valid"] == (reason is None) and reply.body.get("reason") == reason
                    answers += 1
    assert answers > 20
    assert "too many requests wait for their signatures" in memory_service.log, "the flood was not one"


async def test_such_a_flood_keeps_nobody_from_logging_in_refreshing_and_revoking(
    binary: str, memory_service: Service, nats_server
) -> None:
    """These have to be signed and wait too, but not behind the flood."""
    answers = 0
    async with memory_service.connect() as client:
        with flooded(binary, nats_server) as flood:
            while flood.poll() is None:
                pair = await client.generate()
                pair = await client.refresh(pair.refresh)
                reply = await client.blacklist(pair.refresh, pair.access)
                assert reply.code is None, reply.text
                answers += 1
    assert answers > 10
    assert "too many requests wait for their signatures" in memory_service.log, "the flood was not one"


def test_a_stall_of_the_service_is_in_the_open_loops_figures(
    binary: str, memory_service: Service, nats_server, tmp_path: Path
) -> None:
    """What was due meanwhile waits too, though none of it could be sent and answered then (coordinated omission)."""
    document = tmp_path / "out.json"
    command = [
        *(binary, "verify", "--against", nats_server.url, "--rate", "200", "--seconds", "3", "--warm-up", "0.1"),
        *("--hot-count", "10", "--json", str(document)),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
    load = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    time.sleep(1.5)
    memory_service.process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    memory_service.process.send_signal(signal.SIGCONT)
    assert load.wait(30) == 0
    (run,) = json.loads(document.read_text())["runs"]
    # A third of all were due in that second. A load that waits for each answer would have one late one.
    assert run["latency"]["p90"] > 400_000_000, run["latency"]
    assert run["latency"]["p50"] < 400_000_000, run["latency"]


@pytest.mark.parametrize("operation", ["generate", "refresh", "blacklist"])
def test_the_other_operations_run_too_in_an_open_loop(
    binary: str, memory_service: Service, nats_server, operation: str
) -> None:
    count = [] if operation == "generate" else ["--count", 100]
    made = bench(
        binary, operation, "--against", nats_server.url, "--rate", 100, "--seconds", 0.4, "--warm-up", 0.1, "--json", "-",
        *count,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (run,) = json.loads(made.stdout)["runs"]
    # 40 are due in the measured time, whatever the machine was doing meanwhile.
    assert run["errors"] == 0 and run["latency"]["count"] == 40


def test_a_wrong_answer_is_an_error_and_ends_with_status_1(
    binary: str, memory_service: Service, nats_server, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    made = bench(binary, "tokens", "--against", nats_server.url, "--count", 10, "--output", tokens, "--revoked")
    assert made.returncode == 0, made.stderr
    assert tokens.stat().st_mode & 0o777 == 0o600
    arguments = ["verify", "--against", nats_server.url, "--tokens", tokens, "--hot-count", 10, "--seconds", 0.2, "--json", "-"]
    wrong = bench(binary, *arguments)
    assert wrong.returncode == 1
    (run,) = json.loads(wrong.stdout)["runs"]
    assert run["replies"] == 0 and list(run["errorTexts"]) == ["not valid: revoked"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["verify", "--in-flight", "0"], 64, "--in-flight"),
        (["verify", "--in-flight", "1", "--rate", "1"], 64, "closed or open"),
        (["verify", "--new", "120"], 2, "--new"),
        (["verify", "--in-flight", "1", "--connections", "2"], 2, "--in-flight"),
        (["verify", "--tokens", "/nowhere"], 2, "/nowhere"),
        (["verify", "--against", "http://127.0.0.1"], 2, "neither nats nor tls"),
        (["verify", "--nats-user", "a", "--nats-creds", "b"], 2, "one way to log in"),
        (["verify", "--nats-cert", "a"], 2, "--nats-key"),
        (["verify", "--nats-nkey", "/nowhere"], 2, "/nowhere"),
        (["verify", "--flood"], 2, "--forged 100"),
        (["verify", "--flood", "--in-flight", "1"], 64, "--flood"),
        (["verify", "--against", "nats://127.0.0.1:1"], 2, "refused"),
        (["nonsense"], 64, "nonsense"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(binary: str, arguments: list[str], status: int, words: str) -> None:
    made = bench(binary, *arguments)
    assert made.returncode == status and words in made.stderr and "Fatal error" not in made.stderr


def test_nobody_there_is_told_as_that(binary: str, nats_server) -> None:
    made = bench(binary, "generate", "--against", nats_server.url, "--subject-prefix", "nobody", "--seconds", 0.1)
    assert made.returncode == 1 and "no responders" in made.stdout


def test_a_row_is_the_median_of_its_rounds_and_its_ratio_that_of_each_round() -> None:
    row = rows.make_row("a", [10, 30, 20], [10, 10, 40], unit="/s", against="b", target=">= 1.0")
    assert row["figure"] == {"median": 20, "low": 10, "high": 30}
    # 1, 3 and a half: not the ratio of the medians, which is 2.
    assert row["ratio"] == {"median": 1, "low": 0.5, "high": 3} and row["met"] is True
    assert rows.make_row("a", [10], [20], inverse=True)["ratio"]["median"] == 2
    assert rows.make_row("a", [3.1], target="<= 3.0")["met"] is False
    assert rows.make_row("a", [2.9], target="<= 3.0", failures=[0, 0])["met"] is True
    assert rows.make_row("a", [2.9], target="<= 3.0", failures=[0, 1])["met"] is False
    with pytest.raises(ValueError):
        rows.make_row("a", [1, 2], [1])
    many = rows.spread(range(1, 21))
    assert many == {"median": 10.5, "low": 3, "high": 18}
    assert "NOT MET" in rows.table([rows.make_row("a", [3.1], target="<= 3.0", note="why")])
    assert rows.read_rows('{"kind": "point"}\n\n{"row": "a"}\nwords\n') == [{"row": "a"}]


def test_a_flood_waits_for_no_answer_and_misses_none(binary: str, memory_service: Service, nats_server) -> None:
    made = bench(
        binary, "verify", "--against", nats_server.url, "--flood", "--forged", 100, "--seconds", 1, "--warm-up", 0.1,
        "--timeout", 30, "--hot-count", 10, "--json", "-",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr + made.stdout
    (run,) = json.loads(made.stdout)["runs"]
    # More than can be answered with a signature check each, and everybody is told so.
    assert run["errors"] == 0 and run["turnedAway"] > 0 and run["sent"] > run["replies"]
    assert run["latency"]["count"] == 0 and "inFlight" not in run and "ratePerSecond" not in run


def test_a_benchmark_that_did_not_run_is_found_as_one_that_got_worse_is() -> None:
    promised = {"hit": {"allocations": 0}, "new": {"allocations": 5}}
    assert compare.main(promised, {"hit": {"allocations": 0}, "new": {"allocations": 5}})
    assert not compare.main(promised, {"hit": {"allocations": 0}, "new": {"allocations": 6}})
    assert not compare.main(promised, {"hit": {"allocations": 0}})
    assert not compare.main(promised, promised | {"other": {"allocations": 0}})
    assert not compare.main(promised, {"hit": {}, "new": {"allocations": 5}})
    assert not compare.main({}, {})
