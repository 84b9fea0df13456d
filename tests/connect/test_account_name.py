"""Accounts whose names have letters of other languages."""

import pytest

from lab.tests.winrm_hosts import winrm_host
from orchestrator.connect.logon import AccountName
from sspr_lab.profile import Profile
from tests.connect.reach import reached, soon


@pytest.mark.parametrize("username", ["Jürgen Groß", "PC-01\\Jürgen Groß", "김철수", "Hélène", "山田太郎", "ŉ'dlovu"])
async def test_an_account_with_such_a_name_logs_on(username: str) -> None:
    """The proof that NTLM asks for is made with the capitals that Windows makes of the name."""
    name = username.rpartition("\\")[2]
    async with winrm_host(Profile(administrators=("Administrator", name))) as host:
        async with reached(host.server.port, username) as connection:
            result = await connection.run("whoami", soon())
        assert result.stdout.decode().strip() == f"pc-01\\{name.lower()}"
        assert (host.server.counters.logons, host.server.counters.refused) == (1, 0)


@pytest.mark.parametrize(
    ("name", "capitals"), [("Groß", "GROß"), ("ﬁona", "ﬁONA"), ("hélène", "HÉLÈNE"), ("김", "김"), ("a\\ß", "A\\ß")]
)
def test_capitals_are_made_letter_by_letter(name: str, capitals: str) -> None:
    """A letter without a single capital stays what it is; the parts of a name are names."""
    assert AccountName(name).upper() == capitals
    assert [part.upper() for part in AccountName(name).split("\\", 1)] == capitals.split("\\")
