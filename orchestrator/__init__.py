"""Remote execution coordinator that brings Microsoft's SSPR logon add-in to fleets of legacy Windows machines."""
