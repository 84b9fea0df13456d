"""Redaction: no name of a person survives in any file, one name is the same everywhere, and nothing else changes."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.app.redact import redact_cases, redact_logs
from orchestrator.app.verify_logs import verify_logs
from orchestrator.harvest import zipped
from orchestrator.harvest.bundle import Bundle, read_manifest, verify
from orchestrator.harvest.manifest import Manifest, Origin, Taken, entry
from orchestrator.harvest.redaction.account_names import is_account, is_looked_for
from orchestrator.harvest.redaction.bundle import redacted_bundle
from orchestrator.harvest.redaction.case import redacted_case
from orchestrator.harvest.redaction.pseudonyms import MOST_NAMES, Pseudonyms
from orchestrator.harvest.redaction.texts import read, text_of, written
from orchestrator.model.case import Answer, Attempt, Case, CaseFile, Lane, Moment, Owner, Piece, Problem
from orchestrator.model.confidence import Confidence
from orchestrator.model.errors import UnexpectedOutput, UsageError
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.runs.redaction_key import redaction_key, redaction_key_file
from orchestrator.steps.collect import CollectDetail
from sspr_lab.machine import Machine
from tests.details import detail_of
from tests.lab_fixtures import kind, shipped, site

KEY, OTHER = b"k" * 32, b"o" * 32
TAKEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ORIGIN = Origin("PC-17", "run-1", TAKEN)
SID = "S-1-5-21-1004336348-1177238915-682003330-1104"


def told(*texts: str, key: bytes = KEY) -> list[str]:
    """Texts of one bundle, redacted."""
    pseudonyms = Pseudonyms(key)
    for text in texts:
        pseudonyms.learn_text(text)
    return [pseudonyms.text(text) for text in texts]


def made(folder: Path, files: Mapping[str, bytes], **fields: str) -> Manifest:
    """A bundle of these collected files."""
    with Bundle(folder, ORIGIN) as bundle:
        for name, content in files.items():
            bundle.add_collected(name, [content], fields.get("source", rf"C:\Windows\Temp\{name}"))
        sources = [Taken("all", "to see", "files", tuple(f"collected/{name}" for name in files), "accounts")]
        return bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"), sources)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


PLACES = [
    r"CONTOSO\{}",
    r"C:\Users\{}\AppData\Local",
    r"C:\Documents and Settings\{}\Local Settings",
    "<Data Name='TargetUserName'>{}</Data>",
    '{{"users": ["{}"]}}',
    '{{"userPrincipalName": "CONTOSO\\\\{}"}}',
    '"LastLoggedOnSAMUser"="CONTOSO\\\\{}"',
    ">{}              console             1  Active      none   7/13/2018 11:26 AM",
    "Property(S): LogonUser = {}",
    "Account Name:\t\t{}\r\n",
    "username: 'CONTOSO\\{}'",
]
"""Where a name is said to be an account's."""


@pytest.mark.parametrize("place", PLACES)
def test_an_account_is_one_wherever_it_stands(place: str) -> None:
    """Once a file says that a name is an account's, it goes from all others, in any case, as a whole word alone."""
    said = place.format("hmueller")
    first, second = told(said, "HMUELLER, 'hmueller' and my_hmueller_1.\nnot hmuellers, 1hmueller or xhmueller")
    (pseudonym,) = set(re.findall(r"user-[0-9a-f]{10}", first + second))
    assert first == said.replace("hmueller", pseudonym)
    assert second == f"{pseudonym}, '{pseudonym}' and my_{pseudonym}_1.\nnot hmuellers, 1hmueller or xhmueller"


ADDRESSED = [
    ("jdoe@contoso.com", r"mail-[0-9a-f]{10}@redacted"),
    ("o'brien%40contoso.co.uk", r"mail-[0-9a-f]{10}@redacted"),
    (SID, r"sid-[0-9a-f]{10}"),
    ("S-1-12-1-1943430372-1249052806-2496021943-3034400218", r"sid-[0-9a-f]{10}"),
    ("10.17.3.240", r"ip-[0-9a-f]{10}"),
    ("fe80::5efe:1", r"ip-[0-9a-f]{10}"),
    ("2001:db8:0:1:2:3:4:5", r"ip-[0-9a-f]{10}"),
    ("2001:DB8:0:1::1:2", r"ip-[0-9a-f]{10}"),
]


