"""Rows of Benchmarks/run: makes one of the rounds' figures, and prints them all as a table. README.md defines the format.

    rows.py row NAME FIGURES [--unit U] [--against TEXT --comparison FIGURES] [--target ">= 0.9"] [--note TEXT]
                          [--scale FACTOR] [--inverse] [--failures FILE]
    rows.py table FILE

FIGURES is a file with a number a line, one for each round; the two sides of a ratio are compared round by round. FILE
is another such, of what went wrong in each round: if anything did, the target is missed whatever the figures say.
"""

import argparse
import json
import statistics
import sys


def spread(figures):
    """Median, and the tenth and ninetieth percentile; of fewer than ten, the least and the most."""
    ordered = sorted(figures)
    if not ordered:
        raise ValueError("no figures")
    cut = len(ordered) // 10
    return {"median": statistics.median(ordered), "low": ordered[cut], "high": ordered[-1 - cut]}


def make_row(name, figures, comparison=None, unit="", against="", target="", note="", inverse=False, failures=()):
    """The target is of the ratio, or, where nothing is compared, of the figure itself.

    `inverse`: the ratio is the other way round, as with seconds that stand for a rate.
    """
    row = {"row": name, "figure": spread(figures), "unit": unit}
    judged = row["figure"]
    if comparison is not None:
        if len(comparison) != len(figures):
            raise ValueError(f"{name}: {len(figures)} rounds of one side, {len(comparison)} of the other")
        row["against"] = against
        row["comparison"] = spread(comparison)
        pairs = zip(comparison, figures) if inverse else zip(figures, comparison)
        row["ratio"] = judged = spread([one / other for one, other in pairs if other])
    if target:
        relation, wanted = target.split()
        row["met"] = judged["median"] >= float(wanted) if relation == ">=" else judged["median"] <= float(wanted)
        row["target"] = f"{ {'>=': '≥', '<=': '≤'}[relation] } {wanted}"
    if sum(failures):
        row["met"] = False
        note = f"{note}; " if note else ""
        note += f"{sum(failures):.0f} wrong or missing answers"
    if note:
        row["note"] = note
    return row


def number(value):
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.4f}" if size < 0.1 else f"{value:.2f}" if size < 10 else f"{value:.1f}"


def told(series, unit=""):
    if not series:
        return ""
    text = number(series["median"]) + (unit if unit.startswith("/") else f" {unit}" if unit else "")
    if series["low"] != series["high"]:
        text += f" ({number(series['low'])}–{number(series['high'])})"
    return text


def table(rows):
    cells = [["", "figure", "compared with", "ratio", "target", ""]]
    for row in rows:
        unit = row.get("unit", "")
        against = f"{row.get('against', '')} {told(row.get('comparison'), unit)}".strip()
        met = {True: "met", False: "NOT MET"}.get(row.get("met"), "")
        cells.append([row["row"], told(row["figure"], unit), against, told(row.get("ratio")), row.get("target", ""), met])
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    lines = []
    for index, line in enumerate(cells):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if index and rows[index - 1].get("note"):
            lines.append(f"    {rows[index - 1]['note']}")
    return "\n".join(lines)


def read_rows(text):
    """Lines that are no rows are other records of the same command."""
    records = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return [record for record in records if "row" in record]


def read_figures(path, scale):
    with open(path, encoding="utf-8") as file:
        return [float(line) * scale for line in file if line.strip()]


def main(arguments):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    row = commands.add_parser("row")
    row.add_argument("name")
    row.add_argument("figures")
    for option in ("unit", "against", "comparison", "target", "note"):
        row.add_argument(f"--{option}", default="")
    row.add_argument("--failures", default="")
    row.add_argument("--scale", type=float, default=1)
    row.add_argument("--inverse", action="store_true")
    commands.add_parser("table").add_argument("file")
    options = parser.parse_args(arguments)
    if options.command == "table":
        with open(options.file, encoding="utf-8") as file:
            print(table(read_rows(file.read())))
        return
    comparison = read_figures(options.comparison, options.scale) if options.comparison else None
    made = make_row(
        options.name,
        read_figures(options.figures, options.scale),
        comparison,
        unit=options.unit,
        against=options.against,
        target=options.target,
        note=options.note,
        inverse=options.inverse,
        failures=read_figures(options.failures, 1) if options.failures else (),
    )
    print(json.dumps(made, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
