"""The registry of a stock machine, put together: what its kind shares is made once, what is its own is laid over it."""

from dataclasses import replace
from functools import lru_cache

from sspr_lab.faults import Faults
from sspr_lab.profile import Profile, Trait
from sspr_lab.registry import Key
from sspr_lab.stock import time_zone
from sspr_lab.stock.software import software
from sspr_lab.stock.system import hardware, system
from sspr_lab.stock.traits import history
from sspr_lab.stock.tree import Entries, grow, prefixed
from sspr_lab.stock.users import own, own_volatile, service_hives

_SHAPES_THE_KIND: frozenset[Trait] = frozenset(
    {"no_service_pack", "roots_never_fetched", "unpatched", "windows10_1709", "windows10_1803", "winrm_manual_start"}
)


def stock_registry(profile: Profile, faults: Faults) -> Key:
    """The registry of a new machine: stock content, its own name and users, its past, and what is wrong with it."""
    if faults.find("tls_disabled"):
        profile = profile.with_traits("tls_hard_disabled")
    root = grow(_kind(_kind_of(profile)), own(profile))
    root = grow(root, own_volatile(profile), volatile=True)
    for entries in history(profile):
        root = grow(root, entries)
    return root


def _kind_of(profile: Profile) -> Profile:
    """The profile without what tells machines of a kind apart."""
    return replace(
        Profile(profile.branch, profile.architecture, profile.edition),
        language=profile.language,
        winrm=profile.winrm,
        traits=profile.traits & _SHAPES_THE_KIND,
    )


@lru_cache(maxsize=64)
def _kind(profile: Profile) -> Key:
    root = Key("", subkeys={hive: Key(hive) for hive in ("HKLM", "HKU")})
    stable: Entries = {r"HKLM\SAM\SAM": {}, r"HKLM\SECURITY\Policy": {}, r"HKLM\BCD00000000\Objects": {}}
    root = grow(root, stable)
    root = grow(root, prefixed(r"HKLM\SOFTWARE", software(profile)))
    root = grow(root, system(profile))
    root = grow(root, time_zone.zones())
    root = grow(root, service_hives(profile))
    return grow(root, hardware(profile), volatile=True)
