"""
Answers of the keeper as text for a person. Text in, text out: nothing is printed or asked here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from textwrap import indent
from typing import Any

Answer = Mapping[str, Any]

MARGIN = "    "
SPANS_SHOWN = 3
PER_MINUTE, PER_HOUR, PER_DAY = 60, 3600, 86400  # seconds
MANY_FILES = {"file-changed": "change", "file-seen": "for the first time", "file-gone": "go", "file-moved": "move"}
FILES_A_LINE = 3
PAST = {
    "confirm": "Confirmed",
    "supersede": "Superseded",
    "dispute": "Disputed",
    "retag": "Retagged",
    "withdraw": "Withdrew",
    "restore": "Restored",
}


# ── what was done ────────────────────────────────────────────────────────────────────────────────────────────────────
def laid(receipt: Answer) -> str:
    """A receipt; what was taken out of the text is said, by rule and number."""
    words = [f"Laid [{receipt['handle']}]{', as before' if receipt['replayed'] else ''}"]
    redactions = [f"{one['rule']} ({one['count']})" for one in receipt["redactions"]]
    if redactions:
        words.append(f"Secrets were taken out: {', '.join(redactions)}")
    return "\n".join(words)


def judged(answer: Answer) -> str:
    return f"Judged [{answer['note']['handle']}] {answer['verdict']}"


def used(answer: Answer) -> str:
    """The notes that somebody's work shows a use of, and how it shows."""
    lines = [f"Used [{short(one['id'])}]: {one['how']}" for one in answer["uses"]]
    return "\n".join(lines) or "That shows no use of a note you were shown."


def reported(answer: Answer) -> str:
    """An outcome, against what is usual for such a task, and how many notes share it."""
    count = len(answer["credits"])
    share = f"{count} {'note shares' if count == 1 else 'notes share'} it" if count else "it shows no use of a note"
    return f"Outcome {answer['result']:.2f}, usual {answer['baseline']:.2f}; {share}"


def amended(answer: Answer, action: str) -> str:
    done = f"{PAST[action]} [{answer['note']['handle']}]"
    return f"{done}\n{laid(answer['receipt'])}" if answer.get("receipt") else done


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def story(answer: Answer, *, now: datetime) -> str:
    """One note with its related notes, where its files lead to, and its journal."""
    parts = [note(answer["note"], now=now)]
    if answer["note"]["branch"]:
        parts[0] += f"\n{MARGIN}laid on branch {one_line(answer['note']['branch'])}, at {answer['note']['commit'][:10]}"
    if answer["related"]:
        parts.append("Related\n" + "\n".join(_related(other, answer["note"], now) for other in answer["related"]))
    if edges := [*map(_edge, answer["edges"]), *map(_used_with, answer["used_with"])]:
        parts.append("\n".join(["Edges", *edges]))
    parts.append("Journal\n" + "\n".join(event(one) for one in answer["events"]))
    return "\n\n".join(parts)


def note(shown: Answer, *, now: datetime) -> str:
    """A note with everything that is known of it now."""
    body = indent(shown["body"], MARGIN) if shown["body"] else ""
    return "\n".join(line for line in (line_of(shown), indent(_circumstances(shown, now), MARGIN), body) if line)


def _related(other: Answer, shown: Answer, now: datetime) -> str:
    """A note beside another: its title, or all of it where the two say the same."""
    says_the_same = other["id"] in shown["witnesses"] or shown["id"] in other["witnesses"]
    return note(other, now=now) if says_the_same else line_of(other)


def line_of(shown: Answer) -> str:
    """A note that is only named; one that is shown as an aside is taken to stand."""
    standing = "" if shown.get("status", "live") == "live" else f" ({shown['status']})"
    return f"[{shown['handle']}] {shown['kind']}{standing}: {one_line(shown['title'])}"


