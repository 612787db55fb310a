"""Benches: what tests drive. Hardware and scenario on one side of a link, a part on the other.

The bench of part P is `vmlab.bench.P.Bench(part)`; `vmlab.parts.P` declares what the part offers.
"""
