# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Modbus server as a client sees it: values as in the API, addresses that stay, the test image, limits, abuse."""
import os
import re
import signal
import socket
import struct

import pytest

from gateway import Bus, Gateway, demo_config, wait_for

TEST_IMAGE = ('D080 0DC1 0002 0084 5CE5 5EAC 0000 0100 0000 0000 00BC 614E 0443 0102 5CE5 5EAC 0000 0200 0000 0000 '
              '0000 0000 00BC 614E 449A 522B FFFC 0005 5CE5 5EAC')


class Client:
    """Modbus TCP by hand."""

    def __init__(self, port, host='127.0.0.1'):
        self.socket = socket.create_connection((host, port), 10)
        self.socket.settimeout(10)
        self.transaction = 0

    def send(self, pdu, unit=255):
        self.transaction = (self.transaction + 1) & 0xFFFF
        self.socket.sendall(struct.pack('>HHHB', self.transaction, 0, len(pdu) + 1, unit) + pdu)
        return self.transaction

    def exactly(self, n):
        got = b''
        while len(got) < n:
            more = self.socket.recv(n - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def receive(self):
        transaction, protocol, length, unit = struct.unpack('>HHHB', self.exactly(7))
        assert protocol == 0
        return transaction, unit, self.exactly(length - 1)

    def ask(self, pdu, unit=255):
        sent = self.send(pdu, unit)
        transaction, answering, answer = self.receive()
        assert (transaction, answering) == (sent, unit)
        return answer

    def read(self, start, count, unit=255, function=3):
        answer = self.ask(struct.pack('>BHH', function, start, count), unit)
        assert answer[0] == function, answer.hex()
        assert answer[1] == 2 * count == len(answer) - 2
        return answer[2:]

    def image(self, unit=255):
        """All entries of ten registers."""
        entries = []
        while True:
            answer = self.ask(struct.pack('>BHH', 3, 10 * len(entries), 10), unit)
            if answer[0] == 0x83:
                assert answer[1] == 2
                return entries
            entries.append(answer[2:])

    def is_closed(self):
        try:
            return self.socket.recv(1) == b''
        except ConnectionResetError:
            return True


def modbus_config(bus, folder, extra=''):
    return demo_config(bus, folder / 'reports', extra=f'\n[server modbus]\nservice = modbus\nlisten = tcp:127.0.0.1:0\n{extra}')


def port_of(gateway, n=1):
    """The n-th port that the log tells."""
    def ports():
        found = re.findall(r'listens at tcp:\S+, port (\d+)', open(gateway.log).read())
        return int(found[n - 1]) if len(found) >= n else None
    return wait_for('a port', ports)


@pytest.fixture
def bus(tmp_path):
    bus = Bus(str(tmp_path), '--count', '4', '--values', '6')
    yield bus
    bus.stop()


@pytest.fixture
def start(tmp_path, bus):
    started = []

    def start(extra=''):
        gateway = Gateway(str(tmp_path), modbus_config(bus, tmp_path, extra))
        gateway.start()
        started.append(gateway)
        return gateway
    yield start
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.kill()


def shown(client, unit=255):
    """serial: [(number, exponent, float)] of all entries."""
    meters, serial = {}, None
    for entry in client.image(unit):
        kind = entry[14]
        if kind == 2:
            serial = struct.unpack('>I', entry[:4])[0]
            meters[serial] = []
        elif kind == 0:
            meters[serial].append((*struct.unpack('>q', entry[:8]), *struct.unpack('>h', entry[12:14]),
                                   *struct.unpack('>f', entry[8:12])))
    return meters


def decimal(text):
    """A value as its mantissa and exponent."""
    mantissa = text.replace('.', '')
    return int(mantissa), -len(text.partition('.')[2])


def all_meters_are_read(gateway, n=4):
    wait_for('all meters', lambda: len(gateway.json('meters')) >= n and all(m['readouts'] > 0 for m in gateway.json('meters')))


def test_registers_are_the_values_of_the_api(start, bus):
    gateway = start()
    gateway.import_meters(bus.meters())
    all_meters_are_read(gateway)
    client = Client(port_of(gateway))
    wait_for('all entries', lambda: len(client.image()) >= 1 + 4 * 7)
    bus.stop()  # from now on nothing changes but what is on its way
    texts = {}

    def equal():
        registers = shown(client)
        for meter in gateway.json('meters'):
            serial = int(meter['identity'].split('-')[1])
            values = gateway.json('values', str(meter['id']))['values']
            entries = registers[serial]
            assert len(entries) == len(values) >= 6
            for value, (number, exponent, single) in zip(values, entries):
                if value.get('type', 'decimal') != 'decimal' or not re.fullmatch(r'-?[0-9.]+', str(value['value'])):
                    continue
                mantissa, places = decimal(value['value'])
                if mantissa * 10 ** (places + 40) != number * 10 ** (exponent + 40):
                    return False
                assert single == pytest.approx(float(value['value']), rel=1e-6)
                texts[serial, value['key']] = value['value']
        return True
    wait_for('equal values', equal)
    assert len(texts) >= 16


@pytest.mark.slow
def test_addresses_stay_over_restart_and_added_meters(start, bus):
    gateway = start()
    lines = bus.meters().splitlines(keepends=True)
    gateway.import_meters(''.join(lines[:3]))
    all_meters_are_read(gateway, 2)
    client = Client(port_of(gateway))
    wait_for('two meters', lambda: len(client.image()) >= 1 + 2 * 7)
    # serial number, manufacturer and medium of a meter entry; kind and unit of any
    def layout():
        return [(entry[:8] if entry[14] == 2 else b'') + entry[14:16] for entry in client.image()]
    before = layout()
    assert before[0][-2:] == b'\1\0' and before[1][-2:] == b'\2\0' and len(before) == 1 + 2 * 7
    kept = gateway.json('status')['readings_kept']
    wait_for('later readings, committed behind the addresses', lambda: gateway.json('status')['readings_kept'] >= kept + 24)
    gateway.kill()
    gateway.start()
    client = Client(port_of(gateway, 2))
    assert layout() == before  # at once, from what was kept
    gateway.import_meters(''.join(lines))
    wait_for('four meters', lambda: len(client.image()) >= 1 + 4 * 7)
    assert layout()[:len(before)] == before
    assert gateway.stop() == 0


def test_a_tag_chooses_the_register(start, bus):
    gateway = start()
    header, first, *rest = bus.meters().splitlines()
    cells = first.split(';')
    cells[7] = 'register=5000'
    gateway.import_meters('\n'.join([header, ';'.join(cells)]) + '\n')
    all_meters_are_read(gateway, 1)
    client = Client(port_of(gateway))

    def there():
        answer = client.ask(struct.pack('>BHH', 3, 5000, 10))
        return answer[0] == 3 and answer[2 + 14] == 2
    wait_for('the entry', there)
    assert client.read(4000, 125) == bytes(250)  # a hole reads as 0
    assert client.ask(struct.pack('>BHH', 3, 5001, 10)) == b'\x83\2'


def test_the_test_image_is_exact(start):
    client = Client(port_of(start('test-image = yes\n')))
    assert client.read(0, 30) == client.read(0, 30, function=4) == bytes.fromhex(TEST_IMAGE)
    for unit in (0, 1, 17, 247, 254, 255):
        assert client.read(24, 2, unit) == bytes.fromhex('449A522B')
    assert client.ask(b'\x03\0\0\0\x1f') == b'\x83\2'
    for function in (5, 6, 15, 16, 22, 23):
        answer = client.ask(bytes([function]) + b'\0\0\0\1\2\0\0')
        assert answer == bytes([function | 0x80, 2 if function in (5, 6, 15, 16) else 1])
    assert b'Metergate' in client.ask(b'\x2b\x0e\x02\0')


def test_requests_come_in_pieces_and_in_heaps(start):
    client = Client(port_of(start('test-image = yes\n')))
    request = struct.pack('>HHHBBHH', 7, 0, 6, 1, 3, 24, 2)
    for byte in request:
        client.socket.sendall(bytes([byte]))
    assert client.receive() == (7, 1, bytes.fromhex('0304449A522B'))
    heap = b''.join(struct.pack('>HHHBBHH', i, 0, 6, 1, 3, 0, 30) for i in range(2000))
    client.socket.setblocking(True)
    import threading
    sender = threading.Thread(target=client.socket.sendall, args=(heap,))
    sender.start()
    for i in range(2000):
        transaction, unit, pdu = client.receive()
        assert (transaction, unit, pdu[2:]) == (i, 1, bytes.fromhex(TEST_IMAGE))
    sender.join()
    client.socket.sendall(request)
    client.socket.shutdown(socket.SHUT_WR)  # answered, then closed
    assert client.receive()[0] == 7
    assert client.is_closed()


@pytest.mark.parametrize('noise', ['000100010006 01 03 0000 0001', '000100000000', '0001000000 01 01', '0001 0000 00FF', '0001 0000 FFFF',
                                   '474554202F20485454502F312E310D0A'])
def test_what_is_not_modbus_is_closed(start, noise):
    client = Client(port_of(start('test-image = yes\n')))
    client.socket.sendall(bytes.fromhex(noise))
    assert client.is_closed()


def test_the_oldest_connection_makes_room(start):
    gateway = start('test-image = yes\nmax-connections = 3\n')
    port = port_of(gateway)
    clients = [Client(port) for _ in range(3)]
    for client in clients:
        client.read(0, 1)
    descriptors = f'/proc/{gateway.process.pid}/fd'
    before = len(os.listdir(descriptors))
    for _ in range(200):
        clients.append(Client(port))
        clients[-1].read(0, 1)
        oldest = clients.pop(0)
        assert oldest.is_closed()
        oldest.socket.close()
    for client in clients:
        client.read(0, 30)
    assert len(os.listdir(descriptors)) <= before + 3


def test_a_client_that_never_reads_harms_no_other(start):
    port = port_of(start('test-image = yes\n'))
    deaf, client = Client(port), Client(port)
    deaf.socket.setblocking(False)
    request = struct.pack('>HHHBBHH', 1, 0, 6, 1, 3, 0, 30) * 100
    with pytest.raises(BlockingIOError):
        for _ in range(100000):
            deaf.socket.send(request)
    for _ in range(100):
        assert client.read(24, 2) == bytes.fromhex('449A522B')


def test_idle_and_unfinished_requests_end(start):
    port = port_of(start('test-image = yes\nidle-timeout = 2s\nframe-timeout = 1s\n'))
    idle, slow = Client(port), Client(port)
    slow.socket.sendall(b'\0\1\0\0')
    assert slow.is_closed()
    assert idle.is_closed()


def test_a_changed_setting_restarts_the_server_at_its_port(start, bus, tmp_path):
    gateway = start('test-image = yes\n')
    port = port_of(gateway)
    old = Client(port)
    assert old.read(24, 2) == bytes.fromhex('449A522B')
    path = os.path.join(gateway.config_dir, '20-test.conf')
    text = open(path).read().replace('127.0.0.1:0', f'127.0.0.1:{port}') + 'word-order = low-first\n'
    gateway.configure(text)
    gateway.process.send_signal(signal.SIGHUP)
    assert old.is_closed()
    assert port_of(gateway, 2) == port
    assert Client(port).read(24, 2) == bytes.fromhex('522B449A')


def test_a_taken_port_is_told_and_tried_again(start, tmp_path, bus):
    taken = socket.create_server(('127.0.0.1', 0))
    port = taken.getsockname()[1]
    gateway = Gateway(str(tmp_path), modbus_config(bus, tmp_path).replace('127.0.0.1:0', f'127.0.0.1:{port}'))
    gateway.start()
    try:
        wait_for('the fault', lambda: 'service.fault' in open(gateway.log).read())
        assert f'127.0.0.1:{port}' in open(gateway.log).read()
        taken.close()
        assert port_of(gateway) == port
        wait_for('the end of it', lambda: 'service.ok' in open(gateway.log).read())
        Client(port).read(0, 10)
        assert gateway.stop() == 0
    finally:
        if gateway.process.poll() is None:
            gateway.kill()


def test_each_meter_can_be_a_unit(start, bus):
    gateway = start('multi-slave = yes\n')
    gateway.import_meters(bus.meters())
    all_meters_are_read(gateway)
    client = Client(port_of(gateway))
    wait_for('four units', lambda: all(client.ask(b'\3\0\0\0\1', unit)[0] == 3 for unit in (1, 2, 3, 4)))
    serials = {int(m['identity'].split('-')[1]) for m in gateway.json('meters')}
    wait_for('all entries', lambda: all(len(client.image(unit)) == 7 for unit in (1, 2, 3, 4)))
    assert {serial for unit in (1, 2, 3, 4) for serial in shown(client, unit)} == serials
    assert client.ask(b'\3\0\0\0\1', 5) == b'\x83\x0b'
    assert client.read(7, 1, 255) == b'\1\0'
    client.send(b'\3\0\0\0\1', 0)  # a broadcast is never answered
    assert client.read(7, 1, 255) == b'\1\0'
