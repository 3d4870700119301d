"""Secrets go before anything is stored, honest text stays, and no text makes a rule slow."""

import base64
import re._constants as sre
import re._parser
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails import secret_rules
from trails.errors import Refused
from trails.secret_rules import RULES, Rule, redact

BEFORE = "Run the importer first, then look at the second table; it needs this: "
AFTER = " and then wait for the nightly job, which rebuilds the index from scratch and takes a while on large tables."
REDACTING = [rule for rule in RULES if not rule.refused]
REFUSING = [rule for rule in RULES if rule.refused]
SHAPED = [rule for rule in RULES if rule.shaped and not rule.refused]
TOKEN = next(rule.example for rule in RULES if rule.name == "github-token")
HOSTILE_LENGTH = 8192


def named(rule: Rule) -> str:
    return rule.name


@pytest.mark.parametrize("rule", REDACTING, ids=named)
def test_a_secret_goes_and_the_lesson_stays(rule: Rule) -> None:
    redacted = redact(BEFORE + rule.example + AFTER)

    assert redacted.rules == ((rule.name, 1),)
    assert f"[redacted:{rule.name}]" in redacted.text
    assert redacted.text.startswith(BEFORE)
    assert redacted.text.endswith(AFTER)


@pytest.mark.parametrize("rule", REDACTING, ids=named)
def test_nothing_of_a_secret_is_left(rule: Rule) -> None:
    found = rule.pattern.search(rule.example)
    assert found is not None
    secret = found.group(found.lastgroup or 0)

    text = redact(BEFORE + rule.example + AFTER).text.replace(f"[redacted:{rule.name}]", "")

    pieces = {secret[at : at + 6] for at in range(max(1, len(secret) - 5))}
    assert not [piece for piece in pieces if piece in text]


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_text_that_only_resembles_a_secret_stays(rule: Rule) -> None:
    text = BEFORE + rule.lookalike + AFTER

    assert redact(text).text == text


@pytest.mark.parametrize("rule", REFUSING, ids=named)
def test_a_private_key_is_refused(rule: Rule) -> None:
    with pytest.raises(Refused, match=rule.name):
        redact(BEFORE + rule.example + AFTER * 5)


@pytest.mark.parametrize("rule", [rule for rule in SHAPED if not rule.pattern.pattern.endswith(r"(?!\w)")], ids=named)
def test_a_token_longer_than_usual_goes_as_a_whole(rule: Rule) -> None:
    text = redact(f"{BEFORE * 30}{rule.example}{'Zz9' * 120}. Then go on.").text

    assert "Zz9" not in text
    assert text.endswith("]. Then go on.")


HARD_NEGATIVES = [
    "fixed in 3f9a1c7e5b2d80463f9a1c7e5b2d80463f9a1c7e",  # sha-1
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 3f9a1c7 broke it",
    "run 6c84fb90-12c4-11e1-840d-7b25c5ee775a failed",
    "note 01JD8Q4Z7N5W3V9R2K6M8X0T1B says so",
    "image app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    '"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="',
    "--hash=sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGlzbm90YXNlY3JldGlzbm90YXNlY3JldGlz ada@host",
    "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4\n-----END PUBLIC KEY-----",
    "export GITHUB_TOKEN=${GITHUB_TOKEN}",
    "password=$DB_PASSWORD2 in the compose file",
    'token = os.environ["API_TOKEN_2"]',
    "api_key = config.providers.openai_key_v2",
    "api_key = get_api_key_v2(region)",
    "const token = await fetchToken2({ retry: 3 })",
    "api_key: <your-api-key-1>",
    "token: {{ vault_token_v2 }}",
    "secret: %API_SECRET_2%",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "password: changeme123",
    "password: ********",
    "api_key=your-api-key-here-123",
    "postgres://user:password@localhost:5432/app",
    "postgres://app:${DB_PASS}@db/app",
    "the password is stored in the vault, ask ops",
    "the password is hashed with argon2id",
    "the token is refreshed every 15 minutes",
    "the secret is base64-encoded twice",
    "passwords need at least 12 characters and 1 digit",
    "password: str, token: str | None = None",
    "max_tokens: 4096, token_count = 128000",
    "cache_key = user_profile_v2_2024_11_21",
    "class PasswordResetTokenGeneratorFactoryBean3",
    "!function(e,t){var n=t(1),r=t(2);e.exports={a:n.b,c:r.d(13),key:17,token:n}}",
    "revision = '3f9a1c7e5b2d'; down_revision = '8046a1b2c3d4'",
    "secret: arn:aws:secretsmanager:eu:prod:db/app",
    "sk-learn and tf-keras both work; task-12 and risk-3 are done",
    "https://example.com:8443/path/a:b@c?sig=abc",
    "Authorization: Bearer <token> is the header; bearer authentication/oauth2-flow explains it",
    "/home/ada/projects/trails/tests/core/test_secret_rules.py and src/app/components/forms/LoginForm.tsx",
]


@pytest.mark.parametrize("text", HARD_NEGATIVES)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert redact(text).text == text


