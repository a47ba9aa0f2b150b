# SPDX-License-Identifier: LGPL-2.1-or-later
"""The walls of the house: which room may include which, plugins only the SDK, and nobody reaches into another's folder."""
import functools
import json
import os
import re
import shlex
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# docs/ARCHITECTURE.md; sdk and journal are for all rooms, but for the CLI, which speaks to the API
MAY_USE = {
    'journal': set(),
    'config': {'journal'},
    'plugin': {'config', 'journal'},
    'store': {'journal'},
    'model': {'store', 'journal'},
    'acquire': {'model', 'plugin', 'config', 'journal'},
    'report': {'store', 'model', 'plugin', 'config', 'journal'},
    'serve': {'model', 'store', 'plugin', 'config', 'journal'},
    'control': {'model', 'store', 'journal'},
    'auth': {'store', 'journal'},
    'cli': set(),
}
ROOMS = set(MAY_USE) | {'api', 'main'}
MAY_USE['api'] = ROOMS - {'api', 'main', 'cli'}
MAY_USE['main'] = ROOMS - {'main', 'cli'}
PLUGIN = re.compile(r'plugins/(input|output|server|control)/([^/]+)/')


@functools.cache
def sources():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '*.c', '*.h', '*.cc', '*.cpp'], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split('\n')
    return sorted(path for path in listed if path and os.path.isfile(os.path.join(ROOT, path)))


def is_plugin(path):
    """In the folder of a plugin, which defines a module; what tests share lies beside."""
    folder = PLUGIN.match(path)
    return folder is not None and any('MG_MODULE_DEFINE' in text(other) for other in sources() if other.startswith(folder.group(0)))


