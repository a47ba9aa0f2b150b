# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gateway as its user sees it: import, read, report, edit, bad input."""
import os
import subprocess

import pytest

from gateway import BUILD, Bus, Gateway, csv_rows, demo_config, wait_for

HEADER = 'label;channel;address;identity;medium;cycle;keep;tags\n'


@pytest.fixture
def bus(tmp_path):
    bus = Bus(str(tmp_path), '--count', '4', '--values', '6')
    yield bus
    bus.stop()


@pytest.fixture
def gateway(tmp_path, bus):
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    gateway.start()
    yield gateway
    if gateway.process.poll() is None:
        gateway.kill()


def test_meters_are_read_kept_and_reported(gateway, bus):
    assert gateway.import_meters(bus.meters()).stdout.strip() == '4 added, 0 changed, 0 unchanged'
    wait_for('all meters', lambda: all(m['readouts'] > 0 for m in gateway.json('meters')))
    wait_for('kept', lambda: gateway.json('status')['readings_kept'] >= 24)
    wait_for('a report', lambda: gateway.json('reports')[0]['delivered'] > 0)
    rows = [row for path in gateway.report_files() for row in csv_rows(path)]
    assert len({row[2] for row in rows}) >= 1
    assert gateway.stop() == 0
    assert oct(os.stat(os.path.join(gateway.state, 'state.db')).st_mode & 0o777) == '0o600'


def test_exported_meters_import_unchanged(gateway, bus):
    gateway.import_meters(bus.meters())
    wait_for('identities', lambda: all(m['identity'] for m in gateway.json('meters')))
    text = gateway.cli('meters', 'export').stdout
    assert text.startswith(HEADER)
    assert gateway.import_meters(text).stdout.strip() == '0 added, 0 changed, 4 unchanged'
    comma = 'label,channel,address,identity,medium,cycle,keep,tags\n"Flat 3, kitchen",mbus1,1,,,30s,change,floor=3 side=left\n'
    assert gateway.import_meters(comma).stdout.strip() == '0 added, 1 changed, 0 unchanged'
    assert 'Flat 3, kitchen;mbus1;1;' in gateway.cli('meters', 'export').stdout


@pytest.mark.parametrize('row, words', [
    ('x;mbus9;1;;;;;', ['line 2', 'mbus9', 'configured channel']),
    ('x;mbus1;;;;;;', ['line 2', 'address']),
    ('x;mbus1;300;;;;;', ['line 2', 'address']),
    ('x;mbus1;5;nonsense;;;;', ['line 2', 'identity', 'MAN-SERIAL-VERSION-MEDIUM']),
    ('x;mbus1;5;;plasma;;;', ['line 2', 'medium', 'plasma']),
    ('x;mbus1;5;;;sometimes;;', ['line 2', 'cycle']),
    ('x;mbus1;5;;;;never;', ['line 2', 'keep', 'all, slot, change or live']),
    ('x;mbus1;5;;;;;green', ['line 2', 'tags', 'key=value']),
    ('x;mbus1;5;;;;;\ny;mbus1;5;;;;;', ['line 3', 'twice']),
    ('"x;mbus1;5;;;;;', ['line 2', 'quote']),
])
def test_a_bad_meter_list_is_refused_whole(gateway, bus, row, words):
    good = 'good;mbus1;17;;;;;\n'
    refused = gateway.import_meters(HEADER + row + '\n' + good)
    assert refused.returncode == 1
    for word in words:
        assert word in refused.stderr
    assert gateway.json('meters') == []


def test_what_a_person_set_wins_and_stays(gateway, bus):
    gateway.import_meters(bus.meters())
    wait_for('a value', lambda: gateway.json('values', '1')['values'])
    key = gateway.json('values', '1')['values'][0]['key']
    gateway.cli('points', 'set', '1', key, 'label=Main counter', 'obis=6-0:1.0.0')
    assert gateway.cli('points', 'set', '1', key, 'unit=parsecs', check=False).returncode == 1
    assert gateway.cli('points', 'set', '1', 'no-such-key', 'label=x', check=False).returncode == 1
    gateway.kill()
    gateway.start()
    value = gateway.json('values', '1')['values'][0]
    assert (value['key'], value['label']) == (key, 'Main counter')


def test_last_values_come_back_after_a_restart(gateway, bus):
    gateway.import_meters(bus.meters())
    wait_for('kept', lambda: gateway.json('status')['readings_kept'] >= 24)
    gateway.stop()
    bus.stop()
    gateway.start()
    for meter in range(1, 5):
        values = gateway.json('values', str(meter))['values']
        assert len(values) >= 6 and all('value' in v for v in values)


@pytest.mark.slow
def test_a_silent_meter_is_one_gap_and_comes_back(tmp_path):
    bus = Bus(str(tmp_path), '--count', '2', '--values', '3')
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    gateway.start()
    try:
        gateway.import_meters(bus.meters() + 'nobody;mbus1;99;;;;;\n')
        wait_for('silence', lambda: gateway.json('meters')[2]['silent'])
        assert not gateway.json('meters')[0]['silent']
        assert 'meter.silent' in open(gateway.log).read()
    finally:
        gateway.kill()
        bus.stop()


def test_a_changed_configuration_is_taken_over_and_a_bad_one_is_not(gateway, bus):
    import signal
    gateway.import_meters(bus.meters())
    path = os.path.join(gateway.config_dir, '20-test.conf')
    good = open(path).read()
    gateway.configure(good.replace('cycle = 1s', 'cyle = 1s'))
    check = subprocess.run([os.path.join(BUILD, 'core/main/metergated'), '--check-config', '--config-dir', gateway.config_dir,
                            '--state-dir', gateway.state, '--plugin-dir', gateway.plugins], capture_output=True, text=True)
    assert check.returncode == 1
    assert '20-test.conf:8' in check.stderr and 'cyle' in check.stderr
    gateway.process.send_signal(signal.SIGHUP)
    wait_for('the refusal', lambda: 'cyle' in open(gateway.log).read())
    reads = gateway.json('status')['reads']
    wait_for('reading goes on', lambda: gateway.json('status')['reads'] > reads + 4)
    gateway.configure(good.replace('[report demo]', '[report other]'))
    gateway.process.send_signal(signal.SIGHUP)
    wait_for('the other report', lambda: gateway.json('reports')[0]['name'] == 'other')


def test_usage_errors_are_said(gateway):
    daemon = os.path.join(BUILD, 'core/main/metergated')
    assert subprocess.run([daemon, '--no-such'], capture_output=True).returncode == 2
    second = subprocess.run(gateway.daemon(), capture_output=True, text=True, timeout=30)
    assert second.returncode == 1 and second.stderr
    assert gateway.cli('no-such-command', check=False).returncode == 2
