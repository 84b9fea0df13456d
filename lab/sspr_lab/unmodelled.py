"""The lab's own voice: what Windows has here, and the lab has no model of.

There is one form of it for programs, their verbs and options, built-in commands and WS-Management: "The lab has no
model of ...", and one number. Bit 29 of the number is set, which no error code of Windows has (Microsoft, "SetLastError
function"), so that nobody can take it for Windows' answer.
"""

from typing import Final

from sspr_lab.documented.reading import beyond_model
from sspr_lab.process import Process, Tool

NO_MODEL: Final = 0x2000_0001


class NoModel(Exception):
    """Asked for is something that Windows has and the lab has not.

    Args:
        what: It, as a person would type it: "sc create".
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"The lab has no model of {what}.")


def need_model(lacking: str | None) -> None:
    """Raise NoModel when something is lacking."""
    if lacking is not None:
        raise NoModel(lacking)


async def unmodelled(process: Process) -> int:
    """A program that a stock machine has and the lab has no model of."""
    raise NoModel(process.image)


def answering(tool: Tool) -> Tool:
    """The program with the lab's own voice for what its model lacks."""

    async def answer(process: Process) -> int:
        try:
            need_model(beyond_model(process.image, tuple(process.argv[1:])))
            return await tool(process)
        except NoModel as lack:
            await process.stderr.write_text(f"{lack}\n")
            return NO_MODEL

    return answer
