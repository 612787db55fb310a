"""The translator: hot code becomes Python functions; the results are the interpreter's.

Code is met three times. `blocks`: at first, each instruction becomes a small function, as in the
interpreter, and they run block by block, which also tells what is hot. `flow`: around a hot block a
*region* is chosen, the loops and calls that belong together; `structure` finds the loops and `if`s
in it. `emit`: the region becomes the source of one Python function, in which registers are local
variables (`arm`, `values`, `meaning` and `instructions` say how; `fills` does the loops of `memset`
and its like; `turns` does loops by stretches in which pages are looked up once, of what `way`,
`motion` and `stretch` find out). `engine` runs blocks and regions; whatever they cannot do goes,
one instruction at a time, to the step of the interpreter. `pages` notices when code changes.
"""

from .engine import Translator

__all__ = ["Translator"]
