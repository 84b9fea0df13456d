"""Requests read: the SOAP envelope and the WS-Addressing and WS-Management headers of one message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from sspr_lab.winrm import faults
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.beyond_shells import check_body
from sspr_lab.winrm.durations import seconds_of
from sspr_lab.winrm.faults import WsmanFault
from sspr_lab.winrm.xmlsafe import XmlError, parse

SMALLEST_ENVELOPE: Final = 8192  # octets; DSP0226 6.2

_TRUE: Final = frozenset({"true", "1"})
_UNDERSTOOD_NAMESPACES: Final = frozenset({ns.ADDRESSING, ns.WSMAN, ns.MS_WSMAN})


@dataclass(frozen=True)
class Message:
    """A request as its headers describe it. Names of selectors and options are in upper case (MS-WSMV 3.1.4.1.2)."""

    action: str
    message_id: str
    resource_uri: str
    selectors: Mapping[str, str]
    options: Mapping[str, str]
    operation_timeout: float | None  # seconds
    max_envelope_size: int | None  # octets
    body: Element

    def payload(self, name: str) -> Element:
        """The body's element of that name in the shell's namespace.

        Raises:
            NoModel: for an element in it that means something to Windows and nothing to the lab.
            WsmanFault: when it is missing, or an element in it means nothing to Windows.
        """
        element = self.body.find(f"{{{ns.SHELL}}}{name}")
        if element is None:
            raise WsmanFault(faults.INVALID_BODY)
        check_body(element)
        return element


def read_envelope(text: str) -> Element:
    """The Envelope element. Raises WsmanFault for text that is no SOAP 1.2 envelope with a body."""
    try:
        root = parse(text)
    except XmlError as error:
        raise WsmanFault(faults.INVALID_XML) from error
    if root.tag != f"{{{ns.SOAP}}}Envelope" or _body(root) is None:
        raise WsmanFault(faults.SCHEMA)
    return root


def is_identify(envelope: Element) -> bool:
    """Whether this is wsmid:Identify, which needs no headers (DSP0226 11)."""
    body = _body(envelope)
    return body is not None and body.find(f"{{{ns.IDENTITY}}}Identify") is not None


def message_id(envelope: Element) -> str:
    """The MessageID that an answer relates to, empty when there is none."""
    return _text(envelope.find(f"{{{ns.SOAP}}}Header/{{{ns.ADDRESSING}}}MessageID"))


def read_message(envelope: Element) -> Message:
    """The message of an envelope. Raises WsmanFault as the service does for headers that it does not accept."""
    header = envelope.find(f"{{{ns.SOAP}}}Header")
    body = _body(envelope)
    if header is None or body is None:
        raise WsmanFault(faults.HEADER_REQUIRED)
    _check_must_understand(header)
    _check_reply_to(header)
    if _text(header.find(f"{{{ns.WSMAN}}}ResourceURI")) == "":
        raise WsmanFault(faults.RESOURCE_NOT_FOUND)
    return Message(
        action=_required(header, f"{{{ns.ADDRESSING}}}Action"),
        message_id=_required(header, f"{{{ns.ADDRESSING}}}MessageID"),
        resource_uri=_text(header.find(f"{{{ns.WSMAN}}}ResourceURI")),
        selectors=_named(header, "SelectorSet", "Selector"),
        options=_named(header, "OptionSet", "Option"),
        operation_timeout=_timeout(header),
        max_envelope_size=_envelope_size(header),
        body=body,
    )


def _body(envelope: Element) -> Element | None:
    return envelope.find(f"{{{ns.SOAP}}}Body")


def _text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _required(header: Element, tag: str) -> str:
    element = header.find(tag)
    if element is None:
        raise WsmanFault(faults.HEADER_REQUIRED)
    if not _text(element):
        raise WsmanFault(faults.HEADER_INVALID)
    return _text(element)


def _named(header: Element, collection: str, item: str) -> dict[str, str]:
    """The values of a SelectorSet or OptionSet by name."""
    items = header.findall(f"{{{ns.WSMAN}}}{collection}/{{{ns.WSMAN}}}{item}")
    return {element.get("Name", "").upper(): (element.text or "").strip() for element in items}


def _timeout(header: Element) -> float | None:
    element = header.find(f"{{{ns.WSMAN}}}OperationTimeout")
    if element is None:
        return None
    try:
        return seconds_of(_text(element))
    except ValueError as error:
        raise WsmanFault(faults.INVALID_TIMEOUT, _text(element)) from error


def _envelope_size(header: Element) -> int | None:
    element = header.find(f"{{{ns.WSMAN}}}MaxEnvelopeSize")
    if element is None:
        return None
    if not _text(element).isascii() or not _text(element).isdigit():
        raise WsmanFault(faults.SCHEMA)
    size = int(_text(element))
    if size < SMALLEST_ENVELOPE:
        raise WsmanFault(faults.MIN_ENVELOPE)
    return size


def _check_must_understand(header: Element) -> None:
    for element in header:
        if element.get(f"{{{ns.SOAP}}}mustUnderstand", "").strip() not in _TRUE:
            continue
        if element.tag in (f"{{{ns.WSMAN}}}Locale", f"{{{ns.MS_WSMAN}}}DataLocale"):
            raise WsmanFault(faults.LOCALE_NOT_SUPPORTED)
        namespace = element.tag[1:].partition("}")[0]
        if namespace not in _UNDERSTOOD_NAMESPACES:
            raise WsmanFault(faults.MUST_UNDERSTAND)


def _check_reply_to(header: Element) -> None:
    reply_to = header.find(f"{{{ns.ADDRESSING}}}ReplyTo")
    if reply_to is None:
        raise WsmanFault(faults.HEADER_REQUIRED)
    if _text(reply_to.find(f"{{{ns.ADDRESSING}}}Address")) != ns.ANONYMOUS:
        raise WsmanFault(faults.ADDRESSING_MODE)
