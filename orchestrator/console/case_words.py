"""How a case's answers, tasks, lanes, levels and kinds are called, on the screen and on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.model.case import Answer, Lane, Owner
from orchestrator.model.confidence import Confidence


@dataclass(frozen=True)
class Shown:
    """A word with its mark, so that colour is never the only difference, and its CSS class."""

    key: str
    mark: str
    label: str


ANSWERS: Final = {
    Answer.YES: Shown("ok", "✓", "can reset a password"),
    Answer.NO: Shown("failed", "✕", "cannot reset a password"),
    Answer.DOUBTFUL: Shown("blocked", "!", "doubtful"),
    Answer.UNKNOWN: Shown("unknown", "?", "not known"),
}
PREVENTS: Final = Shown("failed", "✕", "prevents every reset")
MAY_PREVENT: Final = Shown("blocked", "!", "may prevent resets")
OWNERS: Final = {
    Owner.MACHINES: "whoever administers the computers",
    Owner.NETWORK: "whoever runs proxies and firewalls",
    Owner.DIRECTORY: "whoever administers Microsoft Entra ID and the domain",
    Owner.USER: "the user",
}
SURE: Final = {
    Confidence.CERTAIN: "Certain: the files say so themselves.",
    Confidence.LIKELY: "Likely: it is the last known error before the failure.",
    Confidence.UNCLEAR: "Unclear: the files name what failed, not why.",
}
LANES: Final = {
    Lane.ADD_IN: "Add-in",
    Lane.INSTALLER: "Installer",
    Lane.WINDOWS: "Windows",
    Lane.NETWORK: "Network, TLS",
    Lane.OURS: "Our steps",
    Lane.CLOUD: "Directory",
}
LEVELS: Final = {
    1: Shown("error", "◆", "critical"),
    2: Shown("error", "◆", "error"),
    3: Shown("warning", "△", "warning"),
    4: Shown("info", "●", ""),
    5: Shown("verbose", "|", "verbose"),
    0: Shown("info", "●", ""),
}
JOINED: Final = {"address": "same IP address", "time": "same time"}
KINDS: Final = {
    "account": "accounts",
    "sid": "SIDs",
    "mail": "mail addresses",
    "address": "IP addresses",
}
