"""The page of a case: one HTML file that needs nothing else, made to be attached to a ticket."""

from __future__ import annotations

from orchestrator.console.case_page.view import view_of
from orchestrator.console.one_file import environment, policy, style_of
from orchestrator.model import program
from orchestrator.model.case import Case


def page_bytes(case: Case) -> bytes:
    """The file of a page."""
    return page(case).encode("utf-8", "replace")


def page(case: Case) -> str:
    """One case as HTML. It holds no script; whatever the case's files say is escaped."""
    style = style_of(__name__, "case.css")
    template = environment(__name__).get_template("case.html.j2")
    return template.render(view=view_of(case), style=style, policy=policy(style), version=program.version())
