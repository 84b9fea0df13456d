"""cmd.exe of the modelled machine: parsing, expansion, execution and the commands that are built into it."""
