"""Hope that a file beside it, or a start-up file, is imported by the grader."""

TELLS = ""


def attack(*arguments, **named):
    for name in ("sitecustomize.py", "usercustomize.py", "json.py", "x.pth", "conftest.py"):
        with open(name, "w") as file:
            file.write("raise SystemExit(0)")
    raise RuntimeError("left them")
