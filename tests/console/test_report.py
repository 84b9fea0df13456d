"""The HTML report: complete in itself, safe against what hosts say, and of a size to be mailed."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from orchestrator.console.report import render, report_bytes
from orchestrator.console.report.view import evidence, view_of
from orchestrator.model.detail import OtherDetail
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import Machine, PreflightDetail
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult

VOID = {"meta", "rect", "input", "br"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A parsed report: its elements in order, each with the text directly in it, and whether every tag is closed."""

    html: str
    elements: list[Element] = field(default_factory=list)
    unclosed: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self.unclosed.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.unclosed.pop().tag == tag

    def handle_data(self, data: str) -> None:
        if self.unclosed:
            self.unclosed[-1].text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    @property
    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(element.tag, tuple(element.attributes)) for element in self.elements]

    @property
    def text(self) -> str:
        shown = (element.text for element in self.elements if element.tag not in {"script", "style"})
        return " ".join(" ".join(shown).split())


def test_report_tells_the_run_in_words(make_run: Callable[..., RunResult]) -> None:
    """Headline, reasons with remedies, every host once, the steps with their evidence, and what the outcomes mean."""
    page = Page(render(make_run(94)))
    assert page.unclosed == []
    assert page.all("h1")[0].text == "76 of 94 machines are done; 10 need a person"
    assert "4 wait for a restart, 2 were left out, 2 were not finished" in page.text
    assert "Check that the machine is switched on" in page.text
    assert [row.text for row in page.all("th") if row.attributes["scope"] == "row"].count("PC-0053") == 1
    assert len([row for row in page.all("tr") if "data-outcome" in row.attributes]) == 94
    assert any("exit_code: 1603\nlog:\n  MSI (s) (38:B8)" in each.text for each in page.all("pre"))
    assert "A condition of the playbook left the machine out" in page.text
    assert any(each.text == "Blocks" for each in page.all("b"))
    assert "7 SP1 x64" in page.text


def test_every_link_leads_somewhere_on_the_page(make_run: Callable[..., RunResult]) -> None:
    """Names link to their rows, ids are unique, and nothing whatever is loaded from elsewhere."""
    page = Page(render(make_run(94)))
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    links = [each.attributes["href"] for each in page.all("a")]
    assert len(links) >= 10
    assert {str(link).removeprefix("#") for link in links} <= set(ids)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {each.tag for each in page.elements}
    assert not any("src" in each.attributes or "style" in each.attributes for each in page.elements)
    assert not re.search(r"https?://|@import|url\(", page.html)


def test_groups_of_the_inventory(make_run: Callable[..., RunResult], make_host: Callable[..., HostResult]) -> None:
    """Each group is counted, those with most to do first, and can be chosen: rows say which groups they are in."""
    hosts = [
        make_host(0, Outcome.OK, groups=("busan", "korea")),
        make_host(1, Outcome.FAILED, groups=("seoul", "korea")),
        make_host(2, Outcome.OK),
    ]
    page = Page(render(make_run(0, hosts=hosts)))
    options = {each.text: each.attributes["value"] for each in page.all("option")}
    assert list(options)[-4:] == ["korea (2)", "seoul (1)", "busan (1)", "in no group (1)"]
    rows = [
        (each.attributes["data-groups"] or "").split() for each in page.all("tr") if "data-groups" in each.attributes
    ]
    chosen = {name: [options[name] in row for row in rows] for name in ("korea (2)", "seoul (1)", "in no group (1)")}
    assert chosen == {  # the gravest stands first
        "korea (2)": [True, True, False],
        "seoul (1)": [True, False, False],
        "in no group (1)": [False, False, True],
    }
    without = Page(render(make_run(5)))
    assert "group" not in {each.attributes.get("id") for each in without.all("select")}
    assert not any("data-groups" in each.attributes for each in without.elements)


def test_policy_admits_our_own_style_and_script_alone(make_run: Callable[..., RunResult]) -> None:
    """The content security policy names the hashes of the one style and the one script that are there."""
    page = Page(render(make_run(5)))
    policy = next(each.attributes["content"] or "" for each in page.all("meta") if "http-equiv" in each.attributes)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></details></td></tr></table><h1>forged</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "]]><svg/onload=alert(1)>",
    "&lt;b&gt;&#x3c;",
]


