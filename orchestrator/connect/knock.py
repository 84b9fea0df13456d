"""Whether anything answers where a host is: a TCP connection, made and closed, on which nothing is said.

It costs no log-on and nothing of what an account may be refused, and Windows notes nothing of it.
"""

from __future__ import annotations

import socket
from typing import Final

from orchestrator.connect.jump_hosts import JumpHosts
from orchestrator.connect.translation import translated
from orchestrator.model.clock import Deadline
from orchestrator.model.host import Host

KNOCK_SECONDS: Final = 5.0
"""How long a host may take to accept a connection."""
TUNNEL_SECONDS: Final = 30.0
"""The same behind jump hosts, which may have to be connected to first."""
AT_ONCE: Final = 32
"""At how many hosts a run knocks at the same moment."""


def knock(host: Host, jump_hosts: JumpHosts) -> None:
    """Returns when a connection to the host's WinRM port was accepted.

    Raises:
        Unreachable: It was not.
        TargetError: What a jump host on the way has against it.
    """
    with translated(host, logged_on=False), _connected(host, jump_hosts):
        pass


def _connected(host: Host, jump_hosts: JumpHosts) -> socket.socket:
    if host.via:
        return jump_hosts.open(host.via, host.address, host.port, Deadline.after(TUNNEL_SECONDS))
    return socket.create_connection((host.address, host.port), KNOCK_SECONDS)
