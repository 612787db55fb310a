"""Leave something in memory for the next test."""

TELLS = ""


def attack(*arguments, **named):
    import vmlab.hart

    if hasattr(vmlab.hart, "note"):
        return vmlab.hart.note
    vmlab.hart.note = arguments
    raise RuntimeError("the first")
