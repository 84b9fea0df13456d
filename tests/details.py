"""A result's own detail, for tests that know which one it is."""

from typing import TypeVar

from orchestrator.model.detail import Detail
from orchestrator.model.result import StepResult

D = TypeVar("D", bound=Detail)


def detail_of(result: StepResult, kind: type[D]) -> D:
    assert isinstance(result.detail, kind), result
    return result.detail
