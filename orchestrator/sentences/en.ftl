# What the program says, in English: for an administrator who reads it once. Short, plain, the field's own words.
#
# A message has the code and the parameters that it is declared with (`@message` in the code). Reasons and remedies begin
# in lower case, have no full stop, and do not name the host; `.remedy` is what to do about it. Numbers come without grouping; `none`, `true` and `false` are
# what a selector sees of a parameter that is missing, or is a yes or a no.

## Of everything

verbatim = { $text }
several = { $messages }
nothing-to-do = nothing to do

## What the WinRM service answers

winrm-fault = the WinRM service answers with a fault
winrm-no-commands = the account may log on but not run commands
winrm-operation-aborted = the operation was aborted on the host
winrm-not-ready-for-input = the command is not ready for input
winrm-profile-unloaded = the account's profile was unloaded under the shell
winrm-shell-gone = the shell is gone
winrm-shell-closed = the shell is closed
winrm-shell-used-up = the shell has run all it may
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
winrm-too-many-commands = the host has as many remote commands at work as it allows
    .remedy = { -end-other-sessions }
winrm-too-many-commands-of-account = the account has as many remote commands at work there as it may
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
kerberos-no-common-encryption = account and domain have no kind of encryption in common
    .remedy = { -kerberos-key }
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
kerberos-no-ticket-cache = there is no Kerberos ticket cache
    .remedy = { -kerberos-kinit }
kerberos-kdc-not-found = no domain controller of the realm is found
    .remedy = { -kerberos-kdc }
kerberos-none-for-host = Kerberos gives no ticket for the host
    .remedy = see whether `kinit` and `kvno HTTP/HOST` do better on this machine

## Log-ons

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
logon-over-https = { $remedy }; over HTTPS also that nothing between here and the host ends TLS (channel binding)

## TLS with a host

-pin = `https: {"{"}fingerprint: …{"}"}`
-renew = have the certificate renewed on the host; log on over HTTP 5985 until then
tls-untrusted = the host's certificate is issued by nobody who is trusted
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
tls-too-old = the host speaks no TLS 1.2: an unfixed Windows 7 has only TLS 1.0
    .remedy = log on over HTTP 5985 first (leave out `https`; messages are sealed there), and switch TLS 1.2 on with `sspr run enable-tls12`
tls-no-cipher = the host has no cipher suite in common with this machine, or no certificate that it can use
    .remedy = check the certificate of the host's listener (winrm enumerate winrm/config/listener) and its cipher policy
tls-none = what answers on the port does not speak TLS
    .remedy = WinRM over HTTPS has port 5986; leave out `https` for 5985
tls-not-agreed = TLS with the host cannot be agreed on
    .remedy = check the listener's certificate on the host and its TLS settings
tls-ended = the host ends the connection instead of agreeing on TLS
    .remedy = bind a certificate to its HTTPS listener; where it speaks only TLS 1.0, as an unfixed Windows 7 does, log on over HTTP 5985 first
tls-client-certificate-refused = the host does not accept the client certificate
    .remedy = the certificate that issued it has to be among the host's trusted ones, and it must be for client authentication

## Reaching a host

name-unknown = the host's name leads to no address here
no-answer = no answer on the WinRM port
no-winrm = what answers on the WinRM port does not speak WinRM as a Windows machine does
connection-broke = the connection broke
winrm-no-answer-in-time = the WinRM service did not answer in time
winrm-http-in-conversation = the WinRM service answered HTTP { $status } in the middle of a conversation
winrm-no-listener = the WinRM service is not up yet or has no listener (HTTP { $status })
winrm-http = the WinRM port answered HTTP { $status }, not as WinRM does
winrm-input-not-taken = the host did not take what was sent in time
winrm-command-not-finished = the host did not finish a command in time
winrm-endless-output = a command on the host prints without end
winrm-over-before-asked = the time allowed was over before the host could be asked

## What to do about an error of a kind

