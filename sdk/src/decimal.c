/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decimal.c: powers of ten and fast decimal digits. */
#include "decimal.h"

#include <string.h>

#define P(digits) G_GUINT64_CONSTANT (1##digits)
const guint64 decimal_powers[DECIMAL_POWERS + 1] = {
    P (),
    P (0),
    P (00),
    P (000),
    P (0000),
    P (00000),
    P (000000),
    P (0000000),
    P (00000000),
    P (000000000),
    P (0000000000),
    P (00000000000),
    P (000000000000),
    P (0000000000000),
    P (00000000000000),
    P (000000000000000),
    P (0000000000000000),
    P (00000000000000000),
    P (000000000000000000),
    10000000000000000000u,
};
#undef P

guint decimal_digits (guint64 number)
{
    /* 1233 / 4096 is a little more than log10 (2) */
    guint guess = (64 - (guint) __builtin_clzll (number | 1)) * 1233 >> 12;

    return guess + (number >= decimal_powers[guess] || number == 0);
}

void decimal_write (char *end, guint64 number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";

    while (number >= 100) {
        end -= 2;
        memcpy (end, pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    if (number >= 10)
        memcpy (end - 2, pairs + 2 * number, 2);
    else
        end[-1] = (char) ('0' + number);
}
