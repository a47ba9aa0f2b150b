# SPDX-License-Identifier: LGPL-2.1-or-later
"""headers.py SDK: each public header stands alone in C11 and C++17; every member has its place in abi-offsets.c; plugins compile."""
import os
import re
import shutil
import subprocess
import sys

import declared
from tap import Tap

DIALECTS = [
    ('cc', 'c', ['-std=c11', '-Wall', '-Wextra', '-pedantic']),
    ('c++', 'c++', ['-std=gnu++17', '-Wall', '-Wextra']),
]


def compile_text(sdk, compiler, language, flags, text):
    glib = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True, capture_output=True, text=True).stdout.split()
    glib = [flag.replace('-I', '-isystem', 1) for flag in glib] # GLib's own headers are not our affair
    run = subprocess.run([compiler, '-x', language, *flags, '-Werror', '-fsyntax-only', '-I', sdk, *glib, '-'], input=text,
                         capture_output=True, text=True)
    return run.returncode == 0, run.stderr


def check_alone(tap, sdk):
    names = ['metergate.h'] + ['metergate/' + os.path.basename(path) for path in declared.headers(sdk)]
    for compiler, language, flags in DIALECTS:
        for name in names:
            point = f'{name} stands alone in {flags[0][5:]}'
            if shutil.which(compiler) is None:
                tap.skip(point, f'no {compiler} here')
                continue
            tap.check(*(lambda good, said: (good, point, said))(
                *compile_text(sdk, compiler, language, flags, f'#include <{name}>\n')))


def check_offsets(tap, sdk):
    with open(os.path.join(sdk, 'tests', 'abi-offsets.c'), encoding='utf-8') as file:
        text = file.read()
    for name, members in declared.structs(sdk).items():
        told = re.findall(rf'^AT \({name}, (\w+), \d+\);', text, flags=re.M)
        tap.check(told == members and f'SIZE ({name}, ' in text, f'abi-offsets.c holds all of {name}',
                  *sorted(set(members) - set(told)))


def check_proofs(tap, sdk):
    """Plugins that were written against the first sketch of the SDK: improvements must not break them."""
    folder = os.environ.get('METERGATE_SDK_PROOF') or os.path.join(sdk, '..', '..', 'shared', 'sdk-proof')
    for name in ['acme-mbus.c', 'csv.c', 'pulse-line.c', 'threshold.c', 'more.c']:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            tap.skip(f'proof {name} compiles', 'no sketches of plugins here (METERGATE_SDK_PROOF names their folder)')
            continue
        with open(path, encoding='utf-8') as file:
            good, said = compile_text(sdk, 'cc', 'c', ['-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-function'], file.read())
        tap.check(good, f'proof {name} compiles', said)


def main(sdk):
    tap = Tap()
    check_alone(tap, sdk)
    check_offsets(tap, sdk)
    check_proofs(tap, sdk)
    tap.done()


main(*sys.argv[1:])
