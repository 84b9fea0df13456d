r"""Strings of the Formatted data type: [Property], [%VARIABLE], [#FileKey], [$Component], [\x], [~], {...}."""

from collections.abc import Callable

Resolve = Callable[[str], str]


def format_text(template: str, resolve: Resolve) -> str:
    r"""Replace the references in `template`.

    `resolve` gets what stands between the brackets, without them ("ProductName", "%TEMP", "#File"), and returns its
    value, "" when there is none. "[\x]" is the character x and "[~]" the null character, as documented. Text in braces
    disappears when a reference inside is empty, and loses its braces otherwise; braces without a reference stay.

    Source: "Formatted" in the column data types of the Windows Installer documentation.
    """
    return _expand(template, resolve)[0]


def _expand(template: str, resolve: Resolve) -> tuple[str, list[str]]:
    """The text, and the values of the references in it."""
    parts: list[str] = []
    values: list[str] = []
    at = 0
    while at < len(template):
        character = template[at]
        end = _closing(template, at) if character in "[{" else -1
        if end < 0:
            parts.append(character)
            at += 1
            continue
        inner = template[at + 1 : end]
        if character == "[":
            value = _reference(inner, resolve)
            parts.append(value)
            values.append(value)
        else:
            parts.append(_group(inner, resolve))
        at = end + 1
    return "".join(parts), values


def _reference(inner: str, resolve: Resolve) -> str:
    if inner.startswith("\\"):
        return inner[1:2]
    if inner == "~":
        return "\0"
    name = _expand(inner, resolve)[0]
    return f"[{name}]" if name.isdigit() else resolve(name)  # a record's field is not ours to fill in


def _group(inner: str, resolve: Resolve) -> str:
    value, references = _expand(inner, resolve)
    if not references:
        return "{" + inner + "}"
    return value if all(references) else ""


def _closing(template: str, start: int) -> int:
    """Where the bracket or brace at `start` is closed, -1 when it is not."""
    opening = template[start]
    closing = "]" if opening == "[" else "}"
    if template[start : start + 2] == "[\\":
        return start + 3 if template[start + 3 : start + 4] == "]" else -1
    depth = 0
    for at in range(start, len(template)):
        depth += (template[at] == opening) - (template[at] == closing)
        if depth == 0:
            return at
    return -1
