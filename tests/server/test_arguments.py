"""Arguments are what the verb's signature says, or the message names the one that is not."""

import pytest

from trails import BadInput
from trails_server.arguments import Texts, read_arguments


def verb(self, visit, *, title: str, files: Texts = (), limit: int = 5, share: float = 0.5, result: float | str = 1.0):
    """Stands for any verb."""


def test_what_fits_the_signature_is_passed_on():
    given = {"title": "Close it", "files": ["a.py"], "limit": 3, "share": 1, "result": "failed"}

    assert read_arguments(verb, given) == {**given, "files": ("a.py",)}


def test_null_means_not_given():
    assert read_arguments(verb, {"title": "Close it", "limit": None}) == {"title": "Close it"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "title"),
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({"title": "t", "files": "a.py"}, "files"),
        ({"title": "t", "files": ["a.py", 7]}, "files"),
        ({"title": "t", "limit": "5"}, "limit"),
        ({"title": "t", "limit": True}, "limit"),
        ({"title": "t", "limit": 1.5}, "limit"),
        ({"title": "t", "share": "much"}, "share"),
        ({"title": "t", "result": ["failed"]}, "result"),
        ({"title": "t", "colour": "red"}, "colour"),
        ({"title": "half \ud800 a sign"}, "title"),
        ({"title": "t", "files": ["\udfff"]}, "files"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given, named):
    with pytest.raises(BadInput, match=f"`{named}`"):
        read_arguments(verb, given)


def test_a_refusal_does_not_repeat_what_was_sent():
    with pytest.raises(BadInput) as refusal:
        read_arguments(verb, {"title": ["my password is hunter2"]})

    assert "hunter2" not in str(refusal.value)
