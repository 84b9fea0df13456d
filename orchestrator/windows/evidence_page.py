"""docs/evidence.md: every command line and registry value that we rely on, with its source and how sure it is.

What testifies to them besides their sources is the tests' to know: python -m tests.evidence > docs/evidence.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestrator.windows import beliefs, boot, branches, catalogue, product, provider, tls, windows10
from orchestrator.windows.command import Change, Command, Evidence, Sureness


@dataclass(frozen=True)
class Row:
    """A command line as a reader is shown it, the module it belongs to and what it is for."""

    module: str
    line: str
    purpose: str
    command: Command


@dataclass(frozen=True)
class Testimony:
    """What speaks for a row besides its source: a run on Wine, an output that somebody published; in a word each."""

    wine: str
    recorded: str


@dataclass(frozen=True)
class RegistryValue:
    """A value, or a key where `name` is None, and what we take it to say."""

    key: str
    name: str | None
    meaning: str
    evidence: Evidence


_SCHANNEL = Evidence("MicrosoftDocs/windowsserverdocs, security/tls/tls-registry-settings", Sureness.DOCUMENTED)
_WINHTTP = Evidence("KB3140245", Sureness.DOCUMENTED)
_SSPR = Evidence("learn.microsoft.com, howto-sspr-windows", Sureness.DOCUMENTED)
_RESTART_SIGNS = Evidence("consistent in public administration scripts and modules", Sureness.REPORTED)
_VERSION = Evidence("known from experience", Sureness.REMEMBERED)
_INSTALLER = Evidence("MicrosoftDocs/win32, Msi/uninstall-registry-key", Sureness.DOCUMENTED)
_COM = Evidence("MicrosoftDocs/win32, com/inprocserver32", Sureness.DOCUMENTED)
_OURS = Evidence("written and read by us alone", Sureness.DOCUMENTED)

REGISTRY_VALUES = (
    RegistryValue(tls.CLIENT, "Enabled", "0: TLS 1.2 is switched off; any other number: it may be used", _SCHANNEL),
    RegistryValue(tls.CLIENT, "DisabledByDefault", "not 0: only programs that ask for TLS 1.2 get it", _SCHANNEL),
    RegistryValue(tls.SERVER, "Enabled", "the same for connections from outside", _SCHANNEL),
    RegistryValue(tls.SERVER, "DisabledByDefault", "the same for connections from outside", _SCHANNEL),
    RegistryValue(
        tls.WINHTTP, "DefaultSecureProtocols", "bits of the protocols WinHTTP offers; 0x800: TLS 1.2", _WINHTTP
    ),
    RegistryValue(
        tls.WINHTTP_WOW64, "DefaultSecureProtocols", "the same for 32-bit programs on a 64-bit Windows", _WINHTTP
    ),
    RegistryValue(provider.PROVIDER, None, "there: the add-in's credential provider is registered", _SSPR),
    RegistryValue(provider.PROVIDER, "EnableLogging", "1: the add-in writes its verbose log; 0: it does not", _SSPR),
    RegistryValue(provider.INPROC_SERVER, "(default)", "the provider's DLL", _COM),
    RegistryValue(provider.PROVIDERS, None, "subkeys: all credential providers, by CLSID", _SSPR),
    RegistryValue(
        provider.FILTERS,
        None,
        "subkeys: filters, which can hide providers",
        Evidence("credential provider samples and reports", Sureness.REPORTED),
    ),
    RegistryValue(provider.POLICIES_SYSTEM, "EnableLUA", "0: User Account Control is off", _SSPR),
    RegistryValue(product.UNINSTALL, None, "subkey by product code: the product is installed", _INSTALLER),
    RegistryValue(product.UNINSTALL_WOW64, None, "the same for 32-bit packages on a 64-bit Windows", _INSTALLER),
    RegistryValue(
        product.PRODUCTS,
        "PackageName",
        "in SourceList below a packed product code: file name of the package it was installed from",
        Evidence("known from experience", Sureness.REMEMBERED),
    ),
    RegistryValue(boot.CBS, "RebootPending", "subkey there: servicing waits for a restart", _RESTART_SIGNS),
    RegistryValue(
        boot.CBS, "RebootInProgress, PackagesPending", "subkey there: servicing is under way", _RESTART_SIGNS
    ),
    RegistryValue(boot.WINDOWS_UPDATE, None, "there: Windows Update waits for a restart", _RESTART_SIGNS),
    RegistryValue(
        boot.SESSION_MANAGER,
        "PendingFileRenameOperations",
        "files that are replaced at the next start; a weak sign",
        _RESTART_SIGNS,
    ),
    RegistryValue(boot.ACTIVE_NAME, "ComputerName", "the computer's name now", _RESTART_SIGNS),
    RegistryValue(boot.NEXT_NAME, "ComputerName", "its name after the next start", _RESTART_SIGNS),
    RegistryValue(
        boot.WINRM_SERVICE,
        "Start",
        "2: WinRM starts by itself; 3: by hand; 4: never",
        Evidence("MicrosoftDocs/win32, winsvc ChangeServiceConfig (dwStartType)", Sureness.DOCUMENTED),
    ),
    RegistryValue(
        boot.AUTO_LOGON_CHECKED,
        None,
        "there: the log-on screen has come up since the start",
        Evidence("ansible.windows 1.6.0 relies on it; seen on Windows 7 in public reports", Sureness.REPORTED),
    ),
    RegistryValue(
        branches.CURRENT_VERSION,
        "CurrentVersion, CurrentMajorVersionNumber, CurrentBuild, CSDVersion, EditionID, InstallationType, ProductName",
        "which Windows this is",
        _VERSION,
    ),
    RegistryValue(branches.ENVIRONMENT, "PROCESSOR_ARCHITECTURE", "AMD64 or x86", _VERSION),
    RegistryValue(
        windows10.POLICY, windows10.ALLOW, "1: Windows 10 lets people reset passwords at its log-on screen", _SSPR
    ),
    RegistryValue(
        windows10.MANAGED,
        windows10.MANAGED_ALLOW,
        "the same, set by a device management",
        Evidence("MicrosoftDocs, Policy CSP Authentication; where Windows keeps it: public scripts", Sureness.INFERRED),
    ),
    RegistryValue(
        windows10.JOIN_INFO,
        "TenantId",
        "in a subkey each: the directories in the cloud that the device is joined to",
        Evidence("consistent in public administration scripts", Sureness.REPORTED),
    ),
    RegistryValue(
        windows10.TCPIP,
        "Domain",
        "the domain of a member; in a workgroup usually empty",
        Evidence("consistent in public administration scripts", Sureness.REPORTED),
    ),
    *(
        RegistryValue(
            policy.key,
            policy.name,
            f"1: keeps Windows 10's password reset from working ({policy.editions})",
            policy.path,
        )
        for policy in windows10.POLICIES
    ),
    RegistryValue(
        windows10.POLICIES_SYSTEM,
        "DisableCAD",
        "0: Ctrl+Alt+Del is asked for; keeps password reset from working before version 1809 (2019)",
        windows10.CAD_PATH,
    ),
    RegistryValue(
        windows10.WINLOGON,
        "Shell",
        "not explorer.exe: keeps Windows 10's password reset from working (2019, 2025)",
        windows10.SHELL_PATH,
    ),
    RegistryValue(boot.OURS, boot.AWAITING, "the boot whose end a change of ours waits for", _OURS),
    RegistryValue(boot.OURS, boot.SCHEDULED, "the boot that we have scheduled the end of, and when", _OURS),
)

_INTRODUCTION = """\
# Evidence

