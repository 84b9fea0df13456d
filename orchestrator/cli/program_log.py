"""This program's own log: what goes wrong in it, kept as JSON lines beside the run, so that the display stays whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

_FORMATTER = structlog.stdlib.ProcessorFormatter(
    foreign_pre_chain=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ],
    processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
        structlog.processors.JSONRenderer(),
    ],
)


@contextmanager
def program_log(path: Path) -> Iterator[None]:
    """What this program logs inside the block goes to a file of mode 0600, which is there only if something was logged.

    Raises:
        OSError: The file cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    logger = logging.getLogger("orchestrator")
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(_FORMATTER)
        logger.addHandler(handler)
        logger.propagate = False
        try:
            yield
        finally:
            logger.propagate = True
            logger.removeHandler(handler)
    if path.stat().st_size == 0:
        path.unlink()
