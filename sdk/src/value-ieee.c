/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value-ieee.c: the only place where a binary floating point number lives: IEEE 754 data to decimals and back. */
#include <metergate.h>

#include <math.h>
#include <stdlib.h>

#include "bytes.h"
#include "decimal.h"

enum { MAX_EXACT_POWER = 22 }; /* 10^22 is the last power of ten that a double holds exactly */

static const double exact_powers[MAX_EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

typedef struct {
    guint64 digits;
    gint exponent;
    gboolean is_float; /* 32 bits, held in a double without loss */
} Shortest;

/* digits * 10^exponent read as the IEEE type in question. No decimal mark is in the text, so the locale has no say. */
static double read_back (guint64 digits, gint exponent, gboolean is_float)
{
    char text[40];

    g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT "e%d", digits, exponent);
    return is_float ? (double) strtof (text, NULL) : strtod (text, NULL);
}

static guint64 bits_of (double x)
{
    guint64 bits;

    memcpy (&bits, &x, sizeof bits);
    return bits;
}

/*
 * Tries 1, 2, 3 ... digits with one division each. n and 10^k are exact in a double, so n / 10^k is the nearest double
 * to the decimal; up to 15 digits no two decimals share a double. A float is more delicate: rounding twice could err on
 * a tie, and of several decimals with 7 to 9 digits the nearest is wanted. FALSE: in doubt, or not in the range where
 * this is exact.
 */
static gboolean shortest_fast (double x, Shortest *s)
{
    gint most = s->is_float ? 9 : 15, whole;

    if (!(x >= 1e-9 && x < 1e15))
        return FALSE;
    whole = x < 1 ? 0 : (gint) decimal_digits ((guint64) x);
    for (gint k = -MAX (whole - 1, 0); k <= MAX_EXACT_POWER; k++) {
        double scaled = k < 0 ? x / exact_powers[-k] : x * exact_powers[k], n = rint (scaled), back;

        if (n >= exact_powers[most])
            return FALSE;
        if (n < 1)
            continue;
        back = k < 0 ? n * exact_powers[-k] : n / exact_powers[k];
        if (s->is_float) {
            if ((bits_of (back) & 0x1fffffff) == 0x10000000 || fabs (fabs (scaled - n) - 0.5) < 1e-6 ||
                (n >= 1e6 && bits_of (x) << 12 == 0)) /* a power of two, see shortest_slow () */
                return FALSE;
            back = (double) (float) back;
        }
        if (back == x) {
            s->digits = (guint64) n;
            s->exponent = -k;
            return TRUE;
        }
    }
    return FALSE;
}

/* The digits of x, `count` of them, correctly rounded; whatever mark the locale puts between them. */
static void digits_of (double x, gint count, guint64 *digits, gint *exponent)
{
    char text[64];
    char *p;

    g_snprintf (text, sizeof text, "%.*e", count - 1, x);
    *digits = 0;
    for (p = text; *p != 'e'; p++)
        if (g_ascii_isdigit (*p))
            *digits = *digits * 10 + (guint64) (*p - '0');
    *exponent = atoi (p + 1) - (count - 1);
}

/* `count` digits of x that read back as x. At a power of two the gap above is twice the gap below, so that the next
 * decimal up may do so where the nearest does not. */
static gboolean digits_read_back (double x, gint count, Shortest *s)
{
    digits_of (x, count, &s->digits, &s->exponent);
    if (read_back (s->digits, s->exponent, s->is_float) == x)
        return TRUE;
    if (bits_of (x) << 12 != 0 || read_back (s->digits + 1, s->exponent, s->is_float) != x)
        return FALSE;
    s->digits++;
    return TRUE;
}

/* With more digits it only gets nearer, so the least number that will do is found by halving; 9 and 17 always do. */
static void shortest_slow (double x, Shortest *s)
{
    gint low = 1, high = s->is_float ? 9 : 17;

    while (low < high) {
        gint middle = (low + high) / 2;

        if (digits_read_back (x, middle, s))
            high = middle;
        else
            low = middle + 1;
    }
    digits_read_back (x, low, s);
}

MgValue mg_value_from_ieee (const guint8 *p, gsize len, guint32 layout, gint exponent)
{
    MgValue value = mg_value_bytes (p, len);
    Shortest s = { .is_float = len == 4 };
    guint64 bits;
    double x;

    value.flags = MG_VALUE_UNFIT;
    if (len != 4 && len != 8)
        return value;
    bits = bytes_load (p, len, layout);
    if (s.is_float) {
        guint32 half = (guint32) bits;
        float single;

        memcpy (&single, &half, sizeof single);
        x = single;
    } else {
        memcpy (&x, &bits, sizeof x);
    }
    if (!isfinite (x))
        return value;
    if (x != 0 && !shortest_fast (fabs (x), &s))
        shortest_slow (fabs (x), &s);
    while (s.digits != 0 && s.digits % 10 == 0) {
        s.digits /= 10;
        s.exponent++;
    }
    if (__builtin_add_overflow (s.exponent, exponent, &s.exponent))
        return value;
    while (s.exponent > G_MAXINT8 && s.digits < decimal_powers[17] && s.digits != 0) {
        s.digits *= 10;
        s.exponent--;
    }
    if (s.exponent < G_MININT8 || s.exponent > G_MAXINT8)
        return value;
    return (MgValue){ .type = MG_VALUE_DECIMAL,
                      .exponent = (gint8) s.exponent,
                      .flags = MG_VALUE_WAS_FLOAT,
                      .v = { .number = x < 0 ? -(gint64) s.digits : (gint64) s.digits } };
}

gboolean mg_value_to_ieee (MgValue v, guint8 *p, gsize len, guint32 layout)
{
    char text[40];
    guint64 bits = 0;

    g_return_val_if_fail (len == 4 || len == 8, FALSE);
    if (v.type != MG_VALUE_DECIMAL)
        return FALSE;
    g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT "e%d", v.v.number, v.exponent);
    if (len == 4) {
        float single = strtof (text, NULL);
        guint32 half;

        if (!isfinite (single))
            return FALSE;
        memcpy (&half, &single, sizeof half);
        bits = half;
    } else {
        bits = bits_of (strtod (text, NULL)); /* 10^146 is in its range */
    }
    bytes_store (p, len, layout, bits);
    return TRUE;
}
