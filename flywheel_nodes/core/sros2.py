"""
What each node may publish, hear and serve, as SROS2 policy files: config/sros2/NODE.xml.

Made from the tables, with one enclave per node. `ros2 security` turns them into permissions that
the middleware enforces, so that a stranger is not only noticed but kept out.
"""

from collections.abc import Iterable, Iterator

from flywheel_nodes.core import services, topics
from flywheel_nodes.core.topics import Topic

NAMESPACE = '/r1'
NATIVE = 'native/*'
_EVERYWHERE = (topics.EVENTS, topics.METRICS)
_CHUNKS = (topics.POLICY_JOINTS, topics.POLICY_BASE, topics.POLICY_CMD_VEL)
_CAMERAS = (topics.CAMERA_RAW, topics.CAMERA)

HEARS: dict[str, tuple[str, ...]] = {
    node: tuple(one.name if isinstance(one, Topic) else one for one in heard)
    for node, heard in {
        'sim_robot': (NATIVE,),
        'robot_adapter': (NATIVE, topics.ROBOT_CMD_VEL, topics.ROBOT_JOINTS),
        'control_arbiter': (*_CHUNKS, topics.TELEOP_COMMAND, topics.EVENTS, topics.JOINT_STATES,
                            topics.ODOM, topics.VERDICT, topics.ESTOP, topics.CONTROL_OWNER),
        'policy_monitor': (*_CHUNKS, topics.POLICY_INFO, topics.CONTROL, topics.TICKS, topics.ODOM,
                           topics.JOINT_STATES, topics.EVENTS),
        'snippet_recorder': ('*', topics.TF_STATIC, '/tf', topics.DIAGNOSTICS, topics.CLOCK),
        'teleop_relay': (topics.CONTROL, topics.VERDICT, topics.ODOM, topics.TICKS,
                         topics.EVENTS, *_CAMERAS),
        'health_exporter': (topics.METRICS, topics.DIAGNOSTICS, topics.ROSOUT),
        'policy': (topics.ODOM, topics.JOINT_STATES, topics.CONTROL, *_CAMERAS),
    }.items()}
# The embedded robot's cameras speak neutral topics themselves.
ALSO_SAYS: dict[str, tuple[str, ...]] = {
    'sim_robot': (NATIVE, *(topic.name for topic in _CAMERAS)), 'robot_adapter': (NATIVE,)}
_STANDARD = ('describe_parameters', 'get_parameter_types', 'get_parameters', 'list_parameters',
             'set_parameters', 'set_parameters_atomically', 'get_type_description')


def says(node: str) -> tuple[str, ...]:
    """Return the topics that a node may publish."""
    own = (topic.name for topic in topics.TOPICS if topic.writer == node)
    return (*own, *(topic.name for topic in _EVERYWHERE), *ALSO_SAYS.get(node, ()),
            '/rosout', '/parameter_events')


def serves(node: str) -> tuple[str, ...]:
    """Return the services that a node may offer."""
    own = (one.name for one in services.SERVICES if one.node == node)
    return tuple(f'~/{name}' for name in (*own, *_STANDARD))


def policy_xml(node: str) -> str:
    """Return the policy file of a node."""
    made = '<!-- Made by `make docs` from flywheel_nodes/core/sros2.py: change it there -->'
    return '\n'.join((
        '<?xml version="1.0" encoding="UTF-8"?>', made, '<policy version="0.2.0">', '  <enclaves>',
        f'    <enclave path="{NAMESPACE}/{node}">', '      <profiles>',
        f'        <profile ns="{NAMESPACE}" node="{node}">',
        *_expressions('topics', 'publish', 'topic', says(node)),
        *_expressions('topics', 'subscribe', 'topic', HEARS[node]),
        *_expressions('services', 'reply', 'service', serves(node)),
        '        </profile>', '      </profiles>', '    </enclave>', '  </enclaves>',
        '</policy>')) + '\n'


def _expressions(kind: str, right: str, one: str, names: Iterable[str]) -> Iterator[str]:
    yield f'          <{kind} {right}="ALLOW">'
    for name in dict.fromkeys(names):
        yield f'            <{one}>{name}</{one}>'
    yield f'          </{kind}>'
