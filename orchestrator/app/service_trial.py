"""What the self-test tries, and the self-test by itself: does the service take what Windows 7 and 8.1 can offer?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orchestrator.connect import self_test
from orchestrator.model.self_test import SelfTest
from orchestrator.steps.policy import load_policy
from orchestrator.windows.egress import Endpoint
from orchestrator.windows.readiness.finding import Policy


def meant(policies: Iterable[Policy]) -> Endpoint:
    """What a policy has hosts try, or else the usual service."""
    return next((policy.egress for policy in policies if policy.egress), Endpoint())


def try_service(policy: Path | None = None) -> SelfTest:
    """Tries what a policy has hosts try, or else the usual service, without hosts; waits for it.

    Raises:
        UsageError: The policy cannot be used.
    """
    return self_test.ask(meant([load_policy(policy).decided] if policy else []))
