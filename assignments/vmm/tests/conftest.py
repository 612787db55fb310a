"""Fixtures for the tests of this folder: `part` (your vmm.py) and `bench` (what drives it)."""

pytest_plugins = ["vmlab.testing.plugin"]
