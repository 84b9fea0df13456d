"""The Upgrade table: FindRelatedProducts, and which products RemoveExistingProducts removes."""

from typing import Final

from sspr_lab.installer.database import Row, number, text
from sspr_lab.installer.products import InstalledProduct, related_products, version_tuple
from sspr_lab.installer.session import Session

_ONLY_DETECT: Final = 2  # msidbUpgradeAttributes
_MIN_INCLUSIVE: Final = 256
_MAX_INCLUSIVE: Final = 512


def find_related_products(session: Session) -> None:
    """Put the codes of installed products that a row of the Upgrade table covers into the row's ActionProperty."""
    if session.installed is not None:  # the action does nothing in maintenance mode
        return
    for row in session.database.rows("Upgrade"):
        codes = [product.code for product in _related(session, row)]
        if codes:
            name = text(row, "ActionProperty")
            known = session.properties.get(name)
            session.set(name, ";".join([*([known] if known else []), *codes]))


def products_to_remove(session: Session) -> list[str]:
    """The codes of the products that this package replaces."""
    codes: list[str] = []
    for row in session.database.rows("Upgrade"):
        if not number(row, "Attributes") & _ONLY_DETECT:
            found = session.properties.get(text(row, "ActionProperty"), "")
            codes += [code for code in found.split(";") if code and code not in codes]
    return codes


def _related(session: Session, row: Row) -> list[InstalledProduct]:
    products = related_products(session.machine.registry, text(row, "UpgradeCode"))
    return [each for each in products if each.code != session.product_code and covers(row, each.version)]


def covers(row: Row, version: str) -> bool:
    """Whether a version lies within the row's VersionMin and VersionMax."""
    attributes = number(row, "Attributes")
    own = version_tuple(version)
    if low := text(row, "VersionMin"):
        lowest = version_tuple(low)
        if own < lowest or (own == lowest and not attributes & _MIN_INCLUSIVE):
            return False
    if high := text(row, "VersionMax"):
        highest = version_tuple(high)
        if own > highest or (own == highest and not attributes & _MAX_INCLUSIVE):
            return False
    return True
