"""A percent-expanded command line -> the tree of its commands.

& binds least, then ||, &&, | and parentheses; the body of IF, ELSE and FOR is everything that follows on the line, and
ELSE counts only after a closing parenthesis. Source: the comments and expectations of wine-mirror/wine
programs/cmd/tests/test_builtins.cmd ("Testing chains"), which hold on Windows.
"""

from functools import lru_cache
from typing import Final

from sspr_lab.cmd.headers import read_condition, read_for_header
from sspr_lab.cmd.nodes import (
    Block,
    Chain,
    For,
    If,
    Node,
    Nothing,
    Operator,
    Quiet,
    Redirection,
    Simple,
)
from sspr_lab.cmd.scanner import (
    END,
    CommandSyntaxError,
    MoreLines,
    Scanner,
    Unfinished,
    unexpected,
)
from sspr_lab.documented.reading import HELP

_TIGHTNESS: Final[dict[Operator, int]] = {"&": -1, "||": 0, "&&": 1, "|": 2}


def parse(text: str, more: MoreLines = lambda: None) -> Node:
    """The commands of one line, and of the lines after it that its parentheses or carets take in.

    Args:
        text: the line after percent expansion, without its line end.
        more: gives the next line, percent-expanded, or None at the end of the input.

    Raises:
        CommandSyntaxError: cmd.exe would refuse the line.
        Unfinished: the input ended inside parentheses; cmd.exe then runs nothing of it.
    """
    return _Parser(Scanner(text, more)).line()


@lru_cache(1024)
def _alone(text: str) -> Node | None:
    """What a text without & is in front of an &; None where it takes the & in, or is refused.

    Lines are long and much alike: whoever asks many machines for much asks all of them for the same.
    """
    try:
        return _Parser(Scanner(text + "&", lambda: None)).up_to_ampersand()
    except (CommandSyntaxError, Unfinished):
        return None


