"""Grading on Gradescope: what it tells of a submission, and what it is given back.

https://gradescope-autograders.readthedocs.io
"""
