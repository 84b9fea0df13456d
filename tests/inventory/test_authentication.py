"""How hosts are logged on to: what an inventory comes to, which files it needs, and what is looked at before a run."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from orchestrator.connect import credentials
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import DocumentError, SecretUnavailable, UsageError
from orchestrator.model.host import CredentialReference, Host, Https, Kerberos
from sspr_lab.tls.certificates import Authority, Certificate
from tests.kdc import needs_kdc

FINGERPRINT = "0F:" * 31 + "0f"
SAMPLES = Path(__file__).parents[2] / "inventory"


def read(folder: Path, text: str) -> dict[str, Host]:
    path = folder / "inventory.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return {host.name: host for host in load_inventory(path).hosts}


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with an inventory, a line each."""
    with pytest.raises(DocumentError) as caught:
        read(folder, text)
    return str(caught.value).splitlines()


def private(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture(scope="module")
def client() -> Mapping[str, bytes]:
    """Client certificates and keys: two pairs, and the first key encrypted with `opensesame`."""
    authority = Authority()
    one, other = authority.for_client("one@lab.test"), authority.for_client("other@lab.test")
    key = serialization.load_pem_private_key(one.key, None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"opensesame"),
    )
    weak = short(one.pem)
    return {
        "one.pem": one.pem,
        "one.key": one.key,
        "other.key": other.key,
        "encrypted.key": encrypted,
        "short.pem": weak.pem,
        "short.key": weak.key,
    }


def short(pem: bytes) -> Certificate:
    """A certificate like another one, for a key of 1,024 bits."""
    like, key = x509.load_pem_x509_certificate(pem), rsa.generate_private_key(65537, 1024)
    begun = x509.CertificateBuilder().subject_name(like.subject).issuer_name(like.subject).serial_number(1)
    begun = begun.not_valid_before(like.not_valid_before_utc).not_valid_after(like.not_valid_after_utc)
    made = begun.public_key(key.public_key()).sign(key, hashes.SHA256())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Certificate(made.public_bytes(encoding), key.private_bytes(encoding, form, serialization.NoEncryption()))


