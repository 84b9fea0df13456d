"""NTLM by other hands: an acceptor on MIT Kerberos' GSSAPI with the mechanism plug-in gss-ntlmssp.

Both are C and share no line with the lab's own NTLM, nor with pyspnego, on which all the clients under test are built.
The mechanism reads its accounts from the file that NTLM_USER_FILE names and its own name from the environment of the
process, so that a lab with it runs in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import gssapi
from gssapi.raw.misc import GSSError

from sspr_lab.winrm.acceptor import Logon, LogonRefused, SealBroken, Step
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.logons import Logons

SIGNATURE_BYTES = 16
"""What a wrapped message of NTLM begins with (MS-NLMP 2.2.2.9)."""


class GssAcceptor:
    """One authentication of one TCP connection; see `sspr_lab.winrm.acceptor.Acceptor`."""

    def __init__(self, logons: Logons, channel: Channel) -> None:
        assert not channel.matters, "these labs listen on plain HTTP"
        self._name = logons.identity.computer_name
        self._context = _context()

    def step(self, token: bytes) -> Step:
        os.environ["NETBIOS_COMPUTER_NAME"] = os.environ["NETBIOS_DOMAIN_NAME"] = self._name
        try:
            answer = self._context.step(token) or b""
            if not self._context.complete:
                return Step(answer)
            # gss-ntlmssp 1.2 counts the C string's end as a part of the name
            domain, _, user = str(self._context.initiator_name).rstrip("\0").rpartition("\\")
        except GSSError as error:
            raise LogonRefused from error
        return Step(answer, Logon(domain, user, _GssSealing(self._context)))


class _GssSealing:
    """GSS_Wrap and GSS_Unwrap of an established context."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        wrapped = self._context.wrap(message, encrypt=True)
        assert wrapped.encrypted, "the mechanism agreed on a context without confidentiality"
        return wrapped.message[SIGNATURE_BYTES:], wrapped.message[:SIGNATURE_BYTES]

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        try:
            message: bytes = self._context.unwrap(signature + sealed).message
        except GSSError as error:
            raise SealBroken from error
        return message


def _context() -> Any:
    """A context for a client; its steps raise their own errors, not those of the step before."""
    context: Any = gssapi.SecurityContext(usage="accept")
    setattr(context, "__DEFER_STEP_ERRORS__", False)  # noqa: B010 - not in the library's stubs
    return context


def know_accounts(file: Path, credentials: Mapping[str, str], computers: Iterable[str]) -> None:
    """Make the accounts known to the mechanism, in this process and from now on.

    Args:
        file: where to write them, passwords and all; for the owner's eyes only.
        credentials: password by account name, as `Logons` takes them.
        computers: the names of the machines that the local accounts belong to.
    """
    lines = []
    for account, password in credentials.items():
        domain, _, user = account.rpartition("\\")
        lines += [f"{each}:{user}:{password}\n" for each in ([domain] if domain else computers)]
    file.touch(mode=0o600)
    file.write_text("".join(lines), encoding="utf-8")
    os.environ["NTLM_USER_FILE"] = str(file)
    os.environ["LM_COMPAT_LEVEL"] = "5"  # NTLMv2 or nothing
