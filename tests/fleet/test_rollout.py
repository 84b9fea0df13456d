"""Which hosts are a wave, in which order."""

from __future__ import annotations

import pytest

from orchestrator.fleet.rollout import Rollout
from orchestrator.model.host import CredentialReference, Host
from orchestrator.playbook.strategy import Limits, Strategy

SECRET = CredentialReference("jane", "env:SECRET")
HOSTS = [
    Host(f"pc-{number}", f"pc-{number}", 5985, SECRET, ("seoul" if number % 3 else "oslo",)) for number in range(1, 11)
]
NAMES = [each.name for each in HOSTS]


def waves(canary: tuple[Host, ...] = (), hosts: list[Host] = HOSTS, **strategy: object) -> list[list[str]]:
    rollout = Rollout.of(hosts, Strategy.model_validate(strategy), None, Limits(), canary=canary, seed="run")
    return [list(wave) for wave in rollout.waves]


@pytest.mark.parametrize(
    ("amounts", "sizes"),
    [
        ([], [10]),
        (["100%"], [10]),
        ([1, "5%", "25%", "100%"], [1, 2, 7]),  # 5 % of ten is one host, which there is already
        ([1, "30%"], [1, 2, 7]),
        ([3, 8], [3, 5, 2]),
        ([50], [10]),
        (["0.1%", "100%"], [1, 9]),
        ([2, "10%", "100%"], [1, 1, 8]),
    ],
)
def test_how_many_are_a_wave(amounts: list[int | str], sizes: list[int]) -> None:
    """Numbers and shares say how many have begun by its end; shares are rounded up, what is left is the last."""
    found = waves(waves=amounts)
    assert [len(wave) for wave in found] == sizes
    assert [host for wave in found for host in wave] == NAMES


def test_canaries_come_first() -> None:
    """They are a wave of their own, and count in what the others end with."""
    found = waves((HOSTS[7], HOSTS[2]), waves=[1, "50%"])
    assert found == [
        ["pc-8", "pc-3"],
        ["pc-1", "pc-2", "pc-4"],
        ["pc-5", "pc-6", "pc-7", "pc-9", "pc-10"],
    ]


def test_a_fleet_of_canaries_is_one_wave() -> None:
    assert waves(tuple(HOSTS)) == [NAMES]
    assert waves(hosts=[]) == []


def test_a_host_of_each_group_in_turn() -> None:
    """The first wave meets every site, until one has nobody left."""
    found = [host for wave in waves(order="group") for host in wave]
    assert found[:6] == ["pc-1", "pc-3", "pc-2", "pc-6", "pc-4", "pc-9"]
    assert sorted(found) == sorted(NAMES)


def test_chance_is_the_same_again() -> None:
    """By the seed that is given, or else the run's own."""
    assert waves(order="random") == waves(order="random") != [NAMES]
    assert waves(order="random", seed=1) != waves(order="random", seed=2)
    assert sorted(host for wave in waves(order="random", seed=1) for host in wave) == sorted(NAMES)
