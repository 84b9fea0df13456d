"""Kerberos acceptor of a machine in a domain, on MIT Kerberos: tokens plain or inside SPNEGO, checked with its keytab.

Needs the package gssapi and MIT's library; only labs with a realm import this. Services are not told apart: a ticket
for any principal of the computer will do, as Windows accepts HTTP/name for what Active Directory has as HOST/name.
"""

from pathlib import Path
from typing import Any, Final

import gssapi
from gssapi.raw import ChannelBindings, wrap_iov
from gssapi.raw.message import unwrap
from gssapi.raw.misc import GSSError

from sspr_lab.winrm.acceptor import Logon, LogonRefused, SealBroken, Step
from sspr_lab.winrm.channel import Channel

_CHANNEL_BOUND: Final = 2048  # GSS_C_CHANNEL_BOUND_FLAG


class KerberosAcceptor:
    """One authentication of one TCP connection; see `acceptor.Acceptor`.

    Args:
        keytab: the keys of the machine, perhaps among others'.
        computer_name: the machine's.
        channel: what the channel bindings in the authenticator's checksum are held against. MIT itself refuses wrong
            ones and lets those in that are missing (Windows' Relaxed).
    """

    def __init__(self, keytab: Path, computer_name: str, channel: Channel) -> None:
        self._computer_name = computer_name
        self._channel = channel
        # Whoever runs a lab has no replay cache of ours to keep; Windows' lives in the memory of LSASS.
        credentials = gssapi.Credentials(usage="accept", store={"keytab": f"FILE:{keytab}", "rcache": "none:"})
        bindings = ChannelBindings(application_data=channel.binding) if channel.matters else None
        self._context: Any = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=bindings)
        setattr(self._context, "__DEFER_STEP_ERRORS__", False)  # noqa: B010 - not in the library's stubs

    def step(self, token: bytes) -> Step:
        try:
            answer = self._context.step(token) or b""
            if not self._context.complete:
                return Step(answer)
            user, _, realm = str(self._context.initiator_name).rpartition("@")
            service = str(self._context.target_name).rpartition("@")[0]
        except GSSError as error:
            raise LogonRefused from error
        if service.partition("/")[2].partition(".")[0].upper() != self._computer_name.upper():
            raise LogonRefused  # another computer's ticket: a real machine could not even open it
        is_bound = int(self._context.actual_flags) & _CHANNEL_BOUND
        if self._channel.matters and self._channel.hardening == "strict" and not is_bound:
            raise LogonRefused
        domain = realm.partition(".")[0].upper()
        return Step(answer, Logon(domain, user, _KerberosSealing(self._context), by_domain=True))


class _KerberosSealing:
    """RFC 4121 tokens in the order in which Windows lays them out: all that is not the message goes before it."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        buffers = gssapi.raw.IOV(gssapi.raw.IOVBufferType.header, message, std_layout=False)
        wrap_iov(self._context, buffers, confidential=True)
        return buffers[1].value or b"", buffers[0].value or b""

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        try:
            opened = unwrap(self._context, signature + sealed)
        except GSSError as error:
            raise SealBroken from error
        if not opened.encrypted:
            raise SealBroken
        message: bytes = opened.message
        return message
