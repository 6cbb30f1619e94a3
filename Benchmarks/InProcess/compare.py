"""Whether what was measured keeps within what was promised: compare.py THRESHOLDS MEASURED, folders with a file for each
benchmark, a JSON object of figures of which less is better."""

import json
import sys
from pathlib import Path


def read(folder: str) -> dict[str, dict[str, int]]:
    return {path.name.removesuffix(".p90.json"): json.loads(path.read_text()) for path in Path(folder).glob("*.p90.json")}


def main(promised: dict, measured: dict) -> bool:
    is_good = bool(promised)
    for name in sorted(promised.keys() | measured.keys()):
        if name not in measured or name not in promised:
            print(f"{name}: {'has not run' if name in promised else 'has no threshold'}")
            is_good = False
            continue
        for metric in sorted(promised[name].keys() | measured[name].keys()):
            figure, most = measured[name].get(metric), promised[name].get(metric)
            within = figure is not None and most is not None and figure <= most
            print(f"{name}: {metric}: {figure}, at most {most}{'' if within else ': WORSE'}")
            is_good = is_good and within
    print(f"{len(measured)} of {len(promised)} benchmarks have run")
    return is_good


if __name__ == "__main__":
    sys.exit(0 if main(*map(read, sys.argv[1:3])) else 2)
