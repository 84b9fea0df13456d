"""Languages of lab machines: the look-up is whole, and tools word, date, encode and ask as Windows does there."""

import ast
import re
import string
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import sspr_lab
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import DocumentError
from sspr_lab.accounts import SYSTEM, full_name
from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.eventlog_providers import PROVIDERS
from sspr_lab.fleet import Fleet
from sspr_lab.installer.codes import MESSAGES
from sspr_lab.languages import ENGLISH, LanguageTag, language
from sspr_lab.languages.pictures import shown
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.mix import load_mix
from sspr_lab.profile import Profile
from sspr_lab.streams import BytesInput, Collector, Console, OutputStream
from sspr_lab.winrm import texts

OTHERS: tuple[LanguageTag, ...] = tuple(tag for tag in get_args(LanguageTag) if tag != "en-US")
MOMENT = datetime(2026, 3, 1, 16, 5, 9)  # noqa: DTZ001  (local time of a machine)
ASKS = {"text", "say", "complain", "wrong_usage", "Refused", "Refusal", "Usage", "RefusedString", "CommandSyntaxError"}
NO_MESSAGES = {"REG /?", "WHOAMI /?", "TASKLIST /?", "TASKKILL /?", "TIMEOUT /?"}


def sources() -> list[ast.Module]:
    """The lab's code."""
    folder = Path(sspr_lab.__file__).parent
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))]


@cache
def asked() -> tuple[str, ...]:
    """Every sentence that a call in the lab's code asks the look-up for and that stands right there."""
    return tuple(_asked())


def _asked() -> Iterator[str]:
    for module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                for argument in node.args if function in ASKS else ():
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value:
                        yield argument.value


@cache
def written() -> frozenset[str]:
    """Every text that stands in the lab's code."""
    values = (node.value for module in sources() for node in ast.walk(module) if isinstance(node, ast.Constant))
    return frozenset(value for value in values if isinstance(value, str))


def listed() -> set[str]:
    """The messages that the lab keeps in tables: Win32 errors, WinRM's faults, the installer's exit codes, events."""
    errors = {WindowsError(code).message for code in range(2000)}
    events = {event.message for provider in PROVIDERS.values() for event in provider.events.values()}
    found = {*errors, *texts.ENGLISH.values(), *MESSAGES.values(), *events}
    return {message for message in found if " " in message and not message.startswith("Unknown error")}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("tag", OTHERS)
def test_every_message_is_translated_or_said_to_be_english(tag: LanguageTag) -> None:
    """What a tool asks for is in the language's file: with a translation, or among those known in English only."""
    spoken = language(tag)
    known = {*spoken.texts, *spoken.english}
    assert sorted({*asked(), *listed()} - known - NO_MESSAGES) == []


@pytest.mark.parametrize("tag", OTHERS)
def test_no_translation_is_of_a_message_that_nobody_says(tag: LanguageTag) -> None:
    """Each key is a text of the lab's code: one that was changed there would be answered in English from then on."""
    spoken = language(tag)
    assert sorted({*spoken.texts, *spoken.english} - written() - listed()) == []


@pytest.mark.parametrize("tag", OTHERS)
def test_a_translation_speaks_of_what_the_message_speaks_of(tag: LanguageTag) -> None:
    """A translated message has no place that the English one lacks, and keeps the %1 of events."""
    for english, translated in language(tag).texts.items():
        assert places(translated) <= places(english), english
        assert set(re.findall(r"%\d", translated)) == set(re.findall(r"%\d", english)), english


@pytest.mark.parametrize("tag", OTHERS)
def test_consoles_can_show_the_words(tag: LanguageTag) -> None:
    """The language's OEM code page has its letters; but for the typographic apostrophe nothing becomes "?"."""
    spoken = language(tag)
    for translated in spoken.texts.values():
        bare = translated.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("«", "<").replace("»", ">")
        assert bare.encode(f"cp{spoken.oem_code_page}", "replace").decode(f"cp{spoken.oem_code_page}") == bare


