"""Every message that is declared has its English sentence with just its parameters, and no sentence stands idle."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast, visitor

import orchestrator
import orchestrator.sentences
from orchestrator.model.message import DECLARED, REMEDY, Declared, Message, several, verbatim
from orchestrator.sentences import Language, chosen, language

ENGLISH = Path(orchestrator.sentences.__file__).with_name("en.ftl").read_text("utf-8")
PARSED = FluentParser(with_spans=False).parse(ENGLISH)
MESSAGES = [entry for entry in PARSED.body if isinstance(entry, ast.Message)]


class Variables(visitor.Visitor):
    """Gathers the variables of a message."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - the visitor's own naming
        self.names.add(node.id.name)


def declared() -> list[Declared[...]]:
    """Every message that a module of the product declares; those of tests begin with `test-`."""
    for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return [each for code, each in DECLARED.items() if not code.startswith("test-")]


def test_the_file_is_whole() -> None:
    """Nothing in it is junk to Fluent, and no code stands there twice."""
    assert [entry for entry in PARSED.body if isinstance(entry, ast.Junk)] == []
    codes = [entry.id.name for entry in MESSAGES]
    assert sorted(codes) == sorted(set(codes))


def test_declarations_and_sentences_fit_each_other() -> None:
    """Code for code and parameter for parameter."""
    sentences = {}
    for entry in MESSAGES:
        if entry.value is not None:
            variables = Variables()
            variables.visit(entry)
            sentences[entry.id.name] = variables.names
    messages = {each.code: set(each.names) for each in declared()}
    assert messages.keys() == sentences.keys()
    assert {code: names for code, names in sentences.items() if not names <= messages[code]} == {}
    remedies = {entry.id.name for entry in MESSAGES if any(each.id.name == REMEDY for each in entry.attributes)}
    assert remedies == {each.code for each in declared() if each.has_remedy}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (verbatim("as { it } is"), "as { it } is"),
        (several((verbatim("one"), verbatim("two"))), "one; two"),
        (Message("from-a-newer-version", {"host": "x", "count": 2}), "from-a-newer-version (host=x, count=2)"),
        (Message("none-such"), "none-such"),
    ],
)
def test_messages_in_words(message: Message, said: str) -> None:
    """Text from elsewhere is never read as Fluent; what is not known is shown rather than lost."""
    assert language("en").say(message) == said


NUMBERS = """
ended = ended with { $code }
found = { $count ->
    [one] one machine
   *[other] { $count } machines
}
maybe = { $user ->
    [none] nobody
   *[other] { $user }
}
listed = { $names }
"""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message("ended", {"code": 1603}), "ended with 1603"),
        (Message("found", {"count": 1}), "one machine"),
        (Message("found", {"count": 4000}), "4000 machines"),
        (Message("ended", {"code": 10**40}), f"ended with {10**40}"),
        (Message("ended", {"code": float("inf")}), "ended with inf"),
        (Message("ended", {"code": float("nan")}), "ended with nan"),
        (Message("maybe", {"user": None}), "nobody"),
        (Message("maybe", {"user": "ann"}), "ann"),
        (Message("listed", {"names": ("a", "b")}), "a, b"),
    ],
)
def test_parameters_in_sentences(message: Message, said: str) -> None:
    """Numbers come without grouping, plurals follow the language, and what is missing can be told."""
    assert Language("en", NUMBERS).say(message) == said


def test_another_language_is_a_file() -> None:
    """What it has is said in it, and the rest in English."""
    german = Language("de", "several = Mehreres: { $messages }", ENGLISH)
    assert german.say(several((verbatim("a"), verbatim("b")))) == "Mehreres: a; b"
    assert german.say(verbatim("a")) == "a"


@pytest.mark.parametrize(
    ("environment", "name"),
    [({}, "en"), ({"LANG": "C"}, "en"), ({"LANG": "en_GB.UTF-8"}, "en"), ({"SSPR_LANGUAGE": "xx"}, "en")],
)
def test_the_language_of_the_environment(environment: dict[str, str], name: str) -> None:
    """One that there is no file for is no reason to fail."""
    assert chosen(environment) == name
