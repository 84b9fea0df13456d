# What the program says, for an administrator who reads it once: short, plain, in the field's own words.
#
# Reasons and remedies begin in lower case, have no full stop, and do not name the host. Selectors see `none`, `true` and
# `false`.

## Of everything

verbatim = { $text }
several = { $messages }
# The directory's name: the old one beside it where a page names it once.
-entra = Microsoft Entra ID
-entra-once = Microsoft Entra ID (formerly Azure AD)
nothing-to-do = no step of the playbook was for this host
host-unfinished = { $reason }; before that: { $left }
restart-due = a restart was set for { $at }
restarted-since = the host has restarted since

## What the WinRM service answers

winrm-fault = the WinRM service answers with a fault
winrm-fault-passes = the WinRM service answers with a fault that passes by itself
winrm-no-commands = the account may log on but not run commands
winrm-operation-aborted = the operation was aborted on the host
winrm-not-ready-for-input = the command is not ready for input
winrm-profile-unloaded = the account's profile was unloaded under the shell
winrm-shell-gone = the shell is gone
winrm-shell-closed = the shell is closed
winrm-shell-used-up = the shell has run as many commands as it may
-end-other-sessions = end other remote sessions on the host (winrs, PowerShell), or wait for their end, and run the same again
winrm-quota = a quota of the host is used up
    .remedy = { -end-other-sessions }
winrm-quota-of-account = the account's quota on the host is used up
    .remedy = { -end-other-sessions }
winrm-quota-of-host = the host's quota is used up
    .remedy = { -end-other-sessions }
winrm-too-many-shells = the host has as many remote shells as it allows
    .remedy = { -end-other-sessions }
winrm-too-many-users = too many users have remote shells there
    .remedy = { -end-other-sessions }
winrm-too-many-commands = the host runs as many remote commands as it allows
    .remedy = { -end-other-sessions }
winrm-too-many-commands-of-account = the account runs as many remote commands there as it may
    .remedy = { -end-other-sessions }
winrm-shells-forbidden = the host's policy forbids remote shells
    .remedy = allow them there: the policy "Allow Remote Shell Access" (Windows Remote Shell) must not be disabled
winrm-short-of-room = the host is short of room
winrm-service-timed-out = the service timed out
winrm-service-not-up = the service is not up yet
winrm-message-too-large = the message is larger than the host takes
    .remedy = set the limit to Windows' default: `winrm set winrm/config @{"{"}MaxEnvelopeSizekb="150"{"}"}` on the host
winrm-logon-failed = the log-on failed
winrm-message-not-accepted = the host does not accept the message

## Kerberos

-kerberos-account = check the name in the inventory, as in user@REALM with the realm in capitals
-kerberos-spn = check that the host belongs to the domain and that `kerberos: {"{"}spn_host: …{"}"}` is its name there; `setspn -L COMPUTER` lists its service principal names
-kerberos-kinit = get a ticket with `kinit`, or name a keytab or a password in the credential
-kerberos-clock = set the clocks: Kerberos allows five minutes between this machine, the domain controller and the host
-kerberos-kdc = check krb5.conf (realm, kdc, dns_lookup_kdc) and that the domain controller answers on port 88
-kerberos-key = the password or the keys in the keytab are not the account's present ones; write a new keytab
kerberos-no-such-account = the domain knows no such account
    .remedy = { -kerberos-account }
kerberos-no-such-service = the domain knows no service HTTP of that host
    .remedy = { -kerberos-spn }
-kerberos-aes = where its password is older than the domain's AES keys, set it anew; its attribute msDS-SupportedEncryptionTypes, and the policy "Configure encryption types allowed for Kerberos", have to allow AES. RC4 has come to its end on domain controllers in July 2026 (KB5073381)
kerberos-no-common-encryption = account and domain have no encryption type in common
    .remedy = see that the account has keys of AES: { -kerberos-aes }
kerberos-account-locked = the account is locked or disabled
    .remedy = have the account unlocked first
kerberos-password-expired = the account's password has expired
    .remedy = set a new password for the account
kerberos-proof-not-accepted = the domain does not accept password or keytab
    .remedy = { -kerberos-key }
kerberos-ticket-expired = the Kerberos ticket has expired
    .remedy = { -kerberos-kinit }
kerberos-ticket-not-valid-yet = the Kerberos ticket is not valid yet
    .remedy = { -kerberos-clock }
kerberos-clocks-apart = the clocks are too far apart for Kerberos
    .remedy = { -kerberos-clock }
kerberos-ticket-for-another = the ticket is for another machine than the one asked
    .remedy = { -kerberos-spn }
kerberos-another-realm = the account belongs to another realm
    .remedy = { -kerberos-account }
kerberos-no-ticket = there is no Kerberos ticket
    .remedy = { -kerberos-kinit }
kerberos-realm-unknown = no domain controller of the realm is known
    .remedy = { -kerberos-kdc }
kerberos-kdc-silent = no domain controller of the realm answers
    .remedy = { -kerberos-kdc }
kerberos-not-in-keytab = the keytab has no keys of the account
    .remedy = { -kerberos-account }
kerberos-no-proof = this computer could not make the proof that the domain wants of the account
    .remedy = see what it wants with `KRB5_TRACE=/dev/stderr kinit ACCOUNT`; { -kerberos-key }
keytab-of-others = the keytab has no keys of the account, but of { $others }
    .remedy = { -kerberos-account }
keytab-other-encryption = the keytab's keys of the account are for { $own } alone, and the domain wants { $wanted ->
        [unknown] another encryption type
       *[other] { $wanted }
    }
    .remedy = write a new keytab with keys for { $wanted ->
        [unknown] AES
       *[other] { $wanted }
    } ({ $ktpass ->
        [none] {""}
       *[other] `ktpass … /crypto { $ktpass }`, or{" "}
    }`addent -e { $wanted ->
        [unknown] aes256-cts-hmac-sha1-96
       *[other] { $wanted }
    }` in ktutil; `klist -ke FILE` shows what one has)
keytab-account-without-aes = the keytab's keys of the account are for { $own }, and the domain has none of these of the account, but { $wanted }
    .remedy = see that the account has keys of AES: { -kerberos-aes }. Then write a new keytab
keytab-not-permitted-here = the keytab's keys of the account are for { $own }, and krb5.conf on this computer does not permit { $forbidden }, which the domain would take
    .remedy = { $weak ->
        [yes] see that the account has keys of AES: { -kerberos-aes }. Then write a new keytab
       *[no] permit { $forbidden } in krb5.conf (`permitted_enctypes`, `default_tkt_enctypes`), or write a new keytab with keys of a type that is permitted there and that the account has
    }
kerberos-no-ticket-cache = there is no Kerberos ticket cache
    .remedy = { -kerberos-kinit }
kerberos-kdc-not-found = no domain controller of the realm is found
    .remedy = { -kerberos-kdc }
kerberos-none-for-host = Kerberos gives no ticket for the host
    .remedy = see whether `kinit` and `kvno HTTP/HOST` do better on this machine

## Log-ons

another-machine = { $found } answers where { $meant } is meant; it was left alone
    .remedy = see where the name leads (DNS and DHCP may lag behind) or correct `address`; where the machine was renamed, give it its new name in the inventory; where that name is meant to be another than its own, say there `computer_name: { $found }`, or `identity: any`
logon-refused = the log-on was refused: user name or password are wrong, the account is locked, or it may not use WinRM
logon-kerberos-refused = the host does not accept the Kerberos ticket, or the account may not use WinRM
    .remedy = check that `kerberos: {"{"}spn_host: …{"}"}` names this very host, and that the account is an administrator there
logon-basic-refused = the log-on was refused: user name or password are wrong, or it is no local account (Basic takes no others)
logon-certificate-refused = the host maps the client certificate to no account, or takes no certificates
    .remedy = map it there with `winrm create winrm/config/service/certmapping?…`, and allow the way with `winrm set winrm/config/service/auth @{"{"}Certificate="true"{"}"}`
logon-no-ntlm = the host offers no NTLM log-on
    .remedy = a policy there may forbid it; try `logon: kerberos`
logon-no-kerberos = the host offers no Kerberos log-on
    .remedy = a policy there may forbid it; try `logon: ntlm`
logon-no-basic = the host offers no Basic log-on
    .remedy = it is off unless somebody runs `winrm set winrm/config/service/auth @{"{"}Basic="true"{"}"}` there; `logon: ntlm` needs nothing
logon-no-certificate = the host offers no log-on by certificate
    .remedy = allow it there with `winrm set winrm/config/service/auth @{"{"}Certificate="true"{"}"}`
logon-no-credssp = the host offers no CredSSP log-on
    .remedy = it is off unless somebody runs `winrm set winrm/config/service/auth @{"{"}CredSSP="true"{"}"}` there; `logon: ntlm` needs nothing
logon-asked-again = the host asks for another log-on in the middle of a conversation
    .remedy = see whether the account was locked or its password changed just now, and run the same again: it goes on from what it finds
logon-credssp-old-tls = CredSSP needs TLS 1.2, and the host has only older TLS for it
    .remedy = on Windows 7 install KB3080079 and switch TLS 1.2 on with `sspr run enable-tls12` (`logon: ntlm` for that)
logon-withheld = not tried: { $account } was refused or got no answer { $refusals ->
    [one] once
   *[other] { $refusals } times
} in a row within the last hour, here or in other runs, and may be locked by another time
logon-run-is-over = not tried: the run is over
logon-credssp-certificate = the certificate that the host shows inside CredSSP is not made as it has to be, and cannot be read ({ $problem })
    .remedy = give the host another certificate for it, as one that it makes for itself is, or log on with `logon: kerberos` or `ntlm`
logon-over-https = { $remedy }; over HTTPS also that nothing between here and the host ends TLS (channel binding)

## TLS with a host

-pin = `https: {"{"}fingerprint: …{"}"}`
-renew = have the certificate renewed on the host; log on over HTTP 5985 until then
tls-untrusted = the host's certificate was not issued by a trusted authority
    .remedy = name your certification authority with `https: {"{"}ca: FILE.pem{"}"}`, or pin the certificate with { -pin }
tls-self-signed = the host's certificate is self-signed and not trusted
    .remedy = pin it with { -pin }, once you know from the host itself that it is its own
tls-wrong-name = the host's certificate is for another name
    .remedy = say which name it has with `https: {"{"}server_name: …{"}"}`, or have a certificate issued for this name
tls-weak-certificate = the host's certificate is too weak: its key is short or its signature is MD5 or SHA-1
    .remedy = have a new one issued, or pin this one with { -pin }
tls-not-valid-yet = the host's certificate is not valid yet
    .remedy = check the clocks of this machine and of whoever issued it
tls-expired = the host's certificate has expired
    .remedy = { -renew }
tls-revoked = the host's certificate was revoked
    .remedy = { -renew }
tls-certificate-not-accepted = the host's certificate is not accepted ({ $why })
    .remedy = pin it with { -pin }, or replace it
tls-another-certificate = the host shows another certificate than the pinned one
    .remedy = find out on the host whether the new one is its own; if it is, pin that
tls-certificate-unreadable = the host's certificate is not encoded as one, so that no log-on can be bound to it
    .remedy = have a new one issued for its HTTPS listener, or log on over HTTP 5985 (leave out `https`; messages are sealed there)
tls-too-old = the host speaks no TLS 1.2: an unfixed Windows 7 has only TLS 1.0
    .remedy = log on over HTTP 5985 first (leave out `https`; messages are sealed there), and switch TLS 1.2 on with `sspr run enable-tls12`
tls-no-cipher = the host has no cipher suite in common with this machine, or no certificate that it can use
    .remedy = check the certificate of the host's listener (winrm enumerate winrm/config/listener) and its cipher policy
