"""How the WinRM service of a machine is set up: its listeners and winrm/config/service, with Windows' defaults.

Source: Microsoft, "Installation and configuration for Windows Remote Management": Basic, Certificate and CredSSP are
off, Kerberos and Negotiate on, CbtHardeningLevel is Relaxed, AllowUnencrypted false (nothing here can switch that on).
"""

from dataclasses import dataclass
from typing import Literal

Transport = Literal["http", "https"]
Method = Literal["basic", "certificate", "credssp", "kerberos", "negotiate"]
Logon = Literal["basic", "certificate", "credssp", "kerberos", "ntlm"]
CbtHardeningLevel = Literal["none", "relaxed", "strict"]


@dataclass(frozen=True)
class ServiceSettings:
    """Listeners, the ways to log on that are switched on, and what is asked of channel binding tokens."""

    listeners: frozenset[Transport] = frozenset({"http"})
    auth: frozenset[Method] = frozenset({"kerberos", "negotiate"})
    cbt: CbtHardeningLevel = "relaxed"

    @property
    def has_certificate(self) -> bool:
        """Whether the machine needs a certificate of its own."""
        return "https" in self.listeners or "credssp" in self.auth
