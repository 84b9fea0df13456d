"""`sspr lab`, which the entry point of this distribution adds to the product: hosts to try everything on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.model.errors import UsageError
from orchestrator.model.output_files import OutputFiles, OutputKind
from sspr_lab.fault_entries import load_faults
from sspr_lab.fleet import HIGHEST_PORT, PORT, BackendUnusable, Fleet, serve
from sspr_lab.inventory_file import InventoryFiles
from sspr_lab.mix import DEFAULT_MIX, load_mix

_COLLECTED_AFTER = 50_000  # objects more than before
_COUNTERS = OutputKind("--counters", "counters", re.compile(rb'\{\s*"[^"]+": \{\s*"requests": \d'))

app = typer.Typer(
    no_args_is_help=True,
    help="Simulated hosts that speak real WinRM, for rehearsals and tests.\n\n"
    "[dim]sspr lab up --hosts 12 --speed 20 --inventory lab.yaml[/]",
)


class Backend(StrEnum):
    """What answers behind the WinRM servers."""

    MODEL = "model"
    """A model of Windows: hundreds of hosts in one process."""
    WINE = "wine"
    """Wine's reg.exe, msiexec and cmd.exe, and the model for the rest: a handful of 64-bit hosts, on Linux."""


@app.command("up")
def up(
    inventory: Annotated[Path, typer.Option("--inventory", metavar="FILE", help="Where to write their inventory.")],
    hosts: Annotated[int, typer.Option("--hosts", metavar="N", min=1, max=5000, help="How many hosts.")] = 12,
    mix: Annotated[Path | None, typer.Option("--mix", metavar="FILE", help="Which kinds of machines.")] = None,
    faults: Annotated[
        Path | None, typer.Option("--faults", metavar="FILE", help="Which hosts have what wrong.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed makes the same fleet.")] = 0,
    backend: Annotated[
        Backend, typer.Option("--backend", help="What answers behind the WinRM servers.")
    ] = Backend.MODEL,
    speed: Annotated[
        float, typer.Option("--speed", metavar="X", min=0.1, max=1000, help="Seconds of theirs in one of yours.")
    ] = 1.0,
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=1024, max=HIGHEST_PORT, help="TCP port of all; HTTPS has the next."),
    ] = PORT,
    counters: Annotated[
        Path | None,
        typer.Option(
            "--counters",
            metavar="FILE",
            help="At the end, write what each host was asked, and what befell it; - prints it.",
        ),
    ] = None,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End with standard input too, for a program that starts a lab.")
    ] = False,
) -> None:
    """Serve lab hosts on 127.20.x.y until interrupted; the inventory is taken away at the end.

    [dim]sspr lab up --hosts 12 --speed 20 --inventory lab.yaml[/]
    """
    files, totals = InventoryFiles(inventory), OutputFiles([(_COUNTERS, counters)] if counters else [])
    files.check()
    totals.check(needed=[*files.all, *(path for path in (mix, faults) if path)])
    files.remove()
    make, default_mix = _behind(backend)
    chosen = load_mix(mix or default_mix)
    plan = load_faults(faults) if faults else None
    try:
        fleet = asyncio.run(
            _serve(
                lambda: make(hosts, mix=chosen, faults=plan, seed=seed, speed=speed, port=port),
                inventory,
                until_eof,
                partial(typer.echo, err=totals.take_the_standard_output()),
            )
        )
    except BackendUnusable as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UsageError(f"port {port} is in use, perhaps by another lab; choose another with --port") from error
    if counters:
        counted = {
            name: {**asdict(host.counters), "befell": host.machine.ledger.kinds()} for name, host in fleet.hosts.items()
        }
        totals.write(counters, f"{json.dumps(counted, indent=1, ensure_ascii=False)}\n".encode())
        totals.close()


def _behind(backend: Backend) -> tuple[Callable[..., Fleet], Path]:
    """What makes a fleet of this kind, and its mix when none is given."""
    if backend is Backend.MODEL:
        return Fleet, DEFAULT_MIX
    try:
        from sspr_lab.wine import fleet as wine  # noqa: PLC0415 - there is no such thing outside Unix
    except ImportError as error:
        raise UsageError("Wine hosts need Linux") from error
    return wine.WineFleet, wine.DEFAULT_MIX


async def _serve(make: Callable[[], Fleet], inventory: Path, until_eof: bool, tell: Callable[[str], None]) -> Fleet:
    fleet = _made(make)
    serving = asyncio.ensure_future(serve(fleet, inventory, tell))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows' event loop has none
            loop.add_signal_handler(number, serving.cancel)
    if until_eof:
        threading.Thread(target=_outlast_input, args=(loop, serving.cancel), daemon=True).start()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    return fleet


def _made(make: Callable[[], Fleet]) -> Fleet:
    """A fleet whose machines the garbage collector does not look at: they live as long as the process.

    It comes seldom, as what a request leaves behind goes by itself but for a few cycles.
    """
    gc.disable()
    gc.set_threshold(_COLLECTED_AFTER)
    try:
        return make()
    finally:
        gc.freeze()
        gc.enable()


def _outlast_input(loop: asyncio.AbstractEventLoop, end: Callable[[], object]) -> None:
    """Reads standard input to its end: that comes when whoever started us is gone, however that happened."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: we are ending already
        loop.call_soon_threadsafe(end)


@app.callback()
def _group() -> None:
    """Simulated hosts that speak real WinRM, for rehearsals and tests."""
