"""The generated files say what the tables say."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
import re

import pytest
import yaml

from flywheel_nodes.commands import docs
from flywheel_nodes.core import reference
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.events import EVENTS, Outcome, Phase, Reason
from flywheel_nodes.core.metric import PREFIX
from flywheel_nodes.core.metric_table import METRICS
from flywheel_nodes.core.params import parse, walk
from flywheel_nodes.core.processes import PROCESSES
from flywheel_nodes.core.services import SERVICES
from flywheel_nodes.core.topics import TOPICS

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize('name', reference.FILES)
def test_the_file_is_up_to_date(name: str) -> None:
    path = CHECKOUT / name
    found = path.read_text(encoding='utf-8') if path.is_file() else ''
    assert found == reference.FILES[name](), f'{name} is stale: run `make docs`'


def test_the_defaults_are_what_the_nodes_start_with() -> None:
    content = yaml.safe_load(reference.defaults_yaml())
    assert list(content) == [f'/**/{p.name}' for p in PROCESSES]
    for process in PROCESSES:
        given = content[f'/**/{process.name}']['ros__parameters']
        assert parse(process.config, given, process.name) == process.config()


def test_every_parameter_is_in_both_references() -> None:
    text, page = reference.defaults_yaml(), reference.parameters_md()
    for process in PROCESSES:
        for name, _, _, spec in walk(process.config):
            assert re.search(rf'^    (# )?{name}: ', text, re.MULTILINE)
            assert f'| `{name}` |' in page and spec.doc in page and spec.doc in text


@pytest.mark.parametrize(('page', 'words'), [
    (reference.topics_md, [t.name for t in TOPICS]),
    (reference.events_md, [*EVENTS, *Reason, *Phase, *Outcome]),
    (reference.metrics_md, [PREFIX + m.name for m in METRICS]),
    (reference.services_md, [s.path for s in SERVICES]),
    (reference.processes_md, [p.name for p in PROCESSES])])
def test_nothing_is_left_out(page: object, words: list[str]) -> None:
    assert callable(page)
    text = page()
    assert [word for word in words if f'`{word}`' not in text] == []


@pytest.mark.parametrize('name', [n for n in reference.FILES if n.endswith('.md')])
def test_tables_have_as_many_cells_as_their_heads(name: str) -> None:
    tables = re.findall(r'(?:^\|.*\|\n)+', reference.FILES[name](), re.MULTILINE)
    assert tables or name == 'docs/events.md'
    for table in tables:
        assert len({line.count('|') for line in table.splitlines()}) == 1


def command(*args: str) -> Namespace:
    parser = ArgumentParser()
    docs.add_arguments(parser)
    return parser.parse_args(args)


def test_the_command_writes_what_is_stale_and_check_only_tells(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'package.xml').touch()
    into = ('--into', str(tmp_path))
    assert docs.run(command('--check', *into)) == 1
    assert 'config/defaults.yaml is stale: run `make docs`' in capsys.readouterr().out
    assert not (tmp_path / 'docs').exists()
    assert docs.run(command(*into)) == 0
    assert docs.run(command('--check', *into)) == 0
    (tmp_path / 'docs' / 'events.md').write_text('old', encoding='utf-8')
    capsys.readouterr()
    assert docs.run(command(*into)) == 0
    assert capsys.readouterr().out == 'docs/events.md written\n'


def test_it_writes_into_a_checkout_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'is no checkout of flywheel'):
        docs.run(command('--into', str(tmp_path)))
    assert list(tmp_path.iterdir()) == []
