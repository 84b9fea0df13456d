"""whoami.exe: the account, and with /user and /groups what its token holds."""

from typing import Final

from orchestrator.lab.process import SYSTEM, Account, Process
from orchestrator.lab.tools.tables import Format, render

_HIGH: Final = ("Mandatory Label\\High Mandatory Level", "Label", "S-1-16-12288")
_MEDIUM: Final = ("Mandatory Label\\Medium Mandatory Level", "Label", "S-1-16-8192")
_SYSTEM_LEVEL: Final = ("Mandatory Label\\System Mandatory Level", "Label", "S-1-16-16384")
_ON: Final = "Mandatory group, Enabled by default, Enabled group"
_FORMATS: Final[dict[str, Format]] = {"table": "table", "list": "list", "csv": "csv"}


async def main(process: Process) -> int:
    words = [word.lower() for word in process.argv[1:]]
    style: Format = "table"
    if "/fo" in words:
        at = words.index("/fo")
        style = _FORMATS.get(words[at + 1] if at + 1 < len(words) else "", "table")
        del words[at : at + 2]
    with_header = "/nh" not in words
    words = [word for word in words if word != "/nh"]
    if not words:
        await process.stdout.write_text(f"{_name(process)}\n")
        return 0
    if words == ["/user"]:
        table = render(
            [(_name(process), process.account.sid)], ("User Name", "SID"), (25, 46), style, with_header=with_header
        )
        title = "USER INFORMATION"
    elif words == ["/groups"]:
        header = ("Group Name", "Type", "SID", "Attributes")
        table = render(_groups(process.account), header, (44, 16, 14, 50), style, with_header=with_header)
        title = "GROUP INFORMATION"
    else:
        await process.stderr.write_text(
            f"ERROR: Invalid argument/option - '{process.argv[1]}'.\nType \"WHOAMI /?\" for usage.\n"
        )
        return 1
    heading = "" if style == "csv" else f"\n{title}\n{'-' * len(title)}\n"
    await process.stdout.write_text(heading + table)
    return 0


def _name(process: Process) -> str:
    account = process.account
    return f"{account.domain or process.machine.profile.computer_name}\\{account.name}".lower()


def _groups(account: Account) -> list[tuple[str, str, str, str]]:
    level = _SYSTEM_LEVEL if account.sid == SYSTEM.sid else _HIGH if account.elevated else _MEDIUM
    groups = [
        ("Everyone", "Well-known group", "S-1-1-0", _ON),
        ("BUILTIN\\Users", "Alias", "S-1-5-32-545", _ON),
        ("NT AUTHORITY\\NETWORK", "Well-known group", "S-1-5-2", _ON)
        if account.network_logon
        else ("NT AUTHORITY\\INTERACTIVE", "Well-known group", "S-1-5-4", _ON),
        ("NT AUTHORITY\\Authenticated Users", "Well-known group", "S-1-5-11", _ON),
    ]
    if account.elevated:
        groups.insert(1, ("BUILTIN\\Administrators", "Alias", "S-1-5-32-544", f"{_ON}, Group owner"))
    return [*groups, (*level, "")]
