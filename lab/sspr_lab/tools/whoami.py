"""whoami.exe: the account, and with /user and /groups what its token holds."""

from typing import Final

from sspr_lab.accounts import SYSTEM, full_name
from sspr_lab.process import Process
from sspr_lab.tools.complaints import wrong_usage
from sspr_lab.tools.tables import Format, render

_HIGH: Final = ("Mandatory Label\\High Mandatory Level", "S-1-16-12288")
_MEDIUM: Final = ("Mandatory Label\\Medium Mandatory Level", "S-1-16-8192")
_SYSTEM_LEVEL: Final = ("Mandatory Label\\System Mandatory Level", "S-1-16-16384")
_ON: Final = "Mandatory group, Enabled by default, Enabled group"
_OWNED: Final = "Mandatory group, Enabled by default, Enabled group, Group owner"
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
            [(_name(process), process.account.sid)],
            (process.text("User Name"), "SID"),
            (25, 46),
            style,
            with_header=with_header,
        )
        title = process.text("USER INFORMATION")
    elif words == ["/groups"]:
        header = (process.text("Group Name"), process.text("Type"), "SID", process.text("Attributes"))
        table = render(_groups(process), header, (44, 16, 14, 50), style, with_header=with_header)
        title = process.text("GROUP INFORMATION")
    else:
        word = process.argv[1]
        return await wrong_usage(process, "Invalid argument/option - '{word}'.", "WHOAMI /?", word=word)
    heading = "" if style == "csv" else f"\n{title}\n{'-' * len(title)}\n"
    await process.stdout.write_text(heading + table)
    return 0


def _name(process: Process) -> str:
    return full_name(process.machine.profile, process.account).lower()


def _groups(process: Process) -> list[tuple[str, str, str, str]]:
    account, names = process.account, process.spoken.names
    well_known, alias, on = process.text("Well-known group"), process.text("Alias"), process.text(_ON)
    owner = process.text(_OWNED)
    level, level_sid = _SYSTEM_LEVEL if account.sid == SYSTEM.sid else _HIGH if account.elevated else _MEDIUM
    how, how_sid = (names.network, "S-1-5-2") if account.network_logon else (names.interactive, "S-1-5-4")
    groups = [
        (names.everyone, well_known, "S-1-1-0", on),
        (f"{names.builtin}\\{names.users}", alias, "S-1-5-32-545", on),
        (f"{names.authority}\\{how}", well_known, how_sid, on),
        (f"{names.authority}\\{names.authenticated_users}", well_known, "S-1-5-11", on),
    ]
    if account.elevated:
        groups.insert(1, (f"{names.builtin}\\{names.administrators}", alias, "S-1-5-32-544", owner))
    return [*groups, (process.text(level), process.text("Label"), level_sid, "")]
