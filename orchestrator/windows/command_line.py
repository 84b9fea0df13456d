"""A person's own command line on a host: run in a cmd.exe of its own, in our shell or by SYSTEM, and what it printed.

Whatever the line holds, it is read once, by the cmd.exe that it was written for, and `exit` in it ends that one alone.
For the cmd.exe that starts the other one, each special character has a caret before it, the quotes too, so that none
of them begins a quoting; and what follows a percent sign has one, because no variable's name begins with a caret:
variables are expanded before carets are taken away (stackoverflow.com/q/4094699). The other cmd.exe takes the outer
quotes away and, with /s, nothing else; with /d it starts nothing that the registry's AutoRun names (cmd /?). What
stands behind the outer quotes would become a part of the line, be it a blank; so redirections stand in the middle.
"""

from __future__ import annotations

from orchestrator.model.message import phrase
from orchestrator.windows import quoting, transfer
from orchestrator.windows.command import Change, Command, Evidence, Sureness
from orchestrator.windows.job import Job

OUTPUT = "output.txt"
"""In the job's folder: what a detached line printed, in the host's OEM code page."""
NUMBERED = "output.numbered.txt"

NESTED = Evidence(
    "cmd /d /s /c: learn.microsoft.com windows-commands/cmd; that an escaped quote begins no quoting is in public "
    "descriptions of cmd.exe's parser",
    Sureness.REPORTED,
)


_SPECIAL = frozenset('"^&|<>()!')


RUN = phrase("change-run-command")
_READ_OUTPUT = phrase("change-read-output")


def nested(line: str, redirections: str) -> str:
    """A command line for a cmd.exe of its own, which reads it as if it had been typed there.

    Raises:
        ValueError: when it has a control character.
    """
    if not quoting.speakable(line):
        raise ValueError(f"no command line: {line!r}")
    quoted = f'"{line}"'
    pairs = zip(" " + quoted, quoted, strict=False)
    carets = (f"^{each}" if each in _SPECIAL or before == "%" else each for before, each in pairs)
    return f"cmd {redirections} /d /s /c {''.join(carets)}"


def look(line: str) -> Command:
    """Runs a line that only looks; its exit code is the answer."""
    return Command(nested(line, "<nul >nul 2>&1"), NESTED, accepts=None)


def run(line: str) -> Change:
    """Runs a line in our own shell; its exit code is judged by whoever asked for it."""
    return Change(RUN(), (Command(nested(line, "<nul 2>&1"), NESTED, accepts=None),))


def detached(job: Job, line: str) -> str:
    """What the task runs: the line, with its output in a file of the job's folder."""
    return nested(line, f'<nul >"{job.path(OUTPUT)}" 2>&1')


def offer_output(job: Job) -> Change:
    """Makes what a detached line printed ready to be fetched; there has to be something."""
    return Change(_READ_OUTPUT(), transfer.offer(job.path(OUTPUT), job.path(NUMBERED)))
