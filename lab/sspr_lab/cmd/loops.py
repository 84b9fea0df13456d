"""What FOR goes through: words and files, directories, trees, numbers, and the lines of files, strings and commands."""

import re
from collections.abc import AsyncIterator

from sspr_lab.cmd.batch import split_parameters
from sspr_lab.cmd.for_options import Options, parse_options
from sspr_lab.cmd.launch import NO_FILE
from sspr_lab.cmd.nodes import For
from sspr_lab.cmd.shell import Handles, Shell
from sspr_lab.cmd.wildcards import find, has_wildcard
from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.files import Entry
from sspr_lab.streams import Collector, OutputStream, codec_of

Values = dict[str, str]
_INTEGER = re.compile(r"\s*[+-]?(0[xX][0-9a-fA-F]+|\d+)")


class UnreadableSet(Exception):
    """A file that FOR /F is to read cannot be opened; the loop ends with return code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


async def rounds(shell: Shell, node: For, handles: Handles) -> AsyncIterator[Values]:
    """The values of the loop's variables for each round.

    Raises:
        CommandSyntaxError: the options are malformed.
        UnreadableSet: a file of FOR /F cannot be read.
    """
    items = shell.expand(node.items)
    match node.kind:
        case "/l":
            for number in _numbers(items):
                yield {node.variable: str(number)}
        case "/f":
            async for values in _lines(shell, node, items, handles):
                yield values
        case "/r":
            for value in _tree(shell, shell.expand(node.root), items):
                yield {node.variable: value}
        case _:
            for value in _words(shell, items, want_directories=node.kind == "/d"):
                yield {node.variable: value}


def _numbers(items: str) -> range | list[int]:
    """(start,step,end); what is no number is 0, and a step of 0 never ends."""
    numbers = [_integer(word) for word in [*split_parameters(items), "", "", ""][:3]]
    start, step, end = numbers
    if step == 0:
        return range(start, start + 2**31) if start <= end else []
    return range(start, end + (1 if step > 0 else -1), step)


def _integer(word: str) -> int:
    match = _INTEGER.match(word)
    return int(match.group(), 0 if "x" in match.group().lower() else 10) if match else 0


def _words(shell: Shell, items: str, *, want_directories: bool) -> list[str]:
    found: list[str] = []
    for word in split_parameters(items):
        if not has_wildcard(word):
            found.append(word)
            continue
        bare = word.replace('"', "")
        folder = bare[: max(bare.rfind("\\"), bare.rfind("/"), bare.rfind(":")) + 1]
        found += [folder + entry.name for _, entry in _found(shell, bare) if entry.is_dir == want_directories]
    return found


def _tree(shell: Shell, root: str, items: str) -> list[str]:
    """FOR /R: every directory from `root` down, joined with every word; wildcards only where a file matches."""
    top = shell.full_path(root.replace('"', "") or ".")
    found: list[str] = []
    for folder in [top, *_below(shell, top)]:
        for word in split_parameters(items):
            bare = word.replace('"', "")
            path = folder.rstrip("\\") + "\\" + bare
            if has_wildcard(bare):
                found += [full for full, entry in _found(shell, path) if not entry.is_dir]
            else:
                found.append(path)
    return found


def _below(shell: Shell, folder: str) -> list[str]:
    found: list[str] = []
    for path, entry in _found(shell, folder.rstrip("\\") + "\\*"):
        if entry.is_dir:
            found += [path, *_below(shell, path)]
    return found


def _found(shell: Shell, path: str) -> list[tuple[str, Entry]]:
    try:
        return find(shell.files, shell.full_path(path))
    except WindowsError:
        return []


async def _lines(shell: Shell, node: For, items: str, handles: Handles) -> AsyncIterator[Values]:
    options = parse_options(node.options)
    names = _names(node.variable, len(options.tokens) + options.rest)
    async for text in _sources(shell, items.strip(), options, handles):
        for line in _split_lines(text)[options.skip :]:
            values = options.split(line)
            if values is not None:
                yield dict(zip(names, values, strict=False))


def _names(first: str, count: int) -> list[str]:
    return [chr(ord(first) + index) for index in range(count)]


def _split_lines(text: str) -> list[str]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


async def _sources(shell: Shell, items: str, options: Options, handles: Handles) -> AsyncIterator[str]:
    """The texts between the parentheses: the output of a command, a string, or the content of each file."""
    command, string = ("`", "'") if options.usebackq else ("'", '"')
    if len(items) > 1 and items[0] == items[-1] == command:
        yield await _output_of(shell, items[1:-1], handles)
    elif len(items) > 1 and items[0] == items[-1] == string:
        yield items[1:-1]
    else:
        for word in split_parameters(items):
            yield _content(shell, word.replace('"', ""))


def _content(shell: Shell, name: str) -> str:
    """A file's text; UTF-16 with a mark is understood."""
    try:
        data = shell.files.read(shell.full_path(name))
    except WindowsError:
        raise UnreadableSet(f"{shell.text(NO_FILE, name=name)}\n") from None
    if data.startswith(b"\xff\xfe"):
        return data[2:].decode("utf-16-le", "replace")
    return data.decode(codec_of(shell.process.code_page), "replace")


async def _output_of(shell: Shell, command: str, handles: Handles) -> str:
    """What `cmd /c command` writes. The child keeps the loop's standard input and error."""
    collector = Collector()
    stdout = OutputStream(collector, handles.stdout.console)
    line = f"{shell.command_processor} /c {command}"
    child = shell.process.spawn(line, stdin=handles.stdin, stdout=stdout, stderr=handles.stderr)
    await child.wait()
    return collector.data.decode(codec_of(shell.process.code_page), "replace")
