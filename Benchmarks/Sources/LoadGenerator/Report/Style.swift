/// The page's look: one column of text, charts beside each other where there is room, the reader's own colour scheme.
enum Style {
    /// Lines have one of so many colours.
    static let colours = 8

    static let sheet = """
        :root { color-scheme: light dark;
          --paper: #fbfbfa; --card: #ffffff; --ink: #1c1e21; --soft: #5d646d; --rule: #e2e4e7; --grid: #eceef0;
          --good: #14713d; --bad: #b3261e; --good-back: #e3f4e9; --bad-back: #fbe6e4;
          --c0: #1f66d0; --c1: #c05a00; --c2: #0a7d62; --c3: #a6278c; --c4: #6a51c9; --c5: #8a6d00; --c6: #0b7c9e; --c7: #c22f3d; }
        @media (prefers-color-scheme: dark) { :root {
          --paper: #14161a; --card: #1b1e23; --ink: #e7e9ec; --soft: #a0a7b1; --rule: #33383f; --grid: #292e35;
          --good: #7fd6a0; --bad: #ff9d94; --good-back: #17301f; --bad-back: #3c1d1b;
          --c0: #7db1ff; --c1: #ffa95c; --c2: #58d0ae; --c3: #f08fdb; --c4: #b5a3ff; --c5: #e0c25a; --c6: #63cbea; --c7: #ff8a92; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1 { font-size: 1.65rem; line-height: 1.25; margin: 0 0 .35rem; letter-spacing: -.01em; }
        h2 { font-size: 1.12rem; margin: 2.4rem 0 .7rem; }
        p { max-width: 46rem; margin: .4rem 0 .8rem; }
        .soft, caption { color: var(--soft); }
        .tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.3rem 0 0; }
        .tile { flex: 1 1 11rem; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: .7rem .95rem; }
        .tile b { display: block; font-size: 1.4rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
        .tile span { color: var(--soft); font-size: .86rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr)); gap: .9rem; }
        .chart { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: .55rem .55rem .3rem; }
        svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--soft); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
        svg .chart-title { fill: var(--ink); font-size: 14px; font-weight: 600; }
        .grid { stroke: var(--grid); } .axis { stroke: var(--soft); }
        .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
        .mark { fill: currentColor; stroke: var(--card); stroke-width: 1.5; } .ring { fill: var(--card); stroke: currentColor; stroke-width: 2; }
        .hit { fill: transparent; }
        .c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
        .c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); } .c7 { color: var(--c7); }
        .key { display: flex; flex-wrap: wrap; gap: .25rem 1.2rem; margin: 0 0 .6rem; padding: 0; list-style: none; font-size: .9rem; }
        .key i { display: inline-block; width: 1.1rem; height: 3px; border-radius: 2px; background: currentColor; vertical-align: middle; margin-right: .45rem; }
        .key span { color: var(--ink); }
        .wide { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
        table { border-collapse: collapse; width: 100%; font-size: .89rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .42rem .75rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--rule); }
        thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .82rem; }
        th:first-child, td:first-child, td.text, th.text { text-align: left; }
        td.text { white-space: normal; min-width: 13rem; } td small { color: var(--soft); }
        .met, .missed { display: inline-block; border-radius: 99px; padding: 0 .6rem; font-size: .82rem; font-weight: 600; }
        .met { color: var(--good); background: var(--good-back); } .missed { color: var(--bad); background: var(--bad-back); }
        .bad { color: var(--bad); font-weight: 600; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        code { font: .86rem ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
        @media print { body { padding: 0; } .chart, .wide, .tile { break-inside: avoid; } }
        """
}
