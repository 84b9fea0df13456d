"""What an earlier run was to do, made ready to be done again on those of its hosts that did not end well."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from orchestrator.app.notification import receivers
from orchestrator.app.prepare import PreparedRun, at_work, secrets_of
from orchestrator.app.resume import ResumeRun, told_as_before
from orchestrator.inventory.patterns import Inventory
from orchestrator.model.message import Message
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.kept import read_kept_run
from orchestrator.runs.kept_files import check_kept_files
from orchestrator.runs.past_hosts import NOT_OK, PastHosts, ended_as
from orchestrator.runs.store import known_of


def retry(
    folder: RunFolder,
    endings: Collection[str] = (NOT_OK,),
    *,
    limit: str | None = None,
    forks: int | None = None,
    into: Path | None = None,
    new_password: bool = False,
    notify: Sequence[str] = (),
) -> PreparedRun:
    """A new run of the playbook, the settings and the files that an earlier one kept; secrets are had anew.

    Args:
        folder: Where the earlier one is kept.
        endings: Outcomes of hosts that are tried again, or `not-ok`; no others are.
        limit: A pattern that chooses among these.
        forks: How many hosts are at work at the same moment, where that is to be another number than before.
        into: Where the new one keeps what it leaves; None for a new folder below the state folder.
        new_password: Whether passwords are new since, whose refused log-ons do not count then.
        notify: Who is told of its end, where that is to be others than before.

    Raises:
        UsageError: It is at work, it keeps nothing to go by, no host of it ended so, or something that it needs cannot
            be used.
    """
    if being_written(folder.journal):
        raise at_work(folder)
    if into:
        RunFolder(into).check()
    run = read_kept_run(folder)
    notes: list[Message] = []
    names = {host.name for host in ended_as(known_of(folder, notes.append), endings)}
    check_kept_files(run.files)
    hosts = tuple(host for host in run.hosts if host.name in names)
    limited = sorted(run.rollout.limits.groups)
    groups = tuple(dict.fromkeys((*(group for host in hosts for group in host.groups), *limited)))
    inventory = Inventory(run.inventory, hosts, groups, run.unanswered)
    past = PastHosts()
    chosen = inventory.select(limit, past)
    told, untold = (receivers(notify), ()) if notify else told_as_before(run.notify)
    pattern = limit or ",".join(f"@{run.id}:{ending}" for ending in endings)
    first = run.rollout.waves[0] if run.rollout.strategy.canary else ()
    canary = tuple(host.name for host in chosen if host.name in first)
    request = ResumeRun.of(run, into, forks, notify, new_password=new_password, limit=pattern, canary=canary)
    playbook = request.as_playbook()
    secrets = secrets_of(chosen, run.inventory, request)
    return PreparedRun(
        request,
        playbook,
        playbook.steps,
        inventory,
        chosen,
        secrets,
        told=told,
        untold=untold,
        notes=(*notes, *past.notes),
    )
