"""Writes the JSON Schema of playbook files.

python -m orchestrator.playbook.schema > docs/schemas/playbook.schema.json
"""

from __future__ import annotations

import json
import sys

from orchestrator.playbook.entries import schema

if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
