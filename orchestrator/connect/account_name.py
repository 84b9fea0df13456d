"""The name of an account as NTLM puts it into capitals: letter by letter, as Windows does and Python does not."""

from __future__ import annotations

from typing import SupportsIndex


class AccountName(str):
    """A user's name, with or without a domain, whose `upper` is Windows'.

    The proof of a password is made with the name in capitals ([MS-NLMP] 3.3.2, NTOWFv2), and pyspnego asks the name
    itself for them. Windows turns each letter into one letter, so that "ß" stays; Python makes it "SS", and the log-on
    of somebody with such a name would be refused.
    """

    __slots__ = ()

    def upper(self) -> str:
        return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in self)

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """The parts are account names too: pyspnego parts the domain from the user so."""
        return [AccountName(part) for part in super().split(sep, maxsplit)]
