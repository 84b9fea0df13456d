"""Cases as JSON, for other programs: `docs/schemas/case.schema.json` is what is written here.

Messages have their text beside the code and its parameters, in the language that was chosen.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from orchestrator.model.case import Case
from orchestrator.model.codec import encode
from orchestrator.model.message import Message
from orchestrator.model.showable import escaped
from orchestrator.sentences import say

VERSION: Final = 1
"""Of the form of the file."""
BEGINS: Final = '{"version": '
_CODE, _PARAMETERS, _TEXT = "code", "parameters", "text"


@dataclass(frozen=True)
class CasesFile:
    """What the file holds.

    Attributes:
        version: Of its form.
        cases: A case for each machine.
    """

    version: int
    cases: tuple[Case, ...]


def cases_bytes(cases: Sequence[Case]) -> bytes:
    """The file's content."""
    document = json.loads(encode(CasesFile(VERSION, tuple(cases))))
    listed = json.dumps(_with_texts(document["cases"]), indent=1, ensure_ascii=False)
    return f'{BEGINS}{VERSION}, "cases": {escaped(listed)}}}\n'.encode()


def cases_schema() -> dict[str, Any]:
    """The JSON Schema of the file, draft 2020-12."""
    schema = TypeAdapter(CasesFile).json_schema(mode="serialization")
    schema["$defs"][Message.__name__]["properties"][_TEXT] = {
        "type": "string",
        "description": "The same in words.",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_texts(value: Any) -> Any:
    match value:
        case {"code": str(code), "parameters": dict(parameters)} if len(value) == len((_CODE, _PARAMETERS)):
            return {_CODE: code, _PARAMETERS: _with_texts(parameters), _TEXT: say(_message(value))}
        case dict():
            return {name: _with_texts(inner) for name, inner in value.items()}
        case list():
            return [_with_texts(inner) for inner in value]
        case _:
            return value


def _message(value: Any) -> Message:
    return _MESSAGES.validate_python(value)


_MESSAGES: Final = TypeAdapter(Message)


if __name__ == "__main__":  # python -m orchestrator.analysis.case_file > docs/schemas/case.schema.json
    sys.stdout.write(f"{json.dumps(cases_schema(), indent=2)}\n")
