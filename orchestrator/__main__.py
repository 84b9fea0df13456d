"""`python -m orchestrator` is the same as `sspr`."""

from orchestrator.cli import main

main()
