"""Batch files on a lab host: the file's text in, what it prints and returns out. Sources as in test_cmd.py."""

import pytest

from sspr_lab.machine import Machine

from .conftest import Run

FAIL = "rmdir none 2>nul"  # return code 2, ERRORLEVEL untouched


async def ran(machine: Machine, run: Run, text: str, line: str = "C:\\x.cmd", **files: str) -> tuple[str, int]:
    """The output and exit code of `cmd /c line` with the text in x.cmd and the others beside it."""
    machine.files.write("C:\\x.cmd", text.replace("\n", "\r\n").encode())
    for name, content in files.items():
        machine.files.write(f"C:\\{name}.cmd", content.replace("\n", "\r\n").encode())
    result = await run(f'cmd.exe /s /c "{line}"')
    assert result.err == ""
    return result.out, result.code


@pytest.mark.parametrize(
    ("text", "out", "code", "source"),
    [
        ("@echo 100%% %none%x", "100% x\r\n", 0, "wine"),
        ("@echo %~dp0 %~nx0 %0", "C:\\ x.cmd C:\\x.cmd\r\n", 0, "wine"),
        ("@exit /b 7\n@echo never", "", 7, "help"),
        ("@exit 7\n@echo never", "", 7, "help"),
        ("@cmd /c exit 5\n@exit /b", "", 5, "mem"),
        ("@cmd /c exit 5\n@exit /b %errorlevel%", "", 5, "help"),
        ("@cmd /c exit 5\n@echo on>nul", "", 0, "wine: the last command's return code"),
        ("@goto end\n@echo never\n:end\n@echo end", "end\r\n", 0, "wine"),
        ("@goto  end\n@echo never\n \t:END \n@echo end", "end\r\n", 0, "wine"),
        ("@goto :eof\n@echo never", "", 0, "wine"),
        ("@call :sub 1 2\n@echo back\n@exit /b\n:sub\n@echo %0 %2 %~nx0", ":sub 2 x.cmd\r\nback\r\n", 0, "wine"),
        ("@call :sub\n@echo %errorlevel%\n@exit /b 0\n:sub\n@exit /b 34", "34\r\n", 0, "wine"),
        ("@shift\n@echo [%0][%1]", "[][]\r\n", 0, "help"),
        ("@set x=1\n@(set x=2\n@echo %x%)\n@echo %x%", "1\r\n2\r\n", 0, "wine: a block is expanded at once"),
        ("@setlocal enabledelayedexpansion\n@set x=1\n@(set x=2\n@echo !x!)", "2\r\n", 0, "wine"),
        (
            "@set x=1\n@call :s\n@echo %x%\n@exit /b\n:s\n@setlocal\n@set x=2\n",
            "1\r\n",
            0,
            "help: the end of a label's run",
        ),
        ("@for %%i in (a b) do @(\n@echo %%i\n)", "a\r\nb\r\n", 0, "wine"),
        ("@echo a^\nb", "ab\r\n", 0, "wine"),
        ("@if 1==1 (\n@echo yes\n) else (\n@echo no\n)", "yes\r\n", 0, "wine"),
        ("@cd /d C:\\Windows\n@echo %~dp0", "C:\\\r\n", 0, "wine"),
        ("@set /a x=1+2\n@echo %x%", "3\r\n", 0, "help: no result is shown"),
        ("echo a\n@echo off\necho b", "\r\nC:\\Users\\Administrator>echo a \r\na\r\nb\r\n", 0, "wine"),
        ("@y.cmd\n@echo never", "y\r\n", 3, "help: without CALL there is no way back"),
        ("@call y\n@echo %errorlevel%", "y\r\n3\r\n", 0, "help"),
        ("@rem done\n@::also\n@echo ok", "ok\r\n", 0, "mem"),
    ],
)
async def test_scripts(machine: Machine, run: Run, text: str, out: str, code: int, source: str) -> None:
    """Each script prints and returns what it does on Windows."""
    machine.files.write("C:\\Users\\Administrator\\y.cmd", b"@echo y\r\n@exit /b 3\r\n")
    assert await ran(machine, run, text) == (out, code), source


