"""Hosts counted by the inventory's groups."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from orchestrator.console.groups import GroupCount, by_group, print_by_group
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult


def test_a_host_counts_in_each_of_its_groups(make_host: Callable[..., HostResult]) -> None:
    """Groups where a person is needed come first, then by name; hosts in no group last."""
    hosts = [
        make_host(0, Outcome.OK),
        make_host(1, Outcome.CHANGED, groups=("busan",)),
        make_host(2, Outcome.FAILED, groups=("seoul", "Korea")),
        make_host(3, Outcome.CHANGED, groups=("ansan", "Korea")),
    ]
    assert by_group(hosts) == [
        GroupCount("Korea", {Outcome.FAILED: 1, Outcome.CHANGED: 1}, in_need=1),
        GroupCount("seoul", {Outcome.FAILED: 1}, in_need=1),
        GroupCount("ansan", {Outcome.CHANGED: 1}),
        GroupCount("busan", {Outcome.CHANGED: 1}),
        GroupCount(None, {Outcome.OK: 1}),
    ]


def test_what_is_printed(make_run: Callable[..., RunResult], make_host: Callable[..., HostResult]) -> None:
    """A line for each group; a name out of a file cannot act on the terminal."""
    hosts = [make_host(0, Outcome.FAILED, groups=("[red]s\x1b[1meoul",)), make_host(1, Outcome.CHANGED)]
    console = Console(file=io.StringIO(), width=100)
    print_by_group(make_run(0, hosts=hosts, check=True), console)
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()[1:]]
    assert lines == [["[red]seoul", "1", "1", "1", "failed"], ["in", "no", "group", "1", "1", "would", "change"]]
