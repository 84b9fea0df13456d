"""What a search of logs has found: by host and file, each line or event with the words in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.text import Text

from orchestrator.console.words import counted, machines, one_line
from orchestrator.model.log_hit import LogHit, LogHits

_BEFORE, _AFTER = 60, 140
"""Characters of a passage that are shown on either side of where the first of the words begins."""
_MARK: Final = "bold"


def print_log_hits(found: LogHits, console: Console) -> None:
    """Prints them, and how many there are."""
    for line in _lines(found):
        console.print(line, soft_wrap=True)


def _lines(found: LogHits) -> Iterator[Text]:
    words = re.compile("|".join(map(re.escape, found.words)), re.IGNORECASE)
    for (host, run, file), hits in groupby(found.hits, key=lambda hit: (hit.host, hit.run, hit.file)):
        yield Text.assemble((one_line(host), _MARK), f"  {one_line(file)}  ", (f"run {one_line(run)}", "dim"))
        for hit in hits:
            yield Text(f"  {_place(hit)}: ").append_text(_context(one_line(hit.text), words))
    more = "" if found.complete else "more than "
    shown = f"; shown: {len(found.hits):,}" if len(found.hits) < found.found else ""
    what = counted(found.found, "line or event", "lines and events")
    yield Text(f"{more}{what} on {machines(found.hosts)}{shown}" if found.found else "nothing was found", style="dim")


def _place(hit: LogHit) -> str:
    if hit.log is None:
        return f"line {hit.place}"
    return one_line(f"{hit.time} UTC, {hit.log} record {hit.place}")


def _context(text: str, words: re.Pattern[str]) -> Text:
    found = words.search(text)
    middle = found.start() if found else 0
    start, end = max(0, middle - _BEFORE), middle + _AFTER
    shown = Text(text[start:end])
    shown.highlight_regex(words, _MARK)
    return Text("…" if start else "").append_text(shown).append("…" if end < len(text) else "")
