"""Workers: fresh, walled processes that hold a submission, one for each test."""

from .limits import Limits
from .process import Zygote
from .worker import Worker

__all__ = ["Limits", "Worker", "Zygote"]
