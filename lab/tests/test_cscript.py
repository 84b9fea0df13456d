"""cscript.exe, the part of VBScript that the lab has, and WinHttpRequest with the network that it asks."""

from typing import TYPE_CHECKING

import pytest

from sspr_lab.clock import Clock
from sspr_lab.internet import SERVICES, Destination, Unreached, ask
from sspr_lab.machine import Machine
from sspr_lab.profile import Branch, Profile, Trait
from sspr_lab.registry import Value
from sspr_lab.script.vbscript import CompilationError, compiled

if TYPE_CHECKING:
    from lab.tests.conftest import Run

SERVICE = "passwordreset.microsoftonline.com"
SCRIPT = r"C:\script.vbs"
FIXED: tuple[Trait, ...] = ("schannel_explicit", "winhttp_a80")
REQUEST = (
    'Set r = CreateObject("WinHttp.WinHttpRequest.5.1")\n'
    'r.Open "GET", "https://{service}/", False\n'
    "r.Send\n"
    "WScript.Echo r.Status\n"
)


async def script(run: "Run", machine: Machine, source: str, options: str = "//nologo") -> tuple[str, str, int]:
    """What a script prints, what is complained of, and the exit code."""
    machine.files.write(SCRIPT, source.encode("ascii"))
    ran = await run(f"cscript {options} {SCRIPT}", machine=machine)
    return ran.out.replace("\r\n", "\n"), ran.err.replace("\r\n", "\n"), ran.code


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ('WScript.Echo "a""b" & 1 & True', 'a"b1True\n'),
        ("x = 7 : wscript.ECHO X ' a comment : WScript.Echo 8", "7\n"),
        ('WScript.Echo "a", 2\n\n:WScript.Echo -3', "a 2\n-3\n"),
        ('WScript.Echo("in parentheses")', "in parentheses\n"),
        ('On Error Resume Next:Set r = CreateObject("No.Such"):WScript.Echo Err.Number', "429\n"),
        ("On Error Resume Next:nothing_there.go:WScript.Echo Err.Number:Err.Clear:WScript.Echo Err.Number", "424\n0\n"),
        ("On Error Resume Next:unknown 1:WScript.Echo 5", "5\n"),
        ('Set r = CreateObject("WinHttp.WinHttpRequest.5.1"):r.Option(6) = False:WScript.Echo 1', "1\n"),
    ],
)
async def test_a_script(run: "Run", machine: Machine, source: str, out: str) -> None:
    """Statements are carried out one after the other, and errors go where the script wants them."""
    assert await script(run, machine, source) == (out, "", 0)


@pytest.mark.parametrize("source", ["x = (1", "x = 1 2", "x = #", '"text"', "On x", "Then x"])
def test_what_is_no_script(source: str) -> None:
    """What is no VBScript is refused before anything is carried out."""
    with pytest.raises(CompilationError):
        compiled(f"WScript.Echo 1\n{source}")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x = (1", "compilation error"),
        ("nothing_there.go", "Object required"),
        ('Set r = CreateObject("No.Such")', "can't create object: 'No.Such'"),
        ('Set r = CreateObject("WinHttp.WinHttpRequest.5.1"):r.Fly', "doesn't support this property or method"),
        ('Set r = CreateObject("WinHttp.WinHttpRequest.5.1"):r.Send', "12100"),
    ],
)
async def test_an_error_ends_a_script(run: "Run", machine: Machine, source: str, complaint: str) -> None:
    """What goes wrong without `On Error Resume Next` is told on standard error, and nothing follows."""
    out, err, code = await script(run, machine, f"{source}\nWScript.Echo 1")
    assert (out, code) == ("", 1)
    assert err.startswith(f"{SCRIPT}(1, 1) Microsoft VBScript ")
    assert complaint in err


async def test_a_script_sets_the_exit_code(run: "Run", machine: Machine) -> None:
    """WScript.Quit ends a script at once with its number."""
    assert await script(run, machine, "WScript.Quit -3:WScript.Echo 1") == ("", "", 0xFFFFFFFD)


