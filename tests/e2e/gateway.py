# SPDX-License-Identifier: LGPL-2.1-or-later
"""A simulated bus and a gateway on it, for end-to-end tests: everything in a scratch folder, no fixed ports."""
import csv
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('METERGATE_BUILD') or os.path.join(ROOT, 'build', 'plain')
PATIENCE_S = 60


def wait_for(what, condition, seconds=PATIENCE_S):
    """Waits until condition() is true, and returns what it said."""
    until = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < until, f'{what}: did not happen within {seconds} s'
        time.sleep(0.02)


class Bus:
    """metergate-sim-mbus on a free TCP port."""

    def __init__(self, folder, *arguments):
        self.log = os.path.join(folder, 'bus-answers.log')
        self.arguments = list(arguments)
        self.output = os.path.join(folder, 'bus.out')
        command = [os.path.join(BUILD, 'tests/sim/metergate-sim-mbus'), *arguments, '--listen', '127.0.0.1:0', '--speed', 'fast',
                   '--log', self.log]
        with open(self.output, 'w') as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        wait_for('the bus', lambda: 'listening ' in open(self.output).read())
        self.address = open(self.output).read().split('listening ')[1].split()[0]

    def meters(self):
        return subprocess.run([os.path.join(BUILD, 'tests/sim/metergate-sim-mbus'), *self.arguments, '--print-meters'],
                              check=True, capture_output=True, text=True).stdout

    def stop(self):
        self.process.kill()
        self.process.wait()


class SerialBus:
    """metergate-sim-mbus on a pseudo terminal, behind a link that stays when it is plugged in again."""

    def __init__(self, folder, *arguments):
        self.link = os.path.join(folder, 'tty')
        self.output = os.path.join(folder, 'pty.out')
        self.arguments = arguments
        self.start()

    def start(self):
        with open(self.output, 'w') as out:
            self.process = subprocess.Popen([os.path.join(BUILD, 'tests/sim/metergate-sim-mbus'), *self.arguments, '--pty', '--link',
                                             self.link, '--speed', 'fast'], stdout=out, stderr=subprocess.STDOUT)
        wait_for('the bus', lambda: 'ready' in open(self.output).read())

    def meters(self):
        return subprocess.run([os.path.join(BUILD, 'tests/sim/metergate-sim-mbus'), *self.arguments, '--print-meters'],
                              check=True, capture_output=True, text=True).stdout

    def stop(self):
        self.process.kill()
        self.process.wait()
        if os.path.islink(self.link):
            os.unlink(self.link)


class Gateway:
    def __init__(self, folder, config):
        self.folder = folder
        self.state = os.path.join(folder, 'state')
        self.config_dir = os.path.join(folder, 'conf.d')
        self.plugins = os.path.join(folder, 'plugins')
        self.reports = os.path.join(folder, 'reports')
        self.log = os.path.join(folder, 'gateway.log')
        self.process = None
        for path in (self.config_dir, self.plugins, self.reports):
            os.makedirs(path, exist_ok=True)
        for plugin in glob.glob(os.path.join(BUILD, 'plugins/*/*/*.so')):
            shutil.copy(plugin, self.plugins)
        for path in (folder, self.plugins, *glob.glob(self.plugins + '/*')):
            os.chmod(path, 0o755)
        self.configure(config)

    def configure(self, config, name='20-test.conf'):
        with open(os.path.join(self.config_dir, name), 'w') as out:
            out.write(config)

    def daemon(self, *arguments):
        return [os.path.join(BUILD, 'core/main/metergated'), '--foreground', '--config-dir', self.config_dir, '--state-dir', self.state,
                '--plugin-dir', self.plugins, *arguments]

    def start(self, wait=True):
        self.out = open(self.log, 'a')
        self.process = subprocess.Popen(self.daemon(), stdout=self.out, stderr=self.out)
        if wait:
            wait_for('the gateway', self.answers)

    def answers(self):
        assert self.process.poll() is None, open(self.log).read()[-3000:]
        return self.cli('status', check=False).returncode == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.out.close()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.out.close()
        return code

    def cli(self, *arguments, check=True):
        return subprocess.run([os.path.join(BUILD, 'core/cli/metergate'), '--socket', os.path.join(self.state, 'metergate.sock'),
                               *arguments], check=check, capture_output=True, text=True)

    def json(self, *arguments):
        return json.loads(self.cli('--json', *arguments).stdout)

    def import_meters(self, text):
        path = os.path.join(self.folder, 'meters.csv')
        with open(path, 'w') as out:
            out.write(text)
        return self.cli('meters', 'import', path, check=False)

    def kept(self):
        """Sequence numbers of all kept readouts, straight from the file (a copy: the daemon may run or be dead)."""
        with tempfile.TemporaryDirectory() as copy:
            for name in ('readings.db', 'readings.db-wal'):
                path = os.path.join(self.state, name)
                if os.path.exists(path):
                    shutil.copy(path, copy)
            database = sqlite3.connect(os.path.join(copy, 'readings.db'))
            assert database.execute('PRAGMA integrity_check').fetchone()[0] == 'ok'
            rows = [row[0] for row in database.execute('SELECT seq FROM readout ORDER BY seq')]
            database.close()
        return rows

    def report_files(self):
        return sorted(glob.glob(self.reports + '/**/*.csv', recursive=True), key=file_range)


def file_range(path):
    """First and last sequence number out of GATEWAY-REPORT-FIRST-LAST-HASH.csv"""
    first, last = os.path.basename(path).rsplit('.', 1)[0].split('-')[-3:-1]
    return int(first), int(last)


def csv_rows(path):
    with open(path, newline='') as f:
        return list(csv.reader(f, delimiter=';'))[1:]


def demo_config(bus, reports, cycle='1s', schedule='1s', extra=''):
    return f'''[line bus1]
kind = tcp
host = {bus.address}

[channel mbus1]
driver = mbus
line = bus1
cycle = {cycle}

[report demo]
format = csv
transport = file
schedule = {schedule}
start = oldest
folder = {reports}
{extra}'''
