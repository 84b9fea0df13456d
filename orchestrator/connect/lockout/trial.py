"""One log-on as it passes the guard: asks for it right before the proof goes out, and tells what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.connect.credentials import Secrets
from orchestrator.connect.lockout.account import Account, Told, account_of, own_account, told_by, upcased
from orchestrator.connect.lockout.guard import Guard, Permit, Verdict
from orchestrator.connect.lockout.ledger import Proof
from orchestrator.model.clock import uptime
from orchestrator.model.errors import AnotherMachine
from orchestrator.model.host import Host
from orchestrator.model.showable import printable
from orchestrator.windows import computer_name

FRESH_SECONDS: Final = 30.0
"""How old a CHALLENGE may be when it is answered; a host ends connections that are idle for two minutes."""


class ChallengeStale(Exception):
    """The turn has come after so long that the host may have left: to be tried again on a new connection, at once."""


class Trial:
    """A log-on to one host: one proof, on a second connection where the first has waited too long for its turn.

    Nothing is shown to a host that calls itself otherwise than the machine that is meant.

    Args:
        guard: Who gives leave.
        host: Whom to log on to.
        secrets: What its credential refers to.

    Attributes:
        named: Whether the host has called itself what the machine that is meant is called.
    """

    def __init__(self, guard: Guard, host: Host, secrets: Secrets) -> None:
        self.named = False
        self._guard, self._host = guard, host
        self._name = host.credential.username or ""
        self._proof = _proof(host, secrets)
        self._permit: Permit | None = None
        self._waited = 0.0
        self._waiting_since: float | None = None

    @property
    def waited(self) -> float:
        """Seconds that it has waited for its turn so far; may be asked on any thread."""
        since = self._waiting_since
        return self._waited + (0.0 if since is None else uptime() - since)

    @property
    def seconds(self) -> float | None:
        """How long the answer to the proof may take; None while none is on its way."""
        return None if self._permit is None else self._permit.seconds

    def look(self) -> None:
        """To be called before there is a connection. Raises LogonWithheld where nobody can log on any more."""
        account = account_of(self._name, self._host.place)
        if self._proof is not None and account is not None and self._host.logon != "basic":
            self._guard.look(account, self._host.credential.account, self._proof)

    def challenged(self, token: bytes) -> None:
        """Asks when a token has a CHALLENGE in it, since the proof is what answers that.

        Raises:
            AnotherMachine: It is of another machine than the one that is meant.
            ChallengeStale: It has our turn by now, and the same token no longer serves.
            LogonWithheld, LogonsNotKept: As `Guard.enter` does.
        """
        told = told_by(token)
        if told is None or self._permit is not None:
            return
        self._compare(told)
        waited = self._waited
        self._ask(account_of(self._name, self._host.place, told))
        if self._waited - waited > FRESH_SECONDS:
            raise ChallengeStale

    def _compare(self, told: Told) -> None:
        meant = self._host.meant
        if meant is None or not told.name:
            return
        if not computer_name.same(meant, told.name):
            raise AnotherMachine(printable(told.name), meant)
        self.named = True

    def before_domain(self) -> None:
        """Asks for a log-on at the domain itself, which no host has a part in. Raises as `Guard.enter`."""
        account = account_of(self._name, self._host.place)
        self._ask(account or Account(upcased(self._name or self._host.credential.proof)), hurried=False)

    def before_host(self) -> None:
        """Asks for a log-on that names the account and the password at once. Raises as `Guard.enter`."""
        account = account_of(self._name, self._host.place)
        self._ask(account or own_account(self._name, self._host.place))

    @contextmanager
    def judged(self, verdict_of: Callable[[BaseException], Verdict]) -> Iterator[None]:
        """A log-on that asks inside the block has succeeded when the block ends, or else ended as is told of errors."""
        try:
            yield
        except ChallengeStale:
            raise
        except BaseException as error:
            self._end(verdict_of(error))
            raise
        self._end(Verdict.ACCEPTED)

    def leave(self) -> None:
        """Gives a turn back that was not used."""
        self._end(Verdict.UNJUDGED)

    def _ask(self, account: Account | None, *, hurried: bool = True) -> None:
        if self._proof is None or account is None:
            return
        self._waiting_since = began = uptime()
        try:
            self._permit = self._guard.enter(
                account, self._host.credential.account, self._proof, self._host.place, hurried=hurried
            )
        finally:
            self._waited += uptime() - began
            self._waiting_since = None

    def _end(self, verdict: Verdict) -> None:
        permit, self._permit = self._permit, None
        if permit is not None:
            permit.end(verdict)


def _proof(host: Host, secrets: Secrets) -> Proof | None:
    """What is shown that somebody could refuse; None for certificates and tickets, which lock no account."""
    secret = secrets.password or secrets.nt_hash
    if secret is not None:
        return Proof(secret.origin or host.credential.proof, secret.version)
    keytab = host.credential.keytab
    return None if keytab is None else Proof(f"keytab:{keytab}", _edition(keytab))


def _edition(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_ino}/{found.st_mtime_ns}"