@pytest.mark.parametrize(("name", "pseudonym"), ADDRESSED, ids=lambda each: each)
def test_what_tells_itself_is_replaced(name: str, pseudonym: str) -> None:
    """Mail addresses, SIDs and IP addresses, whatever stands around them."""
    around = "끝{}끝" if name[-1].isdigit() else "<{}>"
    for text in ("{}", "[{}]", "at {}, then", "'{}'", "(x={}).", around, "{}\r\n"):
        assert re.fullmatch(re.escape(text).replace(r"\{\}", pseudonym), told(text.format(name))[0]), text


KEPT = [
    r"NT AUTHORITY\SYSTEM, BUILTIN\Administrators, PC-17\Administrator, S-1-5-18, S-1-5-32-544, S-1-5-80-1-2-3-4-5",
    r"127.0.0.1, 0.0.0.0, ::1, 255.255.255.0, 239.255.255.250, 6.1.7601.17514, ProductVersion = 1.0.10.0",
    r"C:\Windows\System32\cmd.exe, HKLM\SOFTWARE\Microsoft\Windows, C:\Users\Public\Desktop, system32\svchost.exe",
    r"MSI (s) (64:F0) [20:27:49:007]: Note: 1: 1402 2: HKEY_CURRENT_USER\Software 3: 2",
    r"1.2.3.4.5, 300.1.1.1, 1:2:3:4, [10:20:30:123], ::, a:b:c",
    r"{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}, deleted::all, 11:22:33, a::b::c",
    r"PC-17.contoso.com says that CONTOSO\PC-17$ is a computer; \\server\share\file.txt, bin\tool.exe, std::add",
    "the add-in 1.0.10.0 was installed; Product Version: 1.0.10.0.",
    "<Provider Name='MsiInstaller'/><Data>SSPR</Data><Data>1.0.10.0</Data>, SSPR 1.0.10.0 was installed",
]


@pytest.mark.parametrize("text", KEPT, ids=range(len(KEPT)))
def test_what_is_nobodys_stays(text: str) -> None:
    """Windows' own accounts and SIDs, addresses of no machine, versions, paths, computers."""
    assert told(text) == [text]


def test_words_are_replaced_only_as_accounts() -> None:
    """An account called like a word, or by one letter, goes where it can be nothing else; the word stays."""
    text = r"CONTOSO\test, C:\Users\a\x, C:\Users\12\x: the test of a disk, 12 times"
    (said,) = told(text)
    assert re.fullmatch(
        r"CONTOSO\\user-\w{10}, C:\\Users\\user-\w{10}\\x, C:\\Users\\user-\w{10}\\x: the test of a disk, 12 times",
        said,
    )


def test_one_name_has_one_pseudonym() -> None:
    """With and without its domain, in any case; a mail address has the same digits; another key gives others."""
    text = r"CONTOSO\jdoe FABRIKAM\JDoe jdoe jdoe@contoso.com JDOE@fabrikam.com C:\Users\jdoe\x contoso\jdoe"
    (said,) = told(text)
    assert len(set(re.findall(r"-([0-9a-f]{10})", said))) == 1
    assert (said.count("user-"), said.count("mail-")) == (5, 2)
    assert said.startswith(r"CONTOSO\user-")
    (other,) = told(text, key=OTHER)
    assert not set(re.findall(r"-([0-9a-f]{10})", said)) & set(re.findall(r"-([0-9a-f]{10})", other))


def test_an_account_that_looks_like_a_pseudonym() -> None:
    """Is none: its last digits do not fit."""
    text = r"CONTOSO\user-2024010199 and user-2024010199"
    assert "2024010199" not in told(text)[0]


