"""The services of a stock machine: names, start types, where they run, whether they are up after a start."""

from typing import Final, NamedTuple

from sspr_lab.profile import Profile

AUTOMATIC: Final = 2
MANUAL: Final = 3
DISABLED: Final = 4


class StockService(NamedTuple):
    """One service as setup registers it. `group` is the svchost group, or the image itself when it ends in .exe."""

    name: str
    display_name: str
    group: str
    start: int = MANUAL
    delayed: bool = False
    account: str = "LocalSystem"
    runs: bool = False  # up although it is not automatic: something starts it


_LOCAL: Final = r"NT AUTHORITY\LocalService"
_NETWORK: Final = r"NT AUTHORITY\NetworkService"

_EVERYWHERE: Final = (
    StockService("AeLookupSvc", "Application Experience", "netsvcs", runs=True),
    StockService("dot3svc", "Wired AutoConfig", "LocalSystemNetworkRestricted"),
    StockService("Appinfo", "Application Information", "netsvcs"),
    StockService("AudioSrv", "Windows Audio", "LocalServiceNetworkRestricted", AUTOMATIC, account=_LOCAL),
    StockService("BFE", "Base Filtering Engine", "LocalServiceNoNetwork", AUTOMATIC, account=_LOCAL),
    StockService("BITS", "Background Intelligent Transfer Service", "netsvcs", AUTOMATIC, delayed=True),
    StockService("Browser", "Computer Browser", "netsvcs"),
    StockService("CryptSvc", "Cryptographic Services", "NetworkService", AUTOMATIC, account=_NETWORK),
    StockService("DcomLaunch", "DCOM Server Process Launcher", "DcomLaunch", AUTOMATIC),
    StockService("Dhcp", "DHCP Client", "LocalServiceNetworkRestricted", AUTOMATIC, account=_LOCAL),
    StockService("Dnscache", "DNS Client", "NetworkService", AUTOMATIC, account=_NETWORK),
    StockService("EventSystem", "COM+ Event System", "LocalService", AUTOMATIC, account=_LOCAL),
    StockService("gpsvc", "Group Policy Client", "netsvcs", AUTOMATIC),
    StockService("iphlpsvc", "IP Helper", "NetSvcs", AUTOMATIC),
    StockService("LanmanServer", "Server", "netsvcs", AUTOMATIC),
    StockService("LanmanWorkstation", "Workstation", "NetworkService", AUTOMATIC, account=_NETWORK),
    StockService("lmhosts", "TCP/IP NetBIOS Helper", "LocalServiceNetworkRestricted", AUTOMATIC, account=_LOCAL),
    StockService("MpsSvc", "Windows Firewall", "LocalServiceNoNetwork", AUTOMATIC, account=_LOCAL),
    StockService("msiserver", "Windows Installer", "msiexec.exe"),
    StockService("Netlogon", "Netlogon", "lsass.exe"),
    StockService("Netman", "Network Connections", "netsvcs", runs=True),
    StockService("netprofm", "Network List Service", "LocalService", account=_LOCAL, runs=True),
    StockService("NlaSvc", "Network Location Awareness", "NetworkService", AUTOMATIC, account=_NETWORK),
    StockService("nsi", "Network Store Interface Service", "LocalService", AUTOMATIC, account=_LOCAL),
    StockService("PlugPlay", "Plug and Play", "DcomLaunch", AUTOMATIC),
    StockService("Power", "Power", "DcomLaunch", AUTOMATIC),
    StockService("ProfSvc", "User Profile Service", "netsvcs", AUTOMATIC),
    StockService("RemoteRegistry", "Remote Registry", "regsvc", account=_LOCAL),
    StockService("RpcEptMapper", "RPC Endpoint Mapper", "RPCSS", AUTOMATIC, account=_NETWORK),
    StockService("RpcSs", "Remote Procedure Call (RPC)", "rpcss", AUTOMATIC, account=_NETWORK),
    StockService("SamSs", "Security Accounts Manager", "lsass.exe", AUTOMATIC),
    StockService("Schedule", "Task Scheduler", "netsvcs", AUTOMATIC),
    StockService("seclogon", "Secondary Logon", "netsvcs"),
    StockService("SENS", "System Event Notification Service", "netsvcs", AUTOMATIC),
    StockService("ShellHWDetection", "Shell Hardware Detection", "netsvcs", AUTOMATIC),
    StockService("Spooler", "Print Spooler", "spoolsv.exe", AUTOMATIC),
    StockService("TermService", "Remote Desktop Services", "NetworkService", account=_NETWORK),
    StockService("Themes", "Themes", "netsvcs", AUTOMATIC),
    StockService("TrustedInstaller", "Windows Modules Installer", "TrustedInstaller.exe"),
    StockService("VaultSvc", "Credential Manager", "lsass.exe"),
    StockService("VSS", "Volume Shadow Copy", "vssvc.exe"),
    StockService("W32Time", "Windows Time", "LocalService", account=_LOCAL),
    StockService("WbioSrvc", "Windows Biometric Service", "WbioSvcGroup"),
    StockService("wscsvc", "Security Center", "LocalServiceNetworkRestricted", AUTOMATIC, delayed=True, account=_LOCAL),
    StockService("WSearch", "Windows Search", "SearchIndexer.exe", AUTOMATIC, delayed=True),
    StockService("wuauserv", "Windows Update", "netsvcs", AUTOMATIC, delayed=True),
)
_WINDOWS_7: Final = (
    StockService("SCardSvr", "Smart Card", "LocalServiceAndNoImpersonation", account=_LOCAL),
    StockService("UxSms", "Desktop Window Manager Session Manager", "LocalSystemNetworkRestricted", AUTOMATIC),
    StockService("eventlog", "Windows Event Log", "LocalServiceNetworkRestricted", AUTOMATIC, account=_LOCAL),
    StockService("Winmgmt", "Windows Management Instrumentation", "netsvcs", AUTOMATIC),
)
_SINCE_WINDOWS_8: Final = (
    StockService("BrokerInfrastructure", "Background Tasks Infrastructure Service", "DcomLaunch", AUTOMATIC),
    StockService("LSM", "Local Session Manager", "DcomLaunch", AUTOMATIC),
    StockService("EventLog", "Windows Event Log", "LocalServiceNetworkRestricted", AUTOMATIC, account=_LOCAL),
    StockService("SCardSvr", "Smart Card", "LocalServiceAndNoImpersonation", DISABLED, account=_LOCAL),
    StockService("Winmgmt", "Windows Management Instrumentation", "netsvcs", AUTOMATIC),
)


def stock_services(profile: Profile) -> tuple[StockService, ...]:
    """The services of the machine; WinRM as `winrm quickconfig` leaves it, unless an administrator changed that."""
    start = MANUAL if profile.has("winrm_manual_start") else AUTOMATIC
    winrm = StockService(
        "WinRM",
        "Windows Remote Management (WS-Management)",
        "NetworkService",
        start,
        delayed=start == AUTOMATIC,
        account=_NETWORK,
        runs=True,
    )
    return (*_EVERYWHERE, *(_WINDOWS_7 if profile.branch == "windows7" else _SINCE_WINDOWS_8), winrm)
