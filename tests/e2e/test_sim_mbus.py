# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated M-Bus segment as a program: ports, recorded telegrams, log, speed."""
import os
import pathlib
import signal
import subprocess
import termios
import time

import pytest

from mbus_master import Master, long, short

ROOT = pathlib.Path(__file__).resolve().parents[2]
# ID 12345678 of 1234 l (fixed data, EN 13757-3), made by hand
FIXED = "68131368080573785634120A00E97E01000000350100003C16"


def simulator():
    builds = [os.environ.get("METERGATE_BUILD"), "build/plain", "build-wt", "build"]
    for build in filter(None, builds):
        path = ROOT / build / "tests/sim/metergate-sim-mbus"
        if path.exists():
            return str(path)
    pytest.skip("metergate-sim-mbus is not built (METERGATE_BUILD names the build folder)")


class Sim:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [simulator(), "--die-with-parent", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.ports = []
        for line in self.process.stdout:
            word, rest = line.split(None, 1)
            if word == "ready":
                break
            self.ports.append(rest.strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.errors = self.process.communicate(timeout=10)[1]


def test_one_meter_is_read_over_tcp():
    with Sim("--listen", "127.0.0.1:0", "--meter", "address=5 id=12345678 manufacturer=KAM values=1", "--speed", "fast") as sim:
        master = Master(sim.ports[0])
        assert master.ask(short(0x40, 5)) == b"\xe5"
        answer = master.ask(short(0x7B, 5))
        assert answer[4:13] == bytes.fromhex("080572785634122D2C")
        assert master.ask(short(0x7B, 5)) == answer
        assert master.ask(short(0x5B, 5)) != answer


def test_five_hundred_meters_answer_fast():
    with Sim("--listen", "127.0.0.1:0", "--buses", "2", "--count", "250", "--values", "25", "--speed", "fast") as sim:
        for port in sim.ports:
            master = Master(port)
            for address in range(1, 251):
                assert master.ask(short(0x40, address)) == b"\xe5"
                assert len(master.ask(short(0x7B, address))) > 120


def test_meters_without_primary_address_are_selected():
    with Sim("--listen", "127.0.0.1:0", "--count", "252", "--speed", "fast") as sim:
        master = Master(sim.ports[0])
        mask = bytes.fromhex("51020020FFFFFFFF")
        assert master.ask(long(0x53, 0xFD, 0x52, mask)) == b"\xe5"
        assert master.ask(short(0x7B, 0xFD))[5:11] == bytes.fromhex("FD7251020020")


def test_recorded_telegrams_are_played_and_the_rest_is_named(tmp_path):
    (tmp_path / "b.hex").write_text("68040468080170088116\n")
    (tmp_path / "a.hex").write_text(FIXED + "\n")
    (tmp_path / "c.hex").write_text(FIXED.lower() + "\n")
    (tmp_path / "notes.txt").write_text("no telegram")
    listed = subprocess.run([simulator(), "--telegrams", tmp_path, "--print-meters"], capture_output=True, text=True, check=True)
    assert listed.stderr == "left out: b.hex: application error (CI 70)\n"
    assert listed.stdout.splitlines() == [
        "label;channel;address;identity;medium;cycle;keep;tags",
        "a;mbus1;1;;7;;all;",
        "c;mbus1;3;;7;;all;",
    ]
    with Sim("--listen", "127.0.0.1:0", "--telegrams", str(tmp_path), "--speed", "fast") as sim:
        master = Master(sim.ports[0])
        for address in (1, 3):
            want = bytearray.fromhex(FIXED)
            want[5] = address
            want[-2] = sum(want[4:-2]) & 0xFF
            assert master.ask(short(0x40, address)) == b"\xe5"
            assert master.ask(short(0x7B, address)) == bytes(want)
            assert master.ask(short(0x5B, address)) == b"\xe5"
    assert sim.errors == "left out: b.hex: application error (CI 70)\n"


def test_the_log_has_a_line_before_the_answer_leaves(tmp_path):
    log = tmp_path / "log"
    with Sim("--listen", "127.0.0.1:0", "--meter", "address=5 start=700 values=1", "--log", str(log), "--speed", "fast") as sim:
        master = Master(sim.ports[0])
        for control in (0x7B, 0x7B, 0x5B):
            master.ask(short(control, 5))
        lines = [line.split() for line in log.read_text().splitlines()]
    assert [line[:6] for line in lines] == [
        ["5", "1", "700", "1", "fresh", "good"],
        ["5", "1", "700", "1", "repeated", "good"],
        ["5", "2", "701", "1", "fresh", "good"],
    ]


def test_a_new_connection_takes_the_bus():
    with Sim("--listen", "127.0.0.1:0", "--meter", "address=5", "--speed", "fast") as sim:
        first = Master(sim.ports[0])
        assert first.ask(short(0x40, 5)) == b"\xe5"
        second = Master(sim.ports[0])
        assert second.ask(short(0x40, 5)) == b"\xe5"


def test_a_pseudo_terminal_has_a_link_and_knows_the_speed(tmp_path):
    link = tmp_path / "bus"
    with Sim("--pty", "--link", str(link), "--meter", "address=5 baud=2400", "--speed", "fast") as sim:
        assert os.readlink(link) == sim.ports[0]
        fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = termios.B2400
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        os.write(fd, short(0x40, 5))
        assert os.read(fd, 10) == b"\xe5"
        os.close(fd)
    assert not link.exists()


def test_at_real_speed_a_byte_takes_its_time():
    with Sim("--listen", "127.0.0.1:0", "--baud", "300", "--meter", "address=5 values=1") as sim:
        master = Master(sim.ports[0])
        started = time.monotonic()
        assert master.ask(short(0x40, 5)) == b"\xe5"
        # 5 bytes there, 24 bits, 1 byte back, at 300 baud
        assert time.monotonic() - started >= (55 + 24 + 11) / 300


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["--listen", "127.0.0.1:0", "--meter", "address=999"], "expected 0 to 250"),
        (["--listen", "localhost:0"], "expected an IPv4 address"),
        (["--pty", "--listen", "127.0.0.1:0"], "exclude each other"),
        ([], "expected --pty"),
        (["--print-meters", "--telegrams", "/does/not/exist"], "No such file"),
    ],
)
def test_wrong_use_is_refused_in_words(arguments, word):
    run = subprocess.run([simulator(), *arguments], capture_output=True, text=True, timeout=20)
    assert run.returncode in (1, 2)
    assert word in run.stderr
