"""Which credentials last as long as a run: what no worker can have is refused, and what ends is told beforehand."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from orchestrator.app.requests import Request
from orchestrator.connect.tickets import Ticket, takes_ticket, ticket_of
from orchestrator.model.errors import SecretUnavailable
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.message import Message, message
from orchestrator.model.result import shown
from orchestrator.runs.worker_lock import known_worker

_PROMPT, _ENVIRONMENT, _KEY_RING = "prompt:", "env:", "keyring:"
_LASTING: Final = "keep it in a file that only you may read, and refer to it by `file:`"


@message("asked-for-again")
def _asked_again(reference: str) -> None: ...


@message("key-ring-ends")
def _key_ring_ends(reference: str) -> None: ...


@message("variable-ends")
def _variable_ends(name: str) -> None: ...


@message("agent-ends")
def _agent_ends(jump_host: str) -> None: ...


@message("ticket-ends")
def _ticket_ends(account: str, cache: str, ends: str) -> None: ...


def checked(hosts: Sequence[Host], request: Request) -> Sequence[Host]:
    """Looks whether a worker can have all that a run refers to, before anybody is asked for anything.

    Args:
        hosts: Those that are meant.
        request: What is wanted of them, with references of its own.

    Returns:
        The hosts whose secrets can be looked at here: there are some that the worker alone may read.

    Raises:
        SecretUnavailable: It cannot; the text says what to do.
    """
    worker = known_worker()
    variables: Collection[str] = worker.variables if worker else os.environ.keys()
    for reference, whose in (*_references(hosts), *_own(request)):
        if reference.startswith(_PROMPT):
            raise SecretUnavailable(
                f"`{reference}`, for {whose}: a worker has nobody to ask; {_LASTING}, or leave --detach out"
            )
        name = reference.removeprefix(_ENVIRONMENT)
        if name != reference and name in os.environ and name not in variables:
            raise SecretUnavailable(
                f"`{reference}`, for {whose}: the worker that is at work here has no such variable in its environment; "
                f"{_LASTING}, or give the worker the variable and start it anew"
            )
    for ticket, whose in _tickets(hosts):
        if not ticket.serves:
            what = f"has ended on {shown(ticket.ends)}" if ticket.ends else "is not there"
            raise SecretUnavailable(
                f"the Kerberos ticket in {ticket.cache}, for {whose}, {what}; get one with `kinit`, or name a keytab, "
                "which lasts"
            )
    return [host for host in hosts if not (worker and any(map(worker.alone_has, _references_of(host))))]


def notes(hosts: Sequence[Host], *, detached: bool) -> Iterator[Message]:
    """What a person should know beforehand of credentials that may not last as long as the run."""
    worker = known_worker() if detached else None
    for reference, _ in _references(hosts):
        if reference.startswith(_PROMPT):
            yield _asked_again(reference)
        elif detached and reference.startswith(_KEY_RING):
            yield _key_ring_ends(reference)
        elif detached and reference.startswith(_ENVIRONMENT) and not (worker and worker.stays):
            yield _variable_ends(reference.removeprefix(_ENVIRONMENT))
    if detached:
        yield from map(_agent_ends, dict.fromkeys(hop.name for host in hosts for hop in host.via if hop.agent))
    for ticket, _ in _tickets(hosts):
        if ticket.serves and ticket.ends:
            yield _ticket_ends(ticket.account, ticket.cache, shown(ticket.ends))


def _references(hosts: Sequence[Host]) -> Iterator[tuple[str, str]]:
    """Each reference to a secret, and whose it is: the first host that it is for, and how many more."""
    served: dict[str, list[str]] = {}
    for host in hosts:
        for reference in dict.fromkeys(_references_of(host)):
            served.setdefault(reference, []).append(host.name)
    for reference, names in served.items():
        yield reference, _whose(names)


def _own(request: Request) -> Iterator[tuple[str, str]]:
    """The same of what no host needs."""
    if request.state is not None:
        yield request.state, "the database of --state"
    for reference in request.notify:
        yield reference, "--notify"


def _references_of(host: Host) -> Iterator[str]:
    credential = host.credential
    for reference in (credential.password, credential.nt_hash, credential.key_password):
        if reference is not None:
            yield reference
    for hop in host.via:
        yield from hop.references


def _tickets(hosts: Sequence[Host]) -> Iterator[tuple[Ticket, str]]:
    """The tickets that log-ons would be made with, as far as that is known, and for whom."""
    served: dict[CredentialReference, list[str]] = {}
    for host in filter(takes_ticket, hosts):
        served.setdefault(host.credential, []).append(host.name)
    for credential, names in served.items():
        if (ticket := ticket_of(credential)) is not None:
            yield ticket, _whose(names)


def _whose(names: Sequence[str]) -> str:
    return f"{names[0]} and {len(names) - 1:,} more" if len(names) > 1 else names[0]
