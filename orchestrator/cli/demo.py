"""`sspr demo`."""


def demo() -> None:
    """Demo."""
