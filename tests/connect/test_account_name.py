"""Accounts whose names have letters of other languages."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.connect.security_context import AccountName
from sspr_lab.profile import Profile
from sspr_lab.winrm import ntlm
from tests.connect.reach import reached, soon
from tests.sshd import missing

DOTLESS_I, LONG_S, MICRO = "\u0131", "\u017f", "\u00b5"
NAMES = ["Jürgen Groß", "PC-01\\Jürgen Groß", "김철수", "Hélène", "山田太郎", "ŉ'dlovu"]


@pytest.mark.parametrize("username", [*NAMES, f"{DOTLESS_I}ş{DOTLESS_I}k", f"{MICRO}-admin", f"{LONG_S}am"])
async def test_an_account_with_such_a_name_logs_on(username: str) -> None:
    """The proof that NTLM asks for is made with the capitals that Windows makes of the name."""
    name = username.rpartition("\\")[2]
    async with winrm_host(Profile(administrators=("Administrator", name))) as host:
        async with reached(host.server.port, username) as connection:
            result = await connection.run("whoami", soon())
        assert result.stdout.decode().strip() == f"pc-01\\{name.lower()}"
        assert (host.server.counters.logons, host.server.counters.refused) == (1, 0)


@pytest.mark.parametrize(
    ("name", "capitals"),
    [
        ("Groß", "GROß"),
        ("ﬁona", "ﬁONA"),
        ("hélène", "HÉLÈNE"),
        ("김", "김"),
        ("a\\ß", "A\\ß"),
        (f"{DOTLESS_I}ş{DOTLESS_I}k", f"{DOTLESS_I}Ş{DOTLESS_I}K"),
        (MICRO + LONG_S, MICRO + LONG_S),
        ("\u01c5ἀϑᲀ\u1e9b\u1fbe\u0345", "\u01c5Ἀϑᲀ\u1e9b\u1fbe\u0345"),
        ("ς\U00010428", "Σ\U00010428"),
    ],
)
def test_capitals_are_made_letter_by_letter(name: str, capitals: str) -> None:
    """A letter without a single capital stays what it is; the parts of a name are names."""
    assert AccountName(name).upper() == capitals
    assert [part.upper() for part in AccountName(name).split("\\", 1)] == capitals.split("\\")
    assert ntlm.upcased(name) == capitals


LETTERS = [chr(code) for code in range(0x10000) if code not in range(0xD800, 0xE000)]
PAIRS = [letter for letter in LETTERS if len(letter.upper()) == 1 and letter.upper() != letter]
"""Those with one capital in Unicode."""
KEPT_BY_WINE = "ς"
"""Alone of those of which Samba's table has a capital."""
ASKED = "import sys; from samba import strcasecmp_m as c; print(*(int(c(*w.split('/')) == 0) for w in sys.argv[1:]))"
WINES = Path("/usr/share/wine/nls/l_intl.nls")


def kept_by_samba() -> set[str]:
    """Of which its table has no capital; its Python module is asked, with Debian's Python."""
    words = [f"{letter}/{letter.upper()}" for letter in PAIRS]
    ran = subprocess.run(["/usr/bin/python3", "-c", ASKED, *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        missing("python3-samba")
    return {letter for letter, word in zip(PAIRS, ran.stdout.split(), strict=True) if word == "0"}


def kept_by_wine() -> set[str]:
    """Of which its table has no capital: what to add, by the three parts of a UTF-16 unit (Microsoft's NLS files)."""
    if not WINES.exists():
        missing("libwine")
    content = WINES.read_bytes()
    words = struct.unpack(f"<{len(content) // 2}H", content)
    table = words[2 : 2 + words[1]]
    codes = {letter: ord(letter) for letter in PAIRS}
    return {each for each, code in codes.items() if not table[table[table[code >> 8] + (code >> 4 & 15)] + (code & 15)]}


@pytest.mark.parametrize("upcased", [lambda name: AccountName(name).upper(), ntlm.upcased], ids=["ours", "the lab's"])
def test_what_samba_capitalises_is_capitalised(upcased: Callable[[str], str]) -> None:
    """Its table is an old one of Windows'."""
    kept = {letter for letter in PAIRS if upcased(letter) == letter}
    assert kept <= kept_by_samba()
    assert all(upcased(letter) in {letter, letter.upper()} for letter in PAIRS)


@pytest.mark.wine
def test_kept_is_what_samba_and_wine_keep() -> None:
    kept = {letter for letter in PAIRS if AccountName(letter).upper() == letter}
    assert kept == kept_by_samba() & kept_by_wine()
    assert kept_by_wine() - kept_by_samba() == set(KEPT_BY_WINE)
