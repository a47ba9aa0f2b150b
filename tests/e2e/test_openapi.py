# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/openapi.yaml against the daemon: the same routes and query parameters, and answers that fit their schemas."""
import os
import re
import subprocess

import jsonschema
import pytest
import yaml

from gateway import BUILD, ROOT, Bus, Gateway, demo_config, wait_for
from http_socket import Stream, ask

with open(os.path.join(ROOT, 'docs', 'openapi.yaml')) as f:
    DOCUMENT = yaml.safe_load(f)
METHODS = ('get', 'put', 'post', 'patch', 'delete')


def resolve(node):
    while '$ref' in node:
        found = DOCUMENT
        for word in node['$ref'].lstrip('#/').split('/'):
            found = found[word]
        node = found
    return node


def operations():
    for path, item in DOCUMENT['paths'].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method], item.get('parameters', []) + item[method].get('parameters', [])


def test_the_document_and_the_table_have_the_same_routes():
    printed = subprocess.run([os.path.join(BUILD, 'core/api/print-routes')], check=True, capture_output=True, text=True).stdout
    table = {(line.split()[0], line.split()[1]): set(line.split()[2:]) for line in printed.splitlines()}
    document = {}
    for method, path, _, parameters in operations():
        names = {p['name'] for p in map(resolve, parameters) if p['in'] == 'query'}
        document[method, re.sub(r'\{[a-z]+\}', '*', path)] = names
    assert document == table


def test_every_reference_and_schema_is_good():
    def walk(node):
        if isinstance(node, dict):
            if '$ref' in node:
                assert resolve(node) is not None
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)
    walk(DOCUMENT)
    for schema in DOCUMENT['components']['schemas'].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def check(answer, method, path):
    """The answer fits what the document says of this route and status."""
    operation = DOCUMENT['paths'][path][method.lower()]
    assert str(answer.status) in operation['responses'], f'{method} {path}: status {answer.status}: {answer.text}'
    response = resolve(operation['responses'][str(answer.status)])
    if 'content' not in response:
        assert answer.text == ''
        return answer
    assert answer.content_type in response['content'], f'{method} {path}: {answer.content_type}'
    schema = response['content'][answer.content_type]['schema']
    if 'json' in answer.content_type:
        jsonschema.Draft202012Validator({**schema, 'components': DOCUMENT['components']}).validate(answer.json())
    return answer


@pytest.fixture(scope='module')
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp('openapi')
    bus = Bus(str(folder), '--count', '2', '--values', '6')
    gateway = Gateway(str(folder), demo_config(bus, folder / 'reports'))
    gateway.start()
    gateway.import_meters(bus.meters())
    wait_for('a report', lambda: gateway.json('reports')[0]['delivered'] > 0)
    yield gateway
    gateway.kill()
    bus.stop()