@functools.cache
def text(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def includes(path):
    """(line, '"' or '<', name) of each include, whatever blanks it has."""
    for number, line in enumerate(text(path).split('\n'), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            yield number, match.group(1), match.group(2)


def complaints(paths, judge):
    return [f'{path}:{number}: {why}' for path in paths for number, mark, name in includes(path)
            for why in [judge(path, mark, name)] if why]


def home(path):
    """The folder that is a file's own: a room, a plugin with its tests, the SDK."""
    parts = path.split('/')
    return '/'.join(parts[:{'core': 2, 'plugins': 3, 'tests': 2}.get(parts[0], 1)]) + '/'


def quoted_stays_inside(path, mark, name):
    there = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if mark == '"' and (name.startswith('/') or not there.startswith(home(path))):
        return f'"{name}" leaves {home(path)}'
    return None


def room_keeps_to_its_row(path, mark, name):
    match = re.match(r'core/([^/]+)/', path)
    other = name.split('/')[0]
    if match is None or '/' not in name:
        return None
    if other == 'core' or (other in ROOMS and other != match.group(1) and other not in MAY_USE[match.group(1)]):
        return f'{match.group(1)} may not use {name}'
    return None


def plugin_keeps_to_the_sdk(path, mark, name):
    match = PLUGIN.match(path)
    folder = name.split('/')[0]
    if match is None or '/' not in name:
        return None
    if folder == 'core' or (folder in ROOMS and not os.path.isdir(os.path.join(ROOT, 'plugins/lib', folder))):
        return f'a plugin may not use {name}'
    if folder in ('host', 'metergate') and f'/{match.group(2)}/tests/' not in path and is_plugin(path):
        return f'a plugin includes <metergate.h> alone, not {name}'
    return None


def sdk_knows_nobody(path, mark, name):
    if path.startswith('sdk/') and name.split('/')[0] in ROOMS | {'core', 'plugins'}:
        return f'the SDK may not use {name}'
    return None


@pytest.mark.parametrize('judge', [quoted_stays_inside, room_keeps_to_its_row, plugin_keeps_to_the_sdk, sdk_knows_nobody])
def test_includes(judge):
    assert complaints(sources(), judge) == []


def test_every_room_has_its_row():
    rooms = {path.split('/')[1] for path in sources() if path.startswith('core/') and path.count('/') > 1}
    assert rooms <= ROOMS


@pytest.mark.parametrize('judge, path, line', [
    (quoted_stays_inside, 'core/model/model.c', '"../store/body.h"'),
    (quoted_stays_inside, 'plugins/input/mbus/driver.c', '"../../../core/store/include/store/store.h"'),
    (room_keeps_to_its_row, 'core/store/store.c', '<model/model.h>'),
    (room_keeps_to_its_row, 'core/cli/decode.c', '<config/config.h>'),
    (plugin_keeps_to_the_sdk, 'plugins/input/mbus/driver.c', '<store/store.h>'),
    (plugin_keeps_to_the_sdk, 'plugins/input/mbus/driver.c', '<host/mgh-line.h>'),
    (sdk_knows_nobody, 'sdk/src/value.c', '<journal/journal.h>'),
])
def test_what_is_forbidden_is_noticed(judge, path, line):
    assert judge(path, line[0], line[1:-1])


# ---- and the compiler says the same, with the very flags of the build


def compile_commands():
    """For each room and each plugin: one command of each set of include paths that it compiles with."""
    build = os.environ.get('METERGATE_BUILD') or os.path.join(ROOT, 'build', 'plain')
    path = os.path.join(build, 'compile_commands.json')
    if not os.path.exists(path):
        pytest.skip(f'no build at {build} (METERGATE_BUILD names the build folder)')
    found = {}
    with open(path, encoding='utf-8') as file:
        for entry in json.load(file):
            source = os.path.relpath(os.path.join(entry['directory'], entry['file']), ROOT)
            room = re.match(r'core/([^/]+)/[^/]+\.c$', source)
            plugin = PLUGIN.match(source)
            paths = frozenset(word for word in shlex.split(entry['command']) if word.startswith('-I') and '.p' not in word)
            if room:
                found.setdefault(f'core/{room.group(1)}', {}).setdefault(paths, entry)
            elif plugin and '/tests/' not in source and is_plugin(source):
                found.setdefault(plugin.group(0).rstrip('/'), {}).setdefault(paths, entry)
    return {place: list(entries.values()) for place, entries in found.items()}


def compiles(entry, text):
    arguments, skip = [], False
    for word in shlex.split(entry['command']):
        if skip or word in ('-c', entry['file']) or word.startswith('-M'):
            skip = not skip and word in ('-MF', '-MQ')
            continue
        if word == '-o':
            skip = True
            continue
        arguments.append(word)
    run = subprocess.run([*arguments, '-w', '-fsyntax-only', '-x', 'c', '-'], input=text, cwd=entry['directory'], capture_output=True,
                         text=True)
    return run.returncode == 0, run.stderr


def public_headers():
    return {match.group(1): f'{match.group(1)}/{os.path.basename(path)}' for path in sources()
            for match in [re.match(r'core/([^/]+)/include/\1/\1\.h$', path)] if match}


def on_the_path(room):
    """The rooms whose headers a room's compiler may see: those it may use, and what their own headers need."""
    seen, todo = set(), {room, *MAY_USE[room]}
    while todo:
        other = todo.pop()
        seen.add(other)
        for path in sources():
            if path.startswith(f'core/{other}/include/'):
                todo |= {name.split('/')[0] for _, _, name in includes(path)} & ROOMS - seen
    return seen


def test_forbidden_includes_do_not_compile():
    commands, headers, tried = compile_commands(), public_headers(), 0
    for place, entries in commands.items():
        room = place.split('/')[1] if place.startswith('core/') else None
        allowed = on_the_path(room) if room else set()
        forbidden = [header for other, header in headers.items() if other not in allowed]
        for entry in entries:
            good, said = compiles(entry, '#include <glib.h>\n')
            assert good, f'{place}: {said}'
            for header in forbidden:
                good, said = compiles(entry, f'#include <{header}>\n')
                assert not good, f'{place} can include <{header}>'
                assert header in said, said
                tried += 1
    assert tried > 0


def test_rooms_see_their_own_header():
    commands, headers = compile_commands(), public_headers()
    for room, header in headers.items():
        entries = commands.get(f'core/{room}', [])
        assert entries == [] or any(compiles(entry, f'#include <{header}>\n')[0] for entry in entries), header
