"""How the tests are spread over processes."""

import os


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor with `-n auto`: most tests wait for hosts longer than they compute."""
    return 2 * (os.cpu_count() or 1)
