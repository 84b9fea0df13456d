"""Certificates in the store of a lab host. Expectations: see `certutil_store`; what is only inferred says so."""

import hashlib
import ssl

import pytest

from sspr_lab.accounts import Account
from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Branch, Profile
from sspr_lab.registry import Value
from sspr_lab.tls.certificates import Authority
from sspr_lab.tools.certutil_store import stored

from .conftest import Run

AUTHORITY = Authority()
DER = ssl.PEM_cert_to_DER_cert(AUTHORITY.pem.decode())
SHA1 = hashlib.sha1(DER).hexdigest().upper()
STORES = r"HKLM\SOFTWARE\Microsoft\SystemCertificates"
KEY = rf"{STORES}\ROOT\Certificates\{SHA1}"
HEADING = 'Root "Trusted Root Certification Authorities"\r\n'
MATCHES = "Signature matches Public Key\r\n"
DONE = "CertUtil: -{} command completed successfully.\r\n"


def host(clock: Clock, branch: Branch = "windows7") -> Machine:
    r"""A machine with the certificate in C:\r.cer and, as text, in C:\r.pem, and no certificate in C:\f."""
    machine = Machine(Profile(branch=branch), clock)
    machine.files.write("C:\\r.cer", DER)
    machine.files.write("C:\\r.pem", AUTHORITY.pem)
    machine.files.write("C:\\f", b"no certificate")
    return machine


@pytest.mark.parametrize("file", ["r.cer", "r.pem"])
@pytest.mark.parametrize(("branch", "name"), [("windows7", "CN=SSPR Lab CA"), ("windows10", "SSPR Lab CA")])
async def test_it_is_added_once(clock: Clock, run: Run, branch: Branch, name: str, file: str) -> None:
    """What is there already is said to be, and ends well; with -f it is put there anew."""
    machine = host(clock, branch)
    ran = await run(f"certutil -addstore Root C:\\{file}", machine=machine)
    assert ran.out == f'{HEADING}{MATCHES}Certificate "{name}" added to store.\r\n{DONE.format("addstore")}'
    assert machine.registry.get(KEY, "Blob") == Value.of(stored(DER))
    ran = await run(f"certutil -addstore ROOT C:\\{file}", machine=machine)
    assert (ran.code, ran.out.splitlines()[0]) == (0, 'ROOT "Trusted Root Certification Authorities"')
    assert f'Certificate "{name}" already in store.' in ran.out
    assert "added to store" in (await run(f"certutil -f -addstore Root C:\\{file}", machine=machine)).out


async def test_it_is_taken_away_by_its_sha1(clock: Clock, run: Run) -> None:
    """Digits in any case and apart; where there is none, that ends well, too."""
    machine = host(clock)
    await run("certutil -addstore -f Root C:\\r.cer", machine=machine)
    apart = " ".join(SHA1[at : at + 2].lower() for at in range(0, 40, 2))
    ran = await run(f'certutil -delstore Root "{apart}"', machine=machine)
    assert ": CN=SSPR Lab CA\r\n" in ran.out
    assert not machine.registry.exists(KEY)
    ran = await run(f"certutil -delstore Root {SHA1}", machine=machine)
    assert (ran.out, ran.code) == (HEADING + DONE.format("delstore"), 0)


MISSING = """\
DecodeFile returned The system cannot find the file specified. 0x80070002 (WIN32: 2)
LoadCert(Cert) returned The system cannot find the file specified. 0x80070002 (WIN32: 2)
CertUtil: -addstore command FAILED: 0x80070002 (WIN32: 2)
CertUtil: The system cannot find the file specified.
"""
NONE = """\
LoadCert(Cert) returned ASN1 bad tag value met. 0x8009310b (ASN: 267)
CertUtil: -addstore command FAILED: 0x8009310b (ASN: 267)
CertUtil: ASN1 bad tag value met.
"""


@pytest.mark.parametrize(("file", "out", "code"), [("none", MISSING, 0x80070002), ("f", NONE, 0x8009310B)])
async def test_no_certificate(clock: Clock, run: Run, file: str, out: str, code: int) -> None:
    """No file, and none in it: what -verify was seen to say, inferred for -addstore; nothing is added."""
    machine = host(clock)
    before = machine.registry.key(rf"{STORES}\ROOT\Certificates").subkey_names
    ran = await run(f"certutil -addstore -f Root C:\\{file}", machine=machine)
    assert (ran.out, ran.code) == (HEADING + out.replace("\n", "\r\n"), code)
    assert machine.registry.key(rf"{STORES}\ROOT\Certificates").subkey_names == before


@pytest.mark.parametrize(
    "line", [r"-addstore -f Root C:\r.cer", r"-addstore Root C:\none", f"-delstore Root {'A' * 40}"]
)
async def test_no_administrator(clock: Clock, run: Run, line: str) -> None:
    """The token is looked at before anything else."""
    account = Account("user", "S-1-5-21-1-2-3-1001", elevated=False, network_logon=False)
    ran = await run(f"certutil {line}", machine=host(clock), account=account)
    assert (ran.code, ran.out.splitlines()[-1]) == (0x800702E4, "CertUtil: The requested operation requires elevation.")


LACKING = {
    r"certutil -addstore My C:\r.cer": "certutil -addstore My",
    r"certutil -addstore -user Root C:\r.cer": "certutil -addstore -user",
    r"certutil -addstore -enterprise Root C:\r.cer": "certutil -addstore -enterprise",
    "certutil -delstore Root 0": "certutil -delstore by anything but a SHA-1",
    r"certutil -addstore Root C:\two.pem": "certutil -addstore with a file of several certificates",
    r"certutil -addstore -f Root C:\r.cer": (
        "certutil -addstore Root with a certificate that a policy, a domain or Windows Update has brought"
    ),
}


@pytest.mark.parametrize(("line", "lacking"), LACKING.items())
async def test_what_nobody_knows_is_not_made_up(clock: Clock, run: Run, line: str, lacking: str) -> None:
    """Other stores, other ways to name a certificate, and one that a part of Root has that is not the machine's own."""
    machine = host(clock)
    machine.files.write("C:\\two.pem", AUTHORITY.pem * 2)
    machine.registry.create(rf"{STORES}\AuthRoot\Certificates\{SHA1}")
    ran = await run(line, machine=machine)
    assert f"The lab has no model of {lacking}." in ran.err
    assert not machine.registry.exists(KEY)
