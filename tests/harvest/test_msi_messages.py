"""Messages that no table of ours has, times as regions write them, and logs of several runs."""

from collections.abc import Sequence
from io import BytesIO

import pytest

from orchestrator.harvest import msi_log
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.model.confidence import Confidence
from orchestrator.sentences import say

HEAD = (
    "=== Verbose logging started: 01.03.2026  {time}  Build type: SHIP UNICODE 5.00.7601.00  Calling process: "
    "C:\\Windows\\system32\\msiexec.exe ==="
)
UNEXPECTED = (
    "The installer has encountered an unexpected error installing this package. This may indicate a problem with this "
    "package. The error code is 2203. The arguments are: C:\\Windows\\Installer\\inprogressinstallinfo.ipi, "
    "-2147287035, "
)
GERMAN = (
    "Bei der Installation dieses Pakets ist ein unerwarteter Fehler aufgetreten. Es liegt eventuell ein das Paket "
    "betreffendes Problem vor. Der Fehlercode ist 2709. Argumente: Hauptdialog, , "
)


INTERNAL = (
    "The installer has encountered an unexpected error installing this package. This may indicate a problem with this "
    "package. The error code is {}. The arguments are: {}, , "
)
FRENCH = (
    "Le programme d'installation a rencontré une erreur inattendue. Le code d'erreur est 2753. Les arguments sont : "
    "x.exe, , "
)


def session(*told: str, code: int = 1603, time: str = "20:27:49", bare: Sequence[str] = ()) -> list[str]:
    """One run of the installer, of which one action fails; `bare` lines lack the trace's head."""
    trace = f"MSI (s) (64:F0) [{time}:007]: "
    return [
        HEAD.format(time=time),
        f"{trace}Note: 1: 2203 2: C:\\Windows\\Installer\\inprogressinstallinfo.ipi 3: -2147287038 ",
        f"{trace}Doing action: InstallFiles",
        f"Action start {time}: InstallFiles.",
        *(f"{trace}{line}" for line in told),
        *bare,
        f"Action ended {time}: InstallFiles. Return value {3 if code else 1}.",
        f"Action {time}: Rollback. Rolling back action:" if code else "",
        f"{trace}MainEngineThread is returning {code}",
    ]


def analysed(*sessions: list[str]) -> MsiLogVerdict:
    text = "\r\n".join(line for lines in sessions for line in lines)
    return msi_log.analyse(BytesIO(text.encode("utf-16")))


MESSAGES = {
    "Product: SSPR -- Error 1606. Could not access network location \\\\old\\profiles.": "folder on the network",
    "Product: SSPR -- Error 1324. The folder path 'a|b' contains an invalid character.": "has a character in it",
    "Product: SSPR -- Error 1931. The Windows Installer service cannot update the file x.": "Windows protects a file",
    "Note: 1: 2203 2: C:\\Windows\\Installer\\inprogressinstallinfo.ipi 3: -2147287035 ": "one of its own files",
    f"Product: SSPR -- {UNEXPECTED}": "could not open one of its own files",
    f"Product: SSPR -- {GERMAN}": "reported error 2709: Bei der Installation",
    "Product: SSPR -- Error 2878. The ODBC of the wall is amiss.": "2878: Error 2878. The ODBC of the wall",
    "Product: SSPR -- Fehler 1935. Bei der Installation ist ein Fehler aufgetreten.": "assembly",
}


@pytest.mark.parametrize(("line", "cause"), MESSAGES.items(), ids=range(len(MESSAGES)))
def test_a_message_is_the_cause(line: str, cause: str) -> None:
    """Known or not, what the installer itself has said goes before the name of what failed."""
    verdict = analysed(session(line))
    assert cause in say(verdict.cause)
    assert verdict.confidence is not Confidence.UNCLEAR


BARE = {
    "alone": ([], [INTERNAL.format(2711, "MyFeature")], "reported error 2711: The installer has encountered"),
    "note": (["Note: 1: 2711 2: MyFeature "], [INTERNAL.format(2711, "MyFeature")], "error 2711: The installer has"),
    "debug": (
        ["Note: 1: 2769 2: Foo 3: 1 "],
        ["DEBUG: Error 2769:  Custom Action Foo did not close 1 MSIHANDLEs.", INTERNAL.format(2769, "Foo, 1")],
        "error 2769: The installer has encountered",
    ),
    "no such folder": (
        ["Note: 1: 2203 2: C:\\Windows\\Installer\\x.ipi 3: -2147287037 "],
        [INTERNAL.format(2203, "C:\\Windows\\Installer\\x.ipi, -2147287037")],
        "error 2203: The installer has encountered",
    ),
    "refused": ([], [UNEXPECTED], "own files: C:\\Windows\\Installer\\inprogressinstallinfo.ipi"),
    "French": ([], [FRENCH], "error 2753: Le programme d'installation"),
    "by name": ([], ["Internal Error 2732. 3, C:\\x.msi"], "error 2732: Internal Error 2732. 3, C:\\x.msi"),
    "before what it has in its dialogs": (
        [],
        [INTERNAL.format(2711, "MyFeature"), INTERNAL.format(2835, "ErrorIcon, ErrorDialog")],
        "error 2711",
    ),
    "an error and a warning": (
        ["Product: SSPR -- Error 1913. Could not write x.ini.", "Product: SSPR -- Warning 1946. Property 'x'."],
        [],
        "error 1913",
    ),
}


