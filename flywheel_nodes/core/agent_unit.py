"""
The files of the agent that sends a robot's metrics to the fleet's Prometheus, as text.

vmagent scrapes the exporter on loopback and keeps what it cannot send in a queue on disk. Its own
metrics go the same way: they tell what the queue holds and what it had to drop. All that differs
between robots is in the environment file; nothing secret is in it, nor in an argument list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import re

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.http_url import http_url
from flywheel_nodes.core.service_unit import argument, HARDENING, Pairs, quoted, sections_text

UNIT = 'flywheel-vmagent.service'
NAME = 'flywheel-vmagent'
SETTINGS = '/etc/flywheel/vmagent.env'
SCRAPE = '/etc/flywheel/vmagent-scrape.yml'
LISTEN = '127.0.0.1:8429'
MEMORY = 256 * 2**20  # 60 MiB were measured
PREFIX = 'VMAGENT_'
# One queue keeps the order of the samples.
FLAGS = ('-envflag.enable', f'-envflag.prefix={PREFIX}', '-memory.allowedBytes=64MB',
         '-remoteWrite.queues=1')
_WORD = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,63}', re.ASCII)
_SET_URL = re.compile(rf'^\s*{PREFIX}remoteWrite_url=(.*)$', re.MULTILINE)
_URL = re.compile(r'https?://[^\s@,"\'\\$]+', re.ASCII)
# Of its 400 series those that tell what is sent, waits and is lost, and what that costs.
_KEPT = ('vmagent_remotewrite_.+|vm_persistentqueue_.+|vm_promscrape_scrapes_.+'
         '|process_(cpu|resident|start).+')


@dataclass(frozen=True)
class Agent:
    """
    Which robot's metrics are sent, and where to.

    robot, site: labels of all series; url: of the receiver's remote write; exporter: its address;
    token, authority: files with a bearer token and the certificates to trust, '' for none; disk:
    bound of the queue in bytes; program: vmagent, absolute.
    """

    robot: str
    site: str
    url: str
    exporter: str = '127.0.0.1:9464'
    token: str = ''
    authority: str = ''
    disk: int = 10**9
    program: str = '/usr/bin/vmagent'

    def __post_init__(self) -> None:
        """Refuse what vmagent or systemd would read otherwise, and secrets in the open."""
        for what, name in (('robot', self.robot), ('site', self.site)):
            if not _WORD.fullmatch(name):
                raise ConfigError(f'{what} {name!r} cannot be a label of metrics: letters, '
                                  'digits, _ . and - are allowed')
        parts = http_url(self.url, '--metrics-to', 'put a token into a file for --metrics-token')
        if not (_URL.fullmatch(self.url) and parts.path.strip('/')):
            raise ConfigError('--metrics-to: a URL such as https://HOST/api/v1/write is needed')
        if self.token and not self.url.startswith('https:'):
            raise ConfigError('--metrics-token: the token would be readable on its way: '
                              '--metrics-to must begin with https:')


def unit_text(agent: Agent) -> str:
    """Return the unit: a user that exists only while it runs, one folder, no privileges."""
    return sections_text({
        'Unit': [('Description', 'sends the metrics of this robot'), ('After', 'time-sync.target'),
                 ('Wants', 'time-sync.target'), ('StartLimitIntervalSec', '0')],
        'Service': [*_service(agent), *_hardening()],
        'Install': [('WantedBy', 'multi-user.target')]})


def _service(agent: Agent) -> Pairs:
    command = [argument(agent.program), *FLAGS, f'-promscrape.config={SCRAPE}',
               f'-remoteWrite.tmpDataPath=%S/{NAME}', f'-httpListenAddr={LISTEN}']
    if agent.token:
        command.append('-remoteWrite.bearerTokenFile=${CREDENTIALS_DIRECTORY}/token')
    return [('Type', 'exec'), ('DynamicUser', 'yes'), ('StateDirectory', NAME),
            ('StateDirectoryMode', '0700'), ('EnvironmentFile', SETTINGS),
            ('LoadCredential', f'token:{quoted(agent.token)}' if agent.token else None),
            ('ExecStart', ' '.join(command)),
            ('Restart', 'always'), ('RestartSec', '5'), ('TimeoutStopSec', '20'),
            ('MemoryMax', str(MEMORY)), ('TasksMax', '64'), ('CPUWeight', '20'),
            ('IOWeight', '20'), ('LogNamespace', 'flywheel')]


def _hardening() -> Pairs:
    changed = {'UMask': '0077', 'ProtectHome': 'yes',
               'RestrictAddressFamilies': 'AF_UNIX AF_INET AF_INET6'}
    return [*((key, changed.get(key, value)) for key, value in HARDENING),
            ('PrivateUsers', 'yes'), ('MemoryDenyWriteExecute', 'yes'),
            ('SystemCallFilter', '~@privileged'), ('SystemCallErrorNumber', 'EPERM')]


def environment_text(agent: Agent) -> str:
    """Return the file in which an administrator says whose metrics go where."""
    return '\n'.join(_environment(agent)) + '\n'


def _environment(agent: Agent) -> Iterator[str]:
    yield f'# The agent of this robot; `systemctl restart {UNIT}` after a change.'
    yield f'# {PREFIX}remoteWrite_url is the flag -remoteWrite.url of vmagent, and so on.'
    yield f'{PREFIX}remoteWrite_url={agent.url}'
    yield f'{PREFIX}remoteWrite_label=robot={agent.robot},site={agent.site}'
    yield '# What the queue on disk may take; the oldest is dropped first.'
    yield f'{PREFIX}remoteWrite_maxDiskUsagePerURL={agent.disk}'
    trust = agent.authority or '/etc/flywheel/metrics-ca.pem'
    yield f'{"" if agent.authority else "#"}{PREFIX}remoteWrite_tlsCAFile={trust}'


def url_in(environment: str) -> str:
    """Return the URL that such a file names, '' for none; the last one counts, as for systemd."""
    named = _SET_URL.findall(environment)
    return named[-1].strip().strip('"\'') if named else ''


def scrape_text(agent: Agent) -> str:
    """Return what vmagent scrapes: the exporter, and itself."""
    return f"""\
# What the agent of a robot scrapes. robot and site are added on sending, see vmagent.env.
global:
  scrape_interval: 5s
  scrape_timeout: 4s
scrape_configs:
  - job_name: flywheel
    sample_limit: 20000
    static_configs:
      - targets: ['{agent.exporter}']
  - job_name: vmagent
    static_configs:
      - targets: ['{LISTEN}']
    metric_relabel_configs:
      - action: keep
        source_labels: [__name__]
        regex: {_KEPT}
"""