# every route once as it should be, with the status that it must have
GOOD = [
    ('GET', '/api/v1/gateway', '', None, 200),
    ('GET', '/api/v1/plugins', '', None, 200),
    ('POST', '/api/v1/plugins/driver-mbus/enable', '', None, 200),
    ('GET', '/api/v1/config', '', None, 200),
    ('GET', '/api/v1/meters', '', None, 200),
    ('GET', '/api/v1/meters.csv', '', None, 200),
    ('PUT', '/api/v1/meters.csv', '', 'label;channel;address\nnew;mbus1;77\n', 200),
    ('GET', '/api/v1/meters/1', '', None, 200),
    ('POST', '/api/v1/meters/1/read', '', None, 204),
    ('PATCH', '/api/v1/meters/1/points/KEY', '', {'label': 'Main'}, 204),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '78', 'label': 'Attic', 'keep': None, 'tags': ['floor=3']}, 201),
    ('PATCH', '/api/v1/meters/3', '', {'label': 'New', 'active': False, 'cycle': '15min', 'tags': ['a=b', 'c=']}, 200),
    ('POST', '/api/v1/meters/3/exchange', '', {'identity': 'KAM-00000042-8-4'}, 200),
    ('DELETE', '/api/v1/meters/3', '', None, 204),
    ('GET', '/api/v1/readings', '?meter=1&limit=5', None, 200),
    ('GET', '/api/v1/events', '?limit=5', None, 200),
    ('GET', '/api/v1/lines', '', None, 200),
    ('GET', '/api/v1/channels', '', None, 200),
    ('POST', '/api/v1/channels/mbus1/scan', '', {'mode': 'primary', 'from': '100'}, 202),
    ('GET', '/api/v1/channels/mbus1/scan', '', None, 200),
    ('DELETE', '/api/v1/channels/mbus1/scan', '', None, 204),
    ('GET', '/api/v1/reports', '', None, 200),
    ('GET', '/api/v1/reports/demo', '', None, 200),
    ('POST', '/api/v1/reports/demo/run', '', None, 202),
    ('POST', '/api/v1/reports/demo/retry', '', None, 202),
]
BAD = [
    ('POST', '/api/v1/plugins/driver-none/enable', '', None, 404, 'unknown'),
    ('PUT', '/api/v1/meters.csv', '', 'nonsense', 400, 'invalid'),
    ('GET', '/api/v1/meters/99', '', None, 404, 'unknown'),
    ('GET', '/api/v1/meters/x', '', None, 404, 'unknown'),
    ('DELETE', '/api/v1/meters/99', '', None, 404, 'unknown'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus9', 'address': '1'}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '300'}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1'}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': 5}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '5', 'colour': 'red'}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '5', 'tags': ['two words=x']}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '5', 'tags': [5]}, 400, 'invalid'),
    ('POST', '/api/v1/meters', '', '[]', 400, 'invalid'),
    ('POST', '/api/v1/meters', '', '', 400, 'invalid'),
    ('POST', '/api/v1/meters', '', {'channel': 'mbus1', 'address': '1'}, 409, 'taken'),
    ('PATCH', '/api/v1/meters/99', '', {'label': 'x'}, 404, 'unknown'),
    ('PATCH', '/api/v1/meters/1', '', {'keep': 'never'}, 400, 'invalid'),
    ('PATCH', '/api/v1/meters/1', '', {'active': 'yes'}, 400, 'invalid'),
    ('PATCH', '/api/v1/meters/1', '', {'cycle': 'sometimes'}, 400, 'invalid'),
    ('PATCH', '/api/v1/meters/1', '', {'label': 'x' * 201}, 400, 'invalid'),
    ('PATCH', '/api/v1/meters/1', '', {'address': '9'}, 400, 'invalid'),
    ('POST', '/api/v1/meters/99/exchange', '', {}, 404, 'unknown'),
    ('POST', '/api/v1/meters/1/exchange', '', {'identity': 'nonsense'}, 400, 'invalid'),
    ('POST', '/api/v1/meters/1/exchange', '', {'address': '2'}, 409, 'taken'),
    ('POST', '/api/v1/meters/99/read', '', None, 404, 'unknown'),
    ('PATCH', '/api/v1/meters/1/points/none', '', {'label': 'x'}, 404, 'unknown'),
    ('PATCH', '/api/v1/meters/1/points/KEY', '', {'unit': 'parsecs'}, 400, 'invalid'),
    ('PATCH', '/api/v1/meters/1/points/KEY', '', '{', 400, 'invalid'),
    ('GET', '/api/v1/readings', '?metre=1', None, 400, 'query'),
    ('GET', '/api/v1/readings', '?meter=0', None, 400, 'query'),
    ('GET', '/api/v1/readings', '?after=-1', None, 400, 'query'),
    ('GET', '/api/v1/readings', '?limit=1001', None, 400, 'query'),
    ('GET', '/api/v1/readings', '?limit=1e3', None, 400, 'query'),
    ('GET', '/api/v1/readings', '?from_ms=2&to_ms=1', None, 400, 'query'),
    ('GET', '/api/v1/events/stream', '?after=x', None, 400, 'query'),
    ('GET', '/api/v1/events', '?after=99999999999999999999', None, 400, 'query'),
    ('GET', '/api/v1/events', '?limit=0', None, 400, 'query'),
    ('POST', '/api/v1/channels/mbus1/scan', '', {'mode': 'fast'}, 400, 'invalid'),
    ('POST', '/api/v1/channels/mbus1/scan', '', {'mode': 1}, 400, 'invalid'),
    ('POST', '/api/v1/channels/none/scan', '', {}, 404, 'unknown'),
    ('GET', '/api/v1/channels/none/scan', '', None, 404, 'unknown'),
    ('DELETE', '/api/v1/channels/none/scan', '', None, 404, 'unknown'),
    ('GET', '/api/v1/reports/none', '', None, 404, 'unknown'),
    ('POST', '/api/v1/reports/none/run', '', None, 404, 'unknown'),
    ('POST', '/api/v1/reports/none/retry', '', None, 404, 'unknown'),
]


