"""The closed lists and docs/protocol.md say the same."""

import re

import pytest

from flywheel_nodes.core.teleop.codec import ANSWERS, ASKS
from flywheel_nodes.core.teleop.protocol import (
    Close,
    Ended,
    HelpEnded,
    HelpReason,
    Login,
    Reject,
    Scope,
    VERSION,
)
from flywheel_nodes.core.teleop.relay import FORWARDED
from flywheel_nodes.effects.config_files import share_dir

DOC = (share_dir() / 'docs' / 'protocol.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('word', [
    *Reject, *Login, *Ended, *Scope, *HelpReason, *HelpEnded, *(str(int(c)) for c in Close)])
def test_each_word_is_told(word: str) -> None:
    assert f'`{word}`' in DOC


@pytest.mark.parametrize('kind', [*ASKS, *ANSWERS])
def test_each_message_is_told_what_it_is_for(kind: str) -> None:
    assert re.search(rf'`{kind}`|\b{kind} ', DOC)


@pytest.mark.parametrize('name', FORWARDED)
def test_each_event_that_is_passed_on_is_told(name: str) -> None:
    assert re.search(rf'\b{name}\b', DOC)


def test_the_version_is_told() -> None:
    assert DOC.startswith(f"# The relay's protocol, version {VERSION}\n")


def test_scopes_hold_those_before() -> None:
    assert Scope.SUPERVISE.covers(Scope.VIEW)
    assert Scope.DRIVE.covers(Scope.DRIVE)
    assert not Scope.VIEW.covers(Scope.DRIVE)
