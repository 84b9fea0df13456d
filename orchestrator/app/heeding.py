"""Orders taken by the process at work on a run: it looks for them about once a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.model.errors import UsageError
from orchestrator.runs import orders
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.orders import Order

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 1.0


async def heed(folder: RunFolder, obey: Mapping[Order, Callable[[], None]]) -> None:
    """Obeys each order that is given to a run, once; ends when there is none left to come, or by being cancelled.

    Args:
        folder: The run's.
        obey: What carries out which order.
    """
    to_come = list(obey)
    while to_come:
        for order in tuple(to_come):
            try:
                if orders.standing(folder, order) is None:
                    continue
            except (UsageError, OSError) as error:
                _LOG.warning("the order to %s is none of ours: %s", order, error)
            else:
                obey[order]()
                with contextlib.suppress(UsageError, OSError):  # of a full disk: it is carried out all the same
                    orders.hear(folder, order)
            to_come.remove(order)
        await asyncio.sleep(_LOOK_SECONDS)