class _Parser:
    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._depth = 0

    @property
    def _stops(self) -> str:
        return ")" if self._depth else ""

    def line(self) -> Node:
        node = self._sequence()
        if (character := self._scanner.peek()) not in (END, "\n"):
            raise unexpected(character)
        return node

    def _sequence(self) -> Node:
        """Commands joined by & (inside parentheses by line ends too), up to a ")" or the end."""
        node: Node | None = None
        while True:
            if self._at_command():
                item = self._chain() if self._depth else self._item()
                node = item if node is None else Chain("&", node, item)
            if not self._separator():
                return node or Nothing()

    def _item(self) -> Node:
        """A command outside parentheses. What it is up to its & depends on nothing behind that."""
        text = self._scanner.before_ampersand()
        known = None if text is None else _alone(text)
        if text is None or known is None:
            return self._chain()
        self._scanner.advance(len(text))
        return known

    def up_to_ampersand(self) -> Node | None:
        """The command, if it ends before the & that is the last of the text."""
        node = self._chain()
        return node if self._scanner.left == "&" else None

    def _at_command(self) -> bool:
        character = self._skip_blank()
        if character == "&":
            raise unexpected("&&" if self._scanner.starts_with("&&") else "&")
        return character not in (END, "\n") and not (character == ")" and self._depth)

    def _separator(self) -> bool:
        """Take what stands between two commands; False when the sequence ends here."""
        character = self._scanner.skip_delimiters()
        if character == "&":
            self._scanner.advance()
            return True
        if not self._depth or character == ")":
            return False
        if character == END and not self._scanner.next_line():
            raise Unfinished
        if self._scanner.peek() == "\n":
            self._scanner.advance()
            return True
        return False

    def _skip_blank(self) -> str:
        """Skip separators, and inside parentheses empty lines; the character after them."""
        character = self._scanner.skip_delimiters()
        while self._depth and character == "\n":
            self._scanner.advance()
            character = self._scanner.skip_delimiters()
        return character

    def _chain(self, loosest: int = 0) -> Node:
        """Commands joined by operators that bind at least so tightly, their operands from the left."""
        node = self._command()
        while (operator := self._operator()) is not None and (tightness := _TIGHTNESS[operator]) >= loosest:
            self._scanner.advance(len(operator))
            if not self._operand_follows():
                raise CommandSyntaxError
            node = Chain(operator, node, self._chain(tightness + 1))
        return node

    def _operator(self) -> Operator | None:
        """The operator that comes next, if one does."""
        character = self._scanner.skip_delimiters()
        if character == "|":
            return "||" if self._scanner.peek(1) == "|" else "|"
        if character == "&":
            return "&&" if self._scanner.peek(1) == "&" else "&"
        return None

    def _operand_follows(self) -> bool:
        character = self._scanner.skip_delimiters()
        if character in ("&", "|"):
            raise unexpected(character)
        return character not in (END, "\n", ")")

    def _command(self) -> Node:
        character = self._scanner.skip_delimiters()
        if character == "@":
            self._scanner.advance()
            return Quiet(self._body() if self._at_body_command() else self._command())
        redirections: list[Redirection] = []
        while (redirection := self._scanner.leading_redirection(self._stops)) is not None:
            redirections.append(redirection)
            character = self._scanner.skip_delimiters()
        if character == "(":
            return self._block(redirections)
        if character == "|":
            raise unexpected("||" if self._scanner.starts_with("||") else "|")
        if character in (":", ")"):  # a label; or an unmatched ")", after which nothing counts
            return Nothing(self._scanner.rest_of_line())
        return self._named(redirections)

    def _block(self, redirections: list[Redirection]) -> Node:
        self._scanner.advance()
        self._depth += 1
        body = self._sequence()
        self._depth -= 1
        if self._scanner.peek() != ")":
            raise unexpected(self._scanner.peek())
        self._scanner.advance()
        if isinstance(body, Nothing):
            raise unexpected(")")
        return Block(body, (*redirections, *self._redirections()))

    def _redirections(self) -> list[Redirection]:
        found: list[Redirection] = []
        while True:
            self._scanner.skip_delimiters()
            redirection = self._scanner.leading_redirection(self._stops)
            if redirection is None:
                return found
            found.append(redirection)

    def _named(self, redirections: list[Redirection]) -> Node:
        name = self._scanner.word(self._stops)
        match name.lower():
            case "if" | "for" | "rem" if self._asks_for_help():
                pass
            case "if":
                return self._wrapped(self._if(), redirections)
            case "for":
                return self._wrapped(self._for(), redirections)
            case "rem":
                return self._remark(name)
        arguments, inner = self._scanner.arguments(self._stops)
        return Simple(name, arguments, (*redirections, *inner))

    def _asks_for_help(self) -> bool:
        """Whether /? follows: then the word is a command like any other, which prints its help."""
        ahead = 0
        while self._scanner.peek(ahead) in (" ", "\t"):
            ahead += 1
        return "".join(self._scanner.peek(ahead + each) for each in range(len(HELP))) == HELP

    @staticmethod
    def _wrapped(node: Node, redirections: list[Redirection]) -> Node:
        return Block(node, tuple(redirections)) if redirections else node

    def _remark(self, name: str) -> Node:
        """REM takes the whole line when a word follows it; "rem & ver" is two commands."""
        between = ""
        while self._scanner.peek() != END and self._scanner.peek() in " \t":
            between += self._scanner.peek()
            self._scanner.advance()
        if self._scanner.peek() in ("&", "|"):
            return Nothing(name)
        return Nothing(f"{name}{between}{self._scanner.rest_of_line()} ")

    def _if(self) -> Node:
        condition = read_condition(self._scanner, self._stops)
        then = self._body()
        otherwise = None
        if self._else_follows():
            self._scanner.advance(len("else"))
            otherwise = self._body()
        return If(condition, then, otherwise)

    def _body(self) -> Node:
        """What IF, ELSE, DO or @ governs: the rest of the line with all its operators, up to an ELSE after a ")".

        That @ is one of them: ReactOS, base/shell/cmd/parser.c.
        """
        if self._scanner.skip_delimiters() in (END, "\n", "&", ")"):
            raise CommandSyntaxError
        node = self._chain()
        while self._scanner.peek() == "&":
            self._scanner.advance()
            if not self._at_body_command():
                break
            node = Chain("&", node, self._chain())
        return node

    def _at_body_command(self) -> bool:
        return self._scanner.skip_delimiters() not in (END, "\n", ")")

    def _else_follows(self) -> bool:
        """ELSE stands after a ")"; after anything else it has become an argument already."""
        self._scanner.skip_delimiters()
        found = "".join(self._scanner.peek(ahead) for ahead in range(len("else")))
        after = self._scanner.peek(len("else"))
        return found.lower() == "else" and (after == END or not after.isalnum())

    def _for(self) -> Node:
        header = read_for_header(self._scanner)
        return For(header.kind, header.variable, header.items, self._body(), header.options, header.root)
