"""Contents of files and streams, as cases name them."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Literal

from orchestrator.windows import msiexec, transfer
from orchestrator.windows.job import Job
from sspr_lab.packages import standin

Form = Literal["bytes", "base64", "encoded", "numbered", "package", "root", "task", "starts", "utf16", "any_case"]
Contents = str | dict[Form, int | str]
r"""Text as it stands, or one of
`bytes: N` the first N octets of the sample; `base64: N` those as the product sends them up; `encoded: N` as certutil
-encode writes them; `numbered: N` that text with `findstr /n` numbers; `package: x64` the stand-in's package;
`root: der` or `root: pem` the certificate of DigiCert Global Root G2; `task: ARGUMENTS` the product's task with these
arguments for msiexec; `starts: TEXT` and `utf16: TEXT` anything that begins so, the latter in UTF-16 with a byte order
mark; `any_case: TEXT` that text, capitals or not."""

_ROOT = Path(__file__).parent.parent / "playbook" / "DigiCertGlobalRootG2.crt.pem"


def octets(contents: Contents) -> bytes:
    """What the contents are, octet by octet. Raises KeyError for forms that name no one file."""
    if isinstance(contents, str):
        return contents.encode("utf-8")
    ((form, argument),) = contents.items()
    match form, argument:
        case "bytes", int(count):
            return sample(count)
        case "base64", int(count):
            return transfer.encode_lines(sample(count))
        case "encoded", int(count):
            return encoded(sample(count))
        case "numbered", int(count):
            lines = encoded(sample(count)).split(b"\r\n")[:-1]
            return b"".join(b"%d:%s\r\n" % (number, line) for number, line in enumerate(lines, 1))
        case "package", ("x64" | "x86") as architecture:
            return standin(architecture).read_bytes()
        case "root", ("der" | "pem") as coding:
            pem = _ROOT.read_bytes()
            return pem if coding == "pem" else ssl.PEM_cert_to_DER_cert(pem.decode())
        case "task", str(arguments):
            return msiexec.task_xml(Job("jobtoken"), arguments, limit_minutes=30)
        case _:
            raise KeyError(form)


def agree(expected: Contents, found: bytes) -> bool:
    """Whether a file holds what was expected of it."""
    match expected:
        case {"starts": text}:
            return found.startswith(str(text).encode("utf-8"))
        case {"utf16": text}:
            return found.startswith(f"\ufeff{text}".encode("utf-16-le"))
        case {"any_case": text}:
            return found.lower() == str(text).lower().encode("utf-8")
        case _:
            return found == octets(expected)


def sample(count: int) -> bytes:
    """Octets of every value, in an order that does not repeat with the lines of an encoded file."""
    return (bytes(range(251)) * (count // 251 + 1))[:count]


def encoded(content: bytes) -> bytes:
    """A file as `certutil -encode` writes it: headed and closed, lines of 64 characters."""
    text = base64.b64encode(content)
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return b"\r\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])
