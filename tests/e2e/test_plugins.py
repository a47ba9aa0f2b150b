# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad plugins in a whole gateway: refused in words, or named after a crash; the rest goes on."""
import os
import resource
import shutil

import pytest

from gateway import BUILD, Bus, Gateway, demo_config, wait_for

CRASHING = '''
[channel crash1]
driver = segfault
line = bus1
cycle = 1s
'''


@pytest.fixture
def bus(tmp_path):
    bus = Bus(str(tmp_path), '--count', '2', '--values', '3')
    yield bus
    bus.stop()


@pytest.fixture
def gateway(tmp_path, bus):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    yield gateway
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.kill()


def put(gateway, module, name, mode=0o755):
    path = os.path.join(gateway.plugins, name)
    shutil.copy(os.path.join(BUILD, 'core/plugin/tests', module + '.so'), path)
    os.chmod(path, mode)


def listed(gateway):
    return {plugin['file']: plugin for plugin in gateway.json('plugin', 'list')}


def test_bad_plugins_are_refused_in_words_and_the_rest_goes_on(gateway, bus):
    for module in ['abi', 'old', 'nosymbol', 'undefined', 'short', 'ctor-crash']:
        put(gateway, module, f'driver-{module}.so')
    put(gateway, 'good', 'driver-good.so', 0o777)
    with open(os.path.join(gateway.plugins, 'driver-garbage.so'), 'w') as out:
        out.write('x' * 1000)
    os.chmod(out.name, 0o755)
    gateway.start()
    plugins = listed(gateway)
    for name, words in {
        'driver-abi.so': 'built for ABI 7.3',
        'driver-old.so': 'built for ABI 0.0',
        'driver-nosymbol.so': 'does not export mg_module',
        'driver-undefined.so': 'undefined symbol: mg_not_of_this_world',
        'driver-short.so': 'MgDriverOps',
        'driver-ctor-crash.so': 'at load',
        'driver-good.so': 'writable by everybody',
        'driver-garbage.so': 'invalid ELF header',
    }.items():
        assert not plugins[name]['accepted'] and words in plugins[name]['reason'] and plugins[name]['remedy'], plugins[name]
        assert f'{name} refused: ' in open(gateway.log).read()
    assert plugins['driver-mbus.so']['accepted']
    assert gateway.import_meters(bus.meters()).returncode == 0
    wait_for('the meters', lambda: all(m['readouts'] > 0 for m in gateway.json('meters')))
    assert gateway.stop() == 0


@pytest.mark.slow
def test_who_crashes_is_named_and_left_out_the_third_time(gateway, bus):
    put(gateway, 'segfault', 'driver-segfault.so')
    gateway.configure(CRASHING, '30-crash.conf')
    gateway.start()
    assert gateway.import_meters('label;channel;address;identity;medium;cycle;keep;tags\nx;crash1;1;;;;;\n').returncode == 0
    for crashes in (1, 2, 3):
        assert gateway.process.wait(60) != 0 # -SIGSEGV, or what a sanitizer makes of it
        gateway.out.close()
        gateway.start(wait=False)
        wait_for('its name', lambda: open(gateway.log).read().count('plugin:driver-segfault: plugin crashed the gateway in read ()')
                 == crashes)
    wait_for('the gateway', gateway.answers)
    plugin = listed(gateway)['driver-segfault.so']
    assert 'it crashed 3 times within 5 minutes' in plugin['reason'] and 'metergate plugin enable' in plugin['remedy']
    assert gateway.import_meters(bus.meters()).returncode == 0
    wait_for('the other channel', lambda: any(m['readouts'] > 0 for m in gateway.json('meters')))
    assert gateway.cli('plugin', 'enable', 'driver-nonsense', check=False).returncode == 1
    assert gateway.cli('plugin', 'enable', 'driver-segfault').returncode == 0
    assert listed(gateway)['driver-segfault.so']['accepted']
