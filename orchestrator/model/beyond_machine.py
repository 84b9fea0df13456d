"""What to ask next where a machine is fine and password reset fails all the same: the user, and the directory.

Since 7 September 2026 only methods that a user has registered count (message centre MC1325414, read in public copies:
mc.merill.net/message/MC1325414). What the audit log calls it: learn.microsoft.com, entra, reference-audit-activities.
"""

from __future__ import annotations

from typing import Final

from orchestrator.model.message import Message, phrase

WHEN: Final[Message] = phrase("beyond-machine")()
"""When that is to be asked."""
QUESTIONS: Final[tuple[Message, ...]] = tuple(
    each()
    for each in (phrase("beyond-machine-user"), phrase("beyond-machine-directory"), phrase("beyond-machine-audit"))
)
"""One of the user and two of the directory's administrator."""
NOT_THERE: Final[Message] = phrase("beyond-machine-not-there")()
"""Said of a machine that offers no password reset yet, so that nobody is asked."""
