"""What logging on to a machine gives: a token, the directory to start in, environment variables."""

from typing import Final

from sspr_lab.accounts import SYSTEM, Account, local_sid, profile_directory
from sspr_lab.environment import Environment
from sspr_lab.errors import LOGON_FAILURE, WindowsError
from sspr_lab.interfaces.platform import Platform
from sspr_lab.profile import Profile

_POLICIES: Final = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
_MACHINE_ENVIRONMENT: Final = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"


def log_on(machine: Platform, name: str, *, network: bool = True) -> Account:
    r"""The token of a logon as `name`, `MACHINE\\name` or `DOMAIN\\name`.

    A local administrator other than the built-in one gets a filtered token over the network while UAC is on, unless
    LocalAccountTokenFilterPolicy is 1 (Microsoft KB951016). Any domain account of the lab is an administrator.

    Raises:
        WindowsError: 1326 when the machine has no such account.
    """
    profile = machine.profile
    domain, _, user = name.rpartition("\\")
    if domain.upper() not in ("", ".", profile.computer_name.upper()):
        return Account(
            user, "S-1-5-21-3623811015-3361044348-30300820-1104", elevated=True, network_logon=network, domain=domain
        )
    known = {each.lower(): each for each in (*profile.administrators, *profile.users)}
    spelled = known.get(user.lower())
    if spelled is None:
        raise WindowsError(LOGON_FAILURE, name)
    elevated = spelled in profile.administrators and (not network or _is_unfiltered(machine, spelled))
    return Account(spelled, local_sid(profile, spelled), elevated=elevated, network_logon=network)


def default_directory(machine: Platform, account: Account) -> str:
    """Where a process of the account starts: its profile directory; SYSTEM starts in System32."""
    if account.sid == SYSTEM.sid:
        return "C:\\Windows\\system32"
    home = profile_directory(account)
    return home if machine.files.is_dir(home) else "C:\\"


def default_environment(machine: Platform, account: Account) -> Environment:
    """What CreateEnvironmentBlock gives the account: of the system, the machine and the user."""
    profile = machine.profile
    home = profile_directory(account)
    is_system = account.sid == SYSTEM.sid
    variables = Environment(
        {
            "ALLUSERSPROFILE": "C:\\ProgramData",
            "APPDATA": f"{home}\\AppData\\Roaming",
            "CommonProgramFiles": "C:\\Program Files\\Common Files",
            "COMPUTERNAME": profile.computer_name,
            "LOCALAPPDATA": f"{home}\\AppData\\Local",
            "ProgramData": "C:\\ProgramData",
            "ProgramFiles": "C:\\Program Files",
            "PROMPT": "$P$G",
            "PUBLIC": "C:\\Users\\Public",
            "SystemDrive": "C:",
            "SystemRoot": "C:\\Windows",
            "USERDOMAIN": account.domain if account.domain and not is_system else _home_domain(profile, account),
            "USERNAME": f"{profile.computer_name}$" if is_system else account.name,
            "USERPROFILE": home,
        }
    )
    if profile.is_x64:
        variables.update(
            {
                "CommonProgramFiles(x86)": "C:\\Program Files (x86)\\Common Files",
                "CommonProgramW6432": "C:\\Program Files\\Common Files",
                "ProgramFiles(x86)": "C:\\Program Files (x86)",
                "ProgramW6432": "C:\\Program Files",
            }
        )
    machine_wide = machine.registry.key(_MACHINE_ENVIRONMENT)
    for name, value in machine_wide.values.items():
        if name not in variables:  # USERNAME is SYSTEM there, for the time before anybody's environment is made
            variables[name] = variables.expand(str(value.data))
    if not is_system:
        variables["TEMP"] = variables["TMP"] = f"{home}\\AppData\\Local\\Temp"
    return variables


def _home_domain(profile: Profile, account: Account) -> str:
    return profile.workgroup if account.sid == SYSTEM.sid else profile.computer_name


def _is_unfiltered(machine: Platform, name: str) -> bool:
    def policy(value: str, default: int) -> int:
        found = machine.registry.get(_POLICIES, value)
        return int(found.data) if found is not None and isinstance(found.data, int) else default

    if policy("EnableLUA", 1) == 0:
        return True
    if name == machine.profile.spoken.names.administrator:
        return policy("FilterAdministratorToken", 0) == 0
    return policy("LocalAccountTokenFilterPolicy", 0) == 1
