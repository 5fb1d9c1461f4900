"""
What is said as text on a video socket, after the same `hello` as on /control.

The pictures themselves are core/teleop/video_frame.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel_nodes.core.params import param
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.codec import load
from flywheel_nodes.core.teleop.fields import build
from flywheel_nodes.core.teleop.protocol import MAX_BYTES, Reject, Rejected

PATH = '/video/{camera}'


@dataclass(frozen=True, kw_only=True)
class Want(Ask):
    """What is of use to the viewer, from now on; without it all is."""

    width: int = param(0, 'the widest picture that it can show, 0: any', unit='px', high=65535)
    rate: float = param(0.0, 'frames per second at most, 0: any', unit='Hz', low=0.0, high=1000.0)


@dataclass(frozen=True, kw_only=True)
class Ack(Ask):
    """A frame is on display; until this comes, one or two more frames are sent at most."""

    frame: int = param(doc='its capture id; frames before it are taken as passed over')
    t_received: int = param(doc="the client's clock when it had arrived", unit='ns')
    t_displayed: int = param(doc="the client's clock when it was on display", unit='ns')


@dataclass(frozen=True, kw_only=True)
class Watching(Answer):
    """Frames of this camera follow."""

    camera: str = param(doc='its name')
    rate: float = param(doc='frames per second at most', unit='Hz')


ASKS: Mapping[str, type[Want] | type[Ack]] = {'want': Want, 'ack': Ack}
ANSWERS: Mapping[str, type[Answer]] = {'watching': Watching}


def decode(text: str) -> Want | Ack:
    """Return what a viewer says; raises Rejected."""
    raw = load(text, MAX_BYTES, 2)
    kind = raw.pop('type', None)
    if not isinstance(kind, str) or kind not in ASKS:
        raise Rejected(Reject.KIND)
    return build(ASKS[kind], raw, strict=True)
