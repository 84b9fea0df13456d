"""The Windows Installer of a lab host: it reads real .msi files and applies their tables to the modelled machine."""