def test_counts_are_of_different_names() -> None:
    """By kind, however often each stands there."""
    pseudonyms = Pseudonyms(KEY)
    text = rf"CONTOSO\jdoe jdoe CONTOSO\hmueller {SID} {SID} 10.1.1.1 10.1.1.2 jdoe@contoso.com"
    pseudonyms.learn_text(text)
    pseudonyms.text(text)
    assert pseudonyms.counts == (("account", 2), ("address", 2), ("mail", 1), ("sid", 1))


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_what_was_redacted_stays_so(key: bytes) -> None:
    """Also with another key, and even where the digits of a pseudonym were somebody's name."""
    (once,) = told(rf"CONTOSO\jdoe jdoe@contoso.com {SID} 10.1.1.1")
    digits = once[13:23]
    assert told(once, rf"CONTOSO\{digits}", key=key)[0] == once


ASCII_NAMES = st.from_regex(r"[a-z][a-z0-9]{2,7}([._-][a-z0-9]{2,7})?", fullmatch=True)
LATIN_NAMES = st.text("abcdefäöüßéèñçøåÄÖÜÉ", min_size=4, max_size=10)
HANGUL_NAMES = st.text("김이박최정철수영희민준서연지우현", min_size=2, max_size=4)
ENCODINGS = {
    "utf-8": HANGUL_NAMES | LATIN_NAMES,
    "cp1252": LATIN_NAMES,
    "cp949": HANGUL_NAMES,
    "utf-16-le": HANGUL_NAMES,
}
FILLING = st.text("xyz ,;:\r\n", max_size=30)


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Names, and files by name with encoding and text; the first file says that the names are accounts."""
    names, files = [], {}
    for encoding, special in ENCODINGS.items():
        own = draw(st.lists(ASCII_NAMES | special, min_size=1, max_size=3))
        own = [name for name in own if is_account(name) and is_looked_for(name)]
        names += own
        said = "".join(f"<Data Name='TargetUserName'>{name}</Data>" for name in own)
        bare = "".join(f"{draw(FILLING)} {name} {draw(FILLING)}" for name in own for _ in range(2))
        files[f"{encoding}.txt"] = (encoding, bare)
        files[f"{encoding}.xml"] = ("utf-16-le" if encoding == "utf-16-le" else "utf-8", said)
    return names, files


@given(planted())
@settings(max_examples=20, deadline=None)
def test_no_planted_name_survives(bundle: tuple[list[str], dict[str, tuple[str, str]]]) -> None:
    """In no encoding, however the text is cut into portions."""
    names, files = bundle
    pseudonyms = Pseudonyms(KEY)
    for encoding, text in files.values():
        pseudonyms.learn([text.encode("utf-8" if encoding.startswith("utf-16") else encoding)])
    for encoding, text in files.values():
        coded = "utf-8" if encoding.startswith("utf-16") else encoding
        content = text.encode(coded)
        portions = [content[start : start + 7] for start in range(0, len(content), 7)]
        redacted = b"".join(pseudonyms.rewritten(portions))
        assert redacted == b"".join(pseudonyms.rewritten([content]))
        words = set(re.split(r"[\s,;:<>']+", redacted.decode(coded).casefold()))
        assert not words & {name.casefold() for name in names}


@given(
    st.integers(0, 110),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp949"]),
    st.sampled_from([1, 2]),
)
@settings(max_examples=15, deadline=None)
def test_names_across_the_borders_of_portions(shift: int, encoding: str, borders: int) -> None:
    """Where a file is cut in the middle of a name, it is rewritten as in one piece."""
    line = rf"CONTOSO\hmueller hmueller@contoso.com {SID} 10.1.2.3 hmueller" + "\r\n"
    filling = "of no person, "
    lead, end = "x" * shift + filling * 2000, filling * 400
    content = (("\ufeff" if encoding.startswith("utf-16") else "") + (lead + line) * borders + end).encode(encoding)
    step = len((lead + line[:40]).encode(encoding)) + 1
    portions = [content[start : start + step] for start in range(0, len(content), step)]
    pseudonyms = Pseudonyms(KEY)
    text = text_of("a.txt", portions)
    pseudonyms.learn(read(text, portions))
    redacted = b"".join(written(text, pseudonyms.rewritten(read(text, portions)))).decode(encoding)
    assert redacted.removeprefix("\ufeff") == (lead + told(line)[0]) * borders + end


BYTES = st.lists(st.sampled_from([b"caf\xe9", b"\xb0\xa1", b"\xff", b"\x81A", b"jdoe", b" ", b"\r\n", b"=", b"\\"]))


@given(BYTES)
@settings(deadline=None)
def test_bytes_of_any_code_page_stay(parts: list[bytes]) -> None:
    """What is no text of ours to read is written as it was, but for the name."""
    content = b" ".join(parts)
    pseudonyms = Pseudonyms(KEY)
    pseudonyms.learn([rb"C:\Users\jdoe\x"])
    pseudonym = pseudonyms.text("jdoe").encode()
    assert b"".join(pseudonyms.rewritten([content])) == content.replace(b"jdoe", pseudonym)


def test_a_name_in_a_code_page_is_that_of_another_file() -> None:
    """A profile's folder as cp949 has it, and the same name in UTF-8."""
    pseudonyms = Pseudonyms(KEY)
    old, new = "C:\\Users\\김철수\\x".encode("cp949"), "김철수가 C:\\Users\\김철수\\x".encode()
    pseudonyms.learn([old])
    pseudonyms.learn([new])
    texts = b"".join(pseudonyms.rewritten([old])).decode(), b"".join(pseudonyms.rewritten([new])).decode()
    pseudonym = re.findall(r"user-[0-9a-f]{10}", texts[0])[0]
    assert texts == (rf"C:\Users\{pseudonym}\x", rf"{pseudonym}가 C:\Users\{pseudonym}\x")


