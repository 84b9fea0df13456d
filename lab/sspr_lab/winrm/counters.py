"""What one WinRM server has seen: requests, bytes, connections, logons and shells, for tests and for `sspr lab`."""

from dataclasses import dataclass


@dataclass
class Counters:
    """Totals since the server was made. Bytes are those of HTTP, headers and bodies."""

    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    connections: int = 0
    unauthorized: int = 0  # responses with status 401, challenges included
    logons: int = 0
    refused: int = 0  # logons that failed
    receives: int = 0  # Receive operations that succeeded
    shells_created: int = 0
    shells_open: int = 0
