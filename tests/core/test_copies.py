"""Which new files are copies, and what they share with the file that they began as."""

import pytest

from tests.core.disks import Disk
from trails.bursts import Burst
from trails.copies import copied
from trails.following import Copied, findings

LEDGER = " ".join(f"the-ledger-is-closed-on-day-{number}" for number in range(20))


def test_a_new_file_that_holds_what_a_known_one_does_is_its_copy():
    told = Burst(touched={"b.py"}, fresh={"b.py": None})

    assert findings(told, {"a.py": LEDGER}, Disk({"a.py": LEDGER, "b.py": LEDGER})) == [Copied("b.py", "a.py")]


def test_a_file_whose_original_is_no_longer_there_is_no_copy():
    assert copied(["b.py"], {"a.py": LEDGER}, Disk({"b.py": LEDGER})) == {}
    assert copied(["b.py"], {"a.py": LEDGER}, Disk({"b.py": LEDGER, "a.py": "edited"})) == {}


def test_content_that_is_there_twice_already_is_boilerplate():
    disk = Disk(dict.fromkeys(("a.py", "b.py", "c.py"), LEDGER))

    assert copied(["c.py"], {"a.py": LEDGER, "b.py": LEDGER}, disk) == {}
    assert copied(["b.py", "c.py"], {"a.py": LEDGER}, disk) == {}


@pytest.mark.parametrize("content", ["", "pass", "a b c d e f g h i j", LEDGER[:190]])
def test_a_file_with_little_in_it_is_written_again_rather_than_copied(content):
    assert copied(["b.py"], {"a.py": content}, Disk({"a.py": content, "b.py": content})) == {}


@pytest.mark.parametrize("name", ["a.py~", "a.py.bak", ".a.py.tmp", "a.py.orig"])
def test_what_an_editor_puts_aside_is_no_copy(name):
    assert copied([name], {"a.py": LEDGER}, Disk({"a.py": LEDGER, name: LEDGER})) == {}