def test_json_stays_json(tmp_path: Path) -> None:
    """Names behind escapes are found, those written with escapes too, and the file is read as before."""
    learned = {"users": ["m\u00fcller", "jdoe"], "text": 'line\njdoe\tjdoe "jdoe" C:\\Users\\jdoe\\x', "n": 1.5}
    files = {
        f"{name}.json": json.dumps(learned, ensure_ascii=escaped).encode()
        for name, escaped in (("a", True), ("b", False))
    }
    made(tmp_path / "PC", files)
    redacted_bundle(tmp_path / "PC", tmp_path / "out", Pseudonyms(KEY))
    first, second = (json.loads(contents(tmp_path / "out")[name]) for name in ("a.json", "b.json"))
    assert first == second
    assert "jdoe" not in str(first)
    assert re.fullmatch(r"line\n(user-\w+)\t\1 \"\1\" C:\\Users\\\1\\x", first["text"])


def test_values_of_the_registry_in_numbers(tmp_path: Path) -> None:
    """Texts in hexadecimal are rewritten in their form; binary data with a name is left empty; the rest stays."""

    def digits(content: bytes) -> str:
        return ",".join(f"{byte:02x}" for byte in content)

    profile = "%SystemDrive%\\Users\\jdoe\0".encode("utf-16-le")
    long, proxy = digits(profile), digits(b"F\0\0\0proxy for jdoe@contoso.com")
    sid = digits(bytes.fromhex("010500000000000515000000") + b"12345678901234567890")
    lines = [
        "Windows Registry Editor Version 5.00",
        "",
        r"[HKEY_LOCAL_MACHINE\SOFTWARE\Users]",
        f'"ProfileImagePath"=hex(2):{long[:60]}\\',
        f"  {long[60:]}",
        f'"Connections"=hex:{proxy}',
        f'"Sid"=hex:{sid}',
        f'"Other"=hex:{digits(bytes(range(40)))}',
        '"EnableLogging"=dword:00000001',
        "",
    ]
    made(tmp_path / "PC", {"a.reg": ("\ufeff" + "\r\n".join(lines)).encode("utf-16-le")})
    redacted_bundle(tmp_path / "PC", tmp_path / "out", Pseudonyms(KEY))
    told = contents(tmp_path / "out")["a.reg"].decode("utf-16-le").removeprefix("\ufeff").split("\r\n")
    start = next(number for number, line in enumerate(told) if "hex(2)" in line)
    end = next(number for number, line in enumerate(told) if "Connections" in line)
    value = bytes.fromhex(
        "".join(told[start:end]).partition(":")[2].replace("\\", "").replace(",", "").replace(" ", "")
    )
    assert re.fullmatch(r"%SystemDrive%\\Users\\user-\w{10}\0", value.decode("utf-16-le"))
    assert told[end : end + 2] == ['"Connections"=hex:', '"Sid"=hex:']
    assert told[end + 2 :] == lines[7:]
    assert told[:start] == lines[:3]


