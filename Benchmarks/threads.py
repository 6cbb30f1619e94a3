#!/usr/bin/env python3
"""Who has the processor, and who waits for it: the threads of some processes, over some seconds.

    Benchmarks/threads.py SECONDS NAME=PID...

A line for each thread that ran: its share of a core, its share of the time in which it was ready to run and had no core,
how often it was given one, and how long it waited for it on average. From /proc/PID/task/*/schedstat.
"""

import sys
import time
from pathlib import Path


def read(process: int) -> dict[int, tuple[str, int, int, int]]:
    """By thread: its name, nanoseconds on a core, nanoseconds ready and waiting for one, times it was given one."""
    threads = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            ran, waited, turns = map(int, (task / "schedstat").read_text().split())
            threads[int(task.name)] = ((task / "comm").read_text().strip(), ran, waited, turns)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return threads


def main(arguments: list[str]) -> None:
    seconds = float(arguments[0])
    processes = {name: int(process) for name, process in (argument.split("=") for argument in arguments[1:])}
    before = {name: read(process) for name, process in processes.items()}
    began = time.monotonic()
    time.sleep(seconds)
    took = (time.monotonic() - began) * 1e9
    print(f"{'':14} {'thread':16} {'of a core':>9} {'waiting':>9} {'turns/s':>9} {'wait each':>10}")
    for name, process in processes.items():
        if not Path(f"/proc/{process}").exists():
            print(f"{name:14} has ended")
            continue
        lines, total = [], [0.0, 0.0]
        for thread, (title, ran, waited, turns) in read(process).items():
            _, ran_before, waited_before, turns_before = before[name].get(thread, ("", 0, 0, 0))
            ran, waited, turns = ran - ran_before, waited - waited_before, turns - turns_before
            total = [total[0] + ran, total[1] + waited]
            if ran + waited > 0.01 * took:
                each = waited / turns / 1000 if turns else 0
                lines.append((ran, f"{title:16} {ran / took:9.2f} {waited / took:9.2f} {turns * 1e9 / took:9.0f} {each:7.0f} us"))
        for _, line in sorted(lines, reverse=True):
            print(f"{name:14} {line}")
        print(f"{name:14} {'all':16} {total[0] / took:9.2f} {total[1] / took:9.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
