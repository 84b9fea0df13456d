#!/bin/sh
# Rebuilds the lab's stand-in packages and the variants that the tests use, with Debian's wixl and msitools.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tests=$here/../../tests/packages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tests"

ours='{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}' ours_name=AADPasswordResetCredentialProvider
other='{5C3B2A10-4D7E-4F62-9A0B-1E6C8D7F0A55}' other_name=SsprStandInOtherProvider

# build OUTPUT WAY ARCHITECTURE VERSION PRODUCT_CODE PACKAGE_CODE [NEEDED_VERSIONNT]
# WAY: how it registers the provider: table, selfreg, action; other registers another one, none registers none.
build() {
    output=$1 way=$2 architecture=$3 version=$4 product=$5 package=$6 needed=${7:-601}
    clsid=$ours name=$ours_name dll=SsprStandInProvider.dll
    title='SSPR Windows Logon (lab stand-in)' upgrade='{5B1F4F0C-6E5B-4D0E-9C65-0C1E5A3D7A10}'
    component=0B7C7C1B-58F2-4C57-8B59-4B6C2C7A6E define=
    case $way in
    table) define='-D ByTable=yes' ;;
    action) define='-D ByAction=yes' ;;
    other)
        define='-D ByTable=yes' clsid=$other name=$other_name dll=SsprStandInOther.dll
        title='Another logon provider (lab stand-in)' upgrade='{5B1F4F0C-6E5B-4D0E-9C65-0C1E5A3D7A20}'
        component=0B7C7C1B-58F2-4C57-8B59-4B6C2C7A7E ;;
    none)
        name=SsprStandInNothing dll=SsprStandInNothing.dll
        title='No logon provider (lab stand-in)' upgrade='{5B1F4F0C-6E5B-4D0E-9C65-0C1E5A3D7A30}'
        component=0B7C7C1B-58F2-4C57-8B59-4B6C2C7A8E ;;
    esac
    python3 "$here/make_dll.py" "$architecture" "$way" "$work/$dll"
    case $architecture in
    x64) template='x64;1033' folder=System64Folder win64=yes provider="{${component}01}" source="{${component}02}" ;;
    x86) template='Intel;1033' folder=SystemFolder win64=no provider="{${component}11}" source="{${component}12}" ;;
    esac
    # shellcheck disable=SC2086
    (cd "$work" && wixl --arch "$architecture" -D Version="$version" -D ProductCode="$product" $define \
        -D ProductName="$title" -D UpgradeCode="$upgrade" -D Clsid="$clsid" -D ProviderName="$name" -D Dll="$dll" \
        -D SystemFolder="$folder" -D Win64="$win64" -D ProviderComponent="$provider" -D EventSourceComponent="$source" \
        -D NeededVersionNT="$needed" -o "$output" "$here/StandInLogon.wxs")
    msibuild "$output" -s "Installation Database" "SSPR orchestrator lab (not Microsoft)" "$template" "$package"
    msibuild "$output" -q "UPDATE \`Registry\` SET \`Value\` = '#%[#ProviderDll]' WHERE \`Name\` = 'EventMessageFile'"
    case $way in
    selfreg)
        msibuild "$output" -q "CREATE TABLE \`SelfReg\` (\`File_\` CHAR(72) NOT NULL, \`Cost\` INT PRIMARY KEY \`File_\`)"
        msibuild "$output" -q "INSERT INTO \`SelfReg\` (\`File_\`, \`Cost\`) VALUES ('ProviderDll', 1)"
        schedule "$output" SelfUnregModules 2200
        schedule "$output" SelfRegModules 5600 ;;
    action)
        schedule "$output" UnregisterProvider 3400 'REMOVE = "ALL"'
        schedule "$output" TellRegister 4040 'NOT REMOVE'
        schedule "$output" RegisterProvider 4050 'NOT REMOVE' ;;
    esac
}

# schedule PACKAGE ACTION SEQUENCE [CONDITION]
schedule() {
    msibuild "$1" -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('$2', '${4:-}', $3)"
}

build "$here/StandInLogon.table.x64.msi" table x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A01}
build "$here/StandInLogon.table.x86.msi" table x86 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A8601} {9A4D2C60-51C4-4F60-8A35-6E0B6A110B01}
build "$here/StandInLogon.selfreg.x64.msi" selfreg x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6411} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A11}
build "$here/StandInLogon.selfreg.x86.msi" selfreg x86 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A8611} {9A4D2C60-51C4-4F60-8A35-6E0B6A110B11}
build "$here/StandInLogon.action.x64.msi" action x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6421} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A21}
build "$here/StandInLogon.action.x86.msi" action x86 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A8621} {9A4D2C60-51C4-4F60-8A35-6E0B6A110B21}
build "$tests/newer.x64.msi" table x64 1.0.20.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6402} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A02}
build "$tests/same-product-code.x64.msi" table x64 1.0.11.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A03}
build "$tests/impossible-condition.x64.msi" table x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6404} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A04} 1000
build "$tests/schedule-reboot.x64.msi" table x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6405} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A05}
schedule "$tests/schedule-reboot.x64.msi" ScheduleReboot 6550
build "$tests/force-reboot.x64.msi" table x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6406} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A06}
schedule "$tests/force-reboot.x64.msi" ForceReboot 6700
build "$tests/other-provider.x64.msi" other x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6431} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A31}
build "$tests/no-provider.x64.msi" none x64 1.0.10.0 {3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6441} {9A4D2C60-51C4-4F60-8A35-6E0B6A110A41}
