"""The journal as it happens: what other processes do is told once and in order, and the keeper may come and go."""

import json
import os
import signal
import threading

import pytest


class Follower:
    """`trails log --follow` in a process of its own; ended when it is left."""

    def __init__(self, trails, *arguments):
        self.process = trails.start("log", "--follow", *arguments)
        self.patience = threading.Timer(60, self.process.kill)
        self.patience.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.patience.cancel()
        self.process.kill()
        self.process.communicate()

    def next(self):
        return self.process.stdout.readline().rstrip("\n")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        told, complaints = self.process.communicate(timeout=30)
        return self.process.returncode, told, complaints


def test_what_others_do_is_told_as_it_happens(trails):
    begun = trails.json("lay", "Oil the hinges")["handle"]
    with Follower(trails, "--limit", "1", "--what", "laid", "--what", "judged") as follower:
        first = follower.next()
        trails.json("judge", begun, "helped", "--reason", "They creaked")
        second = follower.next()
        code, rest, complaints = follower.interrupt()

    assert first.endswith(f"laid an observation [{begun}] Oil the hinges")
    assert second.endswith(f"said that [{begun}] Oil the hinges helped, because: They creaked")
    assert (code, rest, complaints) == (130, "", "")


def test_a_journal_that_is_still_empty_is_followed_from_its_beginning(fresh_trails):
    fresh_trails.json("status")
    with Follower(fresh_trails, "--json", "--note", "") as follower:
        fresh_trails.json("lay", "The first")

        assert json.loads(follower.next())["seq"] == 1


def leave(trails):
    trails.memory().retire()


def kill(trails):
    os.kill(trails.json("status")["pid"], signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("end", [leave, kill])
def test_a_follower_outlives_its_keeper_and_tells_everything_once(fresh_trails, end):
    titles = [f"Note {number}" for number in range(6)]
    for title in titles[:2]:
        fresh_trails.json("lay", title)
    with Follower(fresh_trails, "--json", "--what", "laid") as follower:
        told = [json.loads(follower.next()) for _ in titles[:2]]
        end(fresh_trails)
        for title in titles[2:]:
            fresh_trails.json("lay", title)
        told += [json.loads(follower.next()) for _ in titles[2:]]
        code, rest, _ = follower.interrupt()

    assert [event["title"] for event in told] == titles
    assert (code, rest) == (130, "")
