"""The journal of a run: every event as a JSON line, chained to those before it (`runs/chain.py`)."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, cast

import structlog

from orchestrator.model.events import (
    Event,
    Guarded,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    Progress,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
    Untold,
    WaveApproved,
    WaveBegan,
    WaveEnded,
    WaveWaits,
)
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, LogEnd
from orchestrator.runs.chain import ChainedFile
from orchestrator.runs.durable_file import DurableFile
from orchestrator.runs.origin import Opening
from orchestrator.runs.result_part import plain, written


class Journal:
    """A listener that appends to a file of mode 0600; closed by `close` or at the end of its `with` block.

    A line is `{"event", "level", "timestamp", …}` with `run`, `host` and `step` where they apply; times are UTC. That a
    line cannot be written does not disturb whoever tells what happens; it is told to whoever asks by `commit`, as is
    done before each change of a host (see `model.events.Recorder`). Half a line that a killed process left is cut off,
    and the line of the beginning says of how many bytes.

    Args:
        path: The file; where there is one, it goes on.
        opening: What is told with the run's beginning: who begins it, say.

    Raises:
        OSError: The file cannot be opened.
        ResourcesExhausted: This computer allows no thread for it.
    """

    def __init__(self, path: Path, opening: Opening | None = None) -> None:
        self._file = DurableFile(path)
        try:
            self._chained = ChainedFile(self._file)
        except OSError:
            self._file.close()
            raise
        self._opening = opening
        self._log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            structlog.WriteLogger(cast(TextIO, self._chained)),  # it writes whole lines and flushes
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
        self._file.close()

    @property
    def end(self) -> LogEnd | None:
        """Where it ends at this moment; None as long as nothing is in it."""
        return self._chained.end if self._chained.end.lines else None

    @property
    def failure(self) -> OSError | None:
        """Why not all of it is there, where that is so; known for certain once it is closed."""
        return self._file.failure

    async def commit(self) -> None:
        await self._file.commit()

    def notify(self, event: Event) -> None:
        with contextlib.suppress(Exception):
            if isinstance(event, HostAwaited | HostReturned):
                self._write_absence(event)
            elif isinstance(event, HostWaits):
                told = {"what": event.wait.what, "until": event.wait.until}
                self._log.info("host_waits", host=event.host, step=event.step, **told)
            elif isinstance(event, HostGoesOn):
                self._log.info("host_goes_on", host=event.host, step=event.step)
            elif isinstance(event, Untold):
                self._log.warning("untold", why=event.why)
            else:
                self._write(event)

    def _write(self, event: Event) -> None:
        match event:
            case RunStarted(run, playbook, hosts, check, ignores_windows):
                self._log = self._log.bind(run=run)
                self._log.info(
                    "run_started",
                    playbook=playbook,
                    hosts=len(hosts),
                    check=check,
                    ignores_windows=ignores_windows,
                    **self._opened(),
                )
                self._log.info("run_hosts", hosts=[_meant(host) for host in hosts])
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
                    seen=record.seen,
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
                more = {} if run_result.why is None else {"why": run_result.why}
                told = {"run": run_result.id, "state": run_result.state, "summary": run_result.summary}
                self._log.info("run_finished", **told, **more)
            case Interrupted():
                self._log.warning("interrupted")
            case _:
                self._write_of_waves(event)

    def _write_of_waves(self, event: Event) -> None:
        match event:
            case WaveBegan(wave, waves, hosts):
                self._log.info("wave_began", wave=wave, waves=waves, hosts=hosts)
            case WaveEnded(wave, fine, answered, hosts):
                self._log.info("wave_ended", wave=wave, fine=fine, answered=answered, hosts=hosts)
            case WaveWaits(reason, until):
                self._log.info("wave_waits", reason=reason, until=until)
            case WaveApproved(wave, by):
                self._log.info("wave_approved", wave=wave, by=by)
            case Guarded(reason):
                self._log.error("guarded", reason=reason)

    def _opened(self) -> dict[str, object]:
        told = vars(self._opening) if self._opening else {}
        return {**told, "cut_off_bytes": self._file.half} if self._file.half else told

    def _write_absence(self, event: HostAwaited | HostReturned) -> None:
        told = {"host": event.host, "step": event.step, "looks": event.looks}
        if isinstance(event, HostReturned):
            self._log.info("host_returned", **told)
        else:
            moments = {"since": event.since, "seen": event.seen, "until": event.until}
            self._log.warning("host_awaited", **told, **moments, **written(event.result))

    def _level(self, outcome: Outcome) -> Callable[..., Any]:
        if outcome in {Outcome.FAILED, Outcome.UNKNOWN}:
            return self._log.error
        return self._log.info if outcome.fine else self._log.warning


def _meant(host: HostResult) -> dict[str, object]:
    return {"name": host.name, "address": host.address, "groups": host.groups}


def _said(host: HostResult) -> dict[str, object]:
    verdict = None if host.verdict is None else written(host.verdict)
    return {"outcome": host.outcome, "reason": host.deciding.reason, "verdict": verdict}


def _json(line: Any, **_: Any) -> str:
    return json.dumps(plain(line))
