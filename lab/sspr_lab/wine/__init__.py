"""Lab hosts whose registry, Windows Installer, files and cmd.exe are those of Wine."""
