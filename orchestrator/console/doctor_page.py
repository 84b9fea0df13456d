"""What `sspr doctor` found on a host, as a page that can be given to others."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from orchestrator.console.words import one_line
from orchestrator.model.doctor import DoctorDetail
from orchestrator.model.result import HostResult, RunResult
from orchestrator.model.showable import clean
from orchestrator.sentences import say

ANSWER_LENGTH = 600
"""Characters that are shown of what a command printed."""


def print_doctor_page(result: RunResult, console: Console) -> None:
    """A page a host in Markdown, to be pasted into an issue: without names of machines or people.

    A host that was not examined gets its reason.
    """
    for host in result.hosts:
        for line in _page(host):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _page(host: HostResult) -> Sequence[str]:
    details = [record.result.detail for record in host.steps if isinstance(record.result.detail, DoctorDetail)]
    if not details:
        return [f"not examined: {one_line(say(host.reason))}"]
    (detail,) = details
    held = sum(belief.holds for belief in detail.beliefs)
    lines = [
        f"## {one_line(detail.machine)}, build {one_line(detail.build)}",
        "",
        f"{held} of {len(detail.beliefs)} beliefs hold.",
        "",
    ]
    for belief in detail.beliefs:
        if belief.difference is None:
            continue
        lines += [f"### {belief.name}: {say(belief.sentence)}", "", one_line(say(belief.difference)), ""]
        for answer in belief.answers:
            ended = "no end" if answer.exit_code is None else f"exit code {answer.exit_code}"
            output = clean(_without_names(answer.output, host))[:ANSWER_LENGTH]
            lines += ["```", f"> {answer.command}", output.rstrip(), f"({ended})", "```", ""]
    return lines


def _without_names(text: str, host: HostResult) -> str:
    for name in (host.name, host.address):
        text = text.replace(name, "HOST")
    return text
