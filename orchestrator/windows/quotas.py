"""What a stock WinRM service allows one user, by its generation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """Limits that we keep to.

    Attributes:
        operations_per_shell: Commands that one shell may run before it is replaced by another.
        envelope_bytes: MaxEnvelopeSizekb: the largest message, in bytes.
        signal_frees_operation: Whether signing off a command that has ended gives its operation back. Where it does
            not, the signal costs a round trip for nothing, as deleting the shell ends its commands too.
    """

    operations_per_shell: int
    envelope_bytes: int
    signal_frees_operation: bool


WINRM_2 = Quotas(operations_per_shell=12, envelope_bytes=150 * 1024, signal_frees_operation=False)
"""Windows 7. It counts 15 operations a user and does not count down on Signal (MS-WSMV, product behaviour note on the
Signal operation; test-kitchen issue 656); three are left for whoever else uses the account."""
WINRM_3 = Quotas(operations_per_shell=1000, envelope_bytes=500 * 1024, signal_frees_operation=True)
"""Windows 8 and later: 1,500 operations a user (learn.microsoft.com, WinRM quotas)."""
