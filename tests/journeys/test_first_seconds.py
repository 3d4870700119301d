"""A note is worth something at once: before its vector exists, and while the model still loads."""

import threading

from trails import Anchor, Author, Draft, Question, Settings, open_memory
from trails.backends.in_memory_index import HashEmbedder

WORKSPACE = "w-first-seconds"
ME = Author("me", "test", "s")
NOTE = Draft("Close the ledger before you rotate the log", anchors=(Anchor("src/ledger.py"),), topics=("rotation",))


def test_a_note_is_found_by_file_words_and_topic_while_the_model_loads(tmp_path):
    arrived = threading.Event()

    def load():
        arrived.wait(60)
        return HashEmbedder()

    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me"), load=load)
    try:
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
    finally:
        arrived.set()
        memory.close()


def test_the_index_catches_up_by_itself_when_the_model_has_loaded(tmp_path):
    arrived = threading.Event()

    def load():
        arrived.wait(60)
        return HashEmbedder()

    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me"), load=load)
    try:
        memory.lay(WORKSPACE, NOTE, ME)
        assert memory.store.counts(WORKSPACE)["pending"] == 1

        arrived.set()

        assert memory.indexer.wait_until_idle(60)
        assert memory.store.counts(WORKSPACE)["pending"] == 0
        assert memory.recall(WORKSPACE, Question(query="rotate"), ME).degraded == ()
    finally:
        arrived.set()
        memory.close()


def test_another_model_embeds_again_while_recall_goes_on(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", principal="me")
    memory = open_memory(settings, load=HashEmbedder)
    receipt = memory.lay(WORKSPACE, NOTE, ME)
    assert memory.indexer.wait_until_idle(60)
    memory.close()
    arrived = threading.Event()

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
