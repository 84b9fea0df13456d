"""The faults that WinRM answers with: codes and SOAP subcodes (wsmerror.h, DSP0226 annex), and their two shapes.

A fault's detail is an f:WSManFault with its code, or, for quotas that the WMI layer guards on Windows 7, a
p:MSFT_WmiError with the code in error_Code and no WSManFault at all.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sspr_lab.winrm.texts import TextId

Side = Literal["Sender", "Receiver", "MustUnderstand"]


@dataclass(frozen=True)
class FaultKind:
    """A row of the fault table. `reason` is the text of s:Reason where that is not the detail's own."""

    code: int
    side: Side
    subcode: str
    text: TextId
    reason: TextId | None = None
    detail_uri: str = ""

    @property
    def is_addressing(self) -> bool:
        """Whether the subcode is one of WS-Addressing, whose faults have an action of their own."""
        return self.subcode.startswith("a:")


class WsmanFault(Exception):
    """A request ends with this fault. `wmi_shape` chooses the MSFT_WmiError detail."""

    def __init__(self, kind: FaultKind, *arguments: object, wmi_shape: bool = False) -> None:
        super().__init__(kind.code, *arguments)
        self.kind = kind
        self.arguments = arguments
        self.wmi_shape = wmi_shape


_DETAIL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"

ABORTED: Final = FaultKind(995, "Receiver", "w:InternalError", "aborted")
ACCESS_DENIED: Final = FaultKind(5, "Sender", "w:AccessDenied", "access_denied")
ACTION_NOT_SUPPORTED: Final = FaultKind(0x80338001, "Sender", "a:ActionNotSupported", "action_not_supported")
ADDRESSING_MODE: Final = FaultKind(
    0x80338042, "Sender", "w:UnsupportedFeature", "addressing_mode", detail_uri=f"{_DETAIL}/AddressingMode"
)
COMMAND_NOT_FOUND: Final = FaultKind(
    0x8033805B, "Sender", "w:InvalidSelectors", "command_not_found", reason="invalid_selectors"
)
FILE_NOT_FOUND: Final = FaultKind(2, "Receiver", "w:InternalError", "file_not_found")
HEADER_INVALID: Final = FaultKind(0x8033800F, "Sender", "a:InvalidMessageInformationHeader", "header_invalid")
HEADER_REQUIRED: Final = FaultKind(0x80338011, "Sender", "a:MessageInformationHeaderRequired", "header_required")
INVALID_BODY: Final = FaultKind(0x80338027, "Sender", "w:SchemaValidationError", "invalid_body")
INVALID_DIRECTORY: Final = FaultKind(267, "Receiver", "w:InternalError", "invalid_directory")
INVALID_OPTION: Final = FaultKind(0x80338053, "Sender", "w:InvalidOptions", "invalid_option")
INVALID_PARAMETER: Final = FaultKind(0x8033803A, "Sender", "w:InvalidParameter", "invalid_parameter")
INVALID_TIMEOUT: Final = FaultKind(0x8033800F, "Sender", "a:InvalidMessageInformationHeader", "invalid_timeout")
INVALID_XML: Final = FaultKind(0x80338043, "Sender", "w:SchemaValidationError", "invalid_xml")
LOCALE_NOT_SUPPORTED: Final = FaultKind(
    0x80338087, "Sender", "w:UnsupportedFeature", "locale_not_supported", detail_uri=f"{_DETAIL}/Locale"
)
MAX_OPERATIONS: Final = FaultKind(0x803381A6, "Receiver", "w:InternalError", "max_operations")
MAX_PROCESSES: Final = FaultKind(1816, "Receiver", "w:InternalError", "max_processes")
MAX_SHELLS: Final = FaultKind(0x803381A5, "Sender", "w:QuotaLimit", "max_shells")
MAX_USERS: Final = FaultKind(0x803381AB, "Sender", "w:QuotaLimit", "max_users")
MIN_ENVELOPE: Final = FaultKind(
    0x8033807E, "Sender", "w:EncodingLimit", "min_envelope", detail_uri=f"{_DETAIL}/MinimumEnvelopeLimit"
)
MUST_UNDERSTAND: Final = FaultKind(0, "MustUnderstand", "", "must_understand")
RESOURCE_NOT_FOUND: Final = FaultKind(0x80338000, "Sender", "a:DestinationUnreachable", "resource_not_found")
SCHEMA: Final = FaultKind(0x80338041, "Sender", "w:SchemaValidationError", "schema")
SHELL_NOT_FOUND: Final = FaultKind(
    0x8033805B, "Sender", "w:InvalidSelectors", "shell_not_found", reason="invalid_selectors"
)
SHELL_SELECTOR_MISSING: Final = FaultKind(0x8033805A, "Sender", "w:InvalidSelectors", "shell_selector_missing")
TIMED_OUT: Final = FaultKind(0x80338029, "Receiver", "w:TimedOut", "timed_out")
