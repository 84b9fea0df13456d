"""What a host says of its way to the service, taken apart; and that nothing but a host's name comes into the line."""

from __future__ import annotations

import re

import pytest

from orchestrator.windows.batch import LINE_LIMIT, compose
from orchestrator.windows.command import Reply
from orchestrator.windows.egress import Egress, End, Endpoint, reach

SERVICE = Endpoint()


def said(output: str) -> Egress:
    return reach(SERVICE).parse([Reply(0, output)])


@pytest.mark.parametrize(
    ("output", "error", "status"),
    [
        ("0\n200\n", 0, 200),
        ("0\n407\n", 0, 407),
        ("-2147012889\n", 0x80072EE7, None),
        ("  -2147012739  \n", 0x80072F7D, None),
        ("-2147012889\n500\n", 0x80072EE7, None),
        ("0\n", 0, None),
        ("", None, None),
        ("Windows Script Host access is disabled on this machine.\n", None, None),
        ("Zugriff verweigert.\n0\n200\n", 0, 200),
        ("99999999999999999999\n", None, None),
        ("424\n", 424, None),
    ],
)
def test_answers(output: str, error: int | None, status: int | None) -> None:
    """Numbers on lines of their own count, whatever stands around them in whatever language."""
    assert said(output) == Egress(SERVICE, error, status)


@pytest.mark.parametrize(
    ("egress", "end", "by_proxy"),
    [
        (Egress(SERVICE, 0, 200), End.REACHED, End.REACHED),
        (Egress(SERVICE, 0, 403), End.REACHED, End.PROXY),
        (Egress(SERVICE, 0, 407), End.PROXY, End.PROXY),
        (Egress(SERVICE, 0, 503), End.REACHED, End.PROXY),
        (Egress(SERVICE, 0x80072EE7), End.NO_NAME, End.NO_NAME),
        (Egress(SERVICE, 0x80072EE2), End.NO_ROUTE, End.NO_ROUTE),
        (Egress(SERVICE, 0x80072F06), End.BAD_CERTIFICATE, End.BAD_CERTIFICATE),
        (Egress(SERVICE, 0x80072F0C), End.REACHED, End.REACHED),
        (Egress(SERVICE, 0x80070005), End.UNKNOWN, End.UNKNOWN),
        (Egress(SERVICE, 12007), End.UNKNOWN, End.UNKNOWN),
        (Egress(SERVICE, None), End.UNKNOWN, End.UNKNOWN),
    ],
)
def test_ends(egress: Egress, end: End, by_proxy: End) -> None:
    """A number counts as WinHTTP's only as an HRESULT; some statuses are a proxy's where there is one."""
    assert egress.end(by_proxy=False) is end
    assert egress.end(by_proxy=True) is by_proxy


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "a&b", "a:b", "a/b", "%a%", "a\nb", "-a", "a-", ".a", "a..b", "é"])
def test_no_host_name(name: str) -> None:
    """What is no host's name never comes into a script."""
    with pytest.raises(ValueError, match="is not a host's name"):
        Endpoint(name)


@pytest.mark.parametrize("name", ["0x10", "010.0.0.1", "1", "10.1"])
def test_what_is_no_address_and_would_be_taken_for_one(name: str) -> None:
    """Nor what leads the resolver to somebody else."""
    with pytest.raises(ValueError, match="would be taken for"):
        Endpoint(name)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_no_port(port: int) -> None:
    """A port is one of 65,535."""
    with pytest.raises(ValueError, match="is not a port"):
        Endpoint(port=port)


def test_the_line_stands_in_parentheses() -> None:
    """Outside of quotes no parenthesis is bare, so that a batch can put it in parentheses; the longest name fits."""
    (command,) = reach(Endpoint(".".join(["a" * 61] * 4))).commands
    bare = re.sub(r'"[^"]*"', "", command.line).replace("^(", "").replace("^)", "")
    assert "(" not in bare
    assert ")" not in bare
    (batch,) = compose([command], "marker")
    assert len(batch.line) < LINE_LIMIT
