#!/usr/bin/env bash
# apprise 2.3.0: its DEBUG log masks a webhook's token where it says which address was loaded, and shows the same token
# whole where it says what it posts to, and once more in the text of a failed connection. Who reads "masked" in the
# first line and lets the log through, to find out why a notice did not arrive, keeps the secret in that log. The
# receiver here is a port of this computer at which nothing listens, and the token is made up.
#
# Ends with 0 as long as this is so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q apprise==2.3.0

venv/bin/python - <<'PYTHON' | tee said
import logging
import socket
import sys

import apprise

TOKEN = "0123456789abcdef0123456789abcdef"
logger = logging.getLogger("apprise")
logger.setLevel(logging.DEBUG)
logger.addHandler(logging.StreamHandler(sys.stdout))
with socket.socket() as unused:  # bound, and deaf: a connection is refused
    unused.bind(("127.0.0.1", 0))
    notifier = apprise.Apprise()
    notifier.add(f"mmost://127.0.0.1:{unused.getsockname()[1]}/{TOKEN}")
    notifier.notify(body="done")
PYTHON
token=0123456789abcdef0123456789abcdef
grep -q '^Loaded Mattermost URL: .*/0\.\.\.f/' said && ! grep '^Loaded' said | grep -q "$token" &&
  grep 'POST URL' said | grep -q "$token" && grep '^Socket Exception' said | grep -q "$token" ||
  { echo "not so any more" >&2; exit 1; }
