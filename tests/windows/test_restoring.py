"""Putting back: what is still as the run left it goes back, what others have changed stays, keys of the run go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.model.message import verbatim
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.sentences import say
from orchestrator.windows import boot, restoring
from orchestrator.windows.registry import Key
from orchestrator.windows.restoring import Restoration, Standing, restoration

ABOVE, PATH, OTHER = r"HKLM\SOFTWARE\A", r"HKLM\SOFTWARE\A\B", r"HKLM\SOFTWARE\C"
ONE, TWO = Value("REG_DWORD", 1), Value("REG_DWORD", 2)
UNDO = verbatim("undo")
NEW = ValueChange(PATH, "New", None, ONE)
OLD = ValueChange(OTHER, "Old", Value("REG_SZ", "50 % of"), ONE)
RECORD = RegistryRecord((NEW, OLD), (ABOVE, PATH), needs_restart=True)
LEFT = Standing(
    {NEW.place: ONE, OLD.place: ONE},
    {ABOVE.lower(): Key(ABOVE, {}, ("B",)), PATH.lower(): Key(PATH, {"new": ONE})},
    (),
)
"""As the run left it."""


def lines(undo: Restoration) -> list[str]:
    return [command.line for command in undo.change.commands]


def test_everything_goes_back() -> None:
    """A new value is deleted, an old one comes back with its type, and keys of the run go, the lower one first."""
    undo = restoration(UNDO, RECORD, LEFT)
    assert lines(undo) == [
        rf'reg delete "{PATH}" /v "New" /f 2>&1',
        rf'reg add "{OTHER}" /v "Old" /t REG_SZ /d "50 % of" /f 2>&1',
        rf'reg delete "{PATH}" /f 2>&1',
        rf'reg delete "{ABOVE}" /f 2>&1',
    ]
    assert (undo.foreign, undo.inexpressible, undo.change.needs_restart) == ((), (), True)
    back = Standing({NEW.place: None, OLD.place: OLD.before}, {ABOVE.lower(): None, PATH.lower(): None}, ())
    assert undo.undone(back)
    assert not undo.undone(LEFT)
    assert not undo.undone(replace(back, keys=LEFT.keys))


def test_what_others_have_changed_stays() -> None:
    """A value that is neither as before nor as the run left it is another's: told, and not touched."""
    now = replace(LEFT, values={NEW.place: TWO, OLD.place: None})
    undo = restoration(UNDO, RECORD, now)
    assert lines(undo) == []
    assert [(each.change, each.now) for each in undo.foreign] == [(NEW, TWO), (OLD, None)]
    assert not undo.change.needs_restart


def test_the_same_number_as_text_is_another_value() -> None:
    """A type counts as much as data: REG_SZ `1` is not the REG_DWORD 1 that the run set."""
    undo = restoration(
        verbatim("undo"), RECORD, replace(LEFT, values={NEW.place: Value("REG_SZ", "1"), OLD.place: ONE})
    )
    assert [each.change for each in undo.foreign] == [NEW]


def test_what_is_back_already_needs_nothing() -> None:
    """Done twice, the second time finds everything as before, and does not touch it."""
    back = Standing({NEW.place: None, OLD.place: OLD.before}, {ABOVE.lower(): None, PATH.lower(): None}, ())
    undo = restoration(UNDO, RECORD, back)
    assert (lines(undo), undo.foreign) == ([], ())
    assert not undo.change.record


@pytest.mark.parametrize(
    "key",
    [Key(PATH, {"new": ONE, "(default)": Value("REG_SZ", "x")}), Key(PATH, {"new": ONE}, ("Below",))],
    ids=["a value", "a key"],
)
def test_a_key_with_something_of_others_stays(key: Key) -> None:
    """A key that the run made is not deleted when anything else is in it, nor are those above it."""
    undo = restoration(
        verbatim("undo"), RECORD, replace(LEFT, keys={ABOVE.lower(): LEFT.keys[ABOVE.lower()], PATH.lower(): key})
    )
    assert undo.deleted_keys == ()
    assert rf'reg delete "{PATH}" /v "New" /f 2>&1' in lines(undo)


