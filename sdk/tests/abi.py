# SPDX-License-Identifier: LGPL-2.1-or-later
"""abi.py SDK LIBRARY COMPILER: the library's ABI is the committed one. Prints what changed."""
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

UNCHANGED = 'library has the committed ABI'
NOTICED = 'two members that change places are noticed'


def reason_to_skip(dump, compiler):
    if not os.path.exists(dump):
        return 'no dump is committed'
    if shutil.which('abidw') is None or shutil.which('abidiff') is None:
        return 'abidw is not installed (abigail-tools)'
    if compiler != 'gcc plain':
        return f'dumps are made of plain gcc builds, this one is {compiler}'
    system = platform.freedesktop_os_release()
    if (system.get('ID'), system.get('VERSION_ID')) != ('debian', '12') or platform.machine() != 'x86_64':
        return f'dumps are made on Debian 12 on x86_64, this is {system.get("PRETTY_NAME")} on {platform.machine()}'
    return None


def differences(suppressions, old, new):
    run = subprocess.run(['abidiff', '--suppressions', suppressions, old, new], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def exchange_members(text):
    """The dump of a library in which read () and listen () of a driver have changed places."""
    start = text.index("<class-decl name='MgDriverOps'")
    end = text.index('</class-decl>', start)
    block = text[start:end]
    read = re.search(r"layout-offset-in-bits='(\d+)'>\s*<var-decl name='read'", block)
    listen = re.search(r"layout-offset-in-bits='(\d+)'>\s*<var-decl name='listen'", block)
    changed = block.replace(read.group(0), read.group(0).replace(read.group(1), listen.group(1)))
    changed = changed.replace(listen.group(0), listen.group(0).replace(listen.group(1), read.group(1)))
    return text[:start] + changed + text[end:]


def main(sdk, library, compiler):
    tap = Tap()
    folder = os.path.join(sdk, 'abi')
    dump, suppressions = os.path.join(folder, 'libmetergate.abi'), os.path.join(folder, 'suppressions.ini')
    reason = reason_to_skip(dump, compiler)
    if reason is not None:
        tap.skip(UNCHANGED, reason)
        tap.skip(NOTICED, reason)
        tap.done()
    with tempfile.TemporaryDirectory() as scratch:
        now, other = os.path.join(scratch, 'now.abi'), os.path.join(scratch, 'other.abi')
        with open(now, 'w', encoding='utf-8') as file:
            subprocess.run([os.path.join(folder, 'dump'), library], check=True, stdout=file)
        code, said = differences(suppressions, dump, now)
        tap.check(code == 0, UNCHANGED, said, 'if that is wanted: raise MG_ABI_MINOR and run sdk/abi/update BUILD')
        with open(dump, encoding='utf-8') as old, open(other, 'w', encoding='utf-8') as file:
            file.write(exchange_members(old.read()))
        code, said = differences(suppressions, dump, other)
        tap.check(code != 0 and 'MgDriverOps' in said, NOTICED, said)
    tap.done()


main(*sys.argv[1:])
