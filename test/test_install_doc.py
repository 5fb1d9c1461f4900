"""The shell in docs/install.md parses, and the commands and options of ours in it exist."""

from pathlib import Path
import re
import shutil
import subprocess

import pytest

from flywheel_nodes.cli import COMMANDS, main
from flywheel_nodes.effects.launch_plan import ARGUMENTS

PAGE = (Path(__file__).resolve().parents[1] / 'docs' / 'install.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'^```bash\n(.*?)^```', PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize('block', BLOCKS)
def test_every_block_is_shell(block: str) -> None:
    done = subprocess.run(['bash', '-n'], input=block, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')


@pytest.mark.skipif(not shutil.which('shellcheck'), reason='shellcheck is not installed')
@pytest.mark.parametrize('block', BLOCKS)
def test_shellcheck_finds_nothing(block: str) -> None:
    # SC1091: the files that are sourced are not here; SC2164: a person reads what cd says.
    done = subprocess.run(['shellcheck', '-s', 'bash', '-e', 'SC1091,SC2164', '-'], input=block,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_launch_arguments_exist() -> None:
    for block in BLOCKS:
        for command in re.findall(r'ros2 launch ((?:.*\\\n)*.*)', block):
            assert set(re.findall(r'\s(\w+):=', command)) <= set(ARGUMENTS)


def test_our_commands_and_their_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    text = '\n'.join(BLOCKS).replace('\\\n', ' ')
    found = re.findall(r'(?:flywheel_nodes\.cli|^flywheel) ([a-z-]+)(.*)$', text, re.MULTILINE)
    assert {name for name, _ in found} >= {'install-service', 'uninstall-service', 'up'}
    for name, options in found:
        assert name in COMMANDS
        with pytest.raises(SystemExit):
            main([name, '--help'])
        assert set(re.findall(r'--[a-z-]+', options)) <= set(
            re.findall(r'--[a-z-]+', capsys.readouterr().out))
