"""Good playbooks: the plan that comes of a file, the shipped ones, and what the command line changes."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.playbook.load import load_playbook, shipped_playbooks
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps.collect import CollectParameters
from orchestrator.steps.kinds import KINDS
from orchestrator.steps.msi import MsiParameters
from orchestrator.steps.preflight import PreflightParameters
from orchestrator.steps.restarting import RebootParameters
from orchestrator.steps.tls12 import Tls12Parameters
from orchestrator.steps.uninstall import UninstallParameters
from orchestrator.steps.verbose_logging import VerboseLoggingParameters
from orchestrator.steps.verify import VerifyParameters
from orchestrator.steps.windows10 import Windows10Parameters

KIND = {kind.name: kind for kind in KINDS}
EVERY_STEP = """
    name: everything
    description: Every kind of step.
    steps:
      - preflight: {minimum_free_mb: 300, findings: {tls12: warn, uac: block}}
      - tls12: {remediate: yes}
        when: {branch: [windows7, windows8.1], architecture: [x64]}
        deadline_minutes: 7
      - msi:
          packages: [x64.msi, ../x86.msi]
          properties: {ALLUSERS: "1"}
          install_minutes: 45
      - uninstall: {product_code: '{01234567-89ab-cdef-0123-456789abcdef}'}
      - reboot: {when: always, at: 22:30, message: 업데이트를 마치기 위해 다시 시작합니다.}
      - reboot: {delay_minutes: 60, wait: false}
        name: second-reboot
      - verify:
      - verbose_logging: {state: on}
      - verbose_logging: {state: false}
        name: quiet
      - windows10: {state: false, require_join: false}
      - collect: {days: 7}
    """


def read(folder: Path, text: str) -> Playbook:
    path = folder / "playbook.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_playbook(str(path))


def test_a_plan_is_what_the_file_says(tmp_path: Path) -> None:
    """Every kind of step arrives with its parameters, condition and deadline, the rest being defaults."""
    playbook = read(tmp_path, EVERY_STEP)
    everywhere = Condition()
    x64 = Condition(frozenset({"windows7", "windows8.1"}), frozenset({"x64"}))
    msi = MsiParameters(
        packages=(tmp_path / "x64.msi", tmp_path / "../x86.msi"), properties={"ALLUSERS": "1"}, install_minutes=45
    )
    product = UninstallParameters(product_code="{01234567-89AB-CDEF-0123-456789ABCDEF}")
    tonight = RebootParameters(when="always", at="22:30", message="업데이트를 마치기 위해 다시 시작합니다.")
    in_an_hour = RebootParameters(delay_minutes=60, wait=False)
    verbose = VerboseLoggingParameters(state="on")
    switched_off = Windows10Parameters(state="off", require_join=False)
    at_the_slowest_pace = 588  # minutes for 64 MB
    preflight = PreflightParameters(minimum_free_mb=300, findings={"tls12": "warn", "uac": "block"})
    assert (playbook.name, playbook.description) == ("everything", "Every kind of step.")
    assert playbook.path == tmp_path / "playbook.yaml"
    assert playbook.steps == (
        PlannedStep(KIND["preflight"], "preflight", preflight, everywhere, 5 * 60),
        PlannedStep(KIND["tls12"], "tls12", Tls12Parameters(remediate=True), x64, 7 * 60),
        PlannedStep(KIND["msi"], "msi", msi, everywhere, 70 * 60),
        PlannedStep(KIND["uninstall"], "uninstall", product, everywhere, 30 * 60),
        PlannedStep(KIND["reboot"], "reboot", tonight, everywhere, (24 * 60 + 30 + 10) * 60),
        PlannedStep(KIND["reboot"], "second-reboot", in_an_hour, everywhere, 10 * 60),
        PlannedStep(KIND["verify"], "verify", VerifyParameters(), everywhere, 5 * 60),
        PlannedStep(KIND["verbose_logging"], "verbose_logging", verbose, everywhere, 5 * 60),
        PlannedStep(KIND["verbose_logging"], "quiet", VerboseLoggingParameters(state="off"), everywhere, 5 * 60),
        PlannedStep(KIND["windows10"], "windows10", switched_off, everywhere, 5 * 60),
        PlannedStep(KIND["collect"], "collect", CollectParameters(days=7), everywhere, (10 + at_the_slowest_pace) * 60),
    )


@pytest.mark.parametrize(
    ("branches", "architectures", "branch", "architecture", "holds"),
    [
        ((), (), "windows7", "x86", True),
        ((), (), "other", "x64", True),
        (("windows7",), (), "windows7", "x86", True),
        (("windows7", "windows8"), (), "windows8", "x64", True),
        (("windows7",), (), "windows8.1", "x86", False),
        ((), ("x64",), "windows7", "x86", False),
        (("windows7",), ("x64",), "windows7", "x64", True),
        (("windows7",), ("x64",), "windows8", "x64", False),
        (("windows7",), ("x64",), "windows7", "x86", False),
    ],
)
def test_conditions(
    branches: tuple[str, ...], architectures: tuple[str, ...], branch: str, architecture: str, holds: bool
) -> None:
    """A condition holds when branch and architecture are among those named; one that names none holds everywhere."""
    condition = Condition(frozenset(branches), frozenset(architectures))
    assert condition.holds(branch, architecture) is holds
    assert condition.trivial is (not branches and not architectures)


def test_the_shipped_playbooks() -> None:
    """Each can be run by its name, is called as its file, and does what it is named for."""
    kinds = {playbook.name: [step.kind.name for step in playbook.steps] for playbook in shipped_playbooks()}
    assert kinds == {
        "collect-logs": ["collect"],
        "enable-tls12": ["tls12", "reboot", "tls12"],
        "install": ["preflight", "tls12", "msi", "windows10", "reboot", "verify"],
        "preflight": ["preflight"],
        "reboot": ["reboot"],
        "uninstall": ["uninstall", "reboot"],
        "verbose-logging-off": ["verbose_logging"],
        "verbose-logging-on": ["verbose_logging"],
        "windows10-disable": ["windows10"],
        "windows10-enable": ["windows10"],
    }
    for name in kinds:
        playbook = load_playbook(name)
        assert playbook.path.stem == playbook.name == name
        assert load_playbook(str(playbook.path)) == playbook
        assert playbook.description.endswith(".")


def test_a_name_that_is_not_shipped_lists_those_that_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip gets the nearest name and all names; a file of that name in the folder is not taken by accident."""
    monkeypatch.chdir(tmp_path)
    Path("instal").write_text("name: x", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_playbook("instal")
    assert "did you mean `install`?" in str(raised.value)
    assert "collect-logs, enable-tls12, install, preflight, reboot, uninstall, verbose-logging-off" in str(raised.value)
    for path in ("./instal2", "mine.yaml"):
        with pytest.raises(DocumentError, match="cannot be read"):
            load_playbook(path)


def test_packages_go_to_every_step_that_takes_some(tmp_path: Path) -> None:
    """`--msi` replaces the packages of the installation, the removal and the proof, and nothing else."""
    before = read(tmp_path, EVERY_STEP)
    packages = (Path("a.msi"), Path("b.msi"))
    after = before.with_packages(packages)
    changed = [new.kind.name for old, new in zip(before.steps, after.steps, strict=True) if old != new]
    assert changed == ["msi", "uninstall", "verify"]
    for step in after.steps:
        if isinstance(step.parameters, MsiParameters | UninstallParameters | VerifyParameters):
            assert step.parameters.packages == packages
    with pytest.raises(UsageError, match="no step of the playbook `reboot` takes a package"):
        load_playbook("reboot").with_packages(packages)


def step_of(playbook: Playbook, name: str) -> PlannedStep:
    return next(step for step in playbook.steps if step.name == name)


def test_settings_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting goes to the step of that name, or else to all of that kind; what it does not name stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    before = read(tmp_path / "folder", EVERY_STEP)
    after = before.overridden(
        [
            "msi.packages=[here.msi]",
            "second-reboot.when=never",
            "verbose_logging.state=on",
            "reboot.message=Bye, see you",
            "preflight.findings={}",
        ]
    )
    msi = step_of(after, "msi").parameters
    assert isinstance(msi, MsiParameters)
    assert (msi.packages, msi.install_minutes) == ((tmp_path / "here.msi",), 45)
    assert step_of(after, "second-reboot").parameters == RebootParameters(when="never", delay_minutes=60, wait=False)
    assert step_of(after, "quiet").parameters == VerboseLoggingParameters(state="off")
    reboot = step_of(after, "reboot").parameters
    assert reboot == RebootParameters(when="always", at="22:30", message="Bye, see you")
    assert step_of(after, "preflight").parameters == PreflightParameters(minimum_free_mb=300)
    assert before == read(tmp_path / "folder", EVERY_STEP)
    assert before.overridden([]) == before


def test_a_kind_means_all_of_its_steps(tmp_path: Path) -> None:
    """When no step has the name, a setting goes to every step of that kind."""
    playbook = read(
        tmp_path,
        """
        name: twice
        description: Two restarts.
        steps: [{reboot: , name: first}, {reboot: , name: second}]
        """,
    ).overridden(["reboot.when=always"])
    assert [step.parameters for step in playbook.steps] == [RebootParameters(when="always")] * 2


def test_settings_of_a_step_are_judged_together(tmp_path: Path) -> None:
    """Settings that fit only together are taken, in whichever order."""
    install = load_playbook("install")
    for settings in (["reboot.at=22:30", "reboot.delay_minutes=0"], ["reboot.delay_minutes=0", "reboot.at=22:30"]):
        reboot = step_of(install.overridden(settings), "reboot").parameters
        assert isinstance(reboot, RebootParameters)
        assert (reboot.at, reboot.delay_minutes) == ("22:30", 0)


@pytest.mark.parametrize(
    ("deadline", "setting", "minutes"),
    [
        ("", "reboot.delay_minutes=0", 45),
        ("", "reboot.delay_minutes=65", 105),
        ("deadline_minutes: 50", "reboot.delay_minutes=65", 110),
        ("deadline_minutes: 50", "reboot.return_minutes=1", 50),
        ("", "reboot.wait=false", 45),
    ],
)
def test_a_deadline_moves_with_what_has_to_be_waited_for(
    tmp_path: Path, deadline: str, setting: str, minutes: int
) -> None:
    """A setting that lets a step wait longer gives it the time; none takes time away."""
    text = f"{{name: x, description: x, steps: [{{reboot: {{delay_minutes: 5}}, {deadline}}}]}}"
    (step,) = read(tmp_path, text).overridden([setting]).steps
    assert step.deadline_seconds == minutes * 60


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("msi", "`msi`: expected STEP.KEY=VALUE"),
        ("msi.install_minutes", "`msi.install_minutes`: expected STEP.KEY=VALUE"),
        ("install_minutes=5", "`install_minutes=5`: expected STEP.KEY=VALUE"),
        ("mis.install_minutes=5", "the playbook has no step `mis`; did you mean `msi`?"),
        ("collect.days=5", "no step `collect`; its steps are preflight, tls12, msi, windows10, reboot, verify"),
        (
            "msi.instal_minutes=5",
            "`msi.instal_minutes=5`: unknown key `instal_minutes`; did you mean `install_minutes`?",
        ),
        ("msi.install_minutes=soon", "`install_minutes`: expected a whole number, found `soon`"),
        ("msi.install_minutes=", "`install_minutes`: expected a whole number, found nothing"),
        ("msi.properties={REBOOT: Force}", "`properties.REBOOT`: a package never restarts a host by itself here"),
        ("msi.packages=a.msi", "`packages`: expected a list, found `a.msi`"),
        (
            "reboot.message=@ten",
            "`reboot.message=@ten`: `@ten` is not a value of YAML; put text with special characters",
        ),
        ("reboot.message=Now: go", "`message`: expected text, found keys with values"),
        ("reboot.at=22:30", "`reboot.at=22:30`: `at` and `delay_minutes` exclude each other"),
        ("tls12.remediate=perhaps", "`remediate`: expected true or false, found `perhaps`"),
        ("msi.deadline_minutes=5", "unknown key `deadline_minutes`"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(setting: str, words: str) -> None:
    """A wrong setting is wrong usage; the text names it and says what is expected."""
    with pytest.raises(UsageError) as raised:
        load_playbook("install").overridden([setting])
    assert words in str(raised.value)
    assert setting in str(raised.value)


def test_a_former_name_of_a_kind_goes_on_working(tmp_path: Path) -> None:
    """A playbook of an earlier version says `prove`: it is read as `verify`, with a note that names file and line."""
    steps = "steps:\n  - tls12: {remediate: true}\n  - prove: {tls12: false}\n    name: at-the-end\n  - prove:\n"
    playbook = read(tmp_path, f"name: mine\ndescription: x\n{steps}")
    assert [(step.kind.name, step.name) for step in playbook.steps] == [
        ("tls12", "tls12"),
        ("verify", "at-the-end"),
        ("verify", "verify"),
    ]
    assert [note.removeprefix(str(tmp_path)) for note in playbook.notes] == [
        "/playbook.yaml:5: `prove` is called `verify` now",
        "/playbook.yaml:7: `prove` is called `verify` now",
    ]
    changed = playbook.overridden(["prove.tls12=true"]).steps
    assert [step.parameters.tls12 for step in changed if isinstance(step.parameters, VerifyParameters)] == [True, True]


def test_a_mistake_under_a_former_name_is_told_with_its_line(tmp_path: Path) -> None:
    """By the key that stands there now."""
    with pytest.raises(DocumentError, match=r"playbook\.yaml:5: unknown key `tsl12`"):
        read(tmp_path, "name: mine\ndescription: x\nsteps:\n  - prove:\n      tsl12: false\n")
