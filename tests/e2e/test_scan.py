# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scans over TCP: what is found is a meter at once, is read and reported, and outlives a cancel and a kill."""
import csv
import io
import os
import signal
import subprocess

import pytest

from gateway import BUILD, Bus, Gateway, csv_rows, demo_config, wait_for
from http_socket import ask

SCAN = '/api/v1/channels/mbus1/scan'


class Site:
    def __init__(self, folder, *bus, cycle='1s'):
        self.bus = Bus(folder, *bus)
        self.gateway = Gateway(folder, demo_config(self.bus, os.path.join(folder, 'reports'), cycle=cycle).replace(
            'driver = mbus', 'driver = mbus\nfirst-timeout = 150ms'))
        self.gateway.start()

    def identities(self):
        return sorted(row['identity'] for row in csv.DictReader(io.StringIO(self.bus.meters()), delimiter=';'))

    def known(self):
        return sorted(meter['identity'] for meter in self.gateway.json('meters'))

    def progress(self):
        return ask(self.gateway, 'GET', SCAN).json()

    def close(self):
        self.gateway.kill()
        self.bus.stop()


@pytest.fixture
def site(tmp_path):
    sites = []

    def make(*bus, **options):
        sites.append(Site(str(tmp_path), *bus, **options))
        return sites[-1]
    yield make
    for made in sites:
        made.close()


def test_a_scan_finds_all_meters_which_are_read_and_reported(site):
    here = site('--count', '5', '--values', '6')
    found = here.gateway.cli('scan', 'mbus1')
    assert found.stdout.splitlines()[-1].startswith('done: 5 found, 0 of them known'), found.stdout
    assert ' %  ' in found.stdout.splitlines()[0] or len(found.stdout.splitlines()) == 1
    assert here.known() == here.identities()
    assert all(meter['channel'] == 'mbus1' and meter['address'] == meter['identity'] for meter in here.gateway.json('meters'))
    wait_for('each meter was read', lambda: all(m['readouts'] > 0 for m in here.gateway.json('meters')))
    reported = set()

    def all_reported():
        for path in here.gateway.report_files():
            reported.update(cell for row in csv_rows(path) for cell in row)
        return set(here.identities()) <= reported
    wait_for('all meters in reports', all_reported)
    again = here.gateway.cli('scan', 'mbus1')
    assert again.stdout.splitlines()[-1].startswith('done: 5 found, 5 of them known'), again.stdout
    assert here.known() == here.identities()
    channel = here.gateway.json('channels')[0]
    assert (channel['meters'], channel['state'], channel['scans'], channel['line']) == (5, 'running', True, 'bus1')


def test_meters_known_by_primary_address_are_not_added_again(site):
    here = site('--count', '3', '--values', '6')
    here.gateway.import_meters(here.bus.meters())
    wait_for('each meter was read', lambda: all(m['readouts'] > 0 for m in here.gateway.json('meters')))
    assert 'done: 3 found, 3 of them known' in here.gateway.cli('scan', 'mbus1').stdout
    assert len(here.gateway.json('meters')) == 3
    assert 'done: 3 found, 3 of them known' in here.gateway.cli('scan', 'mbus1', '--mode', 'primary', '--to', '3').stdout
    assert len(here.gateway.json('meters')) == 3


@pytest.mark.slow
def test_a_long_scan_lets_meters_be_read_and_a_cancel_keeps_what_was_found(site):
    here = site('--count', '3', '--values', '6')
    here.gateway.cli('scan', 'mbus1', '--mode', 'primary', '--retries', '10', '--detach')
    wait_for('three meters', lambda: len(here.gateway.json('meters')) == 3)
    wait_for('reads meanwhile', lambda: all(m['readouts'] > 2 for m in here.gateway.json('meters')))
    now = here.progress()
    assert now['state'] == 'running' and 0 < now['decided_permille'] < 1000 and now['found'] == 3
    assert here.gateway.cli('scan', 'mbus1', check=False).returncode == 1  # one at a time
    assert here.gateway.json('channels')[0]['state'] == 'scanning'
    assert ask(here.gateway, 'DELETE', SCAN).status == 204
    wait_for('the end', lambda: here.progress()['state'] == 'cancelled')
    assert here.known() == here.identities()


@pytest.mark.slow
def test_a_kill_during_a_scan_keeps_what_was_found(site):
    here = site('--count', '3', '--values', '6', cycle='1h')
    here.gateway.cli('scan', 'mbus1', '--mode', 'primary', '--retries', '10', '--detach')
    wait_for('three meters', lambda: len(here.gateway.json('meters')) == 3)
    before = here.known()
    wait_for('some more addresses', lambda: here.progress()['no_answers'] > 20)
    here.gateway.kill()
    here.gateway.start()
    assert here.known() == before


def test_an_interrupt_ends_the_scan_and_shows_what_was_found(site):
    here = site('--count', '3', '--values', '6', cycle='1h')
    command = subprocess.Popen([os.path.join(BUILD, 'core/cli/metergate'), '--socket', os.path.join(here.gateway.state, 'metergate.sock'),
                                'scan', 'mbus1', '--mode', 'primary', '--retries', '10'], stdout=subprocess.PIPE, text=True)
    wait_for('three meters', lambda: len(here.gateway.json('meters')) == 3)
    command.send_signal(signal.SIGINT)
    text = command.communicate(timeout=30)[0]
    assert command.returncode == 1
    assert text.splitlines()[-1].startswith('cancelled: 3 found'), text


def test_what_makes_no_sense_is_refused(site):
    here = site('--count', '1', '--values', '6', cycle='1h')
    refused = here.gateway.cli('scan', 'mbus1', '--mode', 'fast', check=False)
    assert refused.returncode == 1 and 'secondary' in refused.stderr
    assert 'there is no channel' in here.gateway.cli('scan', 'none', check=False).stderr
    assert here.gateway.cli('scan', check=False).returncode == 2
    bad = here.gateway.cli('scan', 'mbus1', '--mask', '33XX', check=False)
    assert bad.returncode == 1 and 'mask' in bad.stderr
