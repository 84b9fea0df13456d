"""`sspr hosts`: what is known of each host over all runs, and what remains to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.model.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model.host_state import HostState


def hosts(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Only these hosts.", autocompletion=completion.known_host),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option(
            "--limit",
            metavar="PATTERN",
            help="Only these hosts: names, groups and globs, as `sspr run` takes them; groups are those of each host's "
            "newest run.",
        ),
    ] = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """Show how each host ended last over all runs, since when that is so, and what remains to do.

    [dim]sspr hosts --csv monday.csv[/]

    Those with most to do come first. The newest that is known of a host counts, by when it ended. A run with --check,
    or of a playbook that changes nothing, is a look: where it finds a host fine that an earlier run could not finish,
    what that left still remains to do. Hosts that have left the inventory stay, as long as a run is kept that had them.
    """
    from orchestrator.app.looks import looking_playbooks
    from orchestrator.cli.outputs import Outputs, tell_aside
    from orchestrator.cli.streams import complain
    from orchestrator.console.host_states import host_states_table, print_host_states
    from orchestrator.inventory.patterns import select
    from orchestrator.runs.folders import run_folders
    from orchestrator.runs.host_states import host_states
    from orchestrator.runs.past_hosts import PastHosts

    outputs = Outputs(csv=csv, delimiter=delimiter)
    outputs.check()
    known = host_states(run_folders(), looking_playbooks())
    for error in known.refused:
        complain(str(error))
    for said in known.notes:
        tell_aside(said)
    chosen = known.hosts
    if names:
        chosen = tuple({name.casefold(): _named(name, known.hosts) for name in names}.values())
    if limit is not None:
        groups = tuple(dict.fromkeys(group for host in chosen for group in host.groups))
        past = PastHosts()
        chosen = select(chosen, groups, limit, past)
        for said in past.notes:
            tell_aside(said)
    print_host_states(chosen, outputs.screen())
    raise typer.Exit(outputs.write(host_states_table(chosen)))


def _named(name: str, known: Sequence[HostState]) -> HostState:
    """The host of a name. Raises UsageError."""
    found = next((host for host in known if host.name.casefold() == name.casefold()), None)
    if found is None:
        hint = did_you_mean(name, [host.name for host in known]) or ""
        raise UsageError(f"no run that is kept had a host `{name}`{hint}")
    return found
