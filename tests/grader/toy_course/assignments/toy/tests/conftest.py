pytest_plugins = ["vmlab.testing.plugin"]