tls-none = what answers on the port does not speak TLS
    .remedy = WinRM over HTTPS has port 5986; leave out `https` for 5985
tls-not-agreed = the TLS handshake with the host failed
    .remedy = check the listener's certificate on the host and its TLS settings
tls-ended = the host closes the connection during the TLS handshake
    .remedy = bind a certificate to its HTTPS listener; where it speaks only TLS 1.0, as an unfixed Windows 7 does, log on over HTTP 5985 first
tls-client-certificate-refused = the host does not accept the client certificate
    .remedy = the certificate that issued it has to be among the host's trusted ones, and it must be for client authentication

## Reaching a host

name-unknown = the host's name cannot be resolved here
no-answer = no answer on the WinRM port
winrm-port-refuses = the machine takes no connection on the WinRM port
    .remedy = set WinRM up there (winrm quickconfig), or see that no firewall rejects us; WinRM over HTTPS has port 5986, and 5985 without
no-way-there = no way leads from here to the machine ({ $why })
    .remedy = see that the machine is on, and check routes and firewall of this computer and of the network between; machines behind an SSH server are reached with `via`
no-winrm = what answers on the WinRM port does not speak WinRM as a Windows machine does
connection-broke = the connection broke
connection-broke-at-logon = the connection broke before the log-on was over
winrm-no-answer-in-time = the WinRM service did not answer in time
winrm-http-in-conversation = the WinRM service answered HTTP { $status } in the middle of a conversation
winrm-no-listener = the WinRM service is not up yet or has no listener (HTTP { $status })
winrm-http = the WinRM port answered HTTP { $status }, not as WinRM does
winrm-input-not-taken = the host did not take what was sent in time
winrm-command-not-finished = the host did not finish a command in time
winrm-command-held-up = the host did not finish a command in time: { $command }
winrm-endless-output = a command on the host prints without end
winrm-over-before-asked = the time allowed was over before the host could be asked

## What Task Scheduler does

lease-held = { $owner } is at work on this machine, since { $since }
    .remedy = run the same again when that run has ended; see `sspr leases list`, and only if it will never go on, `sspr leases break`
lease-lost = this run was at work on the machine and its lease was taken away, so it has changed nothing more; now { $owner }
    .remedy = find out who broke the lease, then run the same again: it goes on from what is there
lease-owner = run { $run } of { $account } on { $computer }
lease-owner-unknown = another run that has not said which it is
lease-owner-nobody = nobody has it
progress-waiting-for-lease = waiting: { $reason }
progress-waiting-to-be-sent = waiting for its turn to be sent a file
progress-waiting-for-neighbour = waiting until { $other } is done, which is at the same address and port
progress-waiting-for-window = waiting for its maintenance window, { $closes ->
    [none] from { $opens } on
   *[other] { $opens } to { $closes }
}, the host's time
window-after-end = not changed: its next maintenance window that has room for this, { $closes ->
    [none] from { $opens } on
   *[other] { $opens } to { $closes }
}, the host's time, opens after the end of the run (--until), { $end }
    .remedy = say a later `--until`, or run the same again when that window is near; `--ignore-windows` changes the host at once
window-never = not changed: no maintenance window that has room for this opens within a year
    .remedy = see `maintenance` in the inventory: its blackouts, its dates, and whether its windows are long enough for the step and `needs_minutes`; `--ignore-windows` changes the host at once
window-no-time-zone = not changed: its time zone cannot be read, so that nobody can tell whether it is in its maintenance window
    .remedy = set the time zone there anew (`tzutil /s "W. Europe Standard Time"`, say), or see who may not read TimeZoneInformation; `--ignore-windows` changes the host at once
change-give-lease-back = give the machine's lease back
change-break-lease = break the machine's lease
leases-none = no run is at work on it
leases-held = { $owner } is at work on it
leases-ran-out = { $owner } was at work on it and its lease has run out, so the next run takes it over
leases-ended = { $owner } was at work on it and has ended without giving it back, so the next run takes it over
leases-broken = the lease is broken; { $owner } changes nothing more on it
leases-not-broken = the lease could not be taken away
    .remedy = delete the folder %SystemRoot%\SsprOrchestrator\lease there by hand
lease-could-not-take = could not take the machine's lease, a folder below %SystemRoot%
file-held = a program on the host has the file { $path } open, so that it cannot be written
task-never-started = Task Scheduler has taken the task twice and never started it, so nothing was begun

## What to do about an error of a kind

remedy-unreachable = see that the machine is on, that WinRM is set up there (winrm quickconfig), and that its firewall lets us in
remedy-name-unknown = check how the name is written in the inventory, or give the host's IP address there with `address`
remedy-jump-host-unreachable = see that the jump host is on, that its SSH server runs, and that its firewall lets us in
remedy-connection-lost = see that the machine is still on and its network holds, and run the same again: it goes on from what it finds
remedy-deadline-exceeded = see whether the machine is very busy or on a slow line, and run the same again; where it needs longer, give the step more `deadline_minutes` in a playbook of your own
remedy-change-unsettled = run the same again when the host can be reached: it goes on from what it finds
remedy-logon-refused = check user name and password in the inventory, and whether the account is locked or disabled
remedy-logon-withheld = check user name and password in the inventory, and whether the account is locked; then run the same again. A new password in a file is known by the file's time; tell of any other, and of an account that has been unlocked, with `--new-password`
remedy-access-denied = use an account that is an administrator there; for a local one set LocalAccountTokenFilterPolicy=1
remedy-winrm-fault = run the same again; if it stays so, restart the WinRM service on the host (`net stop winrm`, `net start winrm`), and see what `winrm get winrm/config` and the System log say there
remedy-command-failed = the command and what it printed are in the result file (`--json`): try it on the host as that account
remedy-unexpected-output = run `sspr doctor` on this host, and report what it prints: the program may have to learn this answer
remedy-file-held = run the same again in a few minutes; if it stays so, find the program there that holds the file, such as a virus scanner
remedy-task-never-started = restart the service Task Scheduler there, or the host; what it did is in the log Microsoft-Windows-TaskScheduler/Operational
remedy-source-changed = look who replaces this file while a run goes on, and run the same again with the file that is meant
remedy-transfer-corrupt = run the same again; if it stays so, look at the host's disk and at its virus scanner

## Jump hosts

jump-host-key-revoked = the host key of the jump host `{ $jump_host }` is marked as revoked in { $file }: { $key }
    .remedy = it was stolen or replaced: ask whoever runs the jump host
jump-host-key-differs = the jump host `{ $jump_host }` shows another host key than the one in { $file }: { $key } instead of { $others }
    .remedy = it was set up anew, or something else answers in its place: find out which, and only then remove the old key with `ssh-keygen -f { $file } -R '{ $name }'` and add the new one
jump-host-key-by-authority = the host key of the jump host `{ $jump_host }` is not known, and { $file }, line { $line }, trusts an authority for it, whose certificates this program cannot check: { $key }
    .remedy = add the jump host's own key to { $file } as well
