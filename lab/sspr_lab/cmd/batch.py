"""A running batch file or called label: its lines, its labels and its parameters."""

import re
from dataclasses import dataclass, field

from sspr_lab.cmd.scanner import DELIMITERS
from sspr_lab.environment import Environment

_LABEL_ENDS = DELIMITERS + ":+&|<>"
_PARAMETER = re.compile(rf'(?:[^"{re.escape(DELIMITERS)}]|"[^"]*"?)+')


@dataclass(frozen=True)
class Scope:
    """What SETLOCAL saves and ENDLOCAL puts back."""

    environment: Environment
    directory: str
    delayed: bool


@dataclass
class Frame:
    """One level of batch execution.

    Attributes:
        path: the batch file's full path.
        lines: its lines without line ends; a frame of CALL :label shares those of its file.
        name: what %0 is: the file as it was named, or the label.
        rest: the text of the parameters, what %* is.
    """

    path: str
    lines: list[str]
    name: str
    rest: str
    position: int = 0
    scopes: list[Scope] = field(default_factory=list)
    _parameters: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._parameters = [self.name, *split_parameters(self.rest)]

    @property
    def is_cmd(self) -> bool:
        """A .cmd file: some commands clear ERRORLEVEL in it that leave it alone in a .bat."""
        return self.path.lower().endswith(".cmd")

    @property
    def everything(self) -> str:
        return self.rest.strip(" \t")

    def parameter(self, index: int) -> str:
        return self._parameters[index] if index < len(self._parameters) else ""

    def named_file(self, index: int) -> str:
        return self.path if index == 0 else self.parameter(index)

    def shift(self, first: int) -> None:
        """SHIFT /first: drop that parameter and move the later ones down."""
        if first < len(self._parameters):
            del self._parameters[first]

    def next_line(self) -> str | None:
        if self.position >= len(self.lines):
            return None
        self.position += 1
        return self.lines[self.position - 1]

    def find_label(self, label: str) -> int | None:
        """The index of the line after `:label`, searched from here to the end and then from the start."""
        order = [*range(self.position, len(self.lines)), *range(self.position)]
        wanted = label.lower()
        return next((index + 1 for index in order if label_of(self.lines[index]) == wanted), None)


def label_of(line: str) -> str | None:
    """The label that a line defines, lower-case; None for any other line."""
    text = line.lstrip(DELIMITERS)
    return label_name(text[1:]) if text.startswith(":") else None


def label_name(text: str) -> str:
    """The label at the start of `text`, lower-case: up to a separator, a colon or an operator."""
    text = text.lstrip(" \t")
    end = next((index for index, character in enumerate(text) if character in _LABEL_ENDS), len(text))
    return text[:end].lower()


def split_parameters(text: str) -> list[str]:
    """Split at spaces, tabs, commas, semicolons and equal signs outside quotes; quotes stay."""
    return _PARAMETER.findall(text)


def lines_of(data: bytes, codec: str) -> list[str]:
    """The lines of a batch file. A UTF-16 one dies at its first NUL, as on Windows: only what stands before is left."""
    text = data.partition(b"\0")[0].replace(b"\x1a", b"\n").decode(codec, "replace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines
