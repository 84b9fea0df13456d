"""What Windows has and the lab has not is said in the lab's own voice, in one form; what Windows lacks in Windows'."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from sspr_lab.clock import Clock
from sspr_lab.documented import Grammar, programs, table
from sspr_lab.documented.reading import HELP, beyond_model
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.process import split_command_line
from sspr_lab.profile import Branch, Profile
from sspr_lab.stock.programs import stock_programs
from sspr_lab.tools.table import TOOLS
from sspr_lab.unmodelled import NO_MODEL

if TYPE_CHECKING:
    from lab.tests.conftest import Run

BUILTINS = table("cmd")
assert BUILTINS is not None


def unmodelled_lines(program: str, grammar: Grammar, path: str = "") -> Iterator[tuple[str, str]]:
    """Each verb and option of a table that has no model: a command line, and what the lab says that it lacks."""
    for word in grammar.unmodelled_verbs:
        yield f"{program}{path} {word} x", f"{program}{path} {word}"
    for option in grammar.unmodelled:
        name, _, _ = option.partition(" ")
        yield f"{program}{path} {name}", f"{program}{path} {name.partition(':')[0]}"
    for verb, inner in grammar.verbs.items():
        for name in verb.split("|"):
            yield from unmodelled_lines(program, inner, f"{path} {name}")


def all_unmodelled_lines() -> Iterator[tuple[str, str]]:
    for program in sorted(programs() - {"cmd", "msiexec"}):
        about = table(program)
        assert about is not None
        yield from unmodelled_lines(program, about)
        yield f"{program} {HELP}", f"{program} {HELP}"


# Command lines of Microsoft's pages that no program here sends, and what the lab says that it lacks.
LACKING = {
    "wevtutil sl Application /ms:41943040": "wevtutil sl",
    "wevtutil set-log Application /e:true": "wevtutil set-log",
    "wevtutil gp Microsoft-Windows-Eventlog /ge:true": "wevtutil gp",
    "wevtutil": "wevtutil",
    "certutil -store My": "certutil -store",
    "certutil -urlcache -split -f http://example.org/a a": "certutil -urlcache",
    "certutil -v -store": "certutil -v",
    "certutil cert.cer": "certutil cert.cer",
    "certutil": "certutil",
    r"sc create New binPath= C:\a.exe": "sc create",
    "sc sdshow WinRM": "sc sdshow",
    "sc queryex WinRM": "sc queryex",
    "sc query state= all": "sc query state=",
    "sc query type= driver": "sc query type=",
    r"sc \\PC-02 query": r"sc \\PC-02",
    "sc config WinRM start= boot": "sc config start= boot",
    "sc config WinRM obj= LocalSystem": "sc config obj=",
    "net user X": "net user",
    "net localgroup Administrators": "net localgroup",
    "net helpmsg 2182": "net helpmsg",
    "net1 share": "net1 share",
    "net stop Spooler /y": "net stop /y",
    "net statistics": "net statistics",
    "wmic computersystem get name": "wmic computersystem",
    "wmic service where name='winrm' get state": "wmic service",
    "wmic /node:PC-02 os get caption": "wmic /node",
    "wmic os get InstallDate": "wmic os get InstallDate",
    "wmic os get Caption,TotalVisibleMemorySize /value": "wmic os get Caption,TotalVisibleMemorySize",
    "wmic os get Caption /format:csv": "wmic os get /format",
    "wmic os list brief": "wmic os list",
    "wmic": "wmic",
    "netsh winhttp set proxy proxy:8080": "netsh winhttp set",
    "netsh advfirewall show allprofiles": "netsh advfirewall",
    "netsh int ip show config": "netsh int",
    "netsh": "netsh",
    "quser /server:PC-02": "quser /server",
    "tasklist /svc": "tasklist /svc",
    'tasklist /fi "memusage gt 1000"': "tasklist /fi memusage gt 1000",
    'tasklist /fi "pid gt 4"': "tasklist /fi pid gt 4",
    'taskkill /fi "imagename eq a.exe"': "taskkill /fi",
    "whoami /priv": "whoami /priv",
    "whoami /all": "whoami /all",
    "whoami /user /priv": "whoami /priv",
    "shutdown /l": "shutdown /l",
    "shutdown": "shutdown",
    "sc query bthserv": "the service bthserv",
    "sc query tcpip": "the service tcpip",
    "net start bthserv": "the service bthserv",
    "wevtutil gl Microsoft-Windows-Bits-Client/Operational": "the event log Microsoft-Windows-Bits-Client/Operational",
    "wevtutil qe ForwardedEvents /c:1": "the event log ForwardedEvents",
    "wmic os get /value": "wmic os get",
    "wmic os get *": "wmic os get *",
    "schtasks /create /tn a /tr b /sc onevent /ec System /mo *[System]": "schtasks /create /sc onevent",
    "schtasks /create /tn a /tr b /sc monthly /mo lastday": "schtasks /create /sc monthly /mo lastday",
    "schtasks /create /tn a /tr b /sc monthly /m JAN": "schtasks /create /sc monthly /m",
    "schtasks /create /tn a /tr b /sc daily /ri 5 /du 24:00": "schtasks /create /sc daily /du /ri",
    "schtasks /create /tn a /tr b /sc onidle /i 5": "schtasks /create /sc onidle /i",
    "schtasks /create /tn a /tr b /sc daily /et 11:00": "schtasks /create /sc daily",
    "schtasks /change /tn a /ri 5": "schtasks /change /ri",
    "cscript": "cscript",
    "cscript //frobnicate": "cscript",
    'start "" /affinity 1 hostname': "start /affinity",
    "start http://example.org/": "opening http://example.org/",
    "start iexplore": "opening iexplore",
    "start C:\\Windows": "opening C:\\Windows",
    "shutdown /h": "shutdown /h",
    "ping -t localhost": "ping -t",
    "findstr /d:C:\\Windows x *.ini": "findstr /d",
    "reg compare HKLM\\A HKLM\\B": "reg compare",
    "reg save HKLM\\SYSTEM C:\\s.hiv": "reg save",
    "reg query /?": "reg query /?",
    "schtasks /showsid /tn x": "schtasks /showsid",
    "schtasks /create /?": "schtasks /create /?",
    "fsutil fsinfo drives": "fsutil fsinfo",
    "fsutil dirty set c:": "fsutil dirty set",
    "more /s C:\\Windows\\win.ini": "more /s",
    "find /?": "find /?",
    "msiexec /unreg": "msiexec /unreg",
    "msiexec /regserver": "msiexec /regserver",
    "msiexec /a C:\\x.msi": "msiexec /a",
    "msiexec /p C:\\x.msp /qn": "msiexec /p",
    "msiexec /jm C:\\x.msi": "msiexec /j",
    "msiexec /update C:\\x.msp": "msiexec /update",
    "cscript //E:jscript C:\\a.txt": "cscript //E",
    "winrm get winrm/config": "winrm.vbs",
    "cscript //nologo C:\\Windows\\System32\\slmgr.vbs /dli": "slmgr.vbs",
    "slmgr /dli": "opening slmgr by its file type",
    "services.msc": "opening services.msc by its file type",
    "C:\\Windows\\win.ini": "opening C:\\Windows\\win.ini by its file type",
    "mklink C:\\a C:\\b": "mklink",
    "assoc .txt": "assoc .txt",
    "assoc": "assoc",
    "assoc .new=txtfile": "assoc .new=txtfile",
    "ftype txtfile": "ftype txtfile",
    "ver /?": "ver /?",
    "ver/?": "ver /?",
    "echo /?": "echo /?",
    "for /?": "for /?",
    "if /?": "if /?",
    "rem /?": "rem /?",
    "call /?": "call /?",
    "start /?": "start /?",
    "set /?": "set /?",
    "dir /q": "dir /q",
    "dir /o-d /tc C:\\": "dir /tc",
    "dir /a:h": "dir /a:h",
    "dir /ah C:\\": "dir /ah",
    "del /ar C:\\x": "del /ar",
    "copy /d C:\\Windows\\win.ini C:\\x": "copy /d",
    "date": "date",
    "date 01-01-2020": "date 01-01-2020",
    "setlocal disableextensions": "setlocal disableextensions",
    "cmd /?": "cmd /?",
    "cmd /u /c ver": "cmd /u",
    "cmd /e:off /c ver": "cmd /e:off",
    "powershell -Command Get-Process": "powershell.exe",
    "robocopy C:\\a C:\\b": "robocopy.exe",
    "bitsadmin /list": "bitsadmin.exe",
    "format D:": "format.com",
    "dism /online /get-packages": "dism.exe",
    "mofcomp x.mof": "mofcomp.exe",
    "w32tm /query /status": "w32tm.exe",
    "query user": "query.exe",
}
# What Windows does not have either, and how it says so.
UNKNOWN = {
    "wevtutil gl Frobnicate": "The specified channel could not be found.",
    "sc query frobnicate": "FAILED 1060",
    "net start frobnicate": "The service name is invalid.",
    "whoami /fo frobnicate": "Invalid syntax. Value 'frobnicate' is not allowed for '/FO' option.",
    "start frobnicate": "The system cannot find the file frobnicate.",
    "wevtutil frobnicate": "Unrecognized command frobnicate.",
    "certutil -frobnicate": "Unknown arg: -frobnicate",
    "sc frobnicate": "SC is a command line program",
    "net frobnicate": "The syntax of this command is:",
    "wmic frobnicate": "frobnicate - Alias not found.",
    "wmic os get Frobnicate": "Invalid query",
    "netsh frobnicate": "The following command was not found: frobnicate.",
    "tasklist /frobnicate": "Invalid argument/option",
    "tasklist /frobnicate /svc": "Invalid argument/option",
    "taskkill /frobnicate": "Invalid argument/option - '/frobnicate'.",
    "whoami /frobnicate": "Invalid argument/option - '/frobnicate'.",
    "shutdown /frobnicate": "Usage: shutdown",
    "ping -frobnicate": "Bad option -frobnicate.",
    "reg frobnicate": "Invalid syntax.",
    "schtasks /frobnicate": "Invalid argument/option - '/frobnicate'.",
    "fsutil frobnicate": "frobnicate is an invalid parameter.",
    "fsutil volume frobnicate": "frobnicate is an invalid parameter.",
    "find /frobnicate x": "FIND: Parameter format not correct",
    "findstr": "FINDSTR: Bad command line",
    "assoc .frobnicate": "File association not found for extension .frobnicate",
    "ftype frobnicate": "File type 'frobnicate' not found",
    "dir /frobnicate": 'Invalid switch - "frobnicate".',
    "dir /b/ofrob:x": 'Parameter format not correct - "ofrob:x".',
    "del /frobnicate x": 'Invalid switch - "frobnicate".',
    "erase c:/frobnicate": 'Invalid switch - "frobnicate".',
    "rd /frobnicate x": 'Invalid switch - "frobnicate".',
    "md /frobnicate": "The syntax of the command is incorrect.",
    "copy /frobnicate x y": "The syntax of the command is incorrect.",
    "move /frobnicate x y": "The syntax of the command is incorrect.",
    "ren x /frobnicate": "The syntax of the command is incorrect.",
    "type /frobnicate": "The syntax of the command is incorrect.",
    "frobnicate": "'frobnicate' is not recognized as an internal or external command,",
    "curl http://example.org": "'curl' is not recognized",
    "tar -x": "'tar' is not recognized",
    "ssh host": "'ssh' is not recognized",
    "wsl": "'wsl' is not recognized",
    "ls": "'ls' is not recognized",
    "dsquery user": "'dsquery' is not recognized",
    "C:\\Windows\\frobnicate.msc": "is not recognized",
}


# A question mark that is none: an argument of the command that is run, or text.
MODELLED = {
    "echo a /?": "a /?\r\n",
    "rem a /?": "",
    "cmd /c echo b /?": "b /?\r\n",
    "dir /b /a-d C:\\Windows\\win.ini": "win.ini\r\n",
    'sc query winrm | find "STATE"': "        STATE              : 4  RUNNING \r\n",
    'whoami /user /groups /fo csv /nh | find /c "S-1-"': "7\r\n",
    "start /b /wait hostname": "PC-01\r\n",
    "assoc .msi": ".msi=Msi.Package\r\n",
    'netsh winhttp sh pr | find "Direct"': "    Direct access (no proxy server).\r\n",
}
SCRIPTS = {
    "If 1 Then x = 2": "VBScript's If",
    "Dim x": "VBScript's Dim",
    "x = 1 + 1": "VBScript's +",
    "x = 2 - 1": "VBScript's -",
    "x = Not True": "VBScript's Not",
    "x = 1.5": "VBScript's .",
    "x = Len(5)": "VBScript's len",
    "WScript.Echo Now": "VBScript's now",
    "WScript.Echo vbTab": "VBScript's vbtab",
    "On Error Resume Next:MsgBox 1": "VBScript's msgbox",
    "WScript.Sleep 1": "wscript.sleep",
    'Set f = CreateObject("Scripting.FileSystemObject")': "the object Scripting.FileSystemObject",
    'Set i = CreateObject("WindowsInstaller.Installer")': "the object WindowsInstaller.Installer",
    'Set r = CreateObject("WinHttp.WinHttpRequest.5.1"):x = r.ResponseText': "winhttprequest.responsetext",
    'Set r = CreateObject("WinHttp.WinHttpRequest.5.1"):r.Open "GET", "http://a/", False': "WinHttpRequest without TLS",
}


@pytest.mark.parametrize(("line", "lacking"), LACKING.items(), ids=LACKING)
async def test_what_the_lab_lacks_it_says_itself(run: "Run", line: str, lacking: str) -> None:
    """One form, on the standard error output alone, with an exit code that is none of Windows' own."""
    ran = await asyncio.wait_for(run(f"cmd /c {line}"), timeout=20)
    assert (ran.out, ran.err, ran.code) == ("", f"The lab has no model of {lacking}.\r\n", NO_MODEL)


async def test_every_option_and_verb_of_the_tables(run: "Run") -> None:
    """Whatever a table says is without a model is answered so where the program is run."""
    answers = {line: await asyncio.wait_for(run(line), timeout=20) for line, _ in all_unmodelled_lines()}
    wanted = {line: f"The lab has no model of {lacking}.\r\n" for line, lacking in all_unmodelled_lines()}
    assert {line: ran.err for line, ran in answers.items()} == wanted
    assert {(ran.out, ran.code) for ran in answers.values()} == {("", NO_MODEL)}
    assert len(wanted) > 400


@pytest.mark.parametrize("name", sorted({*BUILTINS.verbs, *BUILTINS.unmodelled_verbs}))
async def test_every_built_in_command_has_a_help(run: "Run", name: str) -> None:
    """Windows has one for each, and the lab for none."""
    ran = await run(f"cmd /c {name} {HELP}")
    assert ran.err.startswith(f"The lab has no model of {name}")
    assert (ran.out, ran.code) == ("", NO_MODEL)


def test_every_tool_has_a_table() -> None:
    """A program with a model is a program that says what it lacks."""
    assert {name.rpartition(".")[0] for name in TOOLS} == programs()


@pytest.mark.parametrize(("line", "answer"), UNKNOWN.items(), ids=UNKNOWN)
async def test_what_windows_lacks_it_says_itself(run: "Run", line: str, answer: str) -> None:
    """A name, verb or option that nobody knows is answered as Windows answers it."""
    ran = await run(f"cmd /c {line}")
    assert answer in ran.out + ran.err
    assert "The lab has" not in ran.out + ran.err
    assert ran.code not in (0, NO_MODEL)


@pytest.mark.parametrize(("line", "out"), MODELLED.items(), ids=MODELLED)
async def test_what_the_lab_has_is_done(run: "Run", line: str, out: str) -> None:
    """The tables stand in nobody's way."""
    ran = await run(f"cmd /c {line}")
    assert (ran.out, ran.err, ran.code) == (out, "", 0)


@pytest.mark.parametrize("branch", ["windows7", "windows8", "windows8.1"])
async def test_every_stock_program_is_known_by_name(clock: Clock, run: "Run", branch: Branch) -> None:
    """Whatever is in a folder of PATH runs, or is said to have no model; the name alone is enough."""
    machine = Machine(Profile(branch), clock)
    paths = {"Windows\\System32", "Windows", "Windows\\System32\\wbem", "Windows\\System32\\WindowsPowerShell\\v1.0"}
    names = {name.lower() for folder, name in stock_programs(machine.profile) if folder in paths}
    unmodelled = sorted({name for name in names if name.endswith((".exe", ".com"))} - TOOLS.keys())
    for name in (each.rpartition(".")[0] for each in unmodelled):
        ran = await run(f"cmd /c {name}", machine=machine)
        assert ran.err in {f"The lab has no model of {name}{ending}.\r\n" for ending in (".exe", ".com")}
        assert (ran.out, ran.code) == ("", NO_MODEL)
    assert len(unmodelled) > 300


