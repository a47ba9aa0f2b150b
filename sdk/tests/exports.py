# SPDX-License-Identifier: LGPL-2.1-or-later
"""exports.py SDK BUILD: libmetergate exports what the headers declare and the host's side, each plugin mg_module, nothing else."""
import glob
import os
import re
import subprocess
import sys

import declared
from tap import Tap

SANITIZER = re.compile(r'^(__asan|__ubsan|__odr_asan|__lsan|__sanitizer|__tsan|__start_asan|__stop_asan|___asan|__gcov|__llvm)')


def exported(path):
    out = subprocess.run(['nm', '-D', '--defined-only', path], check=True, capture_output=True, text=True).stdout
    names = {}
    for line in out.splitlines():
        _, kind, symbol = line.split()
        name, _, version = symbol.partition('@@')
        if kind != 'A' and not SANITIZER.match(name):
            names[name] = version
    return names


def main(sdk, build):
    tap = Tap()
    library = exported(os.path.join(build, 'sdk', 'libmetergate.so.0'))
    wanted = declared.functions(sdk)
    public = {name for name in library if not name.startswith('mgh_')}
    host = set(library) - public
    tap.check(wanted <= public, 'library has every function that its headers declare', *sorted(wanted - public))
    tap.check(public <= wanted, 'library has no other public symbol', *sorted(public - wanted))
    tap.check(all(library[name].startswith('METERGATE_0.') for name in public), 'public symbols carry the version of the ABI')
    tap.check(host and all(library[name] == 'METERGATE_HOST' for name in host), 'host symbols carry a version of their own')
    plugins = sorted(glob.glob(os.path.join(build, 'plugins', '*', '*', '*.so')))
    if not plugins:
        tap.skip('plugins export mg_module alone', 'no plugin is built')
    for path in plugins:
        names = set(exported(path))
        tap.check(names == {'mg_module'}, f'{os.path.basename(path)} exports mg_module alone', *sorted(names))
    tap.done()


main(*sys.argv[1:])