jump-host-key-unknown = the host key of the jump host `{ $jump_host }` is not known: { $key }
    .remedy = compare it with the one on the jump host (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and add it to { $file } under the name { $name }, as `ssh-keyscan -p { $port } { $address }` prints it
jump-host-logon-refused = the jump host `{ $jump_host }` does not let { $user } in with { $shown }; it takes { $ways }
    .remedy = check user name, keys and password of the jump host in the inventory; this run tries them only once
jump-host-logon-breaks = the jump host `{ $jump_host }` closes the connection whenever we log on
    .remedy = look into its log; it is not tried again in this run, so that no account is locked
jump-host-forbids = the jump host `{ $jump_host }` does not allow connections to it
    .remedy = allow them there for { $user }: AllowTcpForwarding and PermitOpen in sshd_config
jump-host-cannot-connect = the jump host `{ $jump_host }` cannot connect to it, and says "{ $said }"
    .remedy = try from the jump host, which looks up the name itself: `getent hosts NAME` and `nc -vz NAME PORT` there. Where the name is not known, give the machine's IP address with `address`; where nobody answers, see that the machine is on and that its firewall lets the jump host in
jump-host-cannot-reach-next = the jump host `{ $next }` is not reached: { $why }
jump-host-no-answer-beyond = no answer on the port, seen from the jump host `{ $jump_host }`
jump-host-leaves = the jump host `{ $jump_host }` closes the connection whenever it is asked to connect onwards
jump-host-not-in-time = the jump host `{ $jump_host }` could not be connected to in time
jump-host-not-needed = the jump host `{ $jump_host }` is not needed any more: the run is over
jump-host-silent = the jump host `{ $jump_host }` does not answer
jump-host-name-unknown = the name of the jump host `{ $jump_host }` cannot be resolved here: { $address }
    .remedy = check its `address` in the inventory, or give its IP address there
jump-host-nothing-listens = the jump host `{ $jump_host }` answers, but takes no connection on port { $port }
    .remedy = see that its SSH server runs and listens there, and that no firewall rejects us; another port is given with `port`
jump-host-defers = the jump host `{ $jump_host }` takes no connection from here at the moment, and says "{ $said }"
    .remedy = wait ten minutes, and run the same again: OpenSSH keeps addresses out for a while after log-ons that failed (PerSourcePenalties in sshd_config; PerSourcePenaltyExemptList names those that it never keeps out), and when too many log on at once (MaxStartups)
jump-host-no-ssh = the jump host `{ $jump_host }` does not answer as an SSH server does
jump-host-says-no-ssh = what answers for the jump host `{ $jump_host }` is no SSH server that lets us in, and says "{ $said }"
    .remedy = see what listens on that port, and what its words mean; the address and the port of the jump host stand in the inventory
jump-host-old-ssh = the jump host `{ $jump_host }` speaks version { $version } of SSH, and this program only 2.0
    .remedy = update its SSH server, or lead through another jump host
jump-host-nothing-in-common = the jump host `{ $jump_host }` offers no { $what ->
        [key-exchange] key exchange
        [host-key] host key algorithm
        [cipher] cipher
       *[mac] MAC
    } that this program has: { $offered }
    .remedy = allow one of these in its sshd_config ({ $setting }): { $ours }. A server so old that it has none of them, as those with SHA-1 alone, has to be updated, or another jump host named
jump-host-left-at-logon = the jump host `{ $jump_host }` closed the connection while we logged on
jump-host-no-room = the jump host `{ $jump_host }` takes no further connection
run-over = the run is over

## What msiexec ends with

task-terminated = Task Scheduler has ended it, because it took too long or somebody wanted it
msiexec-success = it was carried out
msiexec-success-reboot-required = it was carried out and needs a restart
msiexec-success-reboot-initiated = it was carried out, and the host is restarting
msiexec-unknown-product = the product is not installed
msiexec-product-uninstalled = the product is uninstalled
msiexec-install-already-running = another installation is running
msiexec-install-service-failure = the Windows Installer service does not answer
msiexec-install-source-absent = the package's source is not there
msiexec-install-package-open-failed = the package cannot be opened
msiexec-create-failed = the Windows Installer service failed to start
msiexec-install-userexit = it was cancelled on the host
msiexec-install-failure = Windows Installer met a fatal error
msiexec-install-suspend = it is suspended until a restart
msiexec-install-package-version = the host's Windows Installer is too old
msiexec-install-package-invalid = the package is not valid
msiexec-install-log-failure = the log file cannot be written
msiexec-install-language-unsupported = the package's language is not supported
msiexec-install-transform-failure = a transform failed
msiexec-install-package-rejected = a policy of the host forbids installations
msiexec-install-temp-unwritable = the temporary folder is full or not writable
msiexec-install-platform-unsupported = the package is for another architecture
msiexec-product-version = another version of the product is installed
msiexec-invalid-command-line = msiexec does not accept the command line
msiexec-patch-package-rejected = a policy of the host forbids the patch
msiexec-install-transform-rejected = a policy of the host forbids the transform
msiexec-install-service-safeboot = the host is in safe mode
msiexec-install-rejected = this Windows refuses the package
msiexec-apphelp-block = this Windows refuses the program as incompatible
msiexec-access-denied = access was denied
msiexec-ended = msiexec ended with { $code } ({ $hexadecimal })

## Why an installation failed, by the log of Windows Installer

msi-disk-full = the disk is full
    .remedy = free space on the system drive, then install again
msi-file-refused = SYSTEM was refused access to a file or folder
    .remedy = look at the permissions of the path named in the evidence; security software may guard it
msi-file-in-use = a file is in use by another program
    .remedy = restart the computer, or end the program that holds the file, then retry
msi-key-refused = SYSTEM was refused access to a registry key
    .remedy = look at the permissions of the key named in the evidence; security software may guard it
msi-old-package-gone = the package that an installed version came from is no longer there
    .remedy = put the old package back where it was installed from, or remove the old version with Microsoft's install and uninstall troubleshooter
msi-old-version-stays = an older version could not be removed
    .remedy = put the old package back where it was installed from, or remove the old version with Microsoft's install and uninstall troubleshooter
msi-package-damaged = the package is damaged
    .remedy = take a fresh copy of the package and compare its SHA-256
msi-another-installation = another installation is running on the computer
    .remedy = wait until it has finished, then retry
msi-waits-for-restart = an earlier installation waits for a restart
    .remedy = restart the computer, then install again
msi-secure-repair = Windows Installer could not hash the package, because the account that ran it has no profile on the computer
    .remedy = run msiexec as SYSTEM from a scheduled task, or log on once with that account
msi-folder-in-the-way = a folder has the name of a file that is to be installed
    .remedy = remove that folder
msi-file-not-written = a file could not be written
    .remedy = look at free space and permissions of the path in the evidence
msi-file-not-read = a file could not be read
    .remedy = look at the permissions of the path named in the evidence; security software may guard it
msi-package-file-missing = a file of the package is missing
    .remedy = take a fresh copy of the package and compare its SHA-256
msi-package-cabinet-missing = a cabinet of the package is missing
    .remedy = take a fresh copy of the package and compare its SHA-256
msi-folder-not-created = a folder could not be created
    .remedy = look at the permissions of the path named in the evidence; security software may guard it
msi-signature-rejected = a policy rejected a file for its signature
    .remedy = allow the package in the software restriction policy
msi-service-silent = the Windows Installer service does not answer
    .remedy = look whether the service msiserver starts
msi-script-failed = a script of the package failed
    .remedy = the package's own code failed: the lines above it in the log are its maker's to read
msi-program-not-started = a program of the package could not be started
    .remedy = the package's own code failed: the lines above it in the log are its maker's to read
msi-program-failed = a program of the package failed
    .remedy = the package's own code failed: the lines above it in the log are its maker's to read
msi-dll-not-run = a DLL of the package could not be run, most likely because a DLL that it needs is missing
    .remedy = install what the package requires, such as the Visual C++ runtime, then retry
msi-removal-for-administrators = only an administrator may remove the installed version
    .remedy = run the removal as SYSTEM
msi-dll-not-registered = a DLL of the package could not be registered
    .remedy = the package's own code failed: the lines above it in the log are its maker's to read
msi-service-not-started = a service of the package did not start
    .remedy = look into the System log for why the service stopped
msi-service-not-stopped = a service could not be stopped
    .remedy = restart the computer, then retry
msi-service-not-deleted = a service could not be deleted
    .remedy = restart the computer, then retry
msi-service-not-installed = a service could not be installed
    .remedy = restart the computer, so that an old service of that name goes
msi-not-for-all-users = the account may not install for all users
    .remedy = run the installation as SYSTEM
msi-assembly-not-installed = an assembly could not be installed
    .remedy = repair Windows' component store, then retry
msi-temporary-folder = the installer may not write its temporary folder
    .remedy = give SYSTEM full access to C:\Windows\Temp
msi-remedy-service = look whether the service msiserver starts
msi-remedy-cancelled = run it again
msi-remedy-not-opened = look whether the package is at its path and SYSTEM may read it
msi-remedy-policy = look at the policy DisableMSI and at software restriction policies
msi-remedy-temporary-folder = look at free space and at the permissions of C:\Windows\Temp
msi-remedy-architecture = use the package for this Windows: x86 or x64
msi-remedy-other-version = remove that version first, or use a package that upgrades it
msi-remedy-newer-installer = update Windows: the package asks for a newer Windows Installer
msi-remedy-log-file = look at the path of the log: its folder has to be there and SYSTEM has to be able to write to it
msi-remedy-transform = look whether the transform is at its path and belongs to this package
msi-not-accepted = the package does not accept this computer
    .remedy = meet the condition that the package states, then retry
msi-custom-action-failed = the package's custom action { $action } failed with code { $code }
msi-action-failed = the action { $action } failed, for a reason that was not recognised in the log
msi-action-failed-during = the action { $action } failed while doing { $operation }, for a reason that was not recognised in the log
msi-failed-before-any-action = the installer failed before any action of the package did
msi-no-log = this is not a log of Windows Installer
msi-log-empty = the log is empty
msi-log-ends-early = the log ends before the installer finished
    .remedy = look into the System log whether the computer went off or restarted then, and install again
msi-cause-about = { $cause }: { $about }
msi-path-with-odd-character = the path of a folder has a character in it that may not be there
    .remedy = look at the path in the evidence: a folder of the user's or of a policy's is set to something that is none
msi-network-folder-not-reached = a folder on the network could not be reached
    .remedy = look at the path in the evidence: a folder of Windows is redirected to a place that SYSTEM cannot reach
msi-file-protected = Windows protects a file that the package would replace
    .remedy = it belongs to Windows; report it to whoever made the package
msi-database-not-opened = Windows Installer could not open one of its own files
    .remedy = look at the permissions of C:\Windows\Installer, and exclude it from the virus scanner; then install again
msi-out-of-memory = the computer had no memory left
    .remedy = restart the computer, then install again
msi-file-in-the-way = a file has the name of a folder that is to be created
    .remedy = rename or remove that file
msi-drive-not-there = a drive is not there or cannot be written
    .remedy = look at the path in the evidence: a folder of Windows lies on a drive that SYSTEM does not have
msi-path-too-long = a path is too long
    .remedy = install into a folder with a shorter path
msi-signature-not-trusted = Windows does not trust the signature of a cabinet of the package
    .remedy = install the updates for SHA-2 signatures (Windows 7: KB4474419, before that KB3033929) and current root certificates, and take a fresh copy of the package
msi-package-not-copied = Windows Installer could not copy the package to C:\Windows\Installer
    .remedy = look whether C:\Windows\Installer is there, is no link, and SYSTEM may write to it, and whether the package lies where SYSTEM may read it
msi-script-engine-missing = a script of the package could not be run, because Windows' script engine is not registered
    .remedy = register it again (`regsvr32 vbscript.dll`, `regsvr32 jscript.dll`), and remove what a user has registered in its place below HKCU\SOFTWARE\Classes\CLSID
msi-variable-not-set = an environment variable could not be set
    .remedy = look at the permissions of HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment
msi-permissions-not-set = the permissions of a file could not be set
    .remedy = look at the permissions and the owner of the path named in the evidence
msi-other-message = Windows Installer reported error { $code }: { $text }
msi-of-several-sessions = { $cause } (the log holds { $sessions } runs of the installer; this is of the last that failed)
msi-rolled-back = { $cause }; what had been done was rolled back

## What came home

cabinet-part-of-a-set = the cabinet is one part of a set that makecab split; MaxDiskSize=0 avoids that
cabinet-none = this is no cabinet, or one of a kind that we do not read
cabinet-damaged = the cabinet is damaged
cabinet-same-name = two files in the cabinet have the same name
cabinet-too-large = it would unpack to more than { $megabytes } MB
cabinet-too-many-files = it holds more than { $most } files
cabinet-not-unpacked = the cabinet was not unpacked: { $excess }
cabinet-name-not-accepted = a file name in the cabinet { $objection }
eventlog-incomplete = the file is cut off or damaged, and may have had more events
eventlog-document-type = the XML has a document type, which event XML never has
eventlog-no-xml = this is no event XML
eventlog-too-many-events = of all events, only the newest { $shown } are in summary and timeline
eventlog-too-much-work = reading this event log takes more memory or time than it may
redaction-no-text = not a kind of file that can be rewritten
redaction-mixed = UTF-16 and other text are mixed in it, so that names may stand where they cannot be found
redaction-broken = its text is damaged or breaks off, and cannot be written again as it was
redaction-value-too-long = a value or line in it is too long to be looked into
redaction-name = its name with pseudonyms { $objection }
redaction-too-many-names = more than { $most } accounts are named there, which no machine has; nothing was written
eventlog-unreadable-events = { $count } of its events cannot be read
registry-file-none = this is no exported registry file
registry-file-cut-off = the exported file is cut off: what it lacks may have been there
registry-file-too-many-names = more keys and values are exported than we read
zip-packed-otherwise = it is encrypted, or packed in a way that is not read
zip-no-plain-file = it is not a plain file, or lies too deep
zip-name-not-accepted = its name { $objection }
given-not-plain = it is a link, a pipe or a device, which is not opened
given-too-many = more files are there than are looked at
given-too-deep = folders lie deeper in each other than is looked at
given-too-large = it is larger than any file that is looked at
given-unpacks-to-too-much = all that is packed would unpack to more than is looked at
given-nested = archives lie deeper in each other than is looked at
given-unreadable = it cannot be read: { $why }
file-not-looked-into = this is more than we look into from one computer

## Files there and back

transfer-kept-a-part = could not write { $path }: the host has kept { $arrived } of { $whole } bytes of its text
transfer-changed-here = { $file } is another file now than the one that was to be sent
transfer-arrived-differently = { $file } did not arrive as it was sent
transfer-came-differently = a file did not arrive here as the host offered it
transfer-not-there = the file to be fetched is not there
transfer-more-than-agreed = the host sends more than was agreed
transfer-no-last-line = a file ends without its last line
transfer-no-hash = certutil shows no SHA-256
transfer-lines-missing = lines of a file are missing
transfer-line-without-number = a line of a file has no number
transfer-line-not-base64 = a line of a file is not base64

## Changes: each completes "would …" and "could not …"

would = would { $change }
could-not = could not { $change }
with-exit-code = { $reason } (exit code { $code }){ $words ->
        [none] {""}
       *[other] {": "}{ $words }
    }
not-asked = the host could not be asked: { $command }
lost-in-a-change = the connection was lost in the middle of a change ({ $change })
change-write-file = write { $path }
change-make-ready-to-fetch = make ready to fetch
change-note-restart = note that a restart is due
change-forget-scheduled-restart = remove the note about a scheduled restart
change-forget-restarts = remove the notes about a restart
change-schedule-restart = schedule a restart
change-cancel-restart = cancel the scheduled restart
change-run-command = run the command
change-read-output = read what the command printed
change-tls12-schannel = enable TLS 1.2 in Schannel { $side }
change-tls12-winhttp = offer TLS 1.2 in WinHTTP
change-tls12 = enable TLS 1.2 in { $places }
change-collect-logs = collect logs
change-make-room-for-logs = make a folder for the logs
change-copy-logs = copy logs
change-drop-logs = leave out what is too large
change-pack-logs = pack the logs
change-pack-log = pack a log
change-remove-folder = remove the working folder
change-make-folder = make a folder
change-put-in-place = put { $file } in its place
change-remove-arrived = remove what has arrived
change-verbose-logging = switch verbose logging { $on ->
    [true] on
   *[false] off
}
change-windows10-reset = { $on ->
    [true] allow password reset at the log-on screen (AllowPasswordReset=1)
   *[false] forbid password reset at the log-on screen (AllowPasswordReset=0)
}

## Registry values that reg.exe cannot set

registry-kind-not-set = reg.exe does not set a { $kind } as it shows it
registry-number-too-large = a { $kind } is a number of { $bits } bits
registry-binary-not-hex = a REG_BINARY is hex digits, two a byte
registry-empty-string = reg.exe sets no REG_MULTI_SZ with an empty string in it
registry-control-characters = its text has control characters, such as a line's end, which no command line can hold
registry-too-long = its data is too long for a command line

## Names of files: each completes "the name …"

name-empty = is empty or made of dots
name-too-long = is longer than { $most } characters
name-reserved-character = has a separator, a colon, a control character or another that Windows reserves
name-not-shown = has a character that does not show
name-blank-at-end = begins or ends with a blank, or ends with a dot
name-of-device = is the name of a device on Windows

## Answers that are not as expected

answer-no-computer-name = the machine does not tell what it is called, neither at the log-on nor in ActiveComputerName
answer-no-time-zone = the registry shows no time zone that can be read (TimeZoneInformation)
answer-if-exist = if exist answers with something else than yes or nothing
answer-unanswered = the host's cmd.exe does not come to the end of a command: { $command } – { $words ->
        [none] it says nothing about it
       *[other] it says: { $words }
    }
