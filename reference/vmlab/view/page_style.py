"""The page of a scenario: its own style, and where its pieces go."""

from .style import BEGIN, BODY, END

STYLE = """\
@media (min-width: 1280px) {
  main { grid-template-columns: minmax(280px, 23rem) minmax(0, 1fr);
    align-items: start; }
  .steps { grid-row: span 3; }
}
.steps li, .walk, .n { font: 13px/1.5 var(--mono); font-variant-numeric: tabular-nums; }
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
.bits { letter-spacing: .12em; margin-left: .3em; } .bits s { color: var(--soft); opacity: .45;
  text-decoration: none; } .bits b { font-weight: 700; }
.views { list-style: none; padding: 0; margin: .8rem 0 0; color: var(--soft); font-size: 13px; }
.legend b { display: inline-block; width: 1.6em; text-align: center; }
.walk { margin: 0; padding-left: 1.4rem; } .walk li:last-child { font-weight: 700; }
svg { width: 100%; max-width: 620px; height: auto; display: block; }
rect { width: 12px; height: 12px; rx: 2px; }
.mine { fill: var(--guest); background: var(--guest); }
.tables { fill: var(--shadow); background: var(--shadow); }
.free { fill: var(--free); background: var(--free); }
.other { fill: var(--other); background: var(--other); }
rect.root { stroke: var(--ink); stroke-width: 2; } rect.hit { stroke: var(--bad); stroke-width: 3; }
"""

PIECES = """\
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
"""

PAGE = BEGIN + STYLE + BODY + PIECES + END
