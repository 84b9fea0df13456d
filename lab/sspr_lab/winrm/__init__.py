"""WinRM as a stock Windows machine serves it: HTTP with NTLM sealing, WS-Management, the remote shell (MS-WSMV)."""
