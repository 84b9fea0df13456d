"""Writes the JSON Schema of inventory files.

python -m orchestrator.inventory.schema > docs/schemas/inventory.schema.json
"""

from __future__ import annotations

import json
import sys

from orchestrator.inventory.entries import schema

if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
