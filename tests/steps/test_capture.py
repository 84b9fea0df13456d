"""Captures on lab hosts: switched on behind a dead-man's switch, waited for, brought home, and switched back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from orchestrator.model.capture import CaptureDetail
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.runs.captures import ask_to_end, captures_folder, known_captures
from orchestrator.sentences import say
from orchestrator.windows import provider
from sspr_lab.accounts import Account
from sspr_lab.interfaces.tasks import Task
from sspr_lab.machine import Machine
from sspr_lab.registry import Value
from tests import captures
from tests.captures import capture, desks, has_task, install_on, is_leased, logging, set_logging
from tests.lab_fixtures import kind, shipped


def said(result: HostResult, step: str) -> str:
    return next(say(each.result.reason) for each in result.steps if each.name == step)


def detail(result: HostResult, step: str) -> CaptureDetail:
    found = next(each.result.detail for each in result.steps if each.name == step)
    assert isinstance(found, CaptureDetail)
    return found


async def test_a_capture_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """On until somebody has had enough; what comes home shows it on; every host is as before, with nothing left there.

    Where verbose logging was on, and where Windows has none, people are waited for all the same. Without the add-in
    nothing is begun, nor is its key made.
    """
    kinds = {
        "never set": kind(architecture="x86"),
        "off": kind(branch="windows8.1", traits=["on_battery"], language="ko-KR"),
        "on": kind(),
        "without": kind(),
        "10": kind(branch="windows10"),
    }
    with desks(tmp_path, kinds) as lab:
        install_on(lab, {"never set": None, "off": 0, "on": 1})
        before = lab.snapshots()
        run = await capture(lab)
        assert {name: logging(lab, name) for name in kinds} == {
            "never set": 1,
            "off": 1,
            "on": 1,
            "without": None,
            "10": None,
        }
        assert [name for name in kinds if has_task(lab, name)] == ["never set", "off"]
        assert [name for name in kinds if is_leased(lab, name)] == []
        assert {each.host for each in known_captures(captures_folder())} == {
            lab.hosts[name] for name in kinds if name != "without"
        }
        requests = lab.requests()
        run.stop()
        results = await run.task
        assert min(lab.requests()[name] - requests[name] for name in kinds if name != "without") > 0
        assert {name: result.outcome for name, result in results.items()} == {
            "never set": Outcome.CHANGED,
            "off": Outcome.CHANGED,
            "on": Outcome.OK,
            "without": Outcome.BLOCKED,
            "10": Outcome.OK,
        }
        for name in ("never set", "off"):
            begun = detail(results[name], "capture")
            assert begun.there
            assert begun.there in said(results[name], "capture")
            folder = run.session.folder.hosts / lab.hosts[name] / "collect"
            assert '"EnableLogging"=dword:00000001' in (folder / "collected" / "registry-provider.reg").read_text(
                "utf-16"
            )
        registry = {
            name: [line for line in lines if "lease" not in line] for name, lines in lab.changes(before).items()
        }
        assert {name: lines for name, lines in registry.items() if lines} == {}
        assert known_captures(captures_folder()) == ()


async def test_nobody_need_be_there_at_the_end(tmp_path: Path) -> None:
    """The host switches back by itself at its deadline; the run sees that it has, and brings the logs home."""
    with desks(tmp_path, {"PC": kind()}, speed=60) as lab:
        install_on(lab, {"PC": 0})
        run = await capture(lab, minutes=2)
        results = await run.task
        assert results["PC"].outcome is Outcome.CHANGED
        assert said(results["PC"], "capture-wait") == "the time is up"
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)
        assert known_captures(captures_folder()) == ()


async def test_a_second_capture_joins_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another coordinator's: it has the later deadline and the first prior value, and who leaves first ends nothing."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        first = await capture(lab, minutes=60)
        first_state = captures_folder()
        monkeypatch.setenv("SSPR_STATE", str(tmp_path / "other"))
        second = await capture(lab, minutes=120)
        shown = await captures.show(lab, "PC")
        told = detail(shown["PC"], "captures")
        assert (told.on, told.before, len(told.by)) == (True, 0, 2)
        for each in known_captures(first_state):
            ask_to_end(first_state, each)
        ended = (await first.task)["PC"]
        assert "stays on" in said(ended, "end_capture")
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
        second.stop()
        assert detail((await second.task)["PC"], "capture").until == told.until
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)
        assert known_captures(captures_folder()) == ()


async def test_a_run_that_has_died_is_not_waited_for(tmp_path: Path) -> None:
    """Who captures again after that ends both, as nobody else is in it."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        await captures.abandoned(lab, "PC", minutes=600)
        run = await capture(lab)
        run.stop()
        assert said((await run.task)["PC"], "end_capture") == "verbose logging is as it was before the capture"
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)
        assert known_captures(captures_folder()) == ()


async def test_check_mode_changes_nothing(tmp_path: Path) -> None:
    """It says what would be, and waits for nobody."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        before = lab.snapshots()
        results = await (await capture(lab, check=True)).task
        assert "would switch verbose logging on" in say(results["PC"].reason)
        assert lab.changes(before) == {"PC": []}
        assert known_captures(captures_folder()) == ()


def _tampered(register: Callable[..., Task], old: str, new: str, path: str, xml: str, account: Account) -> Task:
    return register(path, xml.replace(old, new), account)


async def test_nothing_is_switched_on_that_is_not_armed(tmp_path: Path) -> None:
    """Something on the host that has the task start on mains power alone is found before, not at the deadline."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": None})
        before = lab.snapshots()

        def tamper(machine: Machine) -> None:
            register = machine.tasks.register
            old, new = "<StopIfGoingOnBatteries>false", "<StopIfGoingOnBatteries>true"
            tampering = partial(_tampered, register, old, new)
            machine.tasks.register = tampering  # type: ignore[method-assign]

        lab.on("PC", tamper)
        results = await (await capture(lab)).task
        assert results["PC"].outcome is Outcome.FAILED
        assert "nothing was switched on" in say(results["PC"].reason)
        assert lab.changes(before) == {"PC": []}
        assert known_captures(captures_folder()) == ()


