"""Two independent clients, by both ways of logging on, against both acceptors: all have to see the same."""

import pytest

from tests.opinions.cases import CASES, Case
from tests.opinions.clients import CLIENTS
from tests.opinions.labs import Lab

pytestmark = pytest.mark.opinions


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_client_sees_what_is_expected(shared_lab: Lab, client: str, case: Case) -> None:
    """Whoever asks, and whoever authenticates: the same is seen, and nothing of it is left for the next one."""
    connection = CLIENTS[client](shared_lab.ports[case.branch], case.username, case.password)
    try:
        assert case.work(connection) == case.expected
    finally:
        connection.close()
