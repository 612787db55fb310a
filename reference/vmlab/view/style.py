"""What every page for a browser has in common: its frame, and its style for light and dark."""

BEGIN = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --page: #f6f5f1; --card: #ffffff; --ink: #1d2129; --soft: #68707d; --line: #dedbd2;
  --guest: #2463c9; --guest-bg: #eef4fe; --host: #8a6a12; --host-bg: #fbf6e4;
  --shadow: #7a3fc0; --shadow-bg: #f6f0fd; --bad: #c0262d; --bad-bg: #fdecec;
  --good: #1b7f45; --good-bg: #e5f5eb; --old: #a65f00; --old-bg: #fff3df; --free: #c9d3c9;
  --other: #d9d4c8;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161b; --card: #1c1f26; --ink: #e4e6ea; --soft: #99a1ae; --line: #333842;
    --guest: #82b1ff; --guest-bg: #1b2638; --host: #e2c161; --host-bg: #2a2517;
    --shadow: #c7a1ff; --shadow-bg: #271f36; --bad: #ff8587; --bad-bg: #3b1d20;
    --good: #7ad79d; --good-bg: #17301f; --old: #f3b25c; --old-bg: #352814; --free: #3d4a3f;
    --other: #3b3830;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 1500px; margin-inline: auto; }
h1 { font-size: 1.35rem; margin: 0 1rem 0 0; display: inline-block; }
h2 { font-size: 1rem; margin: 0 0 .6rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600; }
.verdict.bad { background: var(--bad-bg); color: var(--bad); }
.verdict.good { background: var(--good-bg); color: var(--good); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .8rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; }
main { display: grid; gap: 1.2rem; margin-top: 1.2rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .7rem;
  padding: 1rem 1.2rem; min-width: 0; }
code, table { font: 13px/1.5 var(--mono); font-variant-numeric: tabular-nums; }
:focus-visible { outline: 2px solid var(--guest); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .22rem .55rem; white-space: nowrap; font-weight: 400;
  vertical-align: top; }
thead th { font-family: system-ui, sans-serif; font-weight: 600; border-bottom: 2px solid; }
thead small { display: block; font-weight: 400; color: var(--soft); }
tbody tr { border-top: 1px solid var(--line); }
.note { color: var(--bad); margin: .2rem 0; font-weight: 600; }
.legend, .owners { list-style: none; padding: 0; margin: .8rem 0 0; color: var(--soft);
  font-size: 13px; }
.owners { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; }
.owners i { display: inline-block; width: .9em; height: .9em; border-radius: 2px;
  margin-right: .4em; vertical-align: -.1em; }
@media print { body { padding: 0; } section { break-inside: avoid; } }
"""
"""What a page begins with; its own style follows. $title is to be put in."""

BODY = """\
</style>
</head>
<body>
<header>
<h1>$title</h1><span class="verdict $verdict">$count</span>
<dl>$said</dl>
</header>
<main>
"""
"""What ends the style. To be put in: $title, $verdict ("good" or "bad"), $count, $said."""

END = """\
</main>
</body>
</html>
"""
