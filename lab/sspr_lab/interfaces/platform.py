"""What everything on a machine stands on, whether it runs or not."""

from typing import Protocol

from sspr_lab.clock import Clock
from sspr_lab.faults import Faults
from sspr_lab.interfaces.files import Files
from sspr_lab.ledger import Ledger
from sspr_lab.profile import Profile
from sspr_lab.registry import Registry


class Platform(Protocol):
    """A machine as those see it who only look things up and write them down."""

    @property
    def profile(self) -> Profile: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def faults(self) -> Faults: ...

    @property
    def registry(self) -> Registry: ...

    @property
    def files(self) -> Files: ...

    @property
    def ledger(self) -> Ledger: ...
