"""What is taken as ours alone, and what is not: a file, each folder above it, and each link on the way."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.model import shared_files, trust
from orchestrator.model.errors import DocumentError, UntrustedPath
from orchestrator.model.private_file import make_folder
from tests.other_users import DAEMON, MALLORY, as_root, give, let_write, on_posix, open_to

pytestmark = on_posix
STICKY = 0o1777


@pytest.fixture(autouse=True)
def no_sudo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody has called us by sudo, and nothing is configured on this computer."""
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(shared_files, "OF_ALL", tmp_path / "etc" / "trust.yaml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of ours, two folders down."""
    path = tmp_path / "above" / "folder" / "file"
    make_folder(path.parent)
    path.write_text("ours", encoding="utf-8")
    path.chmod(0o644)
    return path


def through_link(file: Path) -> Path:
    link = file.parents[1] / "link"
    link.symlink_to("folder/file")
    return link


def up_and_down(file: Path) -> Path:
    (file.parent / "way").mkdir()
    return file.parent / "way" / ".." / ".." / "folder" / "file"


def sticky_above(file: Path) -> Path:
    file.parents[1].chmod(STICKY)
    return file


TAKEN: Mapping[str, Callable[[Path], Path]] = {
    "a file of ours": lambda file: file,
    "by a link of ours": through_link,
    "by a way that goes up and down": up_and_down,
    "below a sticky folder, as /tmp": sticky_above,
    "whoever may read it": lambda file: open_to(file, 0o444),
}


@pytest.mark.parametrize("arrange", TAKEN.values(), ids=TAKEN)
def test_what_is_taken(file: Path, arrange: Callable[[Path], Path]) -> None:
    """Nobody else may write it."""
    assert trust.read(arrange(file)) == b"ours"


def of_group(number: int) -> Callable[[Path], Path]:
    """Has a group write the file."""

    def arrange(file: Path) -> Path:
        give(file, -1, number)
        file.chmod(0o664)
        return file

    return arrange


def sticky_folder(file: Path) -> Path:
    file.parent.chmod(STICKY)
    return file


def in_a_sticky_folder_by_anothers_link(file: Path) -> Path:
    file.parents[1].chmod(STICKY)
    return give(through_link(file))


REFUSED: Mapping[str, tuple[Callable[[Path], Path], str, str]] = {
    "a file that everybody may write": (
        lambda file: open_to(file, stat.S_IWOTH),
        "everybody may write it",
        "chmod o-w {}",
    ),
    "in a folder that everybody may write": (
        lambda file: (open_to(file.parent, stat.S_IWOTH), file)[1],
        "everybody may write {}",
        "chmod o-w {}",
    ),
    "below such a folder, by a link from elsewhere": (
        lambda file: (open_to(file.parents[1], stat.S_IWOTH), through_link(file))[1],
        "everybody may write {}",
        "chmod o-w {}",
    ),
}
REFUSED_OF_OTHERS: Mapping[str, tuple[Callable[[Path], Path], str, str]] = {
    "another's file": (give, f"the user {MALLORY} owns it", "copy it to a folder of your own"),
    "in another's folder": (
        lambda file: (give(file.parent), file)[1],
        f"the user {MALLORY} owns {{}}",
        "sudo chown",
    ),
    "another's file in a sticky folder": (
        lambda file: give(sticky_folder(file)),
        f"the user {MALLORY} owns it",
        "sudo chown",
    ),
    "another's link in a sticky folder": (
        in_a_sticky_folder_by_anothers_link,
        f"the user {MALLORY} owns it",
        "sudo chown",
    ),
    "a file of a group with others in it": (of_group(DAEMON), "the group daemon may write it", "chmod g-w {}"),
    "a file of a group that nobody knows": (
        of_group(MALLORY),
        f"the group {MALLORY} may write it",
        "chmod g-w {}",
    ),
    "a file with an access control list": (
        lambda file: let_write(file, MALLORY),
        f"the user {MALLORY} may write it, by an access control list",
        "setfacl -b {}",
    ),
}


def refusal(path: Path) -> UntrustedPath:
    with pytest.raises(UntrustedPath) as refused:
        trust.read(path)
    with pytest.raises(UntrustedPath):
        trust.check(path)
    return refused.value


def says(error: UntrustedPath, who: str, todo: str) -> None:
    """It names who may write what, and what mends it."""
    assert str(error).startswith(f"{error.path}: ")
    assert who.format(error.open) in str(error)
    assert todo.format(shlex.quote(str(error.open))) in str(error)


@pytest.mark.parametrize("case", REFUSED)
def test_what_everybody_may_write_is_refused(file: Path, case: str) -> None:
    """With the command that mends it, after which it is taken."""
    arrange, who, todo = REFUSED[case]
    path = arrange(file)
    error = refusal(path)
    says(error, who, todo)
    command = str(error).split("`")[1]
    subprocess.run(command, shell=True, check=True)
    assert trust.read(path) == b"ours"


@as_root
@pytest.mark.parametrize("case", REFUSED_OF_OTHERS)
def test_what_another_may_write_is_refused(file: Path, case: str) -> None:
    """Be it by owning it, by a group or by a list."""
    arrange, who, todo = REFUSED_OF_OTHERS[case]
    says(refusal(arrange(file)), who, todo)


@as_root
def test_a_group_that_is_ours_alone(file: Path) -> None:
    """As a umask of 002 leaves what we make."""
    of_group(os.getegid())(file)
    file.parent.chmod(0o2775)
    assert trust.read(file) == b"ours"


@as_root
def test_an_access_control_list_that_lets_only_us_write(file: Path) -> None:
    """Its mask stands where the group's rights do, and nobody is meant by it."""
    assert trust.read(let_write(file, os.geteuid())) == b"ours"


@as_root
def test_under_sudo_the_calling_user_is_oneself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root does by itself is not the user's."""
    give(file)
    refusal(file)
    monkeypatch.setenv("SUDO_UID", str(MALLORY))
    assert trust.read(file) == b"ours"


def test_what_is_handed_over_open_is_taken() -> None:
    """As bash's `<(…)` does: whoever started us has opened it."""
    ours, theirs = os.pipe()
    os.write(theirs, b"ours")
    os.close(theirs)
    assert trust.read(Path(f"/dev/fd/{ours}")) == b"ours"
    os.close(ours)


def test_links_in_a_circle(tmp_path: Path) -> None:
    """They are an error of the file, as they are for everybody."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels"):
        trust.read(tmp_path / "a")


@as_root
@pytest.mark.parametrize("own", [True, False], ids=["the user's", "of all"])
def test_a_team_may_share_what_is_no_secret(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: bool
) -> None:
    """Its group may write, and its members may own; runs, secrets and known hosts stay strict."""
    give(file, DAEMON, DAEMON)
    file.chmod(0o664)
    os.chown(file.parent, -1, DAEMON)
    file.parent.chmod(0o2775)
    with pytest.raises(UntrustedPath):
        shared_files.read_shared(file)
    set_in = tmp_path / "config" / "sspr" / "trust.yaml" if own else shared_files.OF_ALL
    make_folder(set_in.parent)
    set_in.write_text("trusted_groups: [daemon]\n", encoding="utf-8")
    set_in.chmod(0o644)
    assert shared_files.read_shared(file) == b"ours"
    refusal(file)
    give(file, MALLORY)
    with pytest.raises(UntrustedPath):
        shared_files.read_shared(file)
    set_in.chmod(0o666)
    with pytest.raises(UntrustedPath, match=r"trust\.yaml: is not taken"):
        shared_files.read_shared(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("trusted_groups: [no-such-group]\n", r":1: `trusted_groups`: there is no group `no-such-group`"),
        ("trusted_group: [root]\n", r":1: .*did you mean `trusted_groups`"),
    ],
)
def test_a_configuration_that_cannot_be_used(file: Path, tmp_path: Path, text: str, problem: str) -> None:
    """It is told with its line; nothing is taken meanwhile."""
    set_in = tmp_path / "config" / "sspr" / "trust.yaml"
    make_folder(set_in.parent)
    set_in.write_text(text, encoding="utf-8")
    set_in.chmod(0o600)
    with pytest.raises(DocumentError, match=problem):
        shared_files.read_shared(file)
