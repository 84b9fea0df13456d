"""The catalogue of everything that can be sent: complete, evidenced, and printed as it stands in the documentation."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.sentences import say
from orchestrator.windows import beliefs, branches, command, time_zone
from orchestrator.windows.batch import LINE_LIMIT, compose
from orchestrator.windows.command import Change, Command, Fact
from tests import catalogue, evidence, evidence_page

SENT = (Fact, Change, Command)


def builders() -> Iterator[Callable[..., object]]:
    """Public functions that return something to send; those of `command` only put together what others built."""
    for module in beliefs.modules():
        if module is command:
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            returned = typing.get_type_hints(function)["return"]
            kind = typing.get_origin(returned) or returned
            if kind in SENT or (kind is tuple and typing.get_args(returned) == (Command, ...)):
                yield function


@pytest.mark.parametrize(
    "function", list(builders()), ids=lambda function: f"{function.__module__}.{function.__name__}"
)
def test_every_function_that_builds_something_to_send_has_an_example(function: Callable[..., object]) -> None:
    """A new way to ask or to change cannot be left out of the catalogue and its page."""
    assert function in {example.function for example in catalogue.EXAMPLES}


def test_functions_that_build_something_are_found() -> None:
    """The search by return annotation finds all three kinds, so that the test before it means something."""
    names = {function.__name__ for function in builders()}
    assert {"key", "set_value", "enable", "decode", "state"} <= names
    assert len(names) >= 20


def test_every_command_has_evidence() -> None:
    """No command is sent without a source and a word on how sure we are of it."""
    for each in (*catalogue.commands(), *catalogue.task_lines()):
        assert each.evidence.source.strip(), each.line
        assert isinstance(each.evidence.sureness, command.Sureness), each.line


def test_every_module_that_sends_is_on_the_page() -> None:
    """The page has a row for each distinct line, under the module that it belongs to."""
    rows = evidence_page.rows()
    asked = [command for belief in beliefs.beliefs() for command in belief.commands]
    lines = {each.line for each in (*catalogue.commands(), *catalogue.task_lines(), *asked)}
    assert {row.command.line for row in rows} == lines
    assert len(rows) == len(lines)
    assert (
        next(row.module for row in rows if "TLS 1.2\\Client" in row.line and row.line.startswith("reg query"))
        == "tls12"
    )


def test_a_real_machine_is_asked_what_functions_build() -> None:
    """`sspr doctor` asks what is made of sample arguments too, but for what would wait, go out or run something."""
    asked = [belief.name for belief in beliefs.beliefs()]
    assert len(set(asked)) == len(asked)
    assert {"function.registry.key", "function.product.installed", "function.job.state"} <= set(asked)
    assert {"function.job.wait", "function.egress.reach", "function.command_line.look"}.isdisjoint(asked)


def test_changes_are_what_can_be_changed() -> None:
    """Changes that are a module's own and those that functions build are both listed, each with a summary."""
    summaries = [say(change.summary) for change in catalogue.changes()]
    assert {"cancel the scheduled restart", "collect logs", "switch verbose logging on"} <= set(summaries)
    assert all(summaries)


def test_which_answers_last() -> None:
    """What Windows this is, and its time zone; its name is asked by others, too, who want it as it is now."""
    lasting = {command.line for command in catalogue.commands() if command.lasting}
    zone = (*time_zone.CURRENT_ZONE.commands, *time_zone.named(beliefs.ZONE).commands)
    assert {command.line for command in (*branches.MACHINE.commands, *zone)} == lasting
    assert branches.MACHINE.lasting


def test_no_sample_is_left_on_the_page() -> None:
    """A reader sees placeholders, and never the arguments that the examples happen to be built with."""
    page = evidence.page()
    assert [sample for sample in catalogue.PLACEHOLDERS if sample in page] == []


def test_every_command_fits_a_line() -> None:
    """Nothing in the catalogue is too long for cmd.exe."""
    assert all(len(each.line) <= LINE_LIMIT for each in compose(catalogue.commands(), "0123abcd"))


def test_the_page_is_current() -> None:
    """docs/evidence.md is what the code says now; make it anew with python -m tests.evidence."""
    page = Path(__file__).parents[2] / "docs" / "evidence.md"
    assert page.read_text(encoding="utf-8") == evidence.page()


def test_the_page_says_what_was_not_seen() -> None:
    """The page says in so many words that nothing was seen on a real Windows machine."""
    assert "Nothing here was seen on a real Windows machine by us" in evidence.page()
