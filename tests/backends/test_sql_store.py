"""What only a store on disk has: a file, its schema, and what may become of it."""

import os
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from tests.backends.soundness import ALL, answers, ask, assert_sound, rows_in
from tests.backends.store_world import BEN, HERE, World
from trails.backends import migrations, sqlite_only
from trails.backends.sql_schema import metadata
from trails.backends.sql_store import open_sql_store
from trails.errors import BadInput, TrailsError, Unavailable
from trails.events import FileChanged, FileGone, FileMoved, Served
from trails.ports import Indexed


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_all_of_it_survives_the_process(sql_world, database):
    note_id = sql_world.lay("Ledger", files=["a.py"], topics=("t",))
    sql_world.judge(note_id)
    sql_world.store.pending("m", 1)
    sql_world.store.mark_indexed([Indexed(note_id, 1, b"\1\0")], "m")
    before = answers(sql_world.store, HERE)

    sql_world.store.close()
    sql_world.store = open_sql_store(database, sql_world.clock)

    assert answers(sql_world.store, HERE) == before
    sql_world.lay("Another")
    assert [seq for seq, _ in sql_world.store.events_of(HERE)] == [1, 2, 3]


def test_the_files_are_for_their_owner_only(tmp_path):
    path = tmp_path / "new" / "folder" / "trails.db"
    world = World()
    world.store = open_sql_store(path, world.clock)
    world.lay()

    assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
        "trails.db": 0o600,
        "trails.db-wal": 0o600,
        "trails.db-shm": 0o600,
    }
    assert path.parent.stat().st_mode & 0o777 == 0o700
    world.store.close()
    path.chmod(0o644)
    open_sql_store(path, world.clock).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_commit_is_on_the_disk_and_deleted_text_is_not(sql_world):
    def pragmas(connection):
        names = ("synchronous", "journal_mode", "secure_delete", "trusted_schema", "foreign_keys", "mmap_size")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    full, on = 2, 1
    assert sql_world.store._writer.do(pragmas) == [full, "wal", on, 0, on, 0]


@pytest.mark.parametrize("statement", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
def test_the_log_cannot_be_changed(sql_world, database, statement):
    sql_world.lay()

    with pytest.raises(sqlite3.IntegrityError, match="kept for ever"):
        ask(database, statement)


def test_readers_cannot_write(sql_world):
    with sql_world.store._connection() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM notes")


# ── migrations ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_migrating_gives_the_schema_that_the_code_expects(database, tmp_path):
    made_at_once = tmp_path / "at-once.db"
    metadata.create_all(create_engine(f"sqlite:///{made_at_once}"))

    def schema(path):
        rows = ask(path, "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL")
        others = ("alembic_version", "note_words", "sqlite_sequence")
        return {row["name"]: " ".join(row["sql"].split()) for row in rows if not row["name"].startswith(others)}

    assert schema(database) == schema(made_at_once)


def test_the_newest_version_is_the_one_the_code_expects():
    files = sorted(path.name for path in (migrations.FOLDER / "versions").glob("v*.py"))

    assert files[-1].startswith(f"v{migrations.HEAD}_")


SHOWN = "SELECT subject, seq FROM event_subjects WHERE role = 'shown' ORDER BY seq, subject"


def schema_of(path):
    statements = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    return {row["name"]: " ".join(row["sql"].split()) for row in ask(path, statements)}


def as_version_1_kept_it(database, path, monkeypatch):
    """A copy of a database in the schema of the first release, without what that release did not know."""
    with monkeypatch.context() as patch, create_engine(f"sqlite:///{path}").begin() as connection:
        patch.setattr(migrations, "HEAD", "0001")
        migrations.upgrade(connection, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS new", (str(database),))
        tables = [table.name for table in metadata.sorted_tables]
        old = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master")}
        for table in filter(old.__contains__, tables):
            columns = ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA main.table_info({table})"))
            known = "role != 'shown'" if table == "event_subjects" else "true"
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table} WHERE {known}")
        connection.execute("INSERT INTO note_words (note_words) VALUES ('rebuild')")
        connection.commit()


def test_a_store_of_the_first_release_is_brought_up_to_date(sql_world, database, tmp_path, monkeypatch):
    notes = [sql_world.lay(f"Ledger {i}", files=["src/parsers/a.py", f"docs/b{i}.md"], topics=("t",)) for i in range(3)]
    sql_world.judge(notes[0])
    sql_world.happens(FileMoved("id of docs/b0.md", "tests/test_ledger.py"), FileGone("id of docs/b1.md"))
    sql_world.happens(FileChanged("never laid", "digest"))
    sql_world.happens(Served("r1", (notes[0], notes[1])), Served("r2", (notes[1], notes[1])), Served("r3", ()), by=BEN)
    before, rows = answers(sql_world.store, HERE), rows_in(database)
    ask(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    old = tmp_path / "old.db"
    as_version_1_kept_it(database, old, monkeypatch)
    assert not {"file_words", "witnesses", "files_stem"} & schema_of(old).keys()

    with closing(open_sql_store(old, sql_world.clock)) as store:
        assert schema_of(old) == schema_of(database)
        assert rows_in(old) == rows
        assert answers(store, HERE) == before
        assert store.was_shown(HERE, "ben", notes[:1], sql_world.now)
        assert [name.path for name in store.files_like(HERE, ["ledger.py"])] == ["tests/test_ledger.py"]
        assert_sound(old, store.events_of(HERE, limit=ALL))


def test_more_than_a_thousand_files_and_answers_are_brought_up_to_date(sql_world, database, tmp_path, monkeypatch):
    files = [[f"src/part{i}/f{n}.py" for n in range(230)] for i in range(5)]
    notes = [event.fact.note_id for event in sql_world.happens(*(sql_world.laid(files=some) for some in files))]
    sql_world.happens(*(Served(f"r{i}", (notes[i % 5], notes[0])) for i in range(1500)))
    rows, shown = rows_in(database), ask(database, SHOWN)
    ask(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    old = tmp_path / "old.db"
    as_version_1_kept_it(database, old, monkeypatch)
    assert not ask(old, SHOWN)

    open_sql_store(old, sql_world.clock).close()

    assert rows_in(old) == rows
    assert len(shown) == 1200 * 2 + 300
    assert [*map(tuple, ask(old, SHOWN))] == [*map(tuple, shown)]


def test_a_store_from_the_future_is_left_alone(database):
    ask(database, "UPDATE alembic_version SET version_num = '9999'")

    with refused_untouched(database, match="newer trails.*update trails"):
        open_sql_store(database, World().clock)


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def refused_untouched(path, match):
    """What is done within is refused with words that name the file, and changes no byte of it."""
    before = path.read_bytes()
    with pytest.raises(Unavailable, match=match) as refusal:
        yield
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "trails.db"
    path.write_bytes(b"My holiday in the mountains. " * 1000)

    with refused_untouched(path, match="copy it aside.*backup.*trails doctor"):
        open_sql_store(path, World().clock)


def test_a_truncated_database_is_left_alone(database):
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])

    with refused_untouched(database, match="damaged.*backup"):
        open_sql_store(database, World().clock)


def test_the_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    ask(path, "CREATE TABLE bookmarks (url TEXT)")

    with refused_untouched(path, match="another program"):
        open_sql_store(path, World().clock)


def test_a_place_that_cannot_hold_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "trails.db", tmp_path):
        with pytest.raises(Unavailable, match=r"cannot be opened.*owner") as refusal:
            open_sql_store(path, World().clock)
        assert str(path) in str(refusal.value)


