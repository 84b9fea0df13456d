#!/usr/bin/env bash
# DBOS 3.4.0: an application version belongs to the first application name that launches with it in a database. Another
# one that pins the same version ("1", say, so that an edit of the program does not strand work that is under way) is
# refused at its launch, though its queues, workflows and executor have names of their own. So a name of its own for
# each run needs a version of its own as well; or all share one name, and only queues are a run's own.
#
# Ends with 0 as long as this is so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q dbos==3.4.0

launch() { # NAME VERSION: what becomes of it
  venv/bin/python - "$1" "$2" <<'PYTHON' 2>/dev/null
import sys
from dbos import DBOS

name, version = sys.argv[1:]
DBOS(config={"name": name, "application_version": version, "system_database_url": "sqlite:///shared.sqlite",
             "enable_otlp": False, "log_level": "CRITICAL"})
try:
    DBOS.launch()
except Exception as error:
    print(f"{name}, version {version}: {type(error).__name__}: {str(error).split('.')[0]}")
else:
    print(f"{name}, version {version}: launched")
DBOS.destroy()
PYTHON
}
launch first 1 | tee said
launch second 1 | tee -a said
launch second 2 | tee -a said
[ "$(grep -c ': launched$' said)" = 2 ] && grep -q '^second, version 1: .*already registered by application' said ||
  { echo "not so any more" >&2; exit 1; }
