"""`python -m bench [NAME...]`: runs some or all benches, then prints one table of all results."""

from pathlib import Path
import subprocess
import sys

from bench.harness import load, table

HELPERS = ('__main__', 'camera', 'driver', 'harness', 'load', 'shaper', 'viewers',
           'soak')  # which takes too long


def main(wanted: list[str]) -> int:
    """Run each bench in a process of its own; return 1 if one did not run to its end."""
    known = sorted(p.stem for p in Path(__file__).parent.glob('*.py') if p.stem not in HELPERS)
    strangers = set(wanted) - set(known)
    if strangers:
        print(f'bench: no {", ".join(sorted(strangers))}: there are {", ".join(known)}',
              file=sys.stderr)
        return 2
    names = wanted or known
    failed = []
    for name in names:
        print(f'--- {name}', flush=True)
        if subprocess.run([sys.executable, '-m', f'bench.{name}'], check=False).returncode:
            failed.append(name)
    done = [metric for name in names if name not in failed for metric in load(name)]
    if len(names) > 1:
        print(f'--- all\n{table(done)}')
    for name in failed:
        print(f'{name} DID NOT RUN TO ITS END')
    return int(bool(failed))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