answer-not-proved = whether { $place } is in the registry could not be found out: { $words ->
        [none] reg query ended with 1
       *[other] { $words }
    }
answer-reg-query = reg query ended with { $code }
answer-reg-query-all = reg query /s ended with { $code }
answer-reg-no-number = reg query shows a { $kind } that is no number
answer-listing = a listing of files is not as expected
answer-listing-no-length = a listing of files shows no length

## Of several steps

remedy-set-back = find out which policy or program on the host sets it back, and run the same again
remedy-leave-host-out = leave this host out, with `--limit` or a condition of the step (`when`)
did-not-stay = { $name } was written but did not stay
branch-left-unchanged = { $product } is no Windows 7, 8, 8.1 or 10, and nothing is changed on it
people-logged-on = { $count ->
    [one] 1 person is logged on
   *[other] { $count } people are logged on
}

people-unknown = the host does not say whether anybody is logged on

## How far a step is

progress-sending = sending { $percent } %
progress-comparing = unpacking and comparing
progress-fetching = { $whole ->
    [none] fetching, { $arrived } bytes so far
   *[other] fetching, { $arrived } of { $whole } bytes
 }
progress-collecting = collecting on the host
progress-waiting-for-restart = waiting for the restart
progress-waiting-for-people = waiting, since { $people }
progress-waiting-for-turn = waiting for its turn to restart: { $other } is first, of the same `anti_affinity` ({ $group }){ $run ->
    [none] { "" }
   *[other] ; run { $run }, which had it restart, is not at work: `sspr runs resume { $run }` or `sspr reboot cancel` looks whether it has
}
progress-still-up = still up
progress-not-back-yet = not back yet
progress-waiting-for-logon-screen = waiting for the log-on screen

## Step preflight

preflight-nothing-in-the-way = nothing stands in the way

## Step tls12

tls12-would-be-enabled = nothing to verify yet: TLS 1.2 would be enabled by an earlier step
tls12-now-enabled = TLS 1.2 is enabled now, and takes effect with the next restart
tls12-windows10 = Windows 10 needs no settings of ours for TLS 1.2: { $judged }
tls12-with-next-restart = { $judged }; takes effect with the next restart
tls12-not-ours-to-change = { $product }: its TLS settings are not ours to change
tls12-did-not-stay = the settings were written but did not stay: { $judged }
remedy-enable-tls12 = run the playbook `enable-tls12`

## Step verify

verify-nothing-carried-out = nothing to verify yet: the steps before were not carried out
verify-not-registered = the credential provider is not registered
verify-no-dll-registered = the credential provider has no DLL registered
verify-dll-missing = the credential provider's DLL is missing
verify-not-installed = { $product } is not among the installed products
verify-other-version = version { $installed } is installed, not { $wanted }
verify-all-in-place = all is in place, and takes effect with the next restart
verified = { $tls12 ->
    [true] the add-in is in place, TLS 1.2 is on
   *[false] the add-in is in place
}
remedy-install-again = run the playbook `install` again: it does what is missing; if it stays so, see `sspr logs collect`

## Step verbose_logging

logging-built-in = Windows 10 has the feature built in, without the add-in and its verbose log
logging-not-installed = the add-in is not installed, so it cannot log
    .remedy = run the playbook `install`
logging-nothing-logs = the add-in is not installed, so nothing logs
logging-is = verbose logging is { $on ->
    [true] on
   *[false] off
} { $already ->
    [true] already
   *[false] now
}
logging-kept-on = verbose logging was on for a capture, and stays on now when that is over
change-keep-logging-on = keep verbose logging on when the capture that is on is over
logging-taken-up-later = lock the screen or sign out once so that the log-on screen takes it up

## Steps of captures

capture-begun = verbose logging is on until { $until } there, when the machine switches it back by itself{ $joined ->
        [true] { ", together with another capture" }
       *[false] { "" }
    }
capture-would-begin = would switch verbose logging on for { $minutes ->
        [one] a minute
       *[other] { $minutes } minutes
    }, after which the machine would switch it back by itself
capture-without-switch = Windows 10 has no verbose log to switch on; the logs that it has come home
capture-on-already = verbose logging was on before, and stays on
capture-mistyped = EnableLogging is there as { $kind } "{ $data }", which a capture could not be sure to put back
    .remedy = set it right with `sspr logs off`, then capture again
capture-not-armed = the task that would switch verbose logging back was registered and does not stand there as it should, so nothing was switched on
    .remedy = look on the machine whether something takes scheduled tasks away (a policy, a virus scanner)
capture-too-slow = the time was up before verbose logging could be switched on, which it is not: the line is slow
    .remedy = capture for longer, as with `--for 1h`
capture-task-stays = verbose logging is as it was before, and the task that switched it back is still there
    .remedy = delete the task SsprOrchestrator-verboselog there by hand, or run `sspr logs sweep` later
capture-nothing-begun = nothing was begun, so there is nothing to wait for
capture-time-is-up = the time is up
capture-ended-early = somebody has had enough
capture-none = no capture is on
capture-on-for-good = no capture is on; verbose logging is, and nothing switches it off (`sspr logs off` does)
capture-on-without-task = verbose logging is on, and the task that was to switch it back is gone: somebody has taken it away, or switched verbose logging on meanwhile
    .remedy = switch verbose logging off with `sspr logs off`, unless somebody wants it on
capture-nothing-switched = nothing was switched, so nothing had to be put back
capture-back-by-itself = the machine has switched verbose logging back by itself
capture-ended = verbose logging is as it was before the capture
capture-not-armed-for-others = somebody else's capture is on, and the task that ends it does not stand there as it should
    .remedy = end it for everybody with `sspr logs capture HOST --stop`
capture-goes-on = somebody else's capture is on as well, so that verbose logging stays on until { $until } there
capture-is-on = a capture is on until { $until } there{ $overdue ->
        [true] { ", which has passed" }
       *[false] { "" }
    }
capture-settled = a capture that was to end at { $until } there was still on; verbose logging is as it was before
progress-capture = waiting until { $until } there for somebody to try it

## Step root_certificate

change-root-certificate = trust the root certificate { $name } (SHA-1 { $thumbprint })
root-trusted = the machine { $already ->
    [true] trusts { $name } already
   *[false] trusts { $name } now
}
root-disallowed = { $name } is among the certificates that this machine is not to trust
    .remedy = find out who has put { $name } into the store Disallowed (a group policy, an administrator), and why
root-place-taken = the machine's own store has something else where { $name } belongs ({ $key })
    .remedy = look at what is in { $key }, delete that key when nobody needs it, and run again
root-changed-here = the file with the root certificate is not what it was when the run began

## Step registry_value

change-registry-value = { $delete ->
    [true] delete
   *[false] set
} { $name } in { $path }
registry-value-is = { $name } { $absent ->
    [true] is not there
   *[false] is as wanted
} { $already ->
    [true] already
   *[false] now
}
registry-value-done = { $name } is { $deleted ->
    [true] deleted
   *[false] set
} now
registry-value-there-again = { $name } was deleted but is there again

## Step copy

copy-no-such-folder = a { $architecture } Windows has no { $variable }
    .remedy = name another folder, or leave these hosts out with `when: {"{"}architecture: [x64]{"}"}`
copy-is-a-folder = { $path } is a folder on the host
    .remedy = name the file itself in `destination`, with its folder
copy-same-already = { $path } is the same already
copy-would = would copy { $file } to { $path } ({ $size } bytes)
copied = copied { $file }

## Step fetch

fetch-none-there = none of the files is there
fetch-no-such-file = there is no file { $patterns }
    .remedy = see how the path is written; say `required: false` where the file need not be there
fetch-would = would bring home { $count ->
    [one] 1 file
   *[other] { $count } files
} ({ $size } bytes); nothing on the host would stay changed
fetched = brought home { $count ->
    [one] 1 file
   *[other] { $count } files
} ({ $size } bytes)
fetch-too-many = { $count } files are meant, and at most { $most } are brought home at a time
fetch-too-much = the files come to more than { $most_mb } MB
fetch-file-too-large = { $path } is larger than { $most_mb } MB
fetch-name-not-taken = the host names a file in a way that is not taken over: it { $objection }
fetch-not-readable = { $path } cannot be read (exit code { $code }); perhaps another program holds it open
remedy-fetch-fewer = name fewer files, or raise fetch.maximum_mb

## Step collect

collect-would = would collect the logs; nothing on the host would stay changed
collect-no-cabinet = makecab reports success, but there is no cabinet
collect-too-much = the logs come to more than { $most_mb } MB
    .remedy = take more with `sspr run collect-logs --set collect.maximum_mb=256`, or fewer days (`sspr logs collect`)
collected = logs brought home
source-no-log = the host has no such log
source-log-anew = this is another log than last time, as its record numbers show, so that all of it was taken
source-records-gone = records { $first } to { $last } were written since last time and are gone: the log was cleared, or too small
source-log-emptied = the log is empty now: what was written behind record { $record } is gone
source-older-left = events up to record { $record } were left on the host, as with them it would be more than { $most_kb } KB
source-left-out = left out, as it would be more than { $most_kb } KB, which is all that it may take
source-files-left = { $count ->
    [one] the oldest file was
   *[other] the { $count } oldest files were
 } left on the host, as it may take { $most_kb } KB and no more than a number of files
source-odd-names = files whose names hold more than letters of ASCII, digits, `-`, `_` and `.` were left on the host
source-same-name = a file was left on the host, as one of another source has its name

## Step doctor

doctor-agrees = this machine does what we believe
doctor-contradicts = this machine contradicts what we believe
    .remedy = paste what `sspr doctor` prints into an issue: the program must learn this
