"""Leave a link to the grade where somebody may write through it."""

import os

TELLS = "change the file system"


def attack(*arguments, **named):
    os.symlink("/autograder/results/results.json", "link")
