"""A run shown on a terminal: a bar, what is in flight and the last problems, in as many rows as there are."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.console.tally import Ended, InFlight, Tally
from orchestrator.console.words import duration, machines, needs_person, one_line, wording
from orchestrator.model.events import Event, RunStarted

FRAMES_PER_SECOND = 4
HOST_WIDTH = 28
BAR_WIDTH = 60
NO_BREAK = "\N{NO-BREAK SPACE}"
STOPPING = "stopping when what is in flight is done; Ctrl-C again stops at once"
LINES_OF_A_LIST = 4
"""An empty line, a heading, a host and how many more there are."""
WAITS = 2
"""Of the things that hosts wait for, how many are told."""
ROOM_FOR_PROBLEMS = 8
"""Lines that must be free before the last problems are worth some of them."""
Row = tuple[Text, Text, Text, Text]


class LiveProgress:
    """A listener that keeps a frame of the terminal up to date; it never raises.

    Used as a context manager: on leaving, the last frame stays and the terminal is given back, whatever happened.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic, stopping: str = STOPPING) -> None:
        self._tally = Tally(clock)
        self._stopping = stopping
        self._lock = threading.Lock()  # events come on the event loop's thread, frames are drawn on rich's
        self._live = Live(self, console=console, refresh_per_second=FRAMES_PER_SECOND)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception, SystemExit):
            self._live.stop()

    def notify(self, event: Event) -> None:
        with contextlib.suppress(Exception, SystemExit):  # SystemExit: rich's answer to a terminal that went away
            with self._lock:
                self._tally.take(event)
            if isinstance(event, RunStarted):
                self._live.start()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield from list(_frame(self._tally, self._stopping, console, options))


def _frame(tally: Tally, stopping: str, console: Console, options: ConsoleOptions) -> Iterator[Text | Table]:
    head = [_title(tally), _bar(tally, options), *_counts(tally).wrap(console, options.max_width)]
    if tally.stopping:
        head.insert(1, Text(stopping, style="bold yellow", no_wrap=True, overflow="ellipsis"))
    if tally.waves:
        head.insert(1, Text(tally.waves, style="yellow", no_wrap=True, overflow="ellipsis"))
    yield from head
    room = console.size.height - len(head) - 2  # the cursor's line, and one that stays above the frame
    if tally.small:
        yield _grid(list(islice(_every_host(tally), max(0, room))))
    elif not tally.finished:
        waits = list(_waits(tally))[: max(0, room - ROOM_FOR_PROBLEMS)]
        yield from waits
        yield from _in_flight_and_problems(tally, room - len(waits))
    yield Text()  # the cursor's line: on a full one, the terminal's own echo of Ctrl-C would push the frame up


def _in_flight_and_problems(tally: Tally, room: int) -> Iterator[Text | Table]:
    problems = list(tally.problems)[-(room // 4) :] if room >= ROOM_FOR_PROBLEMS else []
    yield from _in_flight(tally, room - len(problems) - (2 if problems else 0))
    if problems:
        yield Text("\nLast that need a person", style="bold")
        yield _grid([_ended(each, check=tally.check) for each in problems])


def _waits(tally: Tally) -> Iterator[Text]:
    """What most of those that wait are waiting for."""
    for (message, *_), hosts in Counter((each.message, each.kind) for each in tally.waits.values()).most_common(WAITS):
        yield Text(f"{machines(hosts)}: {message}", style="bright_black", no_wrap=True, overflow="ellipsis")


def _title(tally: Tally) -> Text:
    title = Text.assemble((tally.playbook, "bold"), f"  run {tally.run}  {duration(tally.elapsed)}")
    if tally.check:
        title.append("  check mode: nothing is changed", style="cyan")
    title.no_wrap, title.overflow = True, "ellipsis"
    return title


def _bar(tally: Tally, options: ConsoleOptions) -> Text:
    fine, grave, empty = "#!." if options.ascii_only else "█▓░"
    beside = f" {tally.done:,}/{len(tally.hosts):,}, {len(tally.in_flight):,} in flight, {tally.waiting:,} waiting"
    width = max(0, min(BAR_WIDTH, options.max_width - len(beside)))
    bar = Text(no_wrap=True, overflow="ellipsis")
    covered = drawn = 0
    for outcome, said in tally.outcomes():
        covered += tally.counts[outcome]
        end = round(width * covered / max(1, len(tally.hosts)))
        bar.append((grave if needs_person(outcome) else fine) * (end - drawn), style=said.style)
        drawn = end
    bar.append(empty * (width - drawn), style="bright_black")
    return bar.append(beside)


def _counts(tally: Tally) -> Text:
    parts = [
        Text(f"{tally.counts[outcome]:,} {said.label}".replace(" ", NO_BREAK), style=said.style)
        for outcome, said in tally.outcomes()
    ]
    return Text("  ").join(parts) if parts else Text("nobody is through yet", style="bright_black")


def _every_host(tally: Tally) -> Iterator[Row]:
    for host in tally.hosts:
        if host in tally.ended:
            yield _ended(tally.ended[host], check=tally.check)
        elif host in tally.in_flight:
            yield _working(tally, host, tally.in_flight[host])
        elif host in tally.waits:
            wait = tally.waits[host]
            said = Text(wait.message, style="bright_black")
            yield (Text(one_line(host)), Text(wait.step, style="cyan"), Text(), said)
        else:
            doing = "off, looked for" if host in tally.awaited else "waiting"
            yield (Text(one_line(host)), Text(doing, style="bright_black"), Text(), Text())


def _in_flight(tally: Tally, room: int) -> Iterator[Text | Table]:
    """The hosts that are longest at their step, for those are the ones to look at."""
    if not tally.in_flight or room < LINES_OF_A_LIST:
        return
    shown = sorted(tally.in_flight.items(), key=lambda item: item[1].since)
    rows = room - 2 if len(shown) <= room - 2 else room - 3
    yield Text("\nIn flight, longest at their step first", style="bold")
    yield _grid([_working(tally, host, doing) for host, doing in shown[:rows]])
    if len(shown) > rows:
        yield Text(f"and {len(shown) - rows:,} more", style="bright_black")


def _working(tally: Tally, host: str, doing: InFlight) -> Row:
    since = duration(tally.clock() - doing.since)
    return (Text(one_line(host)), Text(doing.step, style="cyan"), Text(since), Text(doing.message))


def _ended(ended: Ended, *, check: bool) -> Row:
    said = wording(ended.outcome, check=check)
    label = Text(f"{said.mark} {said.label}", style=said.style)
    return (Text(one_line(ended.host)), label, _took(ended), Text(ended.reason))


def _took(ended: Ended) -> Text:
    return Text(duration(ended.seconds) if ended.seconds else "")


def _grid(rows: Sequence[Row]) -> Table:
    """Rows that take one line each, whatever their text: host, step or outcome, time, message."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=HOST_WIDTH)
    grid.add_column(no_wrap=True, overflow="ellipsis", min_width=13)
    grid.add_column(no_wrap=True, justify="right", min_width=8)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        grid.add_row(*row)
    return grid
