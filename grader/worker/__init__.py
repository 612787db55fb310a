"""What runs in the process that holds a submission; it is copied there and starts afresh.

Standard library and `vmlab.link` only: the rest of the grader is not on this side of the walls.
"""
