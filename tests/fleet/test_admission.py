"""Who may begin, and when: waves, limits, approvals, and what closes a run to newcomers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from orchestrator.fleet.admission import Admission, WavesBefore
from orchestrator.fleet.rollout import Rollout
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, Guarded, WaveApproved, WaveBegan, WaveEnded, WaveWaits
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepResult
from orchestrator.playbook.strategy import Guards, Limits, Strategy
from orchestrator.sentences import say

SPEED = 6000.0
"""A minute of the run is ten milliseconds."""


@dataclass
class Running:
    """An admission and what it has let in so far."""

    admission: Admission
    events: list[Event]
    clock: Clock
    task: asyncio.Task[None] | None = None
    begun: list[str] = field(default_factory=list)
    refused: dict[str, Message] = field(default_factory=dict)
    at: dict[str, datetime] = field(default_factory=dict)

    async def let_in(self, newcomers: Sequence[str]) -> None:
        """Returns when nobody else comes in for now."""

        async def take() -> None:
            async for host, refused in self.admission.arrivals(newcomers):
                self.at[host] = self.clock.now()
                if refused is None:
                    self.begun.append(host)
                else:
                    self.refused[host] = refused

        self.task = asyncio.create_task(take())
        await self.settle()

    async def settle(self) -> None:
        """Lets whatever is ready to go on do so."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def end(self, *hosts: str, outcome: Outcome = Outcome.CHANGED, why: str = "so it is") -> None:
        for host in hosts:
            self.admission.ended(HostResult(host, host, verdict=StepResult(outcome, verbatim(why))))
        await self.settle()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - it is time that passes
                await asyncio.sleep(0.005)

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def running(
    *waves: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None = None,
    guards: Guards | None = None,
    limits: Limits | None = None,
    approved: Callable[[], Mapping[int, str]] = dict,
    before: WavesBefore | None = None,
    minutes: float | None = None,
    **strategy: object,
) -> Running:
    events: list[Event] = []
    clock = Clock(SPEED)
    rollout = Rollout(tuple(map(tuple, waves)), Strategy.model_validate(strategy), guards, limits or Limits())
    every = {host: tuple((groups or {}).get(host, ())) for wave in waves for host in wave}
    end = None if minutes is None else clock.now() + timedelta(minutes=minutes)
    admission = Admission(rollout, every, clock, events.append, approved, before or WavesBefore(), "a-run", end)
    return Running(admission, events, clock)


async def test_a_wave_begins_when_the_one_before_is_through() -> None:
    run = running(["a"], ["b", "c"], ["d"])
    await run.let_in(["a", "b", "c", "d"])
    assert run.begun == ["a"]
    await run.end("a")
    assert run.begun == ["a", "b", "c"]
    await run.end("c")
    assert run.begun == ["a", "b", "c"]
    await run.end("b")
    assert run.begun == ["a", "b", "c", "d"]
    assert run.told(WaveBegan) == [WaveBegan(1, 3, 1), WaveBegan(2, 3, 2), WaveBegan(3, 3, 1)]
    assert run.told(WaveEnded) == [WaveEnded(1, 1, 1, 1), WaveEnded(2, 2, 2, 2)]


async def test_too_few_are_fine() -> None:
    """The next wave does not begin; who is off, or was cancelled, is no measure."""
    run = running(["a", "b", "c", "d"], ["e"], success="60%")
    await run.let_in(["a", "b", "c", "d", "e"])
    await run.end("a")
    await run.end("b", outcome=Outcome.BLOCKED)
    await run.end("c", outcome=Outcome.UNREACHABLE)
    assert run.refused == {}
    await run.end("d", outcome=Outcome.CANCELLED)
    said = "of wave 1 1 of 2 machines that answered are fine, and 60% were to be; most of the others (1): so it is"
    assert say(run.refused["e"]) == said
    assert run.told(Guarded) == [Guarded(run.refused["e"])]
    assert run.admission.closed == run.refused["e"]


async def test_a_wave_in_which_nobody_answered_proves_nothing() -> None:
    run = running(["a", "b"], ["c"])
    await run.let_in(["a", "b", "c"])
    await run.end("a", "b", outcome=Outcome.UNREACHABLE)
    assert say(run.refused["c"]) == "of wave 1 nobody answered (2 machines)"


async def test_no_wave_waits_for_who_is_off() -> None:
    """As soon as somebody else of it has answered; who comes back does not hold up the next wave."""
    run = running(["a", "b"], ["c"])
    await run.let_in(["a", "b", "c"])
    run.admission.absent("a")
    await run.settle()
    assert run.begun == ["a", "b"]
    await run.end("b")
    assert run.begun == ["a", "b", "c"]
    run.admission.present("a")
    await run.end("a", outcome=Outcome.FAILED)
    assert run.admission.closed is None


async def test_a_wave_of_hosts_that_are_off_is_waited_for() -> None:
    run = running(["a"], ["b"])
    await run.let_in(["a", "b"])
    run.admission.absent("a")
    await run.settle()
    assert run.begun == ["a"]
    run.admission.present("a")
    await run.end("a")
    assert run.begun == ["a", "b"]


async def test_a_guard_closes_it() -> None:
    """In the middle of a wave, while others are at work."""
    run = running(
        ["a", "b"],
        ["c"],
        guards=Guards(same_cause=1),
        limits=Limits(per_group={"x": 1}),
        groups={"a": ["x"], "b": ["x"]},
    )
    await run.let_in(["a", "b", "c"])
    assert run.begun == ["a"]
    await run.end("a", outcome=Outcome.FAILED, why="it broke")
    assert run.refused.keys() == {"b", "c"}
    assert "it broke" in say(run.refused["b"])


