"""A fleet whose machines are Wine prefixes, made when it starts and gone when it has stopped."""

import asyncio
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final

from sspr_lab.fault_entries import FaultPlan
from sspr_lab.faults import Faults
from sspr_lab.fleet import PORT, BackendUnusable, Fleet, Transcript
from sspr_lab.mix import Mix
from sspr_lab.profile import Profile
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.machine import WineMachine
from sspr_lab.wine.template import template

DEFAULT_MIX: Final = Path(__file__).with_name("default_mix.yaml")
_AT_ONCE: Final = 4  # machines that are booted at the same time; a boot takes a second of one core


class WineFleet(Fleet):
    """Like `Fleet`, of 64-bit machines; each takes about 70 MB of memory and 20 MB of disk.

    Args:
        cache: where the template of the prefixes is kept for the next fleet; when left out, it goes with this one.

    See `Fleet` for the others.

    Raises:
        BackendUnusable: the mix has 32-bit machines.
    """

    def __init__(
        self,
        hosts: int,
        *,
        mix: Mix | None = None,
        faults: FaultPlan | None = None,
        seed: int = 0,
        speed: float = 1.0,
        port: int = PORT,
        transcript: Transcript | None = None,
        cache: Path | None = None,
    ) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"sspr-lab-wine-{secrets.token_hex(8)}"
        self._cache = cache or self._folder
        self._gateway = Gateway()
        self._machines: list[WineMachine] = []
        super().__init__(hosts, mix=mix, faults=faults, seed=seed, speed=speed, port=port, transcript=transcript)

    async def start(self) -> None:
        """Make the machines and listen.

        Raises:
            BackendUnusable: there is no working Wine.
            OSError: an address is taken.
        """
        try:
            self._folder.mkdir(mode=0o700)
            original = await asyncio.to_thread(template, self._cache)
            await self._gateway.start()
            turns = asyncio.Semaphore(_AT_ONCE)

            async def install(machine: WineMachine) -> None:
                async with turns:
                    await machine.install(original)

            await asyncio.gather(*map(install, self._machines))
            await super().start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything, end all programs and delete the prefixes."""
        await super().stop()
        await asyncio.gather(*(machine.remove() for machine in self._machines))
        await self._gateway.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _machine(self, profile: Profile, faults: Faults) -> WineMachine:
        if not profile.is_x64:
            raise BackendUnusable("Wine hosts are 64-bit ones; choose a mix of such machines")
        if profile.language != "en-US":
            raise BackendUnusable("Wine hosts speak English; choose a mix without other languages")
        directory = self._folder / profile.computer_name
        machine = WineMachine(profile, self.clock, directory, self._gateway, faults)
        self._machines.append(machine)
        return machine