EVASIONS = {
    "zero-width space": f"{TOKEN[:9]}\u200b{TOKEN[9:]}",
    "soft hyphen": f"{TOKEN[:20]}\u00ad{TOKEN[20:]}",
    "line break": f"see\n{TOKEN[:9]}\n{TOKEN[9:]}",
    "several lines": f"see\n{TOKEN[:9]}\n  {TOKEN[9:15]} \\\n{TOKEN[15:]}",
    "base64": base64.b64encode(f"use {TOKEN} here".encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(f"{TOKEN}???>>>".encode()).decode().rstrip("="),
    "hex": f"use {TOKEN}".encode().hex(),
    "full width": "".join(chr(ord(char) + 0xFEE0) for char in TOKEN),
    "backwards": TOKEN[::-1],
}


@pytest.mark.parametrize("disguise", EVASIONS.values(), ids=EVASIONS)
def test_a_secret_in_disguise_is_refused(disguise: str) -> None:
    with pytest.raises(Refused, match="github-token"):
        redact(BEFORE + disguise + AFTER)


@pytest.mark.parametrize("pragma", ["  # pragma: allowlist secret", "  # gitleaks:allow"])
def test_no_remark_in_the_text_lets_a_secret_pass(pragma: str) -> None:
    assert TOKEN not in redact(BEFORE + TOKEN + pragma + AFTER).text


def test_text_that_is_mostly_secret_is_refused() -> None:
    with pytest.raises(Refused, match="More than half"):
        redact(f"use {TOKEN}")


@pytest.mark.parametrize("disguise", [*EVASIONS.values(), TOKEN, REFUSING[0].example], ids=range(len(EVASIONS) + 2))
def test_a_refusal_repeats_nothing_of_the_text(disguise: str) -> None:
    with pytest.raises(Refused) as refusal:
        redact(f"use {disguise}")

    assert not [piece for piece in disguise.split() if piece in str(refusal.value)]


def test_a_quoted_password_goes_up_to_its_closing_quote() -> None:
    assert redact(f'{BEFORE}password = "tr0ub4dor, & (3)"{AFTER}').text == (
        f'{BEFORE}password = "[redacted:password]"{AFTER}'
    )


def test_a_url_keeps_its_host_and_loses_its_password() -> None:
    text = redact(f"{BEFORE}postgres://app:" + f"s3cr@t!x@db.test/app{AFTER}").text

    assert text == f"{BEFORE}postgres://app:[redacted:url-password]@db.test/app{AFTER}"


def test_secrets_are_counted_by_rule() -> None:
    text = f"{BEFORE}{TOKEN}{AFTER}{BEFORE}{TOKEN[:-1]}Q{AFTER} password: hunter22!x"

    assert redact(text).rules == (("github-token", 2), ("password", 1))


def test_a_secret_that_two_rules_find_is_redacted_once() -> None:
    assert redact(f"{BEFORE}GITHUB_TOKEN={TOKEN}{AFTER}").rules == (("github-token", 1),)


@pytest.mark.parametrize("rule", REDACTING, ids=named)
def test_redacted_text_has_nothing_left_to_redact(rule: Rule) -> None:
    once = redact(BEFORE + rule.example + AFTER).text

    assert redact(once).text == once


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.sampled_from(SHAPED), st.text(max_size=300))
def test_no_surroundings_hide_a_token(before: str, rule: Rule, after: str) -> None:
    try:
        text = redact(f"{before} {rule.example} {after} {AFTER * 2}").text
    except Refused:
        return

    assert rule.example not in text


def test_the_files_of_the_rules_hold_no_secret_themselves() -> None:
    paths = [Path(secret_rules.__file__), Path(__file__)]
    shaped = [rule for rule in RULES if rule.shaped]

    caught = [
        rule.name
        for path in paths
        for rule in shaped
        for found in rule.pattern.finditer(path.read_text(encoding="utf-8"))
        if len(set(found.group())) > len("ghp_x")
    ]

    assert not caught


# ── no text makes a rule slow ────────────────────────────────────────────────────────────────────────────────────────
def repeats(parsed: re._parser.SubPattern, inside: bool = False) -> Iterator[tuple[int, bool]]:
    """The upper bound of each quantifier in a parsed pattern, and whether it stands inside another one."""
    for op, argument in parsed:
        quantified = op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
        if quantified:
            yield argument[1], inside
        for part in argument if isinstance(argument, tuple | list) else [argument]:
            branches = part if isinstance(part, list) else [part]
            for branch in branches:
                if isinstance(branch, re._parser.SubPattern):
                    yield from repeats(branch, inside or (quantified and argument[1] > 1))


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_every_quantifier_of_a_rule_is_bounded_and_none_is_nested(rule: Rule) -> None:
    found = list(repeats(re._parser.parse(rule.pattern.pattern, rule.pattern.flags)))

    assert all(bound <= 4000 for bound, _ in found)
    assert not any(nested for _, nested in found)


def test_the_walk_over_patterns_sees_what_it_must_forbid() -> None:
    assert list(repeats(re._parser.parse(r"x(?:a{1,3}|b)+"))) == [(sre.MAXREPEAT, False), (3, True)]
    assert (sre.MAXREPEAT, False) in repeats(re._parser.parse(r"(?=.*x)y"))


@pytest.mark.parametrize("rule", RULES, ids=named)
@pytest.mark.parametrize("between", ["", " ", "\n", "-", "="])
def test_a_wall_of_near_misses_passes_unharmed(rule: Rule, between: str) -> None:
    near_miss = rule.keywords[0] + between
    wall = (near_miss * HOSTILE_LENGTH)[:HOSTILE_LENGTH]

    assert redact(wall).text == wall


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_no_keyword_is_missing_from_what_its_rule_catches(rule: Rule) -> None:
    assert any(keyword in rule.example.lower() for keyword in rule.keywords)
    assert all(keyword == keyword.lower() for keyword in rule.keywords)


@pytest.mark.parametrize("start", ["x7", "ED4", "es9", "sha2", "y7"])
def test_a_key_is_found_whatever_it_begins_with(start):
    value = start + "Gk29fLq0PzT4mN8vB3"
    said = "The report is sent by the nightly job, which reads its access from the settings: api_key = " + f'"{value}".'
    assert value not in secret_rules.redact(said).text
