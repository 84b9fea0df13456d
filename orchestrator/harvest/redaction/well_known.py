"""Names that are no person's, and names that are words: what redaction leaves alone, and where.

Windows names the accounts and groups that it brings along in its own language; those of the languages that the lab
speaks are here. learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(line.strip().casefold() for line in text.split(",") if line.strip())


ACCOUNTS: Final = _words(
    "SYSTEM, LocalSystem, LocalService, NetworkService, LOCAL SERVICE, NETWORK SERVICE, Lokaler Dienst, "
    "Netzwerkdienst, Système, Service local, Service réseau, Sistema, Servicio local, Servicio de red, СИСТЕМА, "
    "Administrator, Administrators, Administrateur, Administrateurs, Administrador, Administradores, "
    "Amministratore, Administratoren, Администратор, Guest, Gast, Invité, Invitado, DefaultAccount, "
    "WDAGUtilityAccount, krbtgt, DefaultUser0, defaultuser1, defaultuser100000, Default, Default User, "
    "Default.migrated, All Users, Public, systemprofile, TEMP, Everyone, Jeder, Users, Benutzer, Authenticated "
    "Users, ANONYMOUS LOGON, INTERACTIVE, NETWORK, SERVICE, BATCH, CREATOR OWNER, TrustedInstaller, Classic .NET "
    "AppPool, DefaultAppPool, .NET v4.5, .NET v4.5 Classic, DWM-1, DWM-2, DWM-3, UMFD-0, UMFD-1, UMFD-2, UMFD-3"
)
"""Accounts and groups that every Windows has; folders of profiles among them."""

NO_DOMAINS: Final = _words(
    "HKLM, HKCU, HKU, HKCR, HKCC, HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, HKEY_USERS, HKEY_CLASSES_ROOT, "
    "HKEY_CURRENT_CONFIG, HKEY_PERFORMANCE_DATA, MACHINE, REGISTRY, USER, SOFTWARE, SYSTEM, SAM, SECURITY, "
    "HARDWARE, SYSTEM32, SYSWOW64, SYSNATIVE, WINDOWS, WINNT, TEMP, TMP, USERS, DRIVERS, PROGRAMDATA, COMMON, BIN, "
    "CONFIG, INF, DEVICE, GLOBAL, ROOT, DOSDEVICES, NAMES, PIPE, SYSTEMROOT, WINEVT, MICROSOFT, POLICIES, NT, "
    "AUTHORITY, AUTORITÄT, AUTORITE, AUTORITÉ, BUILTIN, VORDEFINIERT, SERVICE, MANAGER, HOST, APPPOOL, PACKAGE"
)
"""What stands before a backslash and is none: the heads of paths and keys, and Windows' own authorities."""

EVERYDAY: Final = _words(
    "account, active, add, admin, administration, agent, all, and, any, app, application, are, auto, azure, backup, "
    "backslash, base, build, call, change, check, class, client, code, common, computer, config, console, "
    "copy, current, data, date, day, debug, default, demo, dell, desktop, desk, device, disk, dns, domain, down, "
    "drive, end, entra, error, event, exit, external, file, files, finance, find, first, folder, for, from, full, "
    "get, global, group, guest, help, helpdesk, home, host, info, information, install, installer, internal, "
    "internet, its, job, key, kiosk, lab, laptop, last, line, list, local, log, login, logon, logs, mail, main, "
    "manager, media, message, microsoft, mode, monitor, name, net, network, new, none, not, null, off, office, old, "
    "one, online, open, operator, order, other, out, owner, password, path, person, port, print, printer, product, "
    "profile, program, property, proxy, public, query, read, reboot, redacted, remote, report, reset, restart, "
    "result, root, run, sales, scan, scanner, secure, security, self, send, server, service, session, set, setup, "
    "shared, show, shutdown, source, sql, sspr, staff, start, state, stop, store, student, success, support, svc, "
    "system, table, task, teacher, team, temp, test, tester, testuser, text, the, time, tls, tool, training, true, "
    "false, type, unknown, update, user, user1, users, value, verbose, version, view, warning, web, win, window, "
    "windows, winrm, wizard, work, workstation, write, www, yes, xml, benutzer, dienst, konto, kunde, praxis, "
    "schule, schulung, verwaltung, zentrale, may, max, will, mark, art, bill, guy, rob, sue, pat, bob, drew, grant, "
    "grace, hope, iris, joy, rose, dawn, june, april, august"
)
"""Names that are words as well, in what logs say: replaced only where they can be nothing but an account."""

FILE_ENDINGS: Final = tuple(
    f".{ending}".encode()
    for ending in [
        "exe",
        "dll",
        "sys",
        "log",
        "msi",
        "msp",
        "mst",
        "cab",
        "xml",
        "txt",
        "inf",
        "ini",
        "reg",
        "evtx",
        "mui",
        "tmp",
        "bat",
        "cmd",
        "ps1",
        "vbs",
        "cat",
        "dat",
        "csv",
        "json",
        "zip",
        "lnk",
        "cpl",
        "ocx",
        "drv",
        "etl",
        "html",
        "htm",
        "js",
        "css",
        "jpg",
        "png",
        "manifest",
        "config",
        "nls",
        "pol",
        "admx",
    ]
)
"""What ends the name of a file, so that it is no account behind a domain."""
