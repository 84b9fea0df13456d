r"""HKLM\SYSTEM and HKLM\HARDWARE of a stock machine."""

from typing import Final

from sspr_lab.profile import Profile
from sspr_lab.registry import Data, Value
from sspr_lab.stock.services import StockService, stock_services
from sspr_lab.stock.tree import DEFAULT, expand

_Table = dict[str, dict[str, Data | Value]]
_CONTROL: Final = r"HKLM\SYSTEM\ControlSet001\Control"
_SERVICES: Final = r"HKLM\SYSTEM\ControlSet001\Services"
_OWN_PROCESS: Final = 0x10
_SHARE_PROCESS: Final = 0x20
_MESSAGES: Final = {
    "Application": {
        "Application": "",
        "Application Error": r"%SystemRoot%\System32\wer.dll",
        "Application Hang": r"%SystemRoot%\System32\wersvc.dll",
        "ESENT": r"%SystemRoot%\system32\esent.dll",
        "Group Policy Files": r"%SystemRoot%\System32\gpprefcl.dll",
        "MsiInstaller": r"%SystemRoot%\system32\msimsg.dll",
        "SceCli": r"%SystemRoot%\System32\scecli.dll",
        "VSS": r"%SystemRoot%\System32\VSSVC.EXE",
        "WinMgmt": r"%SystemRoot%\system32\wbem\WinMgmtR.dll",
        "Windows Error Reporting": r"%SystemRoot%\System32\wer.dll",
        "Winlogon": r"%SystemRoot%\System32\winlogon.exe",
        "Wow64 Emulation Layer": r"%SystemRoot%\system32\wow64.dll",
    },
    "Security": {"Security": r"%SystemRoot%\System32\MsAuditE.dll"},
    "System": {
        "Application Popup": r"%SystemRoot%\System32\ntdll.dll",
        "EventLog": r"%SystemRoot%\System32\netevent.dll",
        "Microsoft-Windows-Kernel-General": r"%SystemRoot%\System32\kernel32.dll",
        "Service Control Manager": r"%SystemRoot%\system32\services.exe",
        "USER32": r"%SystemRoot%\System32\user32.dll",
    },
}


def system(profile: Profile) -> _Table:
    """The entries of the SYSTEM hive that are the same for all machines of a kind."""
    table: _Table = {
        r"HKLM\SYSTEM\Select": {"Current": 1, "Default": 1, "Failed": 0, "LastKnownGood": 2},
        r"HKLM\SYSTEM\Setup": {"SystemSetupInProgress": 0, "SetupType": 0, "CmdLine": "", "OOBEInProgress": 0},
        _CONTROL: {
            "CurrentUser": "USERNAME",
            "WaitToKillServiceTimeout": "12000" if profile.branch == "windows7" else "5000",
            "SystemStartOptions": " NOEXECUTE=OPTIN",
        },
        _CONTROL + r"\Lsa": {
            "auditbasedirectories": 0,
            "Authentication Packages": ["msv1_0"],
            "everyoneincludesanonymous": 0,
            "forceguest": 0,
            "LimitBlankPasswordUse": 1,
            "NoLmHash": 1,
            "restrictanonymous": 0,
            "Security Packages": ["kerberos", "msv1_0", "schannel", "wdigest", "tspkg", "pku2u"],
        },
        _CONTROL + r"\Nls\CodePage": {
            "ACP": str(profile.ansi_code_page),
            "OEMCP": str(profile.oem_code_page),
            "MACCP": "10000",
            "OEMHAL": "vgaoem.fon",
        },
        _CONTROL + r"\Nls\Language": {
            "Default": f"{profile.spoken.lcid:04X}",
            "InstallLanguage": f"{profile.spoken.lcid:04X}",
            "InstallLanguageFallback": [profile.language],
        },
        _CONTROL + r"\Nls\Locale": {DEFAULT: f"{profile.spoken.lcid:08X}"},
        _CONTROL + rf"\MUI\UILanguages\{profile.language}": {"LCID": profile.spoken.lcid, "Type": 0x91},
        _CONTROL + r"\ProductOptions": {"ProductType": "WinNT", "ProductSuite": ["Terminal Server"]},
        _CONTROL + r"\SafeBoot": {"AlternateShell": "cmd.exe"},
        _CONTROL + r"\Terminal Server": {"fDenyTSConnections": 1, "TSUserEnabled": 0},
        _CONTROL + r"\Windows": _windows(profile),
        **_schannel(),
        **_session_manager(profile),
        **_event_sources(profile),
    }
    for service in stock_services(profile):
        table |= _service(service)
    table[_SERVICES + r"\Netlogon\Parameters"] = {"DisablePasswordChange": 0, "MaximumPasswordAge": 30}
    table[_SERVICES + r"\Tcpip\Parameters"] = {
        "Domain": "",
        "DataBasePath": expand(r"%SystemRoot%\System32\drivers\etc"),
    }
    return table


