"""The parameters of each node."""

from dataclasses import dataclass

from flywheel_nodes.core.params import param


@dataclass(frozen=True)
class Common:
    """What every node takes."""

    robot: str = param('sim', 'name of a file in config/robots, or a path to one')
    data_dir: str = param('', 'where snippets and run files lie; empty: '
                              '$XDG_DATA_HOME/flywheel/ROBOT')
    cpus: str = param('', 'the CPUs it may run on, such as 2-3,5; empty: all')
    nice: int = param(0, 'its scheduling: below 0 before others, which needs LimitNICE', low=-20,
                      high=19)


@dataclass(frozen=True)
class ArbiterConfig(Common):
    """control_arbiter."""

    rate: float = param(50.0, 'ticks per second', unit='Hz', low=10.0, high=500.0)
    monitor_required: bool = param(True, 'without a fresh verdict the policy is held')
    verdict_timeout: float = param(0.3, 'a verdict older than this holds the policy', unit='s',
                                   low=0.05, high=2.0)
    state_timeout: float = param(0.3, 'robot state older than this holds everybody', unit='s',
                                 low=0.05, high=2.0)
    estop_timeout: float = param(1.0, 'after this silence the emergency stop is unknown',
                                 unit='s', low=0.1, high=10.0)
    command_timeout: float = param(
        0.2, "a human's command holds this long after its arrival", unit='s', low=0.05, high=1.0)
    lease_timeout: float = param(3.0, 'without any word of the relay the takeover ends', unit='s',
                                 low=0.5, high=30.0)
    max_action_age: float = param(
        1.0, 'a chunk from an older observation is not taken', unit='s', low=0.05, high=10.0)
    cmd_vel_timeout: float = param(
        0.3, 'a single policy/cmd_vel holds this long', unit='s', low=0.05, high=2.0)
    excess_delay: float = param(
        0.15, 'a command this much later than the fastest of the last 30 s is refused', unit='s',
        low=0.02, high=1.0, live=True)
    blend_time: float = param(0.4, 'a new controller takes over within', unit='s', low=0.0,
                              high=2.0, live=True)
    align_tolerance: float = param(
        0.1, 'absolute joint commands start this close to the joint', unit='rad or m', low=0.0,
        high=1.0, live=True)
    direct_sight: bool = param(
        True, 'a human may claim the robot as seen with own eyes, and drives without camera '
              'frames; else only by them', live=True)
    video_full_age: float = param(
        0.2, 'up to this age of the displayed frame a human drives at full speed, above it at '
             'this / age', unit='s', low=0.05, high=5.0, live=True)
    video_max_age: float = param(
        0.5, 'beyond this age of the displayed frame a human does not drive', unit='s', low=0.05,
        high=10.0, live=True)
    judge_time: float = param(
        10.0, 'a policy that drives alone for this long after an intervention was resumed well',
        unit='s', low=1.0, high=600.0, live=True)
    relay: str = param('teleop_relay', 'the only node whose commands of humans are taken')
    monitor: str = param('policy_monitor', 'the only node whose leave lets the policy drive; '
                                           'anybody may refuse it')
    graph_period: float = param(1.0, 'how often competing publishers are looked for', unit='s',
                                low=0.1, high=10.0)

    @property
    def detection(self) -> float:
        """Longest time from a loss to the first decelerating command, in s; never live."""
        silence = max(self.command_timeout, self.state_timeout, self.verdict_timeout)
        return silence + 1.0 / self.rate


