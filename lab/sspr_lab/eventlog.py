"""The event log of a machine: its channels, the records in them, queries and exports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.eventlog_providers import PROVIDERS, Provider
from sspr_lab.eventlog_query import Query, parse
from sspr_lab.eventlog_record import Record
from sspr_lab.eventlog_tree import Value
from sspr_lab.evtx import write_evtx
from sspr_lab.profile import Profile

CHANNEL_NOT_FOUND: Final = 15007

CAPI2: Final = "Microsoft-Windows-CAPI2/Operational"
_CHANNELS: Final = (
    "Application",
    "HardwareEvents",
    "Internet Explorer",
    "Key Management Service",
    "Security",
    "Setup",
    "System",
    "Windows PowerShell",
    CAPI2,
    "Microsoft-Windows-TaskScheduler/Operational",
    "Microsoft-Windows-WindowsUpdateClient/Operational",
    "Microsoft-Windows-WinRM/Operational",
)
_SWITCHED_OFF: Final = frozenset({CAPI2})  # until somebody wants it (Microsoft, "Using Wevtutil to capture ... CAPI2")
_USED_IDS: Final = 2500  # what a machine's log counted before the records that are still in it


@dataclass
class Channel:
    """A log of the machine; record ids go on counting when it is cleared. Windows writes to it while it is enabled."""

    name: str
    records: list[Record] = field(default_factory=list)
    last_id: int = 0
    enabled: bool = True

    @property
    def file(self) -> str:
        """The file that holds it."""
        return rf"%SystemRoot%\System32\Winevt\Logs\{self.name.replace('/', '%4')}.evtx"


class EventLog:
    """The machine's channels. Times are its clock's."""

    def __init__(self, clock: Clock, profile: Profile) -> None:
        self._clock = clock
        self._computer = profile.computer_name
        used = _USED_IDS + profile.seed % _USED_IDS
        self._channels = {
            name.lower(): Channel(name, last_id=used, enabled=name not in _SWITCHED_OFF) for name in _CHANNELS
        }

    @property
    def channels(self) -> list[Channel]:
        return list(self._channels.values())

    def channel(self, name: str) -> Channel:
        """The channel of that name. Raises WindowsError (15007)."""
        if (found := self._channels.get(name.lower())) is None:
            raise WindowsError(CHANNEL_NOT_FOUND, name)
        return found

    def records(self, channel: str) -> list[Record]:
        """The channel's records, oldest first. Raises WindowsError (15007)."""
        return list(self.channel(channel).records)

    def write(
        self,
        channel: str,
        provider: str,
        event_id: int,
        *,
        level: int = 4,
        data: Sequence[str | Value] = (),
        binary: bytes = b"",
        task: int | None = None,
        keywords: int | None = None,
        user_sid: str | None = None,
        message: str | None = None,
        at: datetime | None = None,
    ) -> Record:
        """Append an event, now unless `at` says when; what its provider's resources fix need not be said.

        A provider that is not known writes as a classic source without message resources. Classic sources write times
        to the second, as ReportEvent did until Windows 10. Raises WindowsError (15007).
        """
        log = self.channel(channel)
        origin = PROVIDERS.get(provider, Provider(provider))
        fixed = origin.event(event_id)
        now = (at or self._clock.now()).astimezone(UTC)
        log.last_id += 1
        record = Record(
            log.last_id,
            log.name,
            origin,
            event_id,
            level,
            fixed.task if task is None else task,
            fixed.keywords if keywords is None else keywords,
            now.replace(microsecond=0) if origin.guid is None else now,
            self._computer,
            tuple(data),
            binary,
            user_sid,
            message=message,
        )
        log.records.append(record)
        return record

    def query(self, channel: str, xpath: str = "*") -> list[Record]:
        """The channel's records that match, oldest first. Raises WindowsError (15007) and InvalidQuery (15001)."""
        return self.select(self.channel(channel).records, parse(xpath))

    def select(self, records: Sequence[Record], query: Query) -> list[Record]:
        """Those of `records` that match `query` now."""
        now = self._clock.now()
        return [
            record
            for position, record in enumerate(records, start=1)
            if query.matches(record.tree, position=position, now=now)
        ]

    def export(self, channel: str, xpath: str = "*") -> bytes:
        """The matching records as an .evtx file. Raises as `query` does."""
        return write_evtx(self.query(channel, xpath))

    def clear(self, channel: str) -> None:
        """Empty the channel; record ids go on from where they were. Raises WindowsError (15007)."""
        self.channel(channel).records.clear()
