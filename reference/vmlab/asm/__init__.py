"""The assembler: enough to write a small kernel in, after the GNU assembler's language.

- Labels `name:` and numeric ones `1:`, meant by `1b` (the last before) and `1f` (the next).
- Every instruction of `vmlab.isa`, and the pseudo-instructions of `vmlab.asm.pseudo` and `li`.
  A compressed instruction is written by its own name, such as `c.addi`.
- The directives and sections of `vmlab.asm.directives`; `name = expression` as well.
- Expressions as `vmlab.asm.expressions` describes, everywhere a number may stand.
- Comments `# ...`, `// ...`, `/* ... */`; several statements on a line between `;`.

Nothing is relaxed: `call`, `tail` and `la` are always two instructions. The same bytes come out of
`riscv64-unknown-elf-as -march=rv64ima_zicsr_zifencei` with relaxation off, as long as a source
avoids what only we take: `//` outside of `.S` files, and labels' differences as immediates. After
`.option rvc`, GNU as also compresses jumps and branches to labels.
"""

from .assembler import assemble
from .errors import AssemblyError

__all__ = ["AssemblyError", "assemble"]
