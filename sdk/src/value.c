/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.c: values out of bytes as meters send them: integers, BCD, text, clock faces. */
#include <metergate.h>

#include "bytes.h"

MgValue mg_value_decimal (gint64 number, gint exponent)
{
    if (G_UNLIKELY (exponent != (gint8) exponent))
        return (MgValue){ .type = MG_VALUE_NONE, .flags = MG_VALUE_UNFIT };
    return (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent, .v = { .number = number } };
}

static inline MgValue value_decimal (gint64 number, gint exponent)
{
    return (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent, .v = { .number = number } };
}

static MgValue value_unfit (const guint8 *p, gsize len)
{
    MgValue value = mg_value_bytes (p, len);

    value.flags = MG_VALUE_UNFIT;
    return value;
}

static inline gboolean exponent_fits (gint exponent)
{
    return exponent == (gint8) exponent;
}

MgValue mg_value_from_int (const guint8 *p, gsize len, guint32 layout, gint exponent)
{
    guint64 bits;
    guint spare;

    if (G_UNLIKELY (len < 1 || len > 8 || !exponent_fits (exponent) || ((layout & MG_SWAP16) != 0 && len % 2 != 0)))
        return value_unfit (p, len);
    bits = bytes_load (p, len, layout);
    spare = 64 - 8 * (guint) len;
    if ((layout & MG_SIGNED) != 0)
        return value_decimal ((gint64) (bits << spare) >> spare, exponent);
    if (G_UNLIKELY ((gint64) bits < 0))
        return value_unfit (p, len);
    return value_decimal ((gint64) bits, exponent);
}

/* All sixteen digits at once: neighbours become hundreds, then ten thousands, and so on. */
static inline guint64 bcd_to_number (guint64 v)
{
    v = (v & G_GUINT64_CONSTANT (0x0f0f0f0f0f0f0f0f)) + 10 * (v >> 4 & G_GUINT64_CONSTANT (0x0f0f0f0f0f0f0f0f));
    v = (v & G_GUINT64_CONSTANT (0x00ff00ff00ff00ff)) + 100 * (v >> 8 & G_GUINT64_CONSTANT (0x00ff00ff00ff00ff));
    v = (v & G_GUINT64_CONSTANT (0x0000ffff0000ffff)) + 10000 * (v >> 16 & G_GUINT64_CONSTANT (0x0000ffff0000ffff));
    return (v & 0xffffffff) + 100000000 * (v >> 32);
}

/* A digit above 9: its 8 is set, and its 4 or its 2. */
static inline gboolean bcd_is_wrong (guint64 v)
{
    return ((v >> 3) & (v >> 2 | v >> 1) & G_GUINT64_CONSTANT (0x1111111111111111)) != 0;
}

/* More than eight bytes: digit by digit, from the first. */
static MgValue bcd_long (const guint8 *p, gsize len, guint32 layout, gint exponent)
{
    gboolean big = (layout & MG_BE) != 0, swap = (layout & MG_SWAP16) != 0, negative = FALSE;
    gint64 number = 0;

    for (gsize i = 0; i < 2 * len; i++) {
        gsize at = big != swap ? i / 2 : len - 1 - i / 2;
        guint8 byte = p[swap ? at ^ 1 : at];
        guint8 digit = i % 2 == 0 ? byte >> 4 : byte & 0x0f;

        if (i == 0 && digit == 0x0f)
            negative = TRUE;
        else if (digit > 9 || __builtin_mul_overflow (number, 10, &number) ||
                 __builtin_add_overflow (number, digit, &number))
            return value_unfit (p, len);
    }
    return value_decimal (negative ? -number : number, exponent);
}

MgValue mg_value_from_bcd (const guint8 *p, gsize len, guint32 layout, gint exponent)
{
    guint64 bits, first;
    gboolean negative;

    if (G_UNLIKELY (len < 1 || !exponent_fits (exponent) || ((layout & MG_SWAP16) != 0 && len % 2 != 0)))
        return value_unfit (p, len);
    if (G_UNLIKELY (len > 8))
        return bcd_long (p, len, layout, exponent);
    bits = bytes_load (p, len, layout);
    first = G_GUINT64_CONSTANT (0x0f) << (8 * len - 4);
    negative = (bits & first) == first;
    if (negative)
        bits &= ~first;
    if (G_UNLIKELY (bcd_is_wrong (bits)))
        return value_unfit (p, len);
    bits = bcd_to_number (bits);
    return value_decimal (negative ? -(gint64) bits : (gint64) bits, exponent);
}

MgValue mg_value_bytes (const guint8 *p, gsize len)
{
    g_return_val_if_fail (len <= G_MAXUINT32, (MgValue){ 0 });
    return (MgValue){ .type = MG_VALUE_BYTES, .len = (guint32) len, .v = { .data = p } };
}

MgValue mg_value_text (const char *utf8, gssize len)
{
    gsize size = len < 0 ? strlen (utf8) : (gsize) len;

    g_return_val_if_fail (size <= G_MAXUINT32, (MgValue){ 0 });
    if (!g_utf8_validate_len (utf8, size, NULL))
        return value_unfit ((const guint8 *) utf8, size);
    return (MgValue){ .type = MG_VALUE_TEXT, .len = (guint32) size, .v = { .data = utf8 } };
}

static gint days_of_month (gint year, gint month)
{
    static const guint8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    gboolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01, with years that begin in March so that the leap day is the last one. */
static gint64 days_since_1970 (gint year, gint month, gint day)
{
    gint64 y = month > 2 ? year : year - 1;
    gint64 in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

MgValue mg_value_time (gint year, gint month, gint day, gint hour, gint minute, gint second, guint32 time_flags)
{
    MgValue value = { .type = MG_VALUE_TIME, .flags = (guint16) time_flags };
    gboolean midnight = hour == 24 && minute == 0 && second == 0; /* the end of the day, ISO 8601 */

    if ((time_flags & MG_TIME_DATE_ONLY) != 0)
        hour = minute = second = 0;
    if ((time_flags & MG_TIME_NO_SECONDS) != 0)
        second = 0;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_of_month (year, month) ||
        hour < 0 || (hour > 23 && !midnight) || minute < 0 || minute > 59 || second < 0 || second > 59) {
        value.flags |= MG_TIME_INVALID;
        value.v.number = G_MININT64;
        return value;
    }
    value.v.number = days_since_1970 (year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return value;
}
