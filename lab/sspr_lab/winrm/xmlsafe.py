"""XML that comes from the wire: parsed without DTDs, entities or anything else that reaches beyond the text."""

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser


class XmlError(ValueError):
    """The text is not well-formed, or carries a DTD."""


def parse(text: str) -> Element:
    """The root element; tags and attribute names are in Clark's notation, {namespace}name.

    Raises:
        XmlError: malformed text, or a document type declaration (SOAP forbids it, and it is how entities expand).
    """
    builder = _Builder() if "<!DOCTYPE" in text else TreeBuilder()  # the plain one is faster
    parser = XMLParser(target=builder, encoding="utf-8")  # noqa: S314 - declarations are refused below
    try:
        parser.feed(text.encode())
        root: Element = parser.close()
    except ParseError as error:
        raise XmlError(str(error)) from error
    return root


class _Builder(TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called where a declaration begins, before any entity of it."""
        del name, pubid, system
        raise XmlError("a document type declaration")
