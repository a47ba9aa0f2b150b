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

/* The end of a GString, filled without a call for each piece. */
typedef struct {
    GString *out;
    char *at, *end;
} Sink;

static void sink_grow (Sink *sink, gsize more)
{
    gsize len = (gsize) (sink->at - sink->out->str);

    g_string_set_size (sink->out, 2 * len + more + 4096);
    sink->at = sink->out->str + len;
    sink->end = sink->out->str + sink->out->len;
}

static inline char *sink_room (Sink *sink, gsize len)
{
    if (G_UNLIKELY ((gsize) (sink->end - sink->at) < len))
        sink_grow (sink, len);
    return sink->at;
}

static inline void put_bytes (Sink *sink, const char *bytes, gsize len)
{
    memcpy (sink_room (sink, len), bytes, len);
    sink->at += len;
}

#define PUT(sink, literal) put_bytes (sink, literal, sizeof literal - 1)
#define KEY(sink, name)    PUT (sink, ",\"" name "\":")

static void put_escaped (Sink *sink, guchar c)
{
    const char escape[] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 0x0F] };

    if (c < 0x20) {
        put_bytes (sink, escape, sizeof escape);
    } else {
        PUT (sink, "\\");
        put_bytes (sink, (const char *) &c, 1);
    }
}

static void put_text_of_len (Sink *sink, const char *text, gsize len)
{
    gsize start = 0;

    PUT (sink, "\"");
    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];

        if (G_LIKELY (c >= 0x20 && c != '"' && c != '\\'))
            continue;
        put_bytes (sink, text + start, i - start);
        put_escaped (sink, c);
        start = i + 1;
    }
    put_bytes (sink, text + start, len - start);
    PUT (sink, "\"");
}

static void put_text (Sink *sink, const char *text)
{
    put_text_of_len (sink, text, strlen (text));
}

/* words of our own, that need no escapes */
static void put_word (Sink *sink, const char *word)
{
    PUT (sink, "\"");
    put_bytes (sink, word, strlen (word));
    PUT (sink, "\"");
}

static void put_number (Sink *sink, guint64 number)
{
    char digits[20];
    gsize n = sizeof digits;

    do {
        digits[--n] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes (sink, digits + n, sizeof digits - n);
}

static void put_hex (Sink *sink, const guint8 *bytes, gsize len)
{
    char *at = sink_room (sink, 2 * len + 2);

    *at++ = '"';
    for (gsize i = 0; i < len; i++) {
        *at++ = hex_digits[bytes[i] >> 4];
        *at++ = hex_digits[bytes[i] & 0x0F];
    }
    *at++ = '"';
    sink->at = at;
}

static void put_nicks (Sink *sink, guint32 bits, const Nick *nicks)
{
    gboolean first = TRUE;

    PUT (sink, "[");
    for (; bits != 0 && nicks->nick != NULL; nicks++)
        if (bits & nicks->bit) {
            if (!first)
                PUT (sink, ",");
            put_word (sink, nicks->nick);
            first = FALSE;
        }
    PUT (sink, "]");
}

/* Decimals and times; the longest is a sign, 19 digits and 128 zeros. */
static void json_printed (Sink *sink, MgValue value)
{
    char *at = sink_room (sink, 258);
    gsize len = mg_value_print (value, '.', at + 1, 256);

    at[0] = at[len + 1] = '"';
    sink->at = at + len + 2;
}

static void json_value (Sink *sink, MgValue value)
{
    static const char *const types[] = { "none", "decimal", "text", "bytes", "time" };

    KEY (sink, "type");
    put_word (sink, types[value.type]);
    KEY (sink, "value");
    switch (value.type) {
    case MG_VALUE_TEXT:
        put_text_of_len (sink, value.v.data, value.len);
        break;
    case MG_VALUE_BYTES:
        put_hex (sink, value.v.data, value.len);
        break;
    case MG_VALUE_DECIMAL:
        json_printed (sink, value);
        break;
    case MG_VALUE_TIME:
        json_printed (sink, value);
        KEY (sink, "flags");
        put_nicks (sink, value.flags, time_nicks);
        break;
    default:
        PUT (sink, "null");
    }
}

/* A-B:C.D.E*F with the groups that are given */
static void json_obis (Sink *sink, const MgObis *obis)
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
    KEY (sink, "obis");
    put_text (sink, text);
}

