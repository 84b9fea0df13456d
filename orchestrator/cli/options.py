"""Options that recur, each declared once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from orchestrator.cli import completion
from orchestrator.cli.moment import moment
from orchestrator.model import spreadsheet

_SPAN: Final = re.compile(r"(?P<count>[0-9]{1,4})(?P<unit>[mh])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_INVENTORY = typer.Option("--inventory", "-i", metavar="FILE", help="The inventory: which hosts, and how to log on.")
Inventory = Annotated[Path, _INVENTORY]
InventoryUnlessPast = Annotated[Path | None, _INVENTORY]
"""Where an earlier run may stand in for one."""


def _minutes(text: str) -> int:
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise typer.BadParameter(f"{text!r} is no span of time; expected minutes or hours, as in 15m or 2h")
    return int(found["count"]) * (60 if found["unit"] == "h" else 1)


def _ip_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no IP address") from None


ForMinutes = Annotated[
    int,
    typer.Option(
        "--for",
        parser=_minutes,
        metavar="TIME",
        help="How long it is on at most, as in 15m or 2h; then each machine switches back by itself.",
        show_default="15m",
    ),
]
Audit = Annotated[
    list[Path] | None,
    typer.Option(
        "--audit",
        metavar="FILE",
        help="An export of the directory's audit log: what it says of resets is put beside what the machine says.",
    ),
]
Address = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        metavar="IP",
        help="With --audit: an address by which the machine's network reaches the internet.",
        parser=_ip_address,
    ),
]


def _name(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("is empty; name an account, or leave the option out")
    return text.strip()


User = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", parser=_name, help="Who tries it, as the directory names the account."),
]
Redact = Annotated[
    bool,
    typer.Option("--redact", help="Give persons pseudonyms in all that is written; the key stays on this computer."),
]


def _limit(complete: Callable[[typer.Context, str], list[str]]) -> Any:
    return typer.Option(
        "--limit",
        metavar="PATTERN",
        help="Only these hosts: names, groups and globs, with commas between; ! leaves out, & narrows down. "
        "@RUN:failed are those that failed in an earlier run, or any other outcome, or not-ok.",
        autocompletion=complete,
    )


Limit = Annotated[str | None, _limit(completion.pattern)]
LimitOfRun = Annotated[str | None, _limit(completion.pattern_of_run)]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; say what would be changed.")]
Forks = Annotated[
    int,
    typer.Option("--forks", "--at-once", "-f", metavar="N", min=1, max=512, help="How many hosts at once."),
]
Msi = Annotated[
    list[Path] | None,
    typer.Option("--msi", metavar="FILE", help="The MSI file; once for x64, once for x86. Each host gets what fits."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STEP.KEY=VALUE",
        help="Set a parameter of a step for this run, as in reboot.delay_minutes=60.",
    ),
]
_OR_PRINT = "; - is the standard output."
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help=f"Write the result file here{_OR_PRINT}")]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help=f"Write the table here, for a spreadsheet{_OR_PRINT}"),
]
Delimiter = Annotated[
    spreadsheet.Delimiter | None,
    typer.Option(
        "--delimiter",
        help="What separates the cells of the table: semicolon, unless this says otherwise, which Excel wants where "
        "decimals have a comma; comma, which it wants elsewhere; or tab.",
        show_default=False,
    ),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.html", help=f"Write the HTML report here{_OR_PRINT}"),
]


def _folder(text: str) -> Path:
    """An empty text, as of a variable that is not set, is no way to name the current folder."""
    if not text:
        raise typer.BadParameter("is empty; name a folder, or leave the option out")
    return Path(text)


def named_path(text: str) -> Path:
    """The same of what has to be named."""
    if not text:
        raise typer.BadParameter("is empty; name a file or a folder")
    return Path(text)


Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        parser=_folder,
        metavar="DIR",
        help="Where the run's log, its result and what comes home from hosts are kept, a folder that no other run has "
        "(`sspr runs list` and `last` know it all the same, while it stays there); else below ~/.local/state/sspr (on "
        "Windows %LOCALAPPDATA%\\sspr), or below the folder that the variable SSPR_STATE names.",
    ),
]
NewPassword = Annotated[
    bool,
    typer.Option(
        "--new-password",
        help="The password is another one than in earlier runs, or the account has been unlocked since. Where they "
        "have used up what an account may be refused, that is one more try. Of a new password in a file the program "
        "knows it by the file's time.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask before changing hosts; needed where nobody can be asked, as in a scheduled job.",
    ),
]
Ephemeral = Annotated[
    bool,
    typer.Option(
        "--ephemeral",
        help="Keep nothing by which the run could be gone on with (`sspr runs resume`) once it is stopped or killed.",
    ),
]
Detach = Annotated[
    bool,
    typer.Option(
        "--detach",
        help="Leave the run to a worker (`sspr worker`), which goes on with it whatever becomes of this terminal, and "
        "say its identifier. Where there is no worker, one is started, which lasts until the computer is restarted.",
    ),
]
State = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="DATABASE",
        help="Keep how far the run is in this PostgreSQL database, rather than in a file of the state folder: "
        "postgresql://USER@HOST/NAME, with the password in ~/.pgpass, or `env:NAME` or `file:PATH` where the whole "
        "address is.",
    ),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="REFERENCE",
        help="Tell people of the end, by mail, chat or whatever else apprise reaches: `file:PATH` or `env:NAME`, where "
        "the addresses are, one a line. May be repeated.",
    ),
]
Prometheus = Annotated[
    Path | None,
    typer.Option(
        "--prometheus",
        metavar="FILE.prom",
        help="Write here how the run stands, when it begins, once a minute and when it has ended, for the textfile "
        "collector of Prometheus' node_exporter. Everybody may read the file.",
    ),
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run: its identifier or the beginning of it, or its folder; `last` is the newest.",
        autocompletion=completion.runs,
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        parser=moment,
        metavar="DATE",
        help="Look for hosts that are off, again and again, until then, and serve those that come: 2026-12-01 (its "
        "end), 2026-12-01T08:00, with an offset where another zone is meant, or +3d, +36h, +90m from now; a year at "
        "most. No later maintenance window is waited for.",
    ),
]
IgnoreWindows = Annotated[
    bool,
    typer.Option(
        "--ignore-windows",
        help="Change hosts outside of their maintenance windows too, in an emergency; the run's log says so.",
    ),
]
LeaseWait = Annotated[
    int,
    typer.Option(
        "--lease-wait",
        metavar="MINUTES",
        min=0,
        max=10080,
        help="How long to wait for a host that another run is at work on; 0 leaves it to that run at once.",
    ),
]
FORKS = 32
LEASE_WAIT = 60


def age(text: str) -> timedelta:
    """How long ago, as in `90d`, `12w` or `48h`. Raises BadParameter."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if not found:
        raise typer.BadParameter("give a number with h, d or w behind it, as in 90d")
    return int(found[1]) * _UNITS[found[2]]