def _edge(edge: Answer) -> str:
    ties = [counted(edge["notes"], "note"), counted(edge["sessions"], "session")]
    told = ", ".join(words for words in ties if not words.startswith("0"))
    return f"{one_line(edge['from_path'])} leads to {one_line(edge['path'])} ({edge['chance']:.0%}: {told})"


def _used_with(other: Answer) -> str:
    return f"used with {line_of(other['note'])} ({other['chance']:.0%}: {counted(other['sessions'], 'session')})"


def _circumstances(shown: Answer, now: datetime) -> str:
    lines = [f"{author(shown['by'])}, {ago(shown['laid_at'], now)}"]
    if shown["confirmed_at"] != shown["laid_at"]:
        lines[0] += f", confirmed {ago(shown['confirmed_at'], now)}"
    lines += [f"on {place(file)}" for file in shown["files"]]
    if shown["status"] == "live" and any(file.get("doubtful") for file in shown["files"]):
        lines.append(f"check it, then `trails amend {shown['handle']} confirm`, or supersede or withdraw it")
    if shown["topics"]:
        lines.append(f"about {', '.join(map(one_line, shown['topics']))}")
    if shown["superseded_by"]:
        tie = "witness of" if shown["status"] == "witness" else "superseded by"
        lines.append(f"{tie} [{short(shown['superseded_by'])}]")
    if shown["supersedes"]:
        lines.append(f"supersedes [{short(shown['supersedes'])}]")
    if shown["disputed_by"]:
        lines.append(f"disputed by {', '.join(f'[{short(other)}]' for other in shown['disputed_by'])}")
    if shown["witnesses"]:
        lines.append(f"witnessed by {', '.join(f'[{short(other)}]' for other in shown['witnesses'])}")
    if shown["reason"]:
        lines.append(f"because {one_line(shown['reason'])}")
    return "\n".join(lines)


def place(file: Answer) -> str:
    """A file, its lines and what became of them, as far as somebody has looked."""
    text = one_line(file["path"]) + _lines(file)
    text += f" {one_line(file['symbol'])}" if file.get("symbol") else ""
    validity = file.get("validity", "unknown")
    if validity in ("same", "unknown"):
        return text
    if validity == "changed":
        share = [f"{_percent(file['changed'])} of its lines"] if file["changed"] else []
        told = ", ".join([*share, *_spans(file.get("changed_lines", []))])
        return f"{text} (changed: {told})" if told else f"{text} (changed)"
    return f"{text} ({'the file is gone' if file.get('file_gone') else validity})"


def _percent(share: float) -> str:
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def _spans(spans: Sequence[Sequence[int]]) -> list[str]:
    """Where something changed: the first few spans of lines."""
    told = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:SPANS_SHOWN]]
    more = " and more" if len(spans) > SPANS_SHOWN else ""
    return [f"now in {', '.join(told)}{more}"] if told else []


def _lines(file: Answer) -> str:
    first = file.get("now_first_line") or file.get("first_line")
    last = file.get("now_last_line") or file.get("last_line")
    if not first:
        return ""
    return f":{first}" if last in (None, first) else f":{first}-{last}"


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────────
def journal(page: Answer, *, is_forward: bool) -> str:
    """A page of the journal, one line an event, and how to read on: back, or forward from the place asked for."""
    told = page["events"]
    lines = [*condensed(told)] or ["Nothing of that has happened here."]
    if page["more"]:
        where = f"--after {told[-1]['seq']}" if is_forward else f"--before {told[0]['seq']}"
        lines.append(f"There is more: the same with {where}.")
    return "\n".join(lines)


def taken_back(said: Answer, done: str) -> str:
    """What is taken back: notes by their titles, anything else by its line in the journal."""
    lines = [*map(line_of, said["withdrawn"]), *map(event, said["undone"])]
    nothing = "Nothing of that stands here: `trails log` shows what there is."
    return "\n".join([f"{done} {counted_things(said)}:", *lines]) if lines else nothing


