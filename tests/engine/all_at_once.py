"""Work whose hosts may all begin at once, whatever else it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from orchestrator.model.message import Message


class AllAtOnce:
    """See `engine.protocol.HostWork`."""

    async def arrivals(self, newcomers: Sequence[str]) -> AsyncGenerator[tuple[str, Message | None], None]:
        for host in newcomers:
            yield host, None

    async def taken_up(self, host: str, step: int, state: str | None) -> None:
        """Nobody is told."""

    def refusal(self) -> Message | None:
        return None
