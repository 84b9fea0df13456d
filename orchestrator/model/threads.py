"""Threads that are there before they are needed: what this computer does not allow shows then, not amid the work.

A `ThreadPoolExecutor` that starts its threads as work comes takes the work even where it cannot start one, and does it
later, when whoever gave it has long been told that it failed.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from orchestrator.model.errors import Resource, ResourcesExhausted


def started(count: int, name: str) -> ThreadPoolExecutor:
    """A pool all of whose threads have been started.

    Raises:
        ResourcesExhausted: This computer does not allow so many.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    all_there = threading.Event()
    try:
        for _ in range(count):
            pool.submit(all_there.wait)
    except RuntimeError as error:
        all_there.set()
        pool.shutdown()
        raise ResourcesExhausted(Resource.THREADS) from error
    finally:  # also when a signal ends it here: a thread that waits for ever keeps the process
        all_there.set()
    return pool


def startable(count: int) -> int:
    """How many more threads this computer allows now, up to `count`; none of them stays."""
    ending = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(count):
            thread = threading.Thread(target=ending.wait, name="trial", daemon=True)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass  # that is the answer
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    return len(threads)