def _run_saying(text: str, make_run: Callable[..., RunResult]) -> RunResult:
    machine = Machine(branch=text, product=text, architecture=text)
    learned = PreflightDetail(
        machine=machine, findings=(Finding(text, Severity.WARN, verbatim(text), {text: text}, verbatim(text)),)
    )
    detail = OtherDetail(None, {text: {text: [text, {text: text}]}, "log": f"{text}\n{text}"})
    steps = (
        StepRecord(text, StepResult(Outcome.OK, verbatim(text), learned), 1.0),
        StepRecord(text, StepResult(Outcome.FAILED, verbatim(text), detail, remedy=verbatim(text)), 1.0),
    )
    hosts = [
        HostResult(f"{text} 1", text, text, steps, groups=(text, f"{text} 2")),
        HostResult(f"{text} 2", text, verdict=StepResult(Outcome.OK, verbatim(text))),
    ]
    return make_run(0, id=text, playbook=text, hosts=hosts)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_hosts_say_stays_text(make_run: Callable[..., RunResult], payload: str) -> None:
    """Whatever stands in names, reasons, details and keys, the page has the elements and attributes of plain words."""
    hostile = Page(render(_run_saying(payload, make_run)))
    harmless = Page(render(_run_saying("words", make_run)))
    assert hostile.structure == harmless.structure
    assert " ".join(payload.split()) in hostile.text


def test_control_characters_do_not_reach_the_page(make_run: Callable[..., RunResult]) -> None:
    """Control sequences, direction overrides and half surrogate pairs are gone from the file."""
    html = render(_run_saying("a\x1b[31mb\x00c\u202ed\ud800e", make_run))
    assert "abcde" in html
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", html)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"check": True}, "This was a rehearsal"),
        ({"state": "interrupted"}, "The operator stopped this run"),
        ({"state": "stopped"}, "A guard stopped this run"),
        ({"hosts": ()}, "No machine was touched"),
    ],
)
def test_special_runs_are_said_to_be_so(make_run: Callable[..., RunResult], changes: dict[str, Any], said: str) -> None:
    """A rehearsal, a run that was stopped and one without hosts say so on the page."""
    assert said in Page(render(make_run(47, **changes))).text
    assert said not in Page(render(make_run(47))).text


def test_run_without_trouble_says_so(make_host: Callable[..., HostResult], make_run: Callable[..., RunResult]) -> None:
    """Where nobody is needed, the report says that instead of showing an empty list."""
    page = Page(render(make_run(0, hosts=[make_host(1, Outcome.CHANGED)])))
    assert "No machine of this run needs a person" in page.text
    assert page.all("article") == []


@pytest.mark.slow
def test_five_thousand_hosts_can_be_mailed(make_run: Callable[..., RunResult]) -> None:
    """A report on 5,000 hosts is under 10 MB, and holds them all."""
    run = make_run(5000)
    began = time.perf_counter()
    content = report_bytes(run)
    size = len(content)
    print(f"5,000 hosts: {size / 1e6:.1f} MB in {time.perf_counter() - began:.2f} s")  # noqa: T201 - to be read with -s
    assert size < 10_000_000
    html = content.decode()
    assert html.count("data-outcome=") == 5000
    assert "Its steps are in the result file." in html


def test_evidence_goes_to_the_gravest_first(make_run: Callable[..., RunResult]) -> None:
    """When not all steps have room, those of the hosts in trouble are shown."""
    shown = view_of(make_run(94), budget=20_000).hosts
    assert all(host.steps is not None for host in shown[:10])
    assert {host.key for host in shown if host.steps is None} == {"changed", "ok"}


def test_evidence_reads_as_indented_text() -> None:
    """Nested details become indented lines, long ones are cut with a count, and what is shown elsewhere is left out."""
    detail = {"a": {"b": [1, None, True]}, "text": "one\ntwo", "none": {}, "remedy": "elsewhere", "findings": [1]}
    assert evidence(detail, 1000) == "a:\n  b:\n    - 1\n    - none\n    - yes\ntext:\n  one\n  two\nnone: none"
    assert evidence({"text": "x" * 5000}, 100).endswith("… 4,906 more characters in the result file")
    assert evidence({}, 10) == ""
