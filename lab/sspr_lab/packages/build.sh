#!/bin/sh
# Rebuilds the lab's stand-in packages and the variants that the tests use, with Debian's wixl and msitools.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tests=$here/../../../lab/tests/packages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tests"

# build OUTPUT ARCHITECTURE VERSION PRODUCT_CODE PACKAGE_CODE [NEEDED_VERSIONNT]
build() {
    output=$1 architecture=$2 version=$3 product=$4 package=$5 needed=${6:-601}
    python3 "$here/make_dll.py" "$architecture" "$work/SsprStandInProvider.dll"
    case $architecture in
    x64) template='x64;1033' folder=System64Folder win64=yes provider={0B7C7C1B-58F2-4C57-8B59-4B6C2C7A6E01} source={0B7C7C1B-58F2-4C57-8B59-4B6C2C7A6E02} ;;
    x86) template='Intel;1033' folder=SystemFolder win64=no provider={0B7C7C1B-58F2-4C57-8B59-4B6C2C7A6E11} source={0B7C7C1B-58F2-4C57-8B59-4B6C2C7A6E12} ;;
    esac
    (cd "$work" && wixl --arch "$architecture" -D Version="$version" -D ProductCode="$product" \
        -D SystemFolder="$folder" -D Win64="$win64" -D ProviderComponent="$provider" -D EventSourceComponent="$source" \
        -D NeededVersionNT="$needed" -o "$output" "$here/SsprWindowsLogon.wxs")
    msibuild "$output" -s "Installation Database" "SSPR orchestrator lab (not Microsoft)" "$template" "$package"
    msibuild "$output" -q "UPDATE \`Registry\` SET \`Value\` = '#%[#ProviderDll]' WHERE \`Name\` = 'EventMessageFile'"
}

# schedule PACKAGE ACTION SEQUENCE
schedule() {
    msibuild "$1" -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('$2', $3)"
}

build "$here/SsprWindowsLogon.PROD.x64.msi" x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A01}
build "$here/SsprWindowsLogon.PROD.x86.msi" x86 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A8601} {9A4D2C60-51C4-4F60-8A35-6E0B6A110B01}
build "$tests/newer.x64.msi" x64 1.0.20.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6402} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A02}
build "$tests/same-product-code.x64.msi" x64 1.0.11.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A03}
build "$tests/impossible-condition.x64.msi" x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6404} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A04} 1000
build "$tests/schedule-reboot.x64.msi" x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6405} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A05}
schedule "$tests/schedule-reboot.x64.msi" ScheduleReboot 6550
build "$tests/force-reboot.x64.msi" x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6406} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A06}
schedule "$tests/force-reboot.x64.msi" ForceReboot 6700
