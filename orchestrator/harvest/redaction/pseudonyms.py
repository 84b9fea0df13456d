r"""Pseudonyms: the same for the same name wherever it stands, and nobody can tell whose who does not have the key.

    jdoe, CONTOSO\jdoe     user-3f2a91c49b, CONTOSO\user-3f2a91c49b
    jdoe@contoso.com       mail-3f2a91c49b@redacted
    S-1-5-21-…-1104        sid-0b7d20e98d
    10.1.2.3, fe80::1      ip-77aa1c02ca, ip-2e90f3b14d

The digits are an HMAC of the name. Those of a mail address are of what stands before the @: whether `jdoe@contoso.com`
is `CONTOSO\jdoe` no log can tell, but a reader sees that both are called the same, as before.

What a name is, is learned first, from all files: where a text says that something is an account, it is one wherever it
stands, as a whole word and in any case. Names of fewer than three letters, of digits alone (fewer than six) and those
that are words (`well_known.EVERYDAY`) are replaced only where the text itself says that they are accounts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from typing import Final

from orchestrator.harvest.redaction.account_names import CODE_PAGES, folded, is_account, is_looked_for, is_word, written
from orchestrator.harvest.redaction.places import (
    LONGEST,
    Kind,
    Place,
    check_digits,
    is_private,
    places,
    pseudonyms,
    unescaped,
    versions,
)
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message

MOST_NAMES: Final = 5_000
"""Of accounts: more than any machine knows, and as many as can be looked for everywhere."""
_DIGITS: Final = 8
_MOST_DOUBTFUL: Final = 200_000
"""Names behind what may be a domain or a folder."""
_SIGNS: Final = dict.fromkeys(map(ord, " ._-'"))
"""What may stand in a name besides letters and digits."""
_DOMAIN: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,14}")
"""A NetBIOS name as Windows writes it. What is written otherwise may as well be a folder."""


@message("redaction-too-many-names")
def _too_many_names(most: int) -> None: ...


class Pseudonyms:
    """What is known of names, and the pseudonyms that they get.

    Args:
        key: The operator's. Whoever has it can find out by trying which pseudonym is whose.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._accounts: dict[str, str] = {}
        self._raw: dict[bytes, str] = {}
        self._same: dict[str, str] = {}
        self._perhaps: set[tuple[str, bytes]] = set()
        self._domains: set[str] = set()
        self._versions: set[bytes] = set()
        self._forms: list[tuple[bytes, str]] | None = None
        self._replaced: set[tuple[Kind, str]] = set()

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many different names of each kind were replaced so far."""
        return tuple(sorted(Counter(kind.value for kind, _ in self._replaced).items()))

    def learn(self, portions: Iterable[bytes], *, escapes: bool = False) -> None:
        """Takes in which names a text has.

        Args:
            portions: The text: UTF-8, or any code page of Windows.
            escapes: Whether it is JSON, in which two backslashes are one.

        Raises:
            UnexpectedOutput: There are more than any machine has; nothing would be safe to hand on.
        """
        for text, begin, _ in _windows(portions):
            seen = unescaped(text) if escapes else text
            for place in places(seen, escapes=escapes):
                if place.end > begin:
                    self._take_in(_meant(place, text) if escapes else place, text)
            if len(self._versions) < MOST_NAMES:
                self._versions.update(versions(seen))
        self._forms = None

    def rewritten(self, portions: Iterable[bytes], *, escapes: bool = False) -> Iterator[bytes]:
        """A text with pseudonyms in the place of names, and nothing else changed. Arguments as of `learn`."""
        beyond = 0
        for text, begin, end in _windows(portions):
            done = begin + beyond
            for place in self._chosen(text, done, end, escapes=escapes):
                kind, told = self._identity(place)
                self._replaced.add((kind, told))
                yield text[done : place.start] + self._pseudonym(kind, told).encode()
                done = place.end
            yield text[done:end]
            beyond = max(0, done - end)

    def holds_none(self, portions: Iterable[bytes]) -> bool:
        """Whether no name stands in a text. Arguments as of `learn`."""
        return not any(
            next(self._chosen(text, begin, end, escapes=False), None) for text, begin, end in _windows(portions)
        )

    def text(self, text: str) -> str:
        """A text in the same way."""
        return b"".join(self.rewritten([text.encode("utf-8", "surrogatepass")])).decode("utf-8", "surrogatepass")

    def learn_text(self, text: str) -> None:
        """A text's names. Raises UnexpectedOutput."""
        self.learn([text.encode("utf-8", "surrogatepass")])

    def learn_account(self, name: str) -> None:
        """A name of which is known that it is an account's, with or without its domain. Raises UnexpectedOutput."""
        name = name.rpartition("\\")[2]
        if name and "@" not in name:
            self._know(name)
            self._forms = None

    def _take_in(self, place: Place, text: bytes) -> None:
        if place.kind is Kind.MAIL:
            domain = text[place.start + len(place.name) : place.end].removeprefix(b"@").removeprefix(b"%40")
            self._meet(domain.partition(b".")[0].decode("utf-8", "replace"))
        elif place.kind is Kind.ACCOUNT:
            if place.domain is None or _DOMAIN.fullmatch(place.domain):
                self._meet(place.domain or "")
                self._know_bytes(place.name)
            else:
                self._perhaps.add((_first_label(place.domain), place.name))
                self._check_number()

    def _meet(self, domain: str) -> None:
        if domain and len(self._domains) < MOST_NAMES:
            self._domains.add(domain.casefold())

    def _know_bytes(self, name: bytes) -> None:
        try:
            self._know(name.decode("utf-8"))
        except UnicodeDecodeError:
            self._raw.setdefault(name, "")
            self._check_number()

    def _know(self, name: str) -> None:
        """Takes in an account, and of one of several words those that are names themselves."""
        name = unescape(name)
        if not is_account(name):
            return
        self._accounts.setdefault(folded(name), name)
        for word in name.split(" ") if " " in name else ():
            if is_account(word) and is_looked_for(word):
                self._accounts.setdefault(folded(word), word)
        self._check_number()

    def _check_number(self) -> None:
        if len(self._accounts) + len(self._raw) > MOST_NAMES or len(self._perhaps) > _MOST_DOUBTFUL:
            raise UnexpectedOutput(_too_many_names(MOST_NAMES))

    def _known_forms(self) -> list[tuple[bytes, str]]:
        """How each account is written, in lower case of ASCII, and whose that is."""
        if self._forms is None:
            for domain, name in self._perhaps:
                if domain in self._domains:
                    self._know_bytes(name)
            for raw in self._raw:
                self._raw[raw] = self._read(raw)
            self._forms = [
                (form, self._same.get(key, key))
                for key, name in self._accounts.items()
                if is_looked_for(name)
                for form in written(name)
            ]
        return self._forms

    def _read(self, raw: bytes) -> str:
        """Whose name that is which stands in a code page: one that is known otherwise, or else what it may say."""
        names = []
        for page in CODE_PAGES:
            try:
                names.append(raw.decode(page))
            except UnicodeDecodeError:
                continue
        known = next((name for name in names if folded(name) in self._accounts), None)
        if known is None:
            likely = (name for name in names if name.translate(_SIGNS).isalnum())
            known = next(likely, raw.decode("latin-1"))
            for name in {known, *filter(str.isprintable, names)}:
                self._accounts.setdefault(folded(name), name)
                self._same.setdefault(folded(name), folded(known))
        key = folded(known)
        return self._same.get(key, key)

    def _chosen(self, text: bytes, begin: int, end: int, *, escapes: bool) -> Iterator[Place]:
        """What is to be replaced from here to there, in order; of places that overlap the first, then the longest."""
        forms, seen = self._known_forms(), unescaped(text) if escapes else text
        meant = (_meant(each, text) if escapes else each for each in places(seen, escapes=escapes))
        found = [each for each in meant if self._counts(each)]
        lowered = seen.lower()
        escaped = text.lower() if escapes else lowered
        for form, key in forms:
            within = escaped if b"\\" in form else lowered
            at = within.find(form)
            while at >= 0:
                if is_word(within, form, at):
                    found.append(Place(at, at + len(form), Kind.ACCOUNT, key.encode("utf-8", "surrogatepass")))
                at = within.find(form, at + 1)
        if not found:
            return
        ours = list(pseudonyms(text))
        for place in sorted(found, key=lambda each: (each.start, -each.end)):
            if begin <= place.start < end and not any(start < place.end and place.start < stop for start, stop in ours):
                yield place
                begin = place.end

    def _counts(self, place: Place) -> bool:
        """Whether it is one, by all that is known."""
        match place.kind:
            case Kind.ADDRESS:
                return place.name not in self._versions or is_private(place.name.decode())
            case Kind.ACCOUNT:
                domain = place.domain
                if domain and not _DOMAIN.fullmatch(domain) and _first_label(domain) not in self._domains:
                    return False
                return place.name in self._raw or is_account(unescape(place.name.decode("utf-8", "replace")))
            case _:
                return True

    def _identity(self, place: Place) -> tuple[Kind, str]:
        if place.kind is Kind.ACCOUNT and place.name in self._raw:
            return place.kind, self._raw[place.name]
        told = folded(unescape(place.name.decode("utf-8", "surrogateescape")))
        return place.kind, self._same.get(told, told)

    def _pseudonym(self, kind: Kind, told: str) -> str:
        spelling = {Kind.ACCOUNT: "user-{}", Kind.MAIL: "mail-{}@redacted", Kind.SID: "sid-{}", Kind.ADDRESS: "ip-{}"}
        group = "account" if kind is Kind.MAIL else kind.value
        content = f"{group}:{told}".encode("utf-8", "surrogatepass")
        digits = hmac.new(self._key, content, hashlib.sha256).hexdigest()[:_DIGITS]
        return spelling[kind].format(digits + check_digits(digits))


def _windows(portions: Iterable[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """A text in stretches that overlap, each with where what was not seen before begins, and how far it is to be used.

    What begins before that end may reach beyond it: the next stretch begins behind.
    """
    text, begin = b"", 0
    for portion in portions:
        text += portion
        if len(text) - begin > 4 * LONGEST:
            end = len(text) - LONGEST
            yield text, begin, end
            kept = max(0, end - LONGEST)
            text, begin = text[kept:], end - kept
    yield text, begin, len(text)


def _first_label(domain: str) -> str:
    return domain.casefold().partition(".")[0]


def _meant(place: Place, text: bytes) -> Place:
    """A place of JSON with its name as it is meant, where that is written with escapes."""
    written = text[place.start : place.start + len(place.name)]
    if place.kind is not Kind.ACCOUNT or b"\\" not in written:
        return place
    try:
        name = json.loads(b'"%b"' % written)
    except ValueError:
        return place
    return replace(place, name=name.encode("utf-8", "surrogatepass"))
