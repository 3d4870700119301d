"""
The keeper's log: a file beside the memory, small, private, and never a word of a note in it.
"""

import logging
import logging.handlers
import os
import sys

from trails import BadInput, Settings

LOG_LIMIT = 2**20  # bytes; one older file of that size is kept


def keep_log(settings: Settings) -> None:
    """Send what this process logs to the keeper's log. Raises BadInput for a level that does not exist."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper())
    if level is None:
        raise BadInput("TRAILS_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR.")
    to_file = logging.handlers.RotatingFileHandler(settings.log_path, maxBytes=LOG_LIMIT, backupCount=1)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[to_file], force=True)
    logging.captureWarnings(capture=True)


def say_last_words(settings: Settings, words: str) -> None:
    """Say why the keeper leaves: on stderr and as the last line of its log, where the front that started it looks."""
    line = " ".join(words.split()) + "\n"
    sys.stderr.write(line)
    sys.stderr.flush()
    try:
        with settings.log_path.open("a") as log:
            if not os.path.samestat(os.fstat(log.fileno()), os.fstat(2)):  # a front made the log our stderr
                log.write(line)
    except OSError:  # no folder to write to: that may be what the words say
        pass
