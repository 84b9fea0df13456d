"""What a client may do with a remote shell, and what it has to see: each case is run by every client alike.

The expectations are those of MS-WSMV and of the quotas that Windows 7 and 8.1 come with; they are written down once,
so that clients which meet them agree with each other.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sspr_lab.profile import Branch
from tests.opinions.clients import Client, Ended, Refusal, Refused, Setting
from tests.opinions.labs import PASSWORD

SHELL_OR_COMMAND_UNKNOWN = 2150858843
MAX_SHELLS = 2150859173
MAX_OPERATIONS = 2150859174
ACCESS_DENIED = 5
LONG_RUN = "ping -n 1000 127.0.0.1 > nul"
LARGE = b"".join(b"%06d of a text that is long\r\n" % number for number in range(14_000))


@dataclass(frozen=True)
class Case:
    """One thing to do, and what comes of it.

    Attributes:
        name: What it is about.
        work: Does it and returns what was seen.
        expected: What has to be seen.
        branch: On which machine.
        username: As whom.
        password: With which password.
    """

    name: str
    work: Callable[[Client], object]
    expected: object
    branch: Branch = "windows7"
    username: str = "Administrator"
    password: str = PASSWORD


def refusal(work: Callable[[], object]) -> Refusal | None:
    """How the host said no to it; None when it did not."""
    try:
        work()
    except Refused as refused:
        return refused.refusal
    return None


def running(*lines: str, setting: Setting = Setting()) -> Callable[[Client], list[Ended]]:  # noqa: B008 - frozen
    """Runs the lines one after the other in one shell."""

    def work(client: Client) -> list[Ended]:
        shell = client.open(setting)
        ended = []
        for line in lines:
            command = client.start(shell, line)
            ended.append(client.finish(shell, command))
            client.terminate(shell, command)
        client.delete(shell)
        return ended

    return work


def feeding(line: str, *parts: bytes) -> Callable[[Client], Ended]:
    """Runs a line and feeds it the parts; the last one ends its standard input."""

    def work(client: Client) -> Ended:
        shell = client.open(Setting())
        command = client.start(shell, line)
        for number, part in enumerate(parts, start=1):
            client.send(shell, command, part, end=number == len(parts))
        ended = client.finish(shell, command)
        client.delete(shell)
        return ended

    return work


def there_and_back(client: Client) -> Ended:
    """Sends a large text into a file and has it typed; twice what one envelope of Windows 7 holds, each way."""
    shell = client.open(Setting())
    command = client.start(shell, 'findstr "^" > C:\\large.txt')
    for at in range(0, len(LARGE), 100_000):
        client.send(shell, command, LARGE[at : at + 100_000], end=at + 100_000 >= len(LARGE))
    assert client.finish(shell, command) == Ended(b"", b"", 0)
    typed = client.finish(shell, client.start(shell, "type C:\\large.txt"))
    client.delete(shell)
    return typed


def starting(number: int) -> Callable[[Client], tuple[Refusal | None, Ended]]:
    """Runs commands in one shell, and what a new shell then does."""

    def work(client: Client) -> tuple[Refusal | None, Ended]:
        shell = client.open(Setting())
        for _ in range(number - 1):
            command = client.start(shell, "ver > nul")
            client.finish(shell, command)
            client.terminate(shell, command)
        last = refusal(lambda: client.start(shell, "ver > nul"))
        client.delete(shell)
        (afterwards,) = running("echo again")(client)
        return last, afterwards

    return work


def opening(number: int) -> Callable[[Client], list[Refusal | None]]:
    """Opens shells until there are that many, and one more after one was deleted."""

    def work(client: Client) -> list[Refusal | None]:
        shells = [client.open(Setting()) for _ in range(number - 1)]
        seen = [refusal(lambda: shells.append(client.open(Setting())))]
        client.delete(shells.pop())
        seen.append(refusal(lambda: shells.append(client.open(Setting()))))
        for shell in shells:
            client.delete(shell)
        return seen

    return work


def terminating(client: Client) -> Refusal | None:
    """Ends a command that runs, and asks for its output."""
    shell = client.open(Setting())
    command = client.start(shell, LONG_RUN)
    client.terminate(shell, command)
    seen = refusal(lambda: client.finish(shell, command))
    client.delete(shell)
    return seen


def using_a_deleted_shell(client: Client) -> list[Refusal | None]:
    """Asks a deleted shell for a new command, and for the output of the one that ran in it."""
    shell = client.open(Setting())
    command = client.start(shell, LONG_RUN)
    client.delete(shell)
    return [refusal(lambda: client.start(shell, "ver")), refusal(lambda: client.finish(shell, command))]


def sending_too_much(client: Client) -> Refusal | None:
    """One message beyond MaxEnvelopeSizekb of Windows 7, within that of 8.1."""
    shell = client.open(Setting())
    command = client.start(shell, 'findstr "^" > nul')
    seen = refusal(lambda: client.send(shell, command, b"x" * 120_000 + b"\r\n", end=True))
    with suppress(Refused):
        client.delete(shell)
    return seen


def opening_one(client: Client) -> Refusal | None:
    """Opens a shell."""
    return refusal(lambda: client.delete(client.open(Setting())))


CASES = (
    *(
        Case(f"exit-{code}", running(line), [Ended(b"", b"", code)])
        for line, code in [
            ("exit 0", 0),
            ("exit 1", 1),
            ("exit 3010", 3010),
            ("exit 1603", 1603),
            ("exit -1", 0xFFFFFFFF),
        ]
    ),
    Case("both-outputs", running("echo out& echo err 1>&2& exit 4"), [Ended(b"out\r\n", b"err \r\n", 4)]),
    Case(
        "several-commands",
        running("echo one", "echo two& exit 2", "echo three"),
        [Ended(b"one\r\n", b"", 0), Ended(b"two\r\n", b"", 2), Ended(b"three\r\n", b"", 0)],
    ),
    Case(
        "settings-of-a-shell",
        running('echo %cd%,"%GREETING%",ü', setting=Setting(65001, "C:\\Windows", {"GREETING": "hello <&> there"})),
        [Ended('C:\\Windows,"hello <&> there",ü\r\n'.encode(), b"", 0)],
    ),
    Case("input-in-parts", feeding('findstr "^"', b"one\r\n", b"t", b"wo\r\n"), Ended(b"one\r\ntwo\r\n", b"", 0)),
    Case("input-of-nothing", feeding('findstr "^"', b""), Ended(b"", b"", 1)),
    Case("large-there-and-back", there_and_back, Ended(LARGE, b"", 0)),
    Case("terminate", terminating, Refusal("fault", SHELL_OR_COMMAND_UNKNOWN)),
    Case("a-deleted-shell", using_a_deleted_shell, [Refusal("fault", SHELL_OR_COMMAND_UNKNOWN)] * 2),
    Case("the-15th-operation", starting(15), (None, Ended(b"again\r\n", b"", 0))),
    Case(
        "the-16th-operation",
        starting(16),
        (Refusal("fault", MAX_OPERATIONS), Ended(b"again\r\n", b"", 0)),
    ),
    Case("the-16th-operation-on-8.1", starting(16), (None, Ended(b"again\r\n", b"", 0)), "windows8.1"),
    Case("the-6th-shell", opening(6), [Refusal("fault", MAX_SHELLS), None]),
    Case("the-6th-shell-on-8.1", opening(6), [None, None], "windows8.1"),
    Case("an-envelope-too-large", sending_too_much, Refusal("http", 413)),
    Case("the-same-on-8.1", sending_too_much, None, "windows8.1"),
    Case("a-wrong-password", opening_one, Refusal("logon"), password="wrong"),
    Case("an-unknown-user", opening_one, Refusal("logon"), username="nobody"),
    Case("no-administrator", opening_one, Refusal("fault", ACCESS_DENIED), username="user"),
    Case(
        "by-the-machine's-name",
        running("whoami"),
        [Ended(b"pc-07\\administrator\r\n", b"", 0)],
        username="PC-07\\Administrator",
    ),
    Case("of-a-domain", running("whoami"), [Ended(b"lab\\jane\r\n", b"", 0)], username="LAB\\jane"),
)
