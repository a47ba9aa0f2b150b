# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is installed is enough to build a plugin out of this tree, and its flags catch a missing symbol at link time."""
import os
import subprocess

import pytest

from gateway import BUILD

PLUGIN = '''#include <metergate.h>
EXTRA
static gboolean acme_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    static const MgMeaning energy = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH);
    mg_readout_add (out, "0.0.0.0:00", &energy, mg_value_decimal (READ, 3), 0);
    return TRUE;
}
static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = acme_read);
static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER, .maturity = MG_MATURITY_BETA, .name = "acme", .summary = "ACME meters", .ops = &ops },
};
MG_MODULE_DEFINE (.name = "acme", .version = "1.0", .vendor = "ACME", .license = "MIT", .features = MG_TABLE (features));
'''


def move(path, folder):
    """The .pc file of a prefix that lies in a folder."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('prefix=', f'prefix={folder}', 1))


@pytest.fixture(scope='module')
def pc_folder(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp('installed'))
    subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', folder], check=True, capture_output=True)
    for path, _, names in os.walk(folder):
        if 'metergate.pc' in names:
            move(os.path.join(path, 'metergate.pc'), folder)
            return path
    pytest.fail('metergate.pc is not installed')


def build(pc_folder, tmp_path, text):
    system = subprocess.run(['pkg-config', '--variable=pc_path', 'pkg-config'], check=True, capture_output=True, text=True).stdout.strip()
    cflags, libs = (subprocess.run(['pkg-config', flag, 'metergate'], env=dict(os.environ, PKG_CONFIG_LIBDIR=f'{pc_folder}:{system}'),
                                   check=True, capture_output=True, text=True).stdout.split() for flag in ('--cflags', '--libs'))
    source, module = tmp_path / 'driver.c', tmp_path / 'driver-acme.so'
    source.write_text(text)
    run = subprocess.run(['cc', '-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror', '-fPIC', '-shared',
                          '-fvisibility=hidden', *cflags, str(source), '-o', str(module), *libs], capture_output=True, text=True)
    return run, module


def test_plugin_builds_and_is_accepted(pc_folder, tmp_path):
    run, module = build(pc_folder, tmp_path, PLUGIN.replace('EXTRA', '').replace('READ', '1'))
    assert run.returncode == 0, run.stderr
    verdict = tmp_path / 'verdict'
    subprocess.run(['sh', '-c', 'exec "$0" "$1" 3>"$2"', os.path.join(BUILD, 'core/plugin/metergate-probe'), str(module), str(verdict)],
                   check=True)
    assert verdict.read_text() == '0\t'


def test_missing_symbol_is_found_when_it_is_linked(pc_folder, tmp_path):
    run, _ = build(pc_folder, tmp_path,
                   PLUGIN.replace('EXTRA', 'gint64 mg_not_of_this_world (void);').replace('READ', 'mg_not_of_this_world ()'))
    assert run.returncode != 0
    assert 'mg_not_of_this_world' in run.stderr
