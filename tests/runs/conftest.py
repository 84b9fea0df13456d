"""The made-up fleet with every outcome, for the tests of what stays of a run."""

from tests.console.conftest import make_host, make_run

__all__ = ["make_host", "make_run"]