@dataclass(frozen=True)
class MonitorConfig(Common):
    """policy_monitor."""

    rate: float = param(20.0, 'checks and verdicts per second', unit='Hz', low=5.0, high=200.0)
    policy_rate: float = param(10.0, 'chunks per second the policy should give', unit='Hz',
                               low=0.1, high=200.0)
    gap: float = param(0.6, 'no chunk for this long is an alarm', unit='s', low=0.05, high=10.0,
                       live=True)
    action_age: float = param(0.5, 'age of the observation behind a new chunk', unit='s',
                              low=0.01, high=10.0, live=True)
    slowness: float = param(2.0, 'mean interval of ten chunks in units of the expected one',
                            low=1.0, high=100.0, live=True)
    limit_margin: float = param(
        1.05, 'share of a limit that a chunk may ask for', low=1.0, high=10.0, live=True)
    seam_rate: float = param(0.35, 'mean step between chunks of base velocities', unit='m/s',
                             low=0.001, high=10.0, live=True)
    seam_position: float = param(0.25, 'mean step between chunks of joint positions',
                                 unit='rad', low=0.001, high=10.0, live=True)
    frozen_chunks: int = param(8, 'identical chunks in a row while the robot moves or should',
                               low=2, high=1000, live=True)
    progress_window: float = param(4.0, 'in this time the robot must get somewhere', unit='s',
                                   low=0.5, high=120.0)
    progress_base: float = param(0.10, 'least way of the base within the window', unit='m',
                                 low=0.0, high=10.0, live=True)
    progress_joints: float = param(0.10, 'or least travel of one joint within the window',
                                   unit='rad', low=0.0, high=10.0, live=True)
    tracking_window: float = param(0.6, 'tracking error is averaged over', unit='s', low=0.05,
                                   high=10.0)
    tracking_base: float = param(0.25, 'mean error between commanded and measured speed',
                                 unit='m/s', low=0.001, high=10.0, live=True)
    tracking_joints: float = param(0.30, 'mean error between commanded and measured position',
                                   unit='rad', low=0.001, high=10.0, live=True)
    clear_after: float = param(1.0, 'an alarm ends after this long without cause', unit='s',
                               low=0.0, high=60.0, live=True)
    cooldown: float = param(2.0, 'the same detector raises no second event within', unit='s',
                            low=0.0, high=600.0, live=True)


@dataclass(frozen=True)
class OnRobotsBus(Common):
    """What every node on the robot's own bus takes."""

    native_domain: int = param(-1, "ROS_DOMAIN_ID of the robot's own bus; -1: as in its file",
                               low=-1, high=232)
    native_namespace: str = param('', "put before the robot's own topics; empty: as in its file")
    native_discovery: str = param('', "where the robot's bus is looked for; empty: as in its file",
                                  choices=('', 'localhost', 'subnet', 'system_default'))


@dataclass(frozen=True)
class AdapterConfig(OnRobotsBus):
    """robot_adapter."""

    rate: float = param(100.0, 'loops per second for what the robot tells, at most 50 while it '
                        'rests; commands are passed on at once', unit='Hz', low=20.0, high=1000.0)
    commander: str = param('control_arbiter', 'the only node whose commands reach the robot')
    command_timeout: float = param(0.15, 'without a command for this long the robot is stopped; '
                                   'to a robot at rest they come at 20 Hz',
                                   unit='s', low=0.1, high=0.5)
    battery_low: float = param(0.15, 'a charge from here down is a fault', low=0.0, high=1.0)
    temperature_high: float = param(80.0, 'a joint from here up is too hot', unit='degC',
                                    low=20.0, high=200.0)
    call_timeout: float = param(1.0, 'the robot answers a request within', unit='s', low=0.1,
                                high=30.0)


