"""certutil.exe: files hashed and converted, certificates put into a store. All it says goes to the standard output.

Exit codes are HRESULTs. Source of the texts: public transcripts of Windows 7 and 2008 R2 for "MD5 hash of file ...",
bytes apart by spaces, "(WIN32: 5)" without a name, and an algorithm in lower case, which ends with 0xd00000bb; of
Windows 10 for the newer forms. What is said of a missing file before the two last lines is [mem].
"""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.tools.certutil_hex import from_hex, to_hex
from sspr_lab.tools.certutil_request import Failed, Request, failed, read
from sspr_lab.tools.certutil_store import add_store, delete_store

_INVALID_DATA: Final = (13, "The data is invalid.", "ERROR_INVALID_DATA")
_EMPTY_FILE: Final = (
    1006,
    "The volume for a file has been externally altered so that the opened file is no longer valid.",
    "ERROR_FILE_INVALID",
)
_OVERFLOW: Final = (534, "Arithmetic result exceeded 32 bits.", "ERROR_ARITHMETIC_OVERFLOW")
_BAD_ALGORITHM: Final = 0xD00000BB
_INVALID_ALGORITHM: Final = 0x80090008
_USAGE: Final = 0x80070057
_ALGORITHMS: Final = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_LARGEST_INPUT: Final = (
    74_472_684  # bytes that -encode takes, found by trial (DosTips, "more tricks with certutil", 2018)
)
_LINE: Final = 64
_DONE: Final = "CertUtil: -{verb} command completed successfully."
_FAILED: Final = "CertUtil: -{verb} command FAILED: {code}"


async def main(process: Process) -> int:
    request = _parsed(process.argv[1:])
    if request.verb not in _VERBS:
        problem = process.text("Unknown arg: -{verb}", verb=request.verb) if request.verb else "Expected a verb."
        await process.stdout.write_text(f"{problem}\n")
        return _USAGE
    verb, least = _VERBS[request.verb]
    if len(request.names) < least:
        count = process.text(
            "Expected at least {least} args, received {received}", least=least, received=len(request.names)
        )
        await process.stdout.write_text(f"{count}\nCertUtil: {process.text('Missing argument')}\n")
        return _USAGE
    try:
        code = await verb(process, request)
    except Failed as failure:
        return await _report(process, request.verb, failure)
    if code == 0:
        await process.stdout.write_text(f"{process.text(_DONE, verb=request.verb)}\n")
    return code


def _parsed(arguments: list[str]) -> Request:
    verb = ""
    force = False
    names: list[str] = []
    for argument in arguments:
        word = argument[1:].lower()
        if argument[:1] not in ("-", "/") or len(argument) == 1 or (verb and word != "f"):
            names.append(argument)
        elif word == "f":
            force = True
        else:
            verb = word
    return Request(verb, tuple(names), force)


async def _report(process: Process, verb: str, failure: Failed) -> int:
    name = f" {failure.name}" if process.machine.profile.branch == "windows10" else ""
    code = f"{failure.hresult:#010x} ({failure.shown}{name})"
    reason = process.text(failure.text)
    said = [
        process.text("{function} returned {reason} {code}", function=function, reason=reason, code=code)
        for function in failure.functions
    ]
    said += [process.text(_FAILED, verb=verb, code=code), f"CertUtil: {reason}"]
    await process.stdout.write_text("".join(f"{line}\n" for line in said))
    return failure.hresult


def _write(process: Process, path: str, data: bytes, *, force: bool) -> None:
    files = process.machine.files
    in_the_way = WindowsError(errors.FILE_EXISTS, path)
    try:
        if not files.exists(path) or force:
            return files.write(path, data, account=process.account)
    except WindowsError as error:
        in_the_way = error
    raise failed(in_the_way, "EncodeToFile")


async def _hash_file(process: Process, request: Request) -> int:
    name, algorithm = (*request.names, "SHA1")[:2]
    is_new = process.machine.profile.branch == "windows10"
    data = read(process, name)
    known = algorithm.upper() in _ALGORITHMS
    if not is_new and algorithm not in _ALGORITHMS:
        code = f"{_BAD_ALGORITHM:#x} ({_BAD_ALGORITHM - 2**32})"
        failed = process.text(_FAILED, verb="hashfile", code=code)
        await process.stdout.write_text(f"{failed}\nCertUtil: WsResetMetadata\n")
        return _BAD_ALGORITHM
    if not known:
        code = f"{_INVALID_ALGORITHM:#x} ({_INVALID_ALGORITHM - 2**32} NTE_BAD_ALGID)"
        failed = process.text(_FAILED, verb="hashfile", code=code)
        await process.stdout.write_text(f"{failed}\nCertUtil: {process.text('Invalid algorithm specified.')}\n")
        return _INVALID_ALGORITHM
    if not data:
        raise Failed(*_EMPTY_FILE)
    digest = hashlib.new(_ALGORITHMS[algorithm.upper()], data).digest()
    heading = "{algorithm} hash of {name}:" if is_new else "{algorithm} hash of file {name}:"
    first = process.text(heading, algorithm=algorithm, name=name)
    await process.stdout.write_text(f"{first}\n{digest.hex() if is_new else digest.hex(' ')}\n")
    return 0


async def _encode(process: Process, request: Request) -> int:
    return await _convert(process, request, _armoured, largest=_LARGEST_INPUT)


async def _decode(process: Process, request: Request) -> int:
    return await _convert(process, request, _unarmoured)


async def _encode_hex(process: Process, request: Request) -> int:
    kind = int(request.names[2]) if len(request.names) > 2 and request.names[2].isdecimal() else 5
    return await _convert(process, request, lambda data: to_hex(data, kind))


async def _decode_hex(process: Process, request: Request) -> int:
    return await _convert(process, request, from_hex)


async def _convert(
    process: Process, request: Request, change: Callable[[bytes], bytes], largest: int | None = None
) -> int:
    """Read, convert and write; an output that is there stays unless -f is given."""
    source, target = request.names[:2]
    data = read(process, source, "DecodeFile")
    await process.stdout.write_text(f"{process.text('Input Length = {size}', size=len(data))}\n")
    if largest is not None and len(data) > largest:
        raise Failed(*_OVERFLOW, "EncodeToFile")
    try:
        converted = change(data)
    except ValueError:
        raise Failed(*_INVALID_DATA, "DecodeFile") from None
    _write(process, process.full_path(target), converted, force=request.force)
    await process.stdout.write_text(f"{process.text('Output Length = {size}', size=len(converted))}\n")
    return 0


def _armoured(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return b"\r\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _unarmoured(data: bytes) -> bytes:
    """Base64 with or without its header and footer lines; white space does not count. Raises ValueError."""
    lines = data.split(b"\n")
    starts = [at for at, line in enumerate(lines) if line.startswith(b"-----BEGIN")]
    ends = [at for at, line in enumerate(lines) if line.startswith(b"-----END")]
    if starts and ends and starts[0] < ends[0]:
        lines = lines[starts[0] + 1 : ends[0]]
    text = b"".join(b"".join(lines).split())
    if not text:
        raise binascii.Error
    return base64.b64decode(text, validate=True)


_VERBS: Final[dict[str, tuple[Callable[[Process, Request], Awaitable[int]], int]]] = {
    "hashfile": (_hash_file, 1),
    "encode": (_encode, 2),
    "decode": (_decode, 2),
    "encodehex": (_encode_hex, 2),
    "decodehex": (_decode_hex, 2),
    "addstore": (add_store, 2),
    "delstore": (delete_store, 2),
}
