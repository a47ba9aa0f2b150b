# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the API's routes do, over the socket and by the command line."""
import os
import select
import subprocess
import time

import pytest

from gateway import BUILD, Bus, Gateway, demo_config, wait_for
from http_socket import Connection, Stream, ask, socket_path


@pytest.fixture
def bus(tmp_path):
    bus = Bus(str(tmp_path), '--count', '3', '--values', '4')
    yield bus
    bus.stop()


@pytest.fixture
def gateway(tmp_path, bus):
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports', extra='\n[line spare]\nkind = tcp\nhost = 127.0.0.1:1\n'))
    gateway.start()
    gateway.import_meters(bus.meters())
    yield gateway
    if gateway.process.poll() is None:
        gateway.kill()


def get(gateway, path):
    answer = ask(gateway, 'GET', path)
    assert answer.status == 200, answer.text
    return answer.json()


def kept_at_least(gateway, readouts):
    wait_for('kept', lambda: gateway.json('status')['readouts_kept'] >= readouts)


def test_readings_page_by_page_are_all_readings_once(gateway):
    kept_at_least(gateway, 12)
    numbers, after, more = [], '0', True
    while more:
        page = get(gateway, f'/api/v1/readings?after={after}&limit=2')
        assert len(page['readouts']) <= 2
        numbers += [int(r['seq']) for r in page['readouts']]
        after, more = page['next_after'], page['more'] and len(numbers) < 100
    assert numbers == sorted(set(numbers))
    assert numbers == [n for n in gateway.kept() if n <= numbers[-1]]


def test_readings_of_one_meter_in_a_time_are_those(gateway):
    kept_at_least(gateway, 9)
    everything = get(gateway, '/api/v1/readings?limit=1000')['readouts']
    mine = [r for r in everything if r['meter'] == 2]
    assert mine and [r for r in get(gateway, '/api/v1/readings?meter=2&limit=1000')['readouts']][:len(mine)] == mine
    second = mine[1]['at_ms']
    some = get(gateway, f'/api/v1/readings?meter=2&from_ms={second}&to_ms={second + 1}')
    assert [r['seq'] for r in some['readouts']] == [mine[1]['seq']]
    assert all(isinstance(v['value'], str) for v in mine[0]['readings']) and len(mine[0]['readings']) >= 4
    assert get(gateway, '/api/v1/readings?meter=77')['readouts'] == []


@pytest.mark.slow
def test_the_live_value_is_the_newest_kept_one(gateway):
    kept_at_least(gateway, 3)
    gateway.import_meters('label;channel;address;cycle\n' + ''.join(f"m;mbus1;{m['address']};1h\n" for m in gateway.json('meters')))
    ask(gateway, 'POST', '/api/v1/meters/1/read')
    wait_for('all kept', lambda: gateway.json('status')['store_queue'] == 0)
    live = {v['key']: v['value'] for v in get(gateway, '/api/v1/meters/1')['values']}
    newest = get(gateway, '/api/v1/readings?meter=1&limit=1000')['readouts'][-1]
    assert {r['key']: r['value'] for r in newest['readings']} == live


def test_events_page_by_page_tell_what_happened(gateway):
    wait_for('points', lambda: any(e['code'] == 'gateway.started' for e in get(gateway, '/api/v1/events')['events']))
    first = get(gateway, '/api/v1/events?limit=1')
    assert len(first['events']) == 1
    rest = get(gateway, f"/api/v1/events?limit=1000&after={first['next_after']}")['events']
    assert int(rest[0]['seq']) > int(first['events'][0]['seq']) if rest else not first['more']


def test_lines_tell_their_work_and_their_faults(gateway, bus):
    kept_at_least(gateway, 6)
    used, spare = gateway.json('lines')
    assert (used['name'], used['kind'], used['state'], used['last_error']) == ('bus1', 'tcp', 'open', None)
    assert used['turns'] >= 6 and used['bytes_in'] > used['bytes_out'] > 0
    assert (spare['name'], spare['state'], spare['turns']) == ('spare', 'unused', 0)
    bus.stop()
    wait_for('the fault', lambda: gateway.json('lines')[0]['last_error'])
    assert gateway.json('lines')[0]['last_error_ms'] > 0
    assert 'last error' in gateway.cli('lines').stdout


