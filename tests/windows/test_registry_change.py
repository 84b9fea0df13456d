"""Values set and deleted with reg.exe: which can be set exactly, that any text arrives as it is, what is remembered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.message import verbatim
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.windows import quoting, registry, registry_change
from orchestrator.windows.batch import Batch
from orchestrator.windows.command import Command, Reply, together
from orchestrator.windows.registry import Key
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.streams import BytesInput, Collector, Console, OutputStream

PATH = r"HKLM\SOFTWARE\X"
SPECIAL = st.sampled_from([*list("%%^\"\\&|<>()!;,=@'`~* \t/-"), "%SystemRoot%", "%PATH:~0,3%", "x", "7"])
TEXTS = st.lists(SPECIAL, max_size=12).map("".join).filter(quoting.speakable)


async def replies(machine: Machine, *commands: Command) -> list[Reply]:
    """What a lab host answers to a batch."""
    output, console = Collector(), Console(65001)
    stream = OutputStream(output, console)
    batch = Batch(commands, "0123abcd")
    process = machine.spawn(
        f"cmd.exe /C {batch.line}",
        account=log_on(machine, "Administrator"),
        stdin=BytesInput(b"", kind="pipe"),
        stdout=stream,
        stderr=stream,
    )
    await process.wait()
    return batch.answers(output.data.decode("utf-8")).complete or []


@settings(max_examples=60, deadline=None)
@given(name=TEXTS.filter(lambda name: name.strip() == name != ""), data=TEXTS)
def test_any_text_arrives_as_it_is(name: str, data: str) -> None:
    """Whatever a value's name and data hold, cmd.exe and reg.exe make the same of it, and it is read back the same."""

    async def there_and_back() -> tuple[Value | None, Value | None]:
        clock = Clock(speed=1000)
        machine = Machine(Profile(), clock)
        question = registry.value("sample", PATH, name)
        _, reply = await replies(
            machine, registry_change.set_value(PATH, name, Value("REG_SZ", data)), *question.commands
        )
        stored = machine.registry.get(PATH, name)
        await clock.close()
        return Value(stored.kind, str(stored.data)) if stored else None, question.parse([reply])

    wanted = Value("REG_SZ", data)
    assert asyncio.run(there_and_back()) == (wanted, wanted)


@pytest.mark.parametrize(
    ("value", "writable"),
    [
        (Value("REG_DWORD", 0xFFFFFFFF), True),
        (Value("REG_DWORD", 0x100000000), False),
        (Value("REG_DWORD", -1), False),
        (Value("REG_DWORD", "text"), False),
        (Value("REG_QWORD", 1 << 63), True),
        (Value("REG_SZ", ""), True),
        (Value("REG_SZ", "one\ntwo"), False),
        (Value("REG_SZ", "bell\x07"), False),
        (Value("REG_SZ", "was no text \ufffd"), False),
        (Value("REG_SZ", "x" * 7000), False),
        (Value("REG_MULTI_SZ", r"a\0b"), True),
        (Value("REG_MULTI_SZ", ""), True),
        (Value("REG_MULTI_SZ", r"a\0\0b"), False),
        (Value("REG_MULTI_SZ", r"a\0"), False),
        (Value("REG_BINARY", "00FF"), True),
        (Value("REG_BINARY", ""), True),
        (Value("REG_BINARY", "0"), False),
        (Value("REG_NONE", ""), False),
        (Value("REG_DWORD_BIG_ENDIAN", 1), False),
        (Value("REG_RESOURCE_LIST", "00"), False),
    ],
    ids=str,
)
def test_what_cannot_be_set_exactly_is_not_set(value: Value, writable: bool) -> None:
    """A value that reg.exe would make something else of is refused with a reason, and never guessed at."""
    assert (registry_change.unwritable(value) is None) is writable
    if not writable:
        with pytest.raises(ValueError, match="SOFTWARE"):
            registry_change.set_value(PATH, "A", value)


