"""How the tests are spread over processes."""

import os
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

_NUMBERS = count()

settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # how long an example takes is a matter of what else the computer does


def pytest_xdist_auto_num_workers() -> int:
    """Five for two processors with `-n auto`: most tests wait for hosts longer than they compute."""
    return 5 * (os.cpu_count() or 1) // 2 or 1


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test has a state folder to itself, which is made when something is kept there."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path_factory.getbasetemp() / f"state-{next(_NUMBERS)}"))