@dataclass(frozen=True)
class RecorderConfig(Common):
    """snippet_recorder."""

    rate: float = param(25.0, 'drains per second', unit='Hz', low=10.0, high=1000.0)
    ring_seconds: float = param(30.0, 'the ring keeps this much time', unit='s', low=1.0,
                                high=3600.0)
    ring_bytes: int = param(352 * 2**20, 'and at most this much memory', unit='B',
                            low=2**20, high=2**36)
    pre_roll: float = param(15.0, 'a snippet starts this long before its trigger', unit='s',
                            low=0.0, high=3600.0)
    post_roll: float = param(5.0, 'and goes on this long after its end', unit='s', low=0.0,
                             high=600.0)
    max_duration: float = param(180.0, 'a snippet is closed at this length', unit='s', low=1.0,
                                high=7200.0)
    recording: str = param('', 'what is recorded when: a rule file of config/, or a path to one; '
                               'empty: recording. Rules may say their own three of the above')
    most_open: int = param(4, 'snippets at a time; of low priority, down to half of that',
                           low=2, high=32)
    snippets_per_hour: float = param(120.0, 'snippets on average, of all rules together', low=1.0,
                                     high=100_000.0)
    snippet_burst: int = param(30, 'snippets in a burst; of low priority, down to half of that',
                               low=2, high=10_000)
    include: tuple[str, ...] = param(('*',), 'topics to record, as patterns of relative names')
    exclude: tuple[str, ...] = param(
        ('flywheel/metrics', 'native/*', '/parameter_events', '/rosout'),
        'topics not to record, as patterns of relative names')
    jpeg_quality: int = param(85, 'of raw images, which are compressed on arrival', low=1,
                              high=100)
    frame_width: int = param(0, 'wider raw images are made smaller, 0: none are', unit='px',
                             low=0, high=16_384)
    frame_workers: int = param(2, 'threads that compress raw images', low=1, high=16)
    frames_waiting: int = param(8, 'raw images that may wait for them', low=1, high=256)
    depth: int = param(1000, "depth of each subscription's queue", low=10, high=100_000)
    writer_queue: int = param(64 * 2**20, 'bytes that may wait for the disk', unit='B',
                              low=2**16, high=2**34)
    min_free_bytes: int = param(
        512 * 2**20, 'old snippets leave, and then no new one starts, with less free space',
        unit='B', low=0, high=2**40)
    quota_bytes: int = param(32 * 2**30, 'all snippets take at most this, 0 for no bound',
                             unit='B', low=0, high=2**44)
    quota_age: float = param(0.0, 'a snippet leaves after this time by the wall clock, 0 never',
                             unit='s', low=0.0, high=1e9)
    quota_count: int = param(10_000, 'there are at most this many snippets, 0 for no bound',
                             low=0, high=1_000_000)
    upload_wanted: bool = param(
        False, 'a new snippet waits for its upload and never leaves before that')
    storage: str = param('mcap', 'of published snippets', choices=('mcap', 'sqlite3'))
    compression: str = param('zstd', 'of MCAP chunks', choices=('zstd', 'lz4', 'none'))


@dataclass(frozen=True)
class RelayConfig(Common):
    """teleop_relay."""

    rate: float = param(50.0, 'loops per second', unit='Hz', low=10.0, high=500.0)
    host: str = param('127.0.0.1', 'address to listen on; beyond this machine only with TLS')
    port: int = param(8765, 'TCP port, 0 for any free one', low=0, high=65535)
    lease_ttl: float = param(3.0, 'a lease not renewed for this long ends', unit='s', low=0.5,
                             high=60.0)
    state_rate: float = param(10.0, 'state messages per second to each client', unit='Hz',
                              low=1.0, high=50.0)
    message_rate: float = param(100.0, 'messages per second taken from one client', unit='Hz',
                                low=10.0, high=1000.0)
    max_clients: int = param(32, 'clients at a time', low=1, high=1000)
    max_connections: int = param(128, 'connections at a time, strangers and video included',
                                 low=2, high=4000)
    address_connections: int = param(64, 'connections at a time from one address', low=1,
                                     high=4000)
    address_message_rate: float = param(
        500.0, 'messages per second taken from all clients of one address', unit='Hz', low=10.0,
        high=10_000.0)
    resume_lifetime: float = param(
        1800.0, 'who was let in may come back to watch without a token for', unit='s', low=0.0,
        high=86_400.0)
    video_rate: float = param(15.0, 'camera frames per second to one viewer', unit='Hz', low=0.5,
                              high=120.0)
    video_viewers: int = param(32, 'viewers of one camera at a time', low=1, high=1000)
    video_workers: int = param(1, 'threads that code camera frames', low=1, high=16)
    keys: str = param('', 'folder with the public keys of operators; empty: DATA_DIR/keys')
    tls_certificate: str = param('', 'PEM file of `flywheel keys robot`; empty: no TLS')
    tls_key: str = param('', 'PEM file with its key, not readable by others')
    client_ca: str = param('', 'PEM file of the CA whose certificates clients must show; empty: '
                               'none is asked for')
    robots: str = param('', 'YAML list of robots, for the web pages that may connect; empty: no '
                            'web page may')
    audit_bytes: int = param(5_000_000, 'size of one file of the audit log', unit='B',
                             low=10_000, high=1_000_000_000)
    audit_files: int = param(10, 'files of the audit log kept', low=2, high=1000)