def hardware(profile: Profile) -> _Table:
    """The volatile HARDWARE hive."""
    family = "Intel64" if profile.is_x64 else "x86"
    return {
        r"HKLM\HARDWARE\DESCRIPTION\System": {"Identifier": "AT/AT COMPATIBLE"},
        r"HKLM\HARDWARE\DESCRIPTION\System\BIOS": {"SystemManufacturer": "LENOVO", "SystemProductName": "4180AF3"},
        r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0": {
            "Identifier": f"{family} Family 6 Model 42 Stepping 7",
            "ProcessorNameString": "Intel(R) Core(TM) i5-2520M CPU @ 2.50GHz",
            "VendorIdentifier": "GenuineIntel",
        },
    }


def _windows(profile: Profile) -> dict[str, Data | Value]:
    return {
        "Directory": expand("%SystemRoot%"),
        "ErrorMode": 0,
        "NoInteractiveServices": 0 if profile.branch == "windows7" else 1,
        "ShellErrorMode": 1,
        "SystemDirectory": expand(r"%SystemRoot%\system32"),
        "CSDVersion": profile.service_pack << 8,
        "CSDReleaseType": 0,
        "ComponentizedBuild": 1,
    }


def _schannel() -> _Table:
    r"""Setup writes one protocol: SSL 2.0 is off by default for clients. TLS 1.2 has no key on any branch."""
    base = _CONTROL + r"\SecurityProviders"
    names = ("Ciphers", "CipherSuites", "Hashes", "KeyExchangeAlgorithms", "Protocols")
    return {
        base: {"SecurityProviders": "credssp.dll"},
        base + r"\SCHANNEL": {"EventLogging": 1},
        **{f"{base}\\SCHANNEL\\{name}": {} for name in names},
        base + r"\SCHANNEL\Protocols\SSL 2.0": {},
        base + r"\SCHANNEL\Protocols\SSL 2.0\Client": {"DisabledByDefault": 1},
    }


def _session_manager(profile: Profile) -> _Table:
    base = _CONTROL + r"\Session Manager"
    family = "Intel64" if profile.is_x64 else "x86"
    return {
        base: {
            "CriticalSectionTimeout": 0x278D00,
            "ObjectDirectories": [r"\Windows", r"\RPC Control"],
            "ProtectionMode": 1,
            "BootExecute": ["autocheck autochk *"],
            "NumberOfInitialSessions": 2,
            "SetupExecute": [],
        },
        base + r"\Environment": {
            "ComSpec": expand(r"%SystemRoot%\system32\cmd.exe"),
            "FP_NO_HOST_CHECK": "NO",
            "OS": "Windows_NT",
            "Path": expand(
                r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem;"
                r"%SYSTEMROOT%\System32\WindowsPowerShell\v1.0" + "\\"
            ),
            "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
            "PROCESSOR_ARCHITECTURE": "AMD64" if profile.is_x64 else "x86",
            "TEMP": expand(r"%SystemRoot%\TEMP"),
            "TMP": expand(r"%SystemRoot%\TEMP"),
            "USERNAME": "SYSTEM",
            "windir": expand("%SystemRoot%"),
            "PSModulePath": expand(r"%SystemRoot%\system32\WindowsPowerShell\v1.0\Modules" + "\\"),
            "NUMBER_OF_PROCESSORS": "2",
            "PROCESSOR_LEVEL": "6",
            "PROCESSOR_IDENTIFIER": f"{family} Family 6 Model 42 Stepping 7, GenuineIntel",
            "PROCESSOR_REVISION": "2a07",
        },
        base + r"\Memory Management": {"ClearPageFileAtShutdown": 0, "PagingFiles": [r"?:\pagefile.sys"]},
        base + r"\Memory Management\PrefetchParameters": {"BootId": 41, "EnablePrefetcher": 3, "EnableSuperfetch": 3},
        base + r"\Power": {"HiberbootEnabled": 1} if profile.branch != "windows7" else {},
    }


def _event_sources(profile: Profile) -> _Table:
    log = next(service.name for service in stock_services(profile) if service.name.lower() == "eventlog")
    table: _Table = {}
    for channel, sources in _MESSAGES.items():
        base = f"{_SERVICES}\\{log}\\{channel}"
        file = expand(rf"%SystemRoot%\system32\winevt\Logs\{channel}.evtx")
        table[base] = {
            "File": file,
            "MaxSize": 0x1400000,
            "Retention": 0,
            "DisplayNameFile": expand(r"%SystemRoot%\system32\wevtapi.dll"),
        }
        for source, dll in sources.items():
            table[f"{base}\\{source}"] = {"EventMessageFile": expand(dll), "TypesSupported": 7} if dll else {}
    return table


def _service(service: StockService) -> _Table:
    own = service.group.endswith(".exe")
    folder = r"%SystemRoot%\servicing" if service.name == "TrustedInstaller" else r"%SystemRoot%\system32"
    image = f"{folder}\\{service.group}" if own else f"%SystemRoot%\\System32\\svchost.exe -k {service.group}"
    if service.name == "msiserver":
        image += " /V"
    values: dict[str, Data | Value] = {
        "DisplayName": service.display_name,
        "ErrorControl": 1,
        "ImagePath": expand(image),
        "ObjectName": service.account,
        "Start": service.start,
        "Type": _OWN_PROCESS if own else _SHARE_PROCESS,
    }
    if service.delayed:
        values["DelayedAutoStart"] = 1
    return {f"{_SERVICES}\\{service.name}": values}
