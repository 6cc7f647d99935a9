"""Work that is shared out among processes: one way for studies, regret and measurements."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from core.errors import EnerV2GizeError

T = TypeVar("T")

PARENT_EVERY_S = 1.0
"""How often a process looks whether whoever started it is still there."""


def each(
    work: Callable[..., T], arguments: Iterable[tuple[Any, ...]], workers: int, ahead: str | int = "2*n_jobs"
) -> Iterator[T]:
    """What `work` gives for each of `arguments`, as it comes, in any order. Closing the generator stops the rest.

    Parameters
    ----------
    work : callable
        A function of a module, called with each element of `arguments`.
    arguments : iterable of tuple
        Taken as they are needed.
    workers : int
        Processes; with 1 all is done in this one, in order.
    ahead : str or int
        How many are handed out before their turn, as joblib's `pre_dispatch`.

    Yields
    ------
    object

    Raises
    ------
    EnerV2GizeError
        When a process was killed. What `work` raises is raised here.
    """
    if workers == 1:
        yield from (work(*some) for some in arguments)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    jobs = (delayed(_minded)(work, some, os.getpid()) for some in arguments)
    try:
        yield from Parallel(backend="loky", n_jobs=workers, return_as="generator_unordered", pre_dispatch=ahead)(jobs)
    except TerminatedWorkerError:
        raise EnerV2GizeError(
            "a worker process was killed, perhaps for want of memory; finished parts of a study with --out are kept, "
            "and fewer --workers need less"
        ) from None


def _minded(work: Callable[..., T], arguments: tuple[Any, ...], parent: int) -> T:
    if not _MINDED:
        _MINDED.append(parent)
        # Ctrl-C reaches every process of a terminal; the parent alone says what becomes of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    return work(*arguments)


_MINDED: list[int] = []
"""Whose end this process looks out for; empty until its first work."""


def _leave_with(parent: int) -> None:
    """End this process when its parent has: a killed one cannot say so."""
    while os.getppid() == parent:
        time.sleep(PARENT_EVERY_S)
    os._exit(1)