@pytest.mark.parametrize(
    ("tag", "date", "time", "short", "cmd", "number"),
    [
        ("en-US", "3/1/2026", "4:05:09 PM", "4:05 PM", "03/01/2026 04:05 PM", "1,234,567"),
        ("ko-KR", "2026-03-01", "오후 4:05:09", "오후 4:05", "2026-03-01 오후 04:05", "1,234,567"),
        ("de-DE", "01.03.2026", "16:05:09", "16:05", "01.03.2026 16:05", "1.234.567"),
        ("fr-FR", "01/03/2026", "16:05:09", "16:05", "01/03/2026 16:05", "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"),
        ("ja-JP", "2026/03/01", "16:05:09", "16:05", "2026/03/01 16:05", "1,234,567"),
    ],
)
def test_locales_write_moments_and_numbers(
    tag: LanguageTag, date: str, time: str, short: str, cmd: str, number: str
) -> None:
    """Dates, times and numbers are those of the locale that comes with the language."""
    spoken = language(tag)
    assert (spoken.date(MOMENT), spoken.time(MOMENT), spoken.short_time(MOMENT)) == (date, time, short)
    assert f"{spoken.cmd_date(MOMENT)} {spoken.cmd_time(MOMENT)}" == cmd
    assert spoken.number(1_234_567) == number


def test_pictures_keep_what_stands_in_quotes() -> None:
    """Text in quotes is no part of the picture, and two figures are two figures."""
    assert shown("yyyy'年'M'月'd'日' HH:mm", MOMENT, "", "") == "2026年3月1日 16:05"
    assert shown("dd MM yy hh tt", MOMENT, "a", "p") == "01 03 26 04 p"


async def ran(machine: Machine, line: str, stdin: bytes = b"", code_page: int | None = None) -> bytes:
    """What a command line writes on both handles, as bytes."""
    collected = Collector()
    output = OutputStream(collected, Console(code_page or machine.profile.oem_code_page))
    administrator = log_on(machine, machine.profile.spoken.names.administrator)
    process = machine.spawn(
        f"cmd.exe /c {line}",
        account=administrator,
        stdin=BytesInput(stdin, kind="nul"),
        stdout=output,
        stderr=output,
        code_page=code_page,
    )
    await process.wait()
    return bytes(collected.data)


@pytest.mark.parametrize(
    ("tag", "line", "said"),
    [
        ("de-DE", "nothing-here", 'Der Befehl "nothing-here" ist entweder falsch geschrieben'),
        ("fr-FR", "nothing-here", "'nothing-here' n'est pas reconnu en tant que commande interne"),
        ("ko-KR", "nothing-here", "'nothing-here'은(는) 내부 또는 외부 명령"),
        ("ja-JP", "nothing-here", "'nothing-here' は、内部コマンドまたは外部コマンド"),
        ("de-DE", "type C:\\none.txt", "Das System kann die angegebene Datei nicht finden."),
        ("ko-KR", "copy nul C:\\x.txt", "        1개 파일이 복사되었습니다."),
        ("fr-FR", "dir C:\\Windows", "<REP>"),
        (
            "ja-JP",
            "reg query HKLM\\SOFTWARE\\None",
            "エラー: 指定されたレジストリ キーまたは値が見つかりませんでした。",
        ),
        ("fr-FR", "reg query HKLM\\SYSTEM\\Setup /f OOBE", "Fin de la recherche : 1 correspondance(s) trouvée(s)."),
        ("de-DE", "reg query HKLM\\SYSTEM\\ControlSet001\\Control\\Nls\\Locale", "(Standard)    REG_SZ    00000407"),
        ("ko-KR", "schtasks /run /tn none", "오류: 지정된 파일을 찾을 수 없습니다."),
        ("de-DE", "shutdown /a", "da das System zurzeit nicht heruntergefahren wird.(1116)"),
        ("fr-FR", "net start Spooler", "Le service demandé a déjà été démarré."),
        ("ja-JP", 'tasklist /fi "imagename eq none.exe"', "情報: 指定された条件に一致するタスクは実行されていません。"),
        ("ko-KR", "chcp", "활성 코드 페이지: 949"),
        ("de-DE", "sc config WinRM start= auto", "[SC] ChangeServiceConfig ERFOLG"),
        ("fr-FR", "wevtutil qe None", "Impossible d'ouvrir une requête d'événement."),
    ],
)
async def test_tools_say_it_in_the_machines_code_page(clock: Clock, tag: LanguageTag, line: str, said: str) -> None:
    """A console of the language's OEM code page gets the words in it; in 65001 the same words are UTF-8."""
    machine = Machine(Profile().in_language(tag), clock)
    assert said in (await ran(machine, line)).decode(f"cp{machine.profile.oem_code_page}").replace("\r\n", "\n")
    if line != "chcp":
        assert said in (await ran(machine, line, code_page=65001)).decode().replace("\r\n", "\n")


