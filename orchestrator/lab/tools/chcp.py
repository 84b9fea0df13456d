"""chcp.com: tells or changes the code page of the console, which its parent and their other children share."""

import codecs

from orchestrator.lab.process import Process
from orchestrator.lab.streams import codec_of


async def main(process: Process) -> int:
    words = process.argv[1:]
    if words and not words[0].isdecimal():
        await process.stdout.write_text(f"Parameter format not correct - {words[0]}\n")
        return 1
    if words and not _is_installed(int(words[0])):
        await process.stdout.write_text("Invalid code page\n")
        return 1
    if words:
        process.code_page = int(words[0])
    await process.stdout.write_text(f"Active code page: {process.code_page}\n")
    return 0


def _is_installed(code_page: int) -> bool:
    try:
        codecs.lookup(codec_of(code_page))
    except LookupError:
        return False
    return True
