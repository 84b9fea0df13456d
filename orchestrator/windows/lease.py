r"""The lease of a host: which run may change it, kept on the host itself, where every coordinator can see it.

    %SystemRoot%\SsprOrchestrator\lease\           made by `md`: of several who try at once, one makes it
        0123456789abcdef.20261122-130501-9f3c\     its mark: the coordinator and the run that hold it
            owner.txt                              who that is, since when, and until when by the host's own clock

A lease that is of no use any more is renamed to its next holder's mark: of several who try, one finds the old name,
and none takes away what another has taken meanwhile. To hold it is to be able to write below one's own mark. So every
change begins with writing `owner.txt` anew, which fails where the mark has gone, and renews the lease where it has not.

What is sent here stands in front of other commands in one command line and ends that line where the lease is another's;
then it has shown whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.model.message import phrase
from orchestrator.windows import moments
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness
from orchestrator.windows.job import ROOT
from orchestrator.windows.transfer import CMD

FOLDER: Final = rf"{ROOT}\lease"
LEASE_SECONDS: Final = 600
"""How long a lease lasts that nobody renews, beyond the exchange in which it was renewed."""
OWNERLESS_SECONDS: Final = 120
"""How long a lease that tells no owner is left alone: whoever takes one writes that down in the same command line."""
LONGEST_OPENING: Final = 820
LONGEST_LOOK: Final = 620
"""Characters that are put in front of changes, and of questions, at most."""

_MD = Evidence(
    "md, ren, rd: learn.microsoft.com windows-commands; CreateDirectory fails with ERROR_ALREADY_EXISTS, "
    "RemoveDirectory takes empty folders only, MoveFile fails where the new name exists or the old one does not: "
    "learn.microsoft.com/windows/win32/fileio; that of several at once just one succeeds follows from it",
    Sureness.INFERRED,
)
_REDIRECTED = Evidence(
    "cmd.exe internal commands: learn.microsoft.com windows-commands; that a redirection makes the file but no folder, "
    "and that `exit` ends cmd.exe in the middle of a line, is public in descriptions of its parser",
    Sureness.REPORTED,
)
_REFUSED_CODE: Final = 9
_MARK = re.compile(r"(?P<coordinator>[0-9a-f]{16})\.(?P<run>[-A-Za-z0-9._]{1,80})")
_PLAIN = re.compile(r"\w[-\w .]{0,79}", re.ASCII)
_OWNER = re.compile(
    r"sspr-lease (?P<since>[0-9]{8}T[0-9]{6}Z) (?P<until>[0-9]{8}T[0-9]{6}Z) (?P<who>\S+) (?P<where>\S+)"
)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_LONGEST_NAME: Final = 60

_GIVE_BACK = phrase("change-give-lease-back")
_BREAK = phrase("change-break-lease")


@dataclass(frozen=True)
class Holder:
    """A run as its leases name it.

    Attributes:
        coordinator: 16 hex digits that no other coordinator has.
        run: The run's identifier.
        account: Who runs it.
        computer: Where.
    """

    coordinator: str
    run: str
    account: str
    computer: str

    def __post_init__(self) -> None:
        if not _MARK.fullmatch(self.mark):
            raise ValueError(f"no mark of a lease: {self.mark!r}")

    @property
    def mark(self) -> str:
        return f"{self.coordinator}.{self.run}"


@dataclass(frozen=True)
class Lease:
    """A lease as it is found on a host; what tells no owner has nothing but perhaps a mark.

    Attributes:
        mark: The name of what is in its folder; None where that is nothing, or nothing that could be renamed.
        account: Who holds it.
        computer: Where that is.
        since: From when on, by the host's clock, UTC.
        until: Until when unless it is renewed, likewise.
    """

    mark: str | None = None
    account: str | None = None
    computer: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def coordinator(self) -> str | None:
        """The coordinator of its holder; None where that is not known."""
        return self._named("coordinator")

    @property
    def run(self) -> str | None:
        """The run that holds it; None where that is not known."""
        return self._named("run")

    def _named(self, part: str) -> str | None:
        match = _MARK.fullmatch(self.mark or "")
        return match[part] if match else None


def untouched(holder: Holder, passed_over: str | None, marker: str) -> Command:
    """Stands in front of questions: ends the command line while somebody else holds the host.

    Args:
        holder: Who asks.
        passed_over: A mark that is of no use any more.
        marker: A word that no output contains.
    """
    ours = [mark for mark in (holder.mark, passed_over) if mark]
    conditions = "".join(f'if not exist "{FOLDER}\\{mark}\\" ' for mark in ours)
    return Command(f'(if exist "{FOLDER}\\" {conditions}({_refusal(marker)}))', CMD, accepts=None)


def held(holder: Holder, since: datetime, until: datetime, marker: str) -> Command:
    """Stands in front of changes: renews the lease, or ends the command line where it is not the holder's."""
    owner = f"sspr-lease {since:{_TIME}} {until:{_TIME}} {_spoken(holder.account)} {_spoken(holder.computer)}"
    path = rf"{FOLDER}\{holder.mark}\owner.txt"
    line = f'>"{path}" echo {owner}&(if not exist "{path}" ({_refusal(marker)}))'
    return Command(line, _REDIRECTED, accepts=None)


