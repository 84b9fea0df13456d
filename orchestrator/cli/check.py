"""`sspr check`: is every host fit for the add-in? Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
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
    delimiter: options.Delimiter = None,
    prometheus: options.Prometheus = None,
    notify: options.Notify = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
) -> None:
    """Check whether hosts are ready for the add-in: Windows, TLS 1.2, pending restarts, anything in its way.

    [dim]sspr check -i inventory.yaml --limit seoul[/]

    `sspr check -i inventory.yaml --explain PC-017` shows everything about one host: what was read, where, what should
    be there and what to do; with `--run last` as the newest run found it, without asking the host again.

    `--self-test` tries once, from this computer, whether the service takes the cipher suites that Windows 7 and 8.1
    have; where it does not, no fix on such hosts can work. It shows the suite, and the issuer and the root of the
    certificate; without an inventory that is all that is done.
    """
    from orchestrator.app import CheckHosts, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.check_table import print_check_table
    from orchestrator.console.csv_file import check_table

    if explain is not None and limit is not None:
        raise UsageError("--explain names the host already; leave --limit out")
    if run is not None:
        looked: dict[str, object] = {"--policy": policy, "--self-test": self_test, "--folder": folder}
        looked |= {"--new-password": new_password, "--notify": notify}
        written: dict[str, object] = {"--json": json, "--report": report, "--csv": csv, "--delimiter": delimiter}
        written |= {"--prometheus": prometheus}
        if passed_over := [option for option, given in {**looked, **written}.items() if given]:
            raise UsageError(f"--run asks no host and writes no file; leave {', '.join(passed_over)} out")
        _explain_earlier(run, explain)
        return
    of_hosts = (explain, limit, json, report, csv, delimiter, prometheus, notify, folder, new_password)
    if inventory is None and self_test and not any(of_hosts):
        _try_alone(policy)
        return
    if inventory is None:
        raise UsageError("name the inventory with -i FILE (or an earlier run with --run, to explain a host of it)")
    request = CheckHosts(
        inventory=inventory,
        limit=explain or limit,
        forks=forks,
        folder=folder,
        new_password=new_password,
        policy=policy,
        self_test=self_test,
        notify=tuple(notify or ()),
    )
    show = print_check_table if explain is None else _print_explanation
    launch(prepare(request), Outputs(json, report, csv, delimiter, prometheus), show=show, table=check_table)


def _try_alone(policy: Path | None) -> None:
    """The self-test without hosts; a service that takes nothing is what exit code 1 is for."""
    from orchestrator.app.service_trial import try_service
    from orchestrator.cli.exit_code import ExitCode
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.check_table import print_self_test

    tested = try_service(policy)
    print_self_test(tested, Outputs().screen())
    if not tested.taken:
        raise typer.Exit(ExitCode.SOME_NOT)


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


def _print_explanation(result: RunResult, console: Console, later: Sequence[RunResult] = ()) -> None:
    from orchestrator.console.explain import print_explanation

    print_explanation(result, glossary(), console, later)


def _explain_earlier(run: str, name: str | None) -> None:
    """Shows a host as an earlier run found it."""
    from orchestrator.cli.outputs import Outputs, tell_aside, tell_unended
    from orchestrator.runs.folders import LAST
    from orchestrator.runs.store import find_run

    if name is None:
        raise UsageError("--run shows a host of an earlier run: name it with --explain HOST")
    result, later = _last_look(name) if run == LAST else (find_run(run, told=tell_aside), [])
    tell_unended(result)
    hosts = _called(name, result)
    if not hosts:
        hint = did_you_mean(name, [host.name for host in result.hosts]) or ""
        raise UsageError(f"run {result.id} has no host `{name}`{hint}")
    _print_explanation(replace(result, hosts=hosts), Outputs().screen(), later)


def _last_look(name: str) -> tuple[RunResult, Sequence[RunResult]]:
    """The newest run that looked at a host, or else that had it at all, and those after it, oldest first.

    Raises:
        UsageError: No run had such a host.
    """
    from orchestrator.cli.outputs import tell_aside, tell_unended
    from orchestrator.console.preflight import learned
    from orchestrator.runs.folders import runs_folder
    from orchestrator.runs.store import newest_run

    newer: list[RunResult] = []
    names: set[str] = set()

    def looked_at_it(earlier: RunResult) -> bool:
        names.update(host.name for host in earlier.hosts)
        hosts = _called(name, earlier)
        found = any(learned(host) for host in hosts)
        if hosts and not found:
            newer.append(replace(earlier, hosts=hosts))
        return found

    result = newest_run(looked_at_it, tell_unended, tell_aside)
    if result is not None:
        return result, newer[::-1]
    if newer:
        return newer[0], ()
    hint = did_you_mean(name, sorted(names)) or ""
    raise UsageError(
        f"no run kept below {runs_folder()} had a host `{name}`{hint}; look at it with `sspr check -i INVENTORY "
        f"--explain {name}`, or give the folder of a run that was kept elsewhere"
    )


def _called(name: str, result: RunResult) -> tuple[HostResult, ...]:
    return tuple(host for host in result.hosts if host.name.casefold() == name.casefold())
