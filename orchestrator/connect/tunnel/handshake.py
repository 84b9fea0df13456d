"""Why SSH does not begin with a jump host that answers: what it said in place of SSH, or algorithms not in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.connect.tunnel.transport import SshTransport
from orchestrator.model.errors import JumpHostDefers, JumpHostRefused, JumpHostUnreachable, TargetError
from orchestrator.model.host import JumpHost
from orchestrator.model.message import message
from orchestrator.model.showable import printable

LATER: Final = (b"Not allowed at this time", b"Exceeded MaxStartups")
"""What OpenSSH sends in place of its version when it takes nobody from here for a while, byte for byte and in no other
language (drop_connection in sshd.c; the latter before 9.8). SSH has no code for it, as there is no SSH yet."""
_SAID_CHARACTERS: Final = 200
_SHOWN_NAMES: Final = 12
_NAME: Final = re.compile("[!-~]{1,64}")
"""A name as RFC 4251, section 6, has it."""
_NO_ALGORITHM: Final = ("ext-info-", "kex-strict-")
"""What a list of key exchanges may hold beside them."""


@message("jump-host-no-ssh")
def _no_ssh(jump_host: str) -> None: ...


@message("jump-host-says-no-ssh", remedy=True)
def _says_no_ssh(jump_host: str, said: str) -> None: ...


@message("jump-host-old-ssh", remedy=True)
def _old_ssh(jump_host: str, version: str) -> None: ...


@message("jump-host-nothing-in-common", remedy=True)
def _nothing_in_common(jump_host: str, what: str, setting: str, offered: str, ours: str) -> None:
    """What is the kind of algorithm; setting is the keyword of sshd_config for it."""


@dataclass(frozen=True)
class _Kind:
    """Something that both sides have to agree on (RFC 4253, section 7.1).

    Attributes:
        what: What it is called in messages.
        setting: The keyword of sshd_config.
        lists: Under which names paramiko has what the server offers, in either direction.
        ours: What we have.
    """

    what: str
    setting: str
    lists: tuple[str, ...]
    ours: Callable[[SshTransport], Sequence[str]]

    def offered(self, all_lists: Mapping[str, Sequence[str]], ours: Sequence[str]) -> Sequence[str] | None:
        """What the server offers; None where something of it is ours, in either direction."""
        offers = (all_lists[name] for name in self.lists)
        return next((offer for offer in offers if not set(offer) & set(ours)), None)


_KINDS: Final = (
    _Kind("key-exchange", "KexAlgorithms", ("kex_algo_list",), lambda ours: ours.preferred_kex),
    _Kind("host-key", "HostKeyAlgorithms", ("server_key_algo_list",), lambda ours: ours.preferred_keys),
    _Kind(
        "cipher",
        "Ciphers",
        ("client_encrypt_algo_list", "server_encrypt_algo_list"),
        lambda ours: ours.preferred_ciphers,
    ),
    _Kind("mac", "MACs", ("client_mac_algo_list", "server_mac_algo_list"), lambda ours: ours.preferred_macs),
)


def failure_of(transport: SshTransport, hop: JumpHost) -> TargetError:
    """What a handshake came to nothing for, by what the server has sent.

    Returns:
        JumpHostDefers: It takes us later.
        JumpHostRefused: It speaks SSH, but none that we speak.
        JumpHostUnreachable: It is no SSH server, as far as can be seen.
    """
    if transport.offered is not None:
        return _in_common(transport, hop, transport.offered) or _unreachable(hop)
    said, version = _before_ssh(transport.first_words)
    if version and not version.startswith(("2.0-", "1.99-")):
        told = hop.name, version.partition("-")[0]
        return JumpHostRefused(_old_ssh(*told), remedy=_old_ssh.remedy(*told), jump_host=hop.name, address=hop.place)
    if not said or version:
        return _unreachable(hop)
    if transport.first_words.startswith(LATER):
        return JumpHostDefers(hop.name, said, hop.place)
    quoted = hop.name, said
    return JumpHostUnreachable(_says_no_ssh(*quoted), remedy=_says_no_ssh.remedy(*quoted), address=hop.place)


def _in_common(transport: SshTransport, hop: JumpHost, all_lists: Mapping[str, Sequence[str]]) -> TargetError | None:
    """That there is no algorithm of some kind in common; None where there is one of each."""
    for kind in _KINDS:
        ours = kind.ours(transport)
        offered = kind.offered(all_lists, ours)
        if offered is not None:
            told = hop.name, kind.what, kind.setting, _names(offered), ", ".join(ours)
            return JumpHostRefused(
                _nothing_in_common(*told),
                remedy=_nothing_in_common.remedy(*told),
                jump_host=hop.name,
                address=hop.place,
                offered=[name for name in offered if _NAME.fullmatch(name)],
                ours=list(ours),
            )
    return None


def _names(offered: Iterable[str]) -> str:
    """Names that a server has sent, as far as they are some."""
    names = [name for name in offered if _NAME.fullmatch(name) and not name.startswith(_NO_ALGORITHM)]
    return ", ".join(names[:_SHOWN_NAMES]) + (" …" if len(names) > _SHOWN_NAMES else "")


def _before_ssh(first: bytes) -> tuple[str, str]:
    """The line that a server has begun with, and its version without `SSH-`; empty where there is none."""
    lines = first.decode("utf-8", "replace").split("\n")
    version = next((line for line in lines if line.startswith("SSH-")), "")
    return printable(lines[0])[:_SAID_CHARACTERS], printable(version.removeprefix("SSH-"))[:_SAID_CHARACTERS]


def _unreachable(hop: JumpHost) -> JumpHostUnreachable:
    return JumpHostUnreachable(_no_ssh(hop.name), address=hop.place)
