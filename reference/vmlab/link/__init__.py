"""Links: how the machine calls a part, and a part the machine, in process or across processes."""
