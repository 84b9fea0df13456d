"""Product and component codes as the installer's registry keys spell them."""


def packed(code: str) -> str:
    """The packed form of a GUID: its first three groups reversed whole, the digits of the rest swapped in pairs.

    packed("{75FE588B-F158-4BB3-A283-A8D18E522A52}") == "B885EF57851F3BB42A388A1DE825A225"
    (both forms stand side by side in verbose logs of real installations).
    """
    first, second, third, *rest = code.strip("{}").upper().split("-")
    tail = "".join(rest)
    swapped = "".join(tail[at + 1] + tail[at] for at in range(0, len(tail), 2))
    return first[::-1] + second[::-1] + third[::-1] + swapped


def unpacked(code: str) -> str:
    """The GUID in braces of a packed code."""
    tail = "".join(code[at + 1] + code[at] for at in range(16, len(code), 2))
    return f"{{{code[7::-1]}-{code[11:7:-1]}-{code[15:11:-1]}-{tail[:4]}-{tail[4:]}}}"
