"""cmd.exe's parser and expansions: text in, tree or text out.

Sources: "phases" is stackoverflow.com/q/4094699; "wine" is wine-mirror/wine programs/cmd/tests, whose expectations are
those of Windows; "help" is the built-in help of Windows 7; "mem" is remembered.
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspr_lab.cmd import options
from sspr_lab.cmd.arithmetic import ArithmeticError32, evaluate
from sspr_lab.cmd.batch import Frame
from sspr_lab.cmd.builtins.names import NAMES, split
from sspr_lab.cmd.builtins.table import _TABLE
from sspr_lab.cmd.expansion import expand_delayed, expand_for, expand_percent
from sspr_lab.cmd.for_options import parse_options
from sspr_lab.cmd.modifiers import Modifiers
from sspr_lab.cmd.nodes import text_of
from sspr_lab.cmd.parser import parse
from sspr_lab.cmd.scanner import CommandSyntaxError, Unfinished
from sspr_lab.cmd.wildcards import matches

VARIABLES = {"A": "one", "B": "two words", "Q": "qwerty", "MIX": "qwertyQWERTY"}


def lookup(name: str) -> str | None:
    """The value of a variable of the tests."""
    return VARIABLES.get(name.upper())


def modified(value: str, modifiers: Modifiers) -> str:
    """A modifier's outcome that shows what it was asked."""
    return f"<{modifiers.letters}{modifiers.search and '$' + modifiers.search}:{value}>"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("echo word", "echo word "),  # wine: a space after arguments
        ("echo.", "echo."),  # wine
        ("> nul echo a", "echo a 1>nul "),  # wine
        ("> nul echo a && @echo foo2", "echo a  1>nul  && @echo foo2 "),  # wine
        ("a&b&&c||d", "a & b && c || d"),
        ("if 1==1 if 2==2 a|b&&c||d&e", "if 1 == 1 if 2 == 2 a | b && c || d & e"),  # wine
        ("if 1==1 (a) else b&c", "if 1 == 1 (a)  else b & c"),
        ("if 1==1 echo a else b", "if 1 == 1 echo a else b "),  # wine: without ) else is an argument
        ("if /i not a==B c", "if /i not a == B c"),
        ("if /c==/c echo x", "if /c == /c echo x "),  # wine
        ("if not exist a\\b.txt c", "if not exist a\\b.txt c"),
        ("if errorlevel 1 c", "if errorlevel 1 c"),
        ('if "a b"=="c" d', 'if "a b" == "c" d'),
        ("if 3 geq 2 d", "if 3 geq 2 d"),
        ("for %i in (a b) do @x %i", "for %i in (a b) do @x %i "),
        ("for /l %i in (1,1,5) do x", "for /l %i in (1 1 5) do x"),
        ("for /f \"tokens=1\" %i in ('a b') do x", "for /f \"tokens=1\" %i in ('a b') do x"),
        ("for /f %i in ('a ^| b') do x", "for /f %i in ('a | b') do x"),
        (
            "for /f %i in ('wmic get a,b') do x",
            "for /f %i in ('wmic get a b') do x",
        ),  # phases: an unescaped comma is lost
        ("rem a & b", "rem a & b "),  # wine
        ("echo a^&b", "echo a&b "),
        ('echo "a^&b" & c', 'echo "a^&b"   & c'),
        ("echo a 2>&1 >x", "echo a   2>&1 1>x "),
        ("echo food2>>x", "echo food2 1>>x "),  # wine: the digit belongs to the word
        ("type x <in 2>nul", "type x   0<in 2>nul "),
        ('echo foo14>.\\"f"oo', 'echo foo14 1>.\\"f"oo '),  # wine
        ("(a&b)>c", "(a & b) 1>c "),
        ("@@a", "@@a"),
        (") anything", ") anything"),  # phases: an unmatched ) ends the line
        (":label & x", ":label & x"),
    ],
)
def test_lines(line: str, text: str) -> None:
    """The tree of a line is the one that cmd.exe echoes."""
    assert text_of(parse(line)) == text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("echo>", "The syntax of the command is incorrect."),  # wine
        ("a &&", "The syntax of the command is incorrect."),  # mem
        ("| more", "| was unexpected at this time."),  # mem
        ("& a", "& was unexpected at this time."),  # mem
        ("if a", "The syntax of the command is incorrect."),  # mem
        ("if a b c", "b was unexpected at this time."),  # mem
        ("for x in (a) do b", "x was unexpected at this time."),  # mem
        ("for %i on (a) do b", "on was unexpected at this time."),  # mem
    ],
)
def test_refused_lines(line: str, message: str) -> None:
    """What cmd.exe does not understand is refused with its words."""
    with pytest.raises(CommandSyntaxError) as caught:
        parse(line)
    assert caught.value.message.format(**caught.value.values) == message


