"""What lab hosts refuse, and how: fault codes, subcodes and shapes, and texts that nothing depends on."""

from dataclasses import replace

import pytest

from lab.tests.winrm_hosts import blocking, envelope, exchange, fault_codes, winrm_host
from sspr_lab.languages import LanguageTag
from sspr_lab.profile import Profile
from sspr_lab.unmodelled import NO_MODEL
from sspr_lab.winrm import namespaces as ns

SHELL_BODY = "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"
NOBODY = "00000000-0000-0000-0000-000000000000"
RECEIVE = f'<rsp:Receive><rsp:DesiredStream CommandId="{NOBODY}">stdout stderr</rsp:DesiredStream></rsp:Receive>'
COMMAND = "<rsp:CommandLine><rsp:Command>ver</rsp:Command></rsp:CommandLine>"
CREATE = envelope(ns.CREATE, SHELL_BODY)
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
WMI = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2"
OPTION = '<w:OptionSet><w:Option Name="WINRS_CODEPAGE">{0}</w:Option></w:OptionSet>'

# Sources: wsmerror.h and DSP0226 annex B for code and subcode, MS-WSMV 3.1.4.1 and its product notes for when.
REFUSED = {
    "not XML": ("<s:Envelope", 2150858819, "w:SchemaValidationError"),
    "a DTD": ('<!DOCTYPE x [<!ENTITY a "b">]>' + CREATE, 2150858819, "w:SchemaValidationError"),
    "not SOAP": ("<Envelope/>", 2150858817, "w:SchemaValidationError"),
    "no header": (
        f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body/></s:Envelope>',
        2150858769,
        "a:MessageInformationHeaderRequired",
    ),
    "no message id": (
        CREATE.replace("a:MessageID", "a:Other"),
        2150858769,
        "a:MessageInformationHeaderRequired",
    ),
    "a reply elsewhere": (
        envelope(ns.CREATE, SHELL_BODY, reply_to="http://elsewhere"),
        2150858818,
        "w:UnsupportedFeature",
    ),
    "an unknown resource": (
        envelope(ns.CREATE, SHELL_BODY, resource="http://example.org/none"),
        2150858752,
        "a:DestinationUnreachable",
    ),
    "Get of a shell": (envelope(ns.GET, shell=NOBODY), 2150858753, "a:ActionNotSupported"),
    "Enumerate of shells": (envelope(ns.ENUMERATE), 2150858753, "a:ActionNotSupported"),
    "an envelope too small": (
        envelope(ns.CREATE, SHELL_BODY, headers="<w:MaxEnvelopeSize>8191</w:MaxEnvelopeSize>"),
        2150858878,
        "w:EncodingLimit",
    ),
    "a timeout that is none": (
        envelope(ns.CREATE, SHELL_BODY, headers="<w:OperationTimeout>soon</w:OperationTimeout>"),
        2150858767,
        "a:InvalidMessageInformationHeader",
    ),
    "a locale that must be understood": (
        envelope(ns.CREATE, SHELL_BODY, headers='<w:Locale xml:lang="fr-FR" s:mustUnderstand="true"/>'),
        2150858887,
        "w:UnsupportedFeature",
    ),
    "no body": (envelope(ns.CREATE), 2150858791, "w:SchemaValidationError"),
    "a code page that is none": (
        envelope(ns.CREATE, SHELL_BODY, headers=OPTION.format("99999")),
        2150858835,
        "w:InvalidOptions",
    ),
    "an idle timeout that is none": (
        envelope(ns.CREATE, SHELL_BODY.replace("</rsp:Shell>", "<rsp:IdleTimeOut>9</rsp:IdleTimeOut></rsp:Shell>")),
        2150858817,
        "w:SchemaValidationError",
    ),
    "an element that no shell has": (
        envelope(ns.CREATE, SHELL_BODY.replace("</rsp:Shell>", "<rsp:IdleTimeout>PT60S</rsp:IdleTimeout></rsp:Shell>")),
        2150858817,
        "w:SchemaValidationError",
    ),
    "an element of no namespace": (
        envelope(ns.CREATE, SHELL_BODY.replace("</rsp:Shell>", "<Name>a</Name></rsp:Shell>")),
        2150858817,
        "w:SchemaValidationError",
    ),
    "Connect to a shell, by WinRM 2.0": (
        envelope(f"{ns.SHELL}/Connect", shell=NOBODY),
        2150858753,
        "a:ActionNotSupported",
    ),
    "an action that the configuration has not": (
        envelope(ns.COMMAND, COMMAND, resource=CONFIG),
        2150858753,
        "a:ActionNotSupported",
    ),
    "no shell named": (envelope(ns.COMMAND, COMMAND), 2150858842, "w:InvalidSelectors"),
    "an unknown shell": (envelope(ns.COMMAND, COMMAND, shell=NOBODY), 2150858843, "w:InvalidSelectors"),
}
# The same, on a shell that exists.
REFUSED_ON_SHELL = {
    "a command line with more than that": (
        ns.COMMAND,
        "<rsp:CommandLine><rsp:Command>ver</rsp:Command><rsp:Timeout>1</rsp:Timeout></rsp:CommandLine>",
        2150858817,
        "w:SchemaValidationError",
    ),
    "a Signal with more than a code": (
        ns.SIGNAL,
        f'<rsp:Signal CommandId="{NOBODY}"><rsp:Code>{ns.SIGNAL_CTRL_C}</rsp:Code><rsp:Now/></rsp:Signal>',
        2150858817,
        "w:SchemaValidationError",
    ),
    "a Receive with more than streams": (
        ns.RECEIVE,
        RECEIVE.replace("</rsp:Receive>", "<rsp:Most/></rsp:Receive>"),
        2150858817,
        "w:SchemaValidationError",
    ),
    "an unknown command": (ns.RECEIVE, RECEIVE, 2150858843, "w:InvalidSelectors"),
    "a Send without a stream": (ns.SEND, "<rsp:Send/>", 2150858817, "w:SchemaValidationError"),
    "an empty command line": (
        ns.COMMAND,
        "<rsp:CommandLine><rsp:Command> </rsp:Command></rsp:CommandLine>",
        2150858817,
        "w:SchemaValidationError",
    ),
    "Enumerate with a shell": (ns.ENUMERATE, "", 2150858753, "a:ActionNotSupported"),
}


