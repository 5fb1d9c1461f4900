"""
Reads what a rule file says: plain values to Recording, or one line that names rule and key.

The keys are those of core/recording/rule_spec.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any, TypeVar

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EventName, EVENTS, Outcome
from flywheel_nodes.core.params import parse
from flywheel_nodes.core.recording import fields
from flywheel_nodes.core.recording.checks import Check
from flywheel_nodes.core.recording.rule_spec import (
    CheckSpec,
    EpisodeSpec,
    EventSpec,
    FieldSpec,
    FileSpec,
    RuleSpec,
    TimeSpec,
    TopicSpec,
)
from flywheel_nodes.core.recording.rules import (
    Mode,
    OnEpisode,
    OnEvent,
    OnField,
    OnTime,
    Overlap,
    Recording,
    Rule,
    TopicRule,
    When,
)

MOST_RULES = 100
T = TypeVar('T')
FIELD_COOLDOWN_S = 10.0


@dataclass(frozen=True)
class Defaults:
    """What holds for rules that do not say their own, in s: parameters of snippet_recorder."""

    pre_roll: float
    post_roll: float
    max_duration: float


def read(values: object, where: str, defaults: Defaults) -> Recording:
    """
    Return what a rule file says.

    :param values: as YAML gives them
    :param where: the file, the head of each error
    :raises ConfigError: one line with file, rule, key and what is allowed
    """
    file = parse(FileSpec, values, where)
    if len(file.rules) > MOST_RULES:
        raise ConfigError(f'{where}: {len(file.rules)} rules: at most {MOST_RULES} are allowed')
    rules = tuple(_rule(one, f'{where}: rules[{i}]', where, defaults)
                  for i, one in enumerate(file.rules))
    names = [rule.name for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f'{where}: rule {twice}: there are two of that name')
    return Recording(rules, tuple(_topic(one, f'{where}: topics[{i}]')
                                  for i, one in enumerate(file.topics)))


def _rule(raw: object, place: str, where: str, defaults: Defaults) -> Rule:
    name = raw.get('name') if isinstance(raw, Mapping) else None
    place = f'{where}: rule {name}' if isinstance(name, str) and name else place
    spec = parse(RuleSpec, raw, place)
    if not re.fullmatch(r'[a-z][a-z0-9_]{0,62}', spec.name):
        raise ConfigError(f'{place}: name: a-z, 0-9 and _ are allowed, a letter first')
    when = _when(spec.when, f'{place}: when')
    return _told(place, lambda: Rule(
        spec.name, when, _ns(_or(spec.pre_roll, defaults.pre_roll)),
        _ns(_or(spec.post_roll, defaults.post_roll)),
        _ns(_or(spec.max_duration, defaults.max_duration)), _ns(spec.hold_open),
        _ns(_or(spec.cooldown, FIELD_COOLDOWN_S if isinstance(when, OnField) else 0.0)),
        _ns(spec.min_interval), spec.priority, _overlap(spec.overlap, when, place),
        None if spec.rearm is None else _on_event(spec.rearm, f'{place}: rearm')))


def _overlap(wanted: str | None, when: When, place: str) -> Overlap:
    sample = isinstance(when, (OnTime, OnEpisode))
    if isinstance(when, OnEpisode) and wanted == Overlap.EXTEND:
        raise ConfigError(f'{place}: overlap: episodes are always {Overlap.SEPARATE}: a discarded '
                          'one must not take another trigger with it')
    return Overlap(wanted or (Overlap.SEPARATE if sample else Overlap.EXTEND))


def _when(raw: object, place: str) -> When:
    if not isinstance(raw, Mapping):
        raise ConfigError(f'{place}: a mapping with one of {", ".join(_KINDS)} is needed, not '
                          f'{raw!r}')
    kinds = [kind for kind in _KINDS if kind in raw]
    if len(kinds) != 1:
        raise ConfigError(f'{place}: exactly one of {", ".join(_KINDS)} is needed')
    return _KINDS[kinds[0]](raw, place)


def _on_event(raw: object, place: str) -> OnEvent:
    spec = parse(EventSpec, raw, place)
    names = tuple(_word(EventName, name, f'{place}: event') for name in _list(spec.event))
    if not names:
        raise ConfigError(f'{place}: event: at least one name is needed')
    known = sorted({key for name in names for key in EVENTS[name].keys})
    for key in spec.where:
        if key not in known:
            raise ConfigError(f'{place}: where: {", ".join(names)} has no value {key!r} (known: '
                              f'{", ".join(known) or "none"})')
    return OnEvent(names, tuple((key, _check(value, f'{place}: where.{key}'))
                                for key, value in spec.where.items()))


def _on_field(raw: object, place: str) -> OnField:
    spec = parse(FieldSpec, raw, place)
    if not re.fullmatch(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*', spec.topic, re.ASCII):
        raise ConfigError(f'{place}: topic: {spec.topic!r} is no name of a topic')
    return OnField(
        spec.topic, _told(f'{place}: field', lambda: fields.parse(spec.field)),
        _told(place, lambda: Check(_wanted(spec.equals, f'{place}: equals'), spec.above,
                                   spec.below, spec.outside)),
        Mode(spec.mode), _ns(spec.for_), _ns(1.0 / spec.check_rate))


def _on_time(raw: object, place: str) -> OnTime:
    return OnTime(_ns(parse(TimeSpec, raw, place).every))


def _on_episode(raw: object, place: str) -> OnEpisode:
    spec = parse(EpisodeSpec, raw, place)
    outcomes = tuple(_word(Outcome, one, f'{place}: episode') for one in _list(spec.episode))
    if not outcomes:
        raise ConfigError(f'{place}: episode: at least one outcome is needed')
    return OnEpisode(outcomes, spec.share)


_KINDS: dict[str, Callable[[object, str], When]] = {
    'event': _on_event, 'topic': _on_field, 'every': _on_time, 'episode': _on_episode}


def _check(raw: object, place: str) -> Check:
    if not isinstance(raw, Mapping):
        return _told(place, lambda: Check(_wanted(raw, place)))
    spec = parse(CheckSpec, raw, place)
    return _told(place, lambda: Check(_wanted(spec.equals, place), spec.above, spec.below,
                                      spec.outside))


def _wanted(raw: object, place: str) -> tuple[str | float | bool, ...]:
    for one in _list(raw):
        if not isinstance(one, (str, bool, int, float)):
            raise ConfigError(f'{place}: a text, a number, true, false or a list of them is '
                              f'needed, not {one!r}')
    return tuple(float(one) if type(one) is int else one for one in _list(raw))


def _topic(raw: object, place: str) -> TopicRule:
    spec = parse(TopicSpec, raw, place)
    return TopicRule(spec.match, spec.keep, spec.bytes, spec.max_rate)


def _list(raw: Any) -> Sequence[Any]:
    if raw is None:
        return ()
    return raw if isinstance(raw, (list, tuple)) else (raw,)


def _word(kind: Any, raw: object, place: str) -> Any:
    known = [str(word) for word in kind]
    if raw not in known:
        raise ConfigError(f'{place}: {raw!r} is none of {", ".join(known)}')
    return kind(raw)


def _told(place: str, make: Callable[[], T]) -> T:
    """Have an error say where it is."""
    try:
        return make()
    except ConfigError as error:
        if str(error).startswith(place):
            raise
        raise ConfigError(f'{place}: {error}') from None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _ns(seconds: float) -> int:
    return round(seconds * SECOND)
