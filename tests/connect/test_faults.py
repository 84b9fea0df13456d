"""Faults of the service: both shapes become a code, a code becomes a class of error, and the shell follows suit."""

from collections.abc import Awaitable, Callable

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, winrm_host
from orchestrator.connect import faults
from orchestrator.model.errors import AccessDenied, DeadlineExceeded, Retry, TargetError, WsManFault
from orchestrator.windows import win32
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.faults import FaultKind, WsmanFault
from sspr_lab.winrm.service import Caller
from sspr_lab.winrm.soap import Message
from tests.connect.reach import assert_nothing_stays, reached, soon

pytestmark = pytest.mark.usefixtures("brisk")

BACK_OFF = {2150859173, 2150858815, 2150859175, 2150859176, 2150859179, 2150859236, 2150859237, 2150859238, 170}
NEW_SHELL = {2150859174, 2150859241, 2150858843, 2150859082, 2147943418, 1018, 995}
UNKNOWN = 2150850000


def refuse(host: WinRMHost, action: str, code: int, *, wmi_shape: bool = False) -> None:
    """The host answers its next request of that action with a fault of that code."""
    usual: Callable[[Message, Caller], Awaitable[str]] = host.server._site.service.handle
    refusals = [WsmanFault(FaultKind(code, "Receiver", "w:InternalError", "access_denied"), wmi_shape=wmi_shape)]

    async def handle(message: Message, caller: Caller) -> str:
        if message.action == action and refusals:
            raise refusals.pop()
        return await usual(message, caller)

    setattr(host.server._site.service, "handle", handle)  # noqa: B010 - a method is replaced on purpose


@pytest.mark.parametrize("wmi_shape", [False, True], ids=["WSManFault", "MSFT_WmiError"])
@pytest.mark.parametrize("code", [*faults.FAULTS, UNKNOWN])
async def test_every_code_arrives_in_both_shapes(code: int, wmi_shape: bool) -> None:
    """A fault of any known code, and one of an unknown one, is the error that its row says; afterwards all is clean."""
    async with winrm_host() as host:
        refuse(host, ns.COMMAND, code, wmi_shape=wmi_shape)
        async with reached(host.server.port) as connection:
            with pytest.raises(TargetError) as caught:
                await connection.run("ver", soon())
        if code == faults.ACCESS_DENIED:
            assert isinstance(caught.value, AccessDenied)
        else:
            assert isinstance(caught.value, WsManFault)
            assert caught.value.code == code
            assert caught.value.evidence["wsman_fault"] == code
        assert caught.value.retry is faults.classify(code).retry
        await assert_nothing_stays(host)


@pytest.mark.parametrize("code", [code for code in faults.FAULTS if code <= 0xFFFF])
def test_both_spellings_of_a_code_are_one_error(code: int) -> None:
    """N and HRESULT_FROM_WIN32(N), signed or not (bolt issue 3385 has the one, others have the other)."""
    for spelled in (0x80070000 | code, (0x80070000 | code) - (1 << 32)):
        assert faults.classify(spelled) is faults.FAULTS[code]


@pytest.mark.parametrize("code", win32.PASSING)
def test_what_passes_when_a_tool_says_it_passes_when_the_service_does(code: int) -> None:
    """One table says of both that another try helps."""
    for spelled in (code, 0x80070000 | code):
        assert faults.classify(spelled).retry is Retry.BACK_OFF


@pytest.mark.parametrize(
    ("codes", "retry"), [(BACK_OFF, Retry.BACK_OFF), (NEW_SHELL, Retry.NEW_SHELL), ({UNKNOWN, 5}, Retry.NEVER)]
)
def test_the_table_says_what_to_do(codes: set[int], retry: Retry) -> None:
    """Quotas of the host are waited for, lost or used-up shells replaced, and what we do not know is not repeated."""
    assert {faults.classify(code).retry for code in codes} == {retry}


def test_a_fault_without_a_code_is_never_retried() -> None:
    """Such as s:MustUnderstand, which has neither shape."""
    assert faults.classify(None).retry is Retry.NEVER


