"""References to passwords: where each leads, what is said when it leads nowhere, and that no value shows."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.errors import SecretUnavailable
from orchestrator.model.secret import Secret

ASK_TWICE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from orchestrator.inventory.credentials import SecretResolver
    from orchestrator.model.errors import SecretUnavailable

    resolver = SecretResolver(Path())
    try:
        secrets = [resolver.resolve(sys.argv[1]) for _ in range(2)]
    except SecretUnavailable as error:
        print("unavailable:", error)
    else:
        print("length", len(secrets[0].reveal()), secrets[0] == secrets[1])
    """
)


def secret_file(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`env:` is a variable of the environment, every character of it."""
    monkeypatch.setenv("SSPR_TEST", " pass:word ")
    assert SecretResolver(tmp_path).resolve("env:SSPR_TEST") == Secret(" pass:word ")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"  secret \n", "  secret "),
        ("\ufeff비밀번호\n".encode(), "비밀번호"),
    ],
)
def test_file(tmp_path: Path, content: bytes, value: str) -> None:
    """`file:` is the content of a file next to the inventory, without the one newline that editors add."""
    secret_file(tmp_path / "secret", content)
    assert SecretResolver(tmp_path).resolve("file:secret") == Secret(value)
    assert SecretResolver(Path("/nowhere")).resolve(f"file:{tmp_path / 'secret'}") == Secret(value)


UNFIT = {
    "a blank line": ("secret\n\n", r"U\+000A \(a line feed; only one at the end"),
    "two lines": ("se\ncret", r"U\+000A"),
    "a carriage return": ("secret\r\n\n", r"U\+000A .*, U\+000D"),
    "a tab": ("secret\t", r"U\+0009"),
    "an escape sequence": ("se\x1b[31mcret", r"U\+001B"),
    "a deletion": ("secreet\x7f", r"U\+007F"),
    "of C1": ("se\x85cret", r"U\+0085"),
    "a line separator": ("se\u2028cret", r"U\+2028"),
    "a mark that is no beginning": ("se\ufeffcret", r"U\+FEFF"),
}


@pytest.mark.parametrize(("value", "named"), UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize("scheme", ["file", "env", "keyring"])
def test_control_characters_are_refused(
    scheme: str, value: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From wherever they come, before any host sees them; the text names them and shows nothing else."""
    reference = "env:SSPR_TEST"
    if scheme == "file":
        reference = f"file:{secret_file(tmp_path / 'secret', value.encode())}"
    elif scheme == "env":
        monkeypatch.setenv("SSPR_TEST", value)
    else:
        reference = "keyring:sspr/test"
        monkeypatch.setattr("keyring.get_password", lambda *_: value)
    with pytest.raises(SecretUnavailable, match=named) as raised:
        SecretResolver(tmp_path).resolve(reference)
    assert reference in str(raised.value)
    assert "cret" not in str(raised.value).replace(reference, "")


def test_what_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that holds other bytes than UTF-8, and a file of UTF-16 that does not say so."""
    monkeypatch.setenv("SSPR_TEST", os.fsdecode(b"s\xe9cret"))
    for reference, named in (
        ("env:SSPR_TEST", r"U\+DCE9"),
        (f"file:{secret_file(tmp_path / 'secret', 'secret'.encode('utf-16-le'))}", r"U\+0000 \(.*UTF-16"),
    ):
        with pytest.raises(SecretUnavailable, match=named):
            SecretResolver(tmp_path).resolve(reference)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A password that others can read is none; the text says how to close the file."""
    path = secret_file(tmp_path / "secret", b"hunter2", mode)
    with pytest.raises(SecretUnavailable) as raised:
        SecretResolver(tmp_path).resolve("file:secret")
    assert f"chmod 600 {path}" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that systemd has made for this process, had it started it."""
    folder = tmp_path / "given"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_a_file_that_systemd_gives_to_a_service(given: Path, mode: int) -> None:
    """It is the service's alone: the mask of its access list stands where a group's rights do."""
    path = secret_file(given / "secret", b"x", mode)
    assert SecretResolver(given).resolve(f"file:{path}").reveal() == "x"


@pytest.mark.parametrize(("place", "mode"), [("secret", 0o444), ("../secret", 0o440), ("below/secret", 0o440)])
def test_what_only_looks_so(given: Path, place: str, mode: int) -> None:
    """Whatever everybody may read, or stands elsewhere, is refused as ever."""
    (given / "below").mkdir()
    path = secret_file(given / place, b"x", mode)
    with pytest.raises(SecretUnavailable, match="others may read it"):
        SecretResolver(given).resolve(f"file:{path}")


def test_what_leads_nowhere_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way of failing names the reference and the reason."""
    monkeypatch.delenv("SSPR_TEST", raising=False)
    monkeypatch.setenv("SSPR_EMPTY", "")
    secret_file(tmp_path / "empty", b"\n")
    secret_file(tmp_path / "latin", b"gr\xfc\xdfe")
    expected = {
        "env:SSPR_TEST": "`env:SSPR_TEST`: there is no such variable in the environment",
        "env:SSPR_EMPTY": "`env:SSPR_EMPTY` leads to an empty password",
        "file:empty": "`file:empty` leads to an empty password",
        "file:missing": "missing` cannot be read (No such file or directory); mend the path",
        "file:.": "cannot be read (Is a directory)",
        "file:latin": "is not UTF-8 text",
    }
    resolver = SecretResolver(tmp_path)
    for reference, words in expected.items():
        with pytest.raises(SecretUnavailable) as raised:
            resolver.resolve(reference)
        assert words in str(raised.value)


@pytest.mark.parametrize("text", ["hunter2", "env:", "file:", "vault:hunter2", "", "ENV:hunter2"])
def test_a_password_in_place_of_a_reference_is_refused(tmp_path: Path, text: str) -> None:
    """What is no reference may be a password: it is refused with advice, and not shown."""
    with pytest.raises(SecretUnavailable, match="`env:NAME`") as raised:
        SecretResolver(tmp_path).resolve(text)
    assert "hunter2" not in str(raised.value)


def test_each_reference_is_resolved_once(tmp_path: Path) -> None:
    """A reference keeps its secret through the run, on every thread, even when the file is gone."""
    resolver = SecretResolver(tmp_path)
    path = secret_file(tmp_path / "secret", b"one")
    with ThreadPoolExecutor(8) as pool:
        secrets = list(pool.map(resolver.resolve, ["file:secret"] * 64))
    path.unlink()
    assert {id(secret) for secret in secrets} == {id(resolver.resolve("file:secret"))}


@pytest.mark.parametrize(
    ("reference", "question"),
    [("prompt:", "Password: "), (r"prompt:CONTOSO\installer", r"Password for CONTOSO\installer: ")],
)
def test_prompt_asks_once_on_a_terminal(reference: str, question: str) -> None:
    """`prompt:` asks on a real terminal, once for the same reference, and does not show what is typed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", ASK_TWICE, reference]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        shown = _read_until(master, question)
        os.write(master, b"hunter2\n")
        shown += _read_until(master, "True")
        process.wait(30)
    os.close(master)
    assert shown.count(question) == 1
    assert "length 7 True" in shown
    assert "hunter2" not in shown


def test_prompt_without_a_terminal_is_refused() -> None:
    """Nobody is there to be asked when the input is a pipe; waiting for an answer would hang a night's run."""
    command = [sys.executable, "-c", ASK_TWICE, "prompt:installer"]
    done = subprocess.run(command, input="hunter2\n", capture_output=True, text=True, timeout=120, check=True)
    assert "unavailable: `prompt:installer`: nobody can be asked, because the input is not a terminal" in done.stdout


def _read_until(terminal: int, words: str) -> str:
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 1024).decode()
    return shown