@pytest.mark.parametrize("case", BARE)
def test_an_error_without_the_head_of_the_trace_is_the_cause(case: str) -> None:
    """Windows Installer shows its internal errors so; its own number and sentence are told."""
    told, bare, cause = BARE[case]
    verdict = analysed(session(*told, bare=bare))
    assert cause in say(verdict.cause)
    assert verdict.confidence is Confidence.CERTAIN


@pytest.mark.parametrize(
    "told",
    [
        ["Note: 1: 1946 2: x 3: -2147024891 ", "Product: SSPR -- Warning 1946. Property 'x' could not be set."],
        ["Product: SSPR -- Warning 1905. Module x.dll failed to unregister."],
        ["Produkt: SSPR -- Warnung 1909. Die Verknüpfung x.lnk konnte nicht erstellt werden."],
        ["Note: 1: 1904 2: x.dll ", "Product: SSPR -- Warning 1904. Module x.dll failed to register."],
        ["Product: SSPR -- Info 1903. Scheduling reboot operation."],
    ],
)
def test_what_the_installer_goes_on_after_is_no_cause(told: list[str]) -> None:
    """A warning ends no action; it stays in the evidence."""
    verdict = analysed(session(*told))
    assert say(verdict.cause).startswith("the action InstallFiles failed, for a reason that was not recognised")
    assert verdict.confidence is Confidence.UNCLEAR
    assert any(told[-1] in line.text for line in verdict.evidence)


def test_what_was_noted_before_a_warning_is_still_the_cause() -> None:
    """A warning takes back its own note, and not the one that stood before."""
    notes = ["Note: 1: 1304 2: C:\\x.dll 3: 112 ", "Note: 1: 1920 2: SSPR 3: sspr "]
    warning = "Product: SSPR -- Warning 1920. Service 'SSPR' (sspr) failed to start."
    told, before = analysed(session(*notes, notes[1], warning)), analysed(session(notes[0]))
    assert (told.cause, told.confidence) == (before.cause, Confidence.LIKELY)


def test_a_property_is_no_message() -> None:
    """Its value may be a password, whatever it looks like."""
    verdict = analysed(session(bare=[f"Property(S): SECRET = {INTERNAL.format(2711, 'hunter2')}"]))
    assert "hunter2" not in say(verdict.cause) + "".join(map(str, verdict.evidence))


def test_everyday_notes_are_no_cause() -> None:
    """Of a file that the engine looks for and does not find."""
    assert "the action InstallFiles failed" in say(analysed(session()).cause)


@pytest.mark.parametrize("time", ["9:08:07", "20:27:49", "9.08.07", "20.27.49"])
def test_times_as_regions_write_them(time: str) -> None:
    """The first failure is found, and that it was rolled back."""
    told = "Product: SSPR -- Error 1920. Service 'SSPR' (sspr) failed to start."
    translated = [
        line.replace("Action ended", "Azione terminata alle").replace("Return value 3", "Valore restituito 3")
        for line in session(told, time=time)
    ]
    for lines in (session(told, time=time), translated):
        verdict = analysed(lines)
        assert verdict.action == "InstallFiles"
        assert "a service of the package did not start" in say(verdict.cause)
        assert say(verdict.cause).endswith("what had been done was rolled back")


def test_a_log_of_several_runs() -> None:
    """The last that failed counts, and that there are others is said."""
    first = session("Product: SSPR -- Error 1920. Service 'A' failed to start.")
    second = session("Product: SSPR -- Error 1931. The file x is protected.")
    fine = session(code=0)
    verdict = analysed(first, second, fine)
    assert "Windows protects a file" in say(verdict.cause)
    assert "the log holds 3 runs of the installer" in say(verdict.cause)
    assert (verdict.result, verdict.action) == (1603, "InstallFiles")
    assert analysed(fine, session(code=0)).result == 0
    assert "runs of the installer" not in say(analysed(first).cause)
