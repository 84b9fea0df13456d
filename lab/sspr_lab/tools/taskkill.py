"""taskkill.exe: ends processes by name or id. The lab's own models of the system's processes cannot be ended."""

from sspr_lab.machine_processes import listed_processes
from sspr_lab.process import Process
from sspr_lab.tools.complaints import complain, wrong_usage

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
                return await wrong_usage(process, "Invalid argument/option - '{word}'.", "TASKKILL /?", word=word)
    if not images and not pids:
        text = "Invalid syntax. Neither /FI nor /PID nor /IM were specified."
        return await wrong_usage(process, text, "TASKKILL /?")
    code = 0
    for wanted in (*images, *pids):
        code = max(code, await _kill(process, wanted, force=force))
    return code


async def _kill(process: Process, wanted: str, *, force: bool) -> int:
    machine = process.machine
    matching = [each for each in machine.processes if wanted in (each.image.lower(), str(each.pid))]
    if not matching:
        if any(wanted in (item.image.lower(), str(item.pid)) for item in listed_processes(machine)):
            denied = process.text("Reason: {reason}", reason=process.text("Access is denied."))
            await complain(process, 'The process "{name}" could not be terminated.', name=wanted)
            await process.stderr.write_text(f"{denied}\n")
            return 1
        await complain(process, 'The process "{name}" not found.', name=wanted)
        return _NOT_FOUND
    for each in matching:
        if force:
            text = 'SUCCESS: The process "{name}" with PID {pid} has been terminated.'
        else:
            text = 'SUCCESS: Sent termination signal to the process "{name}" with PID {pid}.'
        await process.stdout.write_text(f"{process.text(text, name=each.image, pid=each.pid)}\n")
        each.terminate(1)
    return 0