def test_flipped_bits_never_cost_more_than_an_answer(sql_world, database):
    for i in range(20):
        sql_world.lay(f"Note {i}", body="Close the ledger", files=["a.py"], topics=("t",))
    sql_world.store.close()
    whole = database.read_bytes()
    dice = random.Random(7)

    for _ in range(40):
        flipped = bytearray(whole)
        flipped[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        database.write_bytes(flipped)
        try:
            open_sql_store(database, sql_world.clock).close()
        except Unavailable as refusal:
            assert str(database) in str(refusal)  # noqa: PT017 either outcome is right
        assert abs(database.stat().st_size - len(whole)) < 100_000
        assert sorted(path.name for path in database.parent.iterdir()) == ["trails.db"]


def test_a_database_that_breaks_under_way_is_reported_as_unavailable(sql_world, database):
    sql_world.lay()
    ask(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + os.urandom(len(whole) - 100))

    with pytest.raises(Unavailable, match="damaged"):
        sql_world.store.counts()
    with pytest.raises(Unavailable, match="damaged"):
        sql_world.lay()


def test_text_that_is_no_unicode_is_refused_before_it_is_written(sql_world):
    with pytest.raises(BadInput, match="UTF-8"):
        sql_world.lay("half a pair: \ud800")

    assert sql_world.store.counts()["events"] == 0


def test_a_request_that_cannot_be_written_does_not_disturb_its_neighbours(sql_world):
    impossible = sql_world.request(sql_world.laid())
    impossible = replace(impossible, events=impossible.events * 2)  # one event twice: the table refuses it
    requests = [sql_world.request(sql_world.laid()) for _ in range(60)]

    def append(request):
        try:
            return sql_world.store.append(request) == request.events
        except TrailsError:
            return False

    with ThreadPoolExecutor(12) as pool:
        kept = list(pool.map(append, [*requests[:30], impossible, *requests[30:]]))

    assert kept == [True] * 30 + [False] + [True] * 30
    assert sql_world.store.counts()["events"] == 60


def test_a_failure_never_repeats_what_was_to_be_written(sql_world, caplog):
    impossible = sql_world.request(sql_world.laid("my secret plan"))

    with pytest.raises(Unavailable) as refusal:
        sql_world.store.append(replace(impossible, events=impossible.events * 2))

    causes = []
    cause: BaseException | None = refusal.value
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    assert "secret" not in caplog.text + "".join(causes)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_words_meet_their_other_forms(sql_world):
    note_id = sql_world.lay("Rotating logs")

    assert [found for found, _ in sql_world.store.search_words(HERE, ["rotate", "xyz"], 9)] == [note_id]


def test_a_search_that_takes_too_long_finds_nothing_and_disturbs_nobody(sql_world, monkeypatch, caplog):
    sql_world.lay("ledger")
    monkeypatch.setattr(sqlite_only, "INSTRUCTIONS_A_LOOK", 1)
    monkeypatch.setattr(sqlite_only, "SEARCH_LIMIT_S", -1.0)

    assert sql_world.store.search_words(HERE, ["ledger"], 9) == []
    assert "given up" in caplog.text
    assert "ledger" not in caplog.text
    assert sql_world.store.counts(HERE)["live"] == 1
