"""
A process that watches a folder and says as lines of JSON what it is told, until its stdin ends.

For what a test cannot do to itself: to have few watches left, or no right to read. The files that follow the folder
are known, with a content that they do not have.
"""

import json
import logging
import sys
from pathlib import Path

from tests.backends.watching import SETTLE_S, Book
from trails.watcher import Watcher


class Speaker(Book):
    def write(self, *words: str) -> None:
        say(list(words))


class Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(["warning", record.getMessage()])


def say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    root = Path(sys.argv[1])
    logging.getLogger("trails").addHandler(Warnings(logging.WARNING))
    speaker = Speaker(root)
    speaker.present = dict.fromkeys(sys.argv[2:], "older")
    watcher = Watcher(root, speaker, settle_s=SETTLE_S, poll_s=SETTLE_S)
    watcher.start()
    watcher.ready.wait()
    say(["ready", "polling" if watcher.polling else "watching"])
    sys.stdin.read()
    watcher.stop()
