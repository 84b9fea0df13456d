"""The programs of a stock machine that the lab models: image name -> what it does."""

from typing import Final

from orchestrator.lab.cmd import interpreter
from orchestrator.lab.process import Tool
from orchestrator.lab.tools import (
    fsutil,
    hostname,
    msiexec,
    net,
    netsh,
    ping,
    powershell,
    quser,
    reg,
    sc,
    schtasks,
    shutdown,
    taskkill,
    tasklist,
    timeout,
    wevtutil,
    whoami,
    wmic,
)

TOOLS: Final[dict[str, Tool]] = {
    "cmd.exe": interpreter.main,
    "fsutil.exe": fsutil.main,
    "hostname.exe": hostname.main,
    "msiexec.exe": msiexec.main,
    "net.exe": net.main,
    "net1.exe": net.main,
    "netsh.exe": netsh.main,
    "ping.exe": ping.main,
    "powershell.exe": powershell.main,
    "quser.exe": quser.main,
    "reg.exe": reg.main,
    "sc.exe": sc.main,
    "schtasks.exe": schtasks.main,
    "shutdown.exe": shutdown.main,
    "taskkill.exe": taskkill.main,
    "tasklist.exe": tasklist.main,
    "timeout.exe": timeout.main,
    "wevtutil.exe": wevtutil.main,
    "whoami.exe": whoami.main,
    "wmic.exe": wmic.main,
}
