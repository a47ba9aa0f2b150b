/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fields.c: the fields that all report formats of the concentrator share. */
#include "fields.h"

#include <stdio.h>
#include <string.h>

#define DIMENSIONLESS 22 /* of table 27: also what a unit becomes that the table does not have */
#define MS_PER_SECOND 1000
#define REPLACEMENT   "\xEF\xBF\xBD" /* U+FFFD */

char *field_device_id (const MgMeter *meter)
{
    const MgIdentity *identity = mg_meter_get_identity (meter);
    const char *manufacturer = identity->manufacturer != NULL ? identity->manufacturer : "";
    const char *serial = identity->serial != NULL ? identity->serial : "";

    if (*manufacturer == '\0' && *serial == '\0')
        return g_strdup ("");
    return g_strdup_printf ("%s-%s-%u-%u", manufacturer, serial, identity->version, mg_medium_index (identity->medium));
}

/* where table 27's second column differs from the characters in its third */
static const char *field_unit_word (guint index)
{
    switch (index) {
    case 0:
        return "None";
    case 1:
        return "Bin";
    case 2:
        return "Cur";
    case 19:
        return "Degree C";
    case 39:
        return "Degree";
    case 47:
        return "Degree F";
    default:
        return mg_unit_index_text (index);
    }
}

const char *field_unit (const MgPoint *point, gboolean unix_times, gint *add_exponent)
{
    const MgMeaning *meaning = mg_point_get_meaning (point);
    guint index = mg_unit_index (meaning->unit, 0, add_exponent);

    if (meaning->kind == MG_POINT_TIME && meaning->unit == MG_UNIT_NONE)
        return unix_times ? "UTC" : "";
    if (index == DIMENSIONLESS || (meaning->unit == MG_UNIT_CURRENCY && meaning->unit_text != NULL))
        return mg_point_get_unit (point);
    return field_unit_word (index);
}

static gsize field_count_digits (guint64 number)
{
    gsize n = 1;

    for (guint64 bound = 10; number >= bound; bound *= 10)
        if (++n == 20) /* 10^20 does not fit */
            break;
    return n;
}

/* exactly n digits, with zeros in front; what is left of the number */
static guint64 field_digits (guint64 number, char *buf, gsize n)
{
    for (gsize i = n; i > 0; i--) {
        buf[i - 1] = (char) ('0' + number % 10);
        number /= 10;
    }
    return number;
}

gsize field_int (gint64 number, char *buf)
{
    guint64 size = number < 0 ? 0 - (guint64) number : (guint64) number;
    gsize n = field_count_digits (size), sign = number < 0;

    buf[0] = '-';
    field_digits (size, buf + sign, n);
    buf[sign + n] = '\0';
    return sign + n;
}

gsize field_obis (MgObis obis, char *buf)
{
    const guint8 groups[] = { obis.a, obis.b, obis.c, obis.d, obis.e, obis.f };
    char *at = buf;

    if (!obis.given)
        return 0;
    for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
        at += field_int (groups[i], at);
        *at++ = "-:..*"[i];
    }
    *--at = '\0';
    return (gsize) (at - buf);
}

gsize field_scale (gint exponent, char *buf)
{
    guint size = (guint) ABS (exponent);
    char *at = buf;

    *at++ = '1';
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    if (size < 10)
        *at++ = '0';
    return (gsize) (at - buf) + field_int (size, at);
}

gboolean field_has_value (const MgReading *reading)
{
    return (mg_reading_get_quality (reading) & MG_QUALITY_UNUSABLE) == 0 &&
           mg_reading_get_value (reading).type != MG_VALUE_NONE;
}

/* a number with zeros behind it, or with a decimal mark `-exponent` digits from the right */
static gsize field_decimal (gint64 number, gint exponent, char mark, char *buf)
{
    guint64 size = number < 0 ? 0 - (guint64) number : (guint64) number;
    gsize zeros = exponent > 0 && number != 0 ? (gsize) exponent : 0, places = exponent < 0 ? (gsize) -exponent : 0;
    gsize n = field_count_digits (size), sign = number<0, whole = n> places ? n - places : 1;
    gsize len = sign + whole;

    buf[0] = '-';
    if (places > 0) {
        size = field_digits (size, buf + len + 1, places);
        buf[len] = mark;
    }
    field_digits (size, buf + sign, whole);
    len += places > 0 ? places + 1 : 0;
    memset (buf + len, '0', zeros);
    buf[len + zeros] = '\0';
    return len + zeros;
}

gsize field_scaled (MgValue value, gint add_exponent, char mark, char *buf)
{
    if (value.type == MG_VALUE_DECIMAL)
        return field_decimal (value.v.number, value.exponent + add_exponent, mark, buf);
    return MIN (mg_value_print (value, mark, buf, FIELD_MAX), FIELD_MAX - 1);
}

gsize field_sent (MgOutput *out, MgValue value, char *buf, gint *exponent)
{
    gint64 utc_ms;

    *exponent = 0;
    if (value.type == MG_VALUE_DECIMAL) {
        *exponent = value.exponent;
        return field_int (value.v.number, buf);
    }
    if (value.type == MG_VALUE_TIME)
        return mg_output_clock (out, value, &utc_ms) ? field_int (utc_ms / MS_PER_SECOND, buf) : 0;
    return MIN (mg_value_print (value, '.', buf, FIELD_MAX), FIELD_MAX - 1);
}

gboolean field_write_face (MgOutput *out, MgValue face)
{
    char buf[64];
    gint64 utc_ms;
    gsize len;

    if (!mg_output_clock (out, face, &utc_ms))
        return FALSE;
    if ((face.flags & MG_TIME_UTC) != 0 && (face.flags & MG_TIME_DATE_ONLY) == 0) {
        mg_output_time (out, utc_ms, "%Y-%m-%d %H:%M:%S");
        return TRUE;
    }
    len = mg_value_print (face, '.', buf, sizeof buf); /* ISO 8601, as far as the face goes */
    if (len > 10 && len < sizeof buf)
        buf[10] = ' ';
    mg_output_write (out, buf, MIN (len, 19));
    if (len == 16)
        mg_output_write (out, ":00", 3);
    return TRUE;
}

gboolean field_is_clean (const char *text, gsize len)
{
    gboolean ascii = TRUE;

    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F || c == 0xC2) /* C2: C1 may follow */
            return FALSE;
        ascii &= c < 0x80;
    }
    return ascii || g_utf8_validate_len (text, len, NULL);
}

static gboolean field_printable (gunichar c)
{
    return c >= 0x20 ? c != 0x7F && !(c >= 0x80 && c < 0xA0) : c == '\t' || c == '\n' || c == '\r';
}

char *field_clean (const char *text, gssize len)
{
    GString *clean = g_string_new (NULL);
    const char *at = text != NULL ? text : "", *end = at + (len >= 0 ? (gsize) len : strlen (at));

    while (at < end) {
        gunichar c = g_utf8_get_char_validated (at, end - at);

        if (c == (gunichar) -1 || c == (gunichar) -2) {
            g_string_append (clean, REPLACEMENT);
            at++;
            continue;
        }
        const char *next = g_utf8_next_char (at);
        if (c != 0 && field_printable (c))
            g_string_append_len (clean, at, next - at);
        else
            g_string_append (clean, REPLACEMENT);
        at = next;
    }
    return g_string_free (clean, FALSE);
}
