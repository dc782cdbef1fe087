"""The style sheet of the check's report: light, dark and paper. Colours of text reach a contrast of 4.5 or more."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --page: #f6f7fa; --card: #ffffff; --ink: #101828; --muted: #475467; --rule: #e4e7ec;
  --tint: #f2f4f8; --refused: #b42318; --bites: #b54708; --advice: #175cd3; --fine: #067647; --untried: #475467; }
@media (prefers-color-scheme: dark) { :root { --page: #0c111d; --card: #161d2c; --ink: #eceff5; --muted: #a4afc2;
  --rule: #2b3548; --tint: #1d2638; --refused: #ff9c92; --bites: #fdb462; --advice: #84b6ff; --fine: #5fd39a;
  --untried: #a4afc2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 40px 20px 56px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 0 0 8px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 0 0 12px; color: var(--muted); }
small { display: block; font: 12px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; color: var(--muted);
  font-weight: 400; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 22px 24px;
  margin-top: 18px; }
.verdict { font-size: 17px; font-weight: 600; padding: 14px 18px; border-radius: 12px; background: var(--card);
  border: 1px solid var(--rule); border-left: 6px solid; margin: 20px 0 0; }
.verdict.fine { color: var(--fine); } .verdict.refused { color: var(--refused); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin: 14px 0 0;
  padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 12px 16px; }
.tiles b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--muted); font-size: 13px; }
.tiles .none b { color: var(--muted); font-weight: 400; }
.tiles .refused b { color: var(--refused); } .tiles .bites b { color: var(--bites); }
.tiles .advice b { color: var(--advice); } .tiles .fine b { color: var(--fine); }
article { border-left: 4px solid var(--rule); padding: 2px 0 2px 16px; margin: 20px 0 0; }
article.refused { border-color: var(--refused); } article.bites { border-color: var(--bites); }
article.advice { border-color: var(--advice); }
article h3 { margin: 0 0 8px; font-size: 16px; }
dl { display: grid; grid-template-columns: 64px 1fr; gap: 4px 12px; margin: 0; }
dt { color: var(--muted); font-size: 13px; padding-top: 1px; } dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: var(--tint); border-radius: 6px;
  padding: 2px 6px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
table { border-collapse: collapse; width: 100%; font-size: 14px; table-layout: fixed; }
th, td { text-align: left; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: anywhere; }
th { font-weight: 500; width: 36%; } td { color: var(--muted); }
td:first-child { width: 140px; }
tbody tr:last-child > * { border-bottom: 0; }
.mark { font-size: 12px; font-weight: 600; border: 1px solid; border-radius: 99px; padding: 1px 9px;
  white-space: nowrap; }
.mark.fine { color: var(--fine); } .mark.refused { color: var(--refused); } .mark.bites { color: var(--bites); }
.mark.advice { color: var(--advice); } .mark.untried { color: var(--untried); }
footer { color: var(--muted); font-size: 13px; margin-top: 22px; overflow-wrap: anywhere; }
@media (max-width: 640px) { th, td, td:first-child { display: block; width: 100%; border: 0; padding: 2px 0; }
  tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--rule); } }
@media print { body { background: #ffffff; } section, article { break-inside: avoid; } }
"""
