"""What `sspr doctor` prints: Markdown that can be pasted into an issue, without names of machines or people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from orchestrator.console.words import clean, one_line
from orchestrator.model.doctor import DoctorDetail
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

ANSWER_LENGTH = 600


def print_doctor_page(result: RunResult, console: Console) -> None:
    """Prints one page a host; a host that was not examined gets its reason."""
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
            output = clean(_without_names(answer.output, host))[:ANSWER_LENGTH]
            lines += ["```", f"> {answer.command}", output.rstrip(), f"(exit code {answer.exit_code})", "```", ""]
    return lines


def _without_names(text: str, host: HostResult) -> str:
    for name in (host.name, host.address):
        text = text.replace(name, "HOST")
    return text
