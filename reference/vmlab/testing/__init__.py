"""What tests of a part are written with; the same in a student's folder and in the grader."""

from .clauses import clause
from .mismatch import Mismatch, OutOfBudget

__all__ = ["Mismatch", "OutOfBudget", "clause"]
