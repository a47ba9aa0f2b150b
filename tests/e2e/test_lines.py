# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines of other kinds than TCP: a pseudo terminal as serial port, unplugged and plugged in; a raw log that replays."""
import signal

import pytest

from gateway import Bus, Gateway, SerialBus, demo_config, wait_for


SERIAL = '''[line bus1]
kind = serial
device = {device}
baud = 2400

[channel mbus1]
driver = mbus
line = bus1
cycle = 1s
'''


@pytest.mark.slow
def test_a_serial_line_is_read_and_comes_back_when_it_is_plugged_in_again(tmp_path):
    bus = SerialBus(str(tmp_path), '--count', '3', '--values', '4')
    gateway = Gateway(str(tmp_path), SERIAL.format(device=bus.link))
    gateway.start()
    try:
        gateway.import_meters(bus.meters())
        wait_for('readings', lambda: all(m['readouts'] > 1 for m in gateway.json('meters')))
        bus.stop()
        failed = gateway.json('status')['reads_failed']
        wait_for('failures', lambda: gateway.json('status')['reads_failed'] > failed + 2)
        bus.start()
        before = gateway.json('status')['readouts_kept']
        wait_for('readings again', lambda: gateway.json('status')['readouts_kept'] > before + 3, 90)
    finally:
        gateway.kill()
        bus.stop()


@pytest.mark.slow
def test_the_raw_log_of_a_line_is_a_recording_that_replays(tmp_path):
    bus = Bus(str(tmp_path), '--count', '2', '--values', '4')
    log = tmp_path / 'raw.mgrec'
    config = demo_config(bus, tmp_path / 'reports').replace('kind = tcp\n', f'kind = tcp\nraw-log = {log}\n')
    gateway = Gateway(str(tmp_path), config)
    gateway.start()
    gateway.import_meters(bus.meters())
    wait_for('readings', lambda: all(m['readouts'] > 2 for m in gateway.json('meters')))
    assert gateway.stop() == 0
    meters = bus.meters()
    bus.stop()
    text = log.read_text()
    assert text.startswith('metergate-recording 1\n')
    assert ' mbus1 read 1' in text and '\n> ' in text.replace('>    ', '> ')

    again = tmp_path / 'again'
    again.mkdir()
    replay = Gateway(str(again), f'''[line bus1]
kind = recording
recording = {log}
replay = lenient

[channel mbus1]
driver = mbus
line = bus1
cycle = 1s
''')
    replay.start()
    try:
        replay.import_meters(meters)
        wait_for('readings out of the recording', lambda: all(m['readouts'] > 0 for m in replay.json('meters')))
        values = replay.json('values', '1')['values']
        assert any(v.get('value') for v in values)
    finally:
        replay.kill()


def test_a_line_that_nobody_answers_on_says_why(tmp_path):
    gateway = Gateway(str(tmp_path), SERIAL.format(device=tmp_path / 'no-such-tty'))
    gateway.start()
    try:
        assert gateway.import_meters('label;channel;address\nx;mbus1;1\n').returncode == 0
        refused = gateway.cli('read', '1', check=False)
        assert refused.returncode == 1
        assert 'no-such-tty' in refused.stderr and 'bus1' in refused.stderr
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(20) == 0
    finally:
        if gateway.process.poll() is None:
            gateway.kill()