def taken(holder: Holder) -> Command:
    """Takes the lease if nobody has it; `held` follows."""
    return Command(f'md "{FOLDER}" 2>nul&(if not errorlevel 1 md "{FOLDER}\\{holder.mark}")', _MD, accepts=None)


def taken_over(holder: Holder, mark: str | None) -> Command:
    """Takes the lease from this mark, or, None, where there is none; `held` follows."""
    if mark is None:
        return Command(f'rd "{FOLDER}" 2>nul&{taken(holder).line}', _MD, accepts=None)
    return Command(f'ren "{FOLDER}\\{mark}" "{holder.mark}" 2>nul', _MD, accepts=None)


_SHOW: Final = (
    f'(if exist "{FOLDER}\\" echo lease)&dir /b /ad "{FOLDER}" 2>nul'
    f'&for /d %i in ("{FOLDER}\\*") do @type "%i\\owner.txt" 2>nul'
)


def _refusal(marker: str) -> str:
    return f"echo @{marker} refused&({_SHOW})&echo @{marker} shown&exit {_REFUSED_CODE}"


@dataclass(frozen=True)
class Refusal:
    """A command line was ended because the lease is not the asker's; `lease` is None where there is none at all."""

    lease: Lease | None


def refusal(output: str, marker: str) -> Refusal | None:
    """What a command line says that was ended by `untouched` or `held`; None of one that was not."""
    _, ended, behind = output.partition(f"@{marker} refused\n")
    shown, _, _ = behind.partition(f"@{marker} shown\n")  # what is behind it is what cmd.exe complained of
    return Refusal(_parse(shown.split("\n"))) if ended else None


def _parse(lines: Sequence[str]) -> Lease | None:
    if not lines or lines[0].strip() != "lease":
        return None
    found = Lease()
    for line in (each.strip() for each in lines[1:]):
        owner = _OWNER.fullmatch(line)
        if owner and found.mark and found.since is None:
            return _owned(found.mark, owner)
        if found.mark is None and _PLAIN.fullmatch(line):
            found = Lease(line)
    return found


def _owned(mark: str, owner: re.Match[str]) -> Lease:
    since, until = (moments.read(owner[name]) for name in ("since", "until"))
    if since is None or until is None:
        return Lease(mark)
    return Lease(mark, _read(owner["who"]), _read(owner["where"]), since, until)


def _spoken(text: str) -> str:
    """`text` in characters that mean nothing to cmd.exe; others by their UTF-8, as in quoted-printable."""
    characters = (each if re.fullmatch(r"[-A-Za-z0-9._@\\]", each) else _escaped(each) for each in text[:_LONGEST_NAME])
    return "".join(characters)[:_LONGEST_NAME] or "-"


def _escaped(character: str) -> str:
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8", "replace"))


def _read(text: str) -> str:
    """What `_spoken` has written; what a host says besides comes without control characters and no longer."""
    content = re.sub(rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())
    return "".join(each for each in content.decode("utf-8", "replace") if each.isprintable())[:_LONGEST_NAME]


STANDING: Fact[Lease | None] = Fact("lease", (Command(_SHOW, CMD, accepts=None),), lambda replies: _answer(replies[0]))
"""The lease of a host, whosoever it is; None while nobody has it."""


def _answer(reply: Reply) -> Lease | None:
    return _parse(reply.lines)


def give_back(holder: Holder) -> Change:
    """Gives the lease back; what is not the holder's stays."""
    line = f'rd /s /q "{FOLDER}\\{holder.mark}" 2>nul&&rd "{FOLDER}" 2>nul&rd "{ROOT}" 2>nul'
    return Change(_GIVE_BACK(), (Command(line, _MD, accepts=None),))


def broken(lease: Lease) -> Change:
    """Takes a lease away, whosoever it is: first it is renamed, so that nobody holds it, then it goes.

    Where it has a mark, only that very lease; what another run has taken meanwhile stays.
    """
    above, name, gone = (FOLDER, lease.mark, FOLDER) if lease.mark else (ROOT, "lease", rf"{ROOT}\broken")
    line = f'ren "{above}\\{name}" broken 2>nul&(if exist "{above}\\broken\\" rd /s /q "{gone}")&rd "{ROOT}" 2>nul'
    return Change(_BREAK(), (Command(line, _MD, accepts=None),))
