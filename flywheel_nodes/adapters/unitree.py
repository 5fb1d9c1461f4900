"""
What Unitree's robots share: requests and their answers, errors by name, the remote control.

What they measure is in unitree_state.py. Api ids are per robot: 1036 is a walk to a place on one
and a stunt on another, so each adapter has a list of its own and knows no other ids.
"""

from collections.abc import Mapping
import json
import math
import struct
from typing import Any

from flywheel_nodes.adapters.base import Pick, Rpc, Tell, View
from flywheel_nodes.core.errors import WireError
from flywheel_nodes.core.topics import Qos, Topic
from flywheel_nodes.core.watching.robot_watch import Owner

SENSOR = Qos(10, reliable=False)
PACKAGES = dict.fromkeys(
    ('unitree_go', 'unitree_hg', 'unitree_api'),
    "build the vendor's repository unitree_ros2 and source its setup.sh, see docs/robots")
COMMAND_HZ = 20.0
ANSWER_EVERY = 20
SILENT_S = 1.0
LINGER_S = 1.0
DEADZONE = 0.1

ERRORS = {
    3001: 'unknown error', 3102: 'not sent', 3103: 'api not registered', 3104: 'timeout',
    3105: 'answer of another api', 3106: 'bad data', 3107: 'invalid lease',
    3201: 'answer not sent', 3202: 'internal error', 3203: 'not implemented',
    3204: 'bad parameter', 3205: 'lease denied', 3206: 'no such lease', 3207: 'lease is taken',
    4101: 'sport: bad path', 4201: 'sport: server overtime', 4202: 'sport: not initialized',
    7301: 'loco: state not available', 7302: 'loco: invalid FSM id',
    7303: 'loco: invalid task id'}


def native(name: str, type_: str, meaning: str, rate: float | None = None, *,
           writer: str = 'robot', qos: Qos = SENSOR) -> Topic:
    """Return a topic on the robot's bus."""
    return Topic(name, type_, qos, writer, meaning, rate, recorded=False)


REQUEST = native('api/sport/request', 'unitree_api/msg/Request',
                 "requests to the motion service, ours and the vendor's app's",
                 writer='robot_adapter', qos=Qos(10))
RESPONSE = native('api/sport/response', 'unitree_api/msg/Response', 'its answers')
WIRELESS = native('wirelesscontroller', 'unitree_go/msg/WirelessController',
                  'sticks and keys of the remote')


# --- requests ------------------------------------------------------------------------------------

def request(view: View, api: int, parameter: Mapping[str, Any] | None = None, *,
            answer: bool = True) -> Any:
    """Return a request to a service, with an identity of ours."""
    made = view.make(REQUEST.type)()
    made.header.identity.id = view.identities.next()
    made.header.identity.api_id = int(api)
    made.header.policy.noreply = not answer
    if parameter is not None:
        made.parameter = json.dumps(parameter)
    return made


def often(view: View, api: int, parameter: Mapping[str, Any]) -> Any:
    """Return a request that is made up to 20 times a second; one of 20 wants an answer."""
    made = request(view, api, parameter)
    made.header.policy.noreply = made.header.identity.id % ANSWER_EVERY != 0
    return made


def speeds(message: Any) -> tuple[float, float, float]:
    """Return vx, vy, wz of a TwistStamped in m/s and rad/s; WireError where one is no number."""
    twist = message.twist
    found = twist.linear.x, twist.linear.y, twist.angular.z
    if not all(map(math.isfinite, found)):
        raise WireError(f'speeds {found} are not finite')
    return found


def asked(message: Any) -> int | None:
    """Return the identity of a request, None when it wants no answer."""
    header = message.header
    return None if header.policy.noreply else int(header.identity.id)


def answered(message: Any) -> tuple[int, str]:
    """Return the identity of an answer, and the error in it by name."""
    header = message.header
    return int(header.identity.id), error(header.status.code)


def error(code: int) -> str:
    """Return what a status code means, '' for success."""
    return f'{ERRORS.get(code, "error not known")} ({code})' if code else ''


SPORT = Rpc(REQUEST, RESPONSE, asked, answered)


# --- who else commands ---------------------------------------------------------------------------

def foreign(harmless: frozenset[int]) -> Pick:
    """Pick the requests of others that are more than the harmless api ids' questions."""
    def matters(message: Any, view: View) -> bool:
        identity = message.header.identity
        return not view.identities.ours(identity.id) and identity.api_id not in harmless
    return Pick("others' requests", REQUEST, matters)


def deflected(lx: float, ly: float, rx: float, ry: float, keys: int) -> bool:
    """Tell whether a remote is in use; sticks are -1..1 and never quite rest."""
    return bool(keys) or any(abs(stick) > DEADZONE for stick in (lx, ly, rx, ry))


def remote_moved(low_state: Topic) -> tuple[Pick, ...]:
    """
    Pick the messages that show the remote in use.

    Each robot repeats its remote's 40 bytes in LowState; some are silent on the topic of its own.
    """
    def on_topic(message: Any, view: View) -> bool:
        return deflected(message.lx, message.ly, message.rx, message.ry, message.keys)

    def in_state(message: Any, view: View) -> bool:
        return deflected(*remote(message.wireless_remote))
    return Pick('remote in use', WIRELESS, on_topic), Pick('remote held', low_state, in_state)


def remote(data: Any) -> tuple[float, float, float, float, int]:
    """Return lx, ly, rx, ry and keys in LowState's 40 bytes."""
    keys, lx, rx, ry, _, ly = struct.unpack_from('<2xH5f', bytes(data))
    return lx, ly, rx, ry, keys


def owner(low_state: Topic, picks: tuple[Pick, ...]) -> Tell:
    """
    Tell who drives: native while any of the picks was heard within 1 s.

    Unknown where nothing is heard of the remote: somebody might use it then, unseen.
    """
    def tell(view: View) -> Any:
        if any(view.last(pick, LINGER_S) is not None for pick in picks):
            return Owner.NATIVE
        state = view.last(low_state, SILENT_S)
        known = view.last(WIRELESS, SILENT_S) is not None or (
            state is not None and any(state.wireless_remote))
        return Owner.FLYWHEEL if known else None
    return tell
