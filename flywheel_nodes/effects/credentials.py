"""
Who may scrape: names and hashes of passwords, in a file that only its owner and group may read.

One line each, `NAME:scrypt$N$R$P$SALT$HASH`, salt and hash in base64. A hash is made slow on
purpose, so that a stolen file gives no passwords away; therefore a right password is remembered
(as a digest under a key of this process), and wrong ones are few a second.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import hmac
from pathlib import Path
import re
import secrets
import threading

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.login_attempts import LoginAttempts
from flywheel_nodes.core.words import Word
from flywheel_nodes.effects.config_files import read_if_there, read_text
from flywheel_nodes.effects.private_file import check_private, replace_private

FILE = 'scrapers'
COST, BLOCK, LANES = 1 << 14, 8, 1
MOST_MEMORY = 64 << 20
MOST = 64
LONGEST_HEADER = 1024
_NAME = re.compile(r'[A-Za-z0-9_.-]{1,64}', re.ASCII)


class Login(Word):
    """What became of an attempt."""

    GOOD = 'good'
    NEEDED = 'needed'
    WRONG = 'wrong'
    TOO_MANY = 'too_many'


@dataclass(frozen=True)
class Secret:
    """The hash of a password and how it was made."""

    cost: int
    block: int
    lanes: int
    salt: bytes
    hash: bytes

    def fits(self, password: bytes) -> bool:
        """Say whether it was made from a password; takes tens of ms."""
        found = _scrypt(password, self.cost, self.block, self.lanes, self.salt, len(self.hash))
        return hmac.compare_digest(found, self.hash)

    def __str__(self) -> str:
        """Return how it stands in the file."""
        coded = (base64.b64encode(part).decode() for part in (self.salt, self.hash))
        return '$'.join(('scrypt', str(self.cost), str(self.block), str(self.lanes), *coded))


def hashed(password: bytes) -> Secret:
    """Return a password as it is kept, with a salt of its own."""
    salt = secrets.token_bytes(16)
    return Secret(COST, BLOCK, LANES, salt, _scrypt(password, COST, BLOCK, LANES, salt, 32))


def _scrypt(password: bytes, cost: int, block: int, lanes: int, salt: bytes,
            length: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=cost, r=block, p=lanes, dklen=length,
                          maxmem=MOST_MEMORY + (1 << 20))


def load(path: Path, what: str = 'credentials') -> dict[str, Secret]:
    """
    Return the secrets in a file by name.

    :param what: the head of an error
    :raises ConfigError: when it is absent, can be read by others, or holds anything else
    """
    check_private(path, what)
    found: dict[str, Secret] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip() and not line.startswith('#'):
            name, secret = _entry(line.strip(), f'{what}: {path}:{number}')
            found[name] = secret
    if not 0 < len(found) <= MOST:
        raise ConfigError(f'{what}: {path}: 1 to {MOST} lines are needed, not {len(found)}: make '
                          'one with `flywheel keys scraper NAME`')
    return found


def _entry(line: str, where: str) -> tuple[str, Secret]:
    name, _, text = line.partition(':')
    secret = _secret(text)
    # What stands there is not repeated: it may be a password.
    if not _NAME.fullmatch(name) or secret is None:
        raise ConfigError(f'{where}: NAME:HASH as `flywheel keys scraper` writes it is needed')
    return name, secret


def _secret(text: str) -> Secret | None:
    try:
        kind, cost, block, lanes, salt, hash_ = text.split('$')
        made = Secret(int(cost), int(block), int(lanes),
                      base64.b64decode(salt, validate=True),
                      base64.b64decode(hash_, validate=True))
    except ValueError:  # binascii.Error is one
        return None
    sound = (kind == 'scrypt' and made.cost > 1 and made.cost & (made.cost - 1) == 0
             and 1 <= made.lanes <= 16 and made.block >= 1
             and 128 * made.cost * made.block <= MOST_MEMORY
             and 8 <= len(made.salt) <= 64 and 16 <= len(made.hash) <= 64)
    return made if sound else None


def add(path: Path, name: str) -> str:
    """
    Let somebody in; return the password, which is written nowhere.

    :raises ConfigError: for no name, one that is in the file, or a file that cannot be written
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f'{name!r}: a name of 1 to 64 letters, digits, _ . - is needed')
    before = read_if_there(path)
    known = load(path) if before else {}
    if name in known:
        raise ConfigError(f'{path}: {name} is not overwritten; remove its line to make a new one')
    if len(known) >= MOST:
        raise ConfigError(f'{path}: there are {MOST} already: remove a line')
    password = secrets.token_urlsafe(24)
    joint = '' if not before or before.endswith('\n') else '\n'
    try:
        replace_private(path, f'{before}{joint}{name}:{hashed(password.encode())}\n')
    except OSError as error:
        raise ConfigError(f'{path}: cannot be written ({error.strerror})') from None
    return password


class Credentials:
    """Checks the Authorization header of requests, from any thread."""

    def __init__(self, known: Mapping[str, Secret]) -> None:
        """Let in whom the file names."""
        self._known = known
        self._attempts = LoginAttempts()
        self._key = secrets.token_bytes(32)
        self._nobody = hashed(secrets.token_bytes(16))
        self._remembered: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._hashing = threading.Lock()

    def check(self, header: str, peer: str, now_ns: int) -> Login:
        """
        Say whether to let somebody in.

        :param header: 'Basic ...', '' for none
        :param peer: its address
        :param now_ns: monotonic
        """
        offered = _basic(header)
        if offered is None:
            return Login.NEEDED
        name, password = offered
        digest = hmac.digest(self._key, password, 'sha256')
        with self._lock:
            if hmac.compare_digest(self._remembered.get(name, b''), digest):
                return Login.GOOD
            if not self._attempts.may(peer, now_ns):
                return Login.TOO_MANY
        return self._hash(name, password, digest)

    def _hash(self, name: str, password: bytes, digest: bytes) -> Login:
        with self._hashing:  # one at a time: each takes a core and 16 MiB
            # Somebody unknown takes as long, so that names cannot be found out.
            fits = self._known.get(name, self._nobody).fits(password)
        if not fits or name not in self._known:
            return Login.WRONG
        with self._lock:
            self._remembered[name] = digest
        return Login.GOOD


def _basic(header: str) -> tuple[str, bytes] | None:
    kind, _, coded = header.strip().partition(' ')
    if kind.lower() != 'basic' or len(header) > LONGEST_HEADER:
        return None
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b':')
        return (name.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None