remedy-unreachable = see that the machine is on, that WinRM is set up there (winrm quickconfig), and that its firewall lets us in
remedy-name-unknown = check how the name is written in the inventory, or give the host's IP address there with `address`
remedy-jump-host-unreachable = see that the jump host is on, that its SSH server runs, and that its firewall lets us in
remedy-connection-lost = see that the machine is still on and its network holds, and run the same again: it goes on from what it finds
remedy-deadline-exceeded = see whether the machine is very busy or on a slow line, and run the same again; where it needs longer, give the step more `deadline_minutes` in a playbook of your own
remedy-change-unsettled = run the same again when the host can be reached: it goes on from what it finds
remedy-logon-refused = check user name and password in the inventory, and whether the account is locked or disabled
remedy-access-denied = use an account that is an administrator there; for a local one set LocalAccountTokenFilterPolicy=1
remedy-winrm-fault = run the same again; if it stays so, restart the WinRM service on the host (`net stop winrm`, `net start winrm`), and see what `winrm get winrm/config` and the System log say there
remedy-command-failed = the command and what it printed are in the result file (`--json`): try it on the host as that account
remedy-unexpected-output = run `sspr doctor` on this host, and report what it prints: the program may have to learn this answer
remedy-transfer-corrupt = run the same again; if it stays so, look at the host's disk and at its virus scanner

## Jump hosts

jump-host-key-revoked = the host key of the jump host `{ $jump_host }` is marked as revoked in { $file }: { $key }
    .remedy = it was stolen or replaced: ask whoever runs the jump host
jump-host-key-differs = the jump host `{ $jump_host }` shows another host key than the one in { $file }: { $key } instead of { $others }
    .remedy = it was set up anew, or something else answers in its place: find out which, and only then remove the old key with `ssh-keygen -f { $file } -R '{ $name }'` and add the new one
