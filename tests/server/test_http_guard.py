"""Who is let in over HTTP: every other page, program and machine is turned away, and leaves nothing behind."""

import json
import socket
import stat
from pathlib import Path

import pytest

from tests.server.doors import MODERN, a_keeper
from tests.server.web import Web
from trails import BadInput, Unavailable, read_settings
from trails_server.access import BODY_LIMIT, Guard, Token

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "lay",
        "arguments": {"title": "Trust this page"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
LAY = json.dumps(CALL).encode()
HEADERS = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call", "Mcp_Name": "lay"}


@pytest.fixture(scope="module")
def keeper():
    with a_keeper(TRAILS_HTTP="0", TRAILS_LOG_LEVEL="DEBUG") as running:
        yield running


@pytest.fixture
def web(keeper, project):
    return Web.of(keeper)


def notes(keeper):
    with keeper.ask() as asking:
        return asking.ask("status")["counts"].get("notes", 0)


def test_a_request_that_is_as_it_should_be_is_let_in(keeper, web):
    status, headers, body = web.send("POST", body=LAY, **HEADERS)

    assert status == 200
    assert "Laid [" in json.loads(body)["result"]["content"][0]["text"]
    assert notes(keeper) == 1
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        (421, "POST", {"Host": "evil.example"}),
        (421, "POST", {"Host": "evil.example:PORT"}),
        (421, "POST", {"Host": "localhost.evil.example:PORT"}),
        (421, "POST", {"Host": "127.0.0.1.nip.io:PORT"}),
        (421, "POST", {"Host": "127.0.0.1:1"}),
        (421, "POST", {"Host": "localhost"}),
        (421, "POST", {"Host": "evil.example", "Origin": "http://evil.example"}),
        (403, "POST", {"Origin": "http://evil.example"}),
        (403, "POST", {"Origin": "null"}),
        (403, "POST", {"Origin": "http://localhost:3000"}),
        (403, "POST", {"Origin": "https://127.0.0.1:PORT"}),
        (403, "POST", {"Sec_Fetch_Site": "cross-site"}),
        (403, "POST", {"Sec_Fetch_Site": "same-site"}),
        (403, "OPTIONS", {"Origin": "http://evil.example", "Access_Control_Request_Method": "POST"}),
        (401, "OPTIONS", {"Authorization": None, "Access_Control_Request_Method": "POST"}),
        (405, "OPTIONS", {}),
        (405, "PUT", {}),
        (401, "POST", {"Authorization": None}),
        (401, "POST", {"Authorization": "Bearer"}),
        (401, "POST", {"Authorization": "Bearer " + "A" * 43}),
        (401, "POST", {"Authorization": "Bearer \xe4"}),
        (401, "POST", {"Authorization": "Basic TOKEN"}),
        (401, "POST", {"Authorization": "Bearer TOKENx"}),
        (401, "GET", {"Authorization": None}),
        (401, "DELETE", {"Authorization": None}),
        (415, "POST", {"Content_Type": "text/plain"}),
        (415, "POST", {"Content_Type": "application/x-www-form-urlencoded"}),
        (415, "POST", {"Content_Type": None}),
    ],
)
def test_what_does_not_fit_is_turned_away(keeper, web, status, method, headers):
    told = {name: value and value.replace("PORT", str(web.port)) for name, value in headers.items()}
    told = {name: value and value.replace("TOKEN", web.token) for name, value in told.items()}

    answered, said, body = web.send(method, body=LAY, **{**HEADERS, **told})

    assert answered == status
    assert not [name for name in said if name.lower().startswith("access-control")]
    assert ("WWW-Authenticate" in said) == (status == 401)
    assert json.loads(body)["error"]["message"]
    assert web.token.encode() not in body
    assert notes(keeper) == 0


@pytest.mark.parametrize("path", ["/", "/health", "/mcp/", "/nothing"])
@pytest.mark.parametrize(
    ("status", "headers"),
    [(421, {"Host": "evil.example"}), (403, {"Origin": "null"}), (401, {"Authorization": None})],
)
def test_no_path_is_outside_of_the_guard(web, path, status, headers):
    assert web.send("GET", path, **headers)[0] == status


