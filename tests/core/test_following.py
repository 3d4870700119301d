"""What a burst of events means for the files that notes are on, on a disk that is a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from tests.core.disks import Disk
from trails.following import Burst, Changed, Gone, Moved, Rename, changes, findings, reconciled


def burst(*renames: Rename, touched=(), fresh=(), left=()) -> Burst:
    return Burst(list(renames), set(touched), dict.fromkeys(fresh), set(left))


# ── saves ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_edit_in_place_is_a_change_and_a_touch_is_nothing():
    told = burst(touched=["a.py", "b.py"])

    assert findings(told, {"a.py": "1", "b.py": "2"}, Disk({"a.py": "new", "b.py": "2"})) == [Changed("a.py", "new")]


def test_a_new_file_renamed_over_the_old_one_is_a_change():
    told = burst(Rename("upload-7", "a.py"), touched=["upload-7", "a.py"], fresh=["upload-7"])

    assert findings(told, {"a.py": "1"}, Disk({"a.py": "2"})) == [Changed("a.py", "2")]


def test_an_old_file_put_aside_and_written_anew_is_a_change():
    told = burst(Rename("a.py", "a.py~"), touched=["a.py", "a.py~"], fresh=["a.py"])

    assert findings(told, {"a.py": "1"}, Disk({"a.py": "2"})) == [Changed("a.py", "2")]
    assert findings(told, {"a.py": "1"}, Disk({"a.py": "2", "a.py~": "1"})) == [Changed("a.py", "2")]


def test_a_file_that_is_only_put_aside_has_a_new_name():
    told = burst(Rename("a.py", "a.py.bak"))

    assert findings(told, {"a.py": "1"}, Disk({"a.py.bak": "1"})) == [Moved("a.py", "a.py.bak")]


def test_a_file_renamed_to_an_ignored_name_is_gone():
    told = burst(Rename("a.py", "out/a.py"))

    assert findings(told, {"a.py": "1"}, Disk({"out/a.py": "1"}, frozenset({"out/a.py"}))) == [Gone("a.py")]


# ── renames ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_renamed_and_edited_file_moved_and_changed():
    told = burst(Rename("a.py", "b.py"), touched=["b.py"])

    assert findings(told, {"a.py": "1"}, Disk({"b.py": "2"})) == [Moved("a.py", "b.py"), Changed("b.py", "2")]


def test_a_name_that_is_used_again_by_another_file_does_not_hold_the_first_one_back():
    told = burst(Rename("a.py", "b.py"), touched=["a.py"], fresh=["a.py"])

    assert findings(told, {"a.py": "1"}, Disk({"a.py": "shim", "b.py": "1"})) == [Moved("a.py", "b.py")]


def test_a_folder_with_a_new_name_is_one_finding():
    told = burst(Rename("src", "lib", is_folder=True))
    disk = Disk({"lib/a.py": "1", "lib/b.py": "2"})

    assert findings(told, {"src/a.py": "1", "src/b.py": "2"}, disk) == [Moved("src", "lib", is_folder=True)]


def test_a_note_on_a_folder_follows_it():
    told = burst(Rename("src", "lib", is_folder=True))

    assert findings(told, {"src": ""}, Disk({"lib": ""})) == [Moved("src", "lib", True), Moved("src", "lib")]


def test_a_folder_replaced_by_a_new_version_of_itself_keeps_its_files():
    told = burst(Rename("site", "site.old", True), Rename("site.new", "site", True), left=["site.old"])

    assert findings(told, {"site/a": "1", "site/b": "2"}, Disk({"site/a": "1", "site/b": "new"})) == [
        Changed("site/b", "new")
    ]


def test_a_file_renamed_over_another_takes_its_place():
    told = burst(Rename("a.py", "b.py"))

    assert findings(told, {"a.py": "1", "b.py": "2"}, Disk({"b.py": "1"})) == [Gone("b.py"), Moved("a.py", "b.py")]


def test_there_and_back_again_is_nothing():
    told = burst(Rename("a.py", "b.py"), Rename("b.py", "a.py"))

    assert findings(told, {"a.py": "1"}, Disk({"a.py": "1"})) == []


# ── without renames ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_deletion_and_a_creation_of_the_same_content_is_a_move():
    told = burst(touched=["a.py", "new/a.py"], fresh=["new/a.py"])

    assert findings(told, {"a.py": "1"}, Disk({"new/a.py": "1"})) == [Moved("a.py", "new/a.py", how="content")]


def test_a_deleted_folder_takes_its_files_along():
    told = burst(left=["src"])

    assert findings(told, {"src/a.py": "1", "srcs/b.py": "2"}, Disk({"srcs/b.py": "2"})) == [Gone("src/a.py")]


def test_a_file_that_is_there_but_cannot_be_read_is_neither_gone_nor_changed():
    class Locked(Disk):
        def digest(self, path):
            return None

    assert findings(burst(touched=["a.py"]), {"a.py": "1"}, Locked({"a.py": "2"})) == []
    assert reconciled({"a.py": "1"}, Locked({"a.py": "2"})) == []


def test_ignored_files_are_never_reported():
    disk = Disk({"out/a": "2"}, frozenset({"out/a", "out/b"}))

    assert findings(burst(touched=["out/a", "out/b"]), {"out/a": "1", "out/b": "1"}, disk) == []
    assert reconciled({"out/a": "1", "out/b": "1"}, disk) == []


def test_while_a_burst_goes_on_only_plain_edits_are_told():
    told = burst(Rename("b.py", "b.py~"), touched=["a.py", "b.py", "c.py", "b.py~"])
    known = {"a.py": "1", "b.py": "1", "c.py": "1"}

    assert changes(told, known, Disk({"a.py": "2", "b.py": "2"})) == [Changed("a.py", "2")]


# ── any sequence of renames ──────────────────────────────────────────────────────────────────────────────────────────
PATHS = ["a", "b", "c", "d/a", "d/b", "e/a", "f/a"]
FOLDERS = ["d", "e", "f"]
RENAMES = st.one_of(
    st.builds(Rename, st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.builds(Rename, st.sampled_from(FOLDERS), st.sampled_from(FOLDERS), st.just(True)),
)


def rename_on(held: dict[str, str], rename: Rename) -> bool:
    """Do what the file system does, as far as it would."""
    if rename.is_folder:
        inside = [path for path in held if path.startswith(rename.old + "/")]
        if rename.old == rename.new or not inside or any(path.startswith(rename.new + "/") for path in held):
            return False
        moved = {rename.new + path[len(rename.old) :]: held.pop(path) for path in inside}
        held.update(moved)
        return True
    if rename.old == rename.new or rename.old not in held:
        return False
    held[rename.new] = held.pop(rename.old)
    return True


def names_after(found: list, known: dict[str, str]) -> dict[str, str]:
    """The name of each file that is left, for somebody who is told the findings one by one and knows only paths."""
    holder = {path: path for path in known}
    for finding in found:
        if isinstance(finding, Gone):
            holder.pop(finding.path)
        elif isinstance(finding, Moved):
            moves = {path: path for path in holder if path == finding.old}
            if finding.is_folder:
                moves = {path: path for path in holder if path.startswith(finding.old + "/")}
            holder.update({finding.new + path[len(finding.old) :]: holder.pop(path) for path in moves})
    return {file: path for path, file in holder.items()}


@given(st.sets(st.sampled_from(PATHS)), st.sets(st.sampled_from(PATHS)), st.lists(RENAMES, max_size=8))
def test_whatever_is_renamed_every_file_is_told_by_its_right_name(files, noted, asked):
    held = {path: f"content of {path}" for path in files}
    known = {path: held[path] for path in files & noted}
    done = [rename for rename in asked if rename_on(held, rename)]

    found = findings(burst(*done), known, Disk(held))

    expected = {file: path for path, content in held.items() for file in known if known[file] == content}
    told = {
        file: path for file, path in names_after(found, known).items() if path in held and held[path] == known[file]
    }
    # A file put aside whose name a stranger then took may count as that stranger: a save by renaming looks the same.
    stranger = {file for file in expected if held.get(file, known[file]) not in known.values()}
    assert {file: told.get(file) for file in expected.keys() - stranger} == {
        file: path for file, path in expected.items() if file not in stranger
    }
