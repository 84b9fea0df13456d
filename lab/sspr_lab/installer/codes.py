"""msiexec's exit codes that the model gives, and the system's en-US texts of those that msiexec itself reports.

Names and meanings: "Error Codes" of the Windows Installer documentation; the texts are FormatMessage's.
"""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What msiexec returns."""

    SUCCESS = 0
    SERVICE_FAILURE = 1601
    USER_EXIT = 1602
    FAILURE = 1603
    UNKNOWN_PRODUCT = 1605
    SOURCE_ABSENT = 1612
    ALREADY_RUNNING = 1618
    PACKAGE_OPEN_FAILED = 1619
    PACKAGE_INVALID = 1620
    LOG_FAILURE = 1622
    PACKAGE_REJECTED = 1625
    PLATFORM_UNSUPPORTED = 1633
    PRODUCT_VERSION = 1638
    INVALID_COMMAND_LINE = 1639
    REBOOT_INITIATED = 1641
    REBOOT_REQUIRED = 3010


MESSAGES: Final = {
    ExitCode.SERVICE_FAILURE: (
        "The Windows Installer Service could not be accessed.  This can occur if you are running Windows in safe mode, "
        "or if the Windows Installer is not correctly installed.  Contact your support personnel for assistance."
    ),
    ExitCode.SOURCE_ABSENT: (
        "The installation source for this product is not available.  Verify that the source exists and that you can "
        "access it."
    ),
    ExitCode.UNKNOWN_PRODUCT: "This action is only valid for products that are currently installed.",
    ExitCode.ALREADY_RUNNING: (
        "Another program is being installed. Please wait until that installation is complete, and then try installing "
        "this software again."
    ),
    ExitCode.PACKAGE_OPEN_FAILED: (
        "This installation package could not be opened.  Verify that the package exists and that you can access it, or "
        "contact the application vendor to verify that this is a valid Windows Installer package."
    ),
    ExitCode.PACKAGE_INVALID: (
        "This installation package could not be opened.  Contact the application vendor to verify that this is a valid "
        "Windows Installer package."
    ),
    ExitCode.LOG_FAILURE: (
        "Error opening installation log file.  Verify that the specified log file location exists and is writable."
    ),
    ExitCode.PACKAGE_REJECTED: "This installation is forbidden by system policy.  Contact your system administrator.",
    ExitCode.PLATFORM_UNSUPPORTED: (
        "This installation package is not supported by this processor type.  Contact your product vendor."
    ),
    ExitCode.PRODUCT_VERSION: (
        "Another version of this product is already installed.  Installation of this version cannot continue.  To "
        "configure or remove the existing version of this product, use Add/Remove Programs on the Control Panel."
    ),
    ExitCode.INVALID_COMMAND_LINE: (
        "Invalid command line argument.  Consult the Windows Installer SDK for detailed command line help."
    ),
}
