"""The Directory table: where each directory of a package lies on the machine."""

from collections.abc import Mapping

from sspr_lab.installer.database import MsiDatabase, Row, long_name, text


def resolve_directories(database: MsiDatabase, properties: Mapping[str, str]) -> dict[str, str]:
    r"""The path of every directory, each ending in "\".

    A property of the directory's name decides (the system folders, or what the command line says); otherwise it is a
    folder of its parent. The root is TARGETDIR, which is ROOTDRIVE unless it is set.

    Source: "Directory Table" of the Windows Installer documentation.
    """
    rows = {text(row, "Directory"): row for row in database.rows("Directory")}
    paths: dict[str, str] = {}
    for name in rows:
        _resolve(name, rows, properties, paths)
    return paths


def _resolve(name: str, rows: Mapping[str, Row], properties: Mapping[str, str], paths: dict[str, str]) -> str:
    if name in paths:
        return paths[name]
    given = properties.get(name)
    row = rows.get(name)
    parent = text(row, "Directory_Parent") if row else ""
    if given:
        path = given
    elif row is None or not parent or parent == name:
        path = properties.get("TARGETDIR") or properties["ROOTDRIVE"]
    else:
        folder = long_name(text(row, "DefaultDir").partition(":")[0])
        above = _resolve(parent, rows, properties, paths)
        path = above if folder == "." else f"{above}{folder}"
    paths[name] = path if path.endswith("\\") else f"{path}\\"
    return paths[name]
