"""Faults of the WinRM service as real machines sent them, read as the product reads them."""

from __future__ import annotations

import pytest
from winrm.exceptions import WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from orchestrator.connect.translation import row_of
from orchestrator.model.errors import Retry
from tests.recorded.records import Record, named, records

RECORDS = records("faults")


def envelope(record: Record) -> str:
    """A fault as the body of a SOAP message; what of it is not published is as in the other records."""
    fault = record.output
    if not fault.startswith("<s:Fault"):
        code = "<s:Code><s:Value>s:Receiver</s:Value></s:Code>"
        fault = f"<s:Fault>{code}<s:Detail>{fault}</s:Detail></s:Fault>"
    return (
        '<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        f' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Body>{fault}</s:Body></s:Envelope>'
    )


def answer(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends a message to a service that answers with this fault."""
    protocol = Protocol("http://192.0.2.1:5985/wsman", username="x", password="x", transport="ntlm")

    def refuse(message: object) -> bytes:
        raise WinRMTransportError("http", 500, envelope(record))

    monkeypatch.setattr(protocol.transport, "send_message", refuse)
    protocol.send_message("<x/>")


@pytest.mark.parametrize("record", named(record for record in RECORDS if "code" in record.expect))
def test_a_fault(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is found in either shape, and with it what is to be done."""
    with pytest.raises(WSManFaultError) as caught:
        answer(record, monkeypatch)
    in_shape = {"WSManFault": caught.value.wsman_fault_code, "MSFT_WmiError": caught.value.wmierror_code}
    assert in_shape.pop(record.expect["shape"]) == record.expect["code"]
    assert list(in_shape.values()) == [None]
    row = row_of(caught.value)
    assert (row.code, row.name, row.retry) == (
        record.expect["code"],
        record.expect["row"],
        Retry[record.expect["retry"]],
    )


@pytest.mark.parametrize("record", named(record for record in RECORDS if "timed_out" in record.expect))
def test_asked_to_ask_again(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing was written for a while is no fault but the normal answer."""
    with pytest.raises(WinRMOperationTimeoutError):
        answer(record, monkeypatch)
