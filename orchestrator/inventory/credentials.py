"""References to passwords, and the one place where a reference becomes the Secret that it leads to."""

from __future__ import annotations

import getpass
import os
import re
import stat
import sys
import threading
import unicodedata
from pathlib import Path
from typing import Final

from orchestrator.model import trust
from orchestrator.model.bounded import MEGABYTE, read_up_to
from orchestrator.model.errors import SecretUnavailable, UntrustedPath
from orchestrator.model.private_file import others_may_read
from orchestrator.model.secret import Secret

NO_REFERENCE: Final = (
    "a password is not written into the file but referred to: `env:NAME` (a variable of the environment), "
    "`file:PATH` (the content of a file), `keyring:SERVICE/NAME` (the system's key ring) or `prompt:` (asked for once)"
)
REFERENCE: Final = "^(env:.|file:.|keyring:[^/]+/.|prompt:)"
"""How a reference begins; in the form that JSON Schema has for it."""
_REFERENCE: Final = re.compile(rf"{REFERENCE}.*")
_OFTEN: Final = {
    "\n": " (a line feed; only one at the end of a file is passed over)",
    "\r": " (a carriage return)",
    "\0": " (nothing, as UTF-16 has it between letters; save it as UTF-8)",
}
_SHOWN: Final = 3
_NO_KEYRING: Final = "key rings need the package keyring: `pip install 'sspr-orchestrator[keyring]'`"


def is_reference(text: str) -> bool:
    """Whether a text is a reference, rather than a password that somebody put in its place."""
    return _REFERENCE.fullmatch(text) is not None


def labelled(reference: str, label: str) -> str:
    """The reference, with a label for whoever is asked when it is a bare `prompt:`."""
    return f"{reference}{label}" if reference == "prompt:" else reference


class SecretResolver:
    """Turns references into secrets; each is resolved once and kept, and may be asked for on any thread.

    What connections need is handed on from here alone, so that `forget` at the end of a run is the end of all of it.

    Args:
        folder: Where relative `file:` references start: the folder of the inventory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._resolved: dict[str, Secret] = {}
        self._lock = threading.Lock()

    def resolve(self, reference: str) -> Secret:
        """The secret that a reference leads to.

        Raises:
            SecretUnavailable: It leads to none. The text names the reference, but not what is no reference.
        """
        with self._lock:
            if reference not in self._resolved:
                self._resolved[reference] = self._look_up(reference)
            return self._resolved[reference]

    def resolve_lines(self, reference: str) -> dict[int, Secret]:
        """The secrets of a text that has one a line, by the number of the line.

        Blank lines are passed over, and those that begin with `#`. Nothing is kept of it here.

        Raises:
            SecretUnavailable: see `resolve`.
        """
        value, origin, version = self._found(reference)
        lines = {number: line.strip() for number, line in enumerate(value.splitlines(), 1)}
        return {
            number: Secret(line, origin, version) for number, line in lines.items() if line and not line.startswith("#")
        }

    def forget(self) -> None:
        """Keeps nothing any more; what is asked for after that is looked up anew."""
        with self._lock:
            self._resolved.clear()

    def _found(self, reference: str) -> tuple[str, str, str]:
        """What a reference leads to, where that is, and which edition of it."""
        if not is_reference(reference):
            raise SecretUnavailable(NO_REFERENCE)
        scheme, _, rest = reference.partition(":")
        origin, version = reference, ""
        match scheme:
            case "env":
                value = _from_environment(rest)
            case "file":
                path = self._folder / Path(rest).expanduser()
                value, version = _from_file(path)
                origin = f"file:{path.absolute()}"
            case "keyring":
                value = _from_keyring(*rest.split("/", 1))
            case _:
                value = _from_terminal(rest)
        return value, origin, version

    def _look_up(self, reference: str) -> Secret:
        value, origin, version = self._found(reference)
        if not value:
            raise SecretUnavailable(f"`{reference}` leads to an empty password; put the password there")
        if unfit := sorted({character for character in value if _is_unfit(character)}):
            named = ", ".join(f"U+{ord(character):04X}{_OFTEN.get(character, '')}" for character in unfit[:_SHOWN])
            raise SecretUnavailable(
                f"`{reference}` leads to a password with characters that nobody types: {named}; remove them where it "
                "comes from. Tried as it is, it would be refused and count towards locking the account"
            )
        return Secret(value, origin, version)


def _is_unfit(character: str) -> bool:
    """Whether it is a control character, ends lines, or stands for a byte that is no text."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character == "\ufeff"


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SecretUnavailable(f"`env:{name}`: there is no such variable in the environment; set it and start again")
    return value


def _from_file(path: Path) -> tuple[str, str]:
    """The content of a file, without the newline that editors put at the end, and which edition of the file it is."""
    try:
        _check_mode(path, path)
        with trust.opened(path) as file:
            _check_mode(file.fileno(), path)
            found = os.fstat(file.fileno())
            text = read_up_to(MEGABYTE, file).decode("utf-8-sig")
    except UntrustedPath as error:
        raise SecretUnavailable(f"`file:{path}`: {error.problem}") from error
    except OSError as error:
        raise SecretUnavailable(
            f"`file:{path}` cannot be read ({error.strerror}); mend the path, or put the password there"
        ) from error
    except UnicodeDecodeError:
        raise SecretUnavailable(f"`file:{path}` is not UTF-8 text; save the password in UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r"), f"{found.st_ino}/{found.st_mtime_ns}"


def _check_mode(file: Path | int, path: Path) -> None:
    if others_may_read(file) and not _is_given_by_systemd(path):
        raise SecretUnavailable(f"`file:{path}`: others may read it; do `chmod 600 {path}` and start again")


def _is_given_by_systemd(path: Path) -> bool:
    """Whether a file is in the folder that lets in nobody but the service that we are (systemd.exec(5), CREDENTIALS).

    It lets it in by an access list, whose mask stands where the mode has the rights of a group.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return given is not None and path.parent == Path(given) and not path.stat().st_mode & stat.S_IRWXO


def _from_keyring(service: str, name: str) -> str:
    """What the key ring of the system, or of the environment's choice, has under a service and a user's name."""
    reference = f"keyring:{service}/{name}"
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to find its backend
    except ImportError as error:
        raise SecretUnavailable(f"`{reference}`: {_NO_KEYRING}") from error
    try:
        value = keyring.get_password(service, name)
    except Exception as error:  # backends are plug-ins, and raise what they like
        raise SecretUnavailable(
            f"`{reference}`: the key ring of this session cannot be read ({type(error).__name__}); unlock it, or use "
            "`env:` or `file:` instead"
        ) from error
    if value is None:
        raise SecretUnavailable(f"`{reference}` is not in the key ring; put it there: `keyring set {service} {name}`")
    return value


def _from_terminal(label: str) -> str:
    if not sys.stdin.isatty():
        raise SecretUnavailable(
            f"`prompt:{label}`: nobody can be asked, because the input is not a terminal; use `env:` or `file:` instead"
        )
    try:
        return getpass.getpass(f"Password for {label.strip()}: " if label.strip() else "Password: ")
    except EOFError:
        raise SecretUnavailable(f"`prompt:{label}`: no password was given") from None
