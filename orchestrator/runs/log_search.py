"""Words looked up in everything that runs have brought home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestrator.model.errors import UsageError
from orchestrator.model.log_hit import LogHits
from orchestrator.model.showable import printable
from orchestrator.runs import log_index
from orchestrator.runs.folders import RunFolder, log_index_file, run_folders


def search_logs(
    texts: Sequence[str],
    run: str | None = None,
    *,
    most: int = 200,
    each: int = 3,
    reads: Callable[[int], None] = lambda _: None,
) -> LogHits:
    """Searches the collected logs of all runs that are kept, or of one; what is new is read first.

    Args:
        texts: Words, with blanks between them; every one has to be in a line or an event. No sign means anything else
            than itself.
        run: A run, as `runs.store.find_folder` takes it.
        most: How many lines and events are given.
        each: How many of a host.
        reads: Told how many files are to be read, where there are any.

    Raises:
        UsageError: There is no word, or no such run.
        OSError: The index cannot be kept.
    """
    words = tuple(dict.fromkeys(word for text in texts for word in printable(text).split()))
    if not words:
        raise UsageError("there is no word to search; give some, such as `sspr logs search 0x80072EFD`")
    known = [replace(folder, path=folder.path.resolve()) for folder in run_folders()]
    only = None if run is None else _meant(run, known)
    return log_index.search(log_index_file(), known, words, only=only, most=most, each=each, reads=reads)


def _meant(run: str, known: Sequence[RunFolder]) -> RunFolder:
    """The folder of a run with the name that it has among the others, however it was given. Raises UsageError."""
    from orchestrator.runs.store import find_folder  # noqa: PLC0415 - slow to load, and most searches are of all runs

    folder = find_folder(run)
    place = folder.path.resolve()
    return next((each for each in known if each.path == place), replace(folder, path=place))
