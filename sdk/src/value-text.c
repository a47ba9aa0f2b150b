/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value-text.c: values as text and back, whatever the locale. */
#include <metergate.h>

#include <string.h>

#include "decimal.h"

/* Takes what fits and counts all of it, as snprintf () does. */
typedef struct {
    char *buf;
    gsize size, len;
} Sink;

static void sink_put (Sink *sink, const char *bytes, gsize n)
{
    if (sink->len + 1 < sink->size)
        memcpy (sink->buf + sink->len, bytes, MIN (n, sink->size - 1 - sink->len));
    sink->len += n;
}

static void print_decimal (Sink *sink, MgValue v, char mark)
{
    char text[1 + 128 + 20 + 128];
    guint64 number = v.v.number < 0 ? -(guint64) v.v.number : (guint64) v.v.number;
    guint digits = decimal_digits (number), after = v.exponent < 0 ? (guint) -v.exponent : 0;
    guint before = digits > after ? digits - after : 1,
          noughts = v.exponent > 0 && number != 0 ? (guint) v.exponent : 0;
    char *at = text, *last;

    if (v.v.number < 0)
        *at++ = '-';
    if (digits <= after) /* 0.00123: the noughts in front, over which the digits are written */
        memset (at, '0', after - digits + 2);
    last = at + before + after;
    decimal_write (digits <= after ? last + 1 : last, number);
    if (after > 0 && digits > after)
        memmove (at + before + 1, at + before, after);
    if (after > 0) {
        at[before] = mark;
        last++;
    }
    memset (last, '0', noughts);
    sink_put (sink, text, (gsize) (last - text) + noughts);
}

static void print_bytes (Sink *sink, MgValue v)
{
    static const char digits[] = "0123456789ABCDEF";
    const guint8 *p = v.v.data;

    for (guint32 i = 0; i < v.len; i++) {
        const char pair[2] = { digits[p[i] >> 4], digits[p[i] & 0x0f] };

        sink_put (sink, pair, 2);
    }
}

/* The civil date of a day, by counting eras of 400 years that begin on 1 March. */
static void date_of_day (gint64 day, gint *year, gint *month, gint *mday)
{
    gint64 shifted = day + 719468;
    gint64 era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    gint64 of_era = shifted - era * 146097;
    gint64 year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    gint64 of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 march = (5 * of_year + 2) / 153;

    *mday = (gint) (of_year - (153 * march + 2) / 5 + 1);
    *month = (gint) (march < 10 ? march + 3 : march - 9);
    *year = (gint) (year_of_era + era * 400 + (*month <= 2));
}

static char *put_two (char *at, char before, gint number)
{
    *at++ = before;
    *at++ = (char) ('0' + number / 10);
    *at++ = (char) ('0' + number % 10);
    return at;
}

static void print_time (Sink *sink, MgValue v)
{
    gint64 day = v.v.number / 86400;
    gint second = (gint) (v.v.number % 86400), year, month, mday;
    char text[32] = "0000", *at = text + 4;

    if (second < 0) {
        second += 86400;
        day--;
    }
    if (day < -719162 || day > 2932896) /* not in the years 1 to 9999: what mg_value_time () could not make out */
        return;
    date_of_day (day, &year, &month, &mday);
    decimal_write (at, (guint64) year);
    at = put_two (at, '-', month);
    at = put_two (at, '-', mday);
    if ((v.flags & MG_TIME_DATE_ONLY) == 0) {
        at = put_two (at, 'T', second / 3600);
        at = put_two (at, ':', second / 60 % 60);
        if ((v.flags & MG_TIME_NO_SECONDS) == 0)
            at = put_two (at, ':', second % 60);
        if ((v.flags & MG_TIME_UTC) != 0)
            *at++ = 'Z';
    }
    sink_put (sink, text, (gsize) (at - text));
}

gsize mg_value_print (MgValue v, char decimal_mark, char *buf, gsize size)
{
    Sink sink = { buf, size, 0 };

    switch (v.type) {
    case MG_VALUE_DECIMAL:
        print_decimal (&sink, v, decimal_mark);
        break;
    case MG_VALUE_TEXT:
        sink_put (&sink, v.v.data, v.len);
        break;
    case MG_VALUE_BYTES:
        print_bytes (&sink, v);
        break;
    case MG_VALUE_TIME:
        print_time (&sink, v);
        break;
    default:
        break;
    }
    if (size > 0)
        buf[MIN (sink.len, size - 1)] = '\0';
    return sink.len;
}

static gboolean parse_failed (const char *text, gsize len, const char *expected, MgError code, GError **error)
{
    char *shown = g_utf8_make_valid (text, (gssize) MIN (len, 40));

    g_set_error (error, MG_ERROR, code, "\"%s%s\": %s", shown, len > 40 ? "..." : "", expected);
    g_free (shown);
    return FALSE;
}

/* Digits and one mark at most; noughts at the very end after the mark wait until a digit needs them, if all would not
 * fit. */
static gboolean parse_digits (const char *p, const char *end, guint64 *number, gint *exponent, gboolean *fits)
{
    gboolean mark = FALSE, any = FALSE;
    guint waiting = 0; /* noughts left out */

    *number = 0;
    *exponent = 0;
    *fits = TRUE;
    for (; p < end; p++) {
        guint64 more;

        if (*p == '.' && !mark) {
            mark = TRUE;
            continue;
        }
        if (!g_ascii_isdigit (*p))
            return FALSE;
        any = TRUE;
        if (!*fits)
            continue;
        if (waiting == 0 && !__builtin_mul_overflow (*number, 10, &more) &&
            !__builtin_add_overflow (more, (guint64) (*p - '0'), &more) && more <= (guint64) G_MAXINT64 + 1 &&
            *exponent > G_MININT8) {
            *number = more;
            *exponent -= mark;
        } else if (*p == '0' && *exponent < G_MAXINT8) {
            waiting++;
            *exponent += !mark;
        } else {
            *fits = FALSE;
        }
    }
    return any;
}

gboolean mg_value_parse (const char *text, gssize len, MgValue *out, GError **error)
{
    gsize size = len < 0 ? strlen (text) : (gsize) len;
    const char *p = text, *end = text + size;
    gboolean negative = FALSE, fits;
    guint64 number;
    gint exponent;

    if (p < end && (*p == '-' || *p == '+'))
        negative = *p++ == '-';
    if (!parse_digits (p, end, &number, &exponent, &fits))
        return parse_failed (text, size, "not a number, expected digits and a point at most", MG_ERROR_PROTOCOL, error);
    if (!fits || number > (guint64) G_MAXINT64 + negative)
        return parse_failed (text, size, "does not fit, expected at most 64 bits", MG_ERROR_RANGE, error);
    *out = (MgValue){ .type = MG_VALUE_DECIMAL, .exponent = (gint8) exponent };
    out->v.number = (gint64) (negative ? -number : number);
    return TRUE;
}
