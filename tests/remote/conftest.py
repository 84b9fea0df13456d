"""What tests of targets share."""

import pytest

from tests.connect.reach import shorten_pauses


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive."""
    shorten_pauses(monkeypatch)