async def test_limits_of_groups() -> None:
    """A full group holds up nobody of another one; each group that is not named has the limit of `*`."""
    groups = {"a": ["x"], "b": ["x"], "c": ["x", "y"], "d": ["y"], "e": ["y"], "f": []}
    run = running("abcdef", groups=groups, limits=Limits(per_group={"x": 2, "*": 1}))
    await run.let_in(list("abcdef"))
    assert run.begun == ["a", "b", "d", "f"]
    await run.end("a")
    assert run.begun == ["a", "b", "d", "f"], "c is in both"
    await run.end("d")
    assert run.begun == ["a", "b", "d", "f", "c"]
    run.admission.absent("c")
    await run.settle()
    assert run.begun == ["a", "b", "d", "f", "c", "e"]
    await run.end("b", "c", "e", "f")
    assert run.task is not None
    await run.task


async def test_hosts_that_had_begun_before_count() -> None:
    """Of a run that is gone on with: in limits, and in whether a wave is through."""
    run = running(["a", "b"], ["c"], groups={"a": ["x"], "b": ["x"]}, limits=Limits(per_group={"x": 1}))
    await run.let_in(["b", "c"])
    assert run.begun == []
    await run.end("a")
    assert run.begun == ["b"]
    assert run.told(WaveBegan) == [], "it had begun already"
    await run.end("b")
    assert run.begun == ["b", "c"]


async def test_so_many_in_a_minute() -> None:
    run = running("abcd", limits=Limits(starts_per_minute=2))
    await run.let_in(list("abcd"))
    await run.until(lambda: len(run.begun) == 4)
    times = [run.at[host] for host in "abcd"]
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert min(pauses) >= 30 - 0.1


async def test_a_wave_bakes() -> None:
    """The pause is counted from its end, which outlives the process."""
    run = running(["a"], ["b"], bake_minutes=2)
    await run.let_in(["a", "b"])
    await run.end("a")
    ended = run.clock.now()
    assert run.begun == ["a"]
    assert len(run.told(WaveWaits)) == 1
    await run.until(lambda: run.begun == ["a", "b"])
    assert run.at["b"] - ended >= timedelta(minutes=1.9)
    long_ago = WavesBefore({1: datetime.now(UTC) - timedelta(minutes=3)})
    again = running(["a"], ["b"], bake_minutes=2, before=long_ago)
    again.admission.ended(HostResult("a", "a", verdict=StepResult(Outcome.OK, verbatim("so"))))
    await again.let_in(["b"])
    assert again.begun == ["b"]
    assert again.told(WaveEnded) == [], "that was told before"


async def test_a_wave_waits_for_an_approval() -> None:
    approved: dict[int, str] = {}
    run = running(["a"], ["b"], ["c"], approval=True, approved=lambda: approved)
    await run.let_in(["a", "b", "c"])
    await run.end("a")
    approved[3] = "jane"
    assert run.begun == ["a"]
    (waits,) = run.told(WaveWaits)
    assert isinstance(waits, WaveWaits)
    assert say(waits.reason) == "wave 2 (1 machine) waits for an approval: `sspr runs approve a-run`"
    assert run.told(WaveApproved) == []
    approved[2] = "jane"
    await run.until(lambda: run.begun == ["a", "b"])
    await run.end("b")
    assert run.begun == ["a", "b", "c"]
    assert run.told(WaveApproved) == [WaveApproved(2, "jane"), WaveApproved(3, "jane")]


async def test_no_wave_waits_past_the_end_of_the_run() -> None:
    """For a person it waits until then; one that would have to bake longer does not wait at all."""
    run = running(["a"], ["b"], approval=True, minutes=200)
    await run.let_in(["a", "b"])
    await run.end("a")
    assert (run.begun, run.refused) == (["a"], {})
    await run.until(lambda: bool(run.refused))
    assert say(run.refused["b"]).startswith("wave 2 could not begin before the end of the run (--until), ")
    baking = running(["a"], ["b"], bake_minutes=1000, minutes=500)
    await baking.let_in(["a", "b"])
    await baking.end("a")
    assert baking.refused["b"].code == "wave-after-end"


async def test_a_guard_outlives_a_killed_process() -> None:
    """Whoever has begun comes to the end, and nobody else begins."""
    run = running(["a"], ["b"], before=WavesBefore({1: datetime.now(UTC)}, 1, closed=verbatim("it broke")))
    await run.let_in(["b"])
    assert (run.begun, run.refused) == ([], {"b": verbatim("it broke")})


async def test_a_guard_is_told_before_the_wave_has_ended() -> None:
    """So that nobody finds the one without the other."""
    run = running(["a"], ["b"])
    await run.let_in(["a", "b"])
    await run.end("a", outcome=Outcome.FAILED)
    assert [type(event) for event in run.events] == [WaveBegan, Guarded, WaveEnded]


async def test_who_goes_on_knows_of_what_stopped_it() -> None:
    """Failures that a guard has stopped the run for do not stop it again; new ones do."""
    run = running("abc", guards=Guards(same_cause=2), before=WavesBefore(past_guard=frozenset("ab")))
    await run.end("a", "b", outcome=Outcome.FAILED)
    await run.let_in(["c"])
    assert run.begun == ["c"]
    await run.end("c", outcome=Outcome.FAILED)
    assert run.admission.closed is None
