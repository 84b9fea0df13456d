"""What a built-in command is given, and the words and switches of its arguments."""

from dataclasses import dataclass

from sspr_lab.cmd.scanner import DELIMITERS
from sspr_lab.cmd.shell import Handles, Shell
from sspr_lab.errors import WindowsError
from sspr_lab.streams import codec_of

SYNTAX = "The syntax of the command is incorrect."
INVALID_SWITCH = 'Invalid switch - "{switch}".'
WHILE_PROCESSING = "Error occurred while processing: {path}."


@dataclass(frozen=True)
class Arguments:
    """Switches as typed without their slash ("A:-D"), and names in the quotes that they had."""

    typed: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def switches(self) -> tuple[str, ...]:
        """The switches in lower case."""
        return tuple(switch.lower() for switch in self.typed)

    def has(self, switch: str) -> bool:
        return switch in self.switches

    def stranger(self, *known: str) -> str | None:
        """The first switch that a command does not have, as typed; a path with slashes is full of them."""
        return next((switch for switch in self.typed if switch.lower() not in known), None)

    @property
    def paths(self) -> tuple[str, ...]:
        """The names without quotes."""
        return tuple(name.replace('"', "") for name in self.names)


@dataclass(frozen=True)
class Call:
    """One run of a built-in command: its name in lower case, its text as it stands, the handles it writes to."""

    shell: Shell
    name: str
    arguments: str
    handles: Handles

    async def say(self, text: str) -> None:
        await self.handles.stdout.write_text(text)

    def text(self, english: str, **values: object) -> str:
        """A message as the machine words it."""
        return self.shell.text(english, **values)

    async def complain(self, english: str, **values: object) -> int:
        """Write an error line as the machine words it; returns 1, the return code of most failures."""
        await self.handles.stderr.write_text(f"{self.text(english, **values)}\n")
        return 1

    async def fail(self, error: WindowsError) -> int:
        return await self.complain(error.message)

    def parsed(self, separators: str = DELIMITERS) -> Arguments:
        """Switches and names. A slash outside quotes starts a switch anywhere: "x/s" is a name and a switch."""
        switches: list[str] = []
        names: list[str] = []
        for word in split_words(self.arguments, separators):
            (switches if word.startswith("/") else names).append(word)
        return Arguments(tuple(switch[1:] for switch in switches), tuple(names))

    async def confirm(self, question: str) -> bool:
        """Ask a yes/no question on the standard input, answered by the language's letters; its end is a no."""
        await self.say(question)
        process = self.shell.process
        answer = await self.handles.stdin.readline()
        return process.spoken.is_yes(answer.decode(codec_of(process.code_page), "replace"))


def split_words(text: str, separators: str = DELIMITERS) -> list[str]:
    """The words of a line, quotes kept; a slash outside quotes starts a new one."""
    words: list[str] = []
    current = ""
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        if not quoted and (character in separators or character == "/"):
            if current:
                words.append(current)
            current = "" if character in separators else "/"
        else:
            current += character
    return [*words, current] if current else words
