"""chcp.com: shows or sets the console's code page, for every process of the console."""

from typing import Final

from sspr_lab.process import Process
from sspr_lab.streams import codec_of

_FAILED: Final = 1


async def main(process: Process) -> int:
    """chcp [number]; a number that is no code page is refused (`chcp /?`; the text of the refusal [mem])."""
    if len(process.argv) > 1:
        if not _is_code_page(process.argv[1]):
            await process.stdout.write_text(f"{process.text('Invalid code page')}\n")
            return _FAILED
        process.code_page = int(process.argv[1])
    await process.stdout.write_text(f"{process.text('Active code page: {page}', page=process.code_page)}\n")
    return 0


def _is_code_page(text: str) -> bool:
    try:
        "".encode(codec_of(int(text)))
    except (ValueError, LookupError):
        return False
    return True
