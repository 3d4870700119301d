"""
What a secret looks like, and what becomes of text that holds one.

Secrets are redacted before a byte is stored: the lesson stays, the value goes. Text is refused where redaction cannot
be trusted or leaves nothing worth keeping: a private key, text that is mostly secret, a secret in disguise.

A rule runs only where one of its keywords is in the text. Its quantifiers are bounded and never nested, so no text
makes it slow (tests/core/test_secret_rules.py walks every pattern). The examples are put together from pieces: this
file itself holds nothing that looks like a live secret.
"""

import base64
import binascii
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from .errors import Refused

MOSTLY = 0.5  # share of the text that may be secret; what is left of more than that would lead nobody anywhere
DECODED_RUNS = 16  # the longest base64 and hex runs of a text are decoded and looked through
FEW_CHARACTERS = 10  # a token has more different ones (of 32 random hex digits all but one in 10,000); xxxx has not
JOINED_LINES = 4  # a token broken over so many lines is found wherever it begins


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One kind of secret. Its group `secret`, or else the whole match, is what goes.

    `keywords` are lower case; without one of them in the text the pattern is not tried. A `shaped` rule knows a secret
    by its own form, the others by what stands before it, so they let stand-ins such as `$TOKEN` pass. Text that a
    `refused` rule finds is not let in at all. `example` is caught; `lookalike`, which comes close, is not.
    """

    name: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    example: str
    lookalike: str
    shaped: bool = True
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Redacted:
    """Text without its secrets, and how many each rule found, in the order of the text."""

    text: str
    rules: tuple[tuple[str, int], ...] = ()


def _block(name: str, keywords: str, pattern: str, example: str, lookalike: str) -> Rule:
    return Rule(name, tuple(keywords.split()), re.compile(pattern), example, lookalike, refused=True)


def _shaped(name: str, keywords: str, pattern: str, example: str, lookalike: str) -> Rule:
    return Rule(name, tuple(keywords.split()), re.compile(r"(?<![A-Za-z0-9])" + pattern), example, lookalike)


def _named(name: str, keywords: str, pattern: str, example: str, lookalike: str) -> Rule:
    return Rule(name, tuple(keywords.split()), re.compile(pattern, re.IGNORECASE), example, lookalike, shaped=False)


def _mixed(length: int) -> str:
    return ("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0" * 4)[:length]


def _hex(length: int) -> str:
    return ("3f9a1c7e5b2d8046" * 4)[:length]


_KEY = r"(?=[\w-]{0,80}[0-9])[\w-]{20,250}"
_IS = r"""["'`]?\s{0,3}(?::=|=>|==|=|:|>|：|＝)\s{0,3}["'`]?"""
_SAID = r"""\s(?:is|was)(?: now)?:?\s["'`]?"""
_CHAR = r"""[^\s"'`,;<>(){}\[\]|]"""
_PASSWORD = rf"(?={_CHAR}{{0,64}}[0-9!@#$%^&*])(?P<secret>{_CHAR}{{6,256}})"
_TOKEN = rf"(?={_CHAR}{{0,64}}[0-9])(?={_CHAR}{{0,64}}[A-Za-z])(?P<secret>{_CHAR}{{12,256}})"

# A table, kept as one: the formatter would give each rule seven lines.
# fmt: off
RULES: tuple[Rule, ...] = (
    _block("private-key", "-----begin",
           r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,6}-----[\s\S]{0,300}?[\w+/]{40}",
           "-----BEGIN " + "PRIVATE KEY-----\n" + _mixed(64), "The file starts with -----BEGIN PRIVATE KEY-----."),
    _block("putty-private-key", "private-lines:", r"Private-Lines: [0-9]{1,4}\s{1,4}[A-Za-z0-9+/=]{20}",
           "Private-" + "Lines: 14\n" + _mixed(64), "Private-Lines: 14 is the header that follows."),
    _shaped("age-secret-key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,64}",
            "AGE-SECRET-" + "KEY-1" + _mixed(58).upper(), "AGE-SECRET-KEY-1... is how one begins"),
    _shaped("aws-access-key", "akia asia abia acca", r"(?:AKIA|ASIA|ABIA|ACCA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}",
            "AK" + "IA" + _mixed(16).upper(), "AK" + "IAIOSFODNN7EXAMPLE"),
    _shaped("aws-bedrock-key", "absk", r"ABSK[A-Za-z0-9+/]{100,270}", "AB" + "SK" + _mixed(110), "ABSK" + "x" * 9),
    _shaped("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,255}",
            "gh" + "p_" + _mixed(36), "ghp_" + _mixed(12)),
    _shaped("github-fine-grained-token", "github_pat_", r"github_pat_\w{36,255}",
            "github" + "_pat_" + _mixed(82), "github_pat_11AA"),
    _shaped("gitlab-token", "gl", r"gl(?:pat|ptt|dt|rt|cbt|oas|soat|ft|imt|agent)-[\w.-]{20,250}",
            "gl" + "pat-" + _mixed(20), "glpat-<your token>"),
    _shaped("slack-token", "xox xapp-", r"(?:xox[abeprs]-|xapp-)[A-Za-z0-9-]{10,250}",
            "xo" + "xb-" + _mixed(24), "xoxb-..."),
    _shaped("slack-webhook", "hooks.slack.com", r"hooks\.slack\.com/[a-z]{5,12}/(?P<secret>[\w/-]{20,200})",
            "https://hooks.slack" + ".com/services/T0/B0/" + _mixed(24), "https://hooks.slack.com/services/T0/B0/x"),
    _shaped("discord-webhook", "discord", r"discord(?:app)?\.com/api/webhooks/[0-9]{15,21}/(?P<secret>[\w-]{50,80})",
            "discord" + ".com/api/webhooks/" + "12345" * 4 + "/" + _mixed(68), "discord.com/api/webhooks/12345/x"),
    _shaped("stripe-key", "_live_ _test_ whsec_", r"(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/]{16,250}",
            "sk" + "_live_" + _mixed(24), "sk_live_..."),
    _shaped("anthropic-key", "sk-ant-", "sk-ant-" + _KEY,
            "sk-" + "ant-api03-" + _mixed(90), "sk-ant-your-key-goes-here-please"),
    _shaped("openai-key", "sk-",
            rf"sk-(?:(?:proj|svcacct|admin|or-v1)-{_KEY}|(?=[a-z]{{0,30}}[A-Z0-9])[A-Za-z0-9]{{32,200}})",
            "sk-" + "proj-" + _mixed(48), "sk-learn-pipelines-and-transformers-of-0-and-1"),
    _shaped("google-api-key", "aiza", r"AIza[\w-]{35}", "AI" + "za" + _mixed(35), "AIzaSy..."),
    _shaped("google-oauth", "gocspx- ya29.", r"(?:GOCSPX-|ya29\.)" + _KEY, "GOC" + "SPX-" + _mixed(28), "ya29.short"),
    _shaped("npm-token", "npm_", r"npm_[A-Za-z0-9]{36,64}", "np" + "m_" + _mixed(36), "npm_config_registry"),
    _shaped("pypi-token", "pypi-", r"pypi-[\w-]{50,500}", "py" + "pi-AgEI" + _mixed(60), "pypi-publish"),
    _shaped("hugging-face-token", "hf_", r"hf_[A-Za-z0-9]{30,64}", "h" + "f_" + _mixed(34), "hf_hub_download"),
    _shaped("sendgrid-key", "sg.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}",
            "S" + "G." + _mixed(22) + "." + _mixed(43), "SG.id.key"),
    _shaped("jwt", "eyj", r"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{4,4000}\.[\w-]{10,1000}",
            "ey" + "J" + _mixed(20) + ".ey" + "J" + _mixed(40) + "." + _mixed(43), "eyJhbGciOiJIUzI1NiJ9 is a header"),
    _shaped("telegram-token", ":aa", r"(?:bot)?[0-9]{8,10}:AA[\w-]{32,34}",
            "12345678" + ":A" + "A" + _mixed(33), "12345678:AA"),
    _shaped("twilio-key", "sk", r"SK[0-9a-f]{32}(?!\w)", "S" + "K" + _hex(32), "SK" + _hex(40)),
    _shaped("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,300}", "hv" + "s." + _mixed(24), "hvs.short"),
    _shaped("azure-client-secret", "q~", r"[\w~.]{3}[0-9]Q~[\w~.-]{31,34}",
            "abc" + "8Q" + "~" + _mixed(34), "abc8Q~short"),
    _shaped("digitalocean-token", "_v1_", r"do[opr]_v1_[a-f0-9]{64}", "do" + "p_v1_" + _hex(64), "dop_v1_" + _hex(40)),
    _shaped("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
            "shp" + "at_" + _hex(32), "shpat_" + _hex(8)),
    _shaped("mailgun-key", "key-", r"key-[0-9a-f]{32}(?!\w)", "ke" + "y-" + _hex(32), "key-" + _hex(12)),
    _shaped("databricks-token", "dapi", r"dapi[a-f0-9]{32}", "da" + "pi" + _hex(32), "dapi" + _hex(8)),
    _shaped("atlassian-token", "atatt3", r"ATATT3[\w=-]{60,300}", "AT" + "ATT3" + _mixed(80), "ATATT3x"),
    _shaped("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,64}", "li" + "n_api_" + _mixed(40), "lin_api_version_2"),
    _shaped("notion-token", "ntn_", r"ntn_[A-Za-z0-9]{40,64}", "nt" + "n_" + _mixed(46), "ntn_" + _mixed(8)),
    _shaped("docker-token", "dckr_", r"dckr_[a-z]{3,4}_[\w-]{27,64}", "dck" + "r_pat_" + _mixed(27), "dckr_pat_x"),
    _shaped("grafana-token", "glsa_ glc_", r"(?:glsa|glc)_[\w+/=]{32,250}", "gl" + "sa_" + _mixed(41), "glsa_x"),
    _shaped("new-relic-key", "nrak-", r"NRAK-[A-Z0-9]{27}", "NR" + "AK-" + _mixed(27).upper(), "NRAK-X"),
    _named("azure-storage-key", "accountkey", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{60,100}={0,2})",
           "Account" + "Key=" + _mixed(86) + "==", "AccountKey=<key>"),
    _named("signed-url", "sig= signature=", r"[?&](?:sig|X-Amz-Signature|Signature)=(?P<secret>[\w%+/-]{30,200})",
           "https://x.test/?s" + "ig=" + _mixed(44), "https://x.test/?sig=short"),
    _named("url-password", "://", r"""://[^\s/:@"'<>]{0,64}:(?P<secret>[^\s/"'<>]{3,128})@(?=[\w\[$])""",
           "postgres" + "://app:" + "s3cr3t!x@db/app", "postgres://user:password@localhost/app"),
    _named("curl-password", "curl",
           r"""curl\b[^\n]{0,200}?\s(?:-u|--user)[ =]["']?[^\s:"']{1,64}:(?P<secret>[^\s"']{3,128})""",
           "curl -u " + "ada:" + "s3cr3t9x https://x.test", "curl -u $NAME:$PASSWORD https://x.test"),
    _named("authorization-header", "bearer basic",
           r"(?:bearer|authorization\W{1,4}basic)\s{1,4}(?=[\w.+/~-]{0,60}[0-9])(?P<secret>[\w.+/=~-]{16,512})",
           "Bear" + "er " + _mixed(32), "Bearer <token>"),
    _named("aws-secret-key", "secret",
           rf"secret[_ -]?(?:access[_ -]?)?key{_IS}(?P<secret>[A-Za-z0-9/+]{{40}})(?![\w/+=])",
           "aws_secret" + "_access_key = " + _mixed(40), "aws_secret_access_key = $AWS_SECRET_ACCESS_KEY"),
    _named("password", "passw passphrase passcode pwd _pass",
           rf"(?:password|passwd|passphrase|passcode|pwd|(?<=_)pass){_IS}{_PASSWORD}",
           "DB_" + "PASSWORD=" + "tr0ub4dor&3", "password = hashes.argon2(given)"),
    _named("key-or-token", "key token secret credential",
           r"(?:(?:api|access|auth|secret|private|signing|encryption|client|service|account|master)[_ -]?key"
           rf"|token|secret|credential)s?{_IS}{_TOKEN}",
           "api_" + "key: '" + _mixed(32) + "'", 'token = os.environ["API_TOKEN_2"]'),
    _named("said-password", "passw passphrase passcode", rf"(?:password|passphrase|passcode){_SAID}{_PASSWORD}",
           "the pass" + "word is hunter2!", "the password is argon2id-hashed"),
    _named("said-token", "key token secret", rf"(?:api key|access key|token|secret){_SAID}{_TOKEN}",
           "the access to" + "ken is " + _mixed(32), "the token is base64-url-encoded"),
)
# fmt: on

