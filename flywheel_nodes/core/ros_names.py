"""What ROS takes as a namespace, said in one line before rcl says it in many."""

import re

from flywheel_nodes.core.errors import ConfigError

# The names of our topics and services come behind it, and DDS ends at 255 characters.
LONGEST = 150
_PART = re.compile(r'[A-Za-z_][A-Za-z0-9_]*', re.ASCII)


def namespace(text: str) -> str:
    """
    Return a namespace from its root on: /fleet/r1 for fleet/r1, / for none.

    :raises ConfigError: when ROS would refuse it
    """
    name = text.strip('/')
    if len(name) > LONGEST:
        raise ConfigError(f'namespace: {len(name)} characters are too many, {LONGEST} are allowed')
    for part in name.split('/') if name else ():
        if not _PART.fullmatch(part):
            raise ConfigError(f'namespace {text!r}: {part!r} is no name in ROS: letters, digits '
                              'and _, no digit first, such as r1 or fleet/r1')
    return f'/{name}'
