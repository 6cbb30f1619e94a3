"""The two commands of the README: the story that deploy/run tells, and how deploy/test counts."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import ROOT, environment

COUNT_TESTS = ROOT / "deploy/lib/count_tests.py"

# The first call makes a release build.
BUILD_AND_STORY_SECONDS = 900


@pytest.mark.timeout(BUILD_AND_STORY_SECONDS)
def test_deploy_run_tells_the_whole_story_and_cleans_up(tmp_path: Path) -> None:
    told = subprocess.run(
        [ROOT / "deploy/run", "--once"],
        # From elsewhere, as a user may, in whose shell a bus of his own is set: the replica must not join that one.
        cwd=tmp_path,
        env=environment(
            TMPDIR=str(tmp_path),
            TOKEN_SERVICE_NATS_URL="nats://127.0.0.1:1",
            TOKEN_SERVICE_SUBJECT_PREFIX="mine",
            NATS_URL="nats://127.0.0.1:1",
            NATS_CREDS="/nowhere",
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    steps = ["generate_tokens", "verify_token", "refresh_tokens", "blacklist_tokens", '"reason":"revoked"', "as told"]
    positions = [told.stdout.find(step) for step in steps[:4]]
    assert positions == sorted(positions) and positions[0] >= 0
    assert all(step in told.stdout for step in steps)
    assert left_behind(tmp_path) == []


def left_behind(directory: Path) -> list[Path]:
    """What the script itself leaves there; the Swift build has its own habits."""
    return list(directory.glob("token-service.*"))


def test_deploy_run_refuses_what_it_does_not_know() -> None:
    refused = subprocess.run([ROOT / "deploy/run", "--twice"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "--once" in refused.stdout


def children_of(pid: int) -> list[int]:
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (status := read(entry / "stat")) and int(status.rsplit(") ", 1)[1].split()[1]) == pid
    ]


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


@pytest.mark.timeout(BUILD_AND_STORY_SECONDS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_deploy_run_serves_until_it_is_told_to_stop_and_ends_what_it_started(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    with subprocess.Popen(
        [ROOT / "deploy/run"],
        env=environment(TMPDIR=str(tmp_path)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as script:
        try:
            told = iter(script.stdout.readline, "")
            address = next(line.split("=", 1)[1].strip() for line in told if "export NATS_URL=" in line)
            call = next(line.strip() for line in told if " call generate_tokens " in line)
            # What it tells the reader to type works.
            called = subprocess.run(
                ["bash", "-c", call],
                cwd=ROOT,
                env=environment(NATS_URL=address),
                capture_output=True,
                text=True,
                timeout=20,
            )
            assert set(json.loads(called.stdout)) == {"access_token", "refresh_token"}
            started = children_of(script.pid)
            assert len(started) == 2
            next(line for line in told if "nats request" in line)
        finally:
            script.send_signal(number)
            script.stdout.read()
            ended = script.wait(60)
    assert ended == status
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert left_behind(tmp_path) == []


def test_the_long_runs_name_tests_that_are_there() -> None:
    named = re.findall(r"(test_\w+\.py)::(\w+)", (ROOT / "Tests/endurance").read_text())
    assert len(named) == 5
    for file, test in named:
        assert f"def {test}(" in (ROOT / "Tests/BlackBox" / file).read_text()


# --- counting ------------------------------------------------------------------------------------------------------


def swift_events(*outcomes: str) -> str:
    """An event stream of one test an outcome: a symbol of Swift Testing's, or `begun` or `waiting` as a crash leaves them."""
    lines: list[dict] = []
    for index, outcome in enumerate(outcomes):
        lines.append({"kind": "test", "payload": {"kind": "function", "id": f"t{index}", "name": f"t{index}()"}})
        if outcome != "waiting":
            lines.append({"kind": "event", "payload": {"kind": "testStarted", "testID": f"t{index}", "messages": []}})
        if outcome not in ("begun", "waiting"):
            kind = "testSkipped" if outcome == "skip" else "testEnded"
            message = {"symbol": outcome, "text": ""}
            lines.append({"kind": "event", "payload": {"kind": kind, "testID": f"t{index}", "messages": [message]}})
    return "\n".join(map(json.dumps, lines))


def pytest_report(*outcomes: str) -> str:
    inside = {"passed": "", "failed": "<failure/>", "error": "<error/>", "skipped": "<skipped/>"}
    cases = "".join(f'<testcase classname="c" name="n">{inside[outcome]}</testcase>' for outcome in outcomes)
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>"


PASSED = (swift_events("pass"), 0), (pytest_report("passed"), 0)


@pytest.mark.parametrize(
    ("swift", "python", "line"),
    [
        (*PASSED, "2 passed, 0 failed"),
        ((swift_events("pass", "passWithKnownIssue", "pass"), 0), PASSED[1], "4 passed, 0 failed"),
        ((swift_events("pass", "skip"), 0), (pytest_report("passed", "skipped"), 0), "2 passed, 0 failed"),
        ((swift_events("pass", "fail"), 1), PASSED[1], "2 passed, 1 failed"),
        (PASSED[0], (pytest_report("passed", "failed", "error"), 1), "2 passed, 2 failed"),
        ((swift_events("pass", "begun", "waiting"), 1), PASSED[1], "2 passed, 2 failed"),
        ((swift_events("pass") + '\n{"kind":"ev', 1), PASSED[1], "2 passed, 1 failed"),
        (("", 1), PASSED[1], "1 passed, 1 failed"),
        (("", 0), PASSED[1], "1 passed, 1 failed"),
        ((swift_events("skip"), 0), PASSED[1], "1 passed, 1 failed"),
        ((swift_events("pass"), 1), PASSED[1], "2 passed, 1 failed"),
        (PASSED[0], ("", 5), "1 passed, 1 failed"),
        (PASSED[0], (pytest_report(), 0), "1 passed, 1 failed"),
        (PASSED[0], (pytest_report("passed"), 3), "2 passed, 1 failed"),
        (PASSED[0], ("<testsuites><cut", 3), "1 passed, 1 failed"),
    ],
)
def test_the_last_line_counts_what_passed_what_failed_and_what_a_crash_took(
    tmp_path: Path, swift: tuple[str, int], python: tuple[str, int], line: str
) -> None:
    (tmp_path / "swift.jsonl").write_text(swift[0])
    (tmp_path / "pytest.xml").write_text(python[0])
    counted = subprocess.run(
        [
            *(sys.executable, COUNT_TESTS),
            *(tmp_path / "swift.jsonl", str(swift[1]), tmp_path / "pytest.xml", str(python[1])),
        ],
        capture_output=True,
        text=True,
    )
    assert counted.stdout.splitlines()[-1] == line
    assert counted.returncode == (0 if line.endswith(" 0 failed") else 1)
