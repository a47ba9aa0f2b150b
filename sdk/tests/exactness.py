# SPDX-License-Identifier: LGPL-2.1-or-later
"""R-21: a million random operations on values, each held to Python's decimal (and integers): no difference is allowed.

usage: exactness.py PROGRAM [CASES [SEED]]; TAP, one point for each kind of operation."""
import decimal
import random
import struct
import subprocess
import sys
import threading
from decimal import Decimal

EXACT = decimal.Context(prec=700, Emax=99999, Emin=-99999, traps=[decimal.Inexact, decimal.InvalidOperation])
LOW, HIGH = -(2**63), 2**63 - 1
LAYOUTS = (0, 1, 2, 3, 4, 5, 6, 7)
BE, SIGNED, SWAP16 = 1, 2, 4
EDGES = (0, 1, -1, LOW, HIGH, LOW + 1, 10**18, -(10**18), 9 * 10**18, 2**53, 10, 5)


def number(rng):
    """Any size with equal right, the edges often, round numbers sometimes."""
    kind = rng.random()
    if kind < 0.04:
        return rng.choice(EDGES)
    n = rng.getrandbits(rng.randrange(1, 64))
    if kind < 0.3:
        zeros = rng.randrange(0, 19)
        n = n // 10**zeros * 10**zeros
    return -n if rng.getrandbits(1) else n


def exponent(rng):
    kind = rng.random()
    if kind < 0.05:
        return rng.choice((-128, -127, 126, 127))
    return rng.randrange(-128, 128) if kind < 0.3 else rng.randrange(-9, 7)


def dec(n, e):
    return Decimal(n).scaleb(e, EXACT)


def fits(d):
    """Is there any int64 * 10^-128..127 that is d?"""
    if d == 0:
        return True
    sign, digits, e = d.normalize(EXACT).as_tuple()
    n = int("".join(map(str, digits))) * (-1 if sign else 1)
    if e > 127:
        n, e = n * 10 ** min(e - 127, 30), e - min(e - 127, 30)
    return LOW <= n <= HIGH and -128 <= e <= 127


def same(answer, want):
    """The exact value; refused only if nothing says it; with decimal's own exponent wherever that fits."""
    if answer == "range":
        return not fits(want)
    n, e = map(int, answer.split())
    if dec(n, e) != want:
        return False
    own = want.as_tuple().exponent
    scaled = int(want.scaleb(-own, EXACT))
    return e == own or not (LOW <= scaled <= HIGH and -128 <= own <= 127)


def order_bytes(data, layout):
    """Bytes as sent to the order of a big-endian number."""
    if layout & SWAP16:
        words = [data[i:i + 2] for i in range(0, len(data), 2)]
        data = b"".join(reversed(words))
    return data if layout & BE else data[::-1]


def case_int(rng):
    layout = rng.choice(LAYOUTS)
    size = rng.choice((2, 4, 6, 8)) if layout & SWAP16 else rng.randrange(1, 9)
    data, e = rng.randbytes(size), exponent(rng)
    if rng.random() < 0.1:
        data = rng.choice((b"\x00", b"\xff", b"\x80", b"\x7f")) * size

    def check(answer):
        n = int.from_bytes(order_bytes(data, layout), "big", signed=bool(layout & SIGNED))
        return answer == (f"{n} {e}" if n <= HIGH else "unfit")
    return f"i {data.hex()} {layout} {e}", check


def case_bcd(rng):
    layout = rng.choice((0, 1, 4, 5))
    size = rng.choice((2, 4, 6, 8, 10)) if layout & SWAP16 else rng.randrange(1, 12)
    e = exponent(rng)
    digits = [rng.randrange(10) for _ in range(2 * size)]
    for i in range(max(0, 2 * size - 19)):
        if rng.random() < 0.9:
            digits[i] = 0
    kind = rng.random()
    if kind < 0.3:
        digits[0] = 15
    elif kind < 0.45:
        digits[rng.randrange(2 * size)] = rng.randrange(10, 16)
    text = "".join(f"{d:x}" for d in digits)
    data = order_bytes(bytes.fromhex(text), layout)  # the orders undo themselves

    def check(answer):
        plain = text[1:] if text[0] == "f" else text
        if not plain.isdigit() or int(plain) > HIGH:
            return answer == "unfit"
        return answer == f"{-int(plain) if text[0] == 'f' else int(plain)} {e}"
    return f"c {data.hex()} {layout} {e}", check


