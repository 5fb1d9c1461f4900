"""Rule files: which ship with the package, and what one says."""

from pathlib import Path

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.rule_file import Defaults, read
from flywheel_nodes.core.recording.rules import Recording
from flywheel_nodes.effects.config_files import read_yaml, share_dir

DEFAULT = 'recording'


def shipped() -> list[str]:
    """Return the names of the rule files that come with the package."""
    return sorted(path.stem for path in (share_dir() / 'config').glob(f'{DEFAULT}*.yaml'))


def path_of(name: str) -> Path:
    """
    Return where a rule file lies.

    :param name: of a shipped one, a path that ends in .yaml, or '' for the default
    :raises ConfigError: for a name that does not ship
    """
    if name.endswith(('.yaml', '.yml')):
        return Path(name)
    if (name or DEFAULT) not in shipped():
        raise ConfigError(f'unknown rule file {name!r}: known are {", ".join(shipped())}; or give '
                          'the path of a .yaml file')
    return share_dir() / 'config' / f'{name or DEFAULT}.yaml'


def load(name: str, defaults: Defaults) -> Recording:
    """
    Read a rule file.

    :param name: as for path_of()
    :param defaults: what holds for rules that do not say their own
    :raises ConfigError: one line with file, rule and key
    """
    path = path_of(name)
    return read(read_yaml(path), path.name, defaults)


def of_recorder(config: RecorderConfig, name: str = '') -> Recording:
    """
    Read the rule file of a recorder.

    :param name: of another one than the recorder's own
    :raises ConfigError: also when a rule's pre-roll is longer than the ring
    """
    name = name or config.recording
    found = load(name, Defaults(config.pre_roll, config.post_roll, config.max_duration))
    found.check_ring(config.ring_seconds, path_of(name).name)
    return found
