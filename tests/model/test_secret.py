"""A secret does not show itself and cannot be stored by accident."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.model.secret import Secret

VALUE = "correct horse battery staple"


@dataclasses.dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>40}",
        lambda secret: f"{secret:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - the old way must not show it either
        lambda secret: repr([secret]),
        lambda secret: repr(Holder(secret)),
        lambda secret: json.dumps({"password": secret}, default=str),
    ],
    ids=[
        "str",
        "repr",
        "format",
        "repr with width",
        "width",
        "percent",
        "in a list",
        "in a dataclass",
        "json with str",
    ],
)
def test_it_is_never_shown(show: Callable[[Secret], str]) -> None:
    """However it is turned into text, the text says REDACTED."""
    shown = show(Secret(VALUE))
    assert VALUE not in shown
    assert "REDACTED" in shown


def test_it_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A log line that is given a secret has none in it."""
    logging.getLogger("test").warning("password %s", Secret(VALUE))
    assert caplog.messages == ["password REDACTED"]


@pytest.mark.parametrize(
    "store",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars, lambda secret: dataclasses.asdict(Holder(secret))],
    ids=["pickle", "copy", "deepcopy", "json", "vars", "asdict"],
)
def test_it_is_never_stored(store: Callable[[Any], object]) -> None:
    """Every way to make stored data of it is refused with an error that does not hold it either."""
    with pytest.raises(TypeError) as caught:
        store(Secret(VALUE))
    assert VALUE not in str(caught.value)


def test_its_value_is_had_by_asking() -> None:
    """`reveal` gives the value, and equality and hash follow it."""
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(VALUE) == Secret(VALUE)
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert hash(Secret(VALUE)) != hash(VALUE)
