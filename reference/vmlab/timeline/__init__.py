"""Virtual machines over the host's time: what `vmlab timeline` draws of a test's scenario."""
