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
