"""Lines that fit, levels that count."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.doctor.finding import (
    exit_code,
    Finding,
    INDENT,
    Level,
    lines,
    ok,
    refused,
    summary,
    unknown,
    warn,
    wrong,
)
from flywheel_nodes.core.errors import ConfigError

TEXT = st.text(st.characters(codec='utf-8'), max_size=300)
FINDINGS = st.builds(Finding, st.sampled_from(Level), st.sampled_from(['disk', 'robot topic']),
                     TEXT, TEXT)


@given(FINDINGS, st.integers(60, 160), st.booleans())
def test_lines_are_printable_and_fit_unless_a_word_is_longer(
        finding: Finding, width: int, colours: bool) -> None:
    shown = lines(finding, width, colours)
    assert shown[0].removeprefix('\x1b[').lstrip('0123456789m').startswith(finding.level)
    for line in shown:
        plain = line.replace('\x1b[0m', '')
        assert '\n' not in line
        words = max((len(word) for word in plain.split()), default=0)
        assert len(plain) <= max(width, len(INDENT) + 3 + words) + 5 * colours


@given(FINDINGS)
def test_without_colours_nothing_but_characters_is_printed(finding: Finding) -> None:
    assert all(line.isprintable() for line in lines(finding, 80))


def test_a_remedy_stands_below_what_it_is_for() -> None:
    assert lines(warn('clock', 'not set', 'set it'), 80) == [
        'warning  clock            not set', f'{INDENT}-> set it']
    assert lines(ok('clock', 'set'), 80) == ['ok       clock            set']


def test_the_level_alone_is_coloured() -> None:
    assert lines(wrong('disk', 'full', ''), 80, colours=True) == [
        '\x1b[31mwrong\x1b[0m    disk             full']


def test_only_what_is_wrong_is_a_failure() -> None:
    fine = [ok('a', ''), warn('b', '', ''), unknown('c', '')]
    assert exit_code(fine) == 0
    assert exit_code([*fine, wrong('d', '', '')]) == 1


def test_the_summary_has_the_worst_first() -> None:
    found = [ok('a', ''), warn('b', '', ''), wrong('c', '', ''), ok('d', ''), warn('e', '', '')]
    assert summary(found) == '1 wrong, 2 warnings, 2 ok'


@pytest.mark.parametrize(('error', 'sentence', 'remedy'), [
    ('relay: port taken: stop it', 'relay: port taken', 'stop it'), ('taken', 'taken', '')])
def test_an_error_gives_sentence_and_remedy(error: str, sentence: str, remedy: str) -> None:
    assert refused('port', ConfigError(error)) == wrong('port', sentence, remedy)