def counted_things(said: Answer) -> str:
    """How many notes and other events are taken back."""
    notes, events = len(said["withdrawn"]), len(said["undone"])
    told = [counted(notes, "note")] * bool(notes) + [counted(events, "other event" if notes else "event")] * bool(
        events
    )
    return " and ".join(told)


def condensed(told: Iterable[Answer]) -> Iterator[str]:
    """Events as lines; where one after the other says the same of many files, they share a line."""
    for _, alike in groupby(told, key=lambda kept: (kept["kind"], author(kept["by"]), kept["undone"] is None)):
        run = list(alike)
        files = {kept["file_id"]: one_line(kept.get("path") or kept["file_id"]) for kept in run if "file_id" in kept}
        if run[0]["kind"] in MANY_FILES and run[0]["undone"] is None and len(files) > FILES_A_LINE:
            yield _storm(run[-1], list(files.values()))
        else:
            yield from map(event, run)


def event(kept: Answer) -> str:
    """One event on one line: when, its place, who, and what; if it was taken back, by whom and why."""
    undone = kept["undone"]
    back = f" (taken back by {author(undone['by'])}, because: {one_line(undone['reason'])})" if undone else ""
    return f"{local(kept['at'])}  {kept['seq']:>6}  {author(kept['by'])} {one_line(kept['says'])}{back}"


def _storm(last: Answer, paths: Sequence[str]) -> str:
    who = f"{local(last['at'])}  {last['seq']:>6}  {author(last['by'])}"
    told, more = ", ".join(paths[:FILES_A_LINE]), len(paths) - FILES_A_LINE
    return f"{who} saw {len(paths)} files {MANY_FILES[last['kind']]}: {told} and {more} more"


# ── the keeper ───────────────────────────────────────────────────────────────────────────────────────────────────────
def status(answer: Answer) -> str:
    """The state of the keeper, one line a part."""
    workspace = answer["workspace"]["root"] or "none (counts are of all)"
    return table(
        [
            ("keeper", f"{answer['version']}, process {answer['pid']}, up {length(answer['uptime_s'])}"),
            ("data", answer["data_dir"]),
            ("workspace", workspace),
            ("you", answer["principal"]),
            ("notes", ", ".join(f"{count} {name}" for name, count in answer["counts"].items())),
            ("model", f"{answer['model']['name']}: {_state(answer['model'])}"),
            ("index", _state(answer["index"]) + ("" if answer["index"]["caught_up"] else ", catching up")),
            ("watcher", _state(answer["watcher"])),
            ("http", " ".join(filter(None, (_state(answer["http"]), answer["http"]["url"])))),
        ]
    )


def _state(part: Answer) -> str:
    return f"{part['state']} ({part['reason']})" if part.get("reason") else str(part["state"])


def table(rows: Iterable[Sequence[str]]) -> str:
    """Two columns, the first as wide as it needs."""
    rows = [(one_line(name), one_line(words)) for name, words in rows]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {words}" for name, words in rows)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def author(by: Answer) -> str:
    """Who: the agent, for whom, as both call themselves."""
    return one_line(" of ".join(name for name in (by["agent"], by["principal"]) if name))


def short(note_id: str) -> str:
    """The handle of a note id."""
    return note_id[-8:].lower()


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """Somebody's text where only one line belongs."""
    return " ".join(text.split())


def local(at: str) -> str:
    """An ISO time as the clock on the wall shows it."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: str, now: datetime) -> str:
    seconds = (now - datetime.fromisoformat(at)).total_seconds()
    return "just now" if seconds < PER_MINUTE else f"{length(seconds)} ago"


def length(seconds: float) -> str:
    """A time span in its largest unit."""
    for unit, name in ((PER_DAY, "day"), (PER_HOUR, "hour"), (PER_MINUTE, "minute")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}{'' if seconds < 2 * unit else 's'}"
    return f"{seconds:.0f} s"