jump-host-key-unknown = the host key of the jump host `{ $jump_host }` is not known: { $key }
    .remedy = compare it with the one on the jump host (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and add it to { $file } under the name { $name }, as `ssh-keyscan -p { $port } { $address }` prints it
jump-host-logon-refused = the jump host `{ $jump_host }` does not let { $user } in with { $shown }; it takes { $ways }
    .remedy = check user name, keys and password of the jump host in the inventory; this run tries them only once
jump-host-logon-breaks = the jump host `{ $jump_host }` goes away whenever we log on
    .remedy = look into its log; it is not tried again in this run, so that no account is locked
jump-host-forbids = the jump host `{ $jump_host }` does not allow connections to it
    .remedy = allow them there for { $user }: AllowTcpForwarding and PermitOpen in sshd_config
jump-host-cannot-connect = the jump host `{ $jump_host }` cannot connect to it: the name is not known there, or nobody answers
jump-host-cannot-reach-next = the jump host `{ $jump_host }` cannot connect to the jump host `{ $next }`
jump-host-no-answer-beyond = no answer on the port, seen from the jump host `{ $jump_host }`
jump-host-leaves = the jump host `{ $jump_host }` goes away whenever it is asked to connect onwards
jump-host-not-in-time = the jump host `{ $jump_host }` could not be connected to in time
jump-host-not-a-moment-ago = the jump host `{ $jump_host }` could not be connected to a moment ago
jump-host-not-needed = the jump host `{ $jump_host }` is not needed any more: the run is over
jump-host-silent = the jump host `{ $jump_host }` does not answer
jump-host-no-ssh = the jump host `{ $jump_host }` does not answer as an SSH server does
jump-host-left-at-logon = the jump host `{ $jump_host }` went away while we logged on
jump-host-no-room = the jump host `{ $jump_host }` has no room for another connection
run-over = the run is over

## What msiexec ends with

msiexec-success = it was carried out
msiexec-success-reboot-required = it was carried out and needs a restart
msiexec-success-reboot-initiated = it was carried out and restarts the host
msiexec-unknown-product = the product is not installed
msiexec-product-uninstalled = the product is uninstalled
msiexec-install-already-running = another installation is running
msiexec-install-service-failure = the Windows Installer service does not answer
msiexec-install-source-absent = the package's source is not there
msiexec-install-package-open-failed = the package cannot be opened
msiexec-create-failed = the Windows Installer service failed to start
msiexec-install-userexit = it was cancelled on the host
msiexec-install-failure = it failed; the log tells why
msiexec-install-suspend = it is suspended until a restart
msiexec-install-package-version = the host's Windows Installer is too old
msiexec-install-package-invalid = the package is not a valid one
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
msi-not-accepted = the package does not accept this computer
    .remedy = meet the condition that the package states, then retry
msi-custom-action-failed = the package's custom action { $action } failed with code { $code }
msi-action-failed = the action { $action } failed
msi-action-failed-during = the action { $action } failed while doing { $operation }
msi-failed-before-any-action = the installer failed before any action of the package did
msi-no-log = this is no log of Windows Installer, or an empty one
msi-log-ends-early = the log ends before the installer finished
msi-cause-about = { $cause }: { $about }
msi-rolled-back = { $cause }; what had been done was rolled back

## What came home

cabinet-part-of-a-set = the cabinet is one part of a set that makecab split; MaxDiskSize=0 avoids that
cabinet-none = this is no cabinet, or one of a kind that we do not read
cabinet-damaged = the cabinet is damaged
cabinet-same-name = two files in the cabinet have the same name
cabinet-too-large = the cabinet unpacks to more than we accept
cabinet-too-many-files = the cabinet holds more than { $most } files
cabinet-name-not-accepted = a file name in the cabinet { $objection }
eventlog-none = this is no event log file
eventlog-document-type = the XML has a document type, which event XML never has
eventlog-no-xml = this is no event XML
eventlog-too-many-events = the event log holds more than { $most } events
eventlog-unreadable-events = { $count } of its events cannot be read
registry-file-none = this is no exported registry file

## Files there and back

transfer-kept-a-part = could not write { $path }: the host has kept { $arrived } of { $whole } bytes of its text
transfer-arrived-differently = { $file } did not arrive as it was sent
transfer-came-differently = a file did not come home as it was offered
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
with-exit-code = { $reason } (exit code { $code })
not-asked = the host could not be asked: a command that looks failed there
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

answer-no-clock = wmic shows no LocalDateTime
answer-if-exist = if exist answers neither way
answer-incomplete = the host answered { $answered } of { $asked } commands of one line
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

## How far a step is

progress-sending = sending { $percent } %
progress-comparing = unpacking and comparing
progress-fetching = fetching, { $kilobytes } KB so far
progress-collecting = collecting on the host
progress-waiting-for-restart = waiting for the restart
progress-still-up = still up
progress-not-back-yet = not back yet
progress-waiting-for-logon-screen = waiting for the log-on screen

## Step preflight

preflight-nothing-in-the-way = nothing stands in the way

## Step tls12

tls12-would-be-enabled = nothing to prove yet: TLS 1.2 would be enabled by an earlier step
tls12-now-enabled = TLS 1.2 is enabled now, and takes effect with the next restart
tls12-windows10 = Windows 10 needs no settings of ours for TLS 1.2: { $judged }
tls12-with-next-restart = { $judged }; takes effect with the next restart
tls12-not-ours-to-change = { $product }: its TLS settings are not ours to change
tls12-did-not-stay = the settings were written but did not stay: { $judged }
remedy-enable-tls12 = run the playbook `enable-tls12`

## Step prove

prove-nothing-carried-out = nothing to prove yet: the steps before were not carried out
prove-not-registered = the credential provider is not registered
prove-no-dll-registered = the credential provider has no DLL registered
prove-dll-missing = the credential provider's DLL is missing
prove-not-installed = { $product } is not among the installed products
prove-other-version = version { $installed } is installed, not { $wanted }
prove-all-in-place = all is in place, and takes effect with the next restart
proved = { $tls12 ->
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
logging-taken-up-later = lock the screen or sign out once so that the log-on screen takes it up

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
undo-as-before = as before run { $run } already
undo-did-not-stay = what was put back did not stay
undo-next-restart = takes effect with the next restart (`sspr reboot schedule`)
undo-installer-stays = what Windows Installer did stays (the playbook `uninstall` removes the add-in)
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
reboot-scheduled-already = a restart is scheduled on the host already, and not by this step; it was left as it is
    .remedy = wait for it, or ask who scheduled it
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
reboot-with-people = { $what }; { $people }
reboot-none-asked-for = no restart was asked for
reboot-not-restarted = has not restarted { $minutes } minutes after it was due
    .remedy = see at its screen whether a program holds the shutdown up, or somebody has cancelled it
reboot-not-come-back = did not come back within { $minutes } minutes after its restart was due
    .remedy = look at the machine: its screen, its network, and whether WinRM is allowed in the current network profile
reboot-came-back = restarted and came back
reboot-cancelled = the restart is cancelled
reboot-none-of-ours = no restart of ours is scheduled
reboot-cancelled-by-somebody = somebody has cancelled the restart already
reboot-not-cancelled = shutdown refused to cancel the restart (exit code { $code })
remedy-try-shutdown-there = try `shutdown` on the host itself: `net helpmsg CODE` there says what the code means