static void json_meaning (Sink *sink, const MgMeaning *meaning, MgValue time)
{
    KEY (sink, "function");
    put_word (sink, mgh_func_nick (meaning->func));
    KEY (sink, "storage");
    put_number (sink, meaning->storage);
    KEY (sink, "tariff");
    put_number (sink, meaning->tariff);
    KEY (sink, "subunit");
    put_number (sink, meaning->subunit);
    if (meaning->unit_text != NULL) {
        KEY (sink, "unit_text");
        put_text (sink, meaning->unit_text);
    }
    if (meaning->name != NULL) {
        KEY (sink, "name");
        put_text (sink, meaning->name);
    }
    if (meaning->obis.given)
        json_obis (sink, &meaning->obis);
    if (time.type == MG_VALUE_TIME) {
        KEY (sink, "time");
        json_printed (sink, time);
    }
}

static void json_reading (Sink *sink, guint index, const MgReading *reading)
{
    const MgMeaning *meaning = mgh_reading_get_meaning (reading);
    gsize raw_len, head_len;
    const guint8 *raw = mg_reading_get_raw (reading, &raw_len, &head_len);

    if (index > 0)
        PUT (sink, ",");
    PUT (sink, "{\"index\":");
    put_number (sink, index);
    KEY (sink, "key");
    put_text (sink, mgh_reading_get_key (reading));
    KEY (sink, "quantity");
    put_text (sink, meaning->quantity != NULL ? meaning->quantity : "other");
    KEY (sink, "unit");
    put_word (sink, mgh_unit_nick (meaning->unit));
    json_value (sink, mg_reading_get_value (reading));
    json_meaning (sink, meaning, mg_reading_get_device_time (reading));
    KEY (sink, "quality");
    put_nicks (sink, mg_reading_get_quality (reading), quality_nicks);
    KEY (sink, "raw");
    put_hex (sink, raw, raw != NULL ? raw_len : 0);
    PUT (sink, "}");
}

static void json_meter (Sink *sink, const CliTelegram *telegram)
{
    const MgIdentity *identity = mgh_readout_get_identity (telegram->readout);

    if (identity == NULL || identity->serial == NULL)
        return;
    KEY (sink, "meter");
    PUT (sink, "{\"id\":");
    put_text (sink, identity->serial);
    if (identity->manufacturer != NULL) {
        KEY (sink, "manufacturer");
        put_text (sink, identity->manufacturer);
        KEY (sink, "version");
        put_number (sink, identity->version);
    }
    KEY (sink, "medium");
    put_number (sink, identity->medium);
    if (telegram->access >= 0) {
        KEY (sink, "status");
        put_number (sink, mg_readout_get_status (telegram->readout) & 0xFF);
        KEY (sink, "access");
        put_number (sink, (guint64) telegram->access);
    }
    PUT (sink, "}");
}

void cli_decode_json (GString *out, const CliTelegram *telegram)
{
    guint n = telegram->readout != NULL ? mgh_readout_get_n (telegram->readout) : 0;
    Sink end = { .out = out, .at = out->str + out->len, .end = out->str + out->len }, *sink = &end;

    PUT (sink, "{\"version\":1");
    KEY (sink, "line");
    put_number (sink, telegram->line);
    if (telegram->readout != NULL)
        json_meter (sink, telegram);
    KEY (sink, "readings");
    PUT (sink, "[");
    for (guint i = 0; i < n; i++)
        json_reading (sink, i, mgh_readout_get_reading (telegram->readout, i));
    PUT (sink, "]");
    if (telegram->error_code != NULL) {
        KEY (sink, "error");
        PUT (sink, "{\"code\":");
        put_text (sink, telegram->error_code);
        KEY (sink, "message");
        put_text (sink, telegram->error_message);
        PUT (sink, "}");
    }
    PUT (sink, "}\n");
    g_string_truncate (out, (gsize) (sink->at - out->str));
}