def test_an_edit_against_an_old_revision_is_refused(gateway):
    seen = ask(gateway, 'GET', '/api/v1/meters/1').headers['ETag']
    first = ask(gateway, 'PATCH', '/api/v1/meters/1', {'label': 'Mine'}, {'If-Match': seen})
    assert first.status == 200 and first.json()['label'] == 'Mine' and first.headers['ETag'] != seen
    late = ask(gateway, 'PATCH', '/api/v1/meters/1', {'label': 'Theirs'}, {'If-Match': seen})
    assert (late.status, late.json()['code'], f'"{late.json()["params"]["rev"]}"') == (412, 'changed', first.headers['ETag'])
    for method, path, body in (('DELETE', '/api/v1/meters/1', None), ('POST', '/api/v1/meters/1/exchange', {})):
        assert ask(gateway, method, path, body, {'If-Match': seen}).status == 412
    assert get(gateway, '/api/v1/meters/1')['label'] == 'Mine'
    assert ask(gateway, 'PATCH', '/api/v1/meters/1', {'label': 'Ours'}, {'If-Match': '*'}).status == 200


def test_what_was_edited_survives_a_kill(gateway):
    changes = {'label': 'Flat 3', 'cycle': '15min', 'keep': 'change', 'active': False, 'tags': ['floor=3']}
    edited = ask(gateway, 'PATCH', '/api/v1/meters/2', changes).json()
    added = ask(gateway, 'POST', '/api/v1/meters', {'channel': 'mbus1', 'address': '200', 'label': 'Late'}).json()
    gateway.kill()
    gateway.start()
    for before in (edited, added):
        after = get(gateway, f"/api/v1/meters/{before['id']}")
        for member in ('uid', 'label', 'channel', 'address', 'cycle', 'keep', 'active', 'tags', 'rev'):
            assert after[member] == before[member], member


def test_an_exchanged_device_is_read_at_its_address_and_the_old_keeps_its_name(gateway, bus):
    kept_at_least(gateway, 6)
    ask(gateway, 'DELETE', '/api/v1/meters/3')
    meters = {m['id']: m for m in gateway.json('meters')}
    spare = [row.split(';') for row in bus.meters().strip().splitlines()][-1][2]
    old = meters[1]['identity']
    keys = [v['key'] for v in get(gateway, '/api/v1/meters/1')['values']]
    answer = ask(gateway, 'POST', '/api/v1/meters/1/exchange', {'address': spare})
    assert answer.status == 200 and answer.json()['address'] == spare
    wait_for('the new one', lambda: get(gateway, '/api/v1/meters/1')['identity'] not in ('', old))

    def events():
        return {e['code']: e for e in get(gateway, '/api/v1/events?limit=1000')['events']}
    wait_for('its first reading', lambda: 'meter.first-reading' in events())
    told = events()
    assert told['meter.exchanged']['subject'] == 'meter:1' and told['meter.exchanged']['params']['was-identity'] == old
    assert '=' in told['meter.exchanged']['params']['final'] and '=' in told['meter.first-reading']['params']['first']
    assert int(told['meter.exchanged']['seq']) < int(told['meter.first-reading']['seq'])
    wait_for('kept', lambda: len({r['identity'] for r in get(gateway, '/api/v1/readings?meter=1&limit=1000')['readouts']}) == 2)
    rows = get(gateway, '/api/v1/readings?meter=1&limit=1000')['readouts']
    assert rows[0]['identity'] == old and rows[-1]['identity'] != old
    assert [v['key'] for v in get(gateway, '/api/v1/meters/1')['values']][:len(keys)] == keys
    reads = gateway.json('lines')[0]['timeouts']
    gateway.kill()
    gateway.start()
    assert get(gateway, '/api/v1/readings?meter=1&limit=1')['readouts'][0]['identity'] == old
    assert reads == 0


def test_meters_by_the_command_line(gateway):
    added = gateway.json('meters', 'add', 'mbus1', '201', 'label=Main hall', 'tags=floor=1 side=left')
    assert (added['label'], added['tags']) == ('Main hall', ['floor=1', 'side=left'])
    number = str(added['id'])
    assert 'Attic' in gateway.cli('meters', 'edit', number, 'label=Attic', 'active=no').stdout
    assert gateway.json('meters', 'exchange', number, 'address=202')['address'] == '202'
    for bad, code in ((['add', 'mbus1'], 2), (['add', 'mbus1', '201', 'colour=red'], 2), (['add', 'mbus1', '999'], 1),
                      (['edit', number], 2), (['edit', number, 'active=perhaps'], 2), (['edit', '99', 'label=x'], 1),
                      (['exchange', number, 'address=1'], 1), (['exchange'], 2)):
        assert gateway.cli('meters', *bad, check=False).returncode == code, bad


@pytest.mark.slow
def test_the_stream_goes_on_where_a_client_was(gateway):
    kept_at_least(gateway, 6)
    stream = Stream(gateway, '?after=0')
    seen = [stream.item() for _ in range(4)]
    stream.close()
    stream = Stream(gateway, last=seen[-1][1])
    while len(seen) < 20:
        seen.append(stream.item())
    stream.close()
    numbers = [int(number) for _, number, _ in seen]
    assert numbers == sorted(set(numbers))
    kept = {int(r['seq']) for r in get(gateway, '/api/v1/readings?limit=1000')['readouts']}
    kept |= {int(e['seq']) for e in get(gateway, '/api/v1/events?limit=1000')['events']}
    assert sorted(n for n in kept if n <= numbers[-1]) == numbers