@dataclass(frozen=True)
class ExporterConfig(Common):
    """health_exporter."""

    rate: float = param(5.0, 'drains per second', unit='Hz', low=1.0, high=200.0)
    host: str = param('127.0.0.1', 'address to listen on; beyond this machine only with TLS')
    port: int = param(9464, 'TCP port, 0 for any free one', low=0, high=65535)
    heartbeat_timeout: float = param(3.0, 'a node silent for this long is down', unit='s',
                                     low=1.0, high=60.0)
    max_series: int = param(5000, 'more series than this are dropped and counted', low=1000,
                            high=100_000)
    max_series_per_metric: int = param(
        600, 'and of one metric more sets of labels than this', low=10, high=100_000)
    topics: tuple[str, ...] = param(
        ('*',), 'topics that metrics may tell of besides those of docs/topics.md and the robot '
                'file, as patterns of relative names')
    log_nodes: tuple[str, ...] = param(
        (), 'nodes whose messages on /rosout are counted by name besides ours; all others count '
            'as other')
    without: str = param('', 'nodes that /readyz does not wait for, spaces in between')
    fake: bool = param(False, 'the robot is faked: /readyz waits for what stands in for it')
    tls_certificate: str = param('', 'PEM file of `flywheel keys robot`; empty: no TLS')
    tls_key: str = param('', 'PEM file with its key, not readable by others')
    credentials: str = param('', 'file of `flywheel keys scraper`: who may scrape; empty: '
                                 'everybody who gets here')


@dataclass(frozen=True)
class SimRobotConfig(Common):
    """sim_robot."""

    rate: float = param(200.0, 'physics steps and joint states per second', unit='Hz', low=50.0,
                        high=1000.0)
    camera_rate: float = param(15.0, 'frames per second, 0 for no camera', unit='Hz', low=0.0,
                               high=60.0)
    command_timeout: float = param(0.25, 'the drives stop this long after the last command',
                                   unit='s', low=0.05, high=2.0)


@dataclass(frozen=True)
class FakeRobotConfig(OnRobotsBus):
    """fake_robot."""

    rate: float = param(500.0, 'physics steps per second', unit='Hz', low=50.0, high=1000.0)
    camera_rate: float = param(15.0, 'frames per second, 0 for no camera', unit='Hz', low=0.0,
                               high=60.0)
    drive_timeout: float = param(0.5, 'the drives stop this long after the last command',
                                 unit='s', low=0.05, high=2.0)


@dataclass(frozen=True)
class PolicyConfig(Common):
    """policy (the embedded one)."""

    rate: float = param(50.0, 'loops per second', unit='Hz', low=10.0, high=200.0)
    policy_rate: float = param(10.0, 'chunks per second', unit='Hz', low=1.0, high=50.0)
    horizon: int = param(16, 'points in a chunk', low=2, high=256)
    policy: str = param('steady', 'which policy', choices=('steady', 'flawed'))
    failure: str = param('drift', 'how the flawed one fails', choices=(
        'drift', 'stall', 'nan', 'jump', 'frozen', 'late'))
    latency: float = param(0.03, 'pretended inference time', unit='s', low=0.0, high=1.0)
