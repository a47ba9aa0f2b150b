/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* number.h: types A, B and C of EN 13757-3, annex A, inline: this is what most of a telegram consists of. */
#pragma once

#include <string.h>

#include <metergate.h>

static inline guint64 en_load_le (const guint8 *p, gsize len)
{
    guint64 x = 0;

    switch (len) {
    case 1:
        return p[0];
    case 2: {
        guint16 y;
        memcpy (&y, p, 2);
        return GUINT16_FROM_LE (y);
    }
    case 3:
        return (guint64) p[0] | (guint64) p[1] << 8 | (guint64) p[2] << 16;
    case 4: {
        guint32 y;
        memcpy (&y, p, 4);
        return GUINT32_FROM_LE (y);
    }
    case 8:
        memcpy (&x, p, 8);
        return GUINT64_FROM_LE (x);
    default:
        while (len-- > 0)
            x = x << 8 | p[len];
        return x;
    }
}

static inline guint64 en_load (const guint8 *p, gsize len, gboolean msb_first)
{
    guint64 x = 0;

    if (G_LIKELY (!msb_first))
        return en_load_le (p, len);
    for (gsize i = 0; i < len; i++)
        x = x << 8 | p[i];
    return x;
}

static inline MgValue en_decimal (gint64 number, gint exponent)
{
    return (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent, .v = { .number = number } };
}

static inline MgValue en_unfit (const guint8 *p, gsize len)
{
    return (MgValue){ .type = MG_VALUE_BYTES, .flags = MG_VALUE_UNFIT, .len = (guint32) len, .v = { .data = p } };
}

static inline MgValue en_bytes (const guint8 *p, gsize len)
{
    return (MgValue){ .type = MG_VALUE_BYTES, .len = (guint32) len, .v = { .data = p } };
}

/* 16 BCD digits to their number, three multiplications instead of sixteen; FALSE when a digit is a letter */
static inline gboolean en_bcd (guint64 x, guint64 *number)
{
    const guint64 six = G_GUINT64_CONSTANT (0x6666666666666666), carry = G_GUINT64_CONSTANT (0x1111111111111110);
    guint64 pairs;

    /* adding 6 to a digit above 9 carries into the next one; the top digit carries out of the word */
    if ((((x + six) ^ x ^ six) & carry) != 0 || x >> 60 > 9)
        return FALSE;
    pairs = (x & G_GUINT64_CONSTANT (0x0F0F0F0F0F0F0F0F)) + 10 * (x >> 4 & G_GUINT64_CONSTANT (0x0F0F0F0F0F0F0F0F));
    pairs = (pairs & G_GUINT64_CONSTANT (0x00FF00FF00FF00FF)) +
            100 * (pairs >> 8 & G_GUINT64_CONSTANT (0x00FF00FF00FF00FF));
    pairs = (pairs & G_GUINT64_CONSTANT (0x0000FFFF0000FFFF)) +
            10000 * (pairs >> 16 & G_GUINT64_CONSTANT (0x0000FFFF0000FFFF));
    *number = (pairs & G_GUINT64_CONSTANT (0xFFFFFFFF)) + 100000000 * (pairs >> 32);
    return TRUE;
}
