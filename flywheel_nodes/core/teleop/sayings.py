"""What refusals of the relay and ends of a lease mean to a person, and what to do about them."""

from collections.abc import Mapping
from types import MappingProxyType

from flywheel_nodes.core.teleop.protocol import Ended, Login, Reject

_NEW = 'make a new one with `flywheel token`'

LOGIN: Mapping[str, str] = MappingProxyType({
    Login.ORIGIN: 'the relay lets no web pages in: use `flywheel operator`',
    Login.FULL: 'too many are connected to the relay: try again when somebody has left',
    Login.TIMEOUT: 'the token came too late: try again over a better connection',
    Login.HELLO: 'the relay did not understand the greeting: install the same flywheel here as '
                 'on the robot',
    Login.PROTOCOL: 'the relay speaks another version of the protocol: install the same flywheel '
                    'here as on the robot',
    Login.MALFORMED: f'this is no token: give the whole line that was printed, or {_NEW}',
    Login.ALGORITHM: f'the token is signed in a way the relay does not take: {_NEW}',
    Login.KEY: 'the robot does not know the key that signed the token: put its *.pub.pem into '
               "the robot's DATA_DIR/keys and restart the relay, or sign with the robot's key",
    Login.SIGNATURE: f'the token was changed after it was signed: {_NEW}',
    Login.CLAIMS: f'the token does not say all that it must: {_NEW}',
    Login.AUDIENCE: 'the token is for another robot: make one for this robot with '
                    '`flywheel token --robot NAME`',
    Login.EXPIRED: f'the token has expired: {_NEW}',
    Login.EARLY: 'the token is not valid yet: set the clocks of this machine and of the robot',
    Login.LIFETIME: f'the token is made to live too long: {_NEW}',
    Login.REPLAYED: f'the token has been used, and opens one connection only: {_NEW}',
    Login.RESUME: f'the relay does not know the secret to come back with any more: {_NEW}',
    Login.ADDRESS: 'too many connections from this address: close some, or try again',
    Login.TRIES: 'too many refusals from this address: wait a minute, then try again',
    Login.TLS: 'the connection is not what the relay expects: give its address with wss://',
    Login.CERTIFICATE: 'the relay wants a certificate of its own CA for this operator: make one '
                       'with `flywheel keys operator`',
    Login.HTTP: 'the relay did not understand the request: connect with a WebSocket',
})

REJECT: Mapping[str, str] = MappingProxyType({
    Reject.SIZE: 'the message is too long',
    Reject.RATE: 'too many messages a second',
    Reject.BINARY: 'it was not sent as text',
    Reject.DEPTH: 'it has too many brackets',
    Reject.MALFORMED: 'it is no JSON object',
    Reject.KIND: 'the relay does not know such a message',
    Reject.SHAPE: 'a field is missing, unknown or of the wrong type',
    Reject.VALUE: 'a value is out of range, or no word of its list',
    Reject.SCOPE: 'your token does not allow it: ask for one of a wider scope',
    Reject.LEASE: 'you do not hold the robot, or not any more',
    Reject.SEQUENCE: 'it came after a newer one',
    Reject.BUSY: 'the robot is still ending the turn before: try again',
    Reject.SIGHT: 'the robot has no camera to drive by: claim it with direct sight if you see it',
    Reject.HELP: 'that request is over, or somebody else takes care of it',
})

ENDED: Mapping[str, str] = MappingProxyType({
    Ended.RELEASED: 'it was released',
    Ended.EXPIRED: 'it was not renewed in time',
    Ended.CONNECTION_LOST: 'the connection was lost',
    Ended.STOPPED: 'the robot was stopped',
    Ended.TAKEN: 'a supervisor has taken the robot',
    Ended.ARBITER: 'the arbiter ended it (emergency stop, ~/stop or a crash)',
})


def lets_nobody_in(word: str, code: int) -> str:
    """Return why the relay did not let somebody in, for its closing word and code."""
    return LOGIN.get(word) or f'the relay lets nobody in: {word or "closed"} ({code})'
