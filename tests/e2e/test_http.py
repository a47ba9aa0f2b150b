# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients of the API's socket may do to it: endless bodies, waiting while the gateway stops."""
import os
import socket

import pytest

from gateway import Bus, Gateway, demo_config

CHUNK = b'10000\r\n' + b'a' * 65536 + b'\r\n'


@pytest.fixture
def gateway(tmp_path):
    bus = Bus(str(tmp_path), '--count', '3', '--meter', 'address=99 silent=100')
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    gateway.start()
    assert gateway.import_meters(bus.meters()).returncode == 0
    yield gateway
    if gateway.process.poll() is None:
        gateway.kill()
    bus.stop()


def connect(gateway):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(os.path.join(gateway.state, 'metergate.sock'))
    return client


def request(method, path, *headers):
    return '\r\n'.join((f'{method} /api/v1/{path} HTTP/1.1', 'Host: gateway', *headers, '', '')).encode()


def peak_mb(gateway):
    with open(f'/proc/{gateway.process.pid}/status') as status:
        return int(next(line for line in status if line.startswith('VmHWM')).split()[1]) / 1024


def is_sanitized(gateway):
    """AddressSanitizer keeps what was freed for a while, and so says nothing about memory."""
    with open(f'/proc/{gateway.process.pid}/maps') as maps:
        return 'libasan' in maps.read()


@pytest.mark.parametrize('header, part, end', [('Transfer-Encoding: chunked', CHUNK, b'0\r\n\r\n'),
                                               (f'Content-Length: {3200 * 65536}', b'a' * 65536, b'')], ids=['chunked', 'long'])
def test_a_body_without_end_is_refused_and_not_kept(gateway, header, part, end):
    before = peak_mb(gateway)
    client = connect(gateway)
    client.sendall(request('PUT', 'meters.csv', header))
    for _ in range(3200):  # 200 MB
        client.sendall(part)
    client.sendall(end)
    assert client.recv(1000).startswith(b'HTTP/1.1 413 ')
    assert is_sanitized(gateway) or peak_mb(gateway) < before + 120
    assert gateway.json('status')['meters'] == 4


def test_an_answer_without_a_body_says_that_the_connection_ends(gateway):
    client = connect(gateway)
    client.sendall(request('DELETE', f"meters/{gateway.json('meters')[0]['id']}"))
    answer = client.recv(1000)
    assert answer.startswith(b'HTTP/1.1 204 ')
    assert b'\r\nConnection: close\r\n' in answer
    assert client.recv(1000) == b''


def test_a_client_that_waits_when_the_gateway_stops_is_no_fault(gateway):
    silent = next(meter['id'] for meter in gateway.json('meters') if meter['address'] == '99')
    client = connect(gateway)
    client.sendall(request('POST', f'meters/{silent}/read', 'Content-Length: 0'))
    assert gateway.json('status')['meters'] == 4  # what was sent before is in work
    assert gateway.stop() == 0
    assert 'CRITICAL' not in open(gateway.log).read()
