"""The standard actions on files and folders: InstallFiles, RemoveFiles, CreateFolders, RemoveFolders."""

from typing import Final

from sspr_lab.errors import ACCESS_DENIED, WindowsError
from sspr_lab.installer.conditions import State
from sspr_lab.installer.database import CorruptCabinetError, Row, long_name, number, text
from sspr_lab.installer.package_cache import CANNOT_WRITE
from sspr_lab.installer.session import InstallFailure, Session
from sspr_lab.installer.transaction import Transaction

_CORRUPT: Final = (
    "Error 1335. The cabinet file '{name}' required for this installation is corrupt and cannot be used. This could "
    "indicate a network error, an error reading from the CD-ROM, or a problem with this package."
)
_NOT_FOUND: Final = (
    "Error 1311. Source file not found: {path}.  Verify that the file exists and that you can access it."
)
_IN_USE: Final = "Error 1306. Another application has exclusive access to the file '{path}'."

_ON_INSTALL: Final = 1  # RemoveFile.InstallMode
_ON_REMOVE: Final = 2


def install_files(session: Session) -> None:
    """Copy the files of the components that are installed out of their cabinets."""
    costing = session.costed
    installed = {component.name for component in costing.acting(State.LOCAL)}
    rows = [row for row in session.database.rows("File") if text(row, "Component_") in installed]
    if not rows:
        return
    session.add(
        "ActionStart(Name=InstallFiles,Description=Copying new files,Template=File: [1],  Directory: [9],  Size: [6])"
    )
    session.add(f"ProgressTotal(Total={sum(number(row, 'FileSize') for row in rows)},Type=0,ByteEquivalent=1)")
    opened = ""
    for row in sorted(rows, key=lambda row: number(row, "Sequence")):
        cabinet = _cabinet_of(session, row)
        if cabinet != opened:
            opened = cabinet
            session.add(
                f"ChangeMedia(,MediaPrompt=Please insert the disk: ,MediaCabinet={cabinet.lstrip('#')},"
                f"BytesPerTick=65536,CopierType=2,ModuleFileName={session.local_package},,,,,IsFirstPhysicalMedia=1)"
            )
        target = costing.file_path(row)
        session.add(f"SetTargetFolder(Folder={target.rpartition(chr(92))[0]}\\)")
        session.add(
            f"FileCopy(SourceName={text(row, 'FileName')},SourceCabKey={text(row, 'File')},"
            f"DestName={long_name(text(row, 'FileName'))},Attributes={number(row, 'Attributes')},"
            f"FileSize={number(row, 'FileSize')},PerTick=65536,,VerifyMedia=1,,,,,CheckCRC=0,,,InstallMode=58982400,)",
            lambda transaction, row=row, cabinet=cabinet: _copy(session, transaction, row, cabinet),  # type: ignore[misc]
        )


def remove_files(session: Session) -> None:
    """Delete the files of the components that are removed, and what the RemoveFile table lists."""
    costing = session.costed
    removed = {component.name for component in costing.acting(State.ABSENT)}
    paths = [costing.file_path(row) for row in session.database.rows("File") if text(row, "Component_") in removed]
    for row in session.database.rows("RemoveFile"):
        mode = _ON_REMOVE if text(row, "Component_") in removed else 0
        if any(each.name == text(row, "Component_") for each in costing.acting(State.LOCAL)):
            mode = _ON_INSTALL
        if number(row, "InstallMode") & mode and text(row, "FileName"):
            folder = session.format(f"[{text(row, 'DirProperty')}]")
            paths.append(f"{folder}{long_name(text(row, 'FileName'))}")
    if not paths:
        return
    session.add("ActionStart(Name=RemoveFiles,Description=Removing files,Template=File: [1], Directory: [9])")
    session.add(f"ProgressTotal(Total={len(paths)},Type=1,ByteEquivalent=175000)")
    for path in paths:
        session.add(
            f"FileRemove(,FileName={path},,ComponentId=)",
            lambda transaction, path=path: _remove(session, transaction, path),  # type: ignore[misc]
        )


def create_folders(session: Session) -> None:
    """Make the folders of the CreateFolder table."""
    _folders(session, State.LOCAL, "CreateFolders", "Creating folders", "FolderCreate")


def remove_folders(session: Session) -> None:
    """Remove those of them that are empty."""
    _folders(session, State.ABSENT, "RemoveFolders", "Removing folders", "FolderRemove")


def _folders(session: Session, state: State, action: str, description: str, operation: str) -> None:
    costing = session.costed
    names = {component.name for component in costing.acting(state)}
    rows = [row for row in session.database.rows("CreateFolder") if text(row, "Component_") in names]
    if not rows:
        return
    session.add(f"ActionStart(Name={action},Description={description},Template=Folder: [1])")
    for row in rows:
        path = costing.directories[text(row, "Directory_")].rstrip("\\")

        def run(transaction: Transaction, path: str = path) -> None:
            if state == State.LOCAL:
                transaction.make_directory(path)
            else:
                transaction.remove_directory(path)

        session.add(f"{operation}(Folder={path}\\,Foreign=0,,)", run)


def _cabinet_of(session: Session, row: Row) -> str:
    """The Media entry whose files reach to the row's sequence number."""
    media = sorted(session.database.rows("Media"), key=lambda each: number(each, "LastSequence"))
    found = next((each for each in media if number(each, "LastSequence") >= number(row, "Sequence")), None)
    return "" if found is None else text(found, "Cabinet")


def _copy(session: Session, transaction: Transaction, row: Row, cabinet: str) -> None:
    target = session.costed.file_path(row)
    try:
        data = _content(session, row, cabinet)
        transaction.make_directory(target.rpartition("\\")[0])
        transaction.write_file(target, data)
    except CorruptCabinetError as error:
        raise InstallFailure(session.say(_CORRUPT, name=error.name), 1335, error.name) from error
    except WindowsError as error:
        message = session.say(CANNOT_WRITE, path=target, code=error.code)
        raise InstallFailure(message, 1304, target, error.code) from error


def _content(session: Session, row: Row, cabinet: str) -> bytes:
    if not cabinet.startswith("#"):
        source = f"{session.source_folder}{cabinet or long_name(text(row, 'FileName'))}"
        raise InstallFailure(session.say(_NOT_FOUND, path=source), 1311, source)
    files = session.database.cabinet(cabinet[1:])
    if text(row, "File") not in files:
        raise CorruptCabinetError(cabinet[1:])
    return files[text(row, "File")]


def _remove(session: Session, transaction: Transaction, path: str) -> None:
    try:
        transaction.delete_file(path)
    except WindowsError as error:
        if error.code != ACCESS_DENIED:
            raise
        raise InstallFailure(session.say(_IN_USE, path=path), 1306) from error
    transaction.remove_directory(path.rpartition("\\")[0])
