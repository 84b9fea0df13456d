"""What is known of Windows and is no program: read from the YAML file beside a module, under the module's name."""

from functools import cache
from pathlib import Path
from typing import TypeVar

from orchestrator.model.document import load_document
from orchestrator.model.validation import Entry

T = TypeVar("T", bound=Entry)


def data_beside(module: str, form: type[T]) -> T:
    """What that file holds, read once.

    Args:
        module: The module's own `__file__`.
        form: What the file has to be.
    """
    data = _read(module, form)
    assert isinstance(data, form)
    return data


@cache
def _read(module: str, form: type[Entry]) -> Entry:
    return load_document(Path(module).with_suffix(".yaml")).parse(form)