def test_what_cannot_be_rewritten_is_left_out(tmp_path: Path) -> None:
    """Event logs, cabinets, and text that is not of one kind: the manifest names each with the reason."""
    mixed = "CONTOSO\\jdoe ".encode("utf-16-le") + b"jdoe " * 3
    files = {
        "a.evtx": b"ElfFile\0jdoe",
        "b.cab": b"MSCFjdoe",
        "c.log": b"log of jdoe\r\n" + "jdoe".encode("utf-16-le"),
        "d.txt": mixed + b"x",
        "e.txt": mixed + b"x" * (len(mixed) % 2),
        "f.txt": rb"CONTOSO\jdoe",
        "g.log": b"it ended" + b"\0" * 4096,
    }
    made(tmp_path / "PC", files)
    manifest = redacted_bundle(tmp_path / "PC", tmp_path / "out", Pseudonyms(KEY))
    assert manifest.redacted is not None
    assert {each.name: bool(each.why) for each in manifest.redacted.left_out} == {
        f"collected/{name}": True for name in ("a.evtx", "b.cab", "c.log", "d.txt", "e.txt")
    }
    assert [each.name for each in manifest.files] == ["collected/f.txt", "collected/g.log"]
    assert contents(tmp_path / "out")["g.log"] == files["g.log"]
    assert not any(b"jdoe" in content for content in contents(tmp_path / "out").values())
    assert verify(tmp_path / "out") == []


