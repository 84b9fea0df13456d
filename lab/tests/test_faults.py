"""Faults: what wears off and what stays."""

import pytest

from sspr_lab.clock import Clock
from sspr_lab.faults import Faults, fault
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value


def test_one_shot_faults_wear_off_and_others_stay() -> None:
    """`take` uses up what happens a number of times, and never what is simply so."""
    faults = Faults([fault("quota", times=2), fault("slow", seconds=3), fault("drop_install")])
    assert [faults.take("quota") is not None for _ in range(3)] == [True, True, False]
    assert [faults.take("drop_install") is not None for _ in range(2)] == [True, False]
    assert [item.number("seconds", 0) for _ in range(3) if (item := faults.take("slow"))] == [3, 3, 3]
    assert faults.find("quota") is None
    assert faults.find("unreachable") is None


def test_nonsense_is_refused() -> None:
    """There are no other faults than those that something in the lab acts upon."""
    with pytest.raises(ValueError, match="no such fault: 'gremlins'"):
        fault("gremlins")


def test_two_faults_of_a_kind_are_counted_apart() -> None:
    """The second fault of a kind comes into force when the first is used up."""
    faults = Faults([fault("drop_receive", nth=1)])
    faults.add(fault("drop_receive", nth=5))
    taken = [item.number("nth", 0) for _ in range(3) if (item := faults.take("drop_receive"))]
    assert taken == [1, 5]


def test_tls_disabled_bites_in_the_registry(clock: Clock) -> None:
    """The fault that switches TLS 1.2 off is seen where Schannel looks."""
    machine = Machine(Profile(), clock, Faults([fault("tls_disabled")]))
    key = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
    assert machine.registry.get(key, "Enabled") == Value.of(0)
