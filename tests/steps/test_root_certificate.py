"""Step `root_certificate`: a root is trusted, exactly that one, and an undo takes it away again."""

from __future__ import annotations

import errno
import hashlib
import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from orchestrator.model.bounded import MEGABYTE
from orchestrator.model.errors import SourceChanged
from orchestrator.model.events import Event, Progress
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps import workplaces
from orchestrator.steps.root_certificate import RootCertificateDetail, RootCertificateParameters, trust_root
from orchestrator.steps.undo import Recorded as RunLeft
from orchestrator.steps.undo import UndoParameters, undo
from orchestrator.windows import roots
from sspr_lab.faults import Faults, fault
from sspr_lab.machine import Machine
from sspr_lab.registry import Value
from sspr_lab.tls.certificates import Authority
from sspr_lab.tools import certutil
from sspr_lab.tools.certutil_store import stored
from sspr_lab.unmodelled import NO_MODEL
from tests.details import detail_of
from tests.lab_fixtures import Site, kind, site
from tests.playbook.written import playbook
from tests.steps.one_step import context, in_check_mode, one

AUTHORITY = Authority()
DER = ssl.PEM_cert_to_DER_cert(AUTHORITY.pem.decode())
SHA1, SHA256 = hashlib.sha1(DER).hexdigest().upper(), hashlib.sha256(DER).hexdigest()
OWN = roots.place(roots.OWN, SHA1)
OURS = r"C:\Windows\SsprOrchestrator"


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """The root, as its authority hands it out."""
    path = tmp_path / "root.pem"
    path.write_bytes(AUTHORITY.pem)
    return path


def wanted(path: Path, thumbprint: str = SHA1) -> RootCertificateParameters:
    return RootCertificateParameters.model_validate({"certificate": path, "thumbprint": thumbprint})


def wanted_before(path: Path, happens: Callable[[], object]) -> RootCertificateParameters:
    """As judged beforehand; then something happens to the file."""
    parameters = wanted(path)
    happens()
    return parameters


def step(path: Path) -> str:
    """The step of a playbook."""
    return f"root_certificate: {{certificate: {path}, thumbprint: {SHA1}}}"


SPELLINGS = {"SHA-1": SHA1, "SHA-256": SHA256, "blanks": " ".join(SHA1[at : at + 2].lower() for at in range(0, 40, 2))}
WRONG = {"none": "", "half": "DF3C", "no digits": "Z" * 40, "last digit": SHA1[:-1] + ("0" if SHA1[-1] != "0" else "1")}


