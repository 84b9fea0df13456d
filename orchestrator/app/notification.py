"""Telling people elsewhere how a run ended, by apprise: what its addresses hold is secret, and nobody waits for long.

apprise logs addresses with all that is in them, where somebody listens to such details; what it and the library below
it say on a thread that has to do with an address is kept from every log. Of it there are only the words that say why
something was not delivered, and of these only what cannot be a part of an address.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from smtplib import SMTPServerDisconnected
from socket import gaierror
from ssl import SSLError
from typing import TYPE_CHECKING, Final

from orchestrator.console.notice import GoesOn, Notice, notice
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.errors import UsageError
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.result import RunResult
from orchestrator.model.secret import Secret
from orchestrator.sentences import say

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

PATIENCE_SECONDS: Final = 30.0
"""For all receivers together; they are told at the same moment."""
_LOG: Final = logging.getLogger(__name__)
_REFERENCE: Final = re.compile(r"(env|file):.+")
_NO_REFERENCE: Final = (
    "an address for notifications often holds a token or a password, which every process list would show: put it into "
    "a file of your own or a variable of the environment, and say --notify file:PATH or --notify env:NAME"
)
_STATUS: Final = re.compile(r"\berror=([1-5]\d\d)\b")
_NO_WAY: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
_BROKEN_OFF: Final = {"stopped", "failed"}


@message("notification-undelivered")
def _undelivered(receiver: str, why: Message) -> None: ...


@message("notification-late")
def _late(seconds: int) -> None: ...


@message("notification-refused")
def _refused(status: int) -> None: ...


_TIMED_OUT = phrase("notification-timed-out")
_UNCONNECTED = phrase("notification-unconnected")
_NOT_TAKEN = phrase("notification-not-taken")


@dataclass(frozen=True)
class Receiver:
    """Where people are told.

    Attributes:
        name: What a person knows it by, as in `Slack (line 2 of file:/home/ann/notify)`.
        address: For apprise.
    """

    name: str
    address: Secret

    @property
    def reference(self) -> str:
        """What led to it, and does so from any folder."""
        return self.address.origin


def receivers(references: Sequence[str]) -> tuple[Receiver, ...]:
    """Those that references lead to, an address a line; of each apprise knows what it is. Nobody is contacted.

    Args:
        references: `env:NAME` or `file:PATH`, which starts in the working directory.

    Raises:
        UsageError: One is no such reference, leads nowhere or to what is no address; no text repeats an address.
    """
    secrets = SecretResolver(Path.cwd())
    found: list[Receiver] = []
    for reference in references:
        if not _REFERENCE.fullmatch(reference):
            raise UsageError(_NO_REFERENCE)
        lines = secrets.resolve_lines(reference)
        if not lines:
            raise UsageError(
                f"`{reference}` has no address for notifications in it; put one there, or several, one a line"
            )
        found += (_known(address, f"line {number} of {address.origin}") for number, address in lines.items())
    return tuple(found)


def _known(address: Secret, place: str) -> Receiver:
    """The receiver at an address. Raises UsageError."""
    with _overhearing() as heard:
        service = _service(address)
    if service is not None:
        return Receiver(f"{service.service_name} ({place})", address)
    if any("disabled" in each.said for each in heard):
        raise UsageError(
            f"{place}: apprise knows this kind of address, but lacks what it needs for it on this computer"
        )
    raise UsageError(
        f"{place}: this is no address that apprise can use; https://appriseit.com/services/ shows how they are written"
    )


async def tell(told: Sequence[Receiver], result: RunResult, goes_on: GoesOn) -> list[Message]:
    """Tells all of them how a run ended, and gives who could not be told, and why. Raises nothing of its own.

    Args:
        told: Who is told.
        result: What the run came to.
        goes_on: How it is gone on with.
    """
    if not told:
        return []
    said, kind = notice(result, goes_on), _kind(result)
    sent = [asyncio.wrap_future(_sent(each, said, kind)) for each in told]
    await asyncio.wait(sent, timeout=PATIENCE_SECONDS)
    troubles = [
        _undelivered(receiver.name, why) for receiver, end in zip(told, sent, strict=True) if (why := _trouble(end))
    ]
    for trouble in troubles:
        _LOG.warning(say(trouble))
    return troubles


def _trouble(end: asyncio.Future[Message | None]) -> Message | None:
    """Why a notification was not delivered; one that nobody has answered so far is not waited for any more."""
    if not end.done():
        end.cancel()
        return _late(round(PATIENCE_SECONDS))
    return end.result()


def _kind(result: RunResult) -> str:
    """Which of apprise's kinds of notifications it is; receivers show them by a colour or a sign."""
    if result.state in _BROKEN_OFF:
        return "failure"
    done = result.state == "finished" and all(host.outcome.fine for host in result.hosts)
    return "success" if done else "warning"


