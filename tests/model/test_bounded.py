"""Whatever file a person names is read up to a bound: a slip in a path costs an error that says so."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import MOST, load_inventory
from orchestrator.inventory.values import MOST_HOSTS
from orchestrator.model.bounded import MEGABYTE, read_up_to
from orchestrator.model.errors import UsageError
from orchestrator.package import msi, reading
from orchestrator.playbook.load import load_playbook
from orchestrator.steps.policy import load_policy

READERS: dict[str, tuple[int, Callable[[Path], object]]] = {
    "an inventory": (MOST, load_inventory),
    "a playbook": (MEGABYTE, lambda path: load_playbook(str(path))),
    "a policy": (MEGABYTE, load_policy),
    "a password": (MEGABYTE, lambda path: SecretResolver(path.parent).resolve(f"file:{path.name}")),
    "a package": (MEGABYTE, msi.read_package),
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """One byte too many is too many; the error names the file and how much it may hold."""
    most, read = READERS[name]
    monkeypatch.setattr(reading, "MOST", MEGABYTE)
    path = tmp_path / "large.yaml"
    path.touch(0o600)
    os.truncate(path, most + 1)
    with pytest.raises(UsageError, match=rf"large\.yaml.*it holds more than {most // MEGABYTE} MB"):
        read(path)


@pytest.mark.parametrize(("most", "told"), [(4096, "4,096 bytes"), (MEGABYTE, "1 MB"), (2048 * MEGABYTE, "2,048 MB")])
def test_how_much_is_said(most: int, told: str) -> None:
    """A small bound is not none at all."""

    class Endless(BytesIO):
        def read(self, size: int | None = -1, /) -> Any:
            return range(size or 0)

    with pytest.raises(OSError, match=f"it holds more than {told}"):
        read_up_to(most, Endless())


@pytest.mark.parametrize("where", ["hosts", "groups"])
def test_ranges_without_end(tmp_path: Path, where: str) -> None:
    """A few lines may stand for millions of hosts: the line that has one too many is named, and nothing is made."""
    path = tmp_path / "i.yaml"
    half = MOST_HOSTS // 2
    ranges = [f"A-[1:{half}]", f"B-[1:{half}]", "C-[1:90000]", *(f"D{number}-[1:90000]" for number in range(100))]
    listed = {"hosts": "hosts: {", "groups": "groups: {g: {hosts: ["}[where]
    ending = {"hosts": "}", "groups": "]}}"}[where]
    sign = {"hosts": '"{}":,', "groups": '"{}",'}[where]
    lines = [sign.format(text) for text in ranges]
    path.write_text("\n".join([listed, *lines, ending, ""]), encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(UsageError, match=rf"i\.yaml:4: these are more than {MOST_HOSTS:,} hosts"):
        load_inventory(path)
