"""The two acceptors are two: a lab that fell back to its own NTLM would make every second opinion the first again."""

import base64

import pytest
import requests
import spnego

from tests.opinions.labs import AcceptorName, Lab

pytestmark = pytest.mark.opinions

VERSION = slice(48, 56)
"""Where a CHALLENGE message tells the version of whoever wrote it (MS-NLMP 2.2.1.2)."""
WINDOWS_7 = bytes([6, 1]) + (7601).to_bytes(2, "little") + bytes([0, 0, 0, 15])


def test_each_writes_its_own_challenge(shared_lab: Lab, acceptor: AcceptorName) -> None:
    """The lab's own NTLM has the machine's version in its CHALLENGE, gss-ntlmssp its own; both tell its name."""
    negotiate = spnego.client("x", "y", hostname="h", service="http", protocol="ntlm").step() or b""
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(
            f"http://127.0.0.1:{shared_lab.ports['windows7']}/wsman",
            headers={"Authorization": f"Negotiate {base64.b64encode(negotiate).decode()}"},
            timeout=120,
        )
    challenge = base64.b64decode(response.headers["WWW-Authenticate"].removeprefix("Negotiate "))
    assert (challenge[VERSION] == WINDOWS_7) is (acceptor == "own")
    assert "PC-07".encode("utf-16-le") in challenge