def template(method, path):
    """The document's path that a real one belongs to; one without names goes first."""
    fits = [p for m, p, _, _ in operations() if m == method and re.fullmatch(re.sub(r'\{[a-z]+\}', '[^/]+', p), path)]
    assert fits, f'{method} {path} is not in the document'
    return min(fits, key=lambda p: p.count('{'))


def real(gateway, path):
    if 'KEY' not in path:
        return path
    return path.replace('KEY', ask(gateway, 'GET', '/api/v1/meters/1').json()['values'][0]['key'].replace('#', '%23'))


def test_every_route_has_an_example():
    stream = {('GET', '/api/v1/events/stream')}  # has no end: a test of its own
    assert {(m, template(m, p)) for m, p, *_ in GOOD} | stream == {(m, p) for m, p, _, _ in operations()}


def test_items_of_the_stream_fit_their_schemas(gateway):
    stream = Stream(gateway, '?after=0')
    assert (stream.response.status, stream.response.headers['Content-Type']) == (200, 'text/event-stream')
    seen = set()
    while seen != {'event', 'readout'}:
        name, number, data = stream.item()
        schema = {'$ref': f'#/components/schemas/{name.capitalize()}', 'components': DOCUMENT['components']}
        jsonschema.Draft202012Validator(schema).validate(data)
        assert number == data['seq']
        seen.add(name)
    stream.close()


@pytest.mark.parametrize('method, path, query, body, status', GOOD)
def test_answers_fit_their_schemas(gateway, method, path, query, body, status):
    answer = check(ask(gateway, method, real(gateway, path) + query, body), method, template(method, path))
    assert answer.status == status


@pytest.mark.parametrize('method, path, query, body, status, code', BAD)
def test_bad_requests_are_problems_that_say_why(gateway, method, path, query, body, status, code):
    answer = check(ask(gateway, method, real(gateway, path) + query, body), method, template(method, path))
    assert (answer.status, answer.json()['code'], answer.json()['status']) == (status, code, status)
    assert answer.json()['detail']


def test_a_route_that_is_not_there_is_a_problem_too(gateway):
    problem = {'$ref': '#/components/schemas/Problem', 'components': DOCUMENT['components']}
    for method, path, status, code in (('GET', '/api/v1/none', 404, 'unknown'), ('DELETE', '/api/v1/gateway', 405, 'method')):
        answer = ask(gateway, method, path)
        assert (answer.status, answer.json()['code']) == (status, code)
        jsonschema.Draft202012Validator(problem).validate(answer.json())


def test_no_route_takes_a_query_parameter_that_it_does_not_know(gateway):
    for method, path, _, _ in operations():
        path = re.sub(r'\{[a-z]+\}', '1', path)
        answer = ask(gateway, method, path + '?colour=red')
        assert (answer.status, answer.json()['code'], answer.json()['params']) == (400, 'query', {'parameter': 'colour'}), path
