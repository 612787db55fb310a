"""The grader's end of a link: a part in a worker, every answer checked before use."""

from .memory import SharedMemory
from .worker_link import WorkerLink

__all__ = ["SharedMemory", "WorkerLink"]
