"""Builds with colcon (ament_python) and with pip alike."""

from pathlib import Path
import re

from setuptools import find_packages, setup

NAME = 'flywheel_nodes'
ROOT = Path(__file__).resolve().parent
VERSION = re.search(r"__version__ = '(.+)'", (ROOT / NAME / '__init__.py').read_text()).group(1)
EXECUTABLES = ('sim_robot', 'fake_robot', 'robot_adapter', 'control_arbiter', 'policy_monitor',
               'snippet_recorder', 'teleop_relay', 'health_exporter', 'policy')


def shared(*folders):
    """Return the files below some folders as setuptools' data_files."""
    files = [p.relative_to(ROOT) for f in folders for p in (ROOT / f).rglob('*')
             if p.is_file() and '__pycache__' not in p.parts]
    return [(f'share/{NAME}/{p.parent}', [str(p)]) for p in files]


setup(
    name=NAME,
    version=VERSION,
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed', 'web/*', 'web/*/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *shared('launch', 'config'),
    ],
    install_requires=['setuptools'],
    extras_require={'parquet': ['pyarrow>=16'],
                    'dashboards': ["grafana-foundation-sdk==0.0.21; python_version >= '3.11'",
                                   'matplotlib>=3.8']},
    python_requires='>=3.10',
    zip_safe=True,
    maintainer='flywheel maintainers',
    maintainer_email='maintainers@flywheel.invalid',
    description='The on-robot end of the evaluation-and-deployment flywheel.',
    license='Apache-2.0',
    entry_points={'console_scripts': [
        'flywheel = flywheel_nodes.cli:main',
        *(f'{name} = flywheel_nodes.start:main' for name in EXECUTABLES),
    ]},
)
