/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value-arithmetic.c: exact decimals: what cannot be said exactly is MG_ERROR_RANGE, nothing is ever rounded or
 * wrapped. */
#include <metergate.h>

#include "bytes.h"
#include "decimal.h"

__extension__ typedef __int128 gint128;

static gboolean value_is_decimal (MgValue v, const char *what, GError **error)
{
    if (v.type == MG_VALUE_DECIMAL)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "%s: a value of type %u, expected a decimal", what, v.type);
    return FALSE;
}

/* number * 10^exponent as a value, with the exponent as near to the one given as it fits. */
static gboolean value_from_wide (gint128 number, gint exponent, MgValue *out, const char *what, GError **error)
{
    if (number == 0)
        exponent = CLAMP (exponent, G_MININT8, G_MAXINT8);
    while ((number != (gint64) number || exponent < G_MININT8) && number % 10 == 0) {
        number /= 10;
        exponent++;
    }
    while (exponent > G_MAXINT8 && number == (gint64) number) {
        number *= 10;
        exponent--;
    }
    if (number != (gint64) number || exponent < G_MININT8) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "%s: the exact result has more than 64 bits", what);
        return FALSE;
    }
    *out = (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent, .v = { .number = (gint64) number } };
    return TRUE;
}

gboolean mg_value_rescale (MgValue in, gint exponent, MgValue *out, GError **error)
{
    gint64 number = in.v.number;
    gint by = in.exponent - exponent;

    if (!value_is_decimal (in, "rescale", error))
        return FALSE;
    if (exponent < G_MININT8 || exponent > G_MAXINT8) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "rescale: exponent %d, expected -128 to 127", exponent);
        return FALSE;
    }
    if (number == 0)
        by = 0;
    if (by > DECIMAL_POWERS - 1 || by < -(DECIMAL_POWERS - 1) ||
        (by > 0 && __builtin_mul_overflow (number, (gint64) decimal_powers[by], &number)) ||
        (by < 0 && number % (gint64) decimal_powers[-by] != 0)) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                     "rescale: %" G_GINT64_FORMAT "e%d does not fit exactly with exponent %d", in.v.number, in.exponent,
                     exponent);
        return FALSE;
    }
    if (by < 0)
        number /= (gint64) decimal_powers[-by];
    in.exponent = (gint8) exponent;
    in.v.number = number;
    *out = in;
    return TRUE;
}

static gboolean value_sum (MgValue a, MgValue b, gint sign, const char *what, MgValue *out, GError **error)
{
    gint128 x, y;
    gint ex, ey;

    if (!value_is_decimal (a, what, error) || !value_is_decimal (b, what, error))
        return FALSE;
    x = a.v.number;
    ex = a.exponent;
    y = (gint128) b.v.number * sign;
    ey = b.exponent;
    if (ex < ey) {
        gint128 t = x;
        gint et = ex;

        x = y;
        ex = ey;
        y = t;
        ey = et;
    }
    if (x == 0)
        ex = ey;
    /* from 10^20 on, the last digits of the finer one must be noughts, or the sum has more than 64 bits */
    while (ex - ey > DECIMAL_POWERS && y % 10 == 0) {
        y /= 10;
        ey = y == 0 ? ex : ey + 1;
    }
    if (ex - ey > DECIMAL_POWERS) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "%s: the exact result has more than 64 bits", what);
        return FALSE;
    }
    return value_from_wide (x * (gint128) decimal_powers[ex - ey] + y, ey, out, what, error);
}

gboolean mg_value_add (MgValue a, MgValue b, MgValue *out, GError **error)
{
    return value_sum (a, b, 1, "add", out, error);
}

gboolean mg_value_subtract (MgValue a, MgValue b, MgValue *out, GError **error)
{
    return value_sum (a, b, -1, "subtract", out, error);
}

gboolean mg_value_multiply (MgValue a, MgValue b, MgValue *out, GError **error)
{
    if (!value_is_decimal (a, "multiply", error) || !value_is_decimal (b, "multiply", error))
        return FALSE;
    return value_from_wide ((gint128) a.v.number * b.v.number, a.exponent + b.exponent, out, "multiply", error);
}

gboolean mg_value_to_int (MgValue v, gint exponent, guint8 *p, gsize len, guint32 layout, GError **error)
{
    MgValue scaled;
    gint64 low, high;

    g_return_val_if_fail (len >= 1 && len <= 8 && ((layout & MG_SWAP16) == 0 || len % 2 == 0), FALSE);
    if (!mg_value_rescale (v, exponent, &scaled, error))
        return FALSE;
    if ((layout & MG_SIGNED) != 0) {
        low = (gint64) (~G_GUINT64_CONSTANT (0) << (8 * len - 1));
        high = ~low;
    } else {
        low = 0;
        high = len == 8 ? G_MAXINT64 : (gint64) ((G_GUINT64_CONSTANT (1) << (8 * len)) - 1);
    }
    if (scaled.v.number < low || scaled.v.number > high) {
        g_set_error (error, MG_ERROR, MG_ERROR_RANGE,
                     "to integer: %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                     scaled.v.number, low, high);
        return FALSE;
    }
    bytes_store (p, len, layout, (guint64) scaled.v.number);
    return TRUE;
}

static inline gint order (gint64 a, gint64 b)
{
    return (a > b) - (a < b);
}

static gint compare_decimals (MgValue a, MgValue b)
{
    gint by = a.exponent - b.exponent;

    if (by == 0 || a.v.number == 0 || b.v.number == 0 || (a.v.number < 0) != (b.v.number < 0))
        return order (a.v.number, b.v.number);
    if (by < 0)
        return -compare_decimals (b, a);
    if (by >= DECIMAL_POWERS) /* |a| is 10^19 at least in b's unit: more than any 64 bits */
        return a.v.number < 0 ? -1 : 1;
    gint128 x = (gint128) a.v.number * (gint64) decimal_powers[by];

    return (x > b.v.number) - (x < b.v.number);
}

gint mg_value_compare (MgValue a, MgValue b)
{
    gint found;

    if (a.type != b.type)
        return order (a.type, b.type);
    switch (a.type) {
    case MG_VALUE_DECIMAL:
        return compare_decimals (a, b);
    case MG_VALUE_TIME:
        return order (a.v.number, b.v.number);
    case MG_VALUE_TEXT:
    case MG_VALUE_BYTES:
        found = MIN (a.len, b.len) > 0 ? memcmp (a.v.data, b.v.data, MIN (a.len, b.len)) : 0;
        return found != 0 ? order (found, 0) : order (a.len, b.len);
    default:
        return 0;
    }
}