async def test_letters_that_a_code_page_lacks_become_question_marks(clock: Clock) -> None:
    """Korean letters on a console of code page 437 are "?", as WideCharToMultiByte leaves them."""
    machine = Machine(Profile().in_language("ko-KR"), clock)
    listed = await ran(machine, r"reg query HKLM\SYSTEM\ControlSet001\Control\Nls\Locale /ve", code_page=437)
    assert b"    (???)    REG_SZ    00000412\r\n" in listed


@pytest.mark.parametrize(
    ("tag", "answer", "deleted"),
    [("de-DE", b"j\r\n", True), ("de-DE", b"y\r\nn\r\n", False), ("fr-FR", b"o\r\n", True), ("ko-KR", b"y\r\n", True)],
)
async def test_questions_want_the_languages_letter(
    clock: Clock, tag: LanguageTag, answer: bytes, deleted: bool
) -> None:
    """A German tool takes j and no y; what it does not understand it asks again."""
    machine = Machine(Profile().in_language(tag), clock)
    key = r"HKLM\SOFTWARE\Sample"
    machine.registry.create(key)
    await ran(machine, f"reg delete {key}", stdin=answer)
    assert machine.registry.exists(key) != deleted


@pytest.mark.parametrize(
    ("tag", "date", "accepted"),
    [
        ("en-US", "12/31/2098", True),
        ("de-DE", "31/12/2098", True),
        ("fr-FR", "12/31/2098", False),
        ("ko-KR", "2098/12/31", True),
        ("ja-JP", "2098-12-31", False),
    ],
)
async def test_a_start_date_is_read_as_the_locale_writes_it(
    clock: Clock, tag: LanguageTag, date: str, accepted: bool
) -> None:
    """schtasks /sd takes the one order of the locale, and shows the task's next run as the locale writes it."""
    machine = Machine(Profile().in_language(tag), clock)
    await ran(machine, f"schtasks /create /tn Sample /tr cmd.exe /sc once /st 16:05 /sd {date} /ru SYSTEM /f")
    listed = (await ran(machine, "schtasks /query /tn Sample /fo csv /nh")).decode(f"cp{machine.profile.oem_code_page}")
    expected = f'"\\Sample","{machine.profile.spoken.date(datetime(2098, 12, 31))} '  # noqa: DTZ001
    assert listed.startswith(expected) == accepted


@pytest.mark.parametrize("tag", OTHERS)
async def test_a_task_has_its_fields_in_the_language(clock: Clock, tag: LanguageTag) -> None:
    """schtasks /v names all fields in the language; no English name is left among them."""
    machine = Machine(Profile().in_language(tag), clock)
    await ran(machine, "schtasks /create /tn Sample /tr cmd.exe /sc once /st 23:59 /ru SYSTEM /f")
    listed = (await ran(machine, "schtasks /query /tn Sample /fo list /v")).decode(f"cp{machine.profile.oem_code_page}")
    spoken = machine.profile.spoken
    assert f"{spoken.text('Run As User')}:" in listed
    assert spoken.text("Ready") in listed
    assert "Next Run Time" not in listed


def test_the_systems_accounts_have_the_languages_names() -> None:
    """SYSTEM, the built-in administrator and the groups are called what each language calls them."""
    names = {tag: full_name(Profile().in_language(tag), SYSTEM) for tag in get_args(LanguageTag)}
    assert names == {
        "en-US": "NT AUTHORITY\\SYSTEM",
        "ko-KR": "NT AUTHORITY\\SYSTEM",
        "de-DE": "NT-AUTORITÄT\\SYSTEM",
        "fr-FR": "AUTORITE NT\\Système",
        "ja-JP": "NT AUTHORITY\\SYSTEM",
    }
    assert language("de-DE").names.administrators == "Administratoren"
    assert language("fr-FR").names.administrator == "Administrateur"


async def test_the_built_in_administrator_is_known_by_its_sid(clock: Clock) -> None:
    """On a French machine Administrateur has the RID 500 and a full token; nobody is called Administrator."""
    machine = Machine(Profile().in_language("fr-FR"), clock)
    account = log_on(machine, "Administrateur")
    assert account.elevated
    assert account.sid.endswith("-500")
    assert b"S-1-5-32-544" in await ran(machine, "whoami /groups")
    assert "BUILTIN\\Administrateurs".encode("cp850") in await ran(machine, "whoami /groups")


