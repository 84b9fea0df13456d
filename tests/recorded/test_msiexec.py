"""Logs of Windows Installer from real machines, shortened by those who published them."""

from __future__ import annotations

import codecs
from io import BytesIO

import pytest

from orchestrator.harvest import msi_trace
from orchestrator.harvest.msi_log import analyse
from orchestrator.sentences import say
from tests.recorded.records import Record, named, records

RECORDS = records("msiexec")


@pytest.mark.parametrize("record", named(record for record in RECORDS if "cause" in record.expect))
def test_the_cause(record: Record) -> None:
    """Result, first failed action and cause are found in what people show of their logs, in UTF-16 and in UTF-8."""
    verdict = analyse(BytesIO(codecs.BOM_UTF16_LE + record.printed.encode("utf-16-le")))
    assert verdict == analyse(BytesIO(record.printed.encode()))
    wanted = record.expect
    assert (verdict.result, verdict.action, verdict.confidence) == (
        wanted["result"],
        wanted["action"],
        wanted["confidence"],
    )
    assert wanted["cause"] in say(verdict.cause)


@pytest.mark.parametrize("record", named(record for record in RECORDS if "says" in record.expect))
def test_what_is_said_about_the_product(record: Record) -> None:
    """What the installer says about the product is found in any language."""
    assert msi_trace.product_text(record.reply.lines[0]) == record.expect["says"]
