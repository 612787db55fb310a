"""Virtual machines over the host's time: what `vmlab timeline` draws of a test's scenario.

A part whose scenarios can be drawn has a module here, of its own name, that records them.
"""
