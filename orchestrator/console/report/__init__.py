"""The HTML report: one file that needs nothing else, made to be sent to whoever asks how the rollout went."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.console.report.view import view_of
from orchestrator.console.words import counted, duration, machines
from orchestrator.model.result import RunResult


def report_bytes(result: RunResult) -> bytes:
    """The file of a report."""
    return render(result).encode("utf-8", "replace")


def render(result: RunResult) -> str:
    """The report as HTML. Whatever a host said is escaped, and the content security policy runs no other script."""
    style, script = _resource("report.css"), _resource("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            view=view_of(result),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=(
                f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
                "base-uri 'none'; form-action 'none'"
            ),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "machines": machines, "counted": counted}
    return environment


def _resource(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(inline: str) -> str:
    """An inline element's source expression for the content security policy: the hash of its exact text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"