@pytest.mark.parametrize(("request_text", "code", "subcode"), REFUSED.values(), ids=REFUSED.keys())
async def test_bad_requests_get_windows_faults(request_text: str, code: int, subcode: str) -> None:
    """Each kind of bad request ends in the fault that Windows gives it, and the connection goes on."""
    async with winrm_host() as host:

        def work() -> tuple[str, str]:
            with host.client() as client:
                return exchange(client, request_text), exchange(client, CREATE)

        refusal, created = await blocking(work)
        assert fault_codes(refusal) == (code, None, subcode)
        assert "ResourceCreated" in created


@pytest.mark.parametrize(("action", "body", "code", "subcode"), REFUSED_ON_SHELL.values(), ids=REFUSED_ON_SHELL.keys())
async def test_bad_operations_leave_the_shell_in_use(action: str, body: str, code: int, subcode: str) -> None:
    """What is refused on a shell does not harm it."""
    async with winrm_host() as host:

        def work() -> str:
            with host.client() as client:
                shell = client.open_shell()
                refusal = exchange(client, envelope(action, body, shell=shell))
                client.close_shell(shell)
                return refusal

        assert fault_codes(await blocking(work)) == (code, None, subcode)


LACKING = {
    "the configuration": (envelope(ns.GET, resource=CONFIG), f"Get of {CONFIG}"),
    "listeners": (envelope(ns.ENUMERATE, resource=f"{CONFIG}/Listener"), f"Enumerate of {CONFIG}/Listener"),
    "a new listener": (envelope(ns.CREATE, resource=f"{CONFIG}/Listener"), f"Create of {CONFIG}/Listener"),
    "a WMI class": (
        envelope(ns.GET, resource=f"{WMI}/Win32_OperatingSystem"),
        f"Get of {WMI}/Win32_OperatingSystem",
    ),
    "a WQL query": (envelope(ns.ENUMERATE, resource=f"{WMI}/*"), f"Enumerate of {WMI}/*"),
    "a list of shells": (envelope(ns.ENUMERATE, resource=ns.SHELL), f"Enumerate of {ns.SHELL}"),
    "PowerShell": (
        envelope(ns.CREATE, SHELL_BODY, resource="http://schemas.microsoft.com/powershell/Microsoft.PowerShell"),
        "Create of http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
    ),
    "a lifetime": (
        envelope(ns.CREATE, SHELL_BODY.replace("</rsp:Shell>", "<rsp:Lifetime>PT9S</rsp:Lifetime></rsp:Shell>")),
        "Lifetime of a Shell",
    ),
}


