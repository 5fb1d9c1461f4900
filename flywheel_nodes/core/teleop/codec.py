"""
Messages between texts and dataclasses.

A relay reads strictly: an unknown type or field is refused. A client reads tolerantly: unknown
types, fields and words of a later relay are left aside, so that the relay can learn to say more
without a break.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
import json
from typing import Any, TypeVar

from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.teleop import answers, asks
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.fields import build
from flywheel_nodes.core.teleop.protocol import MAX_BYTES, Reject, Rejected

# No ask needs more than two brackets; free text may hold a few. An answer may be a list.
MAX_BRACKETS = 32
MAX_ANSWER_BYTES = 65_536
MAX_ANSWER_BRACKETS = 256
T = TypeVar('T')


def _table(module: object, base: type[T]) -> dict[str, type[T]]:
    found = [one for one in vars(module).values() if isinstance(one, type)
             and issubclass(one, base) and one is not base and not one.__name__.startswith('_')]
    return {one.kind: one for one in found}  # type: ignore[attr-defined]


ASKS: Mapping[str, type[Ask]] = _table(asks, Ask)
ANSWERS: Mapping[str, type[Answer]] = _table(answers, Answer)


def decode_ask(text: str) -> Ask:
    """Return what a client says; raises Rejected, with type and seq where they are known."""
    raw = load(text, MAX_BYTES, MAX_BRACKETS)
    kind = raw.pop('type', None)
    if not isinstance(kind, str) or kind not in ASKS:
        raise Rejected(Reject.KIND)
    try:
        return build(ASKS[kind], raw, strict=True)
    except Rejected as refused:
        seq = raw.get('seq')
        raise Rejected(refused.reason, kind, seq if type(seq) is int else None) from None


def decode_answer(text: str) -> Answer | None:
    """Return what the relay says, None for a type from later days; raises Rejected."""
    raw = load(text, MAX_ANSWER_BYTES, MAX_ANSWER_BRACKETS)
    kind = raw.pop('type', None)
    if not isinstance(kind, str):
        raise Rejected(Reject.KIND)
    return build(ANSWERS[kind], raw, strict=False) if kind in ANSWERS else None


def encode(message: Ask | Answer) -> str:
    """Return a message as its text."""
    return json.dumps(plain(message))


def plain(message: Ask | Answer) -> dict[str, Any]:
    """Return a message as a JSON object; a client does not say what is so by default."""
    shown = given(message) if isinstance(message, Ask) else vars(message)
    return {'type': message.kind, **to_plain(shown)}


def given(ask: Ask) -> dict[str, Any]:
    """Return the fields of a message that are not at their default."""
    return {one.name: value for one in fields(ask)
            if (value := getattr(ask, one.name)) != one.default and value != {}}


def load(text: str, most_bytes: int, most_brackets: int) -> dict[str, Any]:
    """Return the JSON object in a text; raises Rejected, cheapest check first."""
    if len(text) > most_bytes:
        raise Rejected(Reject.SIZE)
    if text.count('{') + text.count('[') > most_brackets:
        raise Rejected(Reject.DEPTH)
    try:
        raw = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError:
        raise Rejected(Reject.MALFORMED) from None
    if not isinstance(raw, dict):
        raise Rejected(Reject.MALFORMED)
    return raw


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError('a name twice')
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f'{name} is no JSON')
