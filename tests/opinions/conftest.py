"""Labs with either acceptor, one of each for all tests of a process."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.opinions.labs import AcceptorName, Lab, lab

PLUGIN = Path("/etc/gss/mech.d/mech.ntlmssp.conf")


@pytest.fixture(params=["own", "gss"])
def acceptor(request: pytest.FixtureRequest) -> AcceptorName:
    """Which NTLM authenticates the clients. Without the one of GSSAPI a test is skipped, but never in CI."""
    name: AcceptorName = request.param
    there = PLUGIN.exists() and importlib.util.find_spec("gssapi") is not None
    if name == "gss" and not there and not os.environ.get("CI"):
        pytest.skip("needs Debian's gss-ntlmssp and libkrb5-dev, and gssapi from PyPI")
    return name


@pytest.fixture(scope="session")
def _labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[AcceptorName], Lab]]:
    up: dict[AcceptorName, Lab] = {}
    with ExitStack() as stack:

        def one(name: AcceptorName) -> Lab:
            if name not in up:
                up[name] = stack.enter_context(lab(name, tmp_path_factory.mktemp(name)))
            return up[name]

        yield one


@pytest.fixture
def shared_lab(acceptor: AcceptorName, _labs: Callable[[AcceptorName], Lab]) -> Lab:
    """A lab that other tests use as well."""
    return _labs(acceptor)


@pytest.fixture
def own_lab(acceptor: AcceptorName, tmp_path: Path) -> Iterator[Lab]:
    """A lab that is as it came out of the box, for one test alone."""
    with lab(acceptor, tmp_path) as fresh:
        yield fresh
