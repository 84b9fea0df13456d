"""`sspr check`: is every host fit for the add-in? Changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.result import HostResult, RunResult

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.console.explain import Entry


def check(
    inventory: options.InventoryUnlessPast = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Which findings block, warn or are ignored, and the limits."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="HOST",
            help="Show all that is found on this host, why, and what to do.",
            autocompletion=completion.host,
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="With --explain: as that run found the host; `last` is the newest.",
            autocompletion=completion.runs,
        ),
    ] = None,
    self_test: Annotated[
        bool,
        typer.Option("--self-test", help="Try from this computer whether the service takes what Windows 7 can offer."),
    ] = False,
    limit: options.Limit = None,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
) -> None:
    """Check whether hosts are ready for the add-in: Windows, TLS 1.2, pending restarts, anything in its way.

    [dim]sspr check -i inventory.yaml --limit seoul[/]

    `sspr check -i inventory.yaml --explain PC-017` shows everything about one host: what was read, where, what should
    be there and what to do; with `--run last` as the newest run found it, without asking the host again.

    `--self-test` tries once, from this computer, whether the service takes the cipher suites that Windows 7 and 8.1
    have; where it does not, no fix on such hosts can work.
    """
    from orchestrator.app import CheckHosts, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.check_table import print_check_table
    from orchestrator.console.csv_file import check_table

    if explain is not None and limit is not None:
        raise UsageError("--explain names the host already; leave --limit out")
    if run is not None:
        if json or report or csv:
            raise UsageError("--run asks no host and writes no file; leave --json, --report and --csv out")
        _explain_earlier(run, explain)
        return
    if inventory is None:
        raise UsageError("name the inventory with -i FILE (or an earlier run with --run, to explain a host of it)")
    request = CheckHosts(
        inventory=inventory,
        limit=explain or limit,
        forks=forks,
        folder=folder,
        policy=policy,
        self_test=self_test,
    )
    show = print_check_table if explain is None else _print_explanation
    launch(prepare(request), Outputs(json, report, csv), show=show, table=check_table)


def glossary() -> dict[str, Entry]:
    """What every finding means, by its code."""
    from orchestrator.console.explain import Entry
    from orchestrator.windows.command import Sureness
    from orchestrator.windows.readiness.judging import KINDS

    sureness = {
        Sureness.DOCUMENTED: "documented",
        Sureness.REPORTED: "as others report",
        Sureness.INFERRED: "inferred",
        Sureness.REMEMBERED: "from experience, seen in no source",
    }
    return {
        code: Entry(
            meaning=kind.meaning,
            fine=kind.fine,
            where=kind.where,
            wanted=kind.wanted,
            source=f"{kind.source.source} ({sureness[kind.source.sureness]})",
        )
        for code, kind in KINDS.items()
    }


def _print_explanation(result: RunResult, console: Console) -> None:
    from orchestrator.console.explain import print_explanation

    print_explanation(result, glossary(), console)


def _explain_earlier(run: str, name: str | None) -> None:
    """Shows a host as an earlier run found it; of `last`, the newest that looked at it."""
    from orchestrator.cli.outputs import standard_output
    from orchestrator.console.preflight import learned
    from orchestrator.runs.store import find_run

    if name is None:
        raise UsageError("--run shows a host of an earlier run: name it with --explain HOST")
    result = find_run(
        run, lambda earlier: any(learned(host) for host in _called(name, earlier)), f"looked at a host `{name}`"
    )
    hosts = _called(name, result)
    if not hosts:
        hint = did_you_mean(name, [host.name for host in result.hosts]) or ""
        raise UsageError(f"run {result.id} has no host `{name}`{hint}")
    _print_explanation(replace(result, hosts=hosts), standard_output())


def _called(name: str, result: RunResult) -> tuple[HostResult, ...]:
    return tuple(host for host in result.hosts if host.name.casefold() == name.casefold())