@pytest.mark.parametrize(
    ("called", "outcome"),
    [
        ("exit /b 0", "SUCCESS 0"),
        ("exit /b 1024", "FAILURE 1024"),
        ("type NUL", "SUCCESS 0"),
        (f"{FAIL}\ntitle foo", "FAILURE 666"),
        (FAIL, "FAILURE 2"),
        ("goto :EOF", "FAILURE 666"),
        ("goto :end\n:end", "FAILURE 666"),
        ("goto :none 2>nul", "FAILURE 1"),
        (f"{FAIL}\ngoto :EOF", "FAILURE 666"),
    ],
)
async def test_what_call_returns(machine: Machine, run: Run, called: str, outcome: str) -> None:
    """&& and || after CALL see the last command's return code, or ERRORLEVEL when that is 0 (wine, "CALL command")."""
    text = "@cmd /c exit 666\n@setlocal enabledelayedexpansion\n@cmd /c exit 666\n"
    text += "@call C:\\y.cmd 2>nul&&echo SUCCESS !errorlevel!||echo FAILURE !errorlevel!"
    out, _ = await ran(machine, run, f"@echo off\n{text}", y=f"@echo off\n{called}")
    assert out == f"{outcome}\r\n"


@pytest.mark.parametrize(
    ("line", "text", "code"),
    [
        ("C:\\x.cmd 458", "@call :s %1\n@goto :eof\n:s\n@exit /b %1", 0),
        ("C:\\x.cmd 459", "@exit /b %1", 459),
        ("call C:\\x.cmd 460", "@call :s %1\n@goto :eof\n:s\n@exit /b %1", 460),
        ("call C:\\x.cmd 461", "@exit /b %1", 461),
        ("C:\\x.cmd & exit 5", "@exit /b 1", 5),
    ],
)
async def test_exit_code_of_cmd(machine: Machine, run: Run, line: str, text: str, code: int) -> None:
    """What `cmd /c` returns for a batch file, called or not (wine, "when invoking cmd /c")."""
    assert await ran(machine, run, text, line) == ("", code)


@pytest.mark.parametrize(
    ("extension", "command", "errorlevel"),
    [("cmd", "set x=1", "0"), ("bat", "set x=1", "666"), ("cmd", "path %path%", "0"), ("bat", "prompt $p$g", "666")],
)
async def test_cmd_and_bat_differ(machine: Machine, run: Run, extension: str, command: str, errorlevel: str) -> None:
    """SET, PATH and PROMPT clear ERRORLEVEL in a .cmd file and leave it in a .bat file (levels)."""
    text = f"@cmd /c exit 666\r\n@{command}\r\n@echo %errorlevel%\r\n"
    machine.files.write(f"C:\\z.{extension}", text.encode())
    assert (await run(f"cmd /c C:\\z.{extension}")).out == f"{errorlevel}\r\n"


async def test_missing_label_ends_the_script(machine: Machine, run: Run) -> None:
    """GOTO a label that is not there ends the script with 1."""
    machine.files.write("C:\\x.cmd", b"@goto none\r\n@echo never\r\n")
    ran = await run("cmd /c C:\\x.cmd")
    assert (ran.out, ran.err, ran.code) == ("", "The system cannot find the batch label specified - none\r\n", 1)


async def test_syntax_error_ends_all_scripts(machine: Machine, run: Run) -> None:
    """After a line that cannot be parsed neither the script nor its caller goes on."""
    machine.files.write("C:\\x.cmd", b"@call C:\\y.cmd\r\n@echo never\r\n")
    machine.files.write("C:\\y.cmd", b"@if\r\n@echo never\r\n")
    ran = await run("cmd /c C:\\x.cmd")
    assert (ran.out, ran.err, ran.code) == ("", "The syntax of the command is incorrect.\r\n", 1)


async def test_script_that_deletes_itself(machine: Machine, run: Run) -> None:
    """The next line of a deleted script cannot be read; on the line of the DEL everything still runs (mem)."""
    machine.files.write("C:\\x.cmd", b'@del "%~f0"\r\n@echo never\r\n')
    ran = await run("cmd /c C:\\x.cmd")
    assert (ran.out, ran.err, ran.code) == ("", "The batch file cannot be found.\r\n", 1)
    machine.files.write("C:\\x.cmd", b'@del "%~f0" & exit /b 3\r\n')
    assert (await run("cmd /c C:\\x.cmd")).code == 3


async def test_utf16_script_runs_nothing(machine: Machine, run: Run) -> None:
    """A UTF-16 file ends at its first NUL: one unknown command is all there is."""
    machine.files.write("C:\\x.cmd", "\ufeffecho hi\r\n".encode("utf-16-le"))
    ran = await run("cmd /c C:\\x.cmd")
    assert "is not recognized" in ran.err
    assert "hi" not in ran.out


async def test_createprocess_runs_a_script(machine: Machine, run: Run) -> None:
    """A batch file can be a process's program; cmd.exe runs it."""
    machine.files.write("C:\\x.cmd", b"@exit /b 3010\r\n")
    assert (await run("C:\\x.cmd")).code == 3010