async def test_a_value_that_is_no_number_is_left_alone(tmp_path: Path) -> None:
    """A capture could not be sure to put it back."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": None})
        wrong = Value("REG_SZ", "yes")
        lab.on("PC", lambda machine: machine.registry.set(provider.PROVIDER, provider.ENABLE_LOGGING, wrong))
        results = await (await capture(lab)).task
        assert results["PC"].outcome is Outcome.BLOCKED
        assert logging(lab, "PC") == "yes"


async def test_what_somebody_else_sets_meanwhile_stays(tmp_path: Path) -> None:
    """Switched off by hand, or set to what we do not know: the task goes, and the value stays."""
    with desks(tmp_path, {"off": kind(), "odd": kind()}) as lab:
        install_on(lab, {"off": None, "odd": 0})
        run = await capture(lab)
        lab.on("off", lambda machine: set_logging(machine, 0))
        lab.on("odd", lambda machine: set_logging(machine, 7))
        run.stop()
        await run.task
        assert [(logging(lab, name), has_task(lab, name)) for name in ("off", "odd")] == [(0, False), (7, False)]


async def test_a_task_that_somebody_took_away_is_told(tmp_path: Path) -> None:
    """Verbose logging is on, nothing on the host ends it, and the run does not know whose it is: a person decides."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        run = await capture(lab)
        lab.on("PC", lambda machine: machine.tasks.delete(captures.TASK))
        run.stop()
        results = await run.task
        assert results["PC"].outcome is Outcome.FAILED
        assert "is gone" in said(results["PC"], "end_capture")
        assert logging(lab, "PC") == 1
        assert [each.host for each in known_captures(captures_folder())] == [lab.hosts["PC"]]


async def test_who_switches_it_on_for_good_has_it_on(tmp_path: Path) -> None:
    """`logs on` amid a capture takes away what would switch it back; the capture says that it could not."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        run = await capture(lab)
        kept = (await lab.run(shipped("verbose-logging-on"), clock=lab.clock))["PC"]
        assert (kept.outcome, "stays on now" in say(kept.reason)) == (Outcome.CHANGED, True)
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, False)
        run.stop()
        assert "switched verbose logging on meanwhile" in said((await run.task)["PC"], "end_capture")
        assert logging(lab, "PC") == 1


async def test_what_is_overdue_is_swept(tmp_path: Path) -> None:
    """Where the host's own task does not run, a visit settles it; what is on and in time is left alone."""
    with desks(tmp_path, {"overdue": kind(), "in time": kind(), "none": kind()}) as lab:
        install_on(lab, {"overdue": 0, "in time": 0, "none": None})
        await captures.abandoned(lab, "overdue", minutes=60)
        await captures.abandoned(lab, "in time", minutes=600)
        lab.on("overdue", lambda machine: machine.tasks.enable(captures.TASK, enabled=False))
        captures.later(lab, minutes=64)
        results = await captures.sweep(lab)
        assert {name: result.outcome for name, result in results.items()} == {
            "overdue": Outcome.CHANGED,
            "in time": Outcome.OK,
            "none": Outcome.OK,
        }
        assert (logging(lab, "overdue"), has_task(lab, "overdue")) == (0, False)
        assert (logging(lab, "in time"), has_task(lab, "in time")) == (1, True)
        assert [each.host for each in known_captures(captures_folder())] == [lab.hosts["in time"]]
        ended = await captures.end(lab, "in time")
        assert ended["in time"].outcome is Outcome.CHANGED
        assert (logging(lab, "in time"), has_task(lab, "in time")) == (0, False)
        assert known_captures(captures_folder()) == ()


async def test_who_joins_an_overdue_capture_has_what_was_before_it(tmp_path: Path) -> None:
    """It is settled first, so that its prior value is what stands there, and the new one has a task that runs."""
    with desks(tmp_path, {"PC": kind()}) as lab:
        install_on(lab, {"PC": 0})
        await captures.abandoned(lab, "PC", minutes=60)
        lab.on("PC", lambda machine: machine.tasks.enable(captures.TASK, enabled=False))
        captures.later(lab, minutes=64)
        run = await capture(lab, minutes=60)
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
        run.stop()
        result = (await run.task)["PC"]
        assert result.outcome is Outcome.CHANGED, result
        assert detail(result, "capture").before == 0
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (0, False)


async def test_who_comes_in_the_last_seconds_waits_for_the_end(tmp_path: Path) -> None:
    """A task that is about to run could take away what has just been registered in its place."""
    with desks(tmp_path, {"PC": kind()}, speed=30) as lab:
        install_on(lab, {"PC": None})
        await captures.abandoned(lab, "PC", minutes=1)
        await captures.passed(lab, 35)
        run = await capture(lab, minutes=60)
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (1, True)
        run.stop()
        result = (await run.task)["PC"]
        assert detail(result, "capture").before is None
        assert (logging(lab, "PC"), has_task(lab, "PC")) == (None, False)
