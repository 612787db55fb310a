"""`python -m vmlab` is the command `vmlab`."""

from vmlab.cli import main

if __name__ == "__main__":
    main()