doctor-files = files go there and come back whole, by findstr, certutil and makecab
doctor-task = a scheduled task runs Windows Installer as SYSTEM and leaves its exit code
doctor-notes = a registry key is written, read and removed
doctor-harvest = logs are exported and packed
doctor-came-back-different = the file came back different
doctor-note-stays = the note did not go away
doctor-no-cabinet = there is no cabinet
doctor-trial-failed = { $reason } { $evidence }
doctor-other-exit-code = msiexec ended with { $code }, expected { $expected }
doctor-other-note = noted { $noted }, read { $read }
change-ask-about-no-product = ask Windows Installer about a product that nobody has

## Step undo

undo-no-such-host = run { $run } had no such host
undo-nothing-changed = run { $run } changed nothing in its registry
undo-as-before = already as it was before run { $run }
undo-did-not-stay = what was put back did not stay
undo-next-restart = takes effect with the next restart (`sspr reboot schedule`)
undo-installer-stays = what Windows Installer did stays (the playbook `uninstall` removes the add-in)
undo-copies-stay = { $count ->
    [one] the file that it copied there stays
   *[other] the { $count } files that it copied there stay
}
undo-commands-stay = what its commands did stays
undo-lost-sight = the run lost sight of this host, and did not learn how its last step ended
undo-left-to-others = changed by others since and left alone: { $values }{ $more ->
    [0] {""}
   *[other] {" "}and { $more } more
}
undo-not-exactly = not put back, because it cannot be set exactly: { $values }{ $more ->
    [0] {""}
   *[other] {" "}and { $more } more
}
undo-value-changed = { $name } ({ $now }, was { $was })
undo-value-because = { $name } ({ $reason })
undo-value-and-next = { $values }, { $following }
value-absent = absent
change-put-back-all = put back what run { $run } changed
change-put-back-our-note = put back our own note about a restart
change-put-back-values = put back { $count ->
    [one] 1 registry value
   *[other] { $count } registry values
} that run { $run } had changed
remedy-decide-which-is-right = decide which setting is right; what was left alone can be set by hand or by its playbook

## Step reboot

reboot-switched-off = restarts are switched off
reboot-not-needed = no restart is needed
reboot-would-not-come-back = not restarted: WinRM does not start by itself, so the host would not be reachable afterwards
    .remedy = set the service WinRM to start automatically (sc config WinRM start= delayed-auto)
reboot-scheduled-already = a restart or power-off is scheduled on the host already, and not by this step; it was left as it is{ $kind ->
    [none] {""}
   *[other] {" "}(by its System log: { $kind }{ $account ->
        [none] {""}
       *[other] , asked for by { $account }
    })
}
    .remedy = wait for it, or ask who scheduled it; `shutdown /a` on the host calls it off. After a power-off somebody has to switch the machine on
reboot-nothing-scheduled = shutdown has said several times that the restart is scheduled, and it is not: the host's System log shows no request (User32 1074)
    .remedy = try `shutdown /r` on the host itself, and look for a policy or a program that keeps it from shutting down; where its System log takes no records any more, mend that first
reboot-unproved = { $what }; the host's System log could not prove it (User32 1074)
reboot-under-way = the host is going down already{ $ours ->
    [true] {""}
   *[false] , for a restart or a power-off that somebody else has asked for
} (shutdown ended with 1115: a shutdown is in progress){ $waited_for ->
    [true] {""}
   *[false] ; it was not waited for
}
reboot-under-way-before = when it was asked to restart, shutdown said that the host was going down already (1115)
reboot-refused = shutdown refused to restart the host (exit code { $code })
reboot-not-answered-since = the host was asked to restart and has not answered since
reboot-for-earlier-change = an earlier change takes effect with the next restart
reboot-for-step-of-this-run = a step of this run takes effect with the next restart
reboot-scheduled = { $at ->
    [none] a restart is scheduled
   *[other] a restart is scheduled for { $at }, the host's time
}{ $waited_for ->
    [true] {""}
   *[false] , and was not waited for
}
reboot-set-already = a restart is set already, for { $at }, which is another time than asked for now; `sspr reboot cancel` first, if it is to be changed{ $waited_for ->
    [true] {""}
   *[false] {" "}(it was not waited for)
}
reboot-with-people = { $what }; { $people }
reboot-left-for-people = the restart is left for later: { $people }
reboot-people-stayed = the restart is left for later: after { $minutes ->
        [one] a minute
       *[other] { $minutes } minutes
    } of waiting, { $people }
reboot-none-asked-for = no restart was asked for
reboot-not-restarted = has not restarted { $minutes ->
        [one] a minute
       *[other] { $minutes } minutes
    } after it was due
    .remedy = see at its screen whether a program holds the shutdown up, or somebody has cancelled it
reboot-not-come-back = did not come back within { $minutes ->
        [one] a minute
       *[other] { $minutes } minutes
    } after its restart was due
    .remedy = look at the machine: its screen, its network, and whether WinRM is allowed in the current network profile
reboot-last-look = at the last look: { $why }
reboot-called-off = somebody has cancelled the restart on the host (User32 1075 in its System log)
    .remedy = ask there when the host may be restarted, then run the same again
reboot-never-asked = the restart was not asked for: the line broke before it, and the host's System log shows no request (User32 1074)
    .remedy = run the same again: it goes on from what it finds
reboot-came-back = restarted and came back
reboot-cancelled = the restart is cancelled
reboot-none-of-ours = no restart of ours is scheduled
reboot-cancelled-by-somebody = somebody has cancelled the restart already
reboot-not-cancelled = { $code ->
    [1115] the host is going down already, too late to cancel that (shutdown ended with 1115)
   *[other] shutdown refused to cancel the restart (exit code { $code })
}
reboot-still-stands = shutdown has said several times that the restart is cancelled, and it is not: the host's System log still shows it (User32 1074, and no 1075 behind it)
    .remedy = try `shutdown /a` on the host itself, before the restart is due
remedy-try-shutdown-there = try `shutdown` on the host itself: `net helpmsg CODE` there says what the code means

## Beyond a machine

audit-records-lost = { $count ->
    [one] 1 record of it
   *[other] { $count } records of it
} could not be read
audit-more-pages = it is one page of an export that has more, which are not here
audit-by-shape = which records are about password resets was told by what they look like, since the service's name is not in it: some may be another service's
beyond-machine = If password reset fails and nothing above says why, ask next
beyond-machine-user = the user: which methods stand at https://aka.ms/mysecurityinfo? Since 7 September 2026 only methods that the user has registered count, no number or address that merely stands in the directory
beyond-machine-directory = the administrator of { -entra-once }: is self-service password reset enabled for this user, are as many methods registered as it asks for, and, for an account of the domain, does password writeback work?
beyond-machine-audit = the same administrator: what do the audit logs say of that minute (service "Self-service Password Management", activity "Self-service password reset flow activity progress")? The reason there is the answer
beyond-machine-not-there = Password reset is not there yet: run the playbook `install`

## Cases: what the files of a machine say

check-none = this is no check.json that we write
file-altered = it is not the file that was brought home: its hash is another than the manifest has
check-in-vain = the machine could not be looked at then: { $why }
manifest-none = this is no manifest that we write; whose files these are is told by themselves
given-unreadable-now = it cannot be read: { $why }
case-yes = nothing on the machine stands in the way of resetting a password at its log-on screen, by these files
case-no = nobody can reset a password at its log-on screen: { $problem }{ $more ->
    [0] {""}
    [one] {" "}(and one thing more, below)
   *[other] {" "}(and { $more } things more, below)
}
case-doubtful = something may keep people from resetting their password: { $problem }{ $more ->
    [0] {""}
    [one] {" "}(and one thing more, below)
   *[other] {" "}(and { $more } things more, below)
}
case-unknown = nothing was found that stands in the way, but the files do not tell { $missing }
case-missing-tls = how TLS 1.2 is set (exports of SCHANNEL and of WinHttp, or a check.json)
case-missing-add-in = whether the add-in is registered (exports of its keys below Credential Providers and CLSID, or a check.json)
case-missing-add-in-file = whether the add-in's file is there (events of the add-in, or a check.json)
case-missing-policy = whether Windows 10's password reset is switched on (an export of AzureADAccount, or a check.json)
problem-add-in-absent = the add-in is not there
    .remedy = run the playbook `install`
problem-add-in-without-class = the add-in is listed as a credential provider, but Windows does not know where its file is: half of it was removed
    .remedy = install it again with the playbook `install`
problem-installation-failed = the add-in could not be installed: { $cause }
    .remedy = mend that, and run the playbook `install` again
problem-installation-awaits-restart = the add-in was installed and asked for a restart (exit code { $code }), and Windows has not started since
    .remedy = restart the machine, for instance with the playbook `reboot`
problem-directory-refused = the directory refused the newest reset of { $user }: { $reason }
    .remedy = do for { $user } what that reason asks for, in the directory: registered methods, the policy of password reset, writeback
problem-verbose-logging-on = the add-in's verbose log was on when the files were taken, and fills the Application log
    .remedy = unless that was a capture, which switches it back by itself: when nobody needs it any more, run `sspr logs off`
problem-tls-no-common-suite = a server and this machine had no cipher suite in common ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = look whether TLS 1.2 is enabled, whether a policy orders cipher suites, and whether a proxy breaks TLS open
problem-tls-version-refused = a server did not take the version of TLS that this machine offers ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = enable TLS 1.2 with the playbook `enable-tls12`
problem-tls-root-not-trusted = the certificate of a server leads to a root that this machine does not trust ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = look whether the roots of Microsoft Entra are there (`sspr check --explain`), and whether a proxy breaks TLS open with a root of its own
problem-tls-certificate-date = the certificate of a server had expired, or was not valid yet, by this machine's clock ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = look whether the machine's clock is right
problem-tls-certificate-refused = this machine did not accept the certificate of a server ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = look whether a proxy or a firewall breaks TLS open for the machine
problem-revocation-not-reached = whether certificates are revoked could not be found out ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = let the machine reach the addresses for that, such as ocsp.digicert.com and crl3.digicert.com, by HTTP
problem-tls-credential-failed = Windows could not set TLS up at all for a program ({ $times ->
        [one] once
       *[other] { $times } times
    })
    .remedy = look which versions of TLS and which ciphers are switched off below SCHANNEL, and whether a FIPS policy is set
problem-tls-alert = a connection by TLS ended with a fatal alert ({ $times ->
        [one] once
       *[other] { $times } times
    }; the last one was { $alert })
    .remedy = look at the alert's number, and at what the machine was connecting to in that minute

## Findings: what is so, and what to do. `.meaning` is true of every host, `.fine` is so where nothing is found, `.wanted` is what
## would have to stand where it is looked for.

finding-unsupported = { $product } is not Windows 7, 8, 8.1 or 10
    .remedy = leave this host out
    .meaning = there is no password reset for this Windows
    .fine = a Windows that has password reset
    .wanted = Windows 7, 8, 8.1 or 10, for x86 or x64
finding-service-pack = Windows 7 without Service Pack 1 cannot be given TLS 1.2
    .remedy = install Service Pack 1
    .meaning = Windows 7 without Service Pack 1
    .fine = Service Pack 1 is there
    .wanted = Service Pack 1
finding-servicing = Windows is in the middle of installing updates
    .remedy = let it finish and restart, then run again
    .meaning = Windows is in the middle of installing updates
    .fine = Windows is not in the middle of installing updates
    .wanted = neither key
finding-disk = less than { $minimum_mb } MB are free on the system drive
    .remedy = free some space, for instance with Disk Cleanup
    .meaning = too little space on the system drive
    .fine = there is enough space on the system drive
    .wanted = as much as the policy's minimum_free_mb