async def test_options_and_a_missing_script(run: "Run", machine: Machine) -> None:
    """Without //nologo the host introduces itself; a script that is not there is named with its whole path."""
    out, _, _ = await script(run, machine, "WScript.Echo 1", options="")
    assert out.startswith("Microsoft (R) Windows Script Host Version 5.8\n")
    ran = await run("cscript //nologo none.vbs", machine=machine)
    assert (ran.code, "none.vbs" in ran.err, ":\\" in ran.err) == (1, True, True)


async def test_a_switch_of_the_registry(run: "Run", clock: Clock) -> None:
    """Where Windows Script Host is switched off, no script runs."""
    out, err, code = await script(run, Machine(Profile().with_traits("scripts_disabled"), clock), "WScript.Echo 1")
    assert (out, code) == ("", 1)
    assert "disabled" in err


async def test_a_time_limit(run: "Run", clock: Clock) -> None:
    """A script that waits for a silent network is ended by its limit, and a shorter wait of its own comes first."""
    machine = Machine(Profile().with_traits("internet_silent", *FIXED), clock)
    before = clock.now()
    out, err, _ = await script(run, machine, REQUEST.format(service=SERVICE), options="//nologo //t:20")
    assert (out, "time was exceeded" in err) == ("", True)
    assert 20 <= (clock.now() - before).total_seconds() < 60
    patient = REQUEST.replace("r.Open", "On Error Resume Next:r.SetTimeouts 1000,5000,1000,1000\nr.Open")
    source = patient.format(service=SERVICE).replace("r.Status", "Err.Number")
    assert (await script(run, machine, source, options="//nologo //t:300"))[0] == "-2147012894\n"


@pytest.mark.parametrize(
    ("branch", "traits", "answer"),
    [
        ("windows7", (), 12157),
        ("windows7", ("schannel_explicit",), 12157),
        ("windows7", ("winhttp_a80",), 12157),
        ("windows7", FIXED, 200),
        ("windows7", (*FIXED, "unpatched"), 12157),
        ("windows7", (*FIXED, "tls_hard_disabled"), 12157),
        ("windows7", (*FIXED, "weak_cipher_order"), 12157),
        ("windows7", (*FIXED, "tls_inspection"), 12045),
        ("windows7", (*FIXED, "internet_no_names"), 12007),
        ("windows7", (*FIXED, "internet_refused"), 12029),
        ("windows7", (*FIXED, "proxy"), 200),
        ("windows7", (*FIXED, "proxy", "internet_no_names"), 200),
        ("windows7", (*FIXED, "proxy", "proxy_asks"), 407),
        ("windows8", (), 12157),
        ("windows8", ("winhttp_a80",), 200),
        ("windows8.1", (), 200),
        ("windows8.1", ("winhttp_a0",), 12157),
        ("windows10", (), 200),
    ],
)
async def test_how_a_request_ends(
    run: "Run", clock: Clock, branch: Branch, traits: tuple[Trait, ...], answer: int
) -> None:
    """A handshake comes about where Schannel, WinHTTP and the update that heeds its value say so, and no sooner."""
    machine = Machine(Profile(branch=branch).with_traits(*traits), clock)
    told = REQUEST.format(service=SERVICE).replace("r.Send", "r.Send\nWScript.Echo Err.Number")
    source = f"On Error Resume Next\n{told}"
    out, _, _ = await script(run, machine, source)
    error = -2147024896 + answer
    assert out == (f"{error}\n" if answer >= 12000 else f"0\n{answer}\n")


async def test_other_names_and_ports(machine: Machine) -> None:
    """The lab's Internet has a few names, with one port each; nothing leaves the lab."""
    for destination, code in ((Destination("example.com", 443), 12007), (Destination(SERVICE, 8443), 12029)):
        with pytest.raises(Unreached) as raised:
            await ask(machine, destination, connect_seconds=1, protocols=frozenset({"TLS 1.2"}))
        assert raised.value.code == code
    assert SERVICE in SERVICES


async def test_settings_count_at_once(machine: Machine) -> None:
    """A program that is started after a change of Schannel's settings goes by them."""
    key = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
    destination, versions = Destination(SERVICE, 443), frozenset({"TLS 1.2"})
    with pytest.raises(Unreached):
        await ask(machine, destination, connect_seconds=1, protocols=versions)
    machine.registry.create(key)
    machine.registry.set(key, "DisabledByDefault", Value.of(0))
    assert await ask(machine, destination, connect_seconds=1, protocols=versions) == 200