def _sent(receiver: Receiver, said: Notice, kind: str) -> Future[Message | None]:
    """Sends on a thread that keeps no process alive, whatever it waits for."""
    end: Future[Message | None] = Future()
    end.set_running_or_notify_cancel()

    def send() -> None:
        try:
            end.set_result(_delivery(receiver.address, said, kind))
        except BaseException:  # noqa: BLE001 - of somebody else's plug-in, whose words may hold what is secret
            end.set_result(_NOT_TAKEN())

    try:
        threading.Thread(target=send, name="notification", daemon=True).start()
    except RuntimeError:  # this computer allows no more threads
        end.set_result(_NOT_TAKEN())
    return end


def _delivery(address: Secret, said: Notice, kind: str) -> Message | None:
    """Delivers on this thread; why it was not, where it was not."""
    from apprise import Apprise, NotifyFormat, NotifyType  # noqa: PLC0415 - slow to load

    with _overhearing() as heard:
        service = _service(address)
        sender = Apprise(service, asset=_asset()) if service else Apprise()
        delivered = sender.notify(
            title=said.title, body=said.text, body_format=NotifyFormat.TEXT, notify_type=NotifyType(kind)
        )
    return None if delivered else _why(heard)


def _why(heard: Sequence[_Heard]) -> Message:
    """What apprise has said of it, so far as that can be told: it names hosts, which may be tokens."""
    for each in heard:
        if status := _STATUS.search(each.said):
            return _refused(int(status[1]))
        if each.error is not None:
            return _of_error(each.error)
    return _NOT_TAKEN()


def _of_error(error: BaseException) -> Message:
    """What an error means that apprise has caught, by its class and those of the errors that it came of."""
    came_of = list(_chain(error))
    if any(isinstance(each, TimeoutError) for each in came_of):
        return _TIMED_OUT()
    return _UNCONNECTED() if any(map(_is_of_the_line, came_of)) else _NOT_TAKEN()


def _is_of_the_line(error: BaseException) -> bool:
    """Whether there was no connection, or one that ended: for libraries' own errors, one below them tells."""
    if isinstance(error, ConnectionError | gaierror | SSLError | SMTPServerDisconnected):
        return True
    return isinstance(error, OSError) and error.errno in _NO_WAY


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _service(address: Secret) -> NotifyBase | None:
    from apprise import Apprise  # noqa: PLC0415 - slow to load

    return Apprise.instantiate(address.reveal(), asset=_asset())


@cache
def _asset() -> AppriseAsset:
    """What apprise is to know of us: it keeps nothing on the disk, and sends on the thread that asks it to."""
    from apprise import AppriseAsset  # noqa: PLC0415 - slow to load

    return AppriseAsset(
        app_id="sspr",
        app_desc="SSPR orchestrator",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,  # else it sends on threads of its own, for which the end of the process waits
        interpret_emojis=False,
    )


@dataclass(frozen=True)
class _Heard:
    """A complaint, and the error that was being handled when it was made."""

    said: str
    error: BaseException | None


class _Overhearing(logging.Filter):
    """Keeps from logs what is said on threads that have to do with an address."""

    LOGGERS: Final = ("apprise", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")

    def __init__(self) -> None:
        super().__init__()
        self.here = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        heard: list[_Heard] | None = getattr(self.here, "heard", None)
        if heard is None:
            return True
        if record.levelno >= logging.WARNING:
            heard.append(_Heard(record.getMessage(), sys.exception()))
        return False


_OVERHEARING: Final = _Overhearing()


@contextmanager
def _overhearing() -> Iterator[list[_Heard]]:
    """Gives what libraries complain of inside the block, on this thread; no log has it, nor anything else they say."""
    for name in _OVERHEARING.LOGGERS:
        logging.getLogger(name).addFilter(_OVERHEARING)
    _OVERHEARING.here.heard = heard = list[_Heard]()
    try:
        yield heard
    finally:
        del _OVERHEARING.here.heard
