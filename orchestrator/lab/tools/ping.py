"""ping.exe: the machine itself answers, nothing else does; between two requests passes a second."""

from typing import Final

from orchestrator.lab.process import Process

_DEFAULT_COUNT: Final = 4
_DEFAULT_WAIT_MS: Final = 4000


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
        text = f"Ping request could not find host {target}. Please check the name and try again.\n"
        await process.stdout.write_text(text if target else "IP address must be specified.\n")
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
    await process.stdout.write_text(f"\nPinging {shown} with 32 bytes of data:\n")
    for index in range(count):
        await process.machine.clock.sleep((1 if index else 0) if answers else wait)
        line = f"Reply from {address}: bytes=32 time<1ms TTL=128\n" if answers else "Request timed out.\n"
        await process.stdout.write_text(line)
    received = count if answers else 0
    share = 0 if answers else 100
    await process.stdout.write_text(
        f"\nPing statistics for {address}:\n"
        f"    Packets: Sent = {count}, Received = {received}, Lost = {count - received} ({share}% loss),\n"
    )
    if answers:
        await process.stdout.write_text(
            "Approximate round trip times in milli-seconds:\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\n"
        )
    return 0 if answers else 1
