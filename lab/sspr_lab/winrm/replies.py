"""Answers written: response and fault envelopes as WinRM words them."""

import uuid
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from sspr_lab.profile import Profile
from sspr_lab.unmodelled import NO_MODEL, NoModel
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.faults import WsmanFault
from sspr_lab.winrm.texts import text

_OPENING: Final = (
    f'<s:Envelope xml:lang="{{language}}" xmlns:s="{ns.SOAP}" xmlns:a="{ns.ADDRESSING}" xmlns:x="{ns.TRANSFER}" '
    f'xmlns:n="{ns.ENUMERATION}" xmlns:w="{ns.WSMAN}" xmlns:rsp="{ns.SHELL}" xmlns:p="{ns.MS_WSMAN}">'
)
_WMI_FACETS: Final = (
    'xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" '
    f'xmlns:p="{ns.WMI_ERROR}" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="p:MSFT_WmiError_Type"'
)


def response(profile: Profile, action: str, relates_to: str, body: str) -> str:
    """The envelope that answers an action; `body` is XML already."""
    return _envelope(profile.language, f"{action}Response", relates_to, body)


def fault(profile: Profile, error: WsmanFault | NoModel, relates_to: str) -> str:
    """The envelope of a fault: Windows' own, or the lab's."""
    if isinstance(error, NoModel):
        return _no_model(profile, error, relates_to)
    return _windows_fault(profile, error, relates_to)


def _no_model(profile: Profile, lack: NoModel, relates_to: str) -> str:
    """A fault that no Windows gives: what the service would have done the lab does not know."""
    detail = _wsman_fault(profile, NO_MODEL, str(lack))
    body = (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:UnsupportedFeature</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(str(lack))}</s:Text></s:Reason>'
        f"<s:Detail>{detail}</s:Detail></s:Fault>"
    )
    return _envelope(profile.language, ns.WSMAN_FAULT_ACTION, relates_to, body)


def _windows_fault(profile: Profile, error: WsmanFault, relates_to: str) -> str:
    """Windows' own, in the language of the machine."""
    kind = error.kind
    message, language = text(kind.text, profile.language, *error.arguments)
    reason, _ = text(kind.reason, profile.language) if kind.reason else (message, language)
    subcode = f"<s:Subcode><s:Value>{kind.subcode}</s:Value></s:Subcode>" if kind.subcode else ""
    body = (
        f"<s:Fault><s:Code><s:Value>s:{kind.side}</s:Value>{subcode}</s:Code>"
        f"<s:Reason><s:Text xml:lang={quoteattr(language)}>{escape(reason)}</s:Text></s:Reason>"
        f"{_detail(profile, error, message)}</s:Fault>"
    )
    action = ns.ADDRESSING_FAULT_ACTION if kind.is_addressing or not kind.subcode else ns.WSMAN_FAULT_ACTION
    return _envelope(profile.language, action, relates_to, body)


def identify(profile: Profile, *, authenticated: bool) -> str:
    """The answer to wsmid:Identify; a stranger does not learn the version of the system (DSP0226 11.3)."""
    version = f"{profile.version}.{profile.build} SP: {profile.service_pack}.0" if authenticated else "0.0.0 SP: 0.0"
    return (
        f'<s:Envelope xml:lang={quoteattr(profile.language)} xmlns:s="{ns.SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{ns.IDENTITY}">'
        f"<wsmid:ProtocolVersion>{ns.WSMAN}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>OS: {version} Stack: {profile.quotas.stack}</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    )


def resource_created(to: str, shell_id: str, shell: str) -> str:
    """The body that answers Create: the shell's endpoint reference and the shell itself."""
    return (
        f"<x:ResourceCreated><a:Address>{escape(to)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{ns.CMD_RESOURCE}</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated>{shell}"
    )


def elements(pairs: Sequence[tuple[str, str]]) -> str:
    """Simple elements of the shell's namespace, one after the other."""
    return "".join(f"<rsp:{name}>{escape(value)}</rsp:{name}>" for name, value in pairs)


def _envelope(language: str, action: str, relates_to: str, body: str) -> str:
    relation = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f"{_OPENING.format(language=language)}<s:Header><a:Action>{escape(action)}</a:Action>"
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{ns.ANONYMOUS}</a:To>{relation}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


def _detail(profile: Profile, error: WsmanFault, message: str) -> str:
    kind = error.kind
    if not kind.code:
        return ""
    if error.wmi_shape:
        return f"<s:Detail>{_wmi_error(kind.code, message)}</s:Detail>"
    uri = f"<w:FaultDetail>{kind.detail_uri}</w:FaultDetail>" if kind.detail_uri else ""
    return f"<s:Detail>{uri}{_wsman_fault(profile, kind.code, message)}</s:Detail>"


def _wsman_fault(profile: Profile, code: int, message: str) -> str:
    return (
        f'<f:WSManFault xmlns:f="{ns.FAULT}" Code="{code}" Machine={quoteattr(profile.computer_name)}>'
        f"<f:Message>{escape(message)}</f:Message></f:WSManFault>"
    )


def _wmi_error(code: int, message: str) -> str:
    return (
        f'<p:MSFT_WmiError b:IsCIM_Error="true" {_WMI_FACETS}>'
        '<p:CIMStatusCode xsi:type="cim:cimUnsignedInt">27</p:CIMStatusCode>'
        f'<p:Message xsi:type="cim:cimString">{escape(message)}</p:Message>'
        f'<p:MessageID xsi:type="cim:cimString">HRESULT {code:#010x}</p:MessageID>'
        '<p:error_Category xsi:type="cim:cimUnsignedInt">30</p:error_Category>'
        f'<p:error_Code xsi:type="cim:cimUnsignedInt">{code}</p:error_Code>'
        '<p:error_Type xsi:type="cim:cimString">HRESULT</p:error_Type>'
        f'<p:error_WindowsErrorMessage xsi:type="cim:cimString">{escape(message)}</p:error_WindowsErrorMessage>'
        "</p:MSFT_WmiError>"
    )
