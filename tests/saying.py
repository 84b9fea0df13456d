"""What errors and results say, in English, for tests that want it said."""

import re
from collections.abc import Callable
from typing import Any

from orchestrator.sentences import say


def with_reason(pattern: str) -> Callable[[Any], bool]:
    """For `pytest.raises(…, check=with_reason("…"))`: the reason of a `TargetError` has something of this pattern."""

    def check(error: Any) -> bool:
        said = say(error.reason)
        assert re.search(pattern, said), said
        return True

    return check
