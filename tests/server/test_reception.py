"""Who may come in."""

import os
import socket

import pytest

from trails import Refused
from trails_server.reception import refuse_strangers


def test_a_process_of_the_same_user_may_come_in_and_no_other():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        refuse_strangers(ours, os.geteuid())

        with pytest.raises(Refused, match="another user"):
            refuse_strangers(ours, os.geteuid() + 1)
