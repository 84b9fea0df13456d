"""The two progress displays: what they show, how much room they take, and that nothing makes them raise."""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator.console.live import LiveProgress
from orchestrator.console.plain import PlainProgress, progress_on
from orchestrator.model.events import (
    Event,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    Progress,
    RunFinished,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
)
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult, shown
from orchestrator.model.waiting import Wait
from orchestrator.sentences import say
from tests.console.conftest import BEGAN

HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]45 %[/nonsense]\nnext\u202e"


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def console(width: int = 100, height: int = 24, *, terminal: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=width, height=height, force_terminal=terminal, color_system=None, _environ={}
    )


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def started(run: RunResult) -> RunStarted:
    return RunStarted(run.id, run.playbook, run.hosts, run.check)


def begin(display: LiveProgress | PlainProgress, run: RunResult, through: int, at_work: int, clock: Clock) -> None:
    """Tell of a run in which so many hosts are through and so many at work, the first of them for longest."""
    display.notify(started(run))
    for host in run.hosts[:through]:
        display.notify(HostFinished(host))
    for host in run.hosts[through : through + at_work]:
        clock.now += 2
        display.notify(StepStarted(host.name, "msi", 1))
        display.notify(Progress(host.name, "msi", verbatim(f"uploading {HOSTILE}")))


def frame(run: RunResult, to: Console, through: int, at_work: int, clock: Clock, *then: Event) -> list[str]:
    """The lines of a live display's frame at that moment."""
    with LiveProgress(to, clock) as display:
        begin(display, run, through, at_work, clock)
        for event in then:
            display.notify(event)
        still = console(to.width, to.height)
        still.print(display)
        return written(still).splitlines()


