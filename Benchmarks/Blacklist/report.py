"""The table and the plot of the figures that BlacklistBenchmark prints, a JSON object a line."""

import html
import json
import math
import sys

COLOURS = {"blacklist": "#0b6", "floor": "#888", "ck_hs": "#d60", "concurrent_hash_map": "#36c"}


def number(value):
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def spread(series, unit=""):
    if not series:
        return ""
    text = number(series["median"])
    if series["low"] != series["high"]:
        text += f" ({number(series['low'])}–{number(series['high'])})"
    return f"{text} {unit}".strip()


def table(rows):
    cells = [["", "figure", "compared with", "ratio", "target", ""]]
    for row in rows:
        against = f"{row['against']} {spread(row.get('comparison'))}".strip()
        met = {True: "met", False: "NOT MET"}.get(row.get("met"), "")
        cells.append(
            [row["row"], spread(row["figure"], row["unit"]), against, spread(row.get("ratio")), row["target"], met]
        )
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def panel(points, query, left):
    """Cost against size, both logarithmic."""
    width, height, top = 460, 360, 60
    sizes = sorted({point["size"] for point in points})
    costs = [point["ns"]["median"] for point in points]
    low, high = math.log10(min(costs) * 0.8), math.log10(max(costs) * 1.25)
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])
    x = lambda size: left + (math.log10(size) - first) / max(last - first, 1e-9) * width
    y = lambda cost: top + height - (math.log10(cost) - low) / (high - low) * height
    out = [f'<text x="{left}" y="{top - 16}" class="title">{query} id</text>']
    for size in sizes:
        if math.log10(size).is_integer():
            label = f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1_000}k"
            out.append(f'<line x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{top}" y2="{top + height}" class="grid"/>')
            out.append(f'<text x="{x(size):.1f}" y="{top + height + 18}" text-anchor="middle">{label}</text>')
    for cost in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if low <= math.log10(cost) <= high:
            out.append(f'<line x1="{left}" x2="{left + width}" y1="{y(cost):.1f}" y2="{y(cost):.1f}" class="grid"/>')
            out.append(f'<text x="{left - 6}" y="{y(cost) + 4:.1f}" text-anchor="end">{cost}</text>')
    for name, colour in COLOURS.items():
        mine = sorted((p for p in points if p["table"] == name), key=lambda p: p["size"])
        if not mine:
            continue
        path = " ".join(f"{x(p['size']):.1f},{y(p['ns']['median']):.1f}" for p in mine)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for p in mine:
            text = html.escape(f"{name}, {p['size']:,} ids: {spread(p['ns'], 'ns')}")
            out.append(
                f'<line x1="{x(p["size"]):.1f}" x2="{x(p["size"]):.1f}" y1="{y(p["ns"]["low"]):.1f}" '
                f'y2="{y(p["ns"]["high"]):.1f}" stroke="{colour}"/>'
                f'<circle cx="{x(p["size"]):.1f}" cy="{y(p["ns"]["median"]):.1f}" r="3.5" fill="{colour}">'
                f"<title>{text}</title></circle>"
            )
    return "\n".join(out)


def plot(points, path):
    legend = "".join(
        f'<rect x="{60 + index * 190}" y="462" width="14" height="14" fill="{colour}"/>'
        f'<text x="{80 + index * 190}" y="474">{name}</text>'
        for index, (name, colour) in enumerate(COLOURS.items())
    )
    panels = [
        panel([p for p in points if p["query"] == query], query, 60 + index * 540)
        for index, query in enumerate(("absent", "present"))
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "<!doctype html><meta charset=utf-8><title>Cost of a lookup against size</title>"
            "<style>text{font:12px sans-serif}.title{font-size:15px}.grid{stroke:#ddd}</style>"
            "<p style='font:14px sans-serif'>Nanoseconds a lookup against ids held; median and spread of the rounds, "
            "all tables in the same process, asked for the same ids in turn.</p>"
            f'<svg viewBox="0 0 1120 490" width="1120" height="490">{"".join(panels)}{legend}</svg>'
        )


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        figures = [json.loads(line) for line in file]
    rows = [figure for figure in figures if figure["kind"] == "row"]
    points = [figure for figure in figures if figure["kind"] == "point"]
    if rows:
        table(rows)
    if points:
        plot(points, sys.argv[2])
        print(f"plot: {sys.argv[2]}")


main()
