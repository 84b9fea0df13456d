"""The XML namespaces, actions and URIs of WS-Management and the remote shell (DSP0226, MS-WSMV 2.2.1)."""

from typing import Final

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ENUMERATION: Final = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
WSMAN: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
MS_WSMAN: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
IDENTITY: Final = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
FAULT: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
WMI_ERROR: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
XML: Final = "http://www.w3.org/XML/1998/namespace"

CMD_RESOURCE: Final = f"{SHELL}/cmd"
ANONYMOUS: Final = f"{ADDRESSING}/role/anonymous"

CREATE: Final = f"{TRANSFER}/Create"
DELETE: Final = f"{TRANSFER}/Delete"
GET: Final = f"{TRANSFER}/Get"
ENUMERATE: Final = f"{ENUMERATION}/Enumerate"
COMMAND: Final = f"{SHELL}/Command"
SEND: Final = f"{SHELL}/Send"
RECEIVE: Final = f"{SHELL}/Receive"
SIGNAL: Final = f"{SHELL}/Signal"

WSMAN_FAULT_ACTION: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
ADDRESSING_FAULT_ACTION: Final = f"{ADDRESSING}/fault"

SIGNAL_TERMINATE: Final = f"{SHELL}/signal/terminate"
SIGNAL_CTRL_C: Final = f"{SHELL}/signal/ctrl_c"
SIGNAL_CTRL_BREAK: Final = f"{SHELL}/signal/ctrl_break"
STATE_RUNNING: Final = f"{SHELL}/CommandState/Running"
STATE_DONE: Final = f"{SHELL}/CommandState/Done"