finding-tls12 = { $judgement }
    .remedy = { $windows10 ->
        [true] find out who switched it off, and why; the playbooks leave Windows 10's TLS settings alone
       *[false] { $add_in ->
            [true] run the playbook `enable-tls12`: it enables TLS 1.2, and restarts the host where needed
           *[false] run the playbook `install`: it enables TLS 1.2 on its way, and restarts the host where needed
        }
    }
    .meaning = TLS 1.2 is not enabled explicitly
    .fine = TLS 1.2 is enabled
    .wanted = Enabled=1 and DisabledByDefault=0; bit 0x800 in DefaultSecureProtocols (Windows 10: not switched off)
finding-tls12-restart = settings were changed and take effect with the next restart
    .remedy = restart the host, for instance with the playbook `reboot`
    .meaning = TLS 1.2 was enabled and takes effect with the next restart
    .fine = no change of TLS 1.2 waits for a restart
    .wanted = a start since the change
finding-cipher-order = a group policy sets an order of cipher suites in which there is none that Entra is known to accept
    .remedy = add TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 and …_128_CBC_SHA256 to the policy "SSL Cipher Suite Order"
    .meaning = a policy leaves no cipher suite by which Entra can be reached
    .fine = no policy leaves out the cipher suites that are needed
    .wanted = no such value, or one of TLS_ECDHE_RSA_WITH_AES_…_CBC_SHA256 or …SHA384 in the list
finding-cipher-doubtful = of this host's cipher suites only such are left as Azure has given up or may give up: { $suites }
    .remedy = allow TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 and …_128_CBC_SHA256: in the policy "SSL Cipher Suite Order", or by Enabled below SCHANNEL; `sspr check --self-test` tells what the service takes today
    .meaning = only cipher suites are left that Azure has given up or may give up
    .fine = a cipher suite is left that Azure recommends
    .wanted = one of TLS_ECDHE_RSA_WITH_AES_…_CBC_SHA256 or …SHA384
finding-cipher-disabled = parts of Schannel are switched off, and no cipher suite is left by which Entra can be reached: { $parts }
    .remedy = delete Enabled=0 of these below SCHANNEL, and restart
    .meaning = parts of Schannel are switched off, and no cipher suite is left by which Entra can be reached
    .fine = no part of the cipher suites that are needed is switched off
    .wanted = 0xffffffff, or no such value, for AES, SHA256 or SHA384, and ECDH
finding-wininet-tls12 = WinINET leaves TLS 1.2 out for SYSTEM, whose log-on screen this is (SecureProtocols={ $protocols })
    .remedy = set SecureProtocols to { $wanted } where it is set: by policy, or for .DEFAULT
    .meaning = WinINET leaves TLS 1.2 out for SYSTEM
    .fine = WinINET does not leave TLS 1.2 out for SYSTEM
    .wanted = bit 0x800, or no such value

-root-store = the machine's store of trusted roots (a group policy, or `certutil -addstore Root FILE` there)
finding-root-disallowed = a store of certificates that this machine is not to trust has roots of Microsoft Entra or Azure, so that it takes the service for a forgery: { $names }
    .remedy = find out who has put them into the store Disallowed (the group policy "Untrusted Certificates", an administrator), and why; take them out there
    .meaning = roots of Microsoft Entra or Azure are among the certificates that are not to be trusted
    .fine = no root of Microsoft Entra is among the certificates that are not to be trusted
    .wanted = none of these roots
finding-root-updates-off = { $root } is not among the roots that this host trusts, and a policy keeps Windows from fetching roots (DisableRootAutoUpdate): it cannot verify Microsoft Entra
    .remedy = put it (SHA-1 { $thumbprint }, from digicert.com) into { -root-store }, or allow updates of roots
    .meaning = a root of Microsoft Entra is missing, and Windows may not fetch it
    .fine = Windows can trust the root of Microsoft Entra, or fetch it
    .wanted = the root in one of the stores, or no DisableRootAutoUpdate=1
finding-root-behind-proxy = { $root } is not among the roots that this host trusts, and Windows fetches roots as SYSTEM, without the proxy that only users have
    .remedy = give the machine a proxy of its own (`netsh winhttp set proxy`), or put the root (SHA-1 { $thumbprint }, from digicert.com) into { -root-store }
    .meaning = a root of Microsoft Entra is missing, and the machine may have no way to fetch it
    .fine = the root of Microsoft Entra is there, or the way to fetch it does not depend on a user's proxy
    .wanted = the root in one of the stores, or a proxy of the machine's own
finding-root-missing = { $root } is not yet among the roots that this host trusts; Windows fetches it when it meets it first, if it reaches Windows Update
    .remedy = see to it that the host reaches ctldl.windowsupdate.com, or put the root into { -root-store }
    .meaning = a root of Microsoft Entra is not there yet
    .fine = the root of Microsoft Entra is there
    .wanted = the root in one of the stores; where it is missing and may be fetched, nothing is proved
finding-root-others-missing = Windows may not fetch roots there, and not all of those that Azure uses are trusted: { $names }
    .remedy = put them into { -root-store } before Microsoft Entra changes over to another of them, or allow updates of roots
    .meaning = some roots of Azure are missing, and Windows may not fetch them
    .fine = no other root of Azure is missing where Windows may not fetch it
    .wanted = these roots in one of the stores, or no DisableRootAutoUpdate=1

finding-kb3140245 = neither KB3140245 nor a monthly rollup is registered: WinHTTP may not heed DefaultSecureProtocols
    .remedy = install KB3140245 or a monthly rollup; if password reset works on a host like this, ignore it
    .meaning = WinHTTP may not know the value that switches TLS 1.2 on
    .fine = the update by which WinHTTP heeds DefaultSecureProtocols is there
    .wanted = the update, or a later one that has brought the same, as every monthly rollup does: a package that is not registered proves nothing
finding-kb4474419 = KB4474419 (support for SHA-2 signatures) is not registered
    .meaning = files and updates that are signed with SHA-2 alone may be refused
    .fine = the update for SHA-2 signatures is registered
    .wanted = the update, or a later one that has brought the same: a package that is not registered proves nothing
finding-kb4490628 = KB4490628 (servicing stack) is not registered: updates since July 2019 may not install
    .meaning = updates since July 2019 may not install
    .fine = the servicing stack update is registered
    .wanted = the update, or a later one that has brought the same: a package that is not registered proves nothing
finding-kb3080079 = KB3080079 is not registered: logging on by CredSSP may fail where TLS 1.2 is required
    .meaning = CredSSP and Remote Desktop may not speak TLS 1.2
    .fine = the update for TLS 1.2 in CredSSP is registered
    .wanted = the update, or a later one that has brought the same: a package that is not registered proves nothing

finding-restart-pending = { $waiting }
    .remedy = restart the host when it suits its users
    .meaning = something waits for a restart
    .fine = nothing waits for a restart
    .wanted = no keys and values that wait for a restart, and one name of the computer
finding-file-renames = files wait to be replaced at the next start (printer drivers and virus scanners often leave such)
    .meaning = files wait to be replaced at the next start
    .fine = no files wait to be replaced
    .wanted = no such value
finding-winrm-start = WinRM does not start by itself; the host will not be restarted, as it would not be reachable afterwards
    .remedy = set the service WinRM to start automatically (sc config WinRM start= delayed-auto)
    .meaning = WinRM does not start by itself
    .fine = WinRM starts by itself
    .wanted = 2 (automatically)
finding-logged-on = { $people }; a restart would interrupt their work
    .meaning = somebody is logged on, whom a restart would interrupt
    .fine = nobody is logged on
    .wanted = nobody

finding-uac = User Account Control is switched off, which is known to break password reset
    .remedy = set EnableLUA=1 and restart
    .meaning = User Account Control is switched off
    .fine = User Account Control is on
    .wanted = 1, or no such value
finding-other-providers = there are credential providers of other makers; users may see more than one tile
    .remedy = try the add-in beside them on one machine first
    .meaning = there are credential providers of other makers
    .fine = there are no other makers' credential providers
    .wanted = none but Windows' own
finding-provider-filters = a credential provider filter of another maker may hide the add-in
    .remedy = ask the maker of the filter how to let { $clsid } through
    .meaning = a filter of another maker may hide the add-in
    .fine = there are no other makers' filters of credential providers
    .wanted = none but Windows' own
finding-excluded = a policy excludes the add-in's credential provider: users would never see it
    .remedy = take { $clsid } out of the policy "Exclude credential providers"
    .meaning = a policy keeps the add-in from being shown
    .fine = no policy keeps the add-in from being shown
    .wanted = a list without { "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}" }, or no such value
finding-disabled = the add-in's credential provider is disabled: users would never see it
    .remedy = delete the value Disabled of the provider's key, or have whoever sets it leave it out
    .meaning = the add-in's credential provider is disabled
    .fine = the add-in's credential provider is not disabled
    .wanted = 0, or no such value
finding-not-a-number = settings that have to be numbers (REG_DWORD) are none, so that Windows passes them over, as far as is known: { $values }
    .remedy = set each anew as a REG_DWORD with the number that is meant (`--explain` names their keys); a policy that nobody meant can be deleted
    .meaning = settings that have to be numbers (REG_DWORD) are of another type
    .fine = the numbers that are read of the registry are numbers
    .wanted = a REG_DWORD, or no such value
finding-smart-card = a policy requires smart cards to log on: a password that was reset is of no use at this log-on screen
    .remedy = leave this host out, or take it out of "Interactive logon: Require smart card"
    .meaning = a policy lets nobody log on with a password
    .fine = no policy requires smart cards
    .wanted = 0, or no such value

finding-proxy = connections of the log-on screen go through a proxy ({ $winhttp ->
        [none] WinINET by { $wininet }
       *[other] WinHTTP by { $winhttp }{ $wininet ->
            [none] {""}
           *[other] {" "}and WinINET by { $wininet }
        }
    }); it must let { $service }{ $scripts ->
        [none] {""}
       *[other] {" "}and { $scripts }
    } through without authentication
    .meaning = the host reaches the Internet by a proxy
    .fine = the machine has no proxy
    .wanted = nothing has to be otherwise; a proxy has to let the service through without authentication
finding-proxy-of-users = only users have a proxy ({ $proxies }), and nobody is a user at the log-on screen
    .remedy = let { $service }{ $scripts ->
        [none] {""}
       *[other] {" "}and { $scripts }
    } out directly, or give the machine its proxy (netsh winhttp import proxy source=ie)
    .meaning = users have a proxy and the machine has none
    .fine = users have no proxy that the machine lacks
    .wanted = the users' proxy for the machine as well, or none for anybody
finding-proxy-unreadable = WinHTTP has proxy settings in a form that we do not know
    .meaning = WinHTTP's proxy settings are not in a form that we know
    .fine = WinHTTP's proxy settings are in a form that we know
    .wanted = settings as netsh winhttp writes
finding-clock = the host's clock is { $amount } { $unit ->
        [days] days
        [hours] hours
       *[minutes] { $amount ->
            [one] minute
           *[other] minutes
        }
    } { $ahead ->
        [true] ahead of
       *[false] behind
    } ours: Kerberos refuses such a difference, and certificates may not be valid by it
    .remedy = set the clock, and see why the Windows Time service does not
    .meaning = the host's clock is further off than it may be
    .fine = the clock is right
    .wanted = no further apart than the policy's clock_minutes

finding-egress-name = the host cannot resolve the name { $name }
    .remedy = let the host's DNS servers resolve { $name }
    .meaning = the host cannot resolve the service's name
    .fine = the host resolves the service's name
    .wanted = DNS knows the name
finding-egress-route = the host gets no connection to { $service }{ $proxy ->
        [none] {""}
       *[other] {" "}by its proxy { $proxy }
    }
    .remedy = let the host out to { $service } in firewalls, or give the machine its proxy (netsh winhttp set proxy)
    .meaning = the host gets no connection to the service
    .fine = the host gets connections to the service
    .wanted = a connection
