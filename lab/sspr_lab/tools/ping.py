"""ping.exe: the machine itself answers, nothing else does; between two requests passes a second."""

from typing import Final

from sspr_lab.process import Process

_DEFAULT_COUNT: Final = 4
_DEFAULT_WAIT_MS: Final = 4000


_UNKNOWN_HOST: Final = "Ping request could not find host {target}. Please check the name and try again."
_PACKETS: Final = "Packets: Sent = {sent}, Received = {received}, Lost = {lost} ({share}% loss),"
_TIMES: Final = "Approximate round trip times in milli-seconds:\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms"


async def main(process: Process) -> int:
    target, count, wait = "", _DEFAULT_COUNT, _DEFAULT_WAIT_MS
    words = iter(process.argv[1:])
    for word in words:
        option = word.lower().replace("/", "-")
        if option in ("-n", "-w"):
            number = next(words, "")
            if not number.isdecimal():
                await process.stdout.write_text(f"Bad value for option {word}, valid range is from 1 to 4294967295.\n")
                return 1
            count, wait = (int(number), wait) if option == "-n" else (count, int(number))
        elif option.startswith("-") and option not in ("-4", "-a"):
            await process.stdout.write_text(f"Bad option {word}.\n")
            return 1
        elif not option.startswith("-"):
            target = word
    address = _address(process, target)
    if address is None:
        unknown = process.text(_UNKNOWN_HOST, target=target)
        await process.stdout.write_text(f"{unknown if target else process.text('IP address must be specified.')}\n")
        return 1
    return await _send(process, target, address, count, wait / 1000)


def _address(process: Process, target: str) -> str | None:
    if target.lower() in ("localhost", process.machine.profile.computer_name.lower()):
        return "127.0.0.1"
    parts = target.split(".")
    return target if len(parts) == 4 and all(part.isdecimal() and int(part) < 256 for part in parts) else None


async def _send(process: Process, target: str, address: str, count: int, wait: float) -> int:
    answers = address.startswith("127.")
    shown = address if target == address else f"{target} [{address}]"
    await process.stdout.write_text(f"\n{process.text('Pinging {target} with 32 bytes of data:', target=shown)}\n")
    reply = process.text("Reply from {address}: bytes=32 time<1ms TTL=128", address=address)
    for index in range(count):
        await process.machine.clock.sleep((1 if index else 0) if answers else wait)
        await process.stdout.write_text(f"{reply if answers else process.text('Request timed out.')}\n")
    received = count if answers else 0
    lost = {"sent": count, "received": received, "lost": count - received, "share": 0 if answers else 100}
    heading = process.text("Ping statistics for {address}:", address=address)
    await process.stdout.write_text(f"\n{heading}\n    {process.text(_PACKETS, **lost)}\n")
    if answers:
        await process.stdout.write_text(f"{process.text(_TIMES)}\n")
    return 0 if answers else 1
