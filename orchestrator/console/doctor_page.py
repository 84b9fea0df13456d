"""What `sspr doctor` prints: Markdown that can be pasted into an issue, without names of machines or people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from orchestrator.console.words import clean, one_line
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

ANSWER_LENGTH = 600


def print_doctor_page(result: RunResult, console: Console) -> None:
    """Prints one page a host; a host that was not examined gets its reason."""
    for host in result.hosts:
        for line in _page(host):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _page(host: HostResult) -> Sequence[str]:
    details = [record.result.mapping for record in host.steps if "beliefs" in record.result.mapping]
    if not details:
        return [f"not examined: {one_line(say(host.reason))}"]
    (detail,) = details
    found: Sequence[Mapping[str, Any]] = detail["beliefs"]
    contradicted = [belief for belief in found if not belief["holds"]]
    lines = [
        f"## {one_line(str(detail['machine']))}, build {one_line(str(detail['build']))}",
        "",
        f"{len(found) - len(contradicted)} of {len(found)} beliefs hold.",
        "",
    ]
    for belief in contradicted:
        lines += [f"### {belief['name']}: {belief['sentence']}", "", one_line(str(belief["difference"])), ""]
        for answer in belief["answers"]:
            output = clean(_without_names(str(answer["output"]), host))[:ANSWER_LENGTH]
            lines += ["```", f"> {answer['command']}", output.rstrip(), f"(exit code {answer['exit_code']})", "```", ""]
    return lines


def _without_names(text: str, host: HostResult) -> str:
    for name in (host.name, host.address):
        text = text.replace(name, "HOST")
    return text
