"""
Answers to a question as text: notes, files, and the terms that put them there. Text in, text out, as in `render.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from textwrap import indent

from .render import MARGIN, Answer, ago, author, line_of, local, note, one_line, short

SECOND_REASON = 0.5  # a second reason is told when it adds at least half as much as the first


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def notes_first(answer: Answer, *, explain: bool, now: datetime) -> str:
    """The hits, best first, then the files to look at; with `explain`, each with its terms."""
    blocks = [_hit(hit, explain=explain, now=now) for hit in answer["hits"]] or ["No note answers that."]
    leads = [_lead(lead, explain=explain) for lead in answer["leads"]]
    blocks += ["\n".join(["Look at", *(indent(lead, MARGIN) for lead in leads)])] if leads else []
    return "\n\n".join([*blocks, *_missing(answer)])


def files_first(answer: Answer, *, explain: bool, now: datetime) -> str:
    """The files, best first, each with the notes that say most for it; then the hits."""
    blocks = [_file(lead, explain=explain) for lead in answer["leads"]] or ["The notes lead to no file."]
    blocks += [_hit(hit, explain=explain, now=now) for hit in answer["hits"]]
    return "\n\n".join([*blocks, *_missing(answer)])


def _hit(hit: Answer, *, explain: bool, now: datetime) -> str:
    lines = [note(hit["note"], now=now)]
    lines += [f"{MARGIN}but [{other['handle']}] says: {one_line(other['title'])}" for other in hit["dissent"]]
    if hit["elsewhere"]:
        lines.append(f"{MARGIN}from branch {one_line(hit['elsewhere'])}: its places are others here")
    lines += [f"{MARGIN}{one_line(reason['words'])}" for reason in hit["reasons"] if reason["name"] == "copy"]
    if explain:
        lines += [indent(_score(hit), MARGIN), f"{MARGIN}{_quality(hit['note']['quality'])}"]
        lines += [f"{MARGIN}{_chance(hit)}"] if hit["propensity"] < 1 else []
    return "\n".join(lines)


def _lead(lead: Answer, *, explain: bool) -> str:
    if explain:
        return f"{one_line(lead['path'])}\n{indent(_score(lead), MARGIN)}"
    return f"{one_line(lead['path'])} ({_because(lead['reasons'])})"


def _file(lead: Answer, *, explain: bool) -> str:
    reasons = _score(lead) if explain else _because(lead["reasons"])
    notes = f"notes {', '.join(f'[{short(note_id)}]' for note_id in lead['notes'])}" if lead["notes"] else ""
    return "\n".join([one_line(lead["path"]), *(indent(part, MARGIN) for part in (reasons, notes) if part)])


def _missing(answer: Answer) -> list[str]:
    return [f"Answered without {', '.join(answer['degraded'])}."] if answer["degraded"] else []


# ── terms ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _because(reasons: Sequence[Answer]) -> str:
    """The one or two reasons that did most, in words."""
    best = sorted(reasons, key=lambda one: -one["value"])[:2]
    return " and ".join(one_line(one["words"]) for one in best if one["value"] >= SECOND_REASON * best[0]["value"])


def _score(ranked: Answer) -> str:
    """The terms of a score and their sum."""
    return f"score {ranked['score']:.3f}\n{terms(ranked['reasons'], ranked['score'])}"


def terms(reasons: Iterable[Answer], score: float) -> str:
    """The terms as a table; what is a factor, and no term, has no weight."""
    lines = [f"  {'term':<9} weight  amount    adds"]
    for reason in reasons:
        product = f"{reason['weight']:6.3f}  {reason['amount']:6.3f}" if reason["weight"] else " " * 14
        lines.append(f"  {reason['name']:<9} {product}  {reason['value']:+6.3f}  {one_line(reason['words'])}")
    return "\n".join([*lines, f"  {'sum':<9} {'':14}  {score:6.3f}"])


def _quality(quality: Answer) -> str:
    return f"quality {quality['value']:.3f} (helped {quality['helped']:.2f}, failed {quality['failed']:.2f})"


def _chance(hit: Answer) -> str:
    how = "here by chance, so that it is tried at all" if hit["explored"] else "chance might have put another here"
    return f"{how} (propensity {hit['propensity']:.3f})"


# ── one note ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def why(answer: Answer, *, now: datetime) -> str:
    """Where a note stands for a question: one line in words, then its terms, its state and when it was shown."""
    blocks = [f"{one_line(answer['words'])}\n{line_of(answer['note'])}"]
    if answer["place"]:
        blocks.append("\n".join([terms(answer["reasons"], answer["score"]), *_ahead(answer)]))
    blocks.append(_figures(answer["figures"]))
    if answer["showings"]:
        blocks.append("\n".join(["Last shown", *(_showing(one, now) for one in answer["showings"])]))
    return "\n\n".join([*blocks, *_missing(answer)])


def _ahead(answer: Answer) -> list[str]:
    if answer["above"] is None:
        return []
    more = ", ".join(f"{one['name']} {one['value']:+.3f}" for one in answer["ahead_by"])
    return [f"  before it {line_of(answer['above'])}{f' ({more})' if more else ''}"]


def _figures(figures: Sequence[Answer]) -> str:
    """The numbers of a note's state; what no formula gives is a count."""
    width = max(len(one["formula"]) for one in figures)
    values = [f"{one['value']:6.3f}" if one["formula"] else f"{one['value']:6.0f}" for one in figures]
    return "\n".join(
        f"  {one['name']:<9}  {value}  {one['formula']:<{width}}  {one_line(one['words'])}"
        for one, value in zip(figures, values, strict=True)
    )


def _showing(shown: Answer, now: datetime) -> str:
    place = f"place {shown['place']} of {shown['of']}, propensity {shown['propensity']:.3f}"
    return f"{local(shown['at'])}  {author(shown['by'])}  {place}, {ago(shown['at'], now)}"
