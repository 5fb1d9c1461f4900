"""The Prometheus of the fleet demo: started with what we ship, and asked over HTTP."""

import asyncio
from pathlib import Path
import re
import shutil
import time

import aiohttp

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.fleet.answers import Answer, answers
from flywheel_nodes.effects.config_files import read_text, share_dir
from flywheel_nodes.effects.fleet.programs import found, Programs

LISTENING = re.compile(r'msg="Listening on" address=(\S+)')
NAME = 'prometheus'
UP_S = 60.0


class Receiver:
    """A running Prometheus; url: where, without a slash at the end."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        """Ask at a URL."""
        self.url = url
        self._http = http

    async def ask(self, query: str) -> list[Answer]:
        """Return the instant vector of a query; raises ConfigError with Prometheus' own words."""
        async with self._http.post(f'{self.url}/api/v1/query', data={'query': query}) as answer:
            said = await answer.json(content_type=None)
        if said.get('status') != 'success':
            raise ConfigError(f'{query}: {said.get("error")}')
        return answers(said['data']['result'])


async def start(folder: Path, programs: Programs, http: aiohttp.ClientSession) -> Receiver:
    """
    Start the Prometheus of config/prometheus on a free port and return it when it listens.

    :param folder: for its data and a copy of the configuration
    :raises ConfigError: when it is not installed or does not come up
    """
    config = folder / 'config'
    shutil.copytree(share_dir() / 'config' / 'prometheus', config)
    programs.start(NAME, [
        found(NAME), f'--config.file={config / "prometheus.yml"}',
        f'--storage.tsdb.path={folder / "prometheus"}', '--web.enable-remote-write-receiver',
        '--web.listen-address=127.0.0.1:0'])
    end = time.monotonic() + UP_S
    while not (told := LISTENING.search(read_text(programs.log(NAME)))):
        for sentence in programs.ended():
            raise ConfigError(sentence)
        if time.monotonic() > end:
            raise ConfigError(f'prometheus does not listen: see {programs.log(NAME)}')
        await asyncio.sleep(0.1)
    return Receiver(f'http://{told[1]}', http)
