"""References to passwords, and the one place where a reference becomes the Secret that it leads to."""

from __future__ import annotations

import getpass
import os
import re
import sys
import threading
from pathlib import Path
from typing import Final

from orchestrator.model.errors import SecretUnavailable
from orchestrator.model.private_file import others_may_read
from orchestrator.model.secret import Secret

NO_REFERENCE: Final = (
    "a password is not written into the file but referred to: `env:NAME` (a variable of the environment), "
    "`file:PATH` (the content of a file), `keyring:SERVICE/NAME` (the system's key ring) or `prompt:` (asked for once)"
)
REFERENCE: Final = "^(env:.|file:.|keyring:[^/]+/.|prompt:)"
"""How a reference begins; in the form that JSON Schema has for it."""
_REFERENCE: Final = re.compile(rf"{REFERENCE}.*")
_NO_KEYRING: Final = "key rings need the package keyring: `pip install 'sspr-orchestrator[keyring]'`"


def is_reference(text: str) -> bool:
    """Whether a text is a reference, rather than a password that somebody put in its place."""
    return _REFERENCE.fullmatch(text) is not None


def labelled(reference: str, label: str) -> str:
    """The reference, with a label for whoever is asked when it is a bare `prompt:`."""
    return f"{reference}{label}" if reference == "prompt:" else reference


class SecretResolver:
    """Turns references into secrets; each is resolved once and kept, and may be asked for on any thread.

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
                self._resolved[reference] = Secret(self._look_up(reference))
            return self._resolved[reference]

    def _look_up(self, reference: str) -> str:
        if not is_reference(reference):
            raise SecretUnavailable(NO_REFERENCE)
        scheme, _, rest = reference.partition(":")
        match scheme:
            case "env":
                value = _from_environment(rest)
            case "file":
                value = _from_file(self._folder / Path(rest).expanduser())
            case "keyring":
                value = _from_keyring(*rest.split("/", 1))
            case _:
                value = _from_terminal(rest)
        if not value:
            raise SecretUnavailable(f"`{reference}` leads to an empty password; put the password there")
        return value


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SecretUnavailable(f"`env:{name}`: there is no such variable in the environment; set it and start again")
    return value


def _from_file(path: Path) -> str:
    """The content of a file, without the newline that editors put at the end."""
    try:
        with path.open("rb") as file:
            if others_may_read(file.fileno()):
                raise SecretUnavailable(f"`file:{path}`: others may read it; do `chmod 600 {path}` and start again")
            text = file.read().decode("utf-8-sig")
    except OSError as error:
        raise SecretUnavailable(
            f"`file:{path}` cannot be read ({error.strerror}); mend the path, or put the password there"
        ) from error
    except UnicodeDecodeError:
        raise SecretUnavailable(f"`file:{path}` is not UTF-8 text; save the password in UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r")


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
