"""Pictures of a scenario: what `vmlab view` draws when a test has failed.

A part whose scenarios can be drawn has a module here, of its own name, that records them.
"""
