"""This program's own log: what goes wrong in it, kept as JSON lines beside the run, so that the display stays whole."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import structlog

from orchestrator.model.private_file import open_private

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


class _Handler(logging.StreamHandler[TextIO]):
    """What cannot be written is let go: there is no better place to complain of it, and the run goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Says nothing."""


@contextmanager
def program_log(path: Path) -> Iterator[None]:
    """What this program logs inside the block goes to a file of mode 0600, which is there only if something was logged.

    A run that is gone on with finds what its earlier processes have logged there.

    Raises:
        OSError: The file cannot be made, or is not ours alone.
    """
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
    logger = logging.getLogger("orchestrator")
    file = os.fdopen(descriptor, "a", encoding="utf-8")
    handler = _Handler(file)
    handler.setFormatter(_FORMATTER)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
        with suppress(OSError):  # a full disk, or a folder that is gone: no reason to lose what comes after the block
            file.close()
            if path.stat().st_size == 0:
                path.unlink()
