"""The style sheet of report.html: light, dark and paper. Colours of text reach a contrast of 4.5 or more."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark;
  --page: #f6f7fa; --card: #ffffff; --ink: #101828; --muted: #475467; --rule: #e4e7ec; --tint: #f2f5fb;
  --s0: #1d5fd6; --s1: #c2410c; --s2: #0f766e; --s3: #7c3aed; --right: #4f8ff7; --wrong: #f0884f; --mark: #344054; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0c111d; --card: #161d2c; --ink: #eceff5; --muted: #a4afc2; --rule: #2b3548; --tint: #1d2638;
  --s0: #6ea8fe; --s1: #ff9b66; --s2: #3dd6c1; --s3: #c4a7ff; --right: #1f5fd0; --wrong: #b4470f; --mark: #cfd6e4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif; }
main { max-width: 880px; margin: 0 auto; padding: 40px 20px 56px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 4px; letter-spacing: -0.005em; }
h3 { font-size: 15px; margin: 22px 0 2px; }
p { margin: 0 0 12px; color: var(--muted); }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 22px 24px;
  margin-top: 18px; }
section > :last-child { margin-bottom: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px; margin: 24px 0 4px;
  padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 16px 18px; }
.tiles b { display: block; font-size: 28px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums;
  letter-spacing: -0.02em; overflow-wrap: anywhere; }
.tiles span { color: var(--muted); font-size: 13px; display: block; overflow-wrap: anywhere; }
.tiles .of { color: var(--ink); font-weight: 600; font-size: 14px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: anywhere; }
thead th { color: var(--muted); font-weight: 500; font-size: 13px; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
.figure { text-align: right; overflow-wrap: normal; white-space: nowrap; }
.wide { overflow-x: auto; }
.columns { columns: 2; column-gap: 40px; }
.columns div { display: flex; justify-content: space-between; gap: 16px; break-inside: avoid; padding: 6px 0;
  border-bottom: 1px solid var(--rule); font-size: 14px; }
.columns span { flex: none; } .columns span + span { flex: 0 1 auto; overflow-wrap: anywhere; text-align: right; }
.columns span + span { font-weight: 500; }
.times { display: flex; height: 12px; gap: 2px; border-radius: 6px; overflow: hidden; margin: 10px 0 12px; }
.times span { min-width: 3px; } .t0 { background: var(--s0); } .t1 { background: var(--s1); }
.t2 { background: var(--s2); } .t3 { background: var(--s3); }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; }
footer { color: var(--muted); font-size: 13px; margin-top: 22px; }
svg { display: block; width: 100%; height: auto; margin: 10px auto 4px; font-size: 12px;
  font-variant-numeric: tabular-nums; }
svg text { fill: var(--muted); } svg .name, svg .count { fill: var(--ink); }
svg .count { font-size: 14px; font-weight: 600; }
svg .grid { stroke: var(--rule); } svg .axis { stroke: var(--muted); }
svg .series { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .s0 { stroke: var(--s0); } svg .s1 { stroke: var(--s1); stroke-dasharray: 7 5; }
svg .s2 { stroke: var(--s2); stroke-dasharray: 2 5; } svg .s3 { stroke: var(--s3); stroke-dasharray: 11 4 2 4; }
svg circle.mark { stroke-dasharray: none; fill: var(--card); stroke-width: 2; }
svg .touch { fill: transparent; }
svg .best { stroke: var(--mark); stroke-dasharray: 3 3; }
svg .bar, svg .dot { fill: var(--s0); } svg .dot { fill-opacity: 0.45; }
svg .agree { stroke: var(--s1); stroke-width: 1.6; stroke-dasharray: 6 4; }
svg .cell.right { fill: var(--right); } svg .cell.wrong { fill: var(--wrong); }
@media (max-width: 640px) { .columns { columns: 1; } main { padding: 24px 14px; } section { padding: 18px 16px; } }
@media print { :root { --page: #ffffff; --card: #ffffff; --ink: #000000; --muted: #333333; --rule: #cccccc;
    --s0: #1d5fd6; --s1: #c2410c; --s2: #0f766e; --s3: #7c3aed; --right: #4f8ff7; --wrong: #f0884f; --mark: #333333; }
  body { font-size: 12px; } main { max-width: none; padding: 0; } section { border: 0; padding: 12px 0; }
  svg, tr, .tiles, .times { break-inside: avoid; } h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
