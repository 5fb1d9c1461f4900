"""Only a fresh token for this robot, signed with a known key, lets anybody in, and only once."""

import base64
from collections.abc import Callable
import hashlib
import hmac
import json
from pathlib import Path
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import jwt
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.teleop.protocol import Login, Scope
from flywheel_nodes.effects.teleop.tokens import (
    Claims,
    fingerprint,
    load_private_key,
    load_public_keys,
    make_keys,
    mint,
    TokenRefused,
    Verifier,
)

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()
HEAD = {'alg': 'EdDSA', 'kid': fingerprint(PUBLIC)}


def verifier() -> Verifier:
    return Verifier({fingerprint(PUBLIC): PUBLIC}, 'sim')


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {'aud': 'sim', 'sub': 'ada', 'scope': 'drive', 'jti': f'j{now}', 'iat': now,
            'nbf': now, 'exp': now + 60, **changes}
    return {name: value for name, value in made.items() if value is not None}


def signed(content: dict[str, Any], key: Ed25519PrivateKey = KEY) -> str:
    return jwt.encode(content, key, algorithm='EdDSA', headers={'kid': HEAD['kid']})


def forged(head: dict[str, Any], content: dict[str, Any],
           sign: Callable[[bytes], bytes]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b'=')
             for p in (head, content)]
    body = b'.'.join(parts)
    return b'.'.join([body, base64.urlsafe_b64encode(sign(body)).rstrip(b'=')]).decode()


def refusal(token: str) -> Login:
    with pytest.raises(TokenRefused) as caught:
        verifier().verify(token)
    assert token not in str(caught.value) or not token
    return caught.value.reason


def test_a_minted_token_says_who_and_what() -> None:
    said = verifier().verify(mint(KEY, 'sim', 'ada', Scope.VIEW))
    assert said == Claims('ada', Scope.VIEW, said.jti)


def test_a_token_is_good_once() -> None:
    one, token = verifier(), mint(KEY, 'sim', 'ada', Scope.DRIVE)
    one.verify(token)
    with pytest.raises(TokenRefused, match='replayed'):
        one.verify(token)


def test_a_refused_token_is_not_used_up() -> None:
    other = Verifier({fingerprint(PUBLIC): PUBLIC}, 'other')
    token = mint(KEY, 'sim', 'ada', Scope.DRIVE)
    with pytest.raises(TokenRefused, match='audience'):
        other.verify(token)
    assert Verifier({fingerprint(PUBLIC): PUBLIC}, 'sim', other.used).verify(token)


@pytest.mark.parametrize(('changes', 'reason'), [
    ({'exp': int(time.time()) - 60, 'iat': int(time.time()) - 120}, Login.EXPIRED),
    ({'nbf': int(time.time()) + 600}, Login.EARLY),
    ({'iat': int(time.time()) + 600, 'exp': int(time.time()) + 660}, Login.EARLY),
    ({'aud': 'other'}, Login.AUDIENCE),
    ({'aud': ['sim', 'other']}, Login.AUDIENCE),
    ({'exp': int(time.time()) + 3600}, Login.LIFETIME),
    ({'scope': 'root'}, Login.CLAIMS),
    ({'scope': ['drive']}, Login.CLAIMS),
    ({'sub': ''}, Login.CLAIMS),
    ({'sub': 'a\nb'}, Login.CLAIMS),
    ({'sub': 'a' * 65}, Login.CLAIMS),
    *(({name: None}, Login.CLAIMS) for name in ('sub', 'scope', 'jti', 'iat', 'nbf', 'exp')),
])
def test_claims_that_let_nobody_in(changes: dict[str, Any], reason: Login) -> None:
    assert refusal(signed(claims(**changes))) is reason


def test_a_missing_audience() -> None:
    assert refusal(signed(claims(aud=None))) in (Login.CLAIMS, Login.AUDIENCE)


def test_alg_none() -> None:
    assert refusal(forged({**HEAD, 'alg': 'none'}, claims(), lambda _: b'')) is Login.ALGORITHM


def test_hs256_with_the_public_key_as_its_secret(tmp_path: Path) -> None:
    pem = make_keys(tmp_path)[1].read_bytes()
    token = forged({**HEAD, 'alg': 'HS256'}, claims(),
                   lambda body: hmac.digest(pem, body, hashlib.sha256))
    assert refusal(token) is Login.ALGORITHM


def test_another_key_under_the_name_of_a_known_one() -> None:
    assert refusal(signed(claims(), Ed25519PrivateKey.generate())) is Login.SIGNATURE


def test_an_unknown_key() -> None:
    assert refusal(mint(Ed25519PrivateKey.generate(), 'sim', 'ada', Scope.DRIVE)) is Login.KEY


@pytest.mark.parametrize('token', ['', 'x', 'a.b.c', '.' * 100, 'é.é.é'])
def test_what_is_no_token(token: str) -> None:
    assert refusal(token) is Login.MALFORMED


def test_a_changed_scope_breaks_the_signature() -> None:
    head, _, signature = mint(KEY, 'sim', 'ada', Scope.VIEW).split('.')
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b'=').decode()
    assert refusal(f'{head}.{body}.{signature}') is Login.SIGNATURE


# --- keys ---------------------------------------------------------------------------------------

def test_keys_are_for_their_owner_only_and_fit_each_other(tmp_path: Path) -> None:
    private, public = make_keys(tmp_path / 'keys')
    assert private.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / 'keys').stat().st_mode & 0o777 == 0o700
    one = Verifier(load_public_keys(tmp_path / 'keys'), 'sim')
    assert one.verify(mint(load_private_key(private), 'sim', 'ada', Scope.DRIVE)).operator == 'ada'
    assert b'PRIVATE' not in public.read_bytes()


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    before = make_keys(tmp_path)[0].read_bytes()
    with pytest.raises(ConfigError, match='not overwritten'):
        make_keys(tmp_path)
    assert (tmp_path / 'operator.pem').read_bytes() == before


def test_a_folder_without_keys_or_with_junk(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='flywheel keys make'):
        load_public_keys(tmp_path)
    (tmp_path / 'junk.pub.pem').write_text('junk')
    with pytest.raises(ConfigError, match='no readable PEM key'):
        load_public_keys(tmp_path)
    with pytest.raises(ConfigError, match='No such file'):
        load_private_key(tmp_path / 'operator.pem')
