"""What a list says of a snippet, and which snippets a person asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import json
from typing import Any

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.recording.label import SCHEMA
from flywheel_nodes.core.recording.state import State


@dataclass(frozen=True)
class Brief:
    """
    One snippet in a list; also one element of `flywheel snippets list --json`.

    started_wall_ns: of the window; duration_s: first to last message; bytes: of the files beside
    the label; triggers: the rules and events behind it; recovered: what a crash left of it;
    judged: by intervention, whether the policy did well after the resume; damage: why its label
    cannot be read, the rest is empty then.
    """

    name: str
    id: str = ''
    robot: str = ''
    trigger: str = ''
    triggers: tuple[str, ...] = ()
    policy: str = ''
    policy_version: str = ''
    task: str = ''
    episode: str = ''
    started_wall_ns: int = 0
    duration_s: float = 0.0
    messages: int = 0
    bytes: int = 0
    priority: int = 50
    reasons: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    recovered: str = ''
    cut: bool = False
    pinned: bool = False
    upload: str = 'none'
    redacted: bool = False
    judged: dict[str, bool] = field(default_factory=dict)
    damage: str = ''


def brief(name: str, text: str) -> Brief:
    """
    Read what a list needs of a label, ten times as fast as all of it.

    :param name: of the folder
    :param text: snippet.json
    :raises WireError: for what is no label
    """
    try:
        raw = json.loads(text)
        if raw['schema'] != SCHEMA:
            raise WireError(f'{raw["schema"]!r} is not {SCHEMA}')
        return _brief(name, raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WireError(f'not a snippet label: {type(error).__name__}: {error}') from None


def _brief(name: str, raw: Mapping[str, Any]) -> Brief:
    topics = raw.get('topics', {}).values()
    first = min((one['first_ns'] for one in topics if one['messages']), default=0)
    last = max((one['last_ns'] for one in topics), default=0)
    policy, episode = raw.get('policy') or {}, raw.get('episode') or {}
    interventions = raw.get('interventions', ())
    return Brief(
        name, str(raw['id']), str(raw['robot']['name']), str(raw['trigger']),
        _words(raw.get('triggers', ()), 'rule', 'name'), str(policy.get('name', '')),
        str(policy.get('version', '')), str(policy.get('task', '')), str(episode.get('id', '')),
        int(raw['window']['start']['wall_ns']), (last - first) / 1e9,
        sum(one['messages'] for one in topics),
        sum(one['bytes'] for one in raw.get('files', ())), int(raw.get('priority', 50)),
        _words(interventions, 'reason'),
        _words([episode, *interventions], 'outcome'), _words(interventions, 'operator'),
        str(raw.get('recovered', '')), bool(raw['window'].get('cut', False)))


def _words(rows: Any, *keys: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(row[key]) for row in rows for key in keys if row.get(key)))


def with_state(one: Brief, state: State) -> Brief:
    """Return a brief with what may change later."""
    return replace(one, pinned=state.pinned, upload=str(state.upload), redacted=state.redacted,
                   judged=state.judged)


def flags(one: Brief) -> str:
    """Return one letter for each thing that is special about a snippet; see FLAGS."""
    return ''.join(letter for letter, (_, holds) in FLAGS.items() if holds(one))


FLAGS: dict[str, tuple[str, Callable[[Brief], bool]]] = {
    'P': ('pinned', lambda one: one.pinned),
    'W': ('waits for upload', lambda one: one.upload == 'pending'),
    'U': ('uploaded', lambda one: one.upload == 'done'),
    'R': ('recovered after a crash', lambda one: bool(one.recovered)),
    'C': ('cut before its end', lambda one: one.cut),
    'S': ('policy fine after a resume', lambda one: True in one.judged.values()),
    'F': ('policy failed after a resume', lambda one: False in one.judged.values()),
    'X': ('redacted', lambda one: one.redacted),
    'D': ('damaged label', lambda one: bool(one.damage)),
}


@dataclass(frozen=True)
class Filter:
    """
    Which snippets are asked for; what is empty or None does not matter.

    since_ns, until_ns: a stretch of wall-clock time that the beginning lies in.
    """

    trigger: str = ''
    policy: str = ''
    robot: str = ''
    reason: str = ''
    outcome: str = ''
    since_ns: int | None = None
    until_ns: int | None = None
    recovered: bool = False
    pinned: bool = False

    def takes(self, one: Brief) -> bool:
        """Tell whether a snippet is asked for."""
        return (self._words(one) and self._time(one)
                and (bool(one.recovered) or not self.recovered)
                and (one.pinned or not self.pinned))

    def _words(self, one: Brief) -> bool:
        policy = one.policy, f'{one.policy} {one.policy_version}'
        return (self.trigger in ('', one.trigger, *one.triggers)
                and self.policy in ('', *policy)
                and self.robot in ('', one.robot)
                and self.reason in ('', *one.reasons)
                and self.outcome in ('', *one.outcomes))

    def _time(self, one: Brief) -> bool:
        return ((self.since_ns is None or one.started_wall_ns >= self.since_ns)
                and (self.until_ns is None or one.started_wall_ns < self.until_ns))
