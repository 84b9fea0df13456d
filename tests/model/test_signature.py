"""Signatures of trouble: what differs from machine to machine goes, and what tells troubles apart stays."""

from __future__ import annotations

import time

import pytest

from orchestrator.model.signature import signature


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("only 312 MB free, 500 MB are needed", "only # MB free, # MB are needed"),
        ("0.31 GB, 1,234 files, 10:22:31, 2026-03-01", "# GB, # files, #, #"),
        ("WinHttpSendRequest failed: 0x80072EFD", "WinHttpSendRequest failed: 0x80072EFD"),
        ("status 0xc000006d, handle 0x2f4", "status 0xc000006d, handle #"),
        ("KB3140245 is missing since 12 days", "KB3140245 is missing since # days"),
        ("Correlation 5e1c6a4e-1f0b-4c0e-9a0d-1c7f0b3d9a11.", "Correlation {GUID}."),
        ("product {86D2F0AC-2171-46CF-9998-4E33B3D7FD4F} is there", "product {GUID} is there"),
        (r"C:\Windows\Temp\MSI3f2.LOG is in use", "(path) is in use"),
        (r"cannot open \\PC-17\C$\x.msi, nor %TEMP%\a.txt.", "cannot open (path), nor (path)."),
        (r"no key HKLM\SOFTWARE\Contoso\42 there", "no key (path) there"),
        (r"CORP\anna.maier may not log on", "(name) may not log on"),
        ("anna.maier@corp.example has no licence", "(name) has no licence"),
        ("S-1-5-21-1004336348-1177238915-682003330-512 is no group", "(name) is no group"),
        ("PC-0017 answers as pc-0017.corp.example at 10.0.3.17", "(name) answers as (name) at (name)"),
        ("PC-00170 is another one", "PC-# is another one"),
        ("컴퓨터 PC-0017을(를) 3번 다시 시작했습니다", "컴퓨터 PC-#을(를) #번 다시 시작했습니다"),
        ("コンピューター名 17 が違います", "コンピューター名 # が違います"),
        ("a\x1b[31m\u202eb\r\nc", "a [31m b c".replace("31", "#")),
        ("", ""),
    ],
)
def test_what_goes_and_what_stays(text: str, told: str) -> None:
    """In any language, on one line."""
    assert signature(text, ("PC-0017", "10.0.3.17", "")) == told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Failed: 0x80072EFD", "Failed: 0x80072EE2"),
        ("KB3140245 is missing", "KB4474419 is missing"),
        ("the disk is full", "the disk is slow"),
    ],
)
def test_what_is_told_apart(one: str, other: str) -> None:
    """Troubles of their own."""
    assert signature(one) != signature(other)


@pytest.mark.parametrize(
    "text", ["\\" * 100_000, "a\\" * 50_000, "1," * 50_000, "a-" * 50_000, "a@" * 50_000, "C:" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    """Only so much is looked at, whatever a host says."""
    begun = time.process_time()
    assert len(signature(text)) <= 6000
    assert time.process_time() - begun < 5
