"""
Tokens that let an operator in: Ed25519 keys and short-lived signed claims (JWT, EdDSA).

The robot needs public keys only. A token names the robot, the operator and what it allows, lives
for five minutes at most and opens one connection.
"""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
from pathlib import Path
import secrets
import time
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
import jwt

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.teleop.protocol import Login, Scope
from flywheel_nodes.effects.teleop.certificates import write_new
from flywheel_nodes.effects.teleop.used_tokens import UsedTokens

PRIVATE = 'operator.pem'
PUBLIC = 'operator.pub.pem'
LIFETIME_S = 300
LEEWAY_S = 5
MOST_KEYS = 64
_CLAIMS = ('aud', 'sub', 'scope', 'jti', 'iat', 'nbf', 'exp')
_KEPT = 'keys are not overwritten; move it away to make new ones'
_PEM = serialization.Encoding.PEM


# --- keys ---------------------------------------------------------------------------------------

def make_keys(folder: Path) -> tuple[Path, Path]:
    """
    Make a key pair: operator.pem (for its owner's eyes) and operator.pub.pem.

    :raises ConfigError: when there are keys already or the folder cannot be written to
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    public = key.public_key().public_bytes(
        _PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if (folder / PUBLIC).exists():
        raise ConfigError(f'{folder / PUBLIC} exists: {_KEPT}')
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(folder / PRIVATE, private, 0o600)
        write_new(folder / PUBLIC, public, 0o644)
    except FileExistsError as error:
        raise ConfigError(f'{error.filename} exists: {_KEPT}') from None
    except OSError as error:
        raise ConfigError(f'{folder}: keys cannot be written ({error.strerror})') from None
    return folder / PRIVATE, folder / PUBLIC


def has_public_keys(folder: Path) -> bool:
    """Say whether a folder holds keys that tokens can be checked with."""
    return any(folder.glob('*.pub.pem'))


def load_public_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """
    Return the keys in FOLDER/*.pub.pem by their fingerprint.

    :raises ConfigError: when there is none, or a file holds no Ed25519 public key
    """
    paths = sorted(folder.glob('*.pub.pem'))[:MOST_KEYS]
    if not paths:
        raise ConfigError(f'{folder}: no *.pub.pem: make keys with `flywheel keys make`')
    keys = [_load(path, serialization.load_pem_public_key, Ed25519PublicKey) for path in paths]
    return {fingerprint(key): key for key in keys}


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key tokens are signed with; raises ConfigError."""
    found: Ed25519PrivateKey = _load(
        path, lambda pem: serialization.load_pem_private_key(pem, None), Ed25519PrivateKey)
    return found


def _load(path: Path, parse: Callable[[bytes], Any], kind: type) -> Any:
    try:
        key = parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(f'{path}: {error.strerror}') from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f'{path}: no readable PEM key') from None
    if not isinstance(key, kind):
        raise ConfigError(f'{path}: an Ed25519 key is needed')
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the name of a key: it goes into the head of each token signed with it."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


# --- tokens -------------------------------------------------------------------------------------

def mint(key: Ed25519PrivateKey, robot: str, operator: str, scope: Scope, *,
         lifetime_s: int = LIFETIME_S) -> str:
    """Return a token that lets an operator connect once to a robot."""
    now = int(time.time())
    claims = {'aud': robot, 'sub': operator, 'scope': str(scope),
              'jti': secrets.token_urlsafe(16), 'iat': now, 'nbf': now, 'exp': now + lifetime_s}
    return jwt.encode(claims, key, algorithm='EdDSA',
                      headers={'kid': fingerprint(key.public_key())})


@dataclass(frozen=True)
class Claims:
    """What an accepted token says."""

    operator: str
    scope: Scope
    jti: str


class TokenRefused(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A token that does not let anybody in; its text never holds the token."""

    def __init__(self, reason: Login) -> None:
        """Note why."""
        super().__init__(reason)
        self.reason = reason


_REFUSALS: tuple[tuple[type[Exception], Login], ...] = (
    (jwt.ExpiredSignatureError, Login.EXPIRED),
    (jwt.ImmatureSignatureError, Login.EARLY),
    (jwt.InvalidAudienceError, Login.AUDIENCE),
    (jwt.InvalidSignatureError, Login.SIGNATURE),
    (jwt.InvalidAlgorithmError, Login.ALGORITHM),
    (jwt.MissingRequiredClaimError, Login.CLAIMS),
    (jwt.DecodeError, Login.MALFORMED),
)


class Verifier:
    """Checks tokens for one robot and remembers which were used."""

    def __init__(self, keys: dict[str, Ed25519PublicKey], robot: str,
                 used: UsedTokens | None = None) -> None:
        """Trust these keys, for tokens whose audience is this robot and that are not used."""
        self.used = used or UsedTokens(None)
        self._keys = keys
        self._robot = robot

    def verify(self, token: str) -> Claims:
        """Return what a token says and use it up, in memory; raises TokenRefused."""
        claims = self._decode(token)
        operator, scope, jti = claims['sub'], claims['scope'], claims['jti']
        if scope not in list(Scope) or not _named(operator, 64) or not _named(jti, 128):
            raise TokenRefused(Login.CLAIMS)
        if int(claims['exp']) - int(claims['iat']) > LIFETIME_S:
            raise TokenRefused(Login.LIFETIME)
        if not self.used.use(jti, int(claims['exp']) + LEEWAY_S):
            raise TokenRefused(Login.REPLAYED)
        return Claims(operator, Scope(scope), jti)

    def write_down(self, claims: Claims) -> None:
        """Have it on the disk that a token is used; in any thread."""
        self.used.write_down(claims.jti)

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = jwt.decode(
                token, self._key(token), algorithms=['EdDSA'], audience=self._robot,
                leeway=LEEWAY_S, options={'require': list(_CLAIMS)})
        except jwt.PyJWTError as error:
            raise TokenRefused(next((why for kind, why in _REFUSALS if isinstance(error, kind)),
                                    Login.CLAIMS)) from None
        except OverflowError:  # a time that is no time
            raise TokenRefused(Login.CLAIMS) from None
        if found['aud'] != self._robot:  # a list of robots would let one token in everywhere
            raise TokenRefused(Login.AUDIENCE)
        return found

    def _key(self, token: str) -> Ed25519PublicKey:
        head = jwt.get_unverified_header(token)
        if head.get('alg') != 'EdDSA':
            raise TokenRefused(Login.ALGORITHM)
        key = self._keys.get(str(head.get('kid')))
        if key is None:
            raise TokenRefused(Login.KEY)
        return key


def _named(value: object, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most and value.isprintable()
