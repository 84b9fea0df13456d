"""The prefix of which hosts are cloned: a fresh one, with the lab's programs over what Wine only pretends to do."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sspr_lab.fleet import BackendUnusable
from sspr_lab.registry import Key, Value
from sspr_lab.wine import hive
from sspr_lab.wine.overlay import stand_ins
from sspr_lab.wine.prefix import LAUNCHER, LOADER, SERVER, SHARED, at_fixed_addresses, environment

_SOURCES: Final = Path(__file__).with_name("programs")
_BOOT_SECONDS: Final = 120.0
_OVERRIDES: Final = r"Software\Wine\DllOverrides"
_LINUX_PLACES: Final = ("z:", "com1", "com2", "com3", "com4")
_USER_DIRECTORY: Final = ("drive_c", "users")


def template(cache: Path) -> Path:
    """The directory of a template that is ready to be cloned, made below `cache` when it is not there yet.

    It is made once for everybody who names the same `cache`, also at the same time; about 15 seconds, 700 MB.

    Raises:
        BackendUnusable: one of the packages wine, wine64 and gcc-mingw-w64-x86-64-win32 is missing or does not work.
    """
    for needed in (str(LOADER), str(SERVER), "x86_64-w64-mingw32-gcc"):
        if shutil.which(needed) is None:
            raise BackendUnusable(f"{needed} is missing; install wine, wine64 and gcc-mingw-w64-x86-64-win32")
    ready = cache / f"template-{_fingerprint()}"
    with _locked(cache):
        if not ready.exists():
            raw = cache / f"{ready.name}.raw"
            shutil.rmtree(raw, ignore_errors=True)
            _make(raw)
            raw.rename(ready)
    return ready


def is_installed() -> bool:
    """Whether this machine has Wine where Debian puts it."""
    return LOADER.exists()


def _make(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True)
    _boot_once(directory)
    drive = directory / "drive_c"
    _lay_over(directory, drive / "windows")
    for name in _LINUX_PLACES:
        (directory / "dosdevices" / name).unlink(missing_ok=True)
    for link in [path for path in directory.joinpath(*_USER_DIRECTORY).rglob("*") if path.is_symlink()]:
        link.unlink()  # they lead to the home directory of whoever made the prefix
        link.mkdir()
    for program in filter(_is_program, (drive / "windows").rglob("*")):
        program.chmod(SHARED)


def _is_program(path: Path) -> bool:
    """Programs are all but ten of 700 MB, and nobody writes into them; they are replaced."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(2) == b"MZ"


def _boot_once(directory: Path) -> None:
    # Wine offers to download these two where they are missing, and waits for an answer.
    variables = {**environment(directory), "WINEDLLOVERRIDES": "mscoree,mshtml="}
    try:
        commands: tuple[list[str | Path], ...] = (
            [*at_fixed_addresses(), LOADER, "wineboot.exe", "--init"],
            [SERVER, "-w"],
        )
        for command in commands:
            subprocess.run(  # noqa: S603 - constants
                command,
                check=True,
                env=variables,
                cwd=directory,
                timeout=_BOOT_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
    except (subprocess.SubprocessError, OSError) as error:
        raise BackendUnusable(f"wineboot makes no prefix: {error}") from error


def _lay_over(directory: Path, windows: Path) -> None:
    """Put launcher and stand-ins into place, and tell Wine to take them instead of its built-in ones."""
    try:
        subprocess.run(["sh", _SOURCES / "build.sh", directory], check=True, capture_output=True)  # noqa: S603, S607 - ours
    except (subprocess.SubprocessError, OSError) as error:
        raise BackendUnusable(f"{_SOURCES / 'build.sh'} fails: {error}") from error
    (directory / "launcher.exe").rename(windows / LAUNCHER.rpartition("\\")[2])
    shim = directory / "shim.exe"
    system = windows / "system32"
    overrides: dict[str, Value] = {"winemenubuilder.exe": Value.of("")}
    for name in stand_ins(system):
        place = system / name.replace("\\", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        os.link(shim, place)
        overrides[place.name] = Value.of("native")
    shim.unlink()
    with (directory / "user.reg").open("a", encoding="utf-8") as file:
        file.write(hive.added([(_OVERRIDES, Key("DllOverrides", overrides))]))


def _fingerprint() -> str:
    """Changes with whatever the template is made of."""
    version = subprocess.run([LOADER, "--version"], check=True, capture_output=True).stdout  # noqa: S603 - constant
    mates = [Path(__file__).with_name(name) for name in ("overlay.py", "prefix.py")]
    sources = [*sorted(_SOURCES.iterdir()), Path(__file__), *mates]
    return hashlib.sha256(b"".join([version, *(path.read_bytes() for path in sources)])).hexdigest()[:16]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
