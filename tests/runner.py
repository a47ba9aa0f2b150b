# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds all variants, runs all tests, counts TAP points and pytest cases once each (tests/run calls this)."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VARIANTS = {
    'plain': ['-Dbuildtype=debugoptimized'],
    'asan': ['-Dbuildtype=debug', '-Doptimization=1', '-Db_sanitize=address,undefined', '-Db_lundef=false'],
    'fuzz': ['-Dbuildtype=debugoptimized', '-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dfuzz=true'],
}
FUZZ_SECONDS = 10


def knows_sources(folder):
    """Whether a build folder is set up, and for this clone: in one that was moved it does not find its sources any more."""
    try:
        with open(os.path.join(folder, 'meson-info', 'meson-info.json'), encoding='utf-8') as file:
            source = json.load(file)['directories']['source']
    except (OSError, ValueError, KeyError):
        return False
    return os.path.exists(os.path.join(folder, 'build.ninja')) and source == os.path.realpath(ROOT)


class Counts:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.failures, self.skips = [], []

    def fail(self, what):
        self.failed += 1
        self.failures.append(what)
        print(f'  FAILED {what}', flush=True)

    def skip(self, what):
        self.skipped += 1
        self.skips.append(what)


class Runner:
    def __init__(self, mode, pattern):
        self.mode, self.pattern = mode, pattern
        self.counts = Counts()
        self.logs = tempfile.mkdtemp(prefix='metergate-tests-')
        self.env = dict(os.environ, METERGATE_BUILD=os.path.join(ROOT, 'build', 'plain'), METERGATE_TEST_MODE=mode,
                        PYTHONDONTWRITEBYTECODE='1')

    def log(self, name):
        return os.path.join(self.logs, name + '.log')

    def step(self, text):
        print(f'[{time.strftime("%H:%M:%S")}] {text}', flush=True)

    def command(self, name, args, env=None, timeout=None):
        with open(self.log(name), 'ab') as out:
            try:
                return subprocess.run(args, cwd=ROOT, env=env or self.env, stdout=out, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, timeout=timeout).returncode
            except subprocess.TimeoutExpired:
                return -1

    def tail(self, name, lines=30):
        with open(self.log(name), errors='replace') as f:
            print(''.join(f.readlines()[-lines:]), flush=True)

    # ---------------------------------------------------------------- build
    def build(self, variant):
        folder = os.path.join('build', variant)
        self.step(f'build {folder}')
        env = dict(self.env)
        if variant == 'fuzz':
            env['CC'] = 'clang'
        if not knows_sources(os.path.join(ROOT, folder)):
            shutil.rmtree(os.path.join(ROOT, folder), ignore_errors=True)
            if self.command('build-' + variant, ['meson', 'setup', folder] + VARIANTS[variant], env):
                return self.build_failed(variant)
        if self.command('build-' + variant, ['ninja', '-C', folder], env):
            return self.build_failed(variant)
        if variant == 'plain':
            self.link_binaries()
        return True

    def build_failed(self, variant):
        self.tail('build-' + variant)
        self.counts.fail(f'build {variant}')
        return False

    def link_binaries(self):
        for name, target in (('metergated', 'plain/core/main/metergated'), ('metergate', 'plain/core/cli/metergate')):
            link = os.path.join(ROOT, 'build', name)
            if os.path.islink(link):
                os.unlink(link)
            os.symlink(target, link)

    # ---------------------------------------------------------------- meson tests (TAP)
    def meson_tests(self, variant, counted):
        self.step(f'tests of build/{variant}')
        args = ['meson', 'test', '-C', f'build/{variant}', '--no-rebuild', '--num-processes', '2']
        if self.mode == 'quick':
            args += ['--no-suite', 'slow']
        if variant == 'asan':
            args += ['--timeout-multiplier', '4', '--no-suite', 'plain-only']
        if self.pattern:
            listed = subprocess.run(['meson', 'test', '-C', f'build/{variant}', '--no-rebuild', '--list'], cwd=ROOT,
                                    capture_output=True, text=True).stdout.split('\n')
            names = [line.split(' / ')[-1].strip() for line in listed if self.pattern in line.split(' / ')[-1]]
            if not names:
                return
            args += names
        result = os.path.join(ROOT, 'build', variant, 'meson-logs', 'testlog.json')
        if os.path.exists(result):
            os.unlink(result)
        self.command('meson-' + variant, args)
        if not os.path.exists(result):
            self.tail('meson-' + variant)
            self.counts.fail(f'meson test in build/{variant} did not run')
            return
        with open(result, errors='replace') as f:
            for line in f:
                self.count_meson(variant, json.loads(line), counted)

    def count_meson(self, variant, test, counted):
        name, stdout = f'{variant}: {test["name"]}', test.get('stdout', '')
        points = re.findall(r'^(ok|not ok)\b(.*)$', stdout, re.M)
        good = bad = 0
        for verdict, rest in points:
            if re.search(r'#\s*SKIP', rest, re.I):
                if counted:
                    self.counts.skip(f'{name}:{rest.strip()}')
            elif verdict == 'ok':
                good += 1
            else:
                bad += 1
                self.counts.fail(f'{name}:{rest.strip()}')
        if test['result'] == 'SKIP' and not points and counted:
            self.counts.skip(f'{name}: {stdout.strip()[-200:]}')
        elif test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL') and not bad:
            self.counts.fail(f'{name}: {test["result"]} (exit {test.get("returncode")})')
            with open(self.log('failed-' + re.sub(r'\W+', '-', name)), 'w') as out:
                out.write(stdout + '\n' + test.get('stderr', ''))
        elif not points and test['result'] == 'OK' and counted:
            good = 1
        if counted:
            self.counts.passed += good

    # ---------------------------------------------------------------- pytest
    def pytests(self):
        self.step('end-to-end tests')
        report = os.path.join(self.logs, 'pytest.xml')
        args = ['/usr/bin/python3', '-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider', f'--junitxml={report}', 'tests/e2e']
        if self.pattern:
            args += ['-k', self.pattern]
        if self.mode == 'quick':
            args += ['-m', 'not slow']
        if self.mode != 'long':
            args += ['--durations=10']
        code = self.command('pytest', args)
        if code == 5:
            return
        if not os.path.exists(report):
            self.tail('pytest')
            self.counts.fail('pytest did not run')
            return
        import xml.etree.ElementTree as tree
        for case in tree.parse(report).iter('testcase'):
            name = f'{case.get("classname")}.{case.get("name")}'
            skipped = case.find('skipped')
            if case.find('failure') is not None or case.find('error') is not None:
                self.counts.fail(name)
            elif skipped is not None:
                self.counts.skip(f'{name}: {skipped.get("message")}')
            else:
                self.counts.passed += 1

    # ---------------------------------------------------------------- fuzz
    def fuzz(self):
        folder = os.path.join(ROOT, 'build', 'fuzz', 'tests', 'fuzz')
        targets = sorted(f for f in os.listdir(folder) if f.startswith('fuzz-') and os.access(os.path.join(folder, f), os.X_OK)
                         and os.path.isfile(os.path.join(folder, f)))
        for target in targets:
            if self.pattern and self.pattern not in target:
                continue
            seconds = FUZZ_SECONDS if self.mode == 'normal' else 600
            self.step(f'{target}, {seconds} s')
            grown = tempfile.mkdtemp(prefix=target + '-')
            seeds = os.path.join(ROOT, 'tests', 'fuzz', 'corpus', target[len('fuzz-'):])
            args = [os.path.join(folder, target), f'-max_total_time={seconds}', '-timeout=1', '-rss_limit_mb=1024',
                    f'-artifact_prefix={self.logs}/{target}-', '-print_final_stats=1', grown]
            if os.path.isdir(seeds):
                args.append(seeds)
            if self.command(target, args, timeout=seconds + 120):
                self.tail(target)
                self.counts.fail(target)
            else:
                self.counts.passed += 1
            shutil.rmtree(grown, ignore_errors=True)

    def run(self):
        if self.build('plain'):
            self.meson_tests('plain', counted=True)
            self.pytests()
        if self.mode != 'quick':
            if self.build('asan'):
                self.meson_tests('asan', counted=False)
            if self.build('fuzz'):
                self.fuzz()
        for skip in self.counts.skips:
            print(f'  skipped {skip}')
        for failure in self.counts.failures:
            print(f'  FAILED {failure}')
        print(f'logs: {self.logs}')
        print(f'{self.counts.passed} passed, {self.counts.failed} failed, {self.counts.skipped} skipped', flush=True)
        return 1 if self.counts.failed or not self.counts.passed else 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--mode', choices=['quick', 'normal', 'long'], default='normal')
    parser.add_argument('--pattern', default='')
    options = parser.parse_args()
    sys.exit(Runner(options.mode, options.pattern).run())