def test_deleting_what_is_absent_is_no_failure() -> None:
    """reg delete says 1 for what is not there; a `reg add` that says so has failed."""
    assert registry_change.delete_value(PATH, "A").accepts == frozenset({0, 1})
    assert registry_change.delete_key(PATH).accepts == frozenset({0, 1})
    assert registry_change.set_value(PATH, "A", Value("REG_DWORD", 1)).accepts == frozenset({0})


def test_numbers_remember_what_they_replace() -> None:
    """What stood there is kept with its type, text too; a value that stays the same is nothing to put back."""
    before = Key(PATH, {"a": Value("REG_DWORD", 7), "c": Value("REG_SZ", "x"), "d": Value("REG_DWORD", 4)})
    change = registry_change.numbers_change(verbatim("set"), PATH, {"A": 1, "B": 2, "C": 3, "D": 4}, before)
    assert [command.line for command in change.commands] == [
        rf'reg add "{PATH}" /v "{name}" /t REG_DWORD /d {number} /f 2>&1'
        for name, number in (("A", 1), ("B", 2), ("C", 3), ("D", 4))
    ]
    assert change.record == RegistryRecord(
        (
            ValueChange(PATH, "A", Value("REG_DWORD", 7), Value("REG_DWORD", 1)),
            ValueChange(PATH, "B", None, Value("REG_DWORD", 2)),
            ValueChange(PATH, "C", Value("REG_SZ", "x"), Value("REG_DWORD", 3)),
        )
    )


def test_keys_that_a_change_makes() -> None:
    """A key that is not there counts as made, and so do those above it that are missing; one that is there does not."""
    above = r"HKLM\SOFTWARE\A"
    made = registry_change.numbers_change(verbatim("set"), rf"{above}\B", {"N": 1}, None, (above,))
    assert made.created_keys == (above, rf"{above}\B")
    assert registry_change.numbers_change(verbatim("set"), PATH, {"N": 1}, Key(PATH)).created_keys == ()


def test_which_keys_are_missing() -> None:
    """Keys below the top of a hive are asked for one by one, and those that are not there are told, top first."""
    fact = registry_change.missing_keys("sample", r"HKLM\SOFTWARE\A\B\C")
    assert [command.line.split('"')[1] for command in fact.commands] == [
        r"HKLM\SOFTWARE\A",
        r"HKLM\SOFTWARE\A\B",
        r"HKLM\SOFTWARE\A\B\C",
    ]
    there, absent = Reply(0, ""), Reply(1, "")
    assert fact.parse([there, there, there]) == ()
    assert fact.parse([there, absent, absent]) == (r"HKLM\SOFTWARE\A\B", r"HKLM\SOFTWARE\A\B\C")


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        ((1, 2), (2, 3), [(1, 3)]),
        ((1, 2), (2, 1), []),
        ((None, 2), (2, 5), [(None, 5)]),
        ((None, 2), (2, None), []),
    ],
    ids=["changed twice", "changed and changed back", "made and changed", "made and deleted"],
)
def test_changes_one_after_the_other(first: Any, second: Any, merged: Any) -> None:
    """Of a value that is changed twice, what stood before the first time and what stands in the end are kept."""

    def change(name: str, numbers: tuple[int | None, int | None]) -> RegistryRecord:
        before, after = (None if number is None else Value("REG_DWORD", number) for number in numbers)
        return RegistryRecord((ValueChange(PATH, name, before, after),))

    both = change("A", first).followed_by(change("a", second))
    assert [
        (each.before.number if each.before else None, each.after.number if each.after else None) for each in both.values
    ] == merged


def test_changes_together() -> None:
    """Changes as one run all commands, remember all values and keys from the top downwards, and need any's restart."""
    lower = registry_change.numbers_change(verbatim("lower"), rf"{PATH}\Below", {"N": 1}, None)
    upper = registry_change.numbers_change(verbatim("upper"), PATH, {"N": 1}, None)
    both = together(verbatim("both"), lower, upper)
    assert both.commands == (*lower.commands, *upper.commands)
    assert both.created_keys == (PATH, rf"{PATH}\Below")
    assert [each.key for each in both.values] == [rf"{PATH}\Below", PATH]
