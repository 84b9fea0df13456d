"""taskkill.exe: ends processes by name or id. The lab's own models of the system's processes cannot be ended."""

from orchestrator.lab.machine_processes import listed_processes
from orchestrator.lab.process import Process

_NOT_FOUND = 128


async def main(process: Process) -> int:
    force, images, pids = False, [], []
    words = iter(process.argv[1:])
    for word in words:
        match word.lower():
            case "/f":
                force = True
            case "/t":
                pass  # the lab always ends the tree
            case "/im":
                images.append(next(words, "").lower())
            case "/pid":
                pids.append(next(words, ""))
            case _:
                await process.stderr.write_text(
                    f"ERROR: Invalid argument/option - '{word}'.\nType \"TASKKILL /?\" for usage.\n"
                )
                return 1
    if not images and not pids:
        await process.stderr.write_text(
            'ERROR: Invalid syntax. Neither /FI nor /PID nor /IM were specified.\nType "TASKKILL /?" for usage.\n'
        )
        return 1
    code = 0
    for wanted in (*images, *pids):
        code = max(code, await _kill(process, wanted, force=force))
    return code


async def _kill(process: Process, wanted: str, *, force: bool) -> int:
    machine = process.machine
    matching = [each for each in machine.processes if wanted in (each.image.lower(), str(each.pid))]
    if not matching:
        if any(wanted in (item.image.lower(), str(item.pid)) for item in listed_processes(machine)):
            await process.stderr.write_text(
                f'ERROR: The process "{wanted}" could not be terminated.\nReason: Access is denied.\n'
            )
            return 1
        await process.stderr.write_text(f'ERROR: The process "{wanted}" not found.\n')
        return _NOT_FOUND
    for each in matching:
        if force:
            text = f'SUCCESS: The process "{each.image}" with PID {each.pid} has been terminated.\n'
        else:
            text = f'SUCCESS: Sent termination signal to the process "{each.image}" with PID {each.pid}.\n'
        await process.stdout.write_text(text)
        each.terminate(1)
    return 0
