"""The add-in as it is registered in the field: where the check and the verification look for its file."""

from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.sentences import say
from orchestrator.steps.preflight import PreflightParameters, preflight
from orchestrator.steps.verify import VerifyDetail, VerifyParameters, verify
from orchestrator.windows import provider
from sspr_lab.registry import Value
from tests.details import detail_of
from tests.steps.one_step import context, one, to_end

SYSTEM32 = r"C:\Windows\System32"
REGISTERED: dict[str, tuple[Value, str, bool]] = {
    "a path": (Value.of(rf"{SYSTEM32}\SsprCredProvider.dll"), SYSTEM32, True),
    "a bare name": (Value.of("SsprCredProvider.dll"), SYSTEM32, True),
    "a bare name, in the Windows folder": (Value.of("SsprCredProvider.dll"), r"C:\Windows", True),
    "a bare name without an ending": (Value.of("SsprCredProvider"), SYSTEM32, True),
    "a variable": (Value("REG_EXPAND_SZ", r"%SystemRoot%\System32\SsprCredProvider.dll"), SYSTEM32, True),
    "with slashes": (Value.of("C:/Windows/System32/SsprCredProvider.dll"), SYSTEM32, True),
    "the long way": (Value.of(rf"\\?\{SYSTEM32}\SsprCredProvider.dll"), SYSTEM32, True),
    "in quotes": (Value.of(rf'"{SYSTEM32}\SsprCredProvider.dll"'), SYSTEM32, True),
    "a bare name, and no such file there": (Value.of("SsprCredProvider.dll"), r"C:\Windows\Temp", False),
    "a path, and no such file there": (Value.of(r"C:\Windows\SsprCredProvider.dll"), SYSTEM32, False),
}


@pytest.mark.parametrize(("value", "folder", "there"), REGISTERED.values(), ids=REGISTERED)
async def test_the_file_is_looked_for_as_windows_does(value: Value, folder: str, there: bool, tmp_path: Path) -> None:
    """Both agree on whether it is there."""
    async with one() as (host, reached):
        host.machine.registry.set(provider.PROVIDER, "", Value.of("SSPR"))
        host.machine.registry.set(provider.INPROC_SERVER, "", value)
        host.machine.files.write(rf"{folder}\SsprCredProvider.dll", b"MZ")
        seen = await to_end(preflight, reached, PreflightParameters(), context(tmp_path))
        proved = await to_end(verify, reached, VerifyParameters(tls12=False), context(tmp_path))
    assert detail_of(proved, VerifyDetail).dll_exists is there
    found = detail_of(seen, PreflightDetail).addin
    assert found is not None
    assert found.installed is there
    assert (proved.outcome is Outcome.OK) is there, say(proved.reason)
