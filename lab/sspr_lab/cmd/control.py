"""How control leaves a command: GOTO, EXIT, the end of a batch file. These are jumps, not failures."""

from sspr_lab.cmd.batch import Frame


class Goto(Exception):
    """Go on after `label` of the running batch file; "eof" leaves the frame."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class LeaveFrame(Exception):
    """EXIT /B: leave the batch file or the called label with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Transfer(Exception):
    """A batch file was named without CALL: it takes the place of the running one."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame.path)
        self.frame = frame


class AbortBatch(Exception):
    """Every running batch file ends (a syntax error, a missing label's file)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ExitProcess(Exception):
    """EXIT: cmd.exe ends with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
