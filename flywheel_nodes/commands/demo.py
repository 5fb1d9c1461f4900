"""`flywheel demo`: one full turn of the flywheel on the embedded robot, checked step by step."""

from argparse import ArgumentParser, Namespace
import asyncio
import contextlib
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time
from typing import IO

from flywheel_nodes.core.errors import ConfigError, FlywheelError
from flywheel_nodes.effects import environment
from flywheel_nodes.effects.bring_up import with_domain
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.supervisor import die_with_parent

HELP = 'show one full turn of the flywheel on the embedded robot'
NAMESPACE = 'r1'


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--folder', type=Path, default=Path('build/demo'),
                        help='where snippets and the log go; its data/ is emptied first '
                             '(%(default)s)')


def run(args: Namespace) -> int:
    """Run the turn; 0 only when every line it printed was checked."""
    environment.check(())
    folder = args.folder.absolute()
    shutil.rmtree(folder / 'data', ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f'--folder {folder}: {error.strerror}') from None
    domain = Domain()
    os.environ.update(domain.env())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (folder / 'log.txt').open('wb') as log:
        stack = start(folder / 'data', log)
        try:
            return asyncio.run(watch(folder, stack))
        except KeyboardInterrupt:
            print('interrupted', file=sys.stderr)
            return 130
        finally:
            end(stack)
            domain.close()


def start(data_dir: Path, log: IO[bytes]) -> 'subprocess.Popen[bytes]':
    """Start `flywheel up` with the flawed policy; it dies with this process."""
    command = [sys.executable, '-m', 'flywheel_nodes.cli', 'up', '--robot', 'sim', '--policy',
               'flawed', '--namespace', NAMESPACE, '--data-dir', str(data_dir),
               '--param', 'health_exporter.port:=0', '--param', 'teleop_relay.port:=0']
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                            env=with_domain(os.environ, {}), start_new_session=True,
                            preexec_fn=die_with_parent)


async def watch(folder: Path, stack: 'subprocess.Popen[bytes]') -> int:
    """Run the turn beside the stack and say how it went."""
    from aiohttp import ClientError

    from flywheel_nodes.nodes.distro import ros  # imports rclpy, after the environment is set
    from flywheel_nodes.sim.turn import Turn
    from flywheel_nodes.sim.turn_checks import CheckError
    from flywheel_nodes.sim.witness import Witness
    began = time.monotonic()

    def say(line: str) -> None:
        print(f'{time.monotonic() - began:6.1f} s  {line}', flush=True)
    say('one turn of the flywheel; what the nodes say goes to '
        f'{folder / "log.txt"}')
    with ros() as context:
        witness = Witness(f'/{NAMESPACE}', context)
        turn = Turn(folder / 'data', NAMESPACE, witness, say)
        listening = asyncio.ensure_future(witness.listen())
        working = asyncio.ensure_future(turn.run())
        try:
            await asyncio.wait([working, asyncio.ensure_future(gone(stack))],
                               return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise CheckError(f'the nodes ended with code {stack.returncode}')
            working.result()
        except (CheckError, FlywheelError, TimeoutError, OSError, ClientError) as error:
            print(f'FAILED at the step "{turn.step}": {error}\nsee {folder / "log.txt"}',
                  file=sys.stderr)
            return 1
        finally:
            for task in (listening, working):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
            witness.close()
    say('all of it was checked. Look closer: flywheel snippets show '
        f'{turn.snippet.name} --data-dir {folder / "data"}')
    return 0


async def gone(stack: 'subprocess.Popen[bytes]') -> None:
    """Wait until the stack has ended by itself."""
    while stack.poll() is None:
        await asyncio.sleep(0.1)


def end(stack: 'subprocess.Popen[bytes]') -> None:
    """End the stack, by force when it takes more than 6 s."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stack.terminate()
    try:
        stack.wait(6.0)
    except subprocess.TimeoutExpired:
        stack.kill()
        stack.wait()
