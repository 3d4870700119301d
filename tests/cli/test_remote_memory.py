"""The memory of another process: its errors are exceptions here, and nothing happens twice when its keeper dies."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from trails import BadInput, TrailsError, Unavailable
from trails.backends import remote_memory
from trails.backends.remote_memory import RemoteMemory
from trails.errors import ERRORS_BY_CODE
from trails.version import VERSION


def answer_all(line):
    while request := line.hear():
        line.say({"id": request["id"], "answer": {"asked": request, "preface": line.preface}})


def hear_one_and_die(line):
    line.hear()


@pytest.mark.parametrize("verb", ["lay", "judge", "use", "outcome", "amend"])
def test_a_write_that_is_lost_is_sent_again_with_its_key(data_dir, play, verb):
    lost = []
    play(lambda line: lost.append(line.hear()), answer_all)

    with RemoteMemory(data_dir) as memory:
        asked = memory.ask(verb, note="x")["asked"]

    assert len(asked["args"]["key"]) >= 16
    assert asked["args"] == lost[0]["args"]


def test_a_key_of_the_callers_own_is_used_and_a_question_gets_none(data_dir, play):
    play(answer_all)

    with RemoteMemory(data_dir) as memory:
        laid = memory.lay("A title", "A body", key="mine")["asked"]
        recalled = memory.recall("words", limit=3)["asked"]

    assert laid == {"id": 1, "verb": "lay", "args": {"title": "A title", "body": "A body", "key": "mine"}}
    assert recalled == {"id": 2, "verb": "recall", "args": {"query": "words", "limit": 3}}


def test_it_says_who_asks_and_from_where(data_dir, play, tmp_path):
    play(answer_all)

    with RemoteMemory(data_dir, agent="importer", session="run-7", cwd=tmp_path) as memory:
        preface = memory.ask("status")["preface"]

    assert preface["for"] == "ask"
    assert preface["cwd"] == str(tmp_path)
    assert (preface["env"]["TRAILS_AGENT"], preface["env"]["TRAILS_SESSION"]) == ("importer", "run-7")


@pytest.mark.parametrize("code", [*ERRORS_BY_CODE, "of-a-later-version"])
def test_an_error_comes_back_as_what_it_was(data_dir, play, code):
    def refuse(line):
        while request := line.hear():
            line.say({"id": request["id"], "error": {"code": code, "message": "Why and what to do."}})

    keeper = play(refuse)
    memory = RemoteMemory(data_dir)

    for _ in range(2):  # the connection is as good as before
        with pytest.raises(TrailsError, match="Why and what to do") as raised:
            memory.ask("status")
        assert type(raised.value) is ERRORS_BY_CODE.get(code, TrailsError)
    memory.close()

    assert keeper.connections == 1


def test_a_keeper_that_goes_away_twice_is_unavailable(data_dir, play):
    keeper = play(hear_one_and_die)

    with pytest.raises(Unavailable, match="twice"):
        RemoteMemory(data_dir).ask("status")

    assert keeper.connections == 2


def test_a_keeper_that_is_silent_is_unavailable(data_dir, play, monkeypatch):
    monkeypatch.setattr(remote_memory, "ANSWER_TIMEOUT_S", 0.5)
    play(lambda line: [line.hear(), line.hear()])

    with pytest.raises(Unavailable, match="silent"):
        RemoteMemory(data_dir).ask("status")


def test_a_keeper_that_turns_it_away_is_quoted(data_dir, play):
    play(answer_all, error={"code": "refused", "message": "This keeper serves another user."})

    with pytest.raises(ERRORS_BY_CODE["refused"], match="another user"):
        RemoteMemory(data_dir).connect()


def test_many_threads_share_one_connection_and_each_gets_its_own_answer(data_dir, play):
    keeper = play(answer_all)
    queries = [f"question {number}" for number in range(40)]

    with RemoteMemory(data_dir) as memory, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(memory.recall, queries))

    assert [answer["asked"]["args"]["query"] for answer in answers] == queries
    assert keeper.connections == 1


def test_a_place_where_no_keeper_can_live_is_unavailable(place):
    (place / "file").write_text("not a folder")

    with pytest.raises(Unavailable, match="TRAILS_DATA_DIR"):
        RemoteMemory(place / "file").ask("status")


def test_a_working_folder_that_is_gone_is_named(data_dir, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(BadInput, match="folder"):
        RemoteMemory(data_dir).ask("status")


def test_retiring_a_keeper_that_is_not_there_is_no_error(data_dir):
    assert RemoteMemory(data_dir).retire() is False


@pytest.mark.slow
def test_an_older_keeper_is_replaced_by_one_of_this_version(data_dir, play):
    asked = []

    def retire(line):
        asked.append(line.hear()["verb"])
        keeper.leave()

    keeper = play(lambda line: line.hear(), retire, version="0.0.9")

    with RemoteMemory(data_dir) as memory:
        hello = memory.connect()

    assert asked == ["retire"]
    assert hello["version"] == VERSION
    assert hello["pid"] != os.getpid()
