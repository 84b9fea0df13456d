"""`sspr msi`: what an MSI file is, and who signed it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.streams import complain
from orchestrator.model.errors import PackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.package.packages import Package

COLUMNS = (
    "product_name",
    "manufacturer",
    "version",
    "architecture",
    "product_code",
    "upgrade_code",
    "bytes",
    "sha256",
)
SIGNATURE_COLUMNS = ("signature", "signature_because", "signer", "issuer", "expires", "timestamp")

app = typer.Typer(
    no_args_is_help=True,
    help="Inspect MSI files on this machine.\n\n[dim]sspr msi inspect SsprWindowsLogon.PROD.msi[/]",
)


@app.command("inspect")
def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The MSI files.")],
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all of it here as JSON; - is the standard output."),
    ] = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """Show which product a package is, for which architecture, who signed it, and its SHA-256.

    [dim]sspr msi inspect SsprWindowsLogon.PROD.msi[/]

    That a package is not Microsoft's is no error here, but `sspr run` refuses it unless you answer for it. Of several
    files, those that can be read are shown, whatever is wrong with the others.
    """
    from rich.table import Table
    from rich.text import Text

    from orchestrator.cli.outputs import Outputs
    from orchestrator.console import table_file
    from orchestrator.model.showable import printable

    outputs = Outputs(json=json, csv=csv, delimiter=delimiter)
    outputs.check(files)
    packages, problems = _read(files)
    if not packages:
        raise UsageError("\n".join(problems))
    screen = outputs.screen()
    for number, package in enumerate(packages):
        if number:
            screen.print()
        table = Table(box=None, show_header=False)
        for title, text in _lines(package):
            table.add_row(Text(title, "bold"), Text(printable(text)))
        screen.print(table)
    rows = [
        [*(getattr(package, column) for column in COLUMNS), *_signature(package).values(), str(package.path)]
        for package in packages
    ]
    written = table_file.Table((*COLUMNS, *SIGNATURE_COLUMNS, "file"), rows)
    code = outputs.write(written, document=_document(packages))
    for problem in problems:
        complain(problem)
    raise typer.Exit(max(code, ExitCode.SOME_NOT) if problems else code)


def _read(files: Sequence[Path]) -> tuple[list[Package], list[str]]:
    """The packages, and what is wrong with the files that cannot be read."""
    from orchestrator.package.msi import read_package

    packages, problems = [], []
    for file in files:
        try:
            packages.append(read_package(file))
        except PackageError as error:
            problems.append(str(error))
    return packages, problems


def _lines(package: Package) -> Iterator[tuple[str, str]]:
    signature = package.signature
    yield "File", str(package.path)
    yield "Product", package.product_name
    yield "Manufacturer", package.manufacturer
    yield "Version", package.version
    yield "Architecture", package.architecture
    yield "Product code", package.product_code
    yield "Upgrade code", package.upgrade_code or "none"
    yield "Bytes", f"{package.bytes:,}"
    yield "SHA-256", package.sha256
    yield "Provider", f"{package.registration.registers}: {package.registration.because}"
    yield "Signature", f"{signature.verdict}: {signature.because}"
    if signature.expires:
        stamped = f"{signature.timestamp:%Y-%m-%d %H:%M} UTC" if signature.timestamp else "none"
        yield "Certificate", f"{signature.signer}, by {signature.issuer}, until {signature.expires:%Y-%m-%d}"
        yield "Time-stamp", stamped


def _signature(package: Package) -> dict[str, str | None]:
    """The columns of the signature."""
    found = package.signature
    moments = [moment.isoformat() if moment else None for moment in (found.expires, found.timestamp)]
    cells = (found.verdict.value, found.because, found.signer, found.issuer, *moments)
    return dict(zip(SIGNATURE_COLUMNS, cells, strict=True))


def _document(packages: Sequence[Package]) -> bytes:
    import json

    from orchestrator.cli.outputs import PACKAGES_BEGIN
    from orchestrator.model.showable import escaped

    told = [
        {
            "file": str(package.path),
            **{column: getattr(package, column) for column in COLUMNS},
            "registers_provider": package.registration.registers.value,
            "registers_provider_because": package.registration.because,
            **_signature(package),
        }
        for package in packages
    ]
    listed = json.dumps(told, indent=2, ensure_ascii=False)
    return PACKAGES_BEGIN + f" {escaped(listed)}}}\n".encode()


@app.callback()
def _group() -> None:
    """Inspect MSI files on this machine."""
