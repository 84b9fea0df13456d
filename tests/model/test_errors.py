"""The tree of errors: as it is drawn, and what each error says of itself."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from orchestrator.model import errors
from orchestrator.model.errors import DocumentError, OrchestratorError, Retry, TargetError
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, OrchestratorError)
}
DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+)(?P<words>.*)$")
OUTCOMES = {
    "AccessDenied": Outcome.BLOCKED,
    "ChangeUnsettled": Outcome.UNKNOWN,
    "BrokenAtLogon": Outcome.UNREACHABLE,
    "ConnectionLost": Outcome.UNREACHABLE,
    "DeadlineExceeded": Outcome.UNREACHABLE,
    "HandshakeDamaged": Outcome.UNREACHABLE,
    "HandshakeFailed": Outcome.UNREACHABLE,
    "JumpHostDefers": Outcome.UNREACHABLE,
    "JumpHostRefused": Outcome.UNREACHABLE,
    "JumpHostUnreachable": Outcome.UNREACHABLE,
    "LeaseHeld": Outcome.BLOCKED,
    "LeaseLost": Outcome.UNKNOWN,
    "LogonImpossible": Outcome.UNREACHABLE,
    "LogonRefused": Outcome.UNREACHABLE,
    "AnotherMachine": Outcome.UNREACHABLE,
    "LogonWithheld": Outcome.CANCELLED,
    "NameUnknown": Outcome.UNREACHABLE,
    "Unreachable": Outcome.UNREACHABLE,
    "WouldChange": Outcome.CHANGED,
}


def drawing() -> dict[str, tuple[str, str]]:
    """The tree in the module's docstring: name → the name above it, and the words behind it."""
    above: list[tuple[int, str]] = []
    found: dict[str, tuple[str, str]] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = DRAWN.match(line)
        if not match or not match["indent"]:
            continue
        depth = len(match["indent"])
        above = [(level, name) for level, name in above if level < depth]
        found[match["name"]] = (above[-1][1] if above else "", match["words"])
        above.append((depth, match["name"]))
    return found


def test_the_drawing_is_the_tree() -> None:
    """Every class is drawn, below the class that it derives from."""
    drawn = drawing()
    assert set(drawn) == set(CLASSES)
    for name, (parent, _) in drawn.items():
        assert parent == "" or CLASSES[parent] in CLASSES[name].__bases__, name


def test_the_drawing_tells_who_may_be_retried() -> None:
    """Where the drawing says what a class's retry is, the class says the same."""
    told = {
        name: words.split()[-1]
        for name, (_, words) in drawing().items()
        if words.split() and words.split()[-1] in Retry.__members__
    }
    assert {"Unreachable", "LogonRefused", "ChangeUnsettled", "TransferCorrupt"} <= set(told)
    for name, word in told.items():
        assert CLASSES[name].retry is Retry[word], name  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(name for name, kind in CLASSES.items() if issubclass(kind, TargetError)))
def test_what_becomes_of_the_host(name: str) -> None:
    """An error that is not retried decides about the host: failed, unless its class knows better."""
    kind = CLASSES[name]
    assert issubclass(kind, TargetError)
    assert kind.outcome is OUTCOMES.get(name, Outcome.FAILED)


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, kind in CLASSES.items()
        if issubclass(kind, TargetError)
        and name
        not in {
            "TargetError",
            "AnotherMachine",
            "HandshakeDamaged",
            "HandshakeFailed",
            "JumpHostRefused",
            "LeaseHeld",
            "LeaseLost",
        }
        and not issubclass(kind, errors.CoordinatorError)
    ),
)
def test_every_error_says_what_to_do(name: str) -> None:
    """Nobody reads of trouble alone; those left out are given their advice with each reason."""
    kind = CLASSES[name]
    assert issubclass(kind, TargetError)
    assert kind.remedy or name == "WouldChange"


def test_refusals_are_never_tried_again() -> None:
    """Trying a refused log-on again locks accounts; trying what is not allowed again changes nothing."""
    for kind in (errors.LogonRefused, errors.LogonImpossible, errors.AccessDenied, errors.JumpHostRefused):
        assert kind.retry is Retry.NEVER


def test_errors_are_what_python_calls_them() -> None:
    """Whoever catches Python's own kinds of error catches ours."""
    assert issubclass(errors.Unreachable, ConnectionError)
    assert issubclass(errors.ConnectionLost, ConnectionError)
    assert issubclass(errors.DeadlineExceeded, TimeoutError)
    assert issubclass(errors.AccessDenied, PermissionError)


def test_an_error_has_its_reason_and_evidence() -> None:
    """Reason and evidence are fields, so that nobody reads them out of text."""
    error = errors.UnexpectedOutput(verbatim("what is this"), output="x", key="y")
    assert (error.reason, error.evidence) == (verbatim("what is this"), {"output": "x", "key": "y"})


def test_a_failed_command_keeps_the_end_of_its_output() -> None:
    """What a tool printed last tells why it failed; megabytes of it do not get into a result."""
    error = errors.CommandFailed(verbatim("failed"), command="reg add", exit_code=1, output="x" * 9000 + "why")
    assert error.exit_code == 1
    assert error.evidence == {"command": "reg add", "exit_code": 1, "output": "x" * 1997 + "why"}


def test_a_fault_s_retry_is_its_row_s() -> None:
    """A WS-Management fault is told by its code; whether it may be retried is said by the table, for this one alone."""
    error = errors.WsManFault(verbatim("too many shells"), code=2150859173, retry=Retry.BACK_OFF)
    assert (error.code, error.retry, error.evidence) == (2150859173, Retry.BACK_OFF, {"wsman_fault": 2150859173})
    assert errors.WsManFault.retry is Retry.NEVER


@pytest.mark.parametrize(
    ("line", "text"), [(7, "a.yaml:7: unknown key"), (None, "a.yaml: unknown key")], ids=["line", "file"]
)
def test_a_document_error_names_its_place(line: int | None, text: str) -> None:
    """File and line come first, as editors and people look for them."""
    error = DocumentError(Path("a.yaml"), line, "unknown key")
    assert str(error) == text
    assert (error.path, error.line, error.problem) == (Path("a.yaml"), line, "unknown key")
