"""The HTML report: one file that needs nothing else, made to be sent to whoever asks how the rollout went."""

from __future__ import annotations

from orchestrator.console.one_file import environment, policy, resource, style_of
from orchestrator.console.report.view import view_of
from orchestrator.model.result import RunResult


def report_bytes(result: RunResult) -> bytes:
    """The file of a report."""
    return render(result).encode("utf-8", "replace")


def render(result: RunResult) -> str:
    """The report as HTML. Whatever a host said is escaped, and the content security policy runs no other script."""
    style, script = style_of(__name__, "report.css"), resource(__name__, "report.js")
    template = environment(__name__).get_template("report.html.j2")
    return template.render(view=view_of(result), style=style, script=script, policy=policy(style, script))
