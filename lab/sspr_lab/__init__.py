"""The other side of the wire: lab hosts that speak real WinRM, with a model of a Windows machine behind each."""
