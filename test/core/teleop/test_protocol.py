"""The tables and docs/protocol.md say the same."""

import re

import pytest

from flywheel_nodes.core.teleop.protocol import ANSWERS, Close, Ended, KINDS, Login, Reject, Scope
from flywheel_nodes.core.teleop.relay import FORWARDED
from flywheel_nodes.effects.config_files import share_dir

DOC = (share_dir() / 'docs' / 'protocol.md').read_text(encoding='utf-8')


def section(kind: str) -> str:
    found = re.search(rf'^### {kind}\n(.*?)(?=^##)', DOC, re.MULTILINE | re.DOTALL)
    assert found, f'docs/protocol.md has no section {kind}'
    return found[1]


@pytest.mark.parametrize('kind', KINDS)
def test_each_client_message_is_told_with_fields_and_scope(kind: str) -> None:
    text = section(kind)
    for name in (*KINDS[kind].needed, *KINDS[kind].optional):
        assert f'`{name}`' in text, f'{kind}: {name}'
    assert f'Scope: {KINDS[kind].scope}' in text


@pytest.mark.parametrize('kind', set(ANSWERS) - set(KINDS))
def test_each_relay_message_is_told(kind: str) -> None:
    assert '```json' in section(kind)


@pytest.mark.parametrize('word', [*Reject, *Login, *Ended, *Scope, *(str(int(c)) for c in Close)])
def test_each_word_is_told(word: str) -> None:
    assert f'`{word}`' in DOC


@pytest.mark.parametrize('name', FORWARDED)
def test_each_event_that_is_passed_on_is_told(name: str) -> None:
    assert re.search(rf'\b{name}\b', section('event'))


def test_scopes_hold_those_before() -> None:
    assert Scope.SUPERVISE.covers(Scope.VIEW)
    assert Scope.DRIVE.covers(Scope.DRIVE)
    assert not Scope.VIEW.covers(Scope.DRIVE)
