"""Logging on to a jump host: with a key, the agent's keys, a password, or what the server asks for on top of a key.

Each is tried once. sshd counts refusals, and what stands behind it may lock the account; so the guard is asked before
a password is said. It is for the jump host's own account, unless a domain is written with the name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm

from orchestrator.connect.lockout.account import account_of, own_account
from orchestrator.connect.lockout.guard import Guard, Verdict
from orchestrator.connect.lockout.ledger import Proof
from orchestrator.connect.tunnel.transport import SshTransport
from orchestrator.model.errors import JumpHostRefused, UsageError
from orchestrator.model.host import JumpHost
from orchestrator.model.message import message
from orchestrator.model.secret import Secret

PUBLIC_KEY: Final = "publickey"
PASSWORD: Final = "password"  # noqa: S105 - the name that RFC 4252 gives to this way
QUESTIONS: Final = "keyboard-interactive"


class SecretSource(Protocol):
    """Where secrets come from at the moment of use."""

    def resolve(self, reference: str) -> Secret: ...


class Identities:
    """What we have to show at jump hosts; may be asked on any thread."""

    def __init__(self, secrets: SecretSource) -> None:
        self._secrets = secrets
        self._keys: dict[JumpHost, paramiko.PKey] = {}
        self._lock = threading.Lock()

    def check(self, hop: JumpHost) -> None:
        """Looks whether all that the inventory names is there.

        Raises:
            UsageError: A key cannot be used, there is no agent or it has no keys.
            SecretUnavailable: A reference leads to no secret.
        """
        for reference in hop.references:
            self._secrets.resolve(reference)
        self.key(hop)
        with self.agent_keys(hop) as keys:
            if hop.agent and not keys:
                raise UsageError(
                    f"the jump host `{hop.name}`: `agent` is true, but there is no SSH agent with keys here; "
                    "start one and add your key (`eval $(ssh-agent); ssh-add`), or name the file of the key with `key`"
                )

    def key(self, hop: JumpHost) -> paramiko.PKey | None:
        """The private key of the file that the inventory names. Raises as `check` does."""
        if hop.key is None:
            return None
        with self._lock:
            if hop not in self._keys:
                self._keys[hop] = self._read(hop)
            return self._keys[hop]

    @contextmanager
    def agent_keys(self, hop: JumpHost) -> Iterator[Sequence[paramiko.PKey]]:
        """The keys of the agent, which sign only inside the block; none where it is not to be used."""
        if not hop.agent:
            yield ()
            return
        agent = paramiko.Agent()
        try:
            yield agent.get_keys()
        finally:
            agent.close()

    def password(self, hop: JumpHost) -> Secret | None:
        return None if hop.password is None else self._secrets.resolve(hop.password)

    def _read(self, hop: JumpHost) -> paramiko.PKey:
        passphrase = None if hop.passphrase is None else self._secrets.resolve(hop.passphrase).reveal().encode()
        try:
            return paramiko.PKey.from_path(hop.key, passphrase)
        except OSError as error:
            raise UsageError(f"the jump host `{hop.name}`: {hop.key} cannot be read: {error.strerror}") from error
        except TypeError:
            todo = "say with `passphrase` what it is" if passphrase is None else "take `passphrase` away"
            state = "is encrypted" if passphrase is None else "is not encrypted"
            raise UsageError(f"the jump host `{hop.name}`: the key {hop.key} {state}; {todo}") from None
        except (ValueError, UnsupportedAlgorithm, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
            wrong = "" if passphrase is None else " with this passphrase"
            raise UsageError(
                f"the jump host `{hop.name}`: {hop.key} is not a private key of SSH that can be read{wrong}"
            ) from None


def log_on(transport: SshTransport, hop: JumpHost, identities: Identities, guard: Guard) -> None:
    """Logs on to a jump host whose key has been checked.

    Raises:
        JumpHostRefused: It does not let us in, and has said so.
        LogonWithheld: The account was refused so often that it may be locked by another time.
        paramiko.SSHException, EOFError, OSError: The connection broke before that.
    """
    wanted = _offered(transport, hop)
    try:
        if PUBLIC_KEY in wanted:
            wanted = _show_keys(transport, hop, identities, wanted)
        password = identities.password(hop)
        if (PASSWORD in wanted or QUESTIONS in wanted) and password is not None:
            wanted = _say_password(transport, hop, password, wanted, guard)
    finally:
        if transport.auth_handler is not None:  # which lives as long as the connection
            transport.auth_handler.password = transport.auth_handler.private_key = None
    if not transport.is_authenticated():
        raise _refusal(hop, wanted)


def _offered(transport: SshTransport, hop: JumpHost) -> Sequence[str]:
    """The ways to log on that the server offers."""
    try:
        with _refusals(transport):
            transport.auth_none(hop.username)
    except paramiko.BadAuthenticationType as error:
        return list(error.allowed_types)
    except paramiko.AuthenticationException:
        pass
    return ()


def _show_keys(transport: SshTransport, hop: JumpHost, identities: Identities, wanted: Sequence[str]) -> Sequence[str]:
    """Shows our keys until one is accepted; what the server wants next."""
    with identities.agent_keys(hop) as of_agent:
        own = identities.key(hop)
        for key in (*([own] if own else ()), *of_agent):
            try:
                with _refusals(transport):
                    return list(transport.auth_publickey(hop.username, key))
            except paramiko.AuthenticationException:
                if not transport.is_active():
                    raise _refusal(hop, wanted) from None
    return wanted


def _say_password(
    transport: SshTransport, hop: JumpHost, password: Secret, wanted: Sequence[str], guard: Guard
) -> Sequence[str]:
    """Gives the password in the way that the server wants it; what it wants next. Raises LogonWithheld."""
    place = hop.place
    account = account_of(hop.username, place) or own_account(hop.username, f"ssh {place}")
    proof = Proof(password.origin or str(hop.password), password.version)
    permit = guard.enter(account, hop.username, proof, place, hurried=False)
    verdict = Verdict.LOST
    try:
        with _refusals(transport):
            if PASSWORD in wanted:
                wanted = transport.auth_password(hop.username, password.reveal(), fallback=False)
            else:
                wanted = transport.auth_interactive(hop.username, _AnswerOnce(password.reveal()))
        verdict = Verdict.ACCEPTED
    except paramiko.AuthenticationException:
        verdict = Verdict.REFUSED
    finally:
        permit.end(verdict)
    return list(wanted)


class _AnswerOnce:
    """Answers the one question for a password; whoever asks more than that is not answered."""

    def __init__(self, password: str) -> None:
        self._password: str | None = password

    def __call__(self, _title: str, _instructions: str, questions: Sequence[tuple[str, bool]]) -> list[str]:
        if not questions:
            return []
        if len(questions) > 1 or self._password is None:
            raise _AskedTooMuch
        answer, self._password = self._password, None
        return [answer]


class _AskedTooMuch(paramiko.AuthenticationException):  # type: ignore[misc]
    """The server asks for more than a password."""


@contextmanager
def _refusals(transport: SshTransport) -> Iterator[None]:
    """Lets through as AuthenticationException only what the server has said, not a connection that broke."""
    try:
        yield
    except _AskedTooMuch:
        raise
    except paramiko.AuthenticationException as error:
        if transport.is_active() or transport.dismissed:
            raise
        raise EOFError from error


@message("jump-host-logon-refused", remedy=True)
def _let_nobody_in(jump_host: str, user: str, shown: str, ways: str) -> None: ...


def _refusal(hop: JumpHost, wanted: Sequence[str]) -> JumpHostRefused:
    shown = [
        *(["the key " + hop.key.name] if hop.key else []),
        *(["the agent's keys"] if hop.agent else []),
        *(["the password"] if hop.password else []),
    ]
    ways = ", ".join(word for word in (PUBLIC_KEY, PASSWORD, QUESTIONS) if word in wanted) or "no way that we know"
    told = hop.name, hop.username, " or ".join(shown), ways
    return JumpHostRefused(
        _let_nobody_in(*told),
        remedy=_let_nobody_in.remedy(*told),
        jump_host=hop.name,
    )
