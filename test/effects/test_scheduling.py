"""A process with threads is moved to the CPUs and the nice level that it was asked for."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

from flywheel_nodes.core.config import Common
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.scheduling import AUTOGROUP, check

SCRIPT = """
import json, os, sys, threading
from flywheel_nodes.core.config import Common
from flywheel_nodes.effects.scheduling import apply
end, up = threading.Event(), threading.Barrier(2)
other = threading.Thread(target=lambda: (up.wait(), end.wait()))
other.start()
up.wait()
apply('x', Common(cpus=sys.argv[1], nice=int(sys.argv[2])))
threads = [int(name) for name in os.listdir('/proc/self/task')]
print(json.dumps([[sorted(os.sched_getaffinity(t)), os.getpriority(os.PRIO_PROCESS, t)]
                  for t in threads]))
end.set()
"""


def test_every_thread_is_moved(tmp_path: Path) -> None:
    cpu = max(os.sched_getaffinity(0))
    done = subprocess.run([sys.executable, '-c', SCRIPT, str(cpu), '3'], capture_output=True,
                          text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found) >= 2
    assert all(one == [[cpu], 3] for one in found)


@pytest.mark.skipif(not AUTOGROUP.exists(), reason='this kernel does not group by session')
@pytest.mark.parametrize('leads', [True, False])
def test_the_session_of_a_process_is_as_nice_unless_others_are_in_it(leads: bool) -> None:
    script = (f'{SCRIPT}\nprint(open({str(AUTOGROUP)!r}).read())')
    done = subprocess.run([sys.executable, '-c', script, '', '4'], capture_output=True, text=True,
                          check=True, start_new_session=leads)
    assert ('nice 4' in done.stdout) is leads


def test_nothing_asked_is_nothing_changed() -> None:
    assert check('x', Common()) == frozenset()


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r'x: cpus: 4095: 4095 is not there for us \(usable: '):
        check('x', Common(cpus='4095'))
