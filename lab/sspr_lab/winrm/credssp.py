"""CredSSP acceptor (MS-CSSP 3.1.5, 3.2): TLS inside the tokens, Negotiate inside that, and then the client's password.

Written from the specification: the acceptors that libraries offer look up passwords in files named by environment
variables, and the clients under test are built on the same ones.

What a machine can do depends on its updates. Without KB3080079 CredSSP on Windows 7 speaks TLS 1.0 alone; what was
done about CVE-2018-0886 in 2018 brought version 6 everywhere. A Windows 7 with the former is taken to have both [mem].
"""

import hashlib
import hmac
import ssl
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from sspr_lab.interfaces.platform import Platform
from sspr_lab.tls import schannel
from sspr_lab.tls.certificates import Certificate
from sspr_lab.winrm import credssp_messages as messages
from sspr_lab.winrm.acceptor import Acceptor, Logon, LogonRefused, SealBroken, Sealing, Step
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.der import TokenError
from sspr_lab.winrm.logons import Logons
from sspr_lab.winrm.negotiation import own_acceptor

_PACKAGES: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
_UPDATE: Final = "PACKAGE_FOR_KB3080079~"
_OLD_VERSION: Final = 2
_VERSION: Final = 6
_HASHED_SINCE: Final = 5
_TELLING: Final = frozenset({3, 4, 6})  # versions with an errorCode
_LOGON_FAILURE: Final = 0xC000006D  # STATUS_LOGON_FAILURE
_CLIENT: Final = b"CredSSP Client-To-Server Binding Hash\0"
_SERVER: Final = b"CredSSP Server-To-Client Binding Hash\0"
_SIGNATURE: Final = 16  # octets of a sealed token that are NTLM's signature


class CredSSP:
    """CredSSP of one machine since its start; `acceptor` makes an acceptor for a connection."""

    def __init__(self, machine: Platform, certificate: Certificate) -> None:
        updated = machine.profile.branch != "windows7" or _has_update(machine)
        self._context = schannel.server_context(machine, certificate, only=None if updated else frozenset({"TLS 1.0"}))
        self._version = _VERSION if updated else _OLD_VERSION
        key = load_pem_private_key(certificate.key, None).public_key()
        self._public_key = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)

    def acceptor(self, logons: Logons, channel: Channel) -> Acceptor:
        """An acceptor of the CredSSP scheme; the channel below is no matter, the TLS inside is what is bound to."""
        del channel
        return _CredSSPAcceptor(self._context, self._public_key, self._version, logons)


class _CredSSPAcceptor:
    """One authentication of one TCP connection; see `acceptor.Acceptor`."""

    def __init__(self, context: ssl.SSLContext, public_key: bytes, version: int, logons: Logons) -> None:
        self._tls = _Tls(context)
        self._public_key = public_key
        self._version = version
        self._logons = logons
        self._inner = own_acceptor(logons, Channel())
        self._security: Sealing | None = None  # of the inner authentication, once it is complete
        self._proved = False  # the client has shown that it sees our certificate, and not somebody's in between

    def step(self, token: bytes) -> Step:
        try:
            received = self._tls.receive(token)
            if not received:
                return Step(self._tls.sent())
            request = messages.decode(received)
            try:
                if not self._proved:
                    return Step(self._tls.sealed(self._negotiated(request).encode()))
                return Step(logon=self._delegated(request))
            except LogonRefused as error:
                raise LogonRefused(self._why(request)) from error
        except (TokenError, SealBroken, ssl.SSLError) as error:
            raise LogonRefused from error

    def _why(self, request: messages.Request) -> bytes:
        """The message that tells a refused client so, if its version has one (MS-CSSP 3.1.5)."""
        if min(request.version, self._version) not in _TELLING:
            return b""
        return self._tls.sealed(messages.Request(self._version, error=_LOGON_FAILURE).encode())

    def _negotiated(self, request: messages.Request) -> messages.Request:
        """The answer to a token of the inner authentication, or to the proof that ends it."""
        token = b""
        if request.token:
            step = self._inner.step(request.token)
            token = step.token
            if step.logon is not None:
                self._security = step.logon.security
        proof = self._key_proof(request) if request.key_proof else b""
        return messages.Request(self._version, token=token, key_proof=proof)

    def _key_proof(self, request: messages.Request) -> bytes:
        """Our half of the proof, once the client's is right (MS-CSSP 3.1.5.2.2)."""
        if min(request.version, self._version) >= _HASHED_SINCE:
            expected = hashlib.sha256(_CLIENT + request.nonce + self._public_key).digest()
            answer = hashlib.sha256(_SERVER + request.nonce + self._public_key).digest()
        else:
            expected = self._public_key
            answer = bytes([(expected[0] + 1) & 0xFF]) + expected[1:]
        if not hmac.compare_digest(self._unsealed(request.key_proof), expected):
            raise LogonRefused
        self._proved = True
        sealed, signature = self._established().seal(answer)
        return signature + sealed

    def _delegated(self, request: messages.Request) -> Logon:
        """The logon as whoever the client sent the password of."""
        given = messages.decode_credentials(self._unsealed(request.credentials))
        if not self._logons.is_password(given.domain, given.user, given.password):
            raise LogonRefused
        return Logon(given.domain, given.user, self._tls)

    def _unsealed(self, data: bytes) -> bytes:
        return self._established().unseal(data[_SIGNATURE:], data[:_SIGNATURE])

    def _established(self) -> Sealing:
        if self._security is None:
            raise LogonRefused
        return self._security


class _Tls:
    """The server's end of a TLS connection whose records travel in tokens, and afterwards in sealed bodies."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_open = False

    def receive(self, records: bytes) -> bytes:
        """What was sent in these records; nothing while hands are still shaken. Raises ssl.SSLError."""
        self._incoming.write(records)
        received = bytearray()
        with suppress(ssl.SSLWantReadError):  # all that has come in so far is read
            if not self._is_open:
                self._object.do_handshake()
                self._is_open = True
            while piece := self._object.read():  # empty once the client has closed its end
                received += piece
        return bytes(received)

    def sent(self) -> bytes:
        """The records that are to go out."""
        return self._outgoing.read()

    def sealed(self, message: bytes) -> bytes:
        self._object.write(message)
        return self.sent()

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        records = self.sealed(message)
        return records[_SIGNATURE:], records[:_SIGNATURE]

    def unseal(self, sealed: bytes, signature: bytes) -> bytes:
        try:
            return self.receive(signature + sealed)
        except ssl.SSLError as error:
            raise SealBroken from error


def _has_update(machine: Platform) -> bool:
    return any(name.startswith(_UPDATE) for name in machine.registry.key(_PACKAGES).subkeys)
