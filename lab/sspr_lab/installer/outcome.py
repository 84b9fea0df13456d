"""The end of a run: what log and event log say about it, the restart, and the exit code."""

import hashlib
from dataclasses import dataclass
from typing import Final

from sspr_lab.installer.codes import ExitCode
from sspr_lab.installer.session import Session
from sspr_lab.ledger import What

_RESTART_REASON: Final = 0x80030002  # application, installation, planned: seen in User32 1074 of real MSI restarts
_RESTART_DELAY: Final = 1  # host seconds until the shutdown begins [mem]
_SERVICE_PROGRAM: Final = "C:\\Windows\\system32\\msiexec.exe"
_NULLS: Final = ("(NULL)",) * 5


@dataclass(frozen=True)
class _Kind:
    """How a kind of run is spoken of. `event` is the summary's; success and failure are message numbers.

    `done` and `failed` are what it is in the machine's ledger.
    """

    summary: str
    event: int
    success: tuple[int, str]
    failure: tuple[int, str]
    done: What
    failed: What


_INSTALLATION: Final = _Kind(
    "Windows Installer installed the product. Product Name: {name}. Product Version: {version}. "
    "Product Language: {language}. Manufacturer: {manufacturer}. Installation success or error status: {status}.",
    1033,
    (1707, "Installation completed successfully."),
    (1708, "Installation failed."),
    "installed",
    "installation failed",
)
_REMOVAL: Final = _Kind(
    "Windows Installer removed the product. Product Name: {name}. Product Version: {version}. "
    "Product Language: {language}. Manufacturer: {manufacturer}. Removal success or error status: {status}.",
    1034,
    (1724, "Removal completed successfully."),
    (1725, "Removal failed."),
    "removed",
    "removal failed",
)
_CONFIGURATION: Final = _Kind(
    "Windows Installer reconfigured the product. Product Name: {name}. Product Version: {version}. "
    "Product Language: {language}. Manufacturer: {manufacturer}. Reconfiguration success or error status: {status}.",
    1035,
    (1728, "Configuration completed successfully."),
    (1729, "Configuration failed."),
    "reconfigured",
    "installation failed",
)


def conclude(session: Session, *, succeeded: bool) -> ExitCode:
    """Write the closing messages and events, start the restart if there has to be one, and give the exit code."""
    kind = _kind_of(session)
    number, sentence = kind.success if succeeded else kind.failure
    machine = session.machine
    machine.ledger.note(kind.done if succeeded else kind.failed, machine.clock.now(), session.product_code)
    status = 0 if succeeded else int(ExitCode.FAILURE)
    session.log.properties("s", session.properties)
    session.log.server(f"Note: 1: {number} ")
    line = session.say("Product: {name} -- {text}", name=session.product_name, text=session.say(sentence))
    session.log.server(f"{line}\n")
    code = session.product_code.encode("ascii")
    write_event(session, 10000 + number, [line, *_NULLS, ""], message=line, binary=code)
    properties = session.properties
    identity = [session.product_name, properties.get("ProductVersion", ""), properties.get("ProductLanguage", "0")]
    summary = session.say(
        kind.summary,
        name=identity[0],
        version=identity[1],
        language=identity[2],
        manufacturer=properties.get("Manufacturer", ""),
        status=status,
    )
    session.log.server(f"{summary}\n")
    data = [*identity, str(status), properties.get("Manufacturer", ""), "(NULL)", ""]
    write_event(session, kind.event, data, message=summary, binary=code + _program_of(session))
    if not succeeded:
        return ExitCode.FAILURE
    return (
        _restart(session)
        if session.restart_scheduled or session.restart_forced or _forces(session)
        else ExitCode.SUCCESS
    )


def write_event(
    session: Session, event_id: int, data: list[str], *, message: str | None = None, level: int = 4, binary: bytes = b""
) -> None:
    """Write an MsiInstaller event on behalf of the user who installs."""
    session.machine.events.write(
        "Application",
        "MsiInstaller",
        event_id,
        level=level,
        data=data,
        binary=binary,
        user_sid=session.account.sid,
        message=message,
    )


def _program_of(session: Session) -> bytes:
    """What stands behind the product's code in the data of a summary: 52 digits that tell programs apart [mem]."""
    digest = hashlib.sha1(session.product_code.encode("ascii"), usedforsecurity=False).hexdigest()
    return f"0000{digest}00000000".encode("ascii")


def _kind_of(session: Session) -> _Kind:
    if session.is_removal:
        return _REMOVAL
    return _INSTALLATION if session.installed is None else _CONFIGURATION


def _forces(session: Session) -> bool:
    return session.properties.get("REBOOT", "")[:1].upper() == "F"


def _restart(session: Session) -> ExitCode:
    """Restart or leave it, as REBOOT says; without UI the installer asks nobody.

    Source: "REBOOT Property" of the Windows Installer documentation: Suppress holds the restart at the end back, but
    not ForceReboot's.
    """
    suppressed = session.suppresses_every_restart or (
        session.properties.get("REBOOT", "")[:1].upper() == "S" and not session.restart_forced
    )
    properties = session.properties
    reason = "2" if session.restart_forced else "1"
    data = [
        session.product_name,
        properties.get("ProductVersion", ""),
        properties.get("ProductLanguage", "0"),
        reason,
        properties.get("Manufacturer", ""),
        "2" if suppressed else "1",
        "",
    ]
    write_event(session, 1038, data)
    if suppressed:
        write_event(session, 1029, [session.product_name, *_NULLS, ""])
        text = (
            "Product: {name}. Restart required. The installation or update for the product required a "
            "restart for all changes to take effect.  The restart was deferred to a later time."
        )
        session.log.server(f"{session.say(text, name=session.product_name)}\n")
        return ExitCode.REBOOT_REQUIRED
    write_event(session, 1005, [session.product_name, *_NULLS, ""])
    _initiate(session)
    return ExitCode.REBOOT_INITIATED


def _initiate(session: Session) -> None:
    comment = session.say(
        "The Windows Installer initiated a system restart to complete or continue the configuration of '{name}'.",
        name=session.product_name,
    )
    session.machine.power.initiate(
        _RESTART_DELAY, _RESTART_REASON, force=True, message=comment, account=session.account, program=_SERVICE_PROGRAM
    )
