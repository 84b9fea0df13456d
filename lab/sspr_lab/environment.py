"""Environment variables of a process."""

from collections.abc import Iterator, Mapping, MutableMapping


class Environment(MutableMapping[str, str]):
    """Environment variables: looked up without regard to case, kept as they were first written."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._entries: dict[str, tuple[str, str]] = {}
        if isinstance(variables, Environment):  # every process gets a copy of its parent's
            self._entries.update(variables._entries)  # noqa: SLF001 - one of its own kind
        else:
            self.update(variables or {})

    def __getitem__(self, name: str) -> str:
        return self._entries[name.upper()][1]

    def find(self, name: str) -> str | None:
        """The value of a variable, None when it is not set."""
        entry = self._entries.get(name.upper())
        return None if entry is None else entry[1]

    def __setitem__(self, name: str, value: str) -> None:
        key = name.upper()
        spelled = self._entries.get(key, (name, ""))[0]
        self._entries[key] = (spelled, value)

    def __delitem__(self, name: str) -> None:
        del self._entries[name.upper()]

    def __iter__(self) -> Iterator[str]:
        return iter([spelled for spelled, _ in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)

    def expand(self, text: str) -> str:
        """Replace every %NAME% that is set, as ExpandEnvironmentStrings does; leave the others as they are."""
        parts = text.split("%")
        result = parts[0]
        index = 1
        while index < len(parts):
            if index + 1 < len(parts) and parts[index] in self:
                result += self[parts[index]] + parts[index + 1]
                index += 2
            else:
                result += "%" + parts[index]
                index += 1
        return result