async def test_users_have_folders_in_their_letters(clock: Clock) -> None:
    r"""A profile folder such as C:\Users\김철수 can be gone to, listed and written to by its name."""
    machine = Machine(Profile().in_language("ko-KR"), clock)
    assert "김철수".encode("cp949") in await ran(machine, "dir /b C:\\Users")
    line = 'echo 안녕>"C:\\Users\\김철수\\메모.txt"&type "C:\\Users\\김철수\\메모.txt"'
    assert await ran(machine, line) == "안녕\r\n".encode("cp949")
    assert machine.files.read("C:\\Users\\김철수\\메모.txt") == "안녕\r\n".encode("cp949")


async def test_cmd_writes_date_and_time_as_the_locale_does(clock: Clock) -> None:
    """%DATE% has a day of the week in English alone, and %TIME% the locale's decimal sign."""
    for tag, pattern in (
        ("en-US", r"[A-Z][a-z]{2} \d\d/\d\d/\d{4} [ \d]\d:\d\d:\d\d\.\d\d"),
        ("de-DE", r"\d\d\.\d\d\.\d{4} [ \d]\d:\d\d:\d\d,\d\d"),
        ("ko-KR", r"\d{4}-\d\d-\d\d [ \d]\d:\d\d:\d\d\.\d\d"),
    ):
        machine = Machine(Profile().in_language(tag), clock)  # type: ignore[arg-type]
        assert re.fullmatch(pattern, (await ran(machine, "echo %DATE% %TIME%")).decode().strip())


def test_the_registry_names_language_and_code_pages(clock: Clock) -> None:
    """What programs read of the language is there: code pages, the installed language, the user's date format."""
    registry = Machine(Profile().in_language("ja-JP"), clock).registry
    nls = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls"
    for key, name, data in (
        (rf"{nls}\CodePage", "OEMCP", "932"),
        (rf"{nls}\CodePage", "ACP", "932"),
        (rf"{nls}\Language", "InstallLanguage", "0411"),
        (r"HKU\.DEFAULT\Control Panel\International", "sShortDate", "yyyy/MM/dd"),
    ):
        value = registry.get(key, name)
        assert value is not None
        assert value.data == data


def test_english_needs_no_look_up() -> None:
    """The English text is the message, with its places filled in."""
    assert ENGLISH.text("{count:9} file(s) copied.\n", count=3) == "        3 file(s) copied.\n"
    assert ENGLISH.text("100% of {this}") == "100% of {this}"
    with pytest.raises(KeyError):
        language("eo")


def test_a_mix_names_languages_and_machines(tmp_path: Path) -> None:
    """A machine of a mix speaks what the mix says and may have a name in its letters; its administrator is found."""
    mix = tmp_path / "mix.yaml"
    machines = "[{count: 1, language: fr-FR, name: HÉLÈNE-PC}, {count: 2, language: ko-KR}]"
    mix.write_text(f"machines: {machines}\n", encoding="utf-8")
    fleet = Fleet(3, mix=load_mix(mix))
    profiles = {name: host.machine.profile for name, host in fleet.hosts.items()}
    french = profiles.pop("HÉLÈNE-PC")
    assert (french.language, french.computer_name) == ("fr-FR", "HÉLÈNE-PC")
    assert {profile.language for profile in profiles.values()} == {"ko-KR"}
    fleet.write_inventory(tmp_path / "lab.yaml")
    inventory = load_inventory(tmp_path / "lab.yaml")
    assert {host.name: host.credential.username for host in inventory.hosts} == {
        **dict.fromkeys(profiles, "Administrator"),
        "HÉLÈNE-PC": "Administrateur",
    }


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{count: 2, name: PC-1}", "only one machine can have it"),
        ("{count: 1, name: 'PC 1'}", "name"),
        ("{count: 1, name: ABCDEFGHIJKLMNOP}", "name"),
        ("{count: 1, language: eo}", "language"),
    ],
)
def test_a_mix_with_what_cannot_be_is_refused(tmp_path: Path, entry: str, complaint: str) -> None:
    """A name for two, one that NetBIOS does not have, and a language that the lab does not speak are told."""
    mix = tmp_path / "mix.yaml"
    mix.write_text(f"machines: [{entry}]\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=complaint):
        load_mix(mix)
