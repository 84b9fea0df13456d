"""The journal of a run: every event as a JSON line, for whoever asks later what happened when."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from orchestrator.model.events import (
    Event,
    HostFinished,
    Interrupted,
    Progress,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
)
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.runs.result_part import plain, written


class Journal:
    """A listener that appends to a file of mode 0600; closed by `close` or at the end of its `with` block.

    A line is `{"event", "level", "timestamp", …}` with `run`, `host` and `step` where they apply; times are UTC. After
    a full disk or a closed file it falls silent: a log must not stop a run.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a", encoding="utf-8", opener=_private)  # noqa: SIM115 - closed by close()
        self._log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(serializer=_json),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
            context_class=dict,
            cache_logger_on_first_use=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def notify(self, event: Event) -> None:
        with contextlib.suppress(Exception):
            self._write(event)

    def _write(self, event: Event) -> None:
        match event:
            case RunStarted(run, playbook, hosts, check):
                self._log = self._log.bind(run=run)
                self._log.info("run_started", playbook=playbook, hosts=len(hosts), check=check)
            case StepStarted(host, step, attempt):
                self._log.info("step_started", host=host, step=step, attempt=attempt)
            case StepRetried(host, step, attempt, error, seconds):
                self._log.warning(
                    "step_retried", host=host, step=step, attempt=attempt, error=error, seconds=round(seconds, 3)
                )
            case Progress(host, step, message):
                self._log.debug("progress", host=host, step=step, message=message)
            case RegistryChanging(host, step, registry):
                self._log.info("registry_changing", host=host, step=step, registry=asdict(registry))
            case StepFinished(host, record):
                self._level(record.result.outcome)(
                    "step_finished",
                    host=host,
                    step=record.name,
                    seconds=round(record.seconds, 3),
                    attempts=record.attempts,
                    branch=record.branch,
                    **written(record.result),
                )
            case HostFinished(result):
                self._level(result.outcome)(
                    "host_finished",
                    host=result.name,
                    address=result.address,
                    branch=result.branch,
                    groups=result.groups,
                    **_said(result),
                )
            case RunFinished(run_result):
                self._log.info("run_finished", state=run_result.state, summary=run_result.summary)
            case Interrupted():
                self._log.warning("interrupted")

    def _level(self, outcome: Outcome) -> Callable[..., Any]:
        if outcome in {Outcome.FAILED, Outcome.UNKNOWN}:
            return self._log.error
        return self._log.info if outcome.fine else self._log.warning


def _said(host: HostResult) -> dict[str, object]:
    verdict = None if host.verdict is None else written(host.verdict)
    return {"outcome": host.outcome, "reason": host.deciding.reason, "verdict": verdict}


def _json(line: Any, **_: Any) -> str:
    return json.dumps(plain(line))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
