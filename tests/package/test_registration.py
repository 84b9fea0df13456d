"""What a package's tables say about the credential provider that it registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from orchestrator.package.msi import read_package
from orchestrator.package.registration import Registers, registration
from orchestrator.windows.provider import CLSID
from sspr_lab.packages import Way, standin
from sspr_lab.profile import Architecture

YES, NO, UNPROVEN = Registers.YES, Registers.NO, Registers.UNPROVEN
VARIANTS = Path(__file__).parents[2] / "lab" / "tests" / "packages"
PROVIDERS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
OTHER = "{5C3B2A10-4D7E-4F62-9A0B-1E6C8D7F0A55}"
EXECUTED = {"InstallExecuteSequence": [{"Action": name} for name in ("Custom", "SelfRegModules")]}
SELF_REGISTERING = {"SelfReg": [{"File_": "Dll", "Cost": 1}]}


def key(path: str, root: int = 2, name: str | None = None, value: str | None = "x") -> dict[str, Any]:
    return {"Root": root, "Key": path, "Name": name, "Value": value}


def writes(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"Registry": rows}


def action(kind: int) -> dict[str, Any]:
    return {"CustomAction": [{"Action": "Custom", "Type": kind}], **EXECUTED}


CASES: Mapping[str, tuple[dict[str, Any], Registers, str]] = {
    "ours": (writes(key(rf"{PROVIDERS}\{CLSID}")), YES, "by its Registry table"),
    "in other letters": (writes(key(rf"{PROVIDERS}\{CLSID}".lower())), YES, ""),
    "a value below it": (writes(key(rf"{PROVIDERS}\{CLSID}\Below", name="A")), YES, ""),
    "for the machine": (writes(key(rf"{PROVIDERS}\{CLSID}", root=-1)), YES, ""),
    "by a property": (
        {"Property": [{"Property": "Clsid", "Value": CLSID}], **writes(key(rf"{PROVIDERS}\[Clsid]"))},
        YES,
        "",
    ),
    "ours and another": (writes(key(rf"{PROVIDERS}\{OTHER}"), key(rf"{PROVIDERS}\{CLSID}")), YES, ""),
    "another": (writes(key(rf"{PROVIDERS}\{OTHER}")), NO, OTHER),
    "another, and code": ({**writes(key(rf"{PROVIDERS}\{OTHER}")), **action(1)}, NO, OTHER),
    "for a user": (writes(key(rf"{PROVIDERS}\{CLSID}", root=1)), NO, "nothing in it"),
    "removed": (writes(key(rf"{PROVIDERS}\{CLSID}", name="-", value=None)), NO, "nothing in it"),
    "what only 32-bit programs see": (
        writes(key(rf"SOFTWARE\Wow6432Node{PROVIDERS.removeprefix('SOFTWARE')}\{CLSID}")),
        NO,
        "nothing in it",
    ),
    "no table at all": ({}, NO, "nothing in it"),
    "a key that nobody knows": (writes(key(r"[PLACE]\{X}")), UNPROVEN, "[PLACE]"),
    "a provider that nobody knows": (writes(key(rf"{PROVIDERS}\[WHICH]")), UNPROVEN, "[WHICH]"),
    "a key elsewhere with a property": (writes(key(r"SOFTWARE\Contoso\[X]")), NO, "nothing in it"),
    "a module that registers itself": ({**SELF_REGISTERING, **EXECUTED}, UNPROVEN, "module `Dll`"),
    "a module that nobody calls": (SELF_REGISTERING, NO, "nothing in it"),
    "a DLL": (action(1), UNPROVEN, "custom action `Custom`"),
    "a program, later and as SYSTEM": (action(2 + 0x400 + 0x800), UNPROVEN, "custom action `Custom`"),
    "a script": (action(38), UNPROVEN, "custom action `Custom`"),
    "an error": (action(19), NO, "nothing in it"),
    "a property": (action(51 + 0x100), NO, "nothing in it"),
    "a directory": (action(35), NO, "nothing in it"),
    "an action that is not taken": ({"CustomAction": [{"Action": "Custom", "Type": 1}]}, NO, "nothing in it"),
    "a service": ({"ServiceInstall": [{"Name": "S"}]}, UNPROVEN, "a service"),
    "a package inside": ({"MsiEmbeddedChainer": [{"Chainer": "C"}]}, UNPROVEN, "a package inside the package"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_tables_say(case: str) -> None:
    """Proven by a row, refuted by another provider's row or by the absence of anything that could; else not known."""
    tables, registers, words = CASES[case]
    said = registration(tables)
    assert (said.registers, words in said.because) == (registers, True), said


def test_much_code_is_named_in_a_few_words() -> None:
    """Of ten custom actions three are named and the others counted."""
    names = [f"Custom{number}" for number in range(10)]
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = {
        "CustomAction": [{"Action": name, "Type": 1} for name in names],
        "InstallExecuteSequence": [{"Action": name} for name in names],
    }
    assert registration(tables).because.endswith("`Custom2` and 7 more")


@pytest.mark.parametrize("architecture", get_args(Architecture))
@pytest.mark.parametrize("way", get_args(Way))
def test_real_packages(way: Way, architecture: Architecture) -> None:
    """The stand-in that registers by table is proven; those that do it by code are not, and neither is refused."""
    said = read_package(standin(architecture, way)).registration
    assert said.registers is (YES if way == "table" else UNPROVEN), said


@pytest.mark.parametrize(("name", "words"), [("other-provider", OTHER), ("no-provider", "nothing in it")])
def test_packages_that_are_something_else(name: str, words: str) -> None:
    """Another provider's package, and one that registers none, are known as such."""
    said = read_package(VARIANTS / f"{name}.x64.msi").registration
    assert said.registers is NO
    assert words in said.because
