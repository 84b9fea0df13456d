"""Reads exports of the audit log of Microsoft Entra ID: what its service of password reset says of each step.

    what                                   what it looks like                                       who has seen it
    Microsoft Graph, directoryAudits       pages `{"@odata.…", "value": […]}`, a list, JSON lines   documented
    the portal's JSON                      a list of the same objects                               reported
    the portal's CSV                       `audit_csv.py`                                           reported

Nobody has read one of a real tenant with this program. What it rests on:

- Names and types of members, times in UTC: learn.microsoft.com/graph/api/resources/directoryaudit.
- Services and activities: learn.microsoft.com/entra/identity/authentication/howto-sspr-reporting. That Graph calls the
  service SSPR in older tenants: the filter of SystemAdmins.M365Assessment (powershellgallery.com).
- That a `correlationId` stands for one attempt, whose steps have one each: Matt Zorich's query "Audit-VisualizeSSPR
  SuccessvsFailure" (kqlsearch.com), and le0li9ht/Microsoft-Sentinel-Queries.
- That `resultReason` and names of activities stay English where the portal speaks Portuguese, and `result` does not: an
  export that somebody published in 2026.

What `operationType` is for steps of a reset was found nowhere, so nothing is decided on it. Names of services and
activities are what Graph filters by (`$filter … eq`): they are compared whole, as identifiers, and never searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.harvest import audit_csv
from orchestrator.harvest.audit_record import (
    HOW_TO_EXPORT,
    LONGEST_REASON,
    MOST,
    OF_SIGNED_IN,
    SERVICES,
    Audit,
    AuditRecord,
    address,
    in_order,
    is_guid,
    moment,
    oldest_first,
    result,
    told,
    too_many,
)
from orchestrator.harvest.json_objects import NoJson, objects
from orchestrator.harvest.text import encoding_of, pieces
from orchestrator.model.errors import DocumentError

_NAMES: Final = ("userprincipalname", "displayname")


def load(path: Path) -> Audit:
    """An export, whichever it is.

    Raises:
        DocumentError: It cannot be read, is none, or holds more than `MOST` records of password reset.
    """
    try:
        with path.open("rb") as file:
            if _first_sign(file) in ("[", "{"):
                return _of_graph(path, file)
            return audit_csv.read(path, file)
    except NoJson as error:
        raise DocumentError(
            path, error.line, f"is no JSON of an audit log, or is cut off here; {HOW_TO_EXPORT}"
        ) from None
    except OSError as error:
        raise DocumentError(path, None, f"cannot be read: {error.strerror}") from error


def together(audits: Iterable[Audit]) -> Audit:
    """Several exports as one, with each record once: pages of one export, or exports whose times overlap."""
    each = tuple(audits)
    return Audit(
        in_order(record for audit in each for record in audit.records),
        sum(audit.others for audit in each),
        sum(audit.lost for audit in each),
        any(audit.continues for audit in each),
        any(audit.by_shape for audit in each),
    )


def _first_sign(file: BinaryIO) -> str:
    """The first character that is no blank; empty where there is none."""
    for part in pieces(file, encoding_of(file)):
        if begun := part.strip():
            return begun[0]
    return ""


def _of_graph(path: Path, file: BinaryIO) -> Audit:
    records: list[AuditRecord] = []
    others = lost = 0
    continues = begun = False
    for line, item in objects(file):
        members = {key.casefold(): value for key, value in item.items()}
        if "activitydatetime" not in members and any(key.startswith("@odata.") for key in members):
            begun, continues = True, continues or "@odata.nextlink" in members
        elif "activitydatetime" not in members or "loggedbyservice" not in members:
            lost += 1
        elif told(members["loggedbyservice"]).casefold() not in SERVICES or _of_another(members):
            others += 1
        elif (record := _record(members, path.name, line)) is None:
            lost += 1
        elif len(records) == MOST:
            raise too_many(path)
        else:
            records.append(record)
    if lost and not begun and not others and not records:
        raise DocumentError(path, None, f"is no export of the audit log of Microsoft Entra ID; {HOW_TO_EXPORT}")
    return Audit(in_order(oldest_first(records, lambda record: record.utc)), others, lost, continues)


def _record(members: dict[str, object], file: str, line: int) -> AuditRecord | None:
    """A step; None where its time cannot be read, or nothing ties it to others."""
    user = _user(members)
    utc = moment(told(members["activitydatetime"]))
    correlation = told(members.get("correlationid")).lower()
    if utc is None or not is_guid(correlation):
        return None
    target = next(_targets(members), {})
    return AuditRecord(
        utc=utc,
        correlation=correlation,
        user=next(filter(None, (told(one.get(key)) for one in (user, target) for key in _NAMES)), ""),
        address=address(told(user.get("ipaddress"))),
        activity=told(members.get("activitydisplayname")),
        succeeded=result(told(members.get("result"))),
        reason=told(members.get("resultreason"), LONGEST_REASON),
        id=told(members.get("id")),
        file=file,
        place=line,
    )


def _of_another(members: dict[str, object]) -> bool:
    """Whether it is no step of a reset by the user: of an administrator, say."""
    activity = told(members.get("activitydisplayname")).casefold()
    actor = told(_user(members).get("id"))
    targets = [one for one in (told(target.get("id")) for target in _targets(members)) if one]
    return activity in OF_SIGNED_IN or bool(actor and targets and actor not in targets)


def _user(members: dict[str, object]) -> dict[str, object]:
    return _folded(_folded(members.get("initiatedby")).get("user"))


def _targets(members: dict[str, object]) -> Iterator[dict[str, object]]:
    listed = members.get("targetresources")
    yield from map(_folded, listed if isinstance(listed, list) else ())


def _folded(value: object) -> dict[str, object]:
    """An object's members by their names in lower case, as PowerShell writes them in another; none where it is none."""
    return {key.casefold(): member for key, member in value.items()} if isinstance(value, dict) else {}