Every command line that the orchestrator can run on a host, and every registry value that it relies on: what for, why
we believe that Windows does what we expect, and how sure that is.

**Nothing here was seen on a real Windows machine by us, unless the row says so.** `sspr doctor` runs what is believed
here against one real machine and prints what differs. How sure:

| word | meaning |
|---|---|
| documented | read in a primary source: Microsoft's documents or a protocol specification |
| reported | seen in other people's reports or code; consistent, but no primary source |
| inferred | follows from documented or reported facts |
| remembered | known from experience and seen in no source; the first to doubt when something is off |

A row is as sure as the least sure thing that it relies on. Where a host answers what we do not know, its step fails and
says so; nothing is guessed.

Several commands are sent as one line of cmd.exe, at most 8,000 characters long. Each stands in parentheses, and a
marker, another one each time, separates the outputs and brings the exit code:
`(<command>)&call echo @<marker> %^errorlevel%`. That cmd.exe leaves `%^errorlevel%` standing until `call` expands it is
inferred from public descriptions of its parser.

Words in angle brackets stand for what differs from case to case; `<job>` is 16 hex digits. "Exit codes" are those that
are no failure; where it says "any", the output or the code itself is the answer, or nothing depends on it.

Two more witnesses stand in columns of their own. **Wine**: a conformance case runs the line on Wine 8, an independent
implementation of Windows; "agrees" means that Wine's own program answered as we believe, "its cmd only" that Wine's
cmd.exe took the line apart and our model of the tool answered, "differs" that Wine is known to do otherwise than
Windows. **Recorded**: an output of a real machine, published by somebody, of the same tool asked in the same way, is
read by our parser (tests/recorded).

