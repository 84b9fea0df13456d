"""The table itself: that nothing of the product is missing in it, and that every row says enough to prove something."""

from __future__ import annotations

import pytest

from tests import catalogue

from .case import Row, product_lines, rows, spelled


def test_every_line_of_the_product_has_a_case() -> None:
    """What can be sent to a host, by a fact, a change, its undo, a task or the doctor, is a row here."""
    cased = {row.case.line for row in rows()}
    assert [shown for shown, line in product_lines().items() if line not in cased] == []


def test_other_lines_have_a_source() -> None:
    """A row does not outlive the product's line that it was written for: what is no such line says its source."""
    known = set(product_lines().values())
    assert [str(row) for row in rows() if row.case.source is None and row.case.line not in known] == []


def test_placeholders_stand_for_one_sample_each() -> None:
    """A line as it is shown and a line as it is sent lead to each other, so that a row cannot mean another line."""
    assert {shown: spelled(shown) for shown in product_lines()} == product_lines()


@pytest.mark.parametrize("row", rows(), ids=str)
def test_a_row_proves_something(row: Row) -> None:
    """A row expects more than an exit code: something that is read, or something that is left."""
    assert row.case.reads or any(row.case.leaves.model_dump().values())


def test_what_is_asked_is_read_and_what_is_changed_is_looked_at() -> None:
    """Each command of a fact has a row that says what is understood, each of a change one that says what is left."""
    read = {row.case.line for row in rows() if row.case.reads}
    left = {row.case.line for row in rows() if any(row.case.leaves.model_dump().values())}
    asked = {command.line for fact in catalogue.facts() for command in fact.commands}
    changing = {command.line for change in catalogue.changes() for command in change.commands}
    assert asked - read == set()
    assert changing - left == set()