def shortest(bits, mantissa, bias):
    """Fewest digits in the interval that rounds to this number, nearest of those: digits and exponent, from integers alone."""
    m, x = bits & ((1 << mantissa) - 1), bits >> mantissa
    even = m % 2 == 0
    narrow = m == 0 and x > 1
    if x:
        m += 1 << mantissa
    else:
        x = 1
    x -= bias + mantissa
    # all in quarters of the last place: low, value, high
    low, value, high, shift = 4 * m - (1 if narrow else 2), 4 * m, 4 * m + 2, x - 2
    if shift >= 0:
        low, value, high, one = low << shift, value << shift, high << shift, 1
    else:
        one = 1 << -shift
    power = len(str(value // one)) if value >= one else -int((len(str(one // value)) - 1))
    for p in range(power + 1, power - 20, -1):  # digits * 10^p
        up, down = (1, 10**p) if p >= 0 else (10**-p, 1)
        step = one * down
        best = (value * up + step // 2) // step
        for n in sorted((best - 1, best, best + 1), key=lambda n: (abs(n * step - value * up), n & 1)):
            if n > 0 and (low * up < n * step < high * up or (even and n * step in (low * up, high * up))):
                return n, p
    raise AssertionError(bits)


def case_ieee(rng):
    size = rng.choice((4, 8))
    layout = rng.choice((0, 1, 4, 5))
    e = 0 if rng.random() < 0.7 else exponent(rng)
    kind = rng.random()
    if kind < 0.55:  # what meters send
        x = rng.randrange(10**rng.randrange(1, 10)) / 10**rng.randrange(0, 7)
        data = struct.pack(">f" if size == 4 else ">d", -x if rng.random() < 0.2 else x)
    elif kind < 0.65:  # powers of two
        data = (rng.getrandbits(8) << 23 if size == 4 else rng.getrandbits(11) << 52).to_bytes(size, "big")
    else:
        data = rng.randbytes(size)

    def check(answer):
        bits = int.from_bytes(data, "big")
        mantissa, bias = (23, 127) if size == 4 else (52, 1023)
        negative, bits = bits >> (8 * size - 1), bits & ((1 << (8 * size - 1)) - 1)
        if bits >> mantissa == 2 * bias + 1:
            return answer == "unfit"
        if bits == 0:
            return answer == f"0 {e}"
        n, p = shortest(bits, mantissa, bias)
        if size == 8 and Decimal(repr(struct.unpack(">d", bits.to_bytes(8, "big"))[0])) != Decimal(n).scaleb(p):
            return False
        while n % 10 == 0:
            n, p = n // 10, p + 1
        p += e
        while p > 127 and n < 10**17:
            n, p = n * 10, p - 1
        if not -128 <= p <= 127:
            return answer == "unfit"
        return answer == f"{-n if negative else n} {p}"
    return f"f {order_bytes(data, layout).hex()} {layout} {e}", check


def case_arithmetic(op):
    calculate = {"a": EXACT.add, "s": EXACT.subtract, "m": EXACT.multiply}[op]

    def case(rng):
        a, ea, b, eb = number(rng), exponent(rng), number(rng), exponent(rng)
        return f"{op} {a} {ea} {b} {eb}", lambda answer: same(answer, calculate(dec(a, ea), dec(b, eb)))
    return case


def case_compare(rng):
    a, ea, eb = number(rng), exponent(rng), exponent(rng)
    b = number(rng)
    if rng.random() < 0.5 and abs(ea - eb) < 19:  # near each other
        b = a * 10**(ea - eb) if ea >= eb else a // 10**(eb - ea)
        b = max(LOW, min(HIGH, b + rng.randrange(-1, 2)))
    return f"k {a} {ea} {b} {eb}", lambda answer: int(answer) == int(EXACT.compare(dec(a, ea), dec(b, eb)))


def case_rescale(rng):
    n, e, to = number(rng), exponent(rng), exponent(rng) if rng.random() < 0.5 else None
    to = e + rng.randrange(-20, 21) if to is None else to

    def check(answer):
        d = dec(n, e)
        scaled = d.scaleb(-to, EXACT)
        good = -128 <= to <= 127 and scaled == scaled.to_integral_value(context=EXACT) and LOW <= scaled <= HIGH
        return answer == (f"{int(scaled)} {to}" if good else "range")
    return f"r {n} {e} {to}", check


def case_to_int(rng):
    layout = rng.choice(LAYOUTS)
    size = rng.choice((2, 4, 6, 8)) if layout & SWAP16 else rng.randrange(1, 9)
    n, e = number(rng), rng.randrange(-6, 7)
    if rng.random() < 0.6:
        n = rng.randrange(-(2**(8 * size - 1)) - 2, 2**(8 * size) + 2) if size < 8 else n
    to = e if rng.random() < 0.6 else e + rng.randrange(-4, 4)

    def check(answer):
        scaled = dec(n, e).scaleb(-to, EXACT)
        low, high = (-(2**(8 * size - 1)), 2**(8 * size - 1) - 1) if layout & SIGNED else (0, min(2**(8 * size) - 1, HIGH))
        if scaled != scaled.to_integral_value(context=EXACT) or not low <= scaled <= high:
            return answer == "range"
        data = int(scaled).to_bytes(size, "big", signed=bool(layout & SIGNED))
        return answer == order_bytes(data, layout).hex()
    return f"t {n} {e} {to} {size} {layout}", check


def nearest_single(d):
    """The float that is nearest to d, ties to even, without rounding twice."""
    bits = struct.unpack(">I", struct.pack(">f", abs(float(d))))[0] if abs(float(d)) < 3.4e38 else 0x7f7fffff

    def exact(b):
        return Decimal(2)**128 if b == 0x7f800000 else Decimal(struct.unpack(">f", struct.pack(">I", b))[0])
    near = [b for b in (bits - 1, bits, bits + 1) if 0 <= b <= 0x7f800000]
    best = min(near, key=lambda b: (EXACT.abs(EXACT.subtract(exact(b), abs(d))), b & 1))
    return None if best == 0x7f800000 else best | (0x80000000 if d < 0 else 0)


def case_to_ieee(rng):
    size = rng.choice((4, 8))
    layout = rng.choice((0, 1, 4, 5))
    n, e = number(rng), exponent(rng)

    def check(answer):
        d = dec(n, e)
        if size == 8:
            data = struct.pack(">d", float(d))
        else:
            bits = nearest_single(d)
            if bits is None:
                return answer == "range"
            data = struct.pack(">I", bits)
        return answer == order_bytes(data, layout).hex()
    return f"g {n} {e} 0 {size} {layout}", check


def case_parse(rng):
    digits = str(abs(number(rng)))
    if rng.random() < 0.3:
        digits = "0" * rng.randrange(1, 30) + digits
    if rng.random() < 0.2:
        digits += "0" * rng.randrange(1, 5)
    at = rng.randrange(0, len(digits) + 1)
    text = digits if rng.random() < 0.2 else digits[:at] + "." + digits[at:]
    text = rng.choice(("", "", "", "-", "+")) + text

    def check(answer):
        want = Decimal(text)
        if answer == "range":
            return not fits(want)
        n, e = map(int, answer.split())
        return dec(n, e) == want and (e == want.as_tuple().exponent or not LOW <= int(text.replace(".", "")) <= HIGH)
    return f"p {text}", check


def case_print(rng):
    n, e = number(rng), exponent(rng)
    want = Decimal(n).scaleb(e, EXACT)
    return f"w {n} {e}", lambda answer: answer == ("0" if n == 0 and e > 0 else format(want, "f"))


KINDS = {
    "integers out of bytes": (case_int, 14), "BCD out of bytes": (case_bcd, 14), "IEEE 754 to the shortest decimal": (case_ieee, 8),
    "add": (case_arithmetic("a"), 12), "subtract": (case_arithmetic("s"), 8), "multiply": (case_arithmetic("m"), 10),
    "compare": (case_compare, 8), "rescale": (case_rescale, 6), "to integers": (case_to_int, 6), "to IEEE 754": (case_to_ieee, 2),
    "parse": (case_parse, 4), "print": (case_print, 8),
}


def run(program, rng, case, count):
    """Cases that differ, at most ten of them, as text."""
    cases = [case(rng) for _ in range(count)]
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        feed = threading.Thread(target=lambda: (child.stdin.write("\n".join(line for line, _ in cases) + "\n"), child.stdin.close()))
        feed.start()
        answers = child.stdout.read().splitlines()
        feed.join()
    if len(answers) != count or child.returncode != 0:
        return [f"{len(answers)} answers to {count} questions, exit status {child.returncode}"]
    return [f"{line}: {answer}" for (line, check), answer in zip(cases, answers) if not check(answer)]


def main(program, cases="1000000", seed="21"):
    rng = random.Random(int(seed))
    whole = sum(share for _, share in KINDS.values())
    print(f"1..{len(KINDS)}\n# {cases} cases, seed {seed}")
    bad = 0
    for i, (name, (case, share)) in enumerate(KINDS.items(), 1):
        count = int(cases) * share // whole
        wrong = run(program, rng, case, count)
        bad += len(wrong)
        for line in wrong[:10]:
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}: {count} cases, {len(wrong)} differences", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
