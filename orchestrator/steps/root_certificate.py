"""Step `root_certificate`: a root certificate is among those that the machine trusts.

Windows puts it there itself, by `certutil -addstore`, from a file that is brought to the host and taken away again.
That it is there is not believed but looked up in the registry, where the machine's own store keeps it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.model.bounded import MEGABYTE, read_up_to
from orchestrator.model.detail import Detail
from orchestrator.model.errors import SourceChanged
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Value
from orchestrator.model.result import StepResult
from orchestrator.model.shared_files import check_shared, read_shared
from orchestrator.model.validation import DocumentPath
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import workplaces
from orchestrator.steps.declaration import SET_BACK, Parameters, StepContext, StepKind, did_not_stay
from orchestrator.steps.detached import tidied
from orchestrator.windows import branches, registry, registry_change, roots, workplace
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import all_of, asked, together, would
from orchestrator.windows.workplace import Workplace

_HASHES = {40: "sha1", 64: "sha256"}
_FILE = "root.cer"
_CHANGED_HERE = phrase("root-changed-here")


@message("change-root-certificate")
def _change(name: str, thumbprint: str) -> None: ...


@message("root-trusted")
def _trusted(name: str, already: bool) -> None: ...


@message("root-disallowed", remedy=True)
def _disallowed(name: str) -> None:
    """Somebody has put it among the certificates that nobody is to trust."""


@message("root-place-taken", remedy=True)
def _place_taken(name: str, key: str) -> None:
    """Where it would have to stand is something else, which nobody is to lose unseen."""


def _thumbprint(text: str) -> str:
    digits = re.sub(r"[\s:]", "", text).upper()
    if len(digits) not in _HASHES or not re.fullmatch("[0-9A-F]+", digits):
        raise ValueError("a thumbprint is 40 hex digits (SHA-1) or 64 (SHA-256)")
    return digits


@dataclass(frozen=True)
class RootCertificateDetail(Detail, kind="root_certificate"):
    """The certificate: its name, its SHA-1, and the stores of the machine that had it before."""

    certificate: str
    thumbprint: str
    stores: tuple[str, ...]


class RootCertificateParameters(Parameters):
    """A root certificate is trusted by the machine; it is checked here and on the host by its thumbprint."""

    certificate: DocumentPath = Field(description="A file here with that one certificate, PEM or DER.")
    thumbprint: Annotated[str, AfterValidator(_thumbprint)] = Field(
        description="Its SHA-1 or SHA-256 as its authority publishes it; signs in between do not matter."
    )

    @model_validator(mode="after")
    def _is_that_root(self) -> Self:
        if not self.certificate.is_file():
            raise ValueError(f"there is no file {self.certificate}")
        try:
            with self.certificate.open("rb") as file:
                content = read_up_to(MEGABYTE, file)
        except OSError as error:
            raise ValueError(f"{self.certificate} cannot be read: {error.strerror}") from error
        _judged(content, self)
        return self

    def prepared(self, playbook: str) -> Self:
        """The same, once nobody else may write the file. Raises UntrustedPath."""
        check_shared(self.certificate)
        return super().prepared(playbook)


@dataclass(frozen=True)
class _Root:
    """A root certificate: its name, and its bytes as hashes are made of them."""

    name: str
    der: bytes


def _judged(content: bytes, parameters: RootCertificateParameters) -> _Root:
    """The certificate of a file. Raises ValueError where it is not the root that is meant."""
    from cryptography import x509  # noqa: PLC0415 - most playbooks have no such step
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    path, thumbprint = parameters.certificate, parameters.thumbprint
    pem = b"-----BEGIN CERTIFICATE-----" in content
    try:
        (found,) = x509.load_pem_x509_certificates(content) if pem else [x509.load_der_x509_certificate(content)]
        is_authority = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.InvalidVersion, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError(f"{path} does not hold one certificate of an authority") from error
    der = found.public_bytes(Encoding.DER)
    actual = hashlib.new(_HASHES[len(thumbprint)], der).hexdigest().upper()
    if actual != thumbprint:
        raise ValueError(f"{path} holds a certificate with the thumbprint {actual}, not {thumbprint}")
    if found.issuer != found.subject or not is_authority:
        raise ValueError(f"{path} holds no root certificate: it was issued by somebody else, or to no authority")
    first, last, now = found.not_valid_before_utc, found.not_valid_after_utc, datetime.now(UTC)
    if not first <= now <= last:
        raise ValueError(
            f"{path} holds a certificate that is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, so that no machine "
            f"trusts it; by this computer's clock it is {now:%Y-%m-%d}"
        )
    names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return _Root(str(names[0].value) if names else found.subject.rfc4514_string(), der)


@dataclass(frozen=True)
class _Seen:
    """What is on the host.

    Attributes:
        machine: Which Windows it is.
        stores: What each store has under the certificate's thumbprint.
        missing: Which of its key in the machine's own store and those above it are not there, from the top.
        disallowed: Its key in each store in which somebody may have forbidden it.
        left: Workplaces that an earlier attempt or run has left there.
    """

    machine: Machine
    stores: Mapping[str, Value | None]
    missing: tuple[str, ...]
    disallowed: Mapping[str, registry.Key | None]
    left: tuple[Workplace, ...]


async def trust_root(target: Target, parameters: RootCertificateParameters, context: StepContext) -> StepResult:
    """Looks into all stores of the machine, has Windows add it where none has it, and looks again."""
    try:
        root = _judged(read_shared(parameters.certificate), parameters)
    except ValueError as error:
        raise SourceChanged(_CHANGED_HERE(), problem=str(error)) from error
    sha1 = hashlib.sha1(root.der, usedforsecurity=False).hexdigest().upper()
    places = {store: roots.place(store, sha1) for store in roots.STORES}
    own, work = places[roots.OWN], workplaces.own("root_certificate", context)
    seen = await target.observe(
        _Seen,
        machine=asked(branches.MACHINE),
        stores=asked(
            all_of("root.stores", {store: registry.value(store, place, roots.BLOB) for store, place in places.items()})
        ),
        missing=asked(registry_change.missing_keys("root.missing", own)),
        disallowed=asked(
            all_of(
                "root.disallowed", {store: registry.key(store, roots.place(store, sha1)) for store in roots.DISALLOWED}
            )
        ),
        left=asked(workplace.beside(work)),
    )
    had = tuple(store for store, value in seen.stores.items() if roots.holds(value, root.der))
    detail = RootCertificateDetail(root.name, sha1, had)
    result = _settled(target, seen, own, detail)
    if result is None:
        result = await _added(target, root, work, seen, detail, context)
    elif seen.left:
        target.stop_in_check_mode(result)
        await workplaces.leave(target, work, context)
    return result


def _settled(target: Target, seen: _Seen, own: str, detail: RootCertificateDetail) -> StepResult | None:
    """The result where there is nothing to add, or it must not be; None where it is to be added."""
    name = detail.certificate
    if seen.machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(seen.machine), detail, remedy=branches.LEAVE_OUT)
    if any(seen.disallowed.values()):
        return StepResult(Outcome.BLOCKED, _disallowed(name), detail, remedy=_disallowed.remedy(name))
    if detail.stores:
        outcome = Outcome.CHANGED if target.changed else Outcome.OK
        return StepResult(outcome, _trusted(name, already=not target.changed), detail)
    if own not in seen.missing:
        return StepResult(Outcome.BLOCKED, _place_taken(name, own), detail, remedy=_place_taken.remedy(name, own))
    return None


async def _added(
    target: Target, root: _Root, work: Workplace, seen: _Seen, detail: RootCertificateDetail, context: StepContext
) -> StepResult:
    """Brings the certificate, has it added, and takes away in the same exchange what was brought."""
    summary, own = _change(root.name, detail.thumbprint), seen.missing[-1]
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, would(summary), detail, would_change=True))
    async with tidied(target, workplace.remove(work), context):
        there = work.path(_FILE)
        await files.put_content(target, _FILE, root.der, there, work.folder, work.above[0], context.report)
        adding = together(summary, roots.add(there, seen.missing, summary), workplace.remove(work))
        after = await target.apply(adding, registry.value("root.own", own, roots.BLOB))
        if seen.left:
            await workplaces.leave(target, work, context)
    if not roots.holds(after, root.der):
        return StepResult(Outcome.FAILED, did_not_stay(root.name), detail, remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _trusted(root.name, already=False), detail)


KIND = StepKind(
    name="root_certificate",
    summary="A root certificate that the machine trusts.",
    parameters=RootCertificateParameters,
    changes_hosts=True,
    perform=trust_root,
)
