"""What a stock WinRM service allows one user, by its generation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """Limits that we keep to.

    Attributes:
        operations_per_shell: Commands that one shell may run before it is replaced by another.
        envelope_bytes: MaxEnvelopeSizekb: the largest message, in bytes.
    """

    operations_per_shell: int
    envelope_bytes: int


WINRM_2 = Quotas(operations_per_shell=12, envelope_bytes=150 * 1024)
"""Windows 7. It counts 15 operations a user (test-kitchen issue 656); three are left for whoever else uses the account.

No Windows counts down when a command is signed off with Signal (MS-WSMV, product behaviour note 118), but all do when
the shell is deleted; so commands that have ended are not signed off, which saves a round trip for each.
"""
WINRM_3 = Quotas(operations_per_shell=100, envelope_bytes=500 * 1024)
"""Windows 8 and later: 1,500 operations a user (learn.microsoft.com, WinRM quotas), of which we take a small part."""
