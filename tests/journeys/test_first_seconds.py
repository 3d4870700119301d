"""A note is worth something at once: before its vector exists, and while the model still loads."""

import threading

import pytest

from trails import Anchor, Author, Draft, Question, Settings, open_memory
from trails.backends.in_memory_index import HashEmbedder

WORKSPACE = "w-first-seconds"
ME = Author("me", "test", "s")
NOTE = Draft("Close the ledger before you rotate the log", anchors=(Anchor("src/ledger.py"),), topics=("rotation",))


@pytest.fixture
def arrived():
    """Set when the model may arrive."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def memory(tmp_path, arrived):
    """A memory whose model is still on its way."""

    def load():
        arrived.wait(60)
        return HashEmbedder()

    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me"), load=load)
    yield opened
    arrived.set()
    opened.close()


def test_a_note_is_found_by_file_words_and_topic_while_the_model_loads(memory):
    receipt = memory.lay(WORKSPACE, NOTE, ME)
    assert memory.embedder.state == "loading"

    by_file = memory.recall(WORKSPACE, Question(files=("src/ledger.py",)), ME)
    by_words = memory.recall(WORKSPACE, Question(query="rotating logs"), ME)
    by_topic = memory.recall(WORKSPACE, Question(topics=("rotation",)), ME)

    assert [hit.note.id for hit in by_file.hits] == [receipt.note_id]
    assert [hit.note.id for hit in by_words.hits] == [receipt.note_id]
    assert [hit.note.id for hit in by_topic.hits] == [receipt.note_id]
    assert by_words.degraded == ("vectors",)
    assert by_file.degraded == ()


def test_the_index_catches_up_by_itself_when_the_model_has_loaded(memory, arrived):
    memory.lay(WORKSPACE, NOTE, ME)
    assert memory.store.counts(WORKSPACE)["pending"] == 1

    arrived.set()

    assert memory.indexer.wait_until_idle(60)
    assert memory.store.counts(WORKSPACE)["pending"] == 0
    assert memory.recall(WORKSPACE, Question(query="rotate"), ME).degraded == ()


def test_another_model_embeds_again_while_recall_goes_on(tmp_path, arrived):
    settings = Settings(data_dir=tmp_path / "data", principal="me")
    memory = open_memory(settings, load=HashEmbedder)
    receipt = memory.lay(WORKSPACE, NOTE, ME)
    assert memory.indexer.wait_until_idle(60)
    memory.close()

    class OtherEmbedder(HashEmbedder):
        @property
        def model(self):
            return "another-model"

    def load():
        arrived.wait(60)
        return OtherEmbedder()

    memory = open_memory(settings, load=load)
    try:
        while_loading = memory.recall(WORKSPACE, Question(query="rotate the log"), ME)
        arrived.set()
        assert memory.indexer.wait_until_idle(60)
        afterwards = memory.recall(WORKSPACE, Question(query="rotate the log"), ME)
    finally:
        arrived.set()
        memory.close()

    assert [hit.note.id for hit in while_loading.hits] == [receipt.note_id]
    assert [hit.note.id for hit in afterwards.hits] == [receipt.note_id]
    assert afterwards.degraded == ()