_STAND_IN = re.compile(
    r"\$\{?\w+\}?|%\w+%|[{<*/~].*|\.{1,2}/.*"  # a variable, a slot in a template, a path
    r"|(?:your|change|example|placeholder|dummy|fake|redacted|replace|insert|xxx)[\w.-]*"
    r"|pass|password|secret|token"
    r"|(?:sha|md|base|utf|aes|hs|rs|es|oauth|argon|pbkdf|bcrypt|scrypt|ed|x)"
    r"-?[0-9]{1,5}[a-z]{0,4}(?:[._-][a-z0-9]{1,8}){0,3}"  # algorithms
    r"|[0-9]{1,4}(?:-[a-z]+)+"  # 16-character
    r"|[a-z]+[0-9]{0,3}(?:[._/:-]+[a-z]+[0-9]{0,3})+",  # config.api_key_v2, arn:aws:secrets
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_REST = re.compile(r"""(?:[^\s"'`@&.,;:!?)\]}>]|[.,;:!?)\]}>](?=\w))*""")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{24,4096}")


def redact(text: str) -> Redacted:
    """
    The text with each secret replaced, as a whole, by `[redacted:rule-name]`; nothing of it is kept.

    Raises Refused, without repeating any of the text: for a private key, when more than half of the text is secret,
    and when a secret shows only after decoding or straightening what is written.
    """
    spans = _find(text, RULES)
    for _, _, rule in spans:
        if rule.refused:
            raise Refused(f"The text holds a private key ({rule.name}): say where it is kept, never what it is.")
    if sum(end - start for start, end, _ in spans) > MOSTLY * len(text.strip()):
        raise Refused("More than half of the text is a secret: write what to do with it, without its value.")
    pieces, at = [], 0
    for start, end, rule in spans:
        pieces += [text[at:start], f"[redacted:{rule.name}]"]
        at = end
    redacted = "".join([*pieces, text[at:]])
    _refuse_disguises(redacted)
    return Redacted(redacted, tuple(Counter(rule.name for _, _, rule in spans).items()))


def _refuse_disguises(text: str) -> None:
    """What is found here was not found in the text as it stands, so nobody can say where in it the secret is."""
    shaped = tuple(rule for rule in RULES if rule.shaped)
    views = [(view, RULES) for view in (_straightened(text), *_decoded(text))]
    views += [(view, shaped) for view in (_joined(text), text[::-1])]
    for view, rules in views:
        if view != text and (found := _find(view, rules)):
            raise Refused(f"The text holds a secret in disguise ({found[0][2].name}): leave it out and lay it again.")


def _find(text: str, rules: tuple[Rule, ...]) -> list[tuple[int, int, Rule]]:
    """Where the secrets are, in order. Where finds overlap they are one, named after the rule that comes first."""
    lower = text.lower()
    found = [
        (start, end, rank)
        for rank, rule in enumerate(rules)
        if any(keyword in lower for keyword in rule.keywords)
        for start, end in _spans(text, rule)
    ]
    merged: list[tuple[int, int, int]] = []
    for start, end, rank in sorted(found):
        if merged and start < merged[-1][1]:
            before = merged.pop()
            start, end, rank = before[0], max(before[1], end), min(before[2], rank)
        merged.append((start, end, rank))
    return [(start, end, rules[rank]) for start, end, rank in merged]


def _spans(text: str, rule: Rule) -> Iterator[tuple[int, int]]:
    at = 0
    while found := rule.pattern.search(text, at):
        start, end = found.span(found.lastgroup or 0)
        at = max(end, at + 1)
        if not _is_stand_in(text, start, end, rule):
            at = max(at, _end_of_token(text, start, end))
            yield start, at


def _is_stand_in(text: str, start: int, end: int, rule: Rule) -> bool:
    """Whether this only stands where a secret would: `ghp_xxxx`, `$TOKEN`, `your-key`, `get_token(`."""
    value = text[start:end]
    if rule.refused:
        return False
    if rule.shaped:
        return len(set(value)) < FEW_CHARACTERS
    is_called = text[end : end + 1] in ("(", "[", "{") and _NAME.fullmatch(value)
    return bool(is_called or len(set(value)) == 1 or _STAND_IN.fullmatch(value))


def _end_of_token(text: str, start: int, end: int) -> int:
    """Where the token ends that a secret begins: at the closing quote if it is quoted, else where the word ends."""
    quote = text[start - 1 : start]
    if quote and quote in "\"'`":
        close = text.find(quote, end, end + 256)
        if close >= 0 and "\n" not in text[end:close]:
            return close
    rest = _REST.match(text, end)
    return rest.end() if rest else end


def _straightened(text: str) -> str:
    """The text in plain characters: full-width letters made narrow, whatever is invisible left out."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    return "".join(char for char in plain if char in "\n\t" or unicodedata.category(char) not in ("Cf", "Cc", "Mn"))


def _joined(text: str) -> str:
    """The lines run together: all of them, and every few of them, so that a token may begin on any line."""
    lines = [line.strip(" \t\\") for line in text.split("\n")]
    if len(lines) == 1:
        return text
    windows = ("".join(lines[at : at + JOINED_LINES]) for at in range(len(lines)))
    return " ".join(["".join(lines), *windows])


def _decoded(text: str) -> Iterator[str]:
    """What the longest base64 and hex runs say, one pass deep."""
    for run in sorted(_RUN.findall(text), key=len, reverse=True)[:DECODED_RUNS]:
        with suppress(ValueError):
            yield bytes.fromhex(run).decode("latin-1")
        padded = run.replace("-", "+").replace("_", "/")[: len(run) - (len(run) % 4 == 1)]
        with suppress(binascii.Error):
            yield base64.b64decode(padded + "=" * (-len(padded) % 4)).decode("latin-1")
