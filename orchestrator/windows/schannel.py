r"""Schannel's settings, asked for as a whole: which protocols have keys, and which parts of cipher suites are off.

An administrator, or a hardening tool, switches a cipher, a hash or a key exchange off by `Enabled` = 0 in its key
(MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings); every suite that needs it is then gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.windows import registry
from orchestrator.windows.command import Fact, Place, Reply
from orchestrator.windows.registry import Key

SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL"
PROTOCOLS = SCHANNEL + r"\Protocols"
PARTS = ("Ciphers", "Hashes", "KeyExchangeAlgorithms")


@dataclass(frozen=True)
class Schannel:
    r"""What is set.

    Attributes:
        protocols: The key of all protocols with the names below it; None where there is none.
        off: Parts of cipher suites that are switched off, as in `Ciphers\AES 128/128`.
    """

    protocols: Key | None
    off: tuple[str, ...]


def _parse(replies: Sequence[Reply]) -> Schannel:
    prefix = len(registry.long_name(SCHANNEL)) + 1
    keys = {key.path[prefix:]: key for key in registry.parse_keys(replies[0])}
    off = (path for path, key in keys.items() if path.count("\\") == 1 and key.number("Enabled") == 0)
    parts = {part.lower() for part in PARTS}
    return Schannel(_protocols(keys), tuple(path for path in off if path.partition("\\")[0].lower() in parts))


def _protocols(keys: Mapping[str, Key]) -> Key | None:
    below = [path.split("\\") for path in keys if path.partition("\\")[0].lower() == "protocols"]
    return Key(PROTOCOLS, {}, tuple(dict.fromkeys(parts[1] for parts in below if len(parts) > 1))) if below else None


SETTINGS: Fact[Schannel] = Fact("schannel", (registry.query(Place(SCHANNEL), "/s"),), _parse)
"""All of it in one answer, of a few kilobytes where a machine is hardened."""
