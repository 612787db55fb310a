"""The grading image: what is in it, how it is built, and whether it is the one that is meant."""
