"""A whole guest under a VMM whose memory the `shadow` part maps."""

from __future__ import annotations


class ShadowedMachine: ...


def boot(*a, **k): ...
