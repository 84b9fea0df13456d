"""MSI files with something wrong in them: read, or refused with PackageError, in little memory."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import PackageError
from orchestrator.package import authenticode, reading, signature
from orchestrator.package.authenticode import SignatureBroken
from orchestrator.package.verifier import Answer
from sspr_lab.packages import standin
from tests.damage import damaged, few
from tests.package.packages import DATA, POOL, SIGNATURE, SUMMARY, stream, with_stream
from tests.package.signing import MICROSOFT, NOW, needs_osslsigncode, signed

WHOLE: Final = standin("x64").read_bytes()
STREAMS: Final = {name: stream(WHOLE, name) for name in (POOL, DATA, SUMMARY)}
MEGABYTE: Final = 1024 * 1024


@st.composite
def packages(draw: st.DrawFn) -> bytes:
    """The stand-in, damaged anywhere, or in what its tables' texts and its summary are read from."""
    content = WHOLE
    for name in draw(st.lists(st.sampled_from(sorted(STREAMS)), max_size=2, unique=True)):
        inside = draw(damaged((STREAMS[name],)))
        content = with_stream(content, name, inside[: len(STREAMS[name])].ljust(len(STREAMS[name]), b"\0"))
    return content if content != WHOLE else draw(damaged((WHOLE,)))


def read(folder: Path, content: bytes) -> None:
    path = folder / "package.msi"
    path.write_bytes(content)
    with suppress(PackageError):
        reading.read.__wrapped__(path, (), ())


@few(30)
@given(content=packages())
def test_a_damaged_package_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    read(tmp_path, content)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@few(150)
@given(content=packages())
def test_many_damaged_packages_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    """And none makes its readers hold much more than the file."""
    tracemalloc.start()
    try:
        read(tmp_path, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MEGABYTE


@pytest.fixture(scope="module")
def pkcs7(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    needs_osslsigncode()
    return stream(signed(tmp_path_factory.mktemp("signed"), MICROSOFT), SIGNATURE)


@few(30)
@given(data=st.data())
def test_a_damaged_signature_is_broken(pkcs7: bytes, data: st.DataObject) -> None:
    """Or still whole, where what was damaged is not signed."""
    with suppress(SignatureBroken):
        who = authenticode.signer(data.draw(damaged((pkcs7,))))
        assert all(signature.verdict(who, answer, NOW).because for answer in Answer)
