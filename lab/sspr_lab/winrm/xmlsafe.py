"""XML that comes from the wire: parsed without DTDs, entities or anything else that reaches beyond the text."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat


class XmlError(ValueError):
    """The text is not well-formed, or carries a DTD."""


def parse(text: str) -> Element:
    """The root element; tags and attribute names are in Clark's notation, {namespace}name.

    Raises:
        XmlError: malformed text, or a document type declaration (SOAP forbids it, and it is how entities expand).
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: builder.start(
        _clark(tag), {_clark(name): value for name, value in attributes.items()}
    )
    parser.EndElementHandler = lambda tag: builder.end(_clark(tag))
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise XmlError(str(error)) from error
    return builder.close()


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def _refuse_doctype(*_: object) -> None:
    raise XmlError("a document type declaration")
