"""Pages that are one file and need nothing else, made to be sent: their common look, and a policy that loads nothing.

What a host said is escaped by the templates, and the content security policy runs no script but our own.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.console.words import counted, duration, machines


@cache
def environment(package: str) -> Environment:
    """The templates of a package."""
    made = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"duration": duration, "machines": machines, "counted": counted}
    return made


def style_of(package: str, name: str) -> Markup:
    """The common style with what a package adds to it."""
    return Markup(resource("orchestrator.console", "page.css") + resource(package, name))  # noqa: S704 - our own files


def resource(package: str, name: str) -> Markup:
    """A file of ours, to be put into a page as it is."""
    return Markup(resources.files(package).joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def policy(style: str, script: str | None = None) -> str:
    """The content security policy of a page that has this style and script in it, and nothing else."""
    scripts = f"script-src '{_hash(script)}'; " if script is not None else ""
    return f"default-src 'none'; style-src '{_hash(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _hash(inline: str) -> str:
    """An inline element's source expression for the content security policy: the hash of its exact text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"
