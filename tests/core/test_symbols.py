"""A note on a function or a class follows it by its name, wherever it stands, whatever is around it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.admission import read_anchor
from trails.anchors import fingerprint
from trails.errors import BadInput
from trails.notes import Anchor, Drift, Validity
from trails.symbol_drift import check_symbol
from trails.symbols import Symbol, find_symbol, python_symbols

PATH = "src/ledger.py"
CODE = '''\
import os

LIMIT = 3


class Ledger:
    """Books."""

    name: str = "books"

    @property
    def size(self) -> int:
        return len(self.pages)

    def rotate(self, page):
        if not page:
            raise ValueError(page)
        self.pages.append(page)
        return page


def open_ledger(path):
    local = path
    return Ledger(local)
'''.splitlines()


def symbols_of(lines: list[str]) -> tuple[Symbol, ...]:
    found = python_symbols(lines)
    assert found is not None
    return found


def anchor(name: str) -> Anchor:
    symbol = find_symbol(symbols_of(CODE), name, PATH)
    known = fingerprint(CODE, symbol.first_line, symbol.last_line)
    print_ = type(known)(known.digest, known.line_digests, known.outline, symbol.meaning)
    return Anchor(PATH, symbol.first_line, symbol.last_line, print_, symbol=name)


def became(name: str, now: list[str]) -> Drift:
    return check_symbol(anchor(name), now, symbols_of(now))


def replaced(old: str, new: str) -> list[str]:
    text = "\n".join(CODE)
    assert old in text
    return text.replace(old, new).splitlines()


# ── what a file defines ──────────────────────────────────────────────────────────────────────────────────────────────
def test_functions_classes_methods_and_constants_are_symbols_and_local_names_are_not() -> None:
    assert [(one.name, one.first_line, one.last_line) for one in symbols_of(CODE)] == [
        ("LIMIT", 3, 3),
        ("Ledger", 6, 19),
        ("Ledger.name", 9, 9),
        ("Ledger.size", 11, 13),
        ("Ledger.rotate", 15, 19),
        ("open_ledger", 22, 24),
    ]


def test_what_is_defined_under_a_condition_counts() -> None:
    code = ["try:", "    import fast", "except ImportError:", "    pass", "if True:", "    def slow(): ..."]

    assert [symbol.name for symbol in symbols_of(code)] == ["slow"]


@pytest.mark.parametrize("code", ["def (", "\0", "(" * 5_000])
def test_what_is_no_python_has_no_symbols_to_tell(code: str) -> None:
    assert python_symbols([code]) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ledger.rotat", "src/ledger.py defines no Ledger.rotat: did you mean Ledger.rotate?"),
        ("rotate", "src/ledger.py defines no rotate: did you mean Ledger.rotate?"),
        ("nothing_like_it", "src/ledger.py defines no nothing_like_it."),
    ],
)
def test_a_symbol_that_is_not_there_is_sent_back_with_names_like_it(name: str, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        find_symbol(symbols_of(CODE), name, PATH)

    assert str(refused.value) == told


# ── how it is written ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "symbol"),
    [("a.py::Ledger.rotate", "Ledger.rotate"), ("a.py::TestX::test_y", "TestX.test_y"), ("a.py::main ", "main")],
)
def test_a_symbol_comes_after_two_colons(text: str, symbol: str) -> None:
    assert read_anchor(text) == Anchor("a.py", symbol=symbol)


@pytest.mark.parametrize("text", ["a.py::", "a.py::x.", "a.py::.x", "a.py::x y", "a.py::x()", "a.py::x/y", "::x"])
def test_what_is_no_name_is_sent_back(text: str) -> None:
    with pytest.raises(BadInput):
        read_anchor(text)


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_symbol_that_nobody_touched_is_the_same() -> None:
    assert became("Ledger.rotate", CODE) == Drift(PATH, Validity.SAME, 0.0, 15, 19, symbol="Ledger.rotate")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", "# more", "x = 1", "def other(): ..."]), max_size=9))
def test_a_symbol_is_found_wherever_it_stands(above: list[str]) -> None:
    drift = became("Ledger.rotate", [*above, *CODE])

    validity = Validity.MOVED if above else Validity.SAME
    assert drift == Drift(PATH, validity, 0.0, 15 + len(above), 19 + len(above), symbol="Ledger.rotate")


def test_a_symbol_that_changed_tells_its_lines() -> None:
    drift = became("Ledger.rotate", replaced("raise ValueError(page)", "raise KeyError(page)"))

    assert drift == Drift(PATH, Validity.CHANGED, pytest.approx(0.2), 15, 19, ((17, 17),), "Ledger.rotate")


@pytest.mark.parametrize(
    "now",
    [
        replaced("self.pages.append(page)", "self.pages.append(\n            page,\n        )  # the last"),
        replaced("def rotate(self, page):", "def rotate( self, page ):"),
    ],
)
def test_white_space_and_comments_are_no_change(now: list[str]) -> None:
    assert became("Ledger.rotate", now).validity is Validity.SAME


def test_a_method_that_was_taken_out_of_its_class_has_another_name() -> None:
    now = [line.removeprefix("    ") for line in CODE[14:19]]

    assert became("Ledger.rotate", now).validity is Validity.GONE  # every line of it is indented otherwise


def test_a_renamed_symbol_is_followed_and_tells_its_name() -> None:
    drift = became("Ledger.rotate", replaced("def rotate(", "def turn("))

    assert (drift.validity, drift.symbol, drift.first_line) == (Validity.CHANGED, "Ledger.turn", 15)
    assert drift.new_lines == ((15, 15),)


def test_a_symbol_that_is_gone_is_gone_though_its_class_stands() -> None:
    assert became("Ledger.rotate", [*CODE[:14], *CODE[19:]]) == Drift(PATH, Validity.GONE, 1.0)


def test_a_short_symbol_is_not_taken_for_another_with_the_same_line() -> None:
    assert became("LIMIT", replaced("LIMIT = 3", "MOST = 3")).validity is Validity.GONE


def test_of_several_with_one_name_the_one_that_is_as_it_was_is_meant() -> None:
    overloads = ["def rotate_all(): ...", "", *CODE, "", "def open_ledger(): ..."]

    assert became("open_ledger", overloads).first_line == 24
