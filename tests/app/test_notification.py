"""Receivers of notifications, real ones on loopback: told, or it is said why not; and no address comes to light."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.app import notification
from orchestrator.app.notification import receivers, tell
from orchestrator.console.notice import GoesOn
from orchestrator.model.errors import UsageError
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult
from orchestrator.sentences import say
from tests.console.conftest import BEGAN
from tests.receivers import closed_port, mail, silent, web
from tests.warned import warned

USER, PASSWORD, TOKEN = "ann-4711", "hunter-2-hunter", "tok3n-0815-path"
ORDER = "<!channel> @here [click](http://evil.example) **bold** <b>bold</b>"
Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes addresses into a file, one a line; gives the reference to it."""
    monkeypatch.chdir(tmp_path)

    def write(*addresses: str) -> str:
        path = tmp_path / "notify"
        path.touch(mode=0o600)
        path.write_text("".join(f"{each}\n" for each in addresses), encoding="utf-8")
        return "file:notify"

    return write


def run_of(outcome: Outcome, state: str = "finished") -> RunResult:
    """A run of one host, which has given orders for a reason."""
    host = HostResult("PC-1", "", verdict=StepResult(outcome, verbatim(ORDER)))
    return RunResult("20250303-091405-4f1c", "install", BEGAN, BEGAN, state, (host,))


FAILED = run_of(Outcome.FAILED)


