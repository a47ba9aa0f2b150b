# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the SDK's headers declare: functions, and structs with their members."""
import glob
import os
import re


def code(path):
    """A header without its comments, preprocessor lines and bodies of inline functions."""
    with open(path, encoding='utf-8') as file:
        text = file.read().replace('\\\n', ' ')
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)
    return re.sub(r'^\s*#.*$', '', text, flags=re.M)


def headers(folder):
    return sorted(glob.glob(os.path.join(folder, 'metergate', '*.h')))


def functions(folder, prefix='mg'):
    """Names of all functions that are declared at file scope, without those of typedefs and members."""
    found = set()
    for path in headers(folder):
        text = re.sub(r'\btypedef\b[^;{]*(\{[^{}]*(\{[^{}]*\}[^{}]*)*\})?[^;]*;', '', code(path))
        found |= set(re.findall(rf'\b({prefix}_[a-z0-9_]+)\s*\(', text))
    return found


def struct_members(body):
    """Names in the order of declaration; a union inside counts as one."""
    depth, start, parts = 0, 0, []
    for at, char in enumerate(body):
        depth += (char in '({') - (char in ')}')
        if char == ';' and depth == 0:
            parts.append(body[start:at].strip())
            start = at + 1
    names = []
    for part in parts:
        pointer = re.match(r'[^()]*\(\*(\w+)\)\s*\(', part)
        if pointer:
            names.append(pointer.group(1))
        else:
            flat = re.sub(r'\{.*\}', '', part, flags=re.S)
            names += [re.search(r'(\w+)\s*$', one.strip()).group(1) for one in flat.split(',')]
    return names


def structs(folder):
    found = {}
    for path in headers(folder):
        for body, name in re.findall(r'typedef struct \{(.*?)\}\s*(Mg\w+);', code(path), flags=re.S):
            found[name] = struct_members(body)
    return found
