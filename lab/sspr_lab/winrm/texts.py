"""What Windows says beside its fault codes, by language: text that no client may decide anything on.

The wording follows wsmerror.h and reports of real hosts; other languages have it in `lab/languages`. A text that one
lacks is said in English, as by a Windows without that language pack.
"""

from typing import Final, Literal

from sspr_lab.languages import language

TextId = Literal[
    "aborted",
    "access_denied",
    "action_not_supported",
    "addressing_mode",
    "command_not_found",
    "file_not_found",
    "header_invalid",
    "header_required",
    "invalid_body",
    "invalid_directory",
    "invalid_option",
    "invalid_parameter",
    "invalid_selectors",
    "invalid_timeout",
    "invalid_xml",
    "locale_not_supported",
    "max_operations",
    "max_processes",
    "max_shells",
    "max_users",
    "min_envelope",
    "must_understand",
    "resource_not_found",
    "schema",
    "shell_not_found",
    "shell_selector_missing",
    "timed_out",
]

_SERVICE: Final = "The WS-Management service cannot process the request"

ENGLISH: Final[dict[TextId, str]] = {
    "aborted": "The I/O operation has been aborted because of either a thread exit or an application request. ",
    "access_denied": "Access is denied. ",
    "action_not_supported": "The WS-Management service does not support the action. ",
    "addressing_mode": "The WS-Management service does not support the specified feature. Remove the unsupported "
    "feature from the request and retry. ",
    "command_not_found": "The Windows Remote Shell received a request to perform an operation on a command identifier "
    "that does not exist. Either the command has completed execution or the client specified an invalid command "
    "identifier. ",
    "file_not_found": "The system cannot find the file specified. ",
    "header_invalid": f"{_SERVICE}. The request has an invalid SOAP header. ",
    "header_required": f"{_SERVICE}. A SOAP header that is required is missing. ",
    "invalid_body": f"{_SERVICE} because the request packet does not have a valid SOAP body. ",
    "invalid_directory": "The directory name is invalid. ",
    "invalid_option": f"{_SERVICE} because one or more of the options has an invalid value. ",
    "invalid_parameter": f"{_SERVICE} because a parameter for the operation is not valid. ",
    "invalid_selectors": f"{_SERVICE} because the request contained invalid selectors for the resource. ",
    "invalid_timeout": f"{_SERVICE}. The XML contains an invalid timeout field in the SOAP header: {{0}}. ",
    "invalid_xml": f"{_SERVICE} because the XML is invalid. ",
    "locale_not_supported": f"{_SERVICE}. The requested locale cannot be complied with. ",
    "max_operations": f"{_SERVICE}. This user is allowed a maximum number of {{0}} concurrent operations, which has "
    "been exceeded. Close existing operations for this user, or raise the quota for this user. ",
    "max_processes": "Not enough quota is available to process this command. ",
    "max_shells": f"{_SERVICE}. This user is allowed a maximum number of {{0}} concurrent shells, which has been "
    "exceeded. Close existing shells or raise the quota for this user. ",
    "max_users": f"{_SERVICE}. The maximum number of users executing shell operations has been exceeded. Retry after "
    "sometime or raise the quota for concurrent shell users. ",
    "min_envelope": f"{_SERVICE} because the encoding of the request exceeds an internal encoding limit. Reconfigure "
    "the client to send messages which fit the encoding limits of the service. ",
    "must_understand": f"{_SERVICE}. A header has the mustUnderstand attribute set and is not understood. ",
    "resource_not_found": f"{_SERVICE}. The service cannot find the resource identified by the resource URI and "
    "selectors. ",
    "schema": "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and "
    "retry. ",
    "shell_not_found": "The request for the Windows Remote Shell with ShellId {0} failed because the shell was not "
    "found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on "
    "the server. Provide the correct ShellId or create a new shell and retry the operation. ",
    "shell_selector_missing": "The Windows Remote Shell cannot process the request because it requires the following "
    "selector: ShellId. ",
    "timed_out": "The WS-Management service cannot complete the operation within the time specified in "
    "OperationTimeout.  ",
}


def text(identifier: TextId, tag: str, *arguments: object) -> tuple[str, str]:
    """The text with its arguments filled in, and the tag of the language it is in."""
    english = ENGLISH[identifier]
    translated = language(tag).texts.get(english)
    return (translated or english).format(*arguments), tag if translated else "en-US"
