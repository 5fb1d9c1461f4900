"""The label of several snippets that became one."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from flywheel_nodes.core.recording.label import (
    ClockInfo,
    InterventionInfo,
    Label,
    Provenance,
    TopicInfo,
)

T = TypeVar('T')


def merged(labels: Sequence[Label], identifier: str, name: str, provenance: Provenance) -> Label:
    """
    Return the label of a merge, without what only its file tells.

    :param labels: of the same robot; at least one
    :param identifier, name: of the merge
    """
    labels = sorted(labels, key=lambda one: one.window.start.wall_ns)
    first = labels[0]
    last = max(labels, key=lambda one: one.window.end.wall_ns)
    triggers = _distinct((t for one in labels for t in one.triggers),
                         lambda t: t.event or (t.name, t.wall_ns))
    return replace(
        first, id=identifier, name=name, provenance=provenance,
        triggers=tuple(sorted(triggers, key=lambda one: one.wall_ns)),
        window=replace(first.window, end=last.window.end, post_roll_s=last.window.post_roll_s,
                       cut=last.window.cut),
        policy=_same([one.policy for one in labels]),
        episode=_same([one.episode for one in labels]),
        events=tuple(sorted(_distinct((e for one in labels for e in one.events),
                                      lambda e: e.id or (e.name, e.wall_ns)),
                            key=lambda one: one.wall_ns)),
        interventions=_interventions(labels),
        clock=ClockInfo(first.clock.source, _distinct(
            (step for one in labels for step in one.clock.steps), lambda step: step.mono_ns)),
        losses=_summed(one.losses for one in labels), topics={}, latched=first.latched, files=(),
        recovered='; '.join(_distinct((one.recovered for one in labels if one.recovered),
                                      lambda text: text)),
        sources=tuple(one.id for one in labels), priority=max(one.priority for one in labels))


def topics(labels: Sequence[Label], written: dict[str, TopicInfo]) -> dict[str, TopicInfo]:
    """Return what the merge holds by topic, with at most what its sources lost together."""
    first = min(labels, key=lambda one: one.window.start.wall_ns)
    found = {}
    unheard = {name: one for label in labels for name, one in label.topics.items()
               if not one.messages}
    for name, info in {**unheard, **written}.items():
        told = [one.topics[name] for one in labels if name in one.topics]
        lost = [one.lost for one in told]
        found[name] = replace(
            info, lost=None if None in lost else sum(one or 0 for one in lost),
            missing=_summed(one.missing for one in told),
            latched=name in first.topics and first.topics[name].latched)
    return found


def _distinct(values: Iterable[T], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    found: dict[Hashable, T] = {}
    for value in values:
        found.setdefault(key(value), value)
    return tuple(found.values())


def _same(values: Sequence[T | None]) -> T | None:
    """Return what all agree upon: a merge of two policies has none."""
    return values[0] if all(value == values[0] for value in values) else None


def _interventions(labels: Sequence[Label]) -> tuple[InterventionInfo, ...]:
    """Return each intervention once, as the snippet tells it that saw most of it."""
    found: dict[str, InterventionInfo] = {}
    for one in (i for label in labels for i in label.interventions):
        known = found.get(one.id)
        if known is None or _length_ns(one) > _length_ns(known):
            found[one.id] = one
    return tuple(sorted(found.values(), key=lambda one: one.started_wall_ns))


def _length_ns(one: InterventionInfo) -> int:
    return sum(segment.end_ns - segment.start_ns for segment in one.segments)


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(found)
