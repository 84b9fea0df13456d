"""What is said of waves and guards while a run goes on."""

from __future__ import annotations

from orchestrator.console.words import machines, one_line
from orchestrator.model.events import Event, Guarded, WaveApproved, WaveBegan, WaveEnded, WaveWaits
from orchestrator.sentences import say


def wave_line(event: Event) -> str | None:
    """A line about how far the waves are, or why nobody else begins; None for events that are about neither."""
    match event:
        case WaveBegan(wave, waves, hosts) if waves > 1:
            return f"wave {wave} of {waves} begins: {machines(hosts)}"
        case WaveEnded(wave, fine, answered, hosts):
            silent = f", {machines(hosts - answered)} did not" if hosts > answered else ""
            return f"wave {wave} is through: {fine:,} of {machines(answered)} that answered fine{silent}"
        case WaveWaits(reason):
            return one_line(say(reason))
        case WaveApproved(wave, by):
            return f"wave {wave} was approved by {one_line(by)}"
        case Guarded(reason):
            return f"stopped by a guard: {one_line(say(reason))}; no more machines are begun"
        case _:
            return None
