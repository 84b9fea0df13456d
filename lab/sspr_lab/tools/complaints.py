"""The error lines that reg, schtasks, tasklist, taskkill, timeout and whoami share: "ERROR: ..." and the advice."""

from sspr_lab.process import Process


async def complain(process: Process, english: str, **values: object) -> int:
    """Write "ERROR: " and the message as the machine words it; returns the exit code of most failures, 1."""
    reason = process.text(english, **values)
    await process.stderr.write_text(f"{process.text('ERROR: {reason}', reason=reason)}\n")
    return 1


async def wrong_usage(process: Process, english: str, usage: str, **values: object) -> int:
    """The same, with the command that shows the tool's usage ("TASKLIST /?")."""
    code = await complain(process, english, **values)
    await process.stderr.write_text(f"{advice(process, usage)}\n")
    return code


def advice(process: Process, usage: str) -> str:
    """The sentence that recommends a tool's help."""
    return process.text('Type "{usage}" for usage.', usage=usage)