@pytest.mark.parametrize("host", ["localhost:{}", "LOCALHOST:{}", "127.0.0.1:{}", "[::1]:{}"])
def test_every_name_of_this_machine_is_understood(web, host):
    host = host.format(web.port)

    status, _, _ = web.send("GET", "/health", Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")

    assert status == 200


def test_a_request_without_a_host_or_with_two_is_no_request(web):
    for hosts in (b"", b"Host: evil.example\r\nHost: 127.0.0.1:%d\r\n" % web.port):
        with socket.create_connection((web.host, web.port), timeout=60) as line:
            line.sendall(b"GET /health HTTP/1.1\r\n" + hosts + b"Authorization: Bearer %s\r\n\r\n" % web.token.encode())
            assert line.makefile("rb").readline().split()[1] == b"400"


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 5 * 2**20])
def test_a_body_that_is_far_too_long_is_not_taken(keeper, web, size):
    padded = LAY + b" " * (size - len(LAY))

    status, _, _ = web.send("POST", body=padded, **HEADERS)

    assert status == 413
    assert notes(keeper) == 0


def test_a_body_that_does_not_say_how_long_it_is_is_not_taken_without_end(keeper, web):
    padded = LAY + b" " * BODY_LIMIT
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(padded), padded)

    status, _, _ = web.send("POST", body=chunked, Content_Length=None, Transfer_Encoding="chunked", **HEADERS)

    assert status == 413
    assert notes(keeper) == 0


def test_the_token_is_kept_for_this_user_alone_and_is_in_no_log(keeper, web):
    web.send("POST", body=LAY, **HEADERS)
    web.send("POST", body=LAY, Authorization="Bearer " + "A" * 43, **HEADERS)
    path = Path(keeper.data_dir) / "http-token"

    assert path.read_text().strip() == web.token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(web.token) >= 43
    assert web.token not in keeper.log()
    assert "A" * 43 not in keeper.log()


def test_a_new_token_is_in_force_at_once(keeper, web):
    old = web.token
    with keeper.ask() as asking:
        web.token = asking.ask("renew_token")["token"]

        assert asking.ask("token")["token"] == web.token

    assert web.send("GET", "/health")[0] == 200
    assert web.send("GET", "/health", Authorization=f"Bearer {old}")[0] == 401


# ── the token's file ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_is_found_again_and_a_weak_one_is_not_believed(tmp_path):
    path = tmp_path / "http-token"
    first = Token(path).get()
    path.chmod(0o644)

    assert Token(path).get() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for weak in ("", "secret\n"):
        path.write_text(weak)
        assert len(Token(path).get()) >= 43


def test_a_token_that_cannot_be_kept_is_told_with_its_place(tmp_path):
    path = tmp_path / "http-token"
    path.mkdir()

    with pytest.raises(Unavailable, match=str(path)):
        Token(path).get()


def test_on_the_usual_port_a_host_needs_no_number(tmp_path):
    guard = Guard(Token(tmp_path / "http-token"), 80)
    token = ("authorization", f"Bearer {guard.token.get()}")

    assert guard.turns_away("GET", [("host", "localhost"), token]) is None
    assert guard.turns_away("GET", [("host", "evil.example"), token])


# ── the setting ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", None),
        ("8757", ("127.0.0.1", 8757)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("localhost:8757", ("127.0.0.1", 8757)),
        ("[::1]:8757", ("::1", 8757)),
    ],
)
def test_the_setting_names_a_port_of_this_machine(tmp_path, said, meant):
    assert read_settings({"TRAILS_DATA_DIR": str(tmp_path), "TRAILS_HTTP": said}).http_address == meant


@pytest.mark.parametrize("said", ["0.0.0.0:8757", "[::]:8757", "192.168.1.7:8757", "example.org:8757", "127.0.0.2:80"])
def test_an_address_that_others_could_reach_is_refused_with_the_reason(tmp_path, said):
    with pytest.raises(BadInput, match="only name this machine"):
        read_settings({"TRAILS_DATA_DIR": str(tmp_path), "TRAILS_HTTP": said})


@pytest.mark.parametrize("said", ["yes", "65536", "-1", "127.0.0.1", "127.0.0.1:", "٨٧٥٧"])
def test_a_port_that_is_none_is_refused(tmp_path, said):
    with pytest.raises(BadInput, match="PORT or HOST:PORT"):
        read_settings({"TRAILS_DATA_DIR": str(tmp_path), "TRAILS_HTTP": said})
