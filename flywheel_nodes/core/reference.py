"""The reference pages and config/defaults.yaml, written from the tables they describe."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import is_dataclass, MISSING
from functools import partial
import json
from typing import Any, get_args, get_origin

from flywheel_nodes.core import agent_unit, json_schema, services, sros2
from flywheel_nodes.core.config import Common, RecorderConfig
from flywheel_nodes.core.driving import state_table
from flywheel_nodes.core.events import EVENTS, Outcome, Phase, Reason
from flywheel_nodes.core.metric import Metric, PREFIX
from flywheel_nodes.core.metric_table import METRICS
from flywheel_nodes.core.params import BYTES, Spec, walk
from flywheel_nodes.core.processes import Process, PROCESSES
from flywheel_nodes.core.recording.label import Label, SCHEMA
from flywheel_nodes.core.robot import BaseAxis, Joint, Means, Native, Robot
from flywheel_nodes.core.service_unit import JOURNAL, memory_for, Service, unit_text
from flywheel_nodes.core.sizes import size
from flywheel_nodes.core.teleop import protocol_reference
from flywheel_nodes.core.topics import TOPICS
from flywheel_nodes.core.words import Word

_MADE = 'Made by `make docs` from {}: change it there'
_TYPES = {float: 'number', int: 'whole number', bool: 'true or false', str: 'text'}


def defaults_yaml() -> str:
    """Return a ROS parameter file with every parameter of every node at its default."""
    head = ['# Every parameter at its default. Copy what you change into a file of your own.',
            '# ' + _MADE.format('flywheel_nodes/core/config.py')]
    return '\n'.join(head + [line for p in PROCESSES for line in _node_yaml(p)]) + '\n'


def _node_yaml(process: Process) -> Iterator[str]:
    yield ''
    yield f'# {process.meaning}'
    yield f'/**/{process.name}:'
    yield '  ros__parameters:'
    for name, _, default, spec in walk(process.config):
        yield f'    # {_comment(spec)}'
        # The ROS parameter parser does not take empty lists.
        yield f'    {"# " if default == () else ""}{name}: {_scalar(default)}'


def _comment(spec: Spec) -> str:
    notes = [spec.allowed or spec.unit, 'live' if spec.live else '']
    told = '; '.join(filter(None, notes))
    return f'{spec.doc} ({told})' if told else spec.doc


def _scalar(value: Any) -> str:
    """Return a default as YAML, which for these types JSON is as well."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def parameters_md() -> str:
    """Return docs/parameters.md."""
    text = [_title('Parameters', 'flywheel_nodes/core/config.py and robot.py'), '',
            'Each node refuses unknown, ill-typed and out-of-range values when it starts. '
            'Parameters marked live can be changed while it runs: `ros2 param set`.', '',
            '## Every node', '', *_parameters(Common, ())]
    shared = [name for name, *_ in walk(Common)]
    for process in PROCESSES:
        text += ['', f'## {process.name}', '', _sentence(process.meaning), '',
                 *_parameters(process.config, shared)]
    text += ['', '## Robot files (config/robots/NAME.yaml)', '', *_parameters(Robot, ())]
    for title, cls in (('One entry of base', BaseAxis), ('One entry of joints', Joint),
                       ('native', Native), ('means', Means)):
        text += ['', f'### {title}', '', *_parameters(cls, ())]
    return '\n'.join(text) + '\n'


def _parameters(cls: type, without: Sequence[str]) -> list[str]:
    rows = [(f'`{name}`', _type(hint), _default(default, spec.unit), spec.allowed or spec.unit,
             'live' if spec.live else '', spec.doc)
            for name, hint, default, spec in walk(cls) if name not in without]
    return _table(('parameter', 'type', 'default', 'allowed', '', 'meaning'), rows)