@pytest.mark.parametrize(("request_text", "lacking"), LACKING.values(), ids=LACKING)
async def test_what_the_lab_lacks_is_a_fault_of_its_own(request_text: str, lacking: str) -> None:
    """Windows answers these, and the lab cannot: a fault with a code that no Windows has, in the one form."""
    async with winrm_host() as host:

        def work() -> str:
            with host.client() as client:
                return exchange(client, request_text)

        refusal = await blocking(work)
        assert fault_codes(refusal) == (NO_MODEL, None, "w:UnsupportedFeature")
        assert f"The lab has no model of {lacking}." in refusal


async def test_what_newer_shells_can_do_the_lab_says_it_lacks() -> None:
    """WinRM 3.0 lets clients leave shells and come back."""
    async with winrm_host(Profile("windows8.1")) as host:

        def work() -> str:
            with host.client() as client:
                return exchange(client, envelope(f"{ns.SHELL}/Disconnect", shell=NOBODY))

        assert fault_codes(await blocking(work))[0] == NO_MODEL


async def test_another_namespace_may_add_to_a_shell() -> None:
    """The schema of a shell ends with elements of other namespaces."""
    body = SHELL_BODY.replace("</rsp:Shell>", '<x:a xmlns:x="http://example.org/x"/></rsp:Shell>')
    async with winrm_host() as host:

        def work() -> str:
            with host.client() as client:
                return exchange(client, envelope(ns.CREATE, body))

        assert "ResourceCreated" in await blocking(work)


async def test_a_header_that_must_be_understood_is_refused_without_a_code() -> None:
    """A foreign header with mustUnderstand ends in s:MustUnderstand, which has no WSManFault."""
    headers = '<x:Strange xmlns:x="http://example.org/x" s:mustUnderstand="true"/>'
    async with winrm_host() as host:

        def work() -> str:
            with host.client() as client:
                return exchange(client, envelope(ns.CREATE, SHELL_BODY, headers=headers))

        refusal = await blocking(work)
        assert "<s:Value>s:MustUnderstand</s:Value>" in refusal
        assert fault_codes(refusal) == (None, None, "")


@pytest.mark.parametrize(
    ("language", "word"), [("de-DE", "Shells"), ("ko-KR", "초과"), ("fr-FR", "dépassé"), ("ja-JP", "超えました")]
)
async def test_texts_are_translated_and_codes_are_not(language: LanguageTag, word: str) -> None:
    """A host of another language says the same in its own words, with the same code."""
    async with winrm_host(replace(Profile(), language=language)) as host:

        def work() -> str:
            with host.client() as client:
                for _ in range(5):
                    client.open_shell()
                return exchange(client, CREATE)

        refusal = await blocking(work)
        assert word in refusal
        assert fault_codes(refusal)[0] == 2150859173


async def test_identify_tells_an_authenticated_client_the_version() -> None:
    """wsmid:Identify needs no WS-Management headers, and names build, service pack and stack."""
    text = f'<s:Envelope xmlns:s="{ns.SOAP}"><s:Body><i:Identify xmlns:i="{ns.IDENTITY}"/></s:Body></s:Envelope>'
    async with winrm_host() as host:

        def work() -> str:
            with host.client() as client:
                return exchange(client, text)

        assert "OS: 6.1.7601 SP: 1.0 Stack: 2.0" in await blocking(work)