def test_the_manifest_says_what_it_is(tmp_path: Path) -> None:
    """Host, run and time stay; names of files and where they lay are rewritten; older manifests read as before."""
    sealed = made(tmp_path / "PC", {"jdoe.log": b"x"}, source=r"C:\Users\jdoe\jdoe.log")
    manifest = redacted_bundle(tmp_path / "PC", tmp_path / "out.zip", Pseudonyms(KEY))
    assert read_manifest(tmp_path / "out.zip") == manifest
    assert (manifest.host, manifest.run_id, manifest.taken) == ("PC-17", "run-1", TAKEN)
    assert manifest.redacted is not None
    assert (manifest.redacted.names, manifest.redacted.manifest_sha256) == ({"account": 1}, sealed.sha256)
    assert re.fullmatch(r"collected/user-\w{10}\.log", manifest.files[0].name)
    assert manifest.sources[0].files == (manifest.files[0].name,)
    assert b"jdoe" not in manifest.to_json()
    assert b"redacted" not in sealed.to_json()
    with zipped.opened(tmp_path / "out.zip") as opened:
        assert opened.names == {manifest.files[0].name}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_a_file(tmp_path: Path) -> None:
    """100 MB take what a few portions take."""
    line = rf"CONTOSO\hmueller {SID} " + "words of a message that goes on for a while " * 20 + "\r\n"
    with Bundle(tmp_path / "PC", ORIGIN) as bundle:
        bundle.add_collected("a.log", (line.encode() * 1000 for _ in range(100_000_000 // len(line) // 1000)), "a.log")
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    tracemalloc.start()
    try:
        redacted_bundle(tmp_path / "PC", tmp_path / "out", Pseudonyms(KEY))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_too_many_names_are_refused() -> None:
    """A host that names more accounts than any has gets no copy, rather than one with names in it."""
    with pytest.raises(UnexpectedOutput):
        told("\n".join(rf"C:\Users\person{number}\x" for number in range(MOST_NAMES + 2)))


def _case(user: str) -> Case:
    piece = Piece(f"{user}.log", 3, rf"CONTOSO\{user} from 10.1.2.3")
    problem = Problem("code", verbatim(f"{user} may not"), None, Owner.USER, True, Confidence.CERTAIN, (piece,))
    moment = Moment(TAKEN, None, Lane.ADD_IN, 2, "failed", f"for {user}", piece)
    attempt = Attempt(TAKEN, f"{user}@contoso.com", False, f"{user} is not registered", "10.1.2.3", ("time",), piece)
    return Case(
        "PC-17", "PC-17", "Windows 7", TAKEN, 60, 0.0, Answer.NO, verbatim(f"no, says {user}"), (problem,),
        (verbatim(f"ask {user}"),), (), (attempt,), (moment,), 0, (CaseFile(f"{user}.log", "other", 1, "00"),),
    )  # fmt: skip


def test_a_case_is_redacted_whole() -> None:
    """Every text and every parameter, with the pseudonyms of its files; all else is equal."""
    pseudonyms = Pseudonyms(KEY)
    redacted = redacted_case(_case("jdoe"), pseudonyms)
    assert "jdoe" not in repr(redacted)
    assert "10.1.2.3" not in repr(redacted)
    assert dict(redacted.pseudonyms) == {"account": 1, "address": 1, "mail": 1}
    name = pseudonyms.text("jdoe")
    (attempt,) = redacted.attempts
    assert attempt.user == f"mail-{name.removeprefix('user-')}@redacted"
    assert redacted.problems[0].says == verbatim(f"{name} may not")
    assert (redacted.host, redacted.answer, redacted.timeline[0].utc) == ("PC-17", Answer.NO, TAKEN)


def test_a_case_knows_the_names_of_its_files() -> None:
    """What only a file calls an account is replaced in the case as well; the key is the operator's."""

    def content() -> Iterator[bytes]:
        yield rb"C:\Users\hmueller\x"

    (case,) = redact_cases([_case("hmueller")], [("a.txt", content), ("a.evtx", content)])
    assert "hmueller" not in repr(case)
    pseudonyms = Pseudonyms(redaction_key())
    pseudonyms.learn(content())
    assert pseudonyms.text("hmueller") in repr(case)


def test_the_key_is_the_operators_own() -> None:
    """It is made once, for him alone; one that others may read or that is none is refused."""
    key = redaction_key()
    assert (len(key), redaction_key()) == (32, key)
    assert redaction_key_file().stat().st_mode & 0o777 == 0o600
    redaction_key_file().chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        redaction_key()
    redaction_key_file().write_text("no key")
    redaction_key_file().chmod(0o600)
    with pytest.raises(UsageError, match="holds no key"):
        redaction_key()


def _people(machine: Machine) -> None:
    machine.files.write(r"C:\Windows\Temp\MSI1a2b3.log", "Property(S): LogonUser = hmueller\r\n".encode("utf-16-le"))
    machine.events.write(
        "Application", "MsiInstaller", 11708, level=2, data=[r"CONTOSO\hmueller", "hmueller@contoso.com"]
    )


async def test_logs_of_a_lab_host(tmp_path: Path) -> None:
    """What a real collection brings home: the copy verifies, says what it is, and names nobody."""
    with site(tmp_path / "lab", {"host": kind(branch="windows8.1")}) as lab:
        lab.on("host", _people)
        result = (await lab.run(shipped("collect-logs")))["host"]
    assert result.outcome is Outcome.OK, result.deciding
    (bundle,) = [path.parent for path in lab.folder.rglob("manifest.json")]
    assert any("hmueller".encode(code) in each for each in contents(bundle).values() for code in ("utf-8", "utf-16-le"))
    manifest = redact_logs(bundle, tmp_path / "copy.zip")
    assert manifest.redacted is not None
    assert manifest.redacted.names["account"] >= 1
    assert [each.name.rpartition(".")[2] for each in manifest.redacted.left_out] == ["evtx", "evtx"]
    (verified,) = verify_logs(tmp_path / "copy.zip")
    assert (verified.problems, verified.vouched, verified.files) == ((), False, len(manifest.files))
    assert verified.copy_of == detail_of(result.deciding, CollectDetail).manifest_sha256
    with zipped.opened(tmp_path / "copy.zip") as opened:
        for name in opened.names:
            content = b"".join(opened.content(name)).lower()
            assert b"hmueller" not in content
            assert "hmueller".encode("utf-16-le") not in content
    with pytest.raises(UsageError, match="already"):
        redact_logs(tmp_path / "copy.zip", tmp_path / "again.zip")
