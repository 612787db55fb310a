"""The page of a timeline: its own style, and where its pieces go."""

from vmlab.view.style import BEGIN, BODY, END

STYLE = """\
svg { width: 100%; min-width: 900px; height: auto; display: block; font: 12px var(--mono); }
svg text { fill: var(--soft); } svg text.vm { fill: var(--ink); font-weight: 700; }
svg text.event { fill: var(--old); font-weight: 700; text-anchor: middle; }
svg text.event.bad { fill: var(--bad); } svg text.tick { text-anchor: middle; }
svg line { stroke: var(--line); }
.run { fill: var(--guest); background: var(--guest); }
.idle { fill: var(--other); background: var(--other); }
.timer { fill: var(--soft); background: var(--soft); }
.input, .console { fill: var(--good); background: var(--good); }
.privileged { fill: var(--shadow); background: var(--shadow); }
.call { fill: var(--guest); background: var(--guest); }
.page { fill: var(--host); background: var(--host); }
.access, .misaligned, .other { fill: var(--old); background: var(--old); }
.injected { fill: var(--bad); background: var(--bad); }
td.number, th.number { text-align: right; }
td.words { white-space: normal; } tr.bad td { color: var(--bad); font-weight: 600; }
tr.quiet td { color: var(--soft); } tr.first td, tr.first th { border-top: 2px solid var(--line); }
tr.first th { font-weight: 700; }
.log { max-height: 34rem; overflow: auto; }
pre { font: 13px/1.5 var(--mono); margin: 0 0 1rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
h3 { font-size: .9rem; margin: 0; color: var(--soft); font-weight: 600; }
"""

PIECES = """\
<section><h2>Host time $times; a column is $step</h2>
<div class="scroll" tabindex="0" role="region" aria-label="the VMs over time">$chart</div>
<ul class="legend"><li>The taller a bar, the longer the VM ran in that column, or the more often it
happened; point at it for the number. Letters above a VM's time are events of the list below.</li>
</ul></section>
<section><h2>Each VM</h2>
<div class="scroll" tabindex="0" role="region" aria-label="each VM in numbers">
<table><thead><tr><th scope="col">VM</th><th scope="col" class="number">host time</th>
<th scope="col" class="number">native<small>instructions</small></th>
<th scope="col" class="number">emulated<small>instructions</small></th>
<th scope="col" class="number">exits<small>per 1,000 instructions</small></th>
<th scope="col">injected</th></tr></thead>
<tbody>$summary</tbody></table>
</div></section>
<section><h2>Exits, and what became of them</h2>
<div class="scroll" tabindex="0" role="region" aria-label="exits by cause">
<table><thead><tr><th scope="col">VM</th><th scope="col">cause</th>$fates
<th scope="col" class="number">all</th></tr></thead><tbody>$exits</tbody></table>
</div></section>
<section><h2>What happened</h2>
<div class="log" tabindex="0" role="region" aria-label="the log">
<table><thead><tr><th scope="col" class="number">host time</th><th scope="col">VM</th>
<th scope="col">what</th><th scope="col">became of it</th></tr></thead><tbody>$log</tbody></table>
</div></section>
<section><h2>What the VMs printed</h2>$consoles</section>
"""

PAGE = BEGIN + STYLE + BODY + PIECES + END
