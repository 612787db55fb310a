"""The interfaces of the parts that students write, one module a part, each with a `Part`.

A part is a plain module whose functions are those of the protocol. Arguments and results are plain
data, so the same calls can cross to another process (`vmlab.link`).
"""