def _type(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return f'list of {_type(get_args(hint)[0])}'
    if get_origin(hint) is dict:
        return f'{_type(get_args(hint)[1])} by name'
    return _TYPES.get(hint, 'mapping')


def _default(default: Any, unit: str) -> str:
    if default is MISSING or is_dataclass(default):
        return ''
    return f'`{_scalar(default)}`' + (f' ({size(default)})' if unit == BYTES else '')


def topics_md() -> str:
    """Return docs/topics.md."""
    rows = [(f'`{t.name}`', t.type.replace('/msg/', '/'), str(t.qos),
             '' if t.rate is None else f'{t.rate:g}', 'yes' if t.recorded else 'no', t.writer,
             t.meaning) for t in TOPICS]
    head = ('topic', 'type', 'QoS', 'Hz', 'recorded', 'writer', 'meaning')
    return '\n'.join([
        _title('Topics', 'flywheel_nodes/core/topics.py'), '',
        "Names are relative to the robot's namespace unless they start with a slash. Candidate "
        'policies publish `policy/...` as `shadow/NAME/...`.', '', *_table(head, rows)]) + '\n'


def events_md() -> str:
    """Return docs/events.md."""
    rows = [(f'`{name}`', str(m.level), ', '.join(f'`{key}`' for key in m.keys), m.text)
            for name, m in EVENTS.items()]
    text = [_title('Events', 'flywheel_nodes/core/events.py'), '',
            'Everything that can happen, as one status each on `flywheel/events`.', '',
            *_table(('event', 'level', 'values', 'meaning'), rows)]
    lists: tuple[tuple[str, type[Word]], ...] = (
        ('Reasons of an intervention', Reason), ('Phases of an intervention', Phase),
        ('Outcomes of episodes and interventions', Outcome))
    for title, words in lists:
        text += ['', f'## {title}', '', ', '.join(f'`{word}`' for word in words)]
    return '\n'.join(text) + '\n'


def control_states_md() -> str:
    """Return docs/control-states.md."""
    return '\n'.join([
        _title('Who drives: what each input does in each state',
               'flywheel_nodes/core/driving/state_table.py'), '',
        'Every cell was found by trying it on the state machine: the mode it leads to, in '
        'parentheses what keeps the robot from moving then, and why the input was refused. Only '
        'POLICY and HUMAN without parentheses move the robot; in all other states it comes to '
        'rest with its stop deceleration and gets zeros from a timer. At the start an earlier '
        'lease is over; robot, monitor and emergency stop are heard, and in HUMAN commands go '
        'on, unless the input says otherwise.', '',
        *_table(('input', *state_table.STATES), state_table.rows())]) + '\n'


def metrics_md() -> str:
    """Return docs/metrics.md."""
    head = ('metric', 'type', 'unit', 'labels', 'source', 'meaning')
    return '\n'.join([
        _title('Metrics', 'flywheel_nodes/core/metric_rows'), '',
        'Served by health_exporter at `/metrics`; how to read them: [sre.md](sre.md).', '',
        *_table(head, map(_metric, METRICS))]) + '\n'


def _metric(metric: Metric) -> tuple[str, ...]:
    edges = ', '.join(f'{bound:g}' for bound in metric.buckets)
    return (f'`{PREFIX}{metric.name}`', str(metric.kind), metric.unit,
            ', '.join(f'`{label}`' for label in metric.labels), metric.source,
            f'{metric.help} (up to {edges})' if edges else metric.help)


def processes_md() -> str:
    """Return docs/processes.md."""
    rows = [(f'`{p.name}`', ', '.join(p.only) or 'all', p.meaning) for p in PROCESSES]
    return '\n'.join([
        _title('Processes', 'flywheel_nodes/core/processes.py'), '',
        'One process, one node, one executable, all of the same name.', '',
        *_table(('process', 'robots', 'meaning'), rows)]) + '\n'


def services_md() -> str:
    """Return docs/services.md."""
    ours = [one for one in services.SERVICES if one not in services.FAULTS]
    return '\n'.join([
        _title('Services', 'flywheel_nodes/core/services.py'), '',
        "Names are relative to the robot's namespace. With ros2cli, or without:", '',
        '```console',
        '$ ros2 service call /r1/control_arbiter/stop std_srvs/srv/Trigger',
        '$ flywheel call control_arbiter/stop --data-dir build/up',
        '$ flywheel call policy/fault_nan true --data-dir build/up',
        '```', '', *_services(ours), '',
        'Every node also has the standard services of parameters (`NODE/set_parameters`, '
        '`get_parameters`, `list_parameters`, `describe_parameters`, `get_parameter_types`, '
        '`set_parameters_atomically`), which `ros2 param` uses: what they may change is marked '
        'live in [parameters.md](parameters.md).', '',
        '## Faults of the embedded robot and its policy', '',
        'On demand, with `robot: sim` only: true begins the fault, false ends it.', '',
        *_services(services.FAULTS)]) + '\n'


def _services(table: Iterable[services.Service]) -> list[str]:
    rows = [(f'`{s.path}`', s.type.replace('/srv/', '/'), s.node, s.meaning) for s in table]
    return _table(('service', 'type', 'node', 'what it does'), rows)


def _title(title: str, source: str) -> str:
    return f'# {title}\n\n<!-- {_MADE.format(source)} -->'


def _sentence(text: str) -> str:
    return f'{text[0].upper()}{text[1:]}.'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ['---'] * len(head), *rows]
    return [f'| {" | ".join(cell.replace("|", "&#124;") for cell in line)} |' for line in lines]


