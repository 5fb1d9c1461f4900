"""Sets of CPUs as the kernel, taskset and systemd write them: 0-2,5."""

import re

from flywheel_nodes.core.errors import ConfigError

MOST = 4096
_PART = re.compile(r'([0-9]{1,4})(?:-([0-9]{1,4}))?', re.ASCII)


def cpu_list(text: str, where: str) -> frozenset[int]:
    """
    Return the numbers of the CPUs, none for ''.

    :param where: the head of an error
    :raises ConfigError: for what is no such list
    """
    return frozenset(cpu for part in filter(None, text.strip().split(','))
                     for cpu in _range(part.strip(), where))


def _range(part: str, where: str) -> range:
    found = _PART.fullmatch(part)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not first <= last < MOST:
        raise ConfigError(f'{where}: {part!r} is no CPU nor a range of them, such as 0-2,5')
    return range(first, last + 1)