def test_lines_that_go_on() -> None:
    """Parentheses and a caret at the line's end take in the lines that follow; without those it is unfinished."""
    following = iter(["  echo b", ") else (", "echo c^", "d)"])
    assert text_of(parse("if 1==1 (", lambda: next(following, None))) == "if 1 == 1 (echo b )  else (echo cd ) "
    with pytest.raises(Unfinished):
        parse("(echo a")


@given(st.text(alphabet='ab ^"&|<>()%!=/\\:0\n.,;i fordnt'))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No line breaks the parser: it gives a tree or one of its two answers."""
    with suppress(CommandSyntaxError, Unfinished):
        text_of(parse(text))


@pytest.mark.parametrize(
    ("text", "on_command_line", "in_batch"),
    [
        ("%a%", "one", "one"),
        ("%none%S", "%none%S", "S"),  # wine
        ("%none%a%", "%noneone", "a"),  # phases: a command line goes on after the first %
        ("%%", "%%", "%"),  # wine
        ("%^a%", "%^a%", ""),
        ("100%", "100%", "100"),
        ("%1 %*", "%1 %*", "p1 p1 p2"),
        ("%~dp0", "%~dp0", "<dp:C:\\x.cmd>"),
        ("%~1", "%~1", "<:p1>"),
        ("%q:~0,1%", "q", "q"),  # wine, and all that follow
        ("%q:~2,2%", "er", "er"),
        ("%q:~-2,3%", "ty", "ty"),
        ("%q:~2,-1%", "ert", "ert"),
        ("%q:~-2,-4%", "", ""),
        ("%q:~,2%", "qw", "qw"),
        ("%q:~,%", "", ""),
        ("%q:~6%", "", ""),
        ("%q:~2a%", "%q:~2a%", "q:~2a"),
        ("%q:~-%", "%q:~-%", "q:~-"),
        ("%mix:qw=az%", "azertyazERTY", "azertyazERTY"),
        ("%mix:*TY==_%", "=_QWERTY", "=_QWERTY"),
        ("%mix:*TY=%", "QWERTY", "QWERTY"),
        ("%none:~0,1%", "%none:~0,1%", "~0,1"),  # phases
    ],
)
def test_percent_expansion(text: str, on_command_line: str, in_batch: str) -> None:
    """What is not set stays on a command line and vanishes in a batch file; parameters exist in the latter only."""
    frame = Frame("C:\\x.cmd", [], "x", " p1 p2")
    assert expand_percent(text, lookup, modified) == on_command_line
    assert expand_percent(text, lookup, modified, frame) == in_batch


@given(st.text(alphabet="%ab:~=*1 0!^"))
def test_nothing_set_changes_nothing(text: str) -> None:
    """Without any variable a command line comes out of percent expansion as it went in."""
    assert expand_percent(text, lambda _: None, modified) == text


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("a^b", "a^b"), ("a^b!a!", "abone"), ("!b:~0,3!", "two"), ("!none!x", "x"), ("50^!", "50!"), ("a!", "a")],
)
def test_delayed_expansion(text: str, expanded: str) -> None:
    """Carets escape only where a ! stands (phases)."""
    assert expand_delayed(text, lookup) == expanded


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%i", "x y"),
        ("%I", "%I"),  # wine: case counts
        ("%~ni", "<n:x y>"),
        ("%~dpnxi.bak", "<dpnx:x y>.bak"),
        ("%~$PATH:i", "<$PATH:x y>"),
        ("%~d", "%~d"),
        ("%k%", "%k%"),
    ],
)
def test_for_variables(text: str, expanded: str) -> None:
    """Values stand for %i and %~ni; the longest run of modifiers that ends in a variable counts."""
    assert expand_for(text, {"i": "x y"}, modified) == expanded


@pytest.mark.parametrize(
    ("options_text", "line", "values"),
    [
        ("", "a b c", ["a"]),  # wine
        ("", "  ; remark", None),
        ("", "", None),
        ('"tokens=1,3"', "a b c d", ["a", "c"]),
        ('"tokens=2-3"', "a b c d", ["b", "c"]),
        ('"tokens=1,*"', "a b  c d", ["a", "b  c d"]),
        ('"tokens=*"', "  a b", ["a b"]),
        ('"delims=|"', "a |d", ["a "]),  # wine
        ('"delims=| "', "a d|", ["a"]),  # wine
        ('"delims=="', "C r=d|", ["C r"]),  # wine
        ('"delims="', " a b", [" a b"]),
        ('"eol=@"', "@y", None),  # wine
        ('"usebackq tokens=2 delims=:, "', "a:b c", ["b"]),
    ],
)
def test_for_f_options(options_text: str, line: str, values: list[str] | None) -> None:
    """FOR /F takes lines apart by its options."""
    assert parse_options(options_text).split(line) == values


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 +-2", -1),  # wine, and all that follow
        ("-13/3", -4),
        ("5 % -3", 2),
        ("-5 % -3", -2),
        ("1 << -2", 0),
        ("-9 >> -2", -1),
        ("-9 >> 2", -3),
        ("4 + 2*3", 10),
        ("3 % (5 + 8 % 3 ^ 2)", 3),
        ("0xF + 3", 18),
        ("015 + 2", 15),
        ("3, 8+3,0", 0),
        ("foo=3, foo+=1", 4),
        ("none + 2", 2),
        ("foo=19, foo %= 4 + (bar=2)", 1),
        ("2147483647+1", -2147483648),  # help: 32 bits
    ],
)
def test_arithmetic(expression: str, value: int) -> None:
    """SET /A computes as Windows does."""
    assert evaluate(expression, {}) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1/0", "Divide by zero error."),
        ("1+", "Missing operand."),
        ("(1", "Unbalanced parenthesis."),
        ("08", "Invalid number."),
    ],
)
def test_refused_arithmetic(expression: str, message: str) -> None:
    """An expression that cannot be computed says why [mem]."""
    with pytest.raises(ArithmeticError32) as caught:
        evaluate(expression, {})
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("cmd.exe /c echo Line1", "echo Line1"),  # wine, and all that follow
        ('cmd.exe /c echo "&"', 'echo "&"'),
        ('cmd.exe /c "echo passed1"', "echo passed1"),
        ('cmd.exe /c " echo passed2 "', " echo passed2 "),
        ("cmd.exe /cecho No whitespace", "echo No whitespace"),
        ("cmd.exe /c", ""),
        ('cmd /c "C:\\a b.exe"', '"C:\\a b.exe"'),  # help: two quotes around a program keep
        ('cmd /s /c "C:\\a b.exe"', "C:\\a b.exe"),  # help: /s strips always
        ('cmd /c "C:\\a b.exe" "x"', 'C:\\a b.exe" "x'),  # help: more than two quotes
        ('cmd /c ""C:\\a b.exe" "x""', '"C:\\a b.exe" "x"'),
        ('cmd /c "ver & ver"', "ver & ver"),
        ('"C:\\Windows\\system32\\cmd.exe" /v:on/c ver', "ver"),
    ],
)
def test_command_line_of_cmd(line: str, command: str) -> None:
    """What runs is what /c leaves after its rule about quotes."""
    assert options.parse_options(line, lambda name: name == "C:\\a b.exe").command == command


@pytest.mark.parametrize(
    ("word", "name", "arguments"),
    [
        ("echo.", "echo", "."),
        ("ECHO:x", "echo", ":x"),
        ("echo(3", "echo", "(3"),
        ("cd..", "cd", ".."),
        ("dir/b", "dir", "/b"),
        ("c:", "drive:", "c:"),
    ],
)
def test_glued_words(word: str, name: str, arguments: str) -> None:
    """A built-in command's name may have its argument glued on."""
    internal = split(word, "")
    assert internal is not None
    assert (internal.name, internal.arguments) == (name, arguments)


def test_programs_are_no_builtins() -> None:
    """A file's name, and a longer word, are not mistaken for a built-in command."""
    assert [split(word, "") for word in ("time.exe", "echoes", "findstr", '"echo"')] == [None] * 4


def test_every_name_runs_something() -> None:
    """The names of built-in commands and what they run are the same set; CALL runs elsewhere, three have no model."""
    assert set(_TABLE) - {"drive:"} == NAMES - {"call", "dpath", "keys", "mklink"}


@pytest.mark.parametrize(
    ("name", "pattern", "found"),
    [
        ("a.txt", "*.*", True),
        ("a", "*.*", True),
        ("a.txt", "*.TXT", True),
        ("a.txt", "*.", False),
        ("a", "*.", True),
        ("ab.c", "a?.c", True),
        ("a.c", "a?.c", True),
        ("abc.c", "a?.c", False),
        ("a.b.c", "a.*", True),
        ("x[1].log", "x[1].*", True),
    ],
)
def test_wildcards(name: str, pattern: str, found: bool) -> None:
    """Patterns find what FindFirstFile finds."""
    assert matches(name, pattern) is found
