"""The programs of a stock machine that the lab models: image name -> what it does."""

from typing import Final

from orchestrator.lab.process import Tool

TOOLS: Final[dict[str, Tool]] = {}
