"""A bundle made anew with pseudonyms in the place of persons, so that it may be handed on.

Names are learned from all its files before the first is rewritten, since a name that one file calls an account's may
stand alone in another. What cannot be rewritten, such as `.evtx` and cabinets, is left out, which the manifest says.
Names of computers and domains stay: whoever is to help has to know them. Where an account's name is a part of them, as
in `JDOE-PC`, that part goes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from orchestrator.harvest import names, zipped
from orchestrator.harvest.bundle import Bundle, manifest_sha256, read_manifest
from orchestrator.harvest.layout import COLLECTED, ZIP
from orchestrator.harvest.manifest import Entry, LeftOut, Manifest, Origin, Redacted, Taken
from orchestrator.harvest.redaction import registry_values, texts
from orchestrator.harvest.redaction.pseudonyms import Pseudonyms
from orchestrator.harvest.redaction.texts import MIXED, NotRewritten, Text, text_of
from orchestrator.harvest.text import PORTION
from orchestrator.model.message import Message, message
from orchestrator.model.private_file import make_folder
from orchestrator.sentences import say

Portions = Callable[[], Iterator[bytes]]
"""Gives a file's content from its beginning on."""
_COLLECTED: Final = f"{COLLECTED}/"


@message("redaction-name")
def _name(objection: Message) -> None: ...


@dataclass(frozen=True)
class _Source:
    """A file of the original: what is known of it, what kind of text it is, and its content."""

    entry: Entry
    text: Text
    portions: Portions


def redacted_bundle(place: Path, destination: Path, pseudonyms: Pseudonyms) -> Manifest:
    """Writes a copy of a bundle with pseudonyms.

    Args:
        place: The bundle, a folder or a zip file; one that is as it was sealed (`bundle.verify`).
        destination: Where the copy is to be: a zip file where its name ends so, else a folder. What stands there is
            replaced when the copy is whole.
        pseudonyms: What they are made by; it may know names already, and knows those of this bundle afterwards.

    Returns:
        The copy's manifest; how many names were replaced counts all that these pseudonyms were used for so far.

    Raises:
        OSError: A file cannot be read or written.
        NoBundle: A file of a zip file cannot be read.
        UnexpectedOutput: There are more names than any machine has.
    """
    make_folder(destination.parent)
    with _opened(place) as portions:
        manifest, sources, left_out = read_manifest(place), list[_Source](), dict[str, str]()
        _learn_manifest(pseudonyms, manifest)
        for entry in manifest.files:
            try:
                content = _of(portions, entry.name)
                sources.append(_Source(entry, learned(pseudonyms, entry.name, content), content))
            except NotRewritten as error:
                left_out[entry.name] = say(error.why)
        if destination.suffix != ZIP:
            return _build(destination, manifest, sources, left_out, pseudonyms, manifest_sha256(place))
        with tempfile.TemporaryDirectory(prefix=".redacting-", dir=destination.parent) as above:
            folder = Path(above) / "bundle"
            made = _build(folder, manifest, sources, left_out, pseudonyms, manifest_sha256(place))
            zipped.pack(folder, destination)
            return made


def learned(pseudonyms: Pseudonyms, name: str, portions: Portions) -> Text:
    """Has pseudonyms take in a file's names.

    Args:
        pseudonyms: They.
        name: The file's.
        portions: Its content.

    Returns:
        What kind of text it is.

    Raises:
        NotRewritten: It is none, so that it can neither be read nor rewritten.
        UnexpectedOutput: There are more names than any machine has.
    """
    text = text_of(name, portions())
    pseudonyms.learn(texts.read(text, portions()), escapes=text.escapes)
    if text.registry:
        pseudonyms.learn(registry_values.texts(texts.read(text, portions())))
    return text


def _build(
    folder: Path,
    manifest: Manifest,
    sources: Iterable[_Source],
    left_out: dict[str, str],
    pseudonyms: Pseudonyms,
    original: str,
) -> Manifest:
    origin = Origin(
        host=pseudonyms.text(manifest.host),
        run_id=manifest.run_id,
        taken=manifest.taken,
        clock_ahead_seconds=manifest.clock_ahead_seconds,
        tool=manifest.tool,
        since=manifest.since,
    )
    with Bundle(folder, origin) as bundle:
        for source in sources:
            name = pseudonyms.text(source.entry.name)
            try:
                _add(bundle, name, source, pseudonyms)
            except NotRewritten as error:
                bundle.forget(name)
                left_out[source.entry.name] = say(error.why)
        told = tuple(LeftOut(pseudonyms.text(name), why) for name, why in sorted(left_out.items()))
        taken = tuple(_taken(each, pseudonyms) for each in manifest.sources)
        cabinet = replace(manifest.cabinet, source=pseudonyms.text(manifest.cabinet.source))
        return bundle.seal(cabinet, taken, Redacted(dict(pseudonyms.counts), original, told))


def _add(bundle: Bundle, name: str, source: _Source, pseudonyms: Pseudonyms) -> None:
    """Raises NotRewritten where something of it would stay as it is."""
    if objection := names.objection(name.removeprefix(_COLLECTED)):
        raise NotRewritten(_name(objection))
    if source.text.wide and not pseudonyms.holds_none(source.portions()):
        raise NotRewritten(MIXED)
    content = _rewritten(source, pseudonyms)
    if name.startswith(_COLLECTED):
        bundle.add_collected(name.removeprefix(_COLLECTED), content, pseudonyms.text(source.entry.source))
        if source.entry.note is not None:
            bundle.note(name.removeprefix(_COLLECTED), pseudonyms.text(source.entry.note))
    else:
        bundle.add_made(name, content)


def _rewritten(source: _Source, pseudonyms: Pseudonyms) -> Iterator[bytes]:
    text = source.text
    content = texts.read(text, source.portions())
    if text.registry:
        content = registry_values.rewritten(content, lambda said: b"".join(pseudonyms.rewritten([said])))
    return texts.written(text, pseudonyms.rewritten(content, escapes=text.escapes))


def _taken(each: Taken, pseudonyms: Pseudonyms) -> Taken:
    return replace(
        each,
        source=pseudonyms.text(each.source),
        files=tuple(map(pseudonyms.text, each.files)),
        notes=tuple(map(pseudonyms.text, each.notes)),
    )


def _learn_manifest(pseudonyms: Pseudonyms, manifest: Manifest) -> None:
    """Where files lay may be somebody's profile."""
    lay = [each.source for each in manifest.files] + [each.source for each in manifest.sources]
    pseudonyms.learn_text("\n".join([manifest.host, *lay]))


@contextmanager
def _opened(place: Path) -> Iterator[Callable[[str], Iterator[bytes]]]:
    """Gives, inside the block, the content of each file by its name."""
    if place.is_dir():
        yield lambda name: _portions(place / name)
    else:
        with zipped.opened(place) as opened:
            yield opened.content


def _of(portions: Callable[[str], Iterator[bytes]], name: str) -> Portions:
    return lambda: portions(name)


def _portions(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while portion := file.read(4 * PORTION):
            yield portion
