# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test points for scripts that meson runs: prints TAP, ends with a status."""
import sys


class Tap:
    def __init__(self):
        self.points = 0
        self.failed = 0

    def check(self, good, name, *details):
        self.points += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.points} - {name}")
        if not good:
            for detail in details:
                for line in str(detail).splitlines():
                    print(f'# {line}')

    def skip(self, name, reason):
        self.points += 1
        print(f'ok {self.points} - {name} # SKIP {reason}')

    def done(self):
        print(f'1..{self.points}')
        sys.exit(1 if self.failed else 0)