This page is made by `python -m tests.evidence > docs/evidence.md`.
"""


def rows() -> Sequence[Row]:
    """Each distinct command line once, as what the narrowest of those that send it has it for."""
    claimed: dict[str, Row] = {}
    for entry in sorted(catalogue.sendables(), key=lambda entry: len(catalogue.commands_of(entry.built))):
        undo = entry.built.undo if isinstance(entry.built, Change) else ()
        for command in catalogue.commands_of(entry.built):
            purpose = f"take back: {entry.purpose}" if command in undo else entry.purpose
            claimed.setdefault(command.line, Row(entry.module, catalogue.shown(command.line), purpose, command))
    for belief in beliefs.beliefs():
        for command in belief.question.commands:
            purpose = f"asked by `sspr doctor` to see whether {belief.sentence}"
            claimed.setdefault(command.line, Row("beliefs", command.line, purpose, command))
    for command in catalogue.streams():
        purpose = "write what comes on standard input to a file"
        claimed[command.line] = Row("transfer", catalogue.shown(command.line), purpose, command)
    for command in catalogue.task_lines():
        purpose = "what the scheduled task runs as SYSTEM"
        claimed[command.line] = Row("installer_job", catalogue.shown(command.line), purpose, command)
    return sorted(claimed.values(), key=lambda row: row.module)


def render(of_line: Callable[[str], Testimony], of_key: Callable[[str], Testimony]) -> str:
    """The page; the two functions tell what testifies to a line as it is shown, and to a registry key."""
    lines, values = _command_tables(rows(), of_line), _values(of_key)
    return "\n".join([_INTRODUCTION, "## Command lines", "", *lines, "## Registry values", "", *values])


def _command_tables(rows: Sequence[Row], of_line: Callable[[str], Testimony]) -> Iterator[str]:
    for module, members in groupby(rows, key=lambda row: row.module):
        yield f"### {module}"
        yield ""
        yield from _table(
            ("command line", "what for", "exit codes", "how sure", "Wine", "recorded", "source"),
            (
                (
                    _code(row.line),
                    _capitalised(row.purpose),
                    _exit_codes(row.command),
                    row.command.evidence.sureness,
                    of_line(row.line).wine,
                    of_line(row.line).recorded,
                    row.command.evidence.source,
                )
                for row in members
            ),
        )
        yield ""


def _values(of_key: Callable[[str], Testimony]) -> Iterator[str]:
    yield from _table(
        ("key", "value", "meaning", "how sure", "Wine", "recorded", "source"),
        (
            (
                _code(value.key),
                _code(value.name) if value.name else "(the key itself)",
                _capitalised(value.meaning),
                value.evidence.sureness,
                of_key(value.key).wine,
                of_key(value.key).recorded,
                value.evidence.source,
            )
            for value in REGISTRY_VALUES
        ),
    )
    yield ""


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(heading)
    yield "|" + "---|" * len(heading)
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _exit_codes(command: Command) -> str:
    return "any" if command.accepts is None else ", ".join(map(str, sorted(command.accepts)))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
