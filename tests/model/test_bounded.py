"""Whatever file a person names is read up to a bound: a slip in a path costs an error that says so."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

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


@pytest.mark.parametrize(("most", "told"), [(4096, "4,096 bytes"), (MEGABYTE, "1 MB"), (8 * MEGABYTE, "8 MB")])
def test_how_much_is_said(most: int, told: str) -> None:
    """A small bound is not none at all; and what is read says how much of it is held."""
    assert read_up_to(most, BytesIO(bytes(most))) == bytes(most)
    with pytest.raises(OSError, match=f"it holds more than {told}"):
        read_up_to(most, BytesIO(bytes(most + 1)))


def test_a_small_file_takes_little_room(tmp_path: Path) -> None:
    """Whatever it may hold."""
    path = tmp_path / "small"
    path.write_bytes(b"x")
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert read_up_to(256 * MEGABYTE, file) == b"x"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTE


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
