"""The frame of the page: its style, for light and dark, and where its pieces go."""

PAGE = """\
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
@media (min-width: 1280px) {
  main { grid-template-columns: minmax(280px, 23rem) minmax(0, 1fr);
    align-items: start; }
  .steps { grid-row: span 3; }
}
section { background: var(--card); border: 1px solid var(--line); border-radius: .7rem;
  padding: 1rem 1.2rem; min-width: 0; }
code, table, .steps li, .walk, .n { font-family: ui-monospace, "SF Mono", Menlo, Consolas,
  "DejaVu Sans Mono", monospace; font-size: 13px; font-variant-numeric: tabular-nums; }
.steps ol { list-style: none; margin: 0; padding: 0; }
.steps li { padding: .25rem .4rem; border-left: 3px solid transparent; overflow-wrap: anywhere; }
.steps li.broke { border-color: var(--bad); background: var(--bad-bg); border-radius: .3rem; }
.steps .more, .steps ul { color: var(--soft); }
.steps ul { margin: .2rem 0; padding: 0; list-style: none; }
.steps ul li { padding: 0 0 0 1em; text-indent: -1em; } .steps ul li::before { content: "› "; }
.steps li { padding-left: 2.8em; text-indent: -2.2em; }
.steps li ul, .steps li p, .steps .result { text-indent: 0; padding: 0; }
.n { color: var(--soft); display: inline-block; min-width: 2.2em; text-indent: 0; }
.result { color: var(--soft); display: block; }
summary { cursor: pointer; border-radius: .3rem; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: " ▸ calls"; color: var(--guest); font-size: 11px; }
details[open] > summary::after { content: " ▾"; }
:focus-visible { outline: 2px solid var(--guest); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .22rem .55rem; white-space: nowrap; font-weight: 400;
  vertical-align: top; }
thead th { font-family: system-ui, sans-serif; font-weight: 600; border-bottom: 2px solid; }
thead small { display: block; font-weight: 400; color: var(--soft); }
tbody tr { border-top: 1px solid var(--line); }
.guest { background: var(--guest-bg); } thead .guest { color: var(--guest); }
.host { background: var(--host-bg); } thead .host { color: var(--host); }
.shadow { background: var(--shadow-bg); } thead .shadow { color: var(--shadow); }
td.host:not(:empty)::before { content: "→ "; color: var(--soft); }
.in1 { padding-left: 1.1em; } .in2 { padding-left: 2.2em; }
tr.table td.guest { color: var(--guest); } tr.table td.shadow { color: var(--shadow); }
tr.lazy .shadow, tr.nothing .shadow, .many { color: var(--soft); }
.mark { text-align: center; width: 1.6em; font-weight: 700; padding-inline: .2rem; }
tr.right .mark, tr.less .mark { color: var(--good); }
tr.old .mark, tr.dead .mark { color: var(--old); }
tr.old .shadow, tr.dead .shadow { background: var(--old-bg); }
tr.wrong .mark { color: var(--bad); }
tr.wrong .shadow { background: var(--bad-bg); outline: 2px solid var(--bad); outline-offset: -2px; }
tr.wide { border: 0; } tr.wide td { white-space: normal; padding-top: 0; }
.note { color: var(--bad); margin: .2rem 0; font-weight: 600; }
.bits { letter-spacing: .12em; margin-left: .3em; } .bits s { color: var(--soft); opacity: .45;
  text-decoration: none; } .bits b { font-weight: 700; }
.legend, .owners, .views { list-style: none; padding: 0; margin: .8rem 0 0; color: var(--soft);
  font-size: 13px; } .legend b { display: inline-block; width: 1.6em; text-align: center; }
.owners { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; }
.owners i { display: inline-block; width: .9em; height: .9em; border-radius: 2px;
  margin-right: .4em; vertical-align: -.1em; }
.walk { margin: 0; padding-left: 1.4rem; } .walk li:last-child { font-weight: 700; }
svg { width: 100%; max-width: 620px; height: auto; display: block; }
rect { width: 12px; height: 12px; rx: 2px; }
.mine { fill: var(--guest); background: var(--guest); }
.tables { fill: var(--shadow); background: var(--shadow); }
.free { fill: var(--free); background: var(--free); }
.other { fill: var(--other); background: var(--other); }
rect.root { stroke: var(--ink); stroke-width: 2; } rect.hit { stroke: var(--bad); stroke-width: 3; }
@media print { body { padding: 0; } section { break-inside: avoid; } }
</style>
</head>
<body>
<header>
<h1>$title</h1><span class="verdict $verdict">$count</span>
<dl>$said</dl>
</header>
<main>
<section class="steps"><h2>What was done</h2><ol>$steps</ol></section>
<section><h2>$context</h2>
<div class="scroll" tabindex="0" role="region" aria-label="the tables side by side">
<table>
<thead><tr><th></th><th scope="col">virtual address</th><th></th>
<th scope="col" class="guest">guest's tables<small>to guest-physical</small></th>
<th scope="col" class="host">host's map<small>to a frame</small></th>
<th scope="col" class="shadow">shadow<small>to a frame, for the real MMU</small></th></tr></thead>
<tbody>$rows</tbody>
</table>
</div>
$found
<ul class="legend">$legend</ul>
$views
</section>
$walk
<section><h2>The host's frames</h2>$frames
<ul class="owners">$owners</ul></section>
</main>
</body>
</html>
"""
