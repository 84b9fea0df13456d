"""TLS as a machine's Schannel is set up, as a server and as a client: protocol versions by registry, suites by branch.

Schannel reads its keys when a credential handle is opened, and http.sys keeps its own until the machine restarts
(Microsoft, "Transport Layer Security (TLS) registry settings"), so a context is to be made once a boot.
"""

import ssl
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sspr_lab.interfaces.platform import Platform
from sspr_lab.profile import Branch
from sspr_lab.tls.certificates import Certificate

_PROTOCOLS: Final = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols"
_CIPHERS: Final = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers"
_ORDER: Final = r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
_OFF: Final[Mapping[str, ssl.Options]] = {
    "TLS 1.0": ssl.OP_NO_TLSv1,
    "TLS 1.1": ssl.OP_NO_TLSv1_1,
    "TLS 1.2": ssl.OP_NO_TLSv1_2,
}
_OFF_BY_DEFAULT: Final[Mapping[Branch, frozenset[str]]] = {"windows7": frozenset({"TLS 1.1", "TLS 1.2"})}

# Those that an RSA certificate serves, in Windows' order (Microsoft, "TLS Cipher Suites in Windows 7" and "… 8.1").
# Left out is what OpenSSL 3 has no longer (RC4, 3DES) and DHE.
_WITHOUT_GCM: Final = (
    "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:"
    "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA"
)
_WITH_GCM: Final = f"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:{_WITHOUT_GCM}"
_OLD_SIGNATURES: Final = ":@SECLEVEL=0"  # TLS 1.0 signs with MD5 and SHA-1, which OpenSSL allows at this level alone


_OLD_SERVER_HELLO: Final = bytes.fromhex("160301002a 02000026 0301") + bytes(32) + bytes.fromhex("00 002f 00")


class _Handshake(ssl.SSLObject):
    """A server's end of a connection that meets a client with newer versions alone as Schannel does.

    OpenSSL would refuse it with an alert; Schannel answers with a ServerHello of the version that it has and leaves the
    refusal to the client (ansible #52316: "unsupported protocol" is what clients of Windows 7 report).
    """

    outgoing: ssl.MemoryBIO
    _answered = False

    def do_handshake(self) -> None:
        """Go on shaking hands. Raises SSLWantReadError when it is the client's turn, another SSLError at the end."""
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            if error.reason != "UNSUPPORTED_PROTOCOL" or self._answered:
                raise
            self._answered = True
            self.outgoing.read()  # OpenSSL's alert
            self.outgoing.write(_OLD_SERVER_HELLO)
            raise ssl.SSLWantReadError from error


class _Context(ssl.SSLContext):
    """A context whose connections are `_Handshake`s; asyncio makes them by `wrap_bio`."""

    sslobject_class = _Handshake

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *args: Any, **options: Any) -> ssl.SSLObject:
        wrapped = super().wrap_bio(incoming, outgoing, *args, **options)
        assert isinstance(wrapped, _Handshake)
        wrapped.outgoing = outgoing
        return wrapped


def protocols(machine: Platform) -> frozenset[str]:
    """The versions of TLS that the machine's servers speak, of "TLS 1.0", "TLS 1.1", "TLS 1.2"."""
    return frozenset(name for name in _OFF if _is_on(machine, name, "Server"))


def client_context(machine: Platform, offered: frozenset[str], authorities: bytes) -> ssl.SSLContext:
    """TLS for a client of the machine that offers these versions, as far as Schannel has them on for clients.

    A caller that asks for a version by name gets it from Schannel even where it is off by default; WinHTTP on Windows 7
    is documented to need it enabled all the same (KB3140245), which is what this goes by.

    Args:
        machine: whose Schannel it is.
        offered: of "TLS 1.0", "TLS 1.1", "TLS 1.2".
        authorities: PEM of the CAs that it trusts.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context, _without_gap([name for name in _OFF if name in offered and _is_on(machine, name, "Client")]))
    context.set_ciphers((_ordered(machine) or _suites(machine)) + _OLD_SIGNATURES)
    context.load_verify_locations(cadata=authorities.decode())
    return context


def _without_gap(versions: list[str]) -> frozenset[str]:
    """The newest of these versions and those right below: OpenSSL's clients offer nothing above a version left out."""
    known = list(_OFF)
    newest = known.index(versions[-1]) if versions else -1
    run = [name for at, name in enumerate(known) if all(each in versions for each in known[at : newest + 1])]
    return frozenset(run[: newest + 1]) & frozenset(versions)


def _ordered(machine: Platform) -> str:
    """The suites that a group policy leaves, of those that OpenSSL has too; empty without a policy."""
    order = machine.registry.get(_ORDER, "Functions")
    names = str(order.data).split(",") if order is not None else []
    known = (name.removeprefix("TLS_").replace("_WITH", "").replace("_CBC", "").replace("_", "-") for name in names)
    spelled = {name.removeprefix("RSA-").replace("AES-", "AES") for name in known}
    return ":".join(suite for suite in _suites(machine).split(":") if suite in spelled)


def server_context(
    machine: Platform, certificate: Certificate, clients: bytes = b"", *, only: frozenset[str] | None = None
) -> ssl.SSLContext:
    """TLS for a server of the machine.

    Args:
        machine: whose Schannel it is.
        certificate: the server's.
        clients: PEM of the CAs whose client certificates are asked for; when empty, none are.
        only: the versions that this server knows; all when left out.
    """
    context = _restricted(machine, protocols(machine) & only if only else protocols(machine))
    with tempfile.TemporaryDirectory() as folder:  # the standard library loads a chain from files alone
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(certificate.pem)
        key.touch(mode=0o600)
        key.write_bytes(certificate.key)
        context.load_cert_chain(chain, key)
    if clients:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=clients.decode())
    return context


def _restricted(machine: Platform, versions: frozenset[str]) -> ssl.SSLContext:
    """A server's context of these versions, with the machine's cipher suites and curves."""
    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context, versions)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_TICKET
    context.set_ciphers(_suites(machine) + _OLD_SIGNATURES)
    return context


def _restrict(context: ssl.SSLContext, versions: frozenset[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what this is about
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        for name in _OFF.keys() - versions:
            context.options |= _OFF[name]
    context.set_ecdh_curve("prime256v1")  # no branch of ours has X25519 in its list


def _suites(machine: Platform) -> str:
    """Those of the machine's branch, without ciphers that are switched off; parts other than AES are not modelled."""
    suites = _WITH_GCM if machine.profile.branch == "windows10" else _WITHOUT_GCM
    off = {f"AES{bits}" for bits in (128, 256) if _is_switched_off(machine, f"AES {bits}/{bits}")}
    left = [suite for suite in suites.split(":") if not any(cipher in suite for cipher in off)]
    return ":".join(left or ["NULL"])


def _is_switched_off(machine: Platform, cipher: str) -> bool:
    enabled = machine.registry.get(rf"{_CIPHERS}\{cipher}", "Enabled")
    return enabled is not None and enabled.data == 0


def _is_on(machine: Platform, name: str, side: str) -> bool:
    """Enabled and not off by default: http.sys asks for no version by name."""
    key = f"{_PROTOCOLS}\\{name}\\{side}"

    def value(of: str, default: int) -> int:
        found = machine.registry.get(key, of)
        return found.data if found is not None and isinstance(found.data, int) else default

    default = int(name in _OFF_BY_DEFAULT.get(machine.profile.branch, frozenset()))
    return value("Enabled", 1) != 0 and value("DisabledByDefault", default) == 0
