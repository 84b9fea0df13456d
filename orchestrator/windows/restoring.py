"""Putting back what a run changed in a registry: what has to be done, judged by what stands there now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.message import Message
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.windows import registry
from orchestrator.windows.boot import OURS
from orchestrator.windows.command import Change, Command, Fact, all_of, asked, gather
from orchestrator.windows.registry import Key
from orchestrator.windows.registry_change import delete_key, delete_value, missing_keys, set_value, unwritable


@dataclass(frozen=True)
class Standing:
    """What stands now where a run has changed something.

    Attributes:
        values: By their place; None where there is no such value.
        keys: Those that the run made or had made, by lower-case path; None where there is no such key.
        missing: Keys that are not there and would be made by putting a deleted value back.
    """

    values: Mapping[tuple[str, str], Value | None]
    keys: Mapping[str, Key | None]
    missing: tuple[str, ...]


def standing(record: RegistryRecord) -> Fact[Standing]:
    """Looks at everything that a record names."""
    values = {
        change.place: registry.value(f"undo.value.{change.name}", change.key, change.name) for change in record.values
    }
    made = (*record.created_keys, *record.whole_keys)
    keys = {path.lower(): registry.key(f"undo.key.{path}", path) for path in made}
    deleted_from = dict.fromkeys(change.key for change in record.values if change.after is None)
    missing = {path: missing_keys(f"undo.missing.{path}", path) for path in deleted_from}
    return gather(
        "undo.standing",
        _standing,
        values=asked(all_of("undo.values", values)),
        keys=asked(all_of("undo.keys", keys)),
        missing=asked(all_of("undo.missing", missing)),
    )


def _standing(
    values: Mapping[tuple[str, str], Value | None],
    keys: Mapping[str, Key | None],
    missing: Mapping[str, tuple[str, ...]],
) -> Standing:
    return Standing(values, keys, tuple(dict.fromkeys(path for paths in missing.values() for path in paths)))


@dataclass(frozen=True)
class Foreign:
    """A value that somebody else has changed since; `now` is what stands there."""

    change: ValueChange
    now: Value | None


@dataclass(frozen=True)
class Restoration:
    """What putting back comes to.

    Attributes:
        change: Puts back what is still as the run left it; has no commands when there is nothing of that kind.
        foreign: Values that others have changed since; left alone.
        inexpressible: Values whose former data reg.exe cannot set, and why; left alone.
        deleted_keys: Keys of the run that `change` deletes, the lowest first but for those that go whole.
    """

    change: Change
    foreign: tuple[Foreign, ...]
    inexpressible: tuple[tuple[ValueChange, Message], ...]
    deleted_keys: tuple[str, ...]

    def undone(self, after: Standing) -> bool:
        """Whether everything that was to be put back stands as it did before the run."""
        asked = [each for each in self.change.values if each.place in after.values]
        values_back = all(registry.same(each.after, after.values[each.place]) for each in asked)
        return values_back and all(after.keys[path.lower()] is None for path in self.deleted_keys)


def restoration(summary: Message, record: RegistryRecord, now: Standing) -> Restoration:
    """Compares what stands now with what the run left: what is the same is put back, what is not is another's.

    What stands as before the run is undone already. Keys that the run made go when nothing is left in them. Keys that
    a program of Windows filled by its order go with what is in them, which is told with the change, so that this can be
    undone as well. Our own notes about restarts are nobody's loss: one that a later run has changed is that run's.
    """
    back: list[ValueChange] = []
    foreign: list[Foreign] = []
    inexpressible: list[tuple[ValueChange, Message]] = []
    for each in record.values:
        value = now.values[each.place]
        if registry.same(each.before, value):
            continue
        if not registry.same(each.after, value):
            foreign += [] if each.key == OURS else [Foreign(each, value)]
        elif each.before and (reason := unwritable(each.before)):
            inexpressible.append((each, reason))
        else:
            back.append(ValueChange(each.key, each.name, each.after, each.before))
    deleted = _emptied(record, now, back)
    whole = [key for path in record.whole_keys if (key := now.keys[path.lower()])]
    commands = (*(_set(each) for each in back), *(delete_key(path) for path in deleted))
    gone = [ValueChange(key.path, name, value, None) for key in whole for name, value in key.values.items()]
    needs_restart = record.needs_restart and any(each.key != OURS for each in back)
    created = now.missing if any(each.before is None for each in back) else ()
    change = Change(summary, commands, needs_restart, (*back, *gone), created)
    return Restoration(change, tuple(foreign), tuple(inexpressible), deleted)


def _set(change: ValueChange) -> Command:
    if change.after is None:
        return delete_value(change.key, change.name)
    return set_value(change.key, change.name, change.after)


def _emptied(record: RegistryRecord, now: Standing, back: list[ValueChange]) -> tuple[str, ...]:
    """Keys that go whole, and those made by the run in which nothing is left once `back` is carried out."""
    deleted = {each.place for each in back if each.after is None}
    emptied = {path.lower(): path for path in record.whole_keys if now.keys[path.lower()] is not None}
    for path in reversed(record.created_keys):
        key = now.keys[path.lower()]
        if key is None:
            continue
        values = [name for name in key.values if (path.lower(), name) not in deleted]
        below = [name for name in key.subkeys if f"{path}\\{name}".lower() not in emptied]
        if not values and not below:
            emptied[path.lower()] = path
    return tuple(emptied.values())