def test_what_reg_cannot_set_is_told() -> None:
    """A former value that no command line can hold stays as the run left it, with the reason; the rest goes back."""
    record = RegistryRecord((replace(OLD, before=Value("REG_SZ", "one\ntwo")), NEW), (ABOVE, PATH))
    undo = restoration(UNDO, record, LEFT)
    ((change, reason),) = undo.inexpressible
    assert change.name == "Old"
    assert "line's end" in say(reason)
    assert rf'reg delete "{PATH}" /v "New" /f 2>&1' in lines(undo)
    assert not any("Old" in line for line in lines(undo))


def test_what_windows_filled_goes_whole() -> None:
    """A key with all in it, and those above that the run made; what was in it is in the undo's own record."""
    record = RegistryRecord((), (ABOVE,), whole_keys=(PATH,))
    now = Standing({}, {ABOVE.lower(): Key(ABOVE, {}, ("B",)), PATH.lower(): Key(PATH, {"blob": ONE, "more": TWO})}, ())
    undo = restoration(UNDO, record, now)
    assert lines(undo) == [rf'reg delete "{PATH}" /f 2>&1', rf'reg delete "{ABOVE}" /f 2>&1']
    assert undo.undone(Standing({}, {ABOVE.lower(): None, PATH.lower(): None}, ()))
    assert not undo.undone(now)
    gone = [ValueChange(PATH, "blob", ONE, None), ValueChange(PATH, "more", TWO, None)]
    assert undo.change.record == RegistryRecord(tuple(gone))
    redo = restoration(UNDO, undo.change.record, Standing({each.place: None for each in gone}, {}, (ABOVE, PATH)))
    assert [line.partition(" /f")[0] for line in lines(redo)] == [
        rf'reg add "{PATH}" /v "blob" /t REG_DWORD /d 1',
        rf'reg add "{PATH}" /v "more" /t REG_DWORD /d 2',
    ]
    assert lines(restoration(UNDO, record, Standing({}, {ABOVE.lower(): None, PATH.lower(): None}, ()))) == []


def test_an_undo_can_be_undone() -> None:
    """Its own record says what it took away and what it set; keys that come into being again are told as new."""
    undo = restoration(UNDO, RECORD, LEFT)
    back = Standing({NEW.place: None, OLD.place: OLD.before}, {}, (ABOVE, PATH))
    redo = restoration(UNDO, undo.change.record, back)
    assert lines(redo) == [
        rf'reg add "{PATH}" /v "New" /t REG_DWORD /d 1 /f 2>&1',
        rf'reg add "{OTHER}" /v "Old" /t REG_DWORD /d 1 /f 2>&1',
    ]
    assert redo.change.record == RECORD


def test_a_later_note_of_ours_is_nobody_s_complaint() -> None:
    """That a later run has noted another restart is not told as somebody's change, and its note stays."""
    note = ValueChange(boot.OURS, boot.AWAITING, None, Value("REG_SZ", "7@x"))
    later = Standing({note.place: Value("REG_SZ", "8@x")}, {boot.OURS.lower(): None}, ())
    undo = restoration(UNDO, RegistryRecord((note,), (boot.OURS,)), later)
    assert (lines(undo), undo.foreign) == ([], ())


def test_all_is_asked_at_once() -> None:
    """Each value and each key of the run is a question, and of a value that was deleted whether its keys are there."""
    deleted = ValueChange(OTHER, "Gone", ONE, None)
    fact = restoring.standing(RegistryRecord((NEW, deleted), (PATH,)))
    assert [command.line for command in fact.commands] == [
        rf'reg query "{PATH}" /v "New" 2>&1',
        rf'reg query "{OTHER}" /v "Gone" 2>&1',
        rf'reg query "{PATH}" 2>&1',
        rf'reg query "{OTHER}" /ve 2>&1',
    ]


@pytest.mark.parametrize("path", ["", "HKLM", r"HKCU\X", r"HKLM\A\\B", "HKLM\\A\nB", r"HKLM\A" + "\\"])
def test_a_record_names_keys_of_the_machine(path: str) -> None:
    """A result file that somebody has edited cannot make an undo touch anything but keys below HKLM and HKU."""
    with pytest.raises(ValueError, match="registry key"):
        ValueChange(path, "A", None, ONE)
    with pytest.raises(ValueError, match="registry key"):
        RegistryRecord((), (path,))
    with pytest.raises(ValueError, match="registry key"):
        RegistryRecord(whole_keys=(path,))
