"""What tests of rules share."""

from typing import Any

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.recording.rule_file import Defaults, read
from flywheel_nodes.core.recording.rules import Recording, Rule

DEFAULTS = Defaults(15.0, 5.0, 180.0)


def recording(*rules: dict[str, Any], **more: Any) -> Recording:
    """Read rules as a file would give them."""
    return read({'schema': 'flywheel.recording/1', 'rules': list(rules), **more}, 'f.yaml',
                DEFAULTS)


def rule(when: dict[str, Any] | None = None, name: str = 'one', **more: Any) -> Rule:
    """Read one rule."""
    return recording({'name': name, 'when': when or {'event': 'estop_pressed'}, **more}).rules[0]


def event(name: EventName, at_s: float, **values: str) -> tuple[Event, int]:
    """Return an event and when it is received."""
    mono_ns = round(at_s * SECOND)
    return Event(name, '', mono_ns, values), mono_ns