def test_a_stream_without_a_number_begins_now(gateway):
    kept_at_least(gateway, 6)
    before = max(gateway.kept())
    stream = Stream(gateway)
    assert int(stream.item()[1]) >= before
    stream.close()
    assert ask(gateway, 'GET', '/api/v1/events/stream', headers={'Last-Event-ID': 'yesterday'}).status == 400


def test_values_that_are_not_kept_are_streamed_live(gateway):
    ask(gateway, 'PATCH', '/api/v1/meters/2', {'keep': 'live'})
    stream = Stream(gateway)
    name = number = data = None
    while name != 'live':
        name, number, data = stream.item()
    assert data['meter'] == 2 and number is None and len(data['values']) >= 4
    stream.close()


def descriptors(gateway):
    return len(os.listdir(f'/proc/{gateway.process.pid}/fd'))


def test_clients_that_come_and_go_leave_nothing_behind(gateway):
    for _ in range(10):  # what is opened once, is
        get(gateway, '/api/v1/readings')
    before = descriptors(gateway)
    for _ in range(50):
        get(gateway, '/api/v1/gateway')
    wait_for('all closed', lambda: descriptors(gateway) <= before + 2)


def test_a_client_that_takes_nothing_is_dropped_at_a_megabyte(tmp_path):
    bus = Bus(str(tmp_path), '--count', '2', '--values', '60')
    gateway = Gateway(str(tmp_path), demo_config(bus, tmp_path / 'reports'))
    gateway.start()
    gateway.import_meters(bus.meters())
    stalled = Connection(socket_path(gateway))
    stalled.connect()
    stalled.sock.sendall(b'GET /api/v1/events/stream HTTP/1.1\r\nHost: metergate\r\n\r\n')
    assert stalled.sock.recv(1) == b'H'
    cut = select.poll()
    cut.register(stalled.sock, select.POLLRDHUP)
    began = time.monotonic()
    while not cut.poll(0):
        assert ask(gateway, 'POST', '/api/v1/meters/1/read').status == 204
        assert time.monotonic() < began + 28, 'not dropped before the rule for those without progress'
    taken = 0
    while data := stalled.sock.recv(65536):
        taken += len(data)
    assert taken < 1024 * 1024
    assert Stream(gateway, '?after=0').item()[0] in ('event', 'readout')
    gateway.kill()
    bus.stop()


def test_no_more_streams_than_there_is_room_for(gateway):
    streams = [Stream(gateway) for _ in range(16)]
    refused = ask(gateway, 'GET', '/api/v1/events/stream')
    assert (refused.status, refused.json()['code']) == (503, 'busy')
    for stream in streams:
        stream.close()
    wait_for('room again', lambda: Stream(gateway).response.status == 200, 40)


def test_events_are_followed_by_the_command_line(gateway):
    follow = subprocess.Popen([os.path.join(BUILD, 'core/cli/metergate'), '--socket', socket_path(gateway), 'events', '--follow', '--after',
                               '0'], stdout=subprocess.PIPE, text=True)
    while 'gateway.started' not in follow.stdout.readline():
        pass
    ask(gateway, 'POST', '/api/v1/meters/1/exchange', {})
    while 'meter.exchanged' not in follow.stdout.readline():
        pass
    assert gateway.stop() == 0
    follow.stdout.read()
    assert follow.wait(30) == 3


def test_the_command_line_shows_the_same(gateway):
    kept_at_least(gateway, 6)
    shown = gateway.cli('readings', '1', '--limit', '2').stdout.splitlines()
    assert len({line.split()[0] for line in shown}) == 2
    pages = gateway.json('readings', '1', '--limit', '2')
    assert [r['seq'] for r in pages['readouts']] == sorted({line.split()[0] for line in shown}, key=int)
    assert gateway.cli('readings', '1', '--from', '2999-01-01T00:00:00Z').stdout == ''
    assert 'gateway.started' in gateway.cli('events').stdout
    assert gateway.cli('reports', 'retry', 'demo').returncode == 0
    for bad, code in ((['readings'], 2), (['readings', '1', '--from', 'noon'], 2), (['readings', '1', '--limit'], 2),
                      (['readings', 'x'], 1), (['events', '--after', 'x'], 2), (['reports', 'retry', 'none'], 1), (['lines', 'x'], 2)):
        assert gateway.cli(*bad, check=False).returncode == code, bad