@pytest.mark.parametrize("thumbprint", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("form", ["pem", "der"])
async def test_it_is_added_once(tmp_path: Path, form: str, thumbprint: str) -> None:
    """The machine's own store has it afterwards, a second look finds nothing to do, and the record knows it all."""
    path = tmp_path / "root.cer"
    path.write_bytes(DER if form == "der" else AUTHORITY.pem)
    async with one() as (host, reached):
        result = await trust_root(reached, wanted(path, thumbprint), context(tmp_path))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        found = host.machine.registry.get(OWN, "Blob")
        assert found
        assert isinstance(found.data, bytes)
        assert DER in found.data
        assert reached.changed == RegistryRecord(whole_keys=(OWN,))
        assert not host.machine.files.exists(OURS)
        reached.changed = type(reached.changed)()
        await reached.release()
        again = await trust_root(reached, wanted(path, thumbprint), context(tmp_path))
        assert again.outcome is Outcome.OK
        assert detail_of(again, RootCertificateDetail).stores == (roots.OWN,)
        assert not host.machine.files.exists(OURS)


@pytest.mark.parametrize("instead", [b"nothing of the kind", Authority().pem], ids=["no certificate", "another root"])
async def test_a_file_that_is_another_meanwhile(tmp_path: Path, pem: Path, instead: bytes) -> None:
    """What was judged before the run is what goes out, or nothing does."""
    parameters = wanted_before(pem, lambda: pem.write_bytes(instead))
    async with one() as (host, reached):
        before = host.machine.snapshot()
        with pytest.raises(SourceChanged) as raised:
            await trust_root(reached, parameters, context(tmp_path))
        assert raised.value.reason.code == "root-changed-here"
        assert str(pem) in str(raised.value.evidence["problem"])
        assert before.diff(host.machine.snapshot()) == []


@pytest.mark.parametrize("ending", ["gone", "too large"])
async def test_a_file_that_cannot_be_read_meanwhile(tmp_path: Path, pem: Path, ending: str) -> None:
    """The error names the file, as that of any other file does that a step needs."""
    parameters = wanted_before(pem, pem.unlink if ending == "gone" else lambda: os.truncate(pem, MEGABYTE + 1))
    async with one() as (_, reached):
        with pytest.raises(OSError, match=r"No such file|holds more than 1 MB") as raised:
            await trust_root(reached, parameters, context(tmp_path))
    assert raised.value.filename == str(pem)


@pytest.mark.parametrize(("spoilt", "why"), [("size", "it holds more than 1 MB"), ("mode", "cannot be read")])
def test_a_file_that_cannot_be_read(pem: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str, why: str) -> None:
    """It is refused before any host is touched, with what is the matter."""
    if spoilt == "size":
        os.truncate(pem, MEGABYTE + 1)
    else:

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(ValidationError, match=why):
        wanted(pem)


async def test_an_undo_takes_it_away(tmp_path: Path, pem: Path) -> None:
    """Its key goes with all that Windows has put there, as if it had never been; and this can be undone in turn."""
    async with one() as (host, reached):
        before = host.machine.snapshot()
        await trust_root(reached, wanted(pem), context(tmp_path))
        added = host.machine.registry.get(OWN, "Blob")
        host.machine.registry.set(beside := OWN[:-1] + "x", "Blob", Value.of(b"somebody else's"))
        undone = await put_back(reached, tmp_path)
        assert undone.outcome is Outcome.CHANGED, say(undone.reason)
        assert not host.machine.registry.exists(OWN)
        assert host.machine.registry.exists(beside)
        again = await put_back(reached, tmp_path)
        assert again.outcome is Outcome.CHANGED, say(again.reason)
        assert host.machine.registry.get(OWN, "Blob") == added
        await put_back(reached, tmp_path)
        await reached.release()
        host.machine.registry.delete_key(beside)
        assert before.diff(host.machine.snapshot()) == []


async def put_back(reached: Target, folder: Path) -> StepResult:
    """What has been recorded up to now is undone."""
    left = RunLeft(reached.changed)
    reached.changed = RegistryRecord()
    return await undo(reached, UndoParameters(run="run", hosts={reached.host.name.casefold(): left}), context(folder))


@pytest.mark.parametrize("store", roots.STORES[1:])
async def test_any_store_of_the_machine_will_do(tmp_path: Path, pem: Path, store: str) -> None:
    """What Windows Update, a group policy or Active Directory has brought is not added again."""
    async with one() as (host, reached):
        host.machine.registry.set(roots.place(store, SHA1), "Blob", Value.of(stored(DER)))
        result = await trust_root(reached, wanted(pem), context(tmp_path))
        assert result.outcome is Outcome.OK
        assert host.machine.registry.get(OWN, "Blob") is None


@pytest.mark.parametrize("found", [b"something else", None], ids=["another", "nothing"])
async def test_another_certificate_in_its_place(tmp_path: Path, pem: Path, found: bytes | None) -> None:
    """The key's name is no proof: what stands in it is compared, and is nothing that an undo could bring back."""
    async with one() as (host, reached):
        host.machine.registry.create(OWN)
        if found is not None:
            host.machine.registry.set(OWN, "Blob", Value.of(found))
        before = host.machine.snapshot()
        result = await trust_root(reached, wanted(pem), context(tmp_path))
        assert (result.outcome, OWN in say(result.reason), bool(result.remedy)) == (Outcome.BLOCKED, True, True)
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []


@pytest.mark.parametrize("store", roots.DISALLOWED)
async def test_what_was_forbidden_stays_so(tmp_path: Path, pem: Path, store: str) -> None:
    """A certificate in a store Disallowed is a person's decision, be it the machine's own or a policy's."""
    async with one() as (host, reached):
        host.machine.registry.create(roots.place(store, SHA1))
        result = await trust_root(reached, wanted(pem), context(tmp_path))
        assert (result.outcome, bool(result.remedy)) == (Outcome.BLOCKED, True)
        assert host.machine.registry.get(OWN, "Blob") is None


async def test_check_mode_changes_nothing(tmp_path: Path, pem: Path) -> None:
    """It says which certificate would be trusted."""
    async with one(check=True) as (host, reached):
        result = await in_check_mode(trust_root(reached, wanted(pem), context(tmp_path)))
        assert SHA1 in say(result.reason)
        assert host.machine.registry.get(OWN, "Blob") is None
        assert not host.machine.files.exists(OURS)


async def test_a_file_that_cannot_be_brought_leaves_nothing(tmp_path: Path, pem: Path) -> None:
    """On a full disk, say."""
    with site(tmp_path, {"host": kind(fault("disk_full"))}) as lab:
        before = lab.snapshots()
        result = (await lab.run(playbook(tmp_path, step(pem))))["host"]
        assert result.outcome is Outcome.FAILED, say(result.reason)
        assert lab.changes(before)["host"] == []


class FetchedMeanwhile:
    """While the file is on its way, Windows itself fetches the root; what certutil does then, the lab cannot say."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab

    def notify(self, event: Event) -> None:
        if isinstance(event, Progress) and say(event.message).startswith("sending"):
            self._lab.on("host", lambda machine: machine.registry.create(roots.place(roots.STORES[1], SHA1)))


async def test_what_certutil_refuses_is_told_and_leaves_nothing(tmp_path: Path, pem: Path) -> None:
    """Its exit code stands in the reason, what was brought is taken away, and there is nothing to undo."""
    with site(tmp_path, {"host": kind()}) as lab:
        result = (await lab.run(playbook(tmp_path, step(pem)), listeners=[FetchedMeanwhile(lab)]))["host"]
        assert result.outcome is Outcome.FAILED
        assert str(NO_MODEL) in say(result.reason)
        assert not lab.on("host", lambda machine: machine.files.exists(OURS))
        assert lab.value("host", OWN, "Blob") is None


async def test_what_certutil_only_says_is_not_believed(
    tmp_path: Path, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends with 0 and does nothing, as Wine's own does, has added nothing."""

    async def pretend(*_: object) -> int:
        return 0

    monkeypatch.setitem(certutil._VERBS, "addstore", (pretend, 2))
    async with one() as (host, reached):
        result = await trust_root(reached, wanted(pem), context(tmp_path))
        assert (result.outcome, bool(result.remedy)) == (Outcome.FAILED, True)
        assert not host.machine.files.exists(OURS)
        assert (await put_back(reached, tmp_path)).outcome is Outcome.OK


@pytest.mark.parametrize("broken", [("corrupt_upload", {}), *(("drop_receive", {"nth": nth}) for nth in range(1, 7))])
async def test_it_goes_on_wherever_the_line_breaks(tmp_path: Path, pem: Path, broken: Any) -> None:
    """It is added once, the result says changed, the record is whole, and nothing of what was brought stays."""
    name, details = broken
    with site(tmp_path, {"host": kind(fault(name, **details))}) as lab:
        result = (await lab.run(playbook(tmp_path, step(pem))))["host"]
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert sum("-addstore" in message for message in lab.sent) == 1
        assert not lab.on("host", lambda machine: machine.files.exists(OURS))
    assert result.steps[0].result.registry == RegistryRecord(whole_keys=(OWN,))


@pytest.mark.parametrize("trusted", [False, True])
async def test_what_killed_runs_left_is_tidied_up(tmp_path: Path, pem: Path, trusted: bool) -> None:
    """Also where there is nothing to do any more."""

    def left(machine: Machine) -> None:
        place = workplaces.own("root_certificate", replace(context(Path(), "dead"), name="root_certificate"))
        for folder in (*reversed(place.above), place.folder):
            machine.files.mkdir(folder.replace("%SystemRoot%", r"C:\Windows"))
        if trusted:
            machine.registry.set(OWN, "Blob", Value.of(stored(DER)))

    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", left)
        result = (await lab.run(playbook(tmp_path, step(pem))))["host"]
        assert result.outcome is (Outcome.OK if trusted else Outcome.CHANGED)
        assert not lab.on("host", lambda machine: machine.files.exists(OURS))


def other(folder: Path, name: str) -> Path:
    """Files that are not that root."""
    path = folder / name
    content: dict[str, Any] = {
        "text": b"no certificate",
        "two": AUTHORITY.pem * 2,
        "leaf": AUTHORITY.for_server("localhost", Faults()).pem,
        "another": Authority().pem,
        "version 4": DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020103"), 1),
        "what it is for, twice": DER.replace(bytes.fromhex("551d0f"), bytes.fromhex("551d13"), 1),
    }
    path.write_bytes(content[name])
    return path


@pytest.mark.parametrize("name", ["text", "two", "leaf", "another", "version 4", "what it is for, twice"])
def test_another_file_is_refused(tmp_path: Path, name: str) -> None:
    """Before any host is touched, in words that name the file."""
    with pytest.raises(ValidationError, match=str(other(tmp_path, name))):
        wanted(tmp_path / name)


@pytest.mark.parametrize(("first", "last"), [(-800, -1), (1, 800)], ids=["expired", "not valid yet"])
def test_a_root_that_is_not_valid_is_refused(tmp_path: Path, first: int, last: int) -> None:
    """Before any host is touched, with the days between which it is valid."""
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    begins, ends = (now + timedelta(days=each) for each in (first, last))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root of another time")])
    root = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (path := tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    with pytest.raises(ValidationError, match=f"{path} .*{begins:%Y-%m-%d} to {ends:%Y-%m-%d}"):
        wanted(path, root.fingerprint(hashes.SHA256()).hex())


@pytest.mark.parametrize("thumbprint", WRONG.values(), ids=WRONG)
def test_another_thumbprint_is_refused(pem: Path, thumbprint: str) -> None:
    """Neither half of one, nor one that differs in its last digit."""
    with pytest.raises(ValidationError, match="thumbprint"):
        wanted(pem, thumbprint)


async def test_a_playbook_has_it_trusted(tmp_path: Path, pem: Path) -> None:
    """As a run does it, on a machine that has never fetched a root."""

    def blob(machine: Machine) -> Value | None:
        return machine.registry.get(OWN, "Blob")

    with site(tmp_path, {"old": kind(traits=["roots_never_fetched"])}) as lab:
        results = await lab.run(playbook(tmp_path, step(pem)), "old")
        assert results["old"].outcome is Outcome.CHANGED
        assert lab.on("old", blob)