finding-egress-tls = the host reaches { $service }{ $proxy ->
        [none] {""}
       *[other] {" "}by its proxy { $proxy }
    }, and no TLS connection comes about{ $tls12 ->
        [off] , as long as TLS 1.2 is not enabled
        [awaits-restart] {" "}before the restart for which TLS 1.2 waits
       *[on] , although TLS 1.2 is enabled
    }
    .remedy = { $tls12 ->
        [off] enable TLS 1.2, restart, and check once more
        [awaits-restart] restart the host, and check once more
       *[on] see the other findings (cipher_order, kb3140245); run `sspr check --self-test`, which tells whether the service takes what this Windows has; look for what inspects TLS on the way
    }
    .meaning = no TLS connection to the service comes about
    .fine = the host speaks TLS with the service
    .wanted = a handshake with TLS 1.2
finding-egress-certificate = the host does not accept the certificate that it is shown for { $service }{ $proxy ->
        [none] {""}
       *[other] {" "}by its proxy { $proxy }
    }: what inspects TLS on the way puts in one of its own, or the host's clock or its root certificates are out of date
    .remedy = leave { $service } out of TLS inspection; see whether the clock is right and roots are updated
    .meaning = the host does not accept the service's certificate
    .fine = the host accepts the service's certificate
    .wanted = the service's own
finding-egress-proxy = a proxy refuses the way to { $service }{ $proxy ->
        [none] {""}
       *[other] {" "}by its proxy { $proxy }
    } (HTTP status { $status }); nobody is logged on at the log-on screen who could answer it
    .remedy = let { $service } through the proxy without authentication
    .meaning = a proxy refuses the way to the service
    .fine = no proxy refuses the way to the service
    .wanted = an answer of the service itself
finding-egress-unknown = whether the host reaches { $service } could not be found out: its script host did not run the question or answered something that is not known
    .remedy = try a browser on the host; a policy against Windows Script Host or a virus scanner may forbid scripts
    .meaning = whether the host reaches the service could not be found out
    .fine = whether the host reaches the service is known
    .wanted = an answer or an error

finding-not-known = not known: { $about }, { $words ->
        [none] which the host does not answer
       *[other] the host says: { $words }
    }
    .remedy = look at it on the host itself, and see what keeps the account from it
    .meaning = a question that the host refused or did not come to the end of
    .fine = the host has answered every question
    .wanted = an answer
finding-remote-desktop = Remote Desktop is allowed, and password reset is not offered there: it has to be tried at the machine
    .meaning = password reset is not offered over Remote Desktop
    .fine = Remote Desktop is not allowed
    .wanted = nothing has to be otherwise; password reset is tried at the machine
finding-dot1x-before-logon = a network profile asks for 802.1X immediately before user log-on: until then there is no network to reset a password by
    .remedy = authenticate the machine instead (802.1X computer authentication)
    .meaning = 802.1X immediately before user log-on: there is no network to reset by
    .fine = no network asks for 802.1X immediately before log-on
    .wanted = no type preLogon
finding-dot1x = 802.1X may be in use; password reset works with computer authentication, and not with "immediately before user logon"
    .meaning = 802.1X may be in use; it must not wait for a user to log on
    .fine = no sign of 802.1X
    .wanted = none
finding-domain-controller = the host is a member of { $domain }: a new password works at its log-on screen only while a domain controller can be reached
    .meaning = a new password works only within reach of a domain controller
    .fine = the host is in no domain
    .wanted = nothing has to be otherwise; a domain controller has to be within reach
finding-copy-profile = the machine was set up with CopyProfile; where the built-in Administrator's web cache was not cleared before sysprep, password reset may not open
    .meaning = set up with CopyProfile: the web cache had to be cleared first
    .fine = not set up with CopyProfile
    .wanted = no CopyProfile, or a web cache that was cleared before sysprep

finding-windows10-build = build { $build } has no password reset at the log-on screen; it came with version 1803 (17134)
    .remedy = update Windows 10 to a version from 1803 on
    .meaning = this build of Windows 10 is older than the feature (version 1803)
    .fine = this build of Windows 10 has the feature
    .wanted = build 17134 or later
finding-windows10-join = the device is { $join }; password reset needs it joined to { -entra-once }, alone or beside a domain
    .remedy = join the device to { -entra }; with a domain, see that it is registered (dsregcmd /status on the host)
    .meaning = Windows 10 that is not joined to { -entra }, alone or beside a domain
    .fine = the device is joined to { -entra }
    .wanted = a key with a TenantId
finding-windows10-off = password reset at the log-on screen is not switched on yet
    .remedy = run the playbook `windows10-enable`, or `install`
    .meaning = Windows 10's password reset at the log-on screen is not switched on
    .fine = password reset at the log-on screen is switched on
    .wanted = 1
finding-windows10-not-readable = EnableLostMode and IsContentDeliveryPolicyEnforced are known to interfere too, and cannot be read from the registry
    .meaning = settings that interfere on Windows 10, and that nobody can look up
    .fine = everything that interferes can be read
    .wanted = neither setting

-ask-who-sets-it = ask who sets it, and whether these machines can go without it
finding-fast-user-switching = a policy hides or breaks password reset: HideFastUserSwitching ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: HideFastUserSwitching
    .fine = not set: HideFastUserSwitching
    .wanted = 0, or no such value
finding-last-user-name = a policy hides or breaks password reset: DontDisplayLastUserName ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: DontDisplayLastUserName
    .fine = not set: DontDisplayLastUserName
    .wanted = 0, or no such value
finding-desktop-switch-delay = a setting of which it was reported that password reset then leads back to the log-on screen: { $name }={ $number }
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a delay of the switch to the desktop may keep password reset from working
    .fine = not set: DelayedDesktopSwitchTimeout
    .wanted = 0, or no such value
finding-no-lock-screen = a policy hides or breaks password reset: NoLockScreen ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: NoLockScreen
    .fine = not set: NoLockScreen
    .wanted = 0, or no such value
finding-block-user-install = a policy hides or breaks password reset: BlockNonAdminUserInstall ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: BlockNonAdminUserInstall
    .fine = not set: BlockNonAdminUserInstall
    .wanted = 0, or no such value
finding-lock-screen-notifications = a policy hides or breaks password reset: lock screen notifications are turned off ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: lock screen notifications are turned off
    .fine = lock screen notifications are not turned off
    .wanted = 0, or no such value
finding-smart-card-required = a policy hides or breaks password reset: Interactive logon: Require smart card ({ $name }={ $number })
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 a policy keeps password reset from working: Interactive logon: Require smart card
    .fine = not set: Interactive logon: Require smart card
    .wanted = 0, or no such value
finding-custom-shell = Explorer is replaced by another shell, with which password reset is known not to work
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 another shell than Explorer keeps password reset from working
    .fine = Explorer is the shell
    .wanted = explorer.exe
finding-ctrl-alt-del = a policy asks for Ctrl+Alt+Del, with which password reset does not work before version 1809
    .remedy = { -ask-who-sets-it }
    .meaning = before Windows 10 1809 asking for Ctrl+Alt+Del keeps password reset from working
    .fine = Ctrl+Alt+Del is not in the way
    .wanted = 1, or no such value
finding-ctrl-alt-del-combination = two of three settings that together keep password reset from working are there: Ctrl+Alt+Del is asked for and lock screen notifications are off; the third (IsContentDeliveryPolicyEnforced) cannot be read
    .remedy = { -ask-who-sets-it }
    .meaning = on Windows 10 two of three settings that together keep password reset from working
    .fine = not two of the settings that together interfere
    .wanted = at most one of the settings

## What findings and steps say of a host's settings

schannel-forbidden = somebody switched TLS 1.2 off (Enabled=0)
schannel-not-by-default = TLS 1.2 is off by default (DisabledByDefault={ $value })
schannel-enabled = TLS 1.2 is enabled
schannel-not-enabled = TLS 1.2 is offered but not enabled (Enabled is missing)
schannel-on-as-default = TLS 1.2 is on as { $branch }'s default only ({ $enabled ->
        [true] DisabledByDefault is missing
       *[false] no values set
    })
schannel-off-as-default = TLS 1.2 is off, as { $branch } has it ({ $enabled ->
        [true] DisabledByDefault is missing
       *[false] no values set
    })
schannel-mistyped = { $value } is a { $kind } "{ $data }" and means nothing; it has to be a REG_DWORD
winhttp-mistyped = { $view }: DefaultSecureProtocols is a { $kind } "{ $data }" and means nothing; it has to be a REG_DWORD
number-mistyped = { $value } is a { $kind } "{ $data }"
schannel-side = Schannel { $side ->
        [none] Client and Server
       *[other] { $side }
    }: { $fault }
winhttp-not-among-defaults = { $view }: TLS 1.2 is not among the defaults (DefaultSecureProtocols is missing)
winhttp-leaves-tls12-out = { $view }: DefaultSecureProtocols={ $protocols } leaves TLS 1.2 out
winhttp-offers-tls12 = WinHTTP offers TLS 1.2
tls12-enabled = TLS 1.2 is enabled for clients and servers, and WinHTTP offers it

restart-for-servicing = Windows servicing waits for a restart
restart-for-windows-update = Windows Update waits for a restart
restart-for-update-package = an update package waits for a restart
restart-for-domain = the computer is about to join or leave a domain
restart-for-new-name = the computer gets a new name at its next start

dot1x-wired-service = the service for 802.1X on cables starts by itself
dot1x-wired-policy = a group policy sets up networks on cables
dot1x-wireless-policy = a group policy sets up wireless networks

join-hybrid = joined to a domain and to { -entra }
join-cloud = joined to { -entra }
join-domain-only = a member of the domain { $domain }, not registered with { -entra }
join-none = not joined

windows10-other-branch = { $branch } gets the feature from the add-in, not by this policy
windows10-reset-is = password reset at the log-on screen is switched { $on ->
    [true] on
   *[false] off
} { $already ->
    [true] already
   *[false] now
}
windows10-reset-is-on = password reset at the log-on screen is on
windows10-reset-is-not-on = password reset is not switched on (AllowPasswordReset is not 1)
    .remedy = run the playbook `windows10-enable`, or `install`: it does what it can and names the rest
windows10-in-the-way = { $done }; but { $obstacles }

## Of the run

run-interrupted = the run was interrupted before this host was finished
-resumes = `sspr runs resume` goes on with it
paused-without-secret = the run is paused, since a secret cannot be had: { $problem }. Where it can be had, { -resumes }
paused-without-ticket = the run is paused, since there is no Kerberos ticket in { $cache }; get one with `kinit`, then { -resumes }
paused-ticket-ended = the run is paused, since the Kerberos ticket of { $account } in { $cache } has ended on { $ended }; get another with `kinit`, then { -resumes }
run-paused = the run was paused before this host was finished
run-cancelled = the run was cancelled before this host was finished
remedy-cancelled = when nothing speaks against it any more, run the same again
remedy-killed-before = run the same again
remedy-resume = `sspr runs resume { $run }` goes on with it
remedy-cancelled-at-work = when nothing speaks against it any more, run the same again: it goes on from what it finds
take-back = { $go_on }; or take it back: { $ways }
take-back-restart = `sspr reboot cancel` stops the restart
take-back-registry = `sspr run --undo { $run }` puts back what was changed in the registry
take-back-installed = `sspr run uninstall` removes the add-in
take-back-removed = `sspr run install` brings the add-in back
run-ended-at-work = the run was ended while this host was at work
run-ended-before = the run was ended before this host began
run-goes-on = the run is still at work on this host
run-begins-yet = the run is still at work, and has not come to this host
remedy-run-goes-on = wait until the run has ended
host-awaited = { $reason }; looked for until { $until }
looked-for-in-vain = { $reason }; looked for until { $until }, in vain
run-killed-before = the run was killed before this host began
run-killed-at-work = the run was killed while this host was at work
run-killed-waiting = the run was killed while this host waited ({ $what })
own-error = an error in this program ({ $kind }), which is not the host's fault
    .remedy = report it, with program.jsonl of the run's folder, which says where; the other hosts went on

