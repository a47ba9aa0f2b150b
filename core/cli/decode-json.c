/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-json.c: telegrams as JSON, written by hand: thousands of lines a second, and no tree in memory. */
#include <cli/decode-json.h>

#include <host/mgh-names.h>
#include <host/mgh-readout.h>
#include <string.h>

typedef struct {
    guint32 bit;
    const char *nick;
} Nick;

static const Nick quality_nicks[] = {
    { MG_QUALITY_METER_ERROR, "meter-error" },
    { MG_QUALITY_OVERFLOW, "overflow" },
    { MG_QUALITY_NO_DATA, "no-data" },
    { MG_QUALITY_ESTIMATED, "estimated" },
    { MG_QUALITY_SUBSTITUTED, "substituted" },
    { MG_QUALITY_CLOCK_DOUBTFUL, "clock-doubtful" },
    { MG_QUALITY_UNENCRYPTED, "unencrypted" },
    { MG_QUALITY_UNAUTHENTIC, "unauthentic" },
    { MG_QUALITY_UNCHECKED, "unchecked" },
    { MG_QUALITY_COMPUTED, "computed" },
    { MG_QUALITY_MANUAL, "manual" },
    { MG_QUALITY_RESET, "reset" },
    { MG_QUALITY_WRAPPED, "wrapped" },
    { MG_QUALITY_EXCHANGED, "exchanged" },
    { MG_QUALITY_HOST_CLOCK, "host-clock" },
    { MG_QUALITY_UNFIT, "unfit" },
    { MG_QUALITY_STALE, "stale" },
    { 0, NULL },
};

static const Nick time_nicks[] = {
    { MG_TIME_UTC, "utc" },
    { MG_TIME_LOCAL, "local" },
    { MG_TIME_SUMMER, "summer" },
    { MG_TIME_INVALID, "invalid" },
    { MG_TIME_DATE_ONLY, "date-only" },
    { MG_TIME_NO_SECONDS, "no-seconds" },
    { 0, NULL },
};

static const char hex_digits[16] = "0123456789ABCDEF";

static void json_text_of_len (GString *out, const char *text, gsize len)
{
    gsize start = 0;

    g_string_append_c (out, '"');
    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        g_string_append_len (out, text + start, (gssize) (i - start));
        if (c < 0x20)
            g_string_append_printf (out, "\\u%04X", c);
        else
            g_string_append_printf (out, "\\%c", c);
        start = i + 1;
    }
    g_string_append_len (out, text + start, (gssize) (len - start));
    g_string_append_c (out, '"');
}

static void json_text (GString *out, const char *text)
{
    json_text_of_len (out, text, strlen (text));
}

static void json_key (GString *out, const char *key)
{
    g_string_append_c (out, ',');
    g_string_append_c (out, '"');
    g_string_append (out, key);
    g_string_append (out, "\":");
}

