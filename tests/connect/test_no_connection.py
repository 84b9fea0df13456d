"""Straight lines that do not come about: who has answered, if anybody, is told by the operating system's codes."""

import errno
import os

import pytest

from orchestrator.connect.translation import translated
from orchestrator.model.errors import Retry, Unreachable
from orchestrator.sentences import say
from tests.connect.reach import at, connector, soon
from tests.connect.tunnels import closed_port
from tests.saying import with_reason

ENDS: dict[str, tuple[Exception, str, str]] = {
    "nobody": (TimeoutError(), "no answer on the WinRM port", "the machine is on"),
    "the machine": (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "takes no connection", "winrm quickconfig"),
    "a router": (OSError(errno.EHOSTUNREACH, "x"), os.strerror(errno.EHOSTUNREACH), "routes and firewall"),
    "our network": (OSError(errno.ENETUNREACH, "x"), os.strerror(errno.ENETUNREACH), "routes and firewall"),
    "our firewall": (PermissionError(errno.EPERM, "x"), os.strerror(errno.EPERM), "routes and firewall"),
    "somebody who hangs up": (ConnectionResetError(errno.ECONNRESET, "x"), "the connection broke before", "machine"),
}


@pytest.mark.parametrize(("error", "told", "todo"), ENDS.values(), ids=ENDS)
def test_who_has_answered(error: Exception, told: str, todo: str) -> None:
    """All of it may pass, and each has its own words."""
    with (
        pytest.raises(Unreachable, check=with_reason(told)) as caught,
        translated(at(5985), logged_on=False),
    ):
        raise error
    assert caught.value.retry is Retry.RECONNECT
    assert caught.value.remedy is not None
    assert todo in say(caught.value.remedy)


async def test_a_port_where_nobody_listens() -> None:
    """A machine that is on and has no WinRM is not told as one that is off."""
    async with connector() as made:
        with pytest.raises(Unreachable, check=with_reason("takes no connection on the WinRM port")):
            await made.connect(at(closed_port()), soon())