@pytest.mark.parametrize("count", [1, 5, 13, 5000])
@pytest.mark.parametrize("size", [(40, 8), (80, 24), (200, 60)])
def test_frame_fits_the_terminal(
    make_run: Callable[..., RunResult], clock: Clock, count: int, size: tuple[int, int]
) -> None:
    """However many hosts there are, a frame is no taller and no wider than the terminal."""
    lines = frame(make_run(count), console(*size, terminal=True), count // 2, 200, clock)
    assert len(lines) < size[1]
    assert all(len(line) <= size[0] for line in lines)


def test_large_run_shows_counts_the_slowest_and_the_last_problems(
    make_run: Callable[..., RunResult], clock: Clock
) -> None:
    """Of 5,000 hosts one sees how many are where, who is longest at a step and who failed last."""
    text = "\n".join(frame(make_run(5000), console(terminal=True), 3000, 100, clock))
    assert "3,000/5,000, 100 in flight, 1,900 waiting" in text
    assert "64\N{NO-BREAK SPACE}failed" in text
    assert re.search(r"PC-3000 +msi +3 min 18 s +uploading \[red\]45 %", text)
    assert re.search(r"and \d\d more", text)
    assert "PC-3099" not in text
    assert re.search(r"PC-2967 +✕ failed +1 min 43 s +Windows Installer ended", text)


def test_small_run_has_a_row_for_each_host(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """Up to twelve hosts each keep their row: waiting, at work, through."""
    lines = frame(make_run(7), console(terminal=True), 2, 2, clock)
    rows = [line for line in lines if line.startswith("PC-")]
    assert [row.split()[0] for row in rows] == [f"PC-{index:04}" for index in range(7)]
    assert [word in row for word, row in zip(("cancelled", "failed", "msi", "msi", "waiting"), rows, strict=False)] == [
        True
    ] * 5


def test_hostile_text_is_disarmed(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """Neither markup nor control sequences of a host reach the terminal, and a message keeps to its line."""
    lines = frame(make_run(5), console(terminal=True), 0, 1, clock)
    shown = next(line for line in lines if "uploading" in line)
    assert "uploading [red]45 %[/nonsense] next" in shown
    assert not re.search(r"[\x00-\x1f\u202e]|owned", "".join(lines))


def test_stopping_and_end_are_said(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """After Ctrl-C the frame says what happens now; at the end of a large run only the sums stay."""
    run = make_run(200)
    assert any("stopping" in line for line in frame(run, console(terminal=True), 10, 5, clock, Interrupted()))
    last = frame(run, console(terminal=True), 200, 0, clock, RunFinished(run))
    assert "200/200" in last[1]
    assert not any("PC-" in line for line in last)


def test_terminal_is_given_back_after_an_exception(make_run: Callable[..., RunResult]) -> None:
    """The cursor that was hidden is shown again even when the run breaks."""
    to = console(terminal=True)
    with contextlib.suppress(RuntimeError), progress_on(to) as display:
        assert isinstance(display, LiveProgress)
        display.notify(started(make_run(5)))
        raise RuntimeError
    assert written(to).count("\x1b[?25l") == written(to).count("\x1b[?25h") == 1


@pytest.mark.parametrize(("terminal", "environ"), [(False, {}), (True, {"TERM": "dumb"}), (True, {"TERM": "unknown"})])
def test_plain_lines_where_no_frame_can_be_drawn(terminal: bool, environ: dict[str, str]) -> None:
    """Pipes and dumb terminals get plain lines."""
    to = Console(file=io.StringIO(), force_terminal=terminal, _environ=environ)
    assert isinstance(progress_on(to), PlainProgress)


def test_no_color_takes_the_colours(make_run: Callable[..., RunResult]) -> None:
    """With NO_COLOR set, a frame is drawn without a single colour."""
    to = Console(file=io.StringIO(), force_terminal=True, _environ={"NO_COLOR": "1", "TERM": "xterm-256color"})
    with progress_on(to) as display:
        run = make_run(5)
        display.notify(started(run))
        for host in run.hosts:
            display.notify(HostFinished(host))
    assert "cancelled" in written(to)
    assert not re.search(r"\x1b\[[\d;]*[349]\d[;m]", written(to))


def test_plain_lines(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """One line for the start, each retry, each finished host and the stop; none is wrapped or shortened."""
    run = make_run(5)
    to = console(width=20)
    display = PlainProgress(to, clock)
    begin(display, run, 0, 1, clock)
    display.notify(StepRetried("PC-0000", "msi", 1, verbatim(f"lost {HOSTILE}"), 4.0))
    display.notify(StepFinished("PC-0001", run.hosts[1].steps[0]))
    display.notify(HostFinished(run.hosts[1]))
    off = StepResult(Outcome.UNREACHABLE, verbatim("no answer"))
    display.notify(HostAwaited("PC-0000", "msi", off, BEGAN, 0, None, BEGAN + timedelta(days=3)))
    display.notify(HostReturned("PC-0000", "msi", 14))
    display.notify(Interrupted())
    lines = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in written(to).splitlines()]
    assert lines == [
        "install: 5 machines, run 20250303-091405-4f1c",
        "PC-0000: msi, attempt 1: lost [red]45 %[/nonsense] next; again in 4.0 s",
        f"[1/5] PC-0001: {run.hosts[1].outcome}: {say(run.hosts[1].reason)} (47 s)",
        f"PC-0000: msi: no answer; looked for until {shown(BEGAN + timedelta(days=3))}",
        "PC-0000: is back, at look 14; msi goes on",
        (
            "stopping: 1 machine in flight will finish what is being done there; "
            "waits are cut short, and no more machines are begun"
        ),
    ]


def test_heartbeat_at_most_every_ten_seconds(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """A large run is summed up every ten seconds as long as anything happens, a small one never."""
    for count, beats in ((200, 4), (12, 0)):
        clock.now = 0
        to = console()
        display = PlainProgress(to, clock)
        display.notify(started(make_run(count)))
        for second in range(1, 46):
            clock.now = second
            display.notify(Progress("PC-0001", "msi", verbatim("uploading")))
        assert written(to).count("1 in flight, 199 waiting") == beats
        assert len(written(to).splitlines()) == beats + 1


WINDOW = Wait(verbatim("waiting for its window"), BEGAN + timedelta(hours=3))


def turn(other: int) -> Wait:
    """A wait of one kind, whoever is in the way."""
    return Wait(Message("progress-waiting-for-turn", {"other": f"PC-{other}", "group": "dc", "run": None}))


def test_a_wait_is_told_once(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """Of few hosts by a line each, whoever is in the way at the next look; and again when it is another wait."""
    to = console()
    with PlainProgress(to, clock) as display:
        display.notify(started(make_run(5)))
        for wait in (WINDOW, WINDOW, turn(1), turn(2)):
            display.notify(HostWaits("PC-0000", "msi", wait))
        display.notify(HostGoesOn("PC-0000", "msi"))
        display.notify(HostWaits("PC-0000", "msi", turn(3)))
    first, second, third = (line.split(" ", 1)[1] for line in written(to).splitlines()[1:])
    assert first == f"PC-0000: msi: waiting for its window, until {shown(BEGAN + timedelta(hours=3))}"
    assert "PC-1 is first" in second
    assert "PC-3 is first" in third


def test_many_that_wait_are_told_together(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """In a line for what most wait for; whoever is at work again before is none of them."""
    to = console()
    with PlainProgress(to, clock) as display:
        display.notify(started(make_run(2000)))
        for number in range(1500):
            display.notify(HostWaits(f"PC-{number:04}", "msi", WINDOW))
        display.notify(HostGoesOn("PC-1499", "msi"))
        for number in range(1500, 1510):
            display.notify(HostWaits(f"PC-{number:04}", "msi", turn(number)))
    lines = [line.split(" ", 1)[1] for line in written(to).splitlines()[1:]]
    assert len(lines) == 4
    assert lines[0].startswith("1,499 machines (PC-0000, PC-0001 … and 1,497 more): msi: waiting for its window, until")
    assert lines[-1] == "8 machines more: waiting for other things (`sspr runs show` tells for what)"


def test_waits_are_told_although_nothing_more_happens(
    make_run: Callable[..., RunResult], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all wait, no event comes any more: a timer tells it."""
    monkeypatch.setattr("orchestrator.console.gathered.GATHER_SECONDS", 0.01)
    to = console()
    with PlainProgress(to, clock) as display:
        display.notify(started(make_run(20)))
        display.notify(HostWaits("PC-0000", "msi", WINDOW))
        while "waiting for its window" not in written(to):
            time.sleep(0.01)


def test_who_is_in_flight_and_who_waits(make_run: Callable[..., RunResult], clock: Clock) -> None:
    """Also where the step of a host that another process began with goes on without a word."""
    run = make_run(20)
    events = [HostGoesOn(f"PC-{number:04}", "reboot-return") for number in range(4)]
    waits = [HostWaits("PC-0003", "reboot", WINDOW), HostWaits("PC-0004", "reboot", WINDOW)]
    text = "\n".join(frame(run, console(terminal=True), 0, 0, clock, *events, *waits))
    assert "0/20, 3 in flight, 17 waiting" in text
    assert "2 machines: waiting for its window, until" in text
    small = frame(make_run(5), console(terminal=True), 0, 0, clock, HostWaits("PC-0000", "msi", WINDOW))
    assert any(line.startswith("PC-0000") and "msi" in line and "waiting for its window" in line for line in small)


def test_displays_never_raise(make_host: Callable[..., HostResult], make_run: Callable[..., RunResult]) -> None:
    """A full disk behind the output, or events in an order nobody foresaw, do not reach the run."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with contextlib.suppress(OSError), full.open("w") as file, PlainProgress(Console(file=file)) as display:
        display.notify(Progress("PC-1", "msi", verbatim("before the run began")))
        display.notify(HostFinished(make_host(1, Outcome.FAILED)))
        display.notify(started(make_run(3)))
    live = LiveProgress(console(terminal=True))
    with live:
        live.notify(StepRetried("PC-1", "msi", 1, verbatim("before the run began"), 1))
        live.notify(RunFinished(make_run(3)))
