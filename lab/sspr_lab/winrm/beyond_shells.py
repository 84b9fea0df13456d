"""What WS-Management of Windows has and the lab has not, read from `beyond_shells.yaml` beside this.

Configuration, listeners and WMI classes can be asked for over WS-Management: the lab has none of them and says so. A
resource that is not there Windows does not know either, and refuses. So it is with elements of a body: Windows holds
them against its schema, which ends with elements of other namespaces; that an unknown one is refused by
ERROR_WSMAN_SCHEMA_VALIDATION_ERROR was not seen on a real machine [mem].
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from xml.etree.ElementTree import Element

from orchestrator.model.validation import Entry
from sspr_lab.data_beside import data_beside
from sspr_lab.unmodelled import NoModel
from sspr_lab.winrm import faults
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.faults import WsmanFault


class _Body(Entry):
    modelled: frozenset[str]
    unmodelled: frozenset[str] = frozenset()


class _Beyond(Entry):
    source: str
    unmodelled_resources: tuple[str, ...]
    actions: frozenset[str]
    unmodelled_since_3: frozenset[str]
    bodies: Mapping[str, _Body]


def _beyond() -> _Beyond:
    return data_beside(__file__, _Beyond)


def check_resource(uri: str, action: str) -> None:
    """Accept the resource of remote shells.

    Raises:
        NoModel: Windows has the resource.
        WsmanFault: It has not, or the action is none.
    """
    wanted = uri.lower().rstrip("/")
    if wanted == ns.CMD_RESOURCE:
        return
    known = _beyond()
    if not any(fnmatchcase(wanted, pattern) for pattern in known.unmodelled_resources):
        raise WsmanFault(faults.RESOURCE_NOT_FOUND)
    if action not in known.actions:
        raise WsmanFault(faults.ACTION_NOT_SUPPORTED)
    raise NoModel(f"{action.rpartition('/')[2]} of {uri}")


def check_action(action: str, stack: str) -> None:
    """Accept what this WinRM ("2.0") may be asked to do with a shell. Raises NoModel for what the lab lacks of it."""
    if action in _beyond().unmodelled_since_3 and stack != "2.0":
        raise NoModel(f"{action.rpartition('/')[2]} of a shell")


def check_body(body: Element) -> None:
    """Accept the elements of a body.

    Raises:
        NoModel: Windows knows what one means.
        WsmanFault: It does not.
    """
    name = body.tag.rpartition("}")[2]
    known = _beyond().bodies[name]
    for element in body:
        namespace, _, inner = element.tag.rpartition("}")
        if namespace not in ("", f"{{{ns.SHELL}"):
            continue
        if namespace and inner in known.unmodelled:
            raise NoModel(f"{inner} of a {name}")
        if not namespace or inner not in known.modelled:
            raise WsmanFault(faults.SCHEMA)
