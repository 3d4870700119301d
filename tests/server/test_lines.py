"""Lines on a socket: whole ones, the last one, and those that never should have been sent."""

import asyncio

import pytest

from trails_server.lines import TooLong, lines

LIMIT = 1000


def read_all(sent: bytes, piece: int = 300) -> list[bytes | TooLong]:
    async def story() -> list[bytes | TooLong]:
        reader = asyncio.StreamReader(limit=LIMIT)

        async def feed() -> None:
            for start in range(0, len(sent), piece):
                reader.feed_data(sent[start : start + piece])
                await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.create_task(feed())
        found = [line async for line in lines(reader)]
        await feeding
        return found

    return asyncio.run(story())


def test_every_line_comes_out_and_empty_ones_do_not():
    assert read_all(b"one\n\n  \ntwo\n") == [b"one\n", b"two\n"]


def test_a_last_line_without_an_end_counts():
    assert read_all(b"one\ntwo") == [b"one\n", b"two"]


@pytest.mark.parametrize("piece", [1, 7, 300, 10_000])
def test_a_line_over_the_limit_is_passed_over_and_the_next_one_read(piece):
    long = b'{"id":7,"verb":"lay","args":{"body":"' + b"x" * 3 * LIMIT + b'"}}'

    assert read_all(long + b"\nnext\n", piece) == [TooLong(7), b"next\n"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b'{"jsonrpc":"2.0","id":"a-1","method":"%s"}', "a-1"),
        (b'{"method":"%s","jsonrpc":"2.0","id":12}', 12),
        (b'{"method":"%s","params":{"text":"","id":12}}', None),
        (b'{"params":{"id":3},"method":"%s"}', None),
    ],
)
def test_only_the_request_s_own_id_is_taken_from_a_line_over_the_limit(line, found):
    assert read_all(line % (b"x" * 2 * LIMIT) + b"\n") == [TooLong(found)]


def test_a_stream_that_ends_within_a_line_over_the_limit_ends():
    assert read_all(b"x" * 3 * LIMIT) == [TooLong(None)]