async def test_whoever_is_named_is_told(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of several addresses, of a file and of the environment; blank lines and comments are none."""
    with web() as first, web() as second, mail() as letters:
        by_mail = f"mailto://127.0.0.1:{letters.port}?from=sspr@corp.example&to=ann@corp.example&mode=insecure"
        reference = written("# the night shift", "", f"  json://{USER}:{PASSWORD}@127.0.0.1:{first.port}/x", by_mail)
        monkeypatch.setenv("CHAT", f"mmost://127.0.0.1:{second.port}/{TOKEN * 2}")
        told = receivers([reference, "env:CHAT"])
        assert [each.name.partition(" (")[2] for each in told] == [
            f"line 3 of file:{Path.cwd()}/notify)",
            f"line 4 of file:{Path.cwd()}/notify)",
            "line 1 of env:CHAT)",
        ]
        assert await tell(told, FAILED, GoesOn.BY_RESUME) == []
        assert {path for path, _ in first.posts} == {"/x"}
        note = first.next_json()
        (letter,) = letters.letters
    assert (note["title"], note["type"]) == ("sspr: install: finished", "warning")
    assert note["message"].splitlines()[0] == "0 of 1 machine is in order; 1 needs a person"
    assert letter["To"] == "ann@corp.example"
    assert "sspr: install: finished" in letter["Subject"]
    assert len(second.posts) == 1


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (run_of(Outcome.OK), "success"),
        (run_of(Outcome.BLOCKED), "warning"),
        (run_of(Outcome.CANCELLED, "interrupted"), "warning"),
        (run_of(Outcome.OK, "stopped"), "failure"),
        (run_of(Outcome.OK, "failed"), "failure"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.state,
)
async def test_how_grave_it_is(written: Written, result: RunResult, kind: str) -> None:
    """Receivers show it by a colour or a sign."""
    with web() as receiver:
        assert await tell(receivers([written(f"json://127.0.0.1:{receiver.port}")]), result, GoesOn.NOT) == []
        assert receiver.next_json()["type"] == kind


async def test_words_of_hosts_are_text_everywhere(written: Written) -> None:
    """A chat that knows Markdown and mentions, and a mail in HTML, get nothing that they would follow."""
    with web() as chat, mail() as letters:
        by_mail = f"mailto://127.0.0.1:{letters.port}?from=sspr@corp.example&to=ann@corp.example&mode=insecure"
        chats = [f"mmost://127.0.0.1:{chat.port}/{TOKEN * 2}?format={each}" for each in ("text", "markdown")]
        told = receivers([written(*chats, f"{by_mail}&format=html")])
        assert await tell(told, FAILED, GoesOn.NOT) == []
        bodies = [body for _, body in chat.posts]
        (letter,) = letters.letters
    html = letter.get_body(("html",))
    assert html is not None
    for body in (*bodies, html.get_content()):
        assert "evil" in body
        assert [each for each in ("<!", "@here", "](", "http://evil", "<b>") if each in body] == []


def secret(port: int, more: str = "") -> str:
    """An address with something secret wherever there can be."""
    return f"json://{USER}:{PASSWORD}@127.0.0.1:{port}/{TOKEN}{more}"


def shown(*texts: object) -> list[str]:
    """What of it is to be seen there."""
    return [each for each in (USER, PASSWORD, TOKEN) if any(each in str(text) for text in texts)]


async def test_who_cannot_be_told(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    """Each with the reason, the others are told all the same; what addresses hold is in no log, at whatever level."""
    caplog.set_level(1)
    with web() as good, web(403) as refusing:
        told = receivers([written(*map(secret, (refusing.port, closed_port(), good.port)))])
        troubles = [say(each) for each in await tell(told, FAILED, GoesOn.NOT)]
        assert len(good.posts) == 1
    place = f"of file:{Path.cwd()}/notify) was not told that the run has ended"
    assert troubles == [
        f"JSON (line 1 {place}: the answer was HTTP 403",
        f"JSON (line 2 {place}: the connection failed",
    ]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("orchestrator")]
    assert ours == troubles
    assert shown(told, *(vars(record) for record in caplog.records)) == []


async def test_who_does_not_answer(
    written: Written, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is waited for as long as for all, whatever its address says, and told like other trouble."""
    caplog.set_level(1)
    monkeypatch.setattr(notification, "PATIENCE_SECONDS", 1.0)
    with silent() as port:
        (trouble,) = await tell(receivers([written(secret(port, "?rto=3600"))]), FAILED, GoesOn.NOT)
    assert say(trouble).endswith("was not told that the run has ended: no answer within a second")
    assert shown(say(trouble), *(vars(record) for record in caplog.records)) == []


async def test_who_answers_too_late(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    """By the time that its address has for an answer: told as that, and as no broken connection."""
    caplog.set_level(1)
    with silent() as port, silent() as mail_port:
        by_mail = f"mailto://127.0.0.1:{mail_port}?from=a@corp.example&to=b@corp.example&mode=insecure&rto=1&cto=1"
        told = receivers([written(secret(port, "?rto=1"), by_mail)])
        troubles = [say(each) for each in await tell(told, FAILED, GoesOn.NOT)]
    assert [": no answer in time; it may have got it all the same" in each for each in troubles] == [True, True]
    assert shown(*troubles, *(vars(record) for record in caplog.records)) == []


async def test_logs_of_others_are_left_alone(caplog: pytest.LogCaptureFixture, written: Written) -> None:
    """A program that uses the same libraries itself hears of its own requests."""
    caplog.set_level(logging.DEBUG)
    receivers([written("json://127.0.0.1/x")])
    logging.getLogger("apprise").warning("of its own")
    assert [record.message for record in caplog.records] == ["of its own"]


async def test_a_plug_in_that_breaks(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises ends neither the run nor the thread with a traceback."""
    told = receivers([written("json://127.0.0.1/x")])

    def broken(*_: object, **__: object) -> None:
        raise SystemExit(TOKEN)

    monkeypatch.setattr("apprise.Apprise.notify", broken)
    (trouble,) = await tell(told, FAILED, GoesOn.NOT)
    assert "apprise could not deliver it (" in say(trouble)
    assert shown(say(trouble)) == []


@pytest.mark.slow
def test_nobody_waits_for_a_receiver(tmp_path: Path) -> None:
    """The process ends although one still has not answered: who started it waits for its end."""
    program = tmp_path / "telling.py"
    program.write_text(
        "import asyncio\n"
        "from orchestrator.app import notification\n"
        "from tests.app.test_notification import FAILED\n"
        "notification.PATIENCE_SECONDS = 0.1\n"
        "told = notification.receivers(['env:HANGING'])\n"
        "assert asyncio.run(notification.tell(told, FAILED, notification.GoesOn.NOT))\n",
        encoding="utf-8",
    )
    with silent() as port:
        ran = subprocess.run(
            warned("telling"),
            cwd=tmp_path,
            env={"PYTHONPATH": ":".join(sys.path), "HANGING": f"json://127.0.0.1:{port}?rto=3600"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (ran.returncode, ran.stderr.count("Traceback")) == (0, 0), ran.stderr


BAD = {
    "an address": (f"json://{USER}:{PASSWORD}@127.0.0.1/{TOKEN}", "--notify file:PATH or --notify env:NAME"),
    "nothing": ("", "--notify file:PATH or --notify env:NAME"),
    "a question": ("prompt:", "--notify file:PATH or --notify env:NAME"),
    "a key ring": ("keyring:chat/ann", "--notify file:PATH or --notify env:NAME"),
    "no such variable": ("env:NO_SUCH_VARIABLE", "there is no such variable in the environment"),
    "no such file": ("file:nowhere", "cannot be read"),
}


@pytest.mark.parametrize("reference", BAD)
@pytest.mark.usefixtures("written")
def test_what_is_no_reference(reference: str) -> None:
    """Refused with what to do, and never repeated where it may be an address."""
    given, words = BAD[reference]
    with pytest.raises(UsageError) as refused:
        receivers([given])
    assert words in str(refused.value)
    assert shown(refused.value) == []


UNFIT = {
    "nothing": ((), "has no address for notifications in it"),
    "comments": (("# later", ""), "has no address for notifications in it"),
    "no address": ((TOKEN,), "line 1 of"),
    "an unknown kind": (("json://127.0.0.1", f"noservice://{TOKEN}"), "line 2 of"),
    "half an address": ((f"slack://{TOKEN}",), "this is no address that apprise can use"),
    "a kind that needs more": ((f"mqtt://{TOKEN}@127.0.0.1/x",), "lacks what it needs for it"),
}


@pytest.mark.parametrize("content", UNFIT)
def test_what_is_no_address(written: Written, content: str) -> None:
    """Told with its line, before a run begins."""
    lines, words = UNFIT[content]
    with pytest.raises(UsageError) as refused:
        receivers([written(*lines)])
    assert words in str(refused.value)
    assert shown(refused.value) == []


def test_a_file_that_others_may_read(written: Written) -> None:
    """It is a secret like others."""
    reference = written("json://127.0.0.1")
    Path("notify").chmod(0o644)
    with pytest.raises(UsageError, match="others may read it"):
        receivers([reference])
