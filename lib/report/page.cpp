#include "report/page.hpp"

namespace convoy::report::detail {

std::string_view style_sheet() noexcept {
    return R"(:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1d2430; --soft: #5d6878; --line: #dfe3e9; --lane: #f3f5f8;
  --accent: #2f6bd8; --warn: #fff4d6; --warn-line: #e3b341; --wait: #b3bcc8; --mark: #c2410c;
  --s0: #7fb2f0; --s1: #f5b26b; --s2: #85cf9a; --s3: #f09aae; --s4: #b9a3ee; --s5: #e6cf62; --s6: #74cdd3;
  --s7: #c8b29c; --si: #a9b4c2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1c2128; --ink: #e6e9ee; --soft: #9aa5b4; --line: #323a45; --lane: #232932;
    --accent: #7fb0ff; --warn: #3a3016; --warn-line: #8a6d1f; --wait: #55606e; --mark: #fb923c;
    --s0: #2f6cb3; --s1: #a8661f; --s2: #2f7f4a; --s3: #a8455d; --s4: #6d55b8; --s5: #857420; --s6: #257d84;
    --s7: #7a6650; --si: #5a6675;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
header, main { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 26px; }
h1 { font-size: 24px; margin: 0; letter-spacing: -0.01em; }
header p, .path { margin: 2px 0 0; color: var(--soft); overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 10px 0 0; padding: 0; }
a { color: var(--accent); }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 22px 20px; margin: 18px 0;
}
h2 { font-size: 19px; margin: 0; }
h3 { font-size: 15px; margin: 22px 0 6px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 18px; margin: 14px 0 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.warning {
  background: var(--warn); border-left: 4px solid var(--warn-line); border-radius: 4px; padding: 7px 12px;
  margin: 12px 0 0;
}
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { padding: 4px 12px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; border-bottom-width: 2px; }
td.text { max-width: 460px; overflow-wrap: break-word; }
th.number, td.number { text-align: right; white-space: nowrap; }
tbody tr:hover { background: var(--lane); }
.note { color: var(--soft); font-size: 13px; margin: 5px 0 0; }
details { margin: 14px 0 0; }
summary { cursor: pointer; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 3px 16px; margin: 4px 0 8px; padding: 0; list-style: none;
  font-size: 13px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; max-width: 100%; }
.legend svg { width: 22px; height: 12px; flex: none; }
.legend span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 260px; }
svg.chart { display: block; width: 100%; min-width: 760px; height: auto; }
svg text { font-family: inherit; fill: var(--ink); font-size: 12px; }
svg .lane { fill: var(--lane); }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .tick { fill: var(--soft); font-size: 11px; text-anchor: middle; }
svg .side { fill: var(--soft); font-size: 11px; text-anchor: end; }
svg .device { text-anchor: end; font-weight: 600; }
svg .link { text-anchor: end; fill: var(--soft); font-size: 11px; }
svg .inside { text-anchor: middle; font-size: 10.5px; pointer-events: none; }
svg .value { font-variant-numeric: tabular-nums; }
svg .end { font-size: 11.5px; }
svg line.end { stroke: var(--ink); stroke-width: 1.2; }
svg line.predicted { stroke: var(--mark); stroke-dasharray: 5 3; }
svg .bar { fill: var(--s0); }
svg .expected { fill: var(--line); stroke: var(--soft); stroke-width: 0.6; }
svg .range { stroke: var(--ink); stroke-width: 1.4; }
svg .dot { fill: var(--s0); stroke: var(--accent); stroke-width: 0.8; }
svg .s0 { --c: var(--s0); } svg .s1 { --c: var(--s1); } svg .s2 { --c: var(--s2); } svg .s3 { --c: var(--s3); }
svg .s4 { --c: var(--s4); } svg .s5 { --c: var(--s5); } svg .s6 { --c: var(--s6); } svg .s7 { --c: var(--s7); }
svg .si { --c: var(--si); }
svg .compute, svg .message { fill: var(--c); stroke: var(--card); stroke-width: 0.6; }
svg .send { fill: var(--ink); fill-opacity: 0.55; }
svg .wait { fill: var(--wait); }
svg .message { fill-opacity: 0.85; }
svg .predicted .compute { fill-opacity: 0.35; stroke: var(--c); stroke-width: 1; stroke-dasharray: 3 1.5; }
svg .predicted .message { fill-opacity: 0.35; stroke: var(--c); stroke-width: 0.8; }
svg .predicted .send { fill-opacity: 0.3; }
svg .predicted .inside { fill: var(--soft); }
svg rect:hover { stroke: var(--ink); stroke-width: 1.2; }
svg rect.lane:hover { stroke: none; }
@media print { body { background: #fff; } section { break-inside: avoid; border: none; } }
)";
}

}  // namespace convoy::report::detail
