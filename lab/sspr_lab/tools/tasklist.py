"""tasklist.exe: the system's own processes, those of a logged-on user, and what runs in the lab."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from sspr_lab.machine_processes import Listed, listed_processes
from sspr_lab.process import Process
from sspr_lab.tools.complaints import wrong_usage
from sspr_lab.tools.tables import Format, render
from sspr_lab.unmodelled import NoModel

_NONE: Final = "INFO: No tasks are running which match the specified criteria."
_HEADER: Final = ("Image Name", "PID", "Session Name", "Session#", "Mem Usage")
_WIDTHS: Final = (25, -8, 16, -11, -12)
_VERBOSE_HEADER: Final = (*_HEADER, "Status", "User Name", "CPU Time", "Window Title")
_VERBOSE_WIDTHS: Final = (*_WIDTHS, 15, 50, -12, 72)


_UNMODELLED_FILTERS: Final = frozenset({"status", "cputime", "memusage", "services", "windowtitle", "modules"})
_UNMODELLED_OPERATORS: Final = frozenset({"gt", "lt", "ge", "le"})


@dataclass(frozen=True)
class _Options:
    style: Format = "table"
    with_header: bool = True
    verbose: bool = False
    filters: tuple[Callable[[Listed], bool], ...] = ()


async def main(process: Process) -> int:
    options = _parse(process.argv[1:])
    if options is None:
        return await wrong_usage(process, "Invalid argument/option.", "TASKLIST /?")
    rows = [item for item in listed_processes(process.machine) if all(test(item) for test in options.filters)]
    if not rows:
        await process.stderr.write_text(f"{process.text(_NONE)}\n")
        return 0
    header, widths = (_VERBOSE_HEADER, _VERBOSE_WIDTHS) if options.verbose else (_HEADER, _WIDTHS)
    titles = [process.text(title) for title in header]
    cells = [_cells(process, item, verbose=options.verbose) for item in rows]
    await process.stdout.write_text(render(cells, titles, widths, options.style, with_header=options.with_header))
    return 0


def _cells(process: Process, item: Listed, *, verbose: bool) -> tuple[str, ...]:
    session = "Services" if item.session == 0 else "Console"
    memory = process.text("{number} K", number=process.spoken.number(item.memory_kb))
    cells = (item.image, str(item.pid), session, str(item.session), memory)
    return (*cells, process.text("Unknown"), item.user, "0:00:00", process.text("N/A")) if verbose else cells


def _parse(arguments: list[str]) -> _Options | None:
    style: Format = "table"
    with_header, verbose = True, False
    filters: list[Callable[[Listed], bool]] = []
    words = iter(arguments)
    for word in words:
        match word.lower():
            case "/nh":
                with_header = False
            case "/v":
                verbose = True
            case "/fo":
                wanted = next(words, "").lower()
                if wanted not in ("table", "list", "csv"):
                    return None
                style = cast("Format", wanted)
            case "/fi":
                test = _filter(next(words, ""))
                if test is None:
                    return None
                filters.append(test)
            case _:
                return None
    return _Options(style, with_header, verbose, tuple(filters))


def _filter(text: str) -> Callable[[Listed], bool] | None:
    """A test such as "imagename eq explorer.exe"; "*" at the end of a name stands for anything."""
    name, _, rest = text.strip().partition(" ")
    operator, _, wanted = rest.strip().partition(" ")
    wanted = wanted.strip().lower()
    properties: dict[str, Callable[[Listed], str]] = {
        "imagename": lambda item: item.image,
        "pid": lambda item: str(item.pid),
        "session": lambda item: str(item.session),
        "username": lambda item: item.user,
    }
    if name.lower() in _UNMODELLED_FILTERS or operator.lower() in _UNMODELLED_OPERATORS:
        raise NoModel(f"tasklist /fi {text}")
    value = properties.get(name.lower())
    if value is None or operator.lower() not in ("eq", "ne") or not wanted:
        return None
    expected = operator.lower() == "eq"

    def test(item: Listed) -> bool:
        text = value(item).lower()
        return (text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted) == expected

    return test