@pytest.fixture
def files(tmp_path: Path, client: Mapping[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in client.items():
        private(tmp_path / name, content)
    return tmp_path


def test_hosts_are_logged_on_to_as_before_where_nothing_is_said(tmp_path: Path) -> None:
    """NTLM over HTTP 5985, every message sealed."""
    (host,) = read(tmp_path, "hosts: {PC: {credential: {username: u, password: env:X}}}").values()
    assert (host.logon, host.https, host.port, host.kerberos) == ("ntlm", None, 5985, Kerberos())


def test_https_has_a_port_of_its_own_and_can_be_taken_back(files: Path) -> None:
    """`https` moves the port to 5986 unless one is said; `false` means HTTP, whatever groups around say."""
    hosts = read(
        files,
        f"""
        all: {{credential: {{username: u, password: env:X}}, https: true}}
        groups:
          pinned: {{https: {{fingerprint: 'SHA256:{FINGERPRINT}'}}, hosts: [A, B]}}
          own-ca: {{https: {{ca: one.pem, server_name: gate.corp.example}}, port: 15986, hosts: [C]}}
        hosts: {{B: {{https: false}}, D: {{https: false, port: 15985}}, E: }}
        """,
    )
    assert {name: (host.port, host.https) for name, host in hosts.items()} == {
        "A": (5986, Https(fingerprint="0f" * 32)),
        "B": (5985, None),
        "C": (15986, Https(files / "one.pem", None, "gate.corp.example")),
        "D": (15985, None),
        "E": (5986, Https()),
    }


def test_groups_that_disagree_are_told(tmp_path: Path) -> None:
    """HTTPS in one group and HTTP in its sibling is a question for whoever wrote it, as with every other variable."""
    text = """
        all: {credential: {username: u, password: env:X}}
        groups: {one: {https: true, hosts: [PC]}, other: {https: false, hosts: [PC]}}
        """
    (problem,) = problems(tmp_path, text)
    assert "different `https` from the groups `one` and `other`" in problem


def test_every_kind_of_credential_arrives(files: Path) -> None:
    """Files are taken from the inventory's folder; whoever is asked for a secret is told for what."""
    hosts = read(
        files,
        r"""
        hosts:
          HASH: {credential: {username: 'CORP\ops', nt_hash: 'prompt:'}}
          CERTIFICATE:
            logon: certificate
            https: true
            credential: {certificate: one.pem, key: encrypted.key, key_password: 'prompt:'}
        """,
    )
    assert hosts["HASH"].credential == CredentialReference(r"CORP\ops", nt_hash=r"prompt:the NT hash of CORP\ops")
    certificate = CredentialReference(
        None,
        certificate=files / "one.pem",
        key=files / "encrypted.key",
        key_password=f"prompt:the key of {files / 'one.pem'}",
    )
    assert hosts["CERTIFICATE"].credential == certificate
    assert certificate.account == f"the certificate {files / 'one.pem'}"


@pytest.fixture
def packages() -> None:
    """Those of the extra; without them a test is skipped, but never in CI."""
    needs_kdc()
    if not os.environ.get("CI"):
        pytest.importorskip("krb5", reason="needs the extra kerberos")


@pytest.mark.kerberos
@pytest.mark.usefixtures("packages")
def test_kerberos_in_an_inventory(files: Path) -> None:
    """Keytab, ticket cache and the session's ticket; the name of a service is the host's, or what is said."""
    private(files / "ops.keytab", b"\x05\x02")
    hosts = read(
        files,
        """
        all: {logon: kerberos, credential: {username: ops@CORP.EXAMPLE}, kerberos: {delegate: true}}
        hosts:
          pc-01.corp.example: {address: 10.0.0.1}
          PC-02: {address: pc-02.corp.example, credential: {username: ops@CORP.EXAMPLE, keytab: ops.keytab}}
          PC-03: {kerberos: {spn_host: other.corp.example}, credential: {ccache: 'FILE:/tmp/krb5cc_0'}}
        """,
    )
    assert [host.spn_host for host in hosts.values()] == [
        "pc-01.corp.example",
        "pc-02.corp.example",
        "other.corp.example",
    ]
    assert [host.credential for host in hosts.values()] == [
        CredentialReference("ops@CORP.EXAMPLE"),
        CredentialReference("ops@CORP.EXAMPLE", keytab=files / "ops.keytab"),
        CredentialReference(None, ccache="FILE:/tmp/krb5cc_0"),
    ]
    assert [host.kerberos.delegate for host in hosts.values()] == [True, True, False]


@pytest.mark.kerberos
@pytest.mark.usefixtures("packages")
def test_what_does_not_go_with_kerberos(files: Path) -> None:
    """A hash, a name in Windows' old form, a host that has no name, and a file that is no keytab."""
    private(files / "no.keytab", b"\x05\x03")
    told = problems(
        files,
        r"""
        all: {logon: kerberos, credential: {username: ops@CORP.EXAMPLE, nt_hash: env:X}}
        hosts:
          PC-01: {credential: {username: 'CORP\ops', password: env:X}}
          10.0.0.2: {credential: {username: ops@CORP.EXAMPLE}}
          PC-03: {credential: {username: ops@CORP.EXAMPLE, keytab: no.keytab}}
          PC-04:
        """,
    )
    expected = [
        (2, "`all.credential.nt_hash`: is of no use with `logon: kerberos`; say `logon: ntlm`"),
        (4, "`hosts.PC-01.credential.username`: Kerberos calls accounts user@REALM"),
        (5, "`logon: kerberos` needs the name of `10.0.0.2`"),
        (6, "no.keytab is no keytab"),
    ]
    assert len(told) == len(expected)
    for text, (line, words) in zip(told, expected, strict=True):
        assert text.startswith(f"{files / 'inventory.yaml'}:{line}: ")
        assert words in text


def test_kerberos_without_its_packages_is_told_where_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line, and the command that installs them; hosts that log on otherwise do not need them."""
    monkeypatch.setitem(sys.modules, "krb5", None)
    text = "all: {credential: {username: u@R, password: env:X}}\nhosts:\n  A: {logon: kerberos}\n  B: {logon: ntlm}\n"
    (problem,) = problems(tmp_path, text)
    assert f"{tmp_path / 'inventory.yaml'}:3: `hosts.A.logon`: " in problem
    assert "pip install 'sspr-orchestrator[kerberos]'" in problem


def test_keys_that_others_may_read_are_refused(files: Path) -> None:
    """A private key, in its own file or beside its certificate, is for its owner's eyes; an encrypted one is not."""
    together = (files / "one.pem").read_bytes() + (files / "one.key").read_bytes()
    private(files / "both.pem", together, 0o640)
    private(files / "open.key", (files / "one.key").read_bytes(), 0o644)
    private(files / "encrypted.key", (files / "encrypted.key").read_bytes(), 0o644)
    told = problems(
        files,
        """
        all: {logon: certificate, https: true}
        hosts:
          A: {credential: {certificate: both.pem}}
          B: {credential: {certificate: one.pem, key: open.key}}
          C: {credential: {certificate: one.pem, key: encrypted.key, key_password: env:X}}
        """,
    )
    assert [(text.split(":")[1], text.rpartition("; ")[2]) for text in told] == [
        ("4", f"do `chmod 600 {files / 'both.pem'}`"),
        ("5", f"do `chmod 600 {files / 'open.key'}`"),
    ]


def test_a_file_that_is_no_certificate_is_told(files: Path) -> None:
    """A PFX file is the usual mistake, and how to convert it the answer."""
    private(files / "ops.pfx", b"\x30\x82\x0a\x00")
    text = "hosts: {A: {logon: certificate, https: true, credential: {certificate: ops.pfx, key: one.key}}}"
    (problem,) = problems(files, text)
    assert "holds no certificate in PEM; `openssl pkcs12" in problem


def test_authorities_that_are_none_are_told(files: Path) -> None:
    """DER is the usual mistake there, which every host would have met on its own."""
    private(files / "ca.crt", b"\x30\x82\x0a\x00")
    text = "hosts: {A: {https: {ca: ca.crt}, credential: {username: u, password: env:X}}}"
    (problem,) = problems(files, text)
    assert "https.ca`: " in problem
    assert "holds no certificate in PEM; `openssl x509 -inform DER" in problem


def look(folder: Path, text: str) -> None:
    """What a run looks at before it begins."""
    credentials.check(read(folder, text).values(), SecretResolver(folder).resolve)


def certificate_host(key: str, password: str = "", certificate: str = "one.pem") -> str:
    more = f", key_password: '{password}'" if password else ""
    credential = f"{{certificate: {certificate}, key: {key}{more}}}"
    return f"hosts: {{A: {{logon: certificate, https: true, credential: {credential}}}}}"


def test_good_credentials_are_let_through(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind once: nothing is said, and nobody is asked on a terminal."""
    monkeypatch.setenv("HASH", "0123456789abcdefABCDEF0123456789")
    monkeypatch.setenv("SESAME", "opensesame")
    look(files, "hosts: {A: {credential: {username: u, nt_hash: env:HASH}}}")
    look(files, "hosts: {A: {logon: basic, https: true, credential: {username: u, password: env:SESAME}}}")
    look(files, certificate_host("one.key"))
    look(files, certificate_host("encrypted.key", "env:SESAME"))


BEFORE_A_RUN = {
    "no hash": ("hosts: {A: {credential: {username: u, nt_hash: env:WRONG}}}", "`env:WRONG` leads to no NT hash"),
    "no such variable": (
        "hosts: {A: {credential: {username: u, nt_hash: env:NOBODY_SETS_THIS}}}",
        "`env:NOBODY_SETS_THIS`: there is no such variable",
    ),
    "a key that is short": (certificate_host("short.key", certificate="short.pem"), "short.pem is too weak"),
    "another key": (certificate_host("other.key"), "other.key is not the key of"),
    "no password for the key": (certificate_host("encrypted.key"), "give `key_password`"),
    "a wrong password for the key": (certificate_host("encrypted.key", "env:WRONG"), "in PEM that `env:WRONG` opens"),
    "no password of ASCII": (
        "hosts: {A: {logon: basic, https: true, credential: {username: u, password: env:UMLAUT}}}",
        "use `logon: ntlm`",
    ),
}


@pytest.mark.parametrize(("text", "words"), BEFORE_A_RUN.values(), ids=BEFORE_A_RUN.keys())
def test_bad_credentials_are_found_before_a_run(
    text: str, words: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be used is told with its reference or file, and without what the reference leads to."""
    monkeypatch.setenv("WRONG", "hunter2")
    monkeypatch.setenv("UMLAUT", "hünter2")
    monkeypatch.delenv("NOBODY_SETS_THIS", raising=False)
    with pytest.raises(UsageError) as caught:
        look(files, text)
    assert words in str(caught.value)
    assert "nter2" not in str(caught.value)


def test_the_sample_of_ways_in_shows_each() -> None:
    """The sample has every way to log on, and everything that it says is there, but for the files that it names."""
    with pytest.raises(DocumentError) as caught:
        load_inventory(SAMPLES / "authentication.yaml")
    told = str(caught.value).splitlines()
    assert told
    assert all("there is no file" in text or "Kerberos needs packages" in text for text in told)


def test_a_reference_to_the_key_ring(tmp_path: Path) -> None:
    """It takes a service and a name, and neither alone."""
    resolver = SecretResolver(tmp_path)
    for reference in ("keyring:", "keyring:sspr", "keyring:/ops", "keyring:sspr/"):
        with pytest.raises(SecretUnavailable, match="`keyring:SERVICE/NAME`"):
            resolver.resolve(reference)
