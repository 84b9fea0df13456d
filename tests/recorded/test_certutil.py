"""What certutil printed on real machines: hashes, lengths of what it encoded and decoded, what it put into stores."""

from __future__ import annotations

import pytest

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import verbatim
from orchestrator.windows import roots, transfer
from orchestrator.windows.batch import first_unaccepted
from orchestrator.windows.command import Reply
from tests.recorded.records import Record, named, records

RECORDS = records("certutil")
FRAME = len("-----BEGIN CERTIFICATE-----\r\n") + len("-----END CERTIFICATE-----\r\n")


@pytest.mark.parametrize("record", named(record for record in RECORDS if "sha256" in record.expect))
def test_a_sha256(record: Record) -> None:
    """The SHA-256 is found in any language, with or without blanks between the bytes; a failure has none."""
    assert transfer.hash_of("x").parse([record.reply]) == record.expect["sha256"]


@pytest.mark.parametrize("record", named(record for record in RECORDS if "unexpected" in record.expect))
def test_another_hash(record: Record) -> None:
    """A hash of another length is not taken for a SHA-256."""
    with pytest.raises(UnexpectedOutput):
        transfer.parse_hash(record.reply)


@pytest.mark.parametrize("record", named(record for record in RECORDS if "bytes" in record.expect))
def test_the_length_of_an_encoded_file(record: Record) -> None:
    """certutil's text is as long as ours, its first and its last line apart: 64 characters and CRLF a line."""
    assert len(transfer.encode_lines(bytes(record.expect["bytes"]))) + FRAME == record.expect["characters"]
    assert str(record.expect["characters"]) in record.output


@pytest.mark.parametrize("record", named(record for record in RECORDS if "accepted" in record.expect))
def test_success_and_failure(record: Record) -> None:
    """The exit code alone says whether the command did its work."""
    commands = {
        "certutil -encode": transfer.offer("x", "y")[0],
        "certutil -decode": transfer.decode("x", "y")[0],
        "certutil -addstore": roots.add("x", ("HKLM\\X",), verbatim("add")).commands[0],
    }
    accepted = first_unaccepted([commands[record.tool]], [record.reply]) is None
    assert accepted == record.expect["accepted"]


@pytest.mark.parametrize("record", named(record for record in RECORDS if "content" in record.expect))
def test_an_encoded_file(record: Record) -> None:
    """What certutil wrote, with line numbers as findstr puts them, is the file again, and its end is seen."""
    numbered = "".join(f"{number}:{line}\n" for number, line in enumerate(record.reply.lines, 1))
    piece = transfer.piece("x", 0).parse([Reply(0, numbered)])
    assert piece == transfer.Piece(record.expect["content"].encode(), record.expect["last"])
