"""Writes the JSON Schema of playbook files, or of policy files.

python -m orchestrator.playbook.schema > docs/schemas/playbook.schema.json
python -m orchestrator.playbook.schema policy > docs/schemas/policy.schema.json
"""

from __future__ import annotations

import json
import sys

from orchestrator.playbook import entries
from orchestrator.steps import policy

if __name__ == "__main__":
    schema = policy.schema if sys.argv[1:] == ["policy"] else entries.schema
    json.dump(schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