@pytest.mark.parametrize("code", sorted(NEW_SHELL))
async def test_a_shell_that_is_lost_or_used_up_is_replaced_on_the_same_connection(code: int) -> None:
    """After such a fault the next command has a new shell, and the old one is deleted first: its quota counts on."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            await connection.run("ver", soon())
            refuse(host, ns.COMMAND, code)
            with pytest.raises(WsManFault):
                await connection.run("ver", soon())
            assert (await connection.run("echo again", soon())).stdout == b"again\r\n"
            assert host.server.counters.shells_open == 1
        assert (host.server.counters.shells_created, host.server.counters.connections) == (2, 1)
        await assert_nothing_stays(host)


@pytest.mark.parametrize("code", [2150859175, 2150859046])
async def test_a_host_that_is_short_of_something_keeps_our_shell(code: int) -> None:
    """Where waiting helps, the shell stays as it is."""
    async with winrm_host() as host:
        async with reached(host.server.port) as connection:
            await connection.run("ver", soon())
            refuse(host, ns.COMMAND, code)
            with pytest.raises(WsManFault):
                await connection.run("ver", soon())
            await connection.run("ver", soon())
        assert host.server.counters.shells_created == 1


async def test_shells_of_others_are_a_quota_to_wait_for() -> None:
    """Five shells of the same user are open on Windows 7: the sixth is refused, ours is opened when one has gone."""
    async with winrm_host() as host, reached(host.server.port) as connection:
        async with reached(host.server.port) as first:
            await first.run("ver", soon())
            others = [reached(host.server.port) for _ in range(4)]
            for other in others:
                await (await other.__aenter__()).run("ver", soon())
            with pytest.raises(WsManFault) as caught:
                await connection.run("ver", soon())
            assert (caught.value.code, caught.value.retry) == (2150859173, Retry.BACK_OFF)
            for other in others:
                await other.__aexit__(None, None, None)
        assert (await connection.run("echo room", soon())).stdout == b"room\r\n"


async def test_the_lab_quota_fault_wears_off() -> None:
    """The fault `quota` of the lab refuses once; the same connection succeeds afterwards."""
    async with winrm_host(faults=faulty("quota")) as host:
        async with reached(host.server.port) as connection:
            with pytest.raises(WsManFault) as caught:
                await connection.run("ver", soon())
            assert caught.value.retry in {Retry.BACK_OFF, Retry.NEW_SHELL}
            assert (await connection.run("ver", soon())).exit_code == 0
        await assert_nothing_stays(host)


@pytest.mark.parametrize("action", [ns.CREATE, ns.COMMAND])
async def test_a_service_that_times_out_is_out_of_time(action: str) -> None:
    """The code that means "ask again" to a Receive is a missed deadline to anything else."""
    async with winrm_host() as host:
        refuse(host, action, faults.OPERATION_TIMEOUT)
        async with reached(host.server.port) as connection:
            with pytest.raises(DeadlineExceeded):
                await connection.run("ver", soon())
        await assert_nothing_stays(host)


async def test_a_receive_that_times_out_is_asked_again() -> None:
    """Silence of a command is normal."""
    async with winrm_host() as host:
        refuse(host, ns.RECEIVE, faults.OPERATION_TIMEOUT)
        async with reached(host.server.port) as connection:
            assert (await connection.run("echo patience", soon())).stdout == b"patience\r\n"


@pytest.mark.parametrize("action", [ns.CREATE, ns.COMMAND, ns.RECEIVE, ns.SEND])
async def test_faults_anywhere_leave_nothing_behind(action: str) -> None:
    """Whichever exchange of a command a fault hits, closing cleans up."""
    async with winrm_host() as host:
        refuse(host, action, 2150859175)
        async with reached(host.server.port) as connection:
            with pytest.raises(WsManFault):
                await connection.run('findstr "^"', soon(), stdin=[b"x\r\n"])
        await assert_nothing_stays(host)


async def test_a_refused_delete_raises_nothing() -> None:
    """Closing never raises; the service deletes an idle shell by itself."""
    async with winrm_host() as host:
        refuse(host, ns.DELETE, 2150859175)
        async with reached(host.server.port) as connection:
            await connection.run("ver", soon())
        assert host.server.counters.shells_open == 1
        assert host.messages[-1][1].count("2150859175") == 1
