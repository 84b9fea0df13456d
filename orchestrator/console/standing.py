"""A run that is at work, as it stands at this moment: who is through, and what each other host does or waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Console

from orchestrator.console.columns import print_columns
from orchestrator.console.words import duration, machines, names, one_line
from orchestrator.model.awaited import Awaited
from orchestrator.model.result import BEGINS_YET, GOES_ON, HostResult, RunResult, shown
from orchestrator.model.waiting import Doing
from orchestrator.sentences import say

ROWS: Final = 200
"""Up to so many hosts, each has a row of its own; of more, those that do the same share one."""
_NAMES: Final = 3
_HEADINGS: Final = ("Host", "Step", "Now", "For", "Until")
_SAID: Final = {GOES_ON().code: "at work", BEGINS_YET().code: "not begun yet"}
_SHORT: Final = {
    "progress-waiting-for-window": "waiting for a window",
    "progress-waiting-for-turn": "waiting for a turn to restart",
    "progress-waiting-for-people": "waiting for people who are logged on",
    "progress-waiting-for-lease": "waiting for another run",
    "progress-waiting-for-neighbour": "waiting for another machine at the same address",
    "progress-waiting-for-restart": "waiting for a restart",
}


def goes_on(host: HostResult) -> bool:
    """Whether a host has its end still to come, in a run that is at work."""
    detail = host.deciding.detail
    return isinstance(detail, Doing) or (isinstance(detail, Awaited) and detail.next_look is not None)


def label(host: HostResult) -> str:
    """A host that goes on, in a word or two."""
    match host.deciding.detail:
        case Doing(step=None):
            return "not begun"
        case Doing(waits=True):
            return "waiting"
        case Doing():
            return "at work"
        case _:
            return "off, looked for"


def state(run: RunResult) -> str:
    """What a run that is at work does, all in all: it waits once none of its hosts is at work. Of others, the state."""
    going = Counter(map(label, filter(goes_on, run.hosts)))
    if not going or going["at work"]:
        return run.state
    if going["waiting"]:
        return _waiting([host for host in run.hosts if label(host) == "waiting" and goes_on(host)])
    waves = [host for host in run.hosts if label(host) == "not begun" and goes_on(host)]
    if waves and _doing(waves[0]).since is not None:
        return one_line(say(waves[0].deciding.reason))
    return run.state if waves else f"looking for {machines(going['off, looked for'])} that {_is(going.total())} off"


def _waiting(hosts: Sequence[HostResult]) -> str:
    """The wait that most of them have, and until when the first of those does."""
    (code, number), *_ = Counter(host.deciding.reason.code for host in hosts).most_common(1)
    alike = [_doing(host) for host in hosts if host.deciding.reason.code == code]
    first = min((doing.until for doing in alike if doing.until), default=None)
    said = _SHORT.get(code, "waiting")
    until = f" until {shown(first)}" if first else ""
    others = f", and {len(hosts) - number:,} for other things" if number < len(hosts) else ""
    return f"{said}{until}{others}"


def print_standing(run: RunResult, console: Console) -> None:
    """A row for each host that has not ended, whoever has been at it longest foremost; nothing where there is none."""
    hosts = sorted(filter(goes_on, run.hosts), key=lambda host: (_order(host), _since(host) or run.finished))
    if not hosts:
        return
    console.print()
    begun = [host for host in hosts if label(host) != "not begun"]
    together = _alike(hosts) if len(begun) > ROWS else [*([host] for host in begun), *_alike(hosts[len(begun) :])]
    print_columns(console, _HEADINGS, [_row(run.finished, each) for each in together[:ROWS]])
    if len(together) > ROWS:
        left = sum(map(len, together[ROWS:]))
        console.print(f"… and {machines(left)} more: choose some with --limit", style="dim", highlight=False)


def _alike(hosts: Sequence[HostResult]) -> list[list[HostResult]]:
    """The hosts that do the same, by step and by what they wait for."""
    alike: dict[tuple[str, str], list[HostResult]] = {}
    for host in hosts:
        alike.setdefault((_step(host), say(host.deciding.reason)), []).append(host)
    return list(alike.values())


def _row(now: datetime, hosts: Sequence[HostResult]) -> tuple[str, ...]:
    host, *others = hosts
    detail = host.deciding.detail
    since = min((since for each in hosts if (since := _since(each))), default=None)
    until = detail.until if isinstance(detail, Doing | Awaited) else None
    called = one_line(names([each.name for each in hosts], _NAMES))
    return (
        f"{machines(len(hosts))}: {called}" if others else called,
        one_line(_step(host)) or "-",
        _SAID.get(host.deciding.reason.code) or one_line(say(host.deciding.reason)),
        duration((now - since).total_seconds()) if since else "-",
        shown(until) if until else "-",
    )


def _order(host: HostResult) -> int:
    return ("at work", "waiting", "off, looked for", "not begun").index(label(host))


def _step(host: HostResult) -> str:
    detail = host.deciding.detail
    return (detail.step or "") if isinstance(detail, Doing) else ""


def _since(host: HostResult) -> datetime | None:
    detail = host.deciding.detail
    return detail.since if isinstance(detail, Doing) else None


def _doing(host: HostResult) -> Doing:
    detail = host.deciding.detail
    return detail if isinstance(detail, Doing) else Doing()


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def how_far(run: RunResult) -> str:
    """How many hosts are through, and where the others are, as in `12 of 40 machines are through; 3 at work`."""
    going = Counter(map(label, filter(goes_on, run.hosts)))
    through = len(run.hosts) - going.total()
    where = ", ".join(f"{number:,} {what}" for what, number in going.most_common())
    return f"{through:,} of {machines(len(run.hosts))} {_is(through)} through; {where}"