def example_unit() -> str:
    """Return the systemd unit that install-service makes for the embedded robot."""
    python, data_dir = '/opt/flywheel/venv/bin/python', '/var/lib/flywheel'
    recorder = RecorderConfig()
    service = Service(
        'sim', 'flywheel', data_dir,
        (python, '-m', 'flywheel_nodes.cli', 'up', '--robot', 'sim', '--namespace', 'r1',
         '--data-dir', data_dir), '/opt/flywheel/ws/install/setup.bash',
        memory_for(len(PROCESSES), recorder.ring_bytes + recorder.writer_queue))
    head = '# To read, not to copy: `flywheel install-service` makes the one that fits a robot.'
    return f'{head}\n# {_MADE.format("flywheel_nodes/core/service_unit.py")}\n{unit_text(service)}'


def _example(text: str) -> str:
    """Return a file of the agent with the note that it is an example."""
    head = ('# To read, not to copy: `flywheel install-service --metrics-to URL` makes the one '
            'that fits.')
    return f'{head}\n# {_MADE.format("flywheel_nodes/core/agent_unit.py")}\n{text}'


_AGENT = agent_unit.Agent('go2-07', 'hall-3', 'https://metrics.example.com/api/v1/write',
                          token='/etc/flywheel/metrics.token')

FILES: dict[str, Callable[[], str]] = {
    'config/defaults.yaml': defaults_yaml,
    'config/systemd/flywheel-sim.service': example_unit,
    'config/systemd/flywheel-vmagent.service': lambda: _example(agent_unit.unit_text(_AGENT)),
    'config/vmagent/vmagent.env': lambda: _example(agent_unit.environment_text(_AGENT)),
    'config/vmagent/scrape.yml': lambda: _example(agent_unit.scrape_text(_AGENT)),
    'config/systemd/journald@flywheel.conf': lambda: JOURNAL,
    **{f'config/sros2/{node}.xml': partial(sros2.policy_xml, node) for node in sros2.HEARS},
    'docs/parameters.md': parameters_md,
    'docs/topics.md': topics_md,
    'docs/events.md': events_md,
    'docs/control-states.md': control_states_md,
    'docs/metrics.md': metrics_md,
    'docs/processes.md': processes_md,
    'docs/snippet.schema.json': lambda: json_schema.text(Label, f'{SCHEMA}: snippet.json'),
    'docs/services.md': services_md,
    'docs/messages.md': protocol_reference.messages_md,
    'docs/protocol.schema.json': protocol_reference.schema_json,
}
