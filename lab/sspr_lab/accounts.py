"""The accounts of a machine: what a logon gives (token, profile directory, environment variables)."""

from typing import TYPE_CHECKING, Final

from sspr_lab.errors import LOGON_FAILURE, WindowsError
from sspr_lab.process import SYSTEM, Account, Environment

if TYPE_CHECKING:
    from sspr_lab.machine import Machine
    from sspr_lab.profile import Profile

_POLICIES: Final = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
_MACHINE_ENVIRONMENT: Final = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
_FIRST_USER_RID: Final = 1001


def log_on(machine: "Machine", name: str, *, network: bool = True) -> Account:
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


def local_sid(profile: "Profile", name: str) -> str:
    """The SID of a local account; the built-in administrator's RID is 500, whatever its name in the language."""
    built_in = profile.spoken.names.administrator
    if name == built_in:
        return f"{profile.machine_sid}-500"
    names = [each for each in (*profile.administrators, *profile.users) if each != built_in]
    return f"{profile.machine_sid}-{_FIRST_USER_RID + names.index(name)}"


def local_name(profile: "Profile", account: Account) -> str:
    """The account's name without a domain; those of the system have one in the machine's language."""
    names = profile.spoken.names
    own = {"S-1-5-18": names.system, "S-1-5-19": names.local_service, "S-1-5-20": names.network_service}
    return own.get(account.sid, account.name)


def full_name(profile: "Profile", account: Account) -> str:
    r"""DOMAIN\name as the machine shows it: "NT AUTHORITY\SYSTEM" is "AUTORITE NT\Système" on a French one."""
    is_own = account.sid in ("S-1-5-18", "S-1-5-19", "S-1-5-20")
    domain = profile.spoken.names.authority if is_own else account.domain or profile.computer_name
    return f"{domain}\\{local_name(profile, account)}"


def profile_directory(account: Account) -> str:
    """The account's profile directory."""
    if account.sid == SYSTEM.sid:
        return "C:\\Windows\\system32\\config\\systemprofile"
    return f"C:\\Users\\{account.name}"


def default_directory(machine: "Machine", account: Account) -> str:
    """Where a process of the account starts: its profile directory; SYSTEM starts in System32."""
    if account.sid == SYSTEM.sid:
        return "C:\\Windows\\system32"
    home = profile_directory(account)
    return home if machine.files.is_dir(home) else "C:\\"


def default_environment(machine: "Machine", account: Account) -> Environment:
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


def _home_domain(profile: "Profile", account: Account) -> str:
    return profile.workgroup if account.sid == SYSTEM.sid else profile.computer_name


def _is_unfiltered(machine: "Machine", name: str) -> bool:
    def policy(value: str, default: int) -> int:
        found = machine.registry.get(_POLICIES, value)
        return int(found.data) if found is not None and isinstance(found.data, int) else default

    if policy("EnableLUA", 1) == 0:
        return True
    if name == machine.profile.spoken.names.administrator:
        return policy("FilterAdministratorToken", 0) == 0
    return policy("LocalAccountTokenFilterPolicy", 0) == 1
