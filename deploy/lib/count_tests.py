"""Adds up what the test runners report, and prints one last line: `N passed, N failed`.

    count_tests.py SWIFT_EVENTS SWIFT_STATUS [SWIFT_EVENTS SWIFT_STATUS] PYTEST_XML PYTEST_STATUS

The Swift figures come from Swift Testing's event stream, not from its summary: a crash takes the whole runner with it
and leaves no summary, but the stream still says which tests had begun and which never did. Both count as failed.
A test is a test function, or a test of pytest's; a parameterized Swift test is one. Skipped tests are told, not counted.

Exits 0 only when something passed in each runner, nothing failed, and both runners were content.
"""

import json
import sys
import xml.etree.ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    runner: str
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def tally_swift(runner: str, events: str, status: int) -> Tally:
    """Reads the event stream: one JSON object a line, the last of which a crash may have cut."""
    functions: dict[str, str] = {}
    outcomes: dict[str, str] = {}
    for line in events.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        payload = record["payload"]
        if record["kind"] == "test" and payload["kind"] == "function":
            functions[payload["id"]] = payload.get("displayName", payload["name"])
        elif record["kind"] == "event" and payload["kind"] in ("testEnded", "testSkipped"):
            outcomes[payload["testID"]] = payload["messages"][0]["symbol"]

    tally = Tally(runner)
    for identifier, name in functions.items():
        match outcomes.get(identifier, "crash"):
            case "fail" | "crash" as outcome:
                tally.failures.append(name if outcome == "fail" else f"{name} (did not end)")
            case "skip":
                tally.skipped.append(name)
            case _:
                tally.passed += 1
    return settled(tally, status)


def tally_pytest(report: str, status: int) -> Tally:
    """Reads the JUnit report; without a whole one, pytest itself crashed."""
    tally = Tally("pytest")
    try:
        cases = list(xml.etree.ElementTree.fromstring(report).iter("testcase"))
    except xml.etree.ElementTree.ParseError:
        cases = []
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failures.append(name)
        elif case.find("skipped") is not None:
            tally.skipped.append(name)
        else:
            tally.passed += 1
    return settled(tally, status)


def settled(tally: Tally, status: int) -> Tally:
    """A runner that is not content, or that ran nothing, is a failure even when it names no failed test."""
    if tally.failures:
        return tally
    if status != 0:
        tally.failures.append(f"the runner ended with status {status}")
    elif tally.passed == 0:
        tally.failures.append("no test was run")
    return tally


def read(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def main(arguments: list[str]) -> int:
    *swift, pytest_xml, pytest_status = arguments
    tallies = [
        tally_swift(Path(events).stem, read(events), int(status)) for events, status in zip(swift[::2], swift[1::2])
    ]
    tallies.append(tally_pytest(read(pytest_xml), int(pytest_status)))
    print()
    for tally in tallies:
        skipped = f", {len(tally.skipped)} skipped" if tally.skipped else ""
        print(f"{tally.runner}: {tally.passed} of {tally.passed + len(tally.failures)} passed{skipped}")
        for name in tally.skipped:
            print(f"  skipped: {name}")
        for name in tally.failures:
            print(f"  failed: {name}")
    failed = sum(len(tally.failures) for tally in tallies)
    print(f"{sum(tally.passed for tally in tallies)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