async def test_programs_of_one_branch_and_edition(clock: Clock, run: "Run") -> None:
    """What another branch, architecture or edition brings is not recognized where it is lacking."""
    old, home = Machine(Profile(), clock), Machine(Profile(edition="HomePremium"), clock)
    small, new = Machine(Profile(architecture="x86"), clock), Machine(Profile("windows8.1"), clock)
    for line, has, lacks in (("edit", small, old), ("msg *", old, home), ("tpmvscmgr", new, old), ("at", old, new)):
        assert "no model" in (await run(f"cmd /c {line}", machine=has)).err
        assert "is not recognized" in (await run(f"cmd /c {line}", machine=lacks)).err


@pytest.mark.parametrize(("source", "lacking"), SCRIPTS.items(), ids=SCRIPTS)
async def test_scripts(run: "Run", machine: Machine, source: str, lacking: str) -> None:
    """What VBScript and its objects have and the lab has not ends a script, `On Error Resume Next` or not."""
    machine.files.write(r"C:\a.vbs", source.encode())
    ran = await run(r"cscript //nologo C:\a.vbs")
    assert (ran.out, ran.err, ran.code) == ("", f"The lab has no model of {lacking}.\r\n", NO_MODEL)


async def test_an_administrator_may_set_the_clock(machine: Machine, run: "Run") -> None:
    """A user is refused by Windows; what an administrator would do the lab cannot."""
    ran = await run("cmd /c time 10:00", account=log_on(machine, "user"))
    assert (ran.err, ran.code) == ("A required privilege is not held by the client.\r\n", 1)
    assert (await run("cmd /c time 10:00")).code == NO_MODEL


async def test_a_command_line_goes_on(run: "Run") -> None:
    """The lab's answer is a failure like others to what follows it, and no secret of the line is repeated."""
    ran = await run("cmd /c net user kim Pa55word || echo failed with %ERRORLEVEL%& ver >nul && echo goes on")
    assert ran.out == "failed with 0\r\ngoes on\r\n"
    assert "Pa55word" not in ran.err


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (r"sc config a displayname= b", "sc config displayname="),
        ("wevtutil qe System /q:/? /c:1", None),
        ('schtasks /create /tn /? /tr "a /?"', None),
        ("reg add HKCU\\A /v /? /d x", None),
        ("cscript a.vbs /?", None),
        ("-store", None),
    ],
)
def test_values_are_no_options(line: str, found: str | None) -> None:
    """What an option takes is not looked at."""
    program, *words = split_command_line(line)
    assert beyond_model(f"{program}.exe", tuple(words)) == found