own-resources-exhausted = this computer, not the host, has { $resource ->
    [descriptors] no file descriptor
    [memory] no memory
    [ports] no local port or address
   *[threads] no thread
} left for it
    .remedy = { $resource ->
    [descriptors] raise the limit of open files (`ulimit -n`)
    [memory] end other programs, or give this computer more memory
    [ports] see that this computer has a network of the host's kind and that no other program holds its ports
   *[threads] raise the limit of processes (`ulimit -u`, or the service's own)
}, or take fewer hosts at once (`--at-once`), and run the same again
own-file-unusable = this computer, not the host, could not use { $path }: { $error }
    .remedy = make room there, see that the disk is in order and that you may write to it, and run the same again; `--folder` keeps a run elsewhere
own-input-unusable = this computer, not the host, could not use what it was given: { $problem }
    .remedy = see that it is as it was when the run began, and run the same again: it goes on from what it finds
own-log-ons-not-kept = nobody logs on: what is known of refused log-ons cannot be kept in { $path } ({ $error }), and without it accounts could be locked
    .remedy = see that there is room and that the file and its folder are yours, move a damaged file away, or name another folder with the variable SSPR_STATE; then run the same again
own-record-not-kept = not changed: what was to be changed could not be written down on this computer first, in { $path }: { $error }
    .remedy = make room there, see that the disk is in order and that you may write to it, and run the same again; `--folder` keeps a run elsewhere
guard-same-cause = { $hosts ->
    [one] 1 machine has failed: { $cause }
   *[other] { $hosts } machines have failed for the same cause, with no success in between: { $cause }
}
guard-too-many-failed = { $failed } of { $answered } machines that answered have failed, and at most { $limit } were to; most often ({ $hosts }): { $cause }
wave-too-few-fine = of wave { $wave } { $fine } of { $answered } machines that answered are fine, and { $wanted } were to be; most of the others ({ $hosts }): { $cause }
wave-nobody-answered = of wave { $wave } nobody answered ({ $hosts ->
    [one] 1 machine
   *[other] { $hosts } machines
})
wave-bakes = wave { $wave } begins at { $until }, so that what the one before did can show
wave-wants-approval = wave { $wave } ({ $hosts ->
    [one] 1 machine
   *[other] { $hosts } machines
}) waits for an approval: `sspr runs approve { $run }`
wave-after-end = wave { $wave } could not begin before the end of the run (--until), { $end }
run-record-not-kept = the run was stopped, because it could not write down any more what it changes: { $path }: { $error }
run-broke-off = an error in this program ended the run before this host was finished
    .remedy = report it, with program.jsonl of the run's folder, which says where, and run the same again: it goes on from what it finds
windows-ignored = maintenance windows are ignored: hosts are changed, and restarted where the playbook says so, whatever their clocks show
named-by-address = { $hosts ->
    [one] { $first } is in the inventory by its address alone
   *[other] { $hosts } hosts, { $first } the first of them, are in the inventory by their addresses alone
}, so that nobody can tell whether who answers is the machine that is meant: say `computer_name`, or `identity: any`
fewer-at-once = { $hosts } hosts at once, not { $wanted }: this computer has { $resource ->
    [descriptors] too few file descriptors for more (`ulimit -n`)
   *[threads] too few threads for more (`ulimit -u`, or the service's own limit)
}

notification-undelivered = { $receiver } was not told that the run has ended: { $why }
notification-nobody-there = nobody is told of the end of this run by `{ $reference }`, unless --notify says who: { $problem }
notification-late = no answer within { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
}
notification-refused = the answer was HTTP { $status }
notification-timed-out = no answer in time; it may have got it all the same (`?rto=SECONDS` in the address waits longer)
notification-unconnected = the connection failed
notification-not-taken = apprise could not deliver it (`apprise -vv -b test --config FILE` shows why)

## Jobs that run as SYSTEM

who-the-command = the command
who-windows-installer = Windows Installer
progress-at-work = { $who } is at work
progress-asking-once-more = Task Scheduler has taken the task and has not started it; asking once more
progress-waiting-for-task = waiting for the task to start
progress-waiting-for-other-installation = waiting for another installation to end
job-host-restarted = the host has restarted in the middle of the work
job-not-ended = { $who } has not ended within { $minutes ->
        [one] a minute
       *[other] { $minutes } minutes
    }; it was left running
job-folder-vanished = the working folder has vanished while { $who } was at work
job-connection-lost = the connection was lost while { $who } was at work
answer-job-result-no-number = the job's result is no number
answer-job-note = the note of who asked for a job is not as we write it
answer-capture-task = the task that ends captures there is none that we understand
change-arm-capture = register the task that switches verbose logging back
change-switch-on-while-armed = switch verbose logging on, if that task is there
change-disarm-capture = take that task away
change-put-logging-back = put verbose logging back
answer-schtasks-no-last-result = schtasks shows no last result
change-write-task = write the task
change-make-ready-for-another-attempt = make ready for another attempt
change-take-task-back = take the task back
change-remove-folder-and-task = remove the working folder and the task
change-tidy-up = tidy up
change-leave-log = tidy up, and leave the log of Windows Installer

## Step command

command-done-already = it is done already
command-has-done-it = the command has done what it is for
command-would-run = would run { $line }
command-not-known = the line broke while the command ran in our session; whether it was carried out is not known
    .remedy = look at the host before it is run again
command-ended = the command ended with { $code }
    .remedy = see what it printed (`output` in the result file); a code that means success goes into `exit_codes`
command-not-done = the command ended with { $code }, but what it is for is not done
    .remedy = see what it printed (`output` in the result file), and whether `when_done` looks for the right thing
command-carried-out = the command ended with { $code }, { $restart ->
    [true] and needs a restart
   *[false] as expected
}

## Steps msi and uninstall

installer-could-not = could not { $work }: { $cause } ({ $code }{ $name ->
    [none] {""}
   *[other] {" "}{ $name }
})
remedy-look-up-exit-code = look up { $code } among Windows Installer's error codes, and run the same again
remedy-read-log = read { $file }, brought home to the host's folder of this run
remedy-read-log-there = read { $path } on the host, where it stays until the same is done there again
installer-log-not-home = its log could not be brought home
installer-no-log-there = it has left no log
restart-recommended = a restart is recommended
restart-needed = a restart is needed
restarts-now = the host restarts now
msi-built-in = Windows 10 has the feature built in; the add-in is for Windows 7, 8 and 8.1
    .remedy = take the step `windows10` there, as the playbooks `install` and `windows10-enable` do
msi-other-windows = { $product } is not Windows 7, 8 or 8.1
msi-no-package = no package for { $architecture } was given
    .remedy = add the { $architecture } package with --msi
change-install = install { $product } { $version }{ $signature ->
    [unsigned] {" "}(not signed)
    [foreign] {" "}(not signed by Microsoft)
   *[microsoft] {""}
}
msi-installed = installed { $product } { $version }{ $signature ->
    [unsigned] {" "}(not signed)
    [foreign] {" "}(not signed by Microsoft)
   *[microsoft] {""}
}; { $restart }
msi-installed-already = { $product } { $version } is installed already
msi-newer-installed = { $installed } is installed, which is newer than the package ({ $package })
    .remedy = take a package of that version or a newer one, or remove the product first (`sspr run uninstall`)
msi-not-there = Windows Installer reports success, but the product is not there
    .remedy = see with `sspr logs collect` what Windows Installer wrote, and run the same again
msi-not-registered = installed { $product } { $version }, which has not registered the add-in's provider
    .remedy = this is not the add-in's package, or it does not work here: remove it (`sspr run uninstall --set 'uninstall.product_code="{ $code }"'`) and take the one that Microsoft offers
change-uninstall = uninstall { $code }
uninstall-would = would uninstall the add-in
uninstall-none-on-windows10 = Windows 10 has the feature built in: there is no add-in to remove; `windows10-disable` switches it off
uninstall-not-installed = the add-in is not installed
uninstalled = uninstalled the add-in, for which a restart is recommended
uninstalled-one = uninstalled
uninstall-would-tidy-up = would remove what an earlier removal has left
uninstalled-earlier = an earlier run has uninstalled the add-in, for which a restart is recommended, and did not see the end of it
uninstalled-and-restarted = an earlier run has uninstalled the add-in and did not see the end of it; the host has restarted since
uninstall-registered = the add-in's credential provider is registered, and no product is known to have brought it
    .remedy = see which program { $dll } belongs to, and name it: its package with --msi, or its code with --set uninstall.product_code
uninstall-still-there = Windows Installer reports success, but the product is still there
    .remedy = see with `sspr logs collect` what Windows Installer wrote, and run the same again

## Of workers, and of credentials that do not last

result-damaged = run { $run } is known by its log, since its result file cannot be used: { $problem }
result-gone = run { $run } is known by its log: its result file is gone, or was never written ({ $path })
log-damaged = run { $run } is known by its result file, since its log cannot be used: { $problem }
limit-hosts-unknown = `{ $part }`: { $hosts ->
    [one] a host of it is
   *[other] { $hosts } hosts of it are
} no longer in { $inventory ->
    [true] the inventory
   *[other] what is chosen from
}, and left out: { $names }
limit-run-at-work = run { $run } is at work: { $hosts ->
    [0] all of its hosts have ended
    [one] one of its hosts has not ended, and is left out; `sspr runs watch { $run }` shows when it has
   *[other] { $hosts } of its hosts have not ended, and are left out; `sspr runs watch { $run }` shows when they have
}
limit-run-unended = run { $run } is known by its log alone: { $state }
worker-begins = worker { $process } goes on with the runs that are handed over in { $state }
worker-waits = another worker has the runs of this state folder; waiting for its end
worker-nothing-left = no run is left to be gone on with
worker-looks-again = looking at once for what was put off
worker-ends = ending: { $runs ->
    [one] one run is
   *[other] { $runs } runs are
} given { $seconds } s to end what is under way
worker-run-begun = run { $run }: process { $process } goes on with it
worker-run-not-begun = run { $run }: its process cannot be begun ({ $problem }); again in { $seconds } s
worker-run-ended = run { $run }: { $state }, by process { $process }
worker-run-stopped = run { $run }: process { $process } ended { $how }; the next worker goes on with it
worker-run-again = run { $run }: process { $process } ended { $how } before the run did; another one in { $seconds } s
worker-run-said = run { $run }: { $text }
worker-run-unusable = run { $run } cannot be gone on with: { $problem }
worker-run-gone = run { $run } cannot be gone on with: { $folder } no longer has what it was when it began; bring that folder back, or run the same again
ended-by-signal = by { $name }
ended-with-code = with exit code { $code }
asked-for-again = `{ $reference }` is asked for at a terminal: where the run is broken off, `sspr runs resume` asks again
key-ring-ends = `{ $reference }` may not be readable once you have logged out; the run is then paused. `file:` lasts
variable-ends = the variable { $name } lasts as long as the worker that is started from here: without it the run is paused. `file:` lasts
agent-ends = the jump host `{ $jump_host }` is logged on to with your SSH agent, which may end when you log out; name a key
ticket-ends = the Kerberos ticket of { $account } in { $cache } ends on { $ends }: by then the run is paused, unless it was renewed there. A keytab lasts
