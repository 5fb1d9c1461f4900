"""What of a snippet may change after it was written: state.json, beside the label."""

from dataclasses import dataclass, field, replace
import json

from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.plain import from_plain, to_plain
from flywheel_nodes.core.words import Word

SCHEMA = 'flywheel.snippet_state/1'
MOST_JUDGED = 100


class Upload(Word):
    """Whether somebody waits for a copy elsewhere, and whether it is there."""

    NONE = 'none'
    PENDING = 'pending'
    DONE = 'done'


@dataclass(frozen=True)
class State:
    """
    What changes later.

    pinned: never evicted; redacted: something was taken out on purpose; judged: by intervention,
    whether the policy did well after the resume, without those of which nobody can tell; damage:
    why the file could not be read, never written. Such a state counts as pinned: what nobody can
    read might say that the snippet must stay.
    """

    pinned: bool = False
    upload: Upload = Upload.NONE
    redacted: bool = False
    damage: str = ''
    judged: dict[str, bool] = field(default_factory=dict)

    @property
    def evictable(self) -> bool:
        """Whether the snippet may be removed to make room."""
        return not self.pinned and self.upload is not Upload.PENDING


NEW = State()


def to_json(state: State) -> str:
    """Return the text of state.json."""
    plain = {'schema': SCHEMA, **to_plain(state)}
    del plain['damage']
    return json.dumps(plain, indent=1) + '\n'


def from_json(text: str) -> State:
    """Read state.json; raises WireError for another schema or a damaged file."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f'not the state of a snippet: {error}') from None
    state = from_plain(State, raw, 'state')
    if raw.get('schema') != SCHEMA:
        raise WireError(f'{raw.get("schema")!r} is not {SCHEMA}')
    return replace(state, damage='')


def with_judged(state: State, intervention: str, resumed_ok: bool) -> State:
    """Return a state with one more judgement; only the newest MOST_JUDGED are kept."""
    others = [(key, ok) for key, ok in state.judged.items() if key != intervention]
    kept = [*others, (intervention, resumed_ok)][-MOST_JUDGED:]
    return replace(state, judged=dict(kept))


def unreadable(because: str) -> State:
    """Return what to assume of a snippet whose state cannot be read."""
    return State(pinned=True, damage=because)
