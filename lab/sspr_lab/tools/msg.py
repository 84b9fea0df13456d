"""msg.exe: a message box for everybody who is logged on. Home editions do not have it."""

from sspr_lab.machine_processes import logged_on_user
from sspr_lab.process import Process
from sspr_lab.unmodelled import NoModel

_LONGEST = 255


async def main(process: Process) -> int:
    """Show a text; what was shown is in the machine's ledger. To nobody it is shown without a word (remembered)."""
    words = [word for word in process.argv[1:] if not word.lower().startswith("/time:")]
    machine = process.machine
    if words[:1] != ["*"] or not words[1:]:
        raise NoModel("msg")  # to one user or session, and with a text from standard input
    if logged_on_user(machine) is not None:
        machine.ledger.note("message shown", machine.clock.now(), " ".join(words[1:])[:_LONGEST])
    return 0
