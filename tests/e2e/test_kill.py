# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random moments while reading and reporting: nothing kept is lost, nothing comes twice under two names."""
import os
import random
import time

import pytest

from gateway import Bus, Gateway, csv_rows, demo_config, file_range, wait_for

ROUNDS = {'quick': 5, 'normal': 100, 'long': 1000}[os.environ.get('METERGATE_TEST_MODE', 'quick')]


def check_reports(gateway, kept):
    """Every kept readout is in exactly one file, and the ranges of the files neither overlap nor leave one out."""
    before, rows = 0, 0
    for path in gateway.report_files():
        first, last = file_range(path)
        assert before < first <= last, f'{path} overlaps the one before, which ended at {before}'
        inside = [seq for seq in kept if first <= seq <= last]
        assert len(csv_rows(path)) == len(inside), path
        before = last
        rows += len(inside)
    assert rows == len(kept)
    assert not [name for _, _, names in os.walk(gateway.reports) for name in names if name.endswith('.part')]


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_kill_9(tmp_path):
    seed = int(os.environ.get('METERGATE_SEED', time.time()))
    print('METERGATE_SEED', seed)
    chance = random.Random(seed)
    bus = Bus(str(tmp_path), '--count', '6', '--values', '5')
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    kept_once = set()
    try:
        gateway.start()
        assert gateway.import_meters(bus.meters()).returncode == 0
        for _ in range(ROUNDS):
            wait_for('a reading', lambda: gateway.json('status')['reads'] > 0)
            shown = gateway.json('status')['readouts_kept']
            time.sleep(chance.uniform(0, 3))
            gateway.kill()
            now = gateway.kept()
            assert kept_once <= set(now), 'a kept readout is gone'
            assert len(set(now) - kept_once) >= shown, 'a readout that was shown as kept is gone'
            kept_once |= set(now)
            gateway.start()
        wait_for('the last reading', lambda: gateway.json('status')['reads'] > 0)
        bus.stop()
        wait_for('the queue to empty', lambda: gateway.json('reports')[0]['waiting'] == 0)
        time.sleep(1)  # a commit may be on its way
        gateway.cli('reports', 'run', 'demo')

        def drained():
            files = gateway.report_files()
            return files and file_range(files[-1])[1] >= gateway.kept()[-1] and gateway.json('reports')[0]['waiting'] == 0
        wait_for('the last report', drained)
        assert gateway.stop() == 0
        kept = gateway.kept()
        assert kept_once <= set(kept)
        check_reports(gateway, kept)
        answers = sum(1 for line in open(bus.log) if ' fresh good' in line)
        assert len(kept) <= answers, 'more was kept than the meters said'
        print(ROUNDS, 'kills,', len(kept), 'readouts kept,', answers, 'answers of meters,', len(gateway.report_files()), 'files')
    finally:
        bus.stop()
        if gateway.process.poll() is None:
            gateway.kill()
