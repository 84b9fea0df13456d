"""The XPath 1.0 subset of the event log: parsing a query and matching events against it.

Microsoft, "Consuming Events", section "XPath 1.0 limitations": location paths of child elements and attributes,
predicates with and/or and comparisons, and the functions `position`, `band` and `timediff`. A name that no event has
is no error: it matches nothing. Anything else is ERROR_EVT_INVALID_QUERY (15001).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.eventlog_tree import Element

INVALID_QUERY: Final = 15001
_MOST_CONDITIONS: Final = 22  # more are refused: Elastic, winlogbeat, "Configure Winlogbeat", event_id

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<string>'[^']*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d+)?)|(?P<operator><=|>=|!=|[=<>()\[\]/@*.,])|(?P<name>[A-Za-z_][\w.-]*))"
)


class InvalidQuery(WindowsError):
    """A query that the event log refuses; `position` is the offset at which it stopped reading."""

    def __init__(self, query: str, position: int) -> None:
        super().__init__(INVALID_QUERY, query)
        self.position = position


@dataclass(frozen=True)
class Context:
    """Where a condition is asked: a node (an element, or an attribute's text), its place, and the time of asking."""

    node: Element | str
    position: int
    now: datetime


Operand = Callable[[Context], "list[str] | str | float"]
Condition = Callable[[Context], bool]


@dataclass(frozen=True)
class Query:
    """A parsed query."""

    text: str
    condition: Condition

    def matches(self, event: Element, *, position: int, now: datetime) -> bool:
        """Does the event, the `position`-th of its log, satisfy the query at `now` (UTC)?"""
        root = Element("", children=(event,))
        return self.condition(Context(root, position, now))


@lru_cache(256)
def parse(query: str) -> Query:
    """Parse a query. Raises InvalidQuery."""
    return Query(query, _Parser(query).query())


@dataclass(frozen=True)
class _Step:
    name: str
    attribute: bool
    predicates: tuple[Condition, ...]

    def walk(self, context: Context) -> Iterator[Context]:
        if isinstance(context.node, str):
            return
        nodes: Iterator[Element | str]
        if self.attribute:
            nodes = (value.text for name, value in context.node.attributes if self.name in ("*", name))
        else:
            nodes = context.node.named(self.name)
        in_the_log = context.node.name == ""
        for place, node in enumerate(nodes, start=1):
            here = Context(node, context.position if in_the_log else place, context.now)
            if all(holds(here) for holds in self.predicates):
                yield here


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = list(self._scan(query))
        self._at = 0
        self._conditions = 0

    def query(self) -> Condition:
        condition = self._path_condition()
        self._expect("end")
        return condition

    def _scan(self, query: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while query[at:].strip():
            match = _TOKEN.match(query, at)
            if match is None:
                raise InvalidQuery(query, at)
            assert match.lastgroup is not None
            kind, value = match.lastgroup, match[match.lastgroup]
            yield (value if kind == "operator" or value in ("and", "or") else kind), value, match.start(match.lastgroup)
            at = match.end()
        yield "end", "", len(query)

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _take(self) -> str:
        value = self._tokens[self._at][1]
        self._at += 1
        return value

    def _expect(self, kind: str) -> str:
        if self._kind != kind:
            self._refuse()
        return self._take() if kind != "end" else ""

    def _refuse(self) -> None:
        raise InvalidQuery(self._query, self._tokens[self._at][2])

    def _or(self) -> Condition:
        terms = [self._and()]
        while self._kind == "or":
            self._take()
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else lambda context: any(term(context) for term in terms)

    def _and(self) -> Condition:
        terms = [self._term()]
        while self._kind == "and":
            self._take()
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda context: all(term(context) for term in terms)

    def _term(self) -> Condition:
        if self._kind == "(":
            self._take()
            inner = self._or()
            self._expect(")")
            return inner
        self._conditions += 1
        if self._conditions > _MOST_CONDITIONS:
            self._refuse()
        left = self._operand()
        if self._kind not in _COMPARISONS:
            return lambda context: bool(left(context))
        compare = _COMPARISONS[self._take()]
        right = self._operand()
        return lambda context: _compare(left(context), right(context), compare)

    def _path_condition(self) -> Condition:
        path = self._path()
        return lambda context: any(True for _ in path(context))

    def _operand(self) -> Operand:
        if self._kind == "string":
            literal = self._take()[1:-1]
            return lambda _: literal
        if self._kind == "number":
            number = float(self._take())
            return lambda _: number
        if self._kind == "name" and self._tokens[self._at + 1][0] == "(":
            return self._function()
        path = self._path()
        return lambda context: [_string(found.node) for found in path(context)]

    def _function(self) -> Operand:
        name = self._tokens[self._at][1]
        if name not in ("position", "band", "timediff"):
            self._refuse()
        self._at += 2
        arguments = []
        while self._kind != ")":
            arguments.append(self._operand())
            if self._kind != ")":
                self._expect(",")
        if len(arguments) not in {"position": (0,), "band": (2,), "timediff": (1, 2)}[name]:
            self._refuse()
        self._expect(")")
        if name == "position":
            return lambda context: float(context.position)
        if name == "band":
            first, mask = arguments
            return lambda context: float(_integer(first(context)) & _integer(mask(context)))
        return lambda context: _milliseconds_since(arguments, context)

    def _path(self) -> Callable[[Context], Iterator[Context]]:
        steps = [self._step()]
        while self._kind == "/":
            self._take()
            steps.append(self._step())

        def walk(context: Context, depth: int = 0) -> Iterator[Context]:
            for found in steps[depth].walk(context):
                if depth + 1 == len(steps):
                    yield found
                else:
                    yield from walk(found, depth + 1)

        return walk

    def _step(self) -> _Step:
        if self._kind == ".":
            self._take()
            return _Self("", attribute=False, predicates=self._predicates())
        attribute = self._kind == "@"
        if attribute:
            self._take()
        name = self._expect("*" if self._kind == "*" else "name")
        return _Step(name, attribute, self._predicates())

    def _predicates(self) -> tuple[Condition, ...]:
        predicates = []
        while self._kind == "[":
            self._take()
            predicates.append(self._or())
            self._expect("]")
        return tuple(predicates)


class _Self(_Step):
    def walk(self, context: Context) -> Iterator[Context]:
        if all(holds(context) for holds in self.predicates):
            yield context


_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _string(node: Element | str) -> str:
    return node if isinstance(node, str) else node.string


def _compare(left: object, right: object, compare: Callable[[float, float], bool]) -> bool:
    lefts = left if isinstance(left, list) else [left]
    rights = right if isinstance(right, list) else [right]
    return any(_compare_one(a, b, compare) for a in lefts for b in rights)


def _compare_one(left: object, right: object, compare: Callable[[float, float], bool]) -> bool:
    for read in (_number, _moment):
        a, b = read(left), read(right)
        if a is not None and b is not None:
            return compare(a, b)
    if not (isinstance(left, str) and isinstance(right, str)):
        return False
    return compare((left > right) - (left < right), 0)


def _number(value: object) -> float | None:
    if isinstance(value, float):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"0x[0-9A-Fa-f]+", value):
        return float(int(value, 16))
    return None


def _moment(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?", value)
    if match is None:
        return None
    fraction = float(f"0.{match[2] or 0}")
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp() + fraction


def _integer(value: object) -> int:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, str):
        return int(first, 0) if re.fullmatch(r"\d+|0x[0-9A-Fa-f]+", first) else 0
    return int(first) if isinstance(first, float) else 0


def _milliseconds_since(arguments: list[Operand], context: Context) -> float:
    values = [argument(context) for argument in arguments]
    moments = [_moment(value[0] if isinstance(value, list) and value else value) for value in values]
    reference = moments[1] if len(moments) > 1 else context.now.timestamp()
    if moments[0] is None or reference is None:
        return float("nan")
    return (reference - moments[0]) * 1000
