# SPDX-License-Identifier: LGPL-2.1-or-later
"""R-10: a full disk. The daemon stays up and says so, nothing kept is lost, and it is well within a minute of space."""
import os
import shutil
import subprocess
import tempfile

import pytest

from gateway import Bus, Gateway, demo_config, wait_for


@pytest.fixture
def small_disk():
    folder = tempfile.mkdtemp(prefix='metergate-small-')
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=0755', 'metergate-test', folder], capture_output=True, text=True)
    if mounted.returncode:
        shutil.rmtree(folder)
        pytest.skip(f'may not mount a tmpfs: {mounted.stderr.strip()}')
    yield folder
    subprocess.run(['umount', '-l', folder])
    os.rmdir(folder)


def fill(folder):
    """Leaves not a page free."""
    path = os.path.join(folder, 'ballast')
    with open(path, 'wb', buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            pass
    return path


@pytest.mark.slow
def test_a_full_disk_stops_nothing_and_loses_nothing(tmp_path, small_disk):
    bus = Bus(str(tmp_path), '--count', '20', '--values', '20')
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    gateway.state = os.path.join(small_disk, 'state')
    try:
        gateway.start()
        assert gateway.import_meters(bus.meters()).returncode == 0
        wait_for('readings', lambda: gateway.json('status')['readouts_kept'] > 40)
        before = gateway.kept()
        ballast = fill(small_disk)
        wait_for('the alarm', lambda: (fill(small_disk), gateway.json('status')['disk_full'])[1], 120)
        assert 'store.disk-full' in open(gateway.log).read()
        reads = gateway.json('status')['reads']
        wait_for('reading goes on', lambda: gateway.json('status')['reads'] > reads + 40)
        assert gateway.process.poll() is None
        waiting = gateway.json('status')['store_queue']
        assert waiting > 0
        os.unlink(ballast)
        wait_for('recovery', lambda: not gateway.json('status')['disk_full'], 60)
        wait_for('the queue', lambda: gateway.json('status')['store_queue'] < 20)
        assert gateway.stop() == 0
        after = gateway.kept()
        assert set(before) <= set(after)
        assert len(after) >= len(before) + waiting
        answers = sum(1 for line in open(bus.log) if ' fresh good' in line)
        assert len(after) >= answers - 21, 'readouts taken while the disk was full are missing'
    finally:
        bus.stop()
        if gateway.process.poll() is None:
            gateway.kill()


@pytest.mark.slow
def test_a_full_report_folder_delays_only_its_report(tmp_path, small_disk):
    bus = Bus(str(tmp_path), '--count', '4', '--values', '4')
    config = demo_config(bus, os.path.join(small_disk, 'reports')) + f'''
[report other]
format = json
transport = file
schedule = 1s
start = oldest
folder = {tmp_path}/other
'''
    gateway = Gateway(str(tmp_path), config)
    gateway.reports = os.path.join(small_disk, 'reports')
    state = {}

    def reports():
        state.update({r['name']: r for r in gateway.json('reports')})
        return state
    try:
        ballast = fill(small_disk)
        gateway.start()
        gateway.import_meters(bus.meters())
        wait_for('the other report', lambda: reports()['other']['delivered'] >= 3)
        wait_for('the full one to say why', lambda: reports()['demo']['error'])
        assert state['demo']['delivered'] == 0 and state['demo']['waiting'] > 0
        assert 'space' in state['demo']['error']
        os.unlink(ballast)
        gateway.cli('reports', 'run', 'demo')
        wait_for('delivery', lambda: reports()['demo']['delivered'] > 0 and state['demo']['waiting'] == 0)
    finally:
        gateway.kill()
        bus.stop()
