r"""The programs and libraries in C:\Windows\System32 of a stock machine that administrators are likely to name."""

from typing import Final

from sspr_lab.profile import Profile
from sspr_lab.stock.providers import built_in


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PROGRAMS: Final = _names(
    "at.exe attrib.exe bcdedit.exe bitsadmin.exe cacls.exe certreq.exe certutil.exe chcp.com chkdsk.exe choice.exe "
    "cipher.exe clip.exe cmd.exe comp.exe compact.exe conhost.exe control.exe convert.exe cscript.exe csrss.exe "
    "defrag.exe dism.exe diskpart.exe dllhost.exe doskey.exe driverquery.exe eventcreate.exe expand.exe fc.exe "
    "find.exe findstr.exe forfiles.exe fsutil.exe ftp.exe getmac.exe gpresult.exe gpupdate.exe help.exe hostname.exe "
    "icacls.exe ipconfig.exe klist.exe label.com lodctr.exe logman.exe logoff.exe LogonUI.exe lsass.exe makecab.exe "
    "mode.com more.com mountvol.exe msiexec.exe mshta.exe nbtstat.exe net.exe net1.exe netsh.exe netstat.exe "
    "nslookup.exe openfiles.exe pathping.exe ping.exe pkgmgr.exe pnputil.exe powercfg.exe print.exe reg.exe "
    "regedt32.exe regini.exe regsvr32.exe robocopy.exe route.exe rundll32.exe runas.exe sc.exe schtasks.exe "
    "secedit.exe services.exe setx.exe sfc.exe shutdown.exe smss.exe sort.exe spoolsv.exe subst.exe svchost.exe "
    "systeminfo.exe takeown.exe taskeng.exe taskhost.exe taskkill.exe tasklist.exe timeout.exe tracert.exe tree.com "
    "typeperf.exe userinit.exe vssadmin.exe waitfor.exe wbadmin.exe wecutil.exe wevtutil.exe where.exe whoami.exe "
    "wininit.exe winlogon.exe winrs.exe wscript.exe wsmprovhost.exe wusa.exe xcopy.exe"
)
_NOT_ON_HOME: Final = _names("change.exe msg.exe query.exe quser.exe qwinsta.exe rwinsta.exe tscon.exe tsdiscon.exe")
_SINCE_WINDOWS_10: Final = ("curl.exe", "tar.exe")
_GONE_SINCE_WINDOWS_8: Final = frozenset({"at.exe"})
_LIBRARIES: Final = _names(
    "advapi32.dll kernel32.dll msi.dll ntdll.dll schannel.dll secur32.dll user32.dll winhttp.dll wininet.dll"
)
_NOT_IN_SYSWOW64: Final = _names(
    "bcdedit.exe csrss.exe conhost.exe LogonUI.exe lsass.exe services.exe smss.exe spoolsv.exe wininit.exe "
    "winlogon.exe quser.exe msg.exe wusa.exe wbadmin.exe vssadmin.exe"
)


def system32(profile: Profile) -> list[str]:
    """The names of the files in System32."""
    names = [*_PROGRAMS, *_LIBRARIES, *{provider.dll for provider in built_in(profile.branch)}]
    if not profile.is_home:
        names += _NOT_ON_HOME
    if profile.branch == "windows10":
        names += _SINCE_WINDOWS_10
    if profile.branch != "windows7":
        names = [name for name in names if name not in _GONE_SINCE_WINDOWS_8]
    return names


def syswow64(profile: Profile) -> list[str]:
    """The names of the 32-bit files that a 64-bit Windows keeps beside them."""
    return [name for name in system32(profile) if name not in _NOT_IN_SYSWOW64] if profile.is_x64 else []
