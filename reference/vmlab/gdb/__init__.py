"""A debugger's door: the remote serial protocol of gdb, on a socket of this host.

`packets` frames what goes over the socket, `target` is the machine as a debugger sees it,
`commands` answers packets, `server` listens. Source: "Debugging with GDB", appendix E, "GDB Remote
Serial Protocol".

The guest cannot tell that it is being debugged: breakpoints and watchpoints are kept outside its
memory, time stands still while it is stopped, and memory is read without touching TLB or devices.
"""

from .server import Outcome, PortError, listen, serve
from .target import Target

__all__ = ["Outcome", "PortError", "Target", "listen", "serve"]