static void json_number (GString *out, const char *key, guint64 number)
{
    char digits[20];
    gsize n = sizeof digits;

    json_key (out, key);
    do {
        digits[--n] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    g_string_append_len (out, digits + n, (gssize) (sizeof digits - n));
}

static void json_hex (GString *out, const guint8 *bytes, gsize len)
{
    gsize at = out->len + 1;

    g_string_set_size (out, out->len + 2 * len + 2);
    out->str[at - 1] = '"';
    for (gsize i = 0; i < len; i++) {
        out->str[at++] = hex_digits[bytes[i] >> 4];
        out->str[at++] = hex_digits[bytes[i] & 0x0F];
    }
    out->str[at] = '"';
}

static void json_nicks (GString *out, const char *key, guint32 bits, const Nick *nicks)
{
    const char *separator = "";

    json_key (out, key);
    g_string_append_c (out, '[');
    for (; nicks->nick != NULL; nicks++)
        if (bits & nicks->bit) {
            g_string_append (out, separator);
            json_text (out, nicks->nick);
            separator = ",";
        }
    g_string_append_c (out, ']');
}

/* Decimals and times; the longest is a sign, 19 digits and 128 zeros. */
static void json_printed (GString *out, MgValue value)
{
    char text[256];

    mg_value_print (value, '.', text, sizeof text);
    json_text (out, text);
}

static void json_value (GString *out, MgValue value)
{
    static const char *const types[] = { "none", "decimal", "text", "bytes", "time" };

    json_key (out, "type");
    json_text (out, types[value.type]);
    json_key (out, "value");
    switch (value.type) {
    case MG_VALUE_TEXT:
        json_text_of_len (out, value.v.data, value.len);
        break;
    case MG_VALUE_BYTES:
        json_hex (out, value.v.data, value.len);
        break;
    case MG_VALUE_DECIMAL:
        json_printed (out, value);
        break;
    case MG_VALUE_TIME:
        json_printed (out, value);
        json_nicks (out, "flags", value.flags, time_nicks);
        break;
    default:
        g_string_append (out, "null");
    }
}

/* A-B:C.D.E*F with the groups that are given */
static void json_obis (GString *out, const MgObis *obis)
{
    char text[32] = "";
    gsize n = 0;

    if (obis->a != 255)
        n += (gsize) g_snprintf (text + n, sizeof text - n, "%u-", obis->a);
    if (obis->b != 255)
        n += (gsize) g_snprintf (text + n, sizeof text - n, "%u:", obis->b);
    n += (gsize) g_snprintf (text + n, sizeof text - n, "%u.%u", obis->c, obis->d);
    if (obis->e != 255)
        n += (gsize) g_snprintf (text + n, sizeof text - n, ".%u", obis->e);
    if (obis->f != 255)
        g_snprintf (text + n, sizeof text - n, "*%u", obis->f);
    json_key (out, "obis");
    json_text (out, text);
}

static void json_meaning (GString *out, const MgMeaning *meaning, MgValue time)
{
    json_key (out, "function");
    json_text (out, mgh_func_nick (meaning->func));
    json_number (out, "storage", meaning->storage);
    json_number (out, "tariff", meaning->tariff);
    json_number (out, "subunit", meaning->subunit);
    if (meaning->unit_text != NULL) {
        json_key (out, "unit_text");
        json_text (out, meaning->unit_text);
    }
    if (meaning->name != NULL) {
        json_key (out, "name");
        json_text (out, meaning->name);
    }
    if (meaning->obis.given)
        json_obis (out, &meaning->obis);
    if (time.type == MG_VALUE_TIME) {
        json_key (out, "time");
        json_printed (out, time);
    }
}

static void json_reading (GString *out, guint index, const MgReading *reading)
{
    const MgMeaning *meaning = mgh_reading_get_meaning (reading);
    gsize raw_len, head_len;
    const guint8 *raw = mg_reading_get_raw (reading, &raw_len, &head_len);

    g_string_append (out, index == 0 ? "{\"index\":0" : ",{\"index\":");
    if (index > 0)
        g_string_append_printf (out, "%u", index);
    json_key (out, "key");
    json_text (out, mgh_reading_get_key (reading));
    json_key (out, "quantity");
    json_text (out, meaning->quantity != NULL ? meaning->quantity : "other");
    json_key (out, "unit");
    json_text (out, mgh_unit_nick (meaning->unit));
    json_value (out, mg_reading_get_value (reading));
    json_meaning (out, meaning, mg_reading_get_device_time (reading));
    json_nicks (out, "quality", mg_reading_get_quality (reading), quality_nicks);
    json_key (out, "raw");
    json_hex (out, raw, raw != NULL ? raw_len : 0);
    g_string_append_c (out, '}');
}

static void json_meter (GString *out, const CliTelegram *telegram)
{
    const MgIdentity *identity = mgh_readout_get_identity (telegram->readout);

    if (identity == NULL || identity->serial == NULL)
        return;
    json_key (out, "meter");
    g_string_append (out, "{\"id\":");
    json_text (out, identity->serial);
    if (identity->manufacturer != NULL) {
        json_key (out, "manufacturer");
        json_text (out, identity->manufacturer);
        json_number (out, "version", identity->version);
    }
    json_number (out, "medium", identity->medium);
    if (telegram->access >= 0) {
        json_number (out, "status", mg_readout_get_status (telegram->readout) & 0xFF);
        json_number (out, "access", (guint64) telegram->access);
    }
    g_string_append_c (out, '}');
}

void cli_decode_json (GString *out, const CliTelegram *telegram)
{
    guint n = telegram->readout != NULL ? mgh_readout_get_n (telegram->readout) : 0;

    g_string_append (out, "{\"version\":1");
    json_number (out, "line", telegram->line);
    if (telegram->readout != NULL)
        json_meter (out, telegram);
    json_key (out, "readings");
    g_string_append_c (out, '[');
    for (guint i = 0; i < n; i++)
        json_reading (out, i, mgh_readout_get_reading (telegram->readout, i));
    g_string_append_c (out, ']');
    if (telegram->error_code != NULL) {
        json_key (out, "error");
        g_string_append (out, "{\"code\":");
        json_text (out, telegram->error_code);
        json_key (out, "message");
        json_text (out, telegram->error_message);
        g_string_append_c (out, '}');
    }
    g_string_append (out, "}\n");
}
