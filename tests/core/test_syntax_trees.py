"""What code in other languages defines: one rule for all grammars, tried on a little of each."""

import pytest

from trails.symbols import Symbol
from trails.syntax_trees import syntax_symbols

DEFINED = {
    "a.js": (
        """
        import x from "y";
        export class Ledger extends Base {
          rotate(page) { const local = 1; return page; }
          get size() { return 1; }
        }
        export const open = (path) => new Ledger(path);
        export default function main() {}
        """,
        ["Ledger", "Ledger.rotate", "Ledger.size", "open", "main"],
    ),
    "a.ts": (
        """
        export interface Page { id: number }
        type Id = string;
        export abstract class Ledger<T> { rotate(page: T): void {} }
        enum Color { Red }
        namespace Books { export function open() {} }
        """,
        ["Page", "Page.id", "Id", "Ledger", "Ledger.rotate", "Color", "Books", "Books.open"],
    ),
    "a.tsx": ("export const View = () => <div/>;", ["View"]),
    "a.go": (
        """
        package books
        type Ledger struct { pages int }
        type Reader interface { Read() }
        func (l *Ledger) Rotate(page int) error { local := 1; return nil }
        func (s Stack[T]) Push(x T) {}
        func Open(path string) *Ledger { return nil }
        const Limit = 3
        """,
        ["Ledger", "Reader", "Reader.Read", "Ledger.Rotate", "Stack.Push", "Open", "Limit"],
    ),
    "a.rs": (
        """
        pub struct Ledger<T> { pages: T }
        impl<T> Ledger<T> { pub fn rotate(&self) -> u8 { let local = 1; local } }
        mod inner { pub fn open() {} }
        const LIMIT: u8 = 3;
        trait Walk { fn walk(&self); }
        """,
        ["Ledger", "Ledger.rotate", "inner", "inner.open", "LIMIT", "Walk", "Walk.walk"],
    ),
    "a.java": (
        "public class Ledger { int x = 1; public Ledger() {} @Override public void rotate(int p) { int y = 2; } }",
        ["Ledger", "Ledger.x", "Ledger.Ledger", "Ledger.rotate"],
    ),
    "a.c": (
        """
        struct page { int id; };
        static int *rotate(struct page *p) { int local = 1; return 0; }
        typedef struct { int a; } ledger_t;
        """,
        ["page", "rotate", "ledger_t"],
    ),
    "a.cpp": (
        """
        namespace books { class Ledger { public: void rotate(int p) { } ~Ledger(); }; }
        void books::Ledger::turn(int p) { }
        template <typename T> T open(T x) { return x; }
        """,
        ["books", "books.Ledger", "books.Ledger.rotate", "books.Ledger.~Ledger", "books.Ledger.turn", "open"],
    ),
    "a.cs": (
        "namespace A.B { public class Ledger { public int Size { get; set; } public void Rotate(int p) {} } }",
        ["A.B", "A.B.Ledger", "A.B.Ledger.Size", "A.B.Ledger.Rotate"],
    ),
    "a.rb": (
        """
        module Books
          class Ledger
            LIMIT = 3
            def rotate(page)
              local = 1
            end
            def self.open; end
          end
        end
        """,
        ["Books", "Books.Ledger", "Books.Ledger.LIMIT", "Books.Ledger.rotate", "Books.Ledger.open"],
    ),
    "a.php": (
        "<?php class Ledger { public function rotate($p) { $x = 1; } } function open($p) {}",
        ["Ledger", "Ledger.rotate", "open"],
    ),
}


def symbols_of(path: str, code: str) -> dict[str, Symbol]:
    found = syntax_symbols(path, code.split("\n"))
    assert found is not None
    return {symbol.name: symbol for symbol in found}


@pytest.mark.parametrize(("path", "code", "names"), [(path, *told) for path, told in DEFINED.items()], ids=DEFINED)
def test_functions_types_and_constants_have_names_and_local_variables_have_none(
    path: str, code: str, names: list[str]
) -> None:
    assert set(symbols_of(path, code)) == set(names)


def test_a_symbol_has_the_lines_that_it_takes_up() -> None:
    rotate = symbols_of("a.go", "package a\n\nfunc Rotate() {\n\tturn()\n}\n")["Rotate"]

    assert (rotate.first_line, rotate.last_line) == (3, 5)


def test_white_space_and_comments_do_not_change_what_a_symbol_means() -> None:
    one = symbols_of("a.js", "function f(a) { return a + 1 }")["f"]
    same = symbols_of("a.js", "// new\nfunction f( a ) {\n  return a + 1 // the next\n}")["f"]
    other = symbols_of("a.js", "function f(a) { return a + 2 }")["f"]

    assert one.meaning == same.meaning != other.meaning


def test_a_formatter_that_breaks_a_line_changes_nothing() -> None:
    one = symbols_of("a.go", "package a\nfunc Turn(by int) error { return nil }")["Turn"]
    broken = symbols_of("a.go", "package a\nfunc Turn(\n\tby int,\n) error {\n\treturn nil\n}")["Turn"]

    assert one.meaning == broken.meaning


def test_code_with_an_error_still_tells_what_can_be_read() -> None:
    assert "whole" in symbols_of("a.js", "function whole() {}\nfunction broken( {")


@pytest.mark.parametrize("path", ["a.txt", "a.zig", "Makefile", "js"])
def test_a_language_without_a_parser_has_no_symbols_to_tell(path: str) -> None:
    assert syntax_symbols(path, ["function f() {}"]) is None


def test_code_that_nests_deeply_is_read_without_an_end_of_the_stack() -> None:
    deep = "var x = " + "[" * 5_000 + "]" * 5_000 + ";"

    assert set(symbols_of("a.js", deep)) == {"x"}
