/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.c: readouts to the concentrator's JSON (its table 22), a meter object a readout, so that it streams. */
#include <metergate.h>

#include "fields.h"
#include "format.h"

#include <string.h>

#define MS_PER_SECOND 1000
#define SCALE_CHARS   5 /* 1e-03 */
#define KILO          3
#define EXTENSION_BIT 0x80 /* EN 13757-3, 6.3.2 and 6.4.2: another DIFE or VIFE follows */

/* Texts that stay the same over the run, as stretches of json->texts, one behind the other. */
typedef struct {
    gboolean selected;
    gint add_exponent;
    gsize at;
    gint exponent;  /* whose scale stands in the text now */
    guint32 before; /* bytes from ",{" to the scale's opening quote */
    guint32 len;    /* to USER, with a scale of SCALE_CHARS */
} JsonPoint;

typedef struct {
    gsize head_at; /* of the meter object, up to the data array's bracket */
    guint32 head_len;
    guint first_point, n_points;
} JsonMeter;

typedef struct {
    MgHost *host;
    GHashTable *places; /* MgMeter, borrowed for the run: its place in `meters` */
    GArray *meters;     /* of JsonMeter */
    GArray *points;     /* of JsonPoint */
    GString *texts;
    gboolean first;
    GString *text;
} Json;

gpointer json_create (MgHost *host, const MgConfig *config, GError **error)
{
    Json *json = g_new0 (Json, 1);

    json->host = host;
    json->places = g_hash_table_new (NULL, NULL);
    json->meters = g_array_new (FALSE, FALSE, sizeof (JsonMeter));
    json->points = g_array_new (FALSE, FALSE, sizeof (JsonPoint));
    json->texts = g_string_new (NULL);
    json->text = g_string_new (NULL);
    return json;
}

void json_destroy (gpointer self)
{
    Json *json = self;

    g_hash_table_unref (json->places);
    g_array_unref (json->meters);
    g_array_unref (json->points);
    g_string_free (json->texts, TRUE);
    g_string_free (json->text, TRUE);
    g_free (json);
}

/* RFC 8259, 7: a string with its quotes */
static void json_text (GString *to, const char *text, gsize len)
{
    g_autofree char *repaired = field_is_clean (text, len) ? NULL : field_clean (text, (gssize) len);
    gsize plain = 0; /* from here to `i` nothing needs an escape */

    if (repaired != NULL) {
        text = repaired;
        len = strlen (repaired);
    }
    g_string_append_c (to, '"');
    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        g_string_append_len (to, text + plain, (gssize) (i - plain));
        if (c < 0x20)
            g_string_append_printf (to, "\\u%04X", (guint) c);
        else
            g_string_append_c (g_string_append_c (to, '\\'), (char) c);
        plain = i + 1;
    }
    g_string_append_len (to, text + plain, (gssize) (len - plain));
    g_string_append_c (to, '"');
}

static void json_member (GString *to, const char *name, const char *text)
{
    g_string_append_c (to, '"');
    g_string_append (to, name);
    g_string_append (to, "\":");
    json_text (to, text != NULL ? text : "", text != NULL ? strlen (text) : 0);
    g_string_append_c (to, ',');
}

static void json_number_member (GString *to, const char *name, guint number)
{
    g_string_append_printf (to, "\"%s\":\"%u\",", name, number);
}

static void json_prepare_point (Json *json, JsonPoint *p, const MgPoint *point)
{
    const char *unit = field_unit (point, TRUE, &p->add_exponent);
    GString *to = json->texts;
    char obis[FIELD_MAX] = "";

    if (mg_point_get_meaning (point)->unit == MG_UNIT_WH) { /* table 22: "energy values in Wh are converted to kWh" */
        unit = "kWh";
        p->add_exponent -= KILO;
    }
    p->selected = TRUE;
    p->at = to->len;
    g_string_append (to, ",{");
    json_member (to, "DESCRIPTION", mg_point_get_description (point));
    json_member (to, "UNIT", unit);
    g_string_append (to, "\"SCALE\":\"");
    p->before = (guint32) (to->len - p->at);
    g_string_append (to, "1e+00\",");
    field_obis (mg_point_get_meaning (point)->obis, obis);
    json_member (to, "OBIS_ID", obis);
    json_member (to, "USER", mg_point_get_label (point));
    p->len = (guint32) (to->len - p->at);
}

static guint json_prepare (Json *json, MgOutput *out, const MgMeter *meter)
{
    const MgIdentity *identity = mg_meter_get_identity (meter);
    JsonMeter m = { .head_at = json->texts->len, .first_point = json->points->len };
    GString *to = json->texts;

    g_string_append_c (to, '{');
    json_member (to, "METER_ID", identity->serial);
    json_member (to, "INTERFACE", mg_meter_get_interface (meter));
    json_member (to, "MAN", identity->manufacturer);
    json_number_member (to, "VER", identity->version);
    json_member (to, "MED", mg_medium_text (identity->medium));
    json_number_member (to, "MED_ID", mg_medium_index (identity->medium));
    json_member (to, "USER", mg_meter_get_label (meter));
    g_string_append (to, "\"data\":[");
    m.head_len = (guint32) (to->len - m.head_at);
    m.n_points = mg_meter_get_n_points (meter);
    for (guint i = 0; i < m.n_points; i++) {
        const MgPoint *point = mg_meter_get_point (meter, i);
        JsonPoint p = { 0 };
        if (mg_output_selects (out, meter, point))
            json_prepare_point (json, &p, point);
        g_array_append_val (json->points, p);
    }
    g_hash_table_insert (json->places, (gpointer) meter, GUINT_TO_POINTER (json->meters->len));
    g_array_append_val (json->meters, m);
    return json->meters->len - 1;
}

/* What was prepared for one run: with many meters megabytes, which nobody needs until the next. */
static void json_forget (Json *json)
{
    g_hash_table_remove_all (json->places);
    g_array_unref (json->meters);
    g_array_unref (json->points);
    g_string_free (json->texts, TRUE);
    json->meters = g_array_new (FALSE, FALSE, sizeof (JsonMeter));
    json->points = g_array_new (FALSE, FALSE, sizeof (JsonPoint));
    json->texts = g_string_new (NULL);
}

gboolean json_begin (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    Json *json = self;
    const char *serial = mg_host_get_fact (json->host, "serial");

    if (serial == NULL || *serial == '\0')
        serial = mg_host_get_fact (json->host, "uuid");
    json_forget (json);
    json->first = TRUE;
    g_string_assign (json->text, "{\"muc\":{");
    json_member (json->text, "MUC_ID", serial);
    json_member (json->text, "VERSION", "1");
    mg_output_write (out, json->text->str, json->text->len);
    mg_output_printf (out, "\"TIMESTAMP\":%" G_GINT64_FORMAT ",\"meter\":[",
                      mg_output_get_created_ms (out) / MS_PER_SECOND);
    return TRUE;
}

static void json_hex (MgOutput *out, const char *name, const guint8 *bytes, gsize len)
{
    mg_output_printf (out, "\"%s\":\"", name);
    for (gsize i = 0; i < len; i++)
        mg_output_printf (out, "%02X", bytes[i]);
    mg_output_write (out, "\",", 2);
}

/* DIF and its DIFEs, then VIF and its VIFEs, where the readout still has the record as it came */
static void json_record_head (MgOutput *out, const MgReading *reading)
{
    gsize len, head, dif = 0;
    const guint8 *raw = mg_reading_get_raw (reading, &len, &head);

    if (raw == NULL || head == 0)
        return;
    while (dif < head && (raw[dif] & EXTENSION_BIT) != 0)
        dif++;
    dif = MIN (dif + 1, head);
    json_hex (out, "DIF", raw, dif);
    if (head > dif)
        json_hex (out, "VIF", raw + dif, head - dif);
}

/* the text without its quotes */
static void json_string_value (Json *json, MgOutput *out, MgValue value)
{
    g_string_truncate (json->text, 0);
    json_text (json->text, value.v.data, value.len);
    mg_output_write (out, json->text->str + 1, json->text->len - 2);
}

/* What all values of a readout have between USER and VAL. */
typedef struct {
    char text[64];
    gsize time_len; /* "entry":[{"T_MUC":1795176000 */
    gsize len;      /* and ,"VAL":" */
} JsonEntry;

static void json_entry_begin (MgOutput *out, const JsonEntry *entry, MgValue time)
{
    char buf[FIELD_MAX];
    gint64 utc_ms;

    if (time.type == MG_VALUE_NONE || !mg_output_clock (out, time, &utc_ms)) {
        mg_output_write (out, entry->text, entry->len);
        return;
    }
    mg_output_write (out, entry->text, entry->time_len);
    mg_output_write (out, ",\"T\":", 5);
    mg_output_write (out, buf, field_int (utc_ms / MS_PER_SECOND, buf));
    mg_output_write (out, entry->text + entry->time_len, entry->len - entry->time_len);
}

/* All from the brace to USER. The scale of a point hardly ever changes, so it is kept in the text. */
static void json_value_head (Json *json, MgOutput *out, JsonPoint *p, gint exponent, gboolean first)
{
    char *text = json->texts->str + p->at, scale[32];
    gsize skip = first ? 1 : 0; /* the first one has no comma */

    if (exponent != p->exponent) {
        gsize len = field_scale (exponent, scale);
        if (len != SCALE_CHARS) {
            mg_output_write (out, text + skip, p->before - skip);
            mg_output_write (out, scale, len);
            mg_output_write (out, text + p->before + SCALE_CHARS, p->len - p->before - SCALE_CHARS);
            return;
        }
        memcpy (text + p->before, scale, SCALE_CHARS);
        p->exponent = exponent;
    }
    mg_output_write (out, text + skip, p->len - skip);
}

static void json_value (Json *json, MgOutput *out, JsonPoint *p, const MgReading *reading, const JsonEntry *entry,
                        gboolean first)
{
    MgValue value = mg_reading_get_value (reading);
    gboolean has = value.type != MG_VALUE_NONE && (mg_reading_get_quality (reading) & MG_QUALITY_UNUSABLE) == 0;
    char number[FIELD_MAX + 8];
    gint exponent = 0;
    gsize len = 0;

    if (has && value.type != MG_VALUE_TEXT)
        len = field_sent (out, value, number, &exponent);
    json_value_head (json, out, p, value.type == MG_VALUE_DECIMAL ? exponent + p->add_exponent : 0, first);
    json_record_head (out, reading);
    json_entry_begin (out, entry, mg_reading_get_device_time (reading));
    if (has && value.type == MG_VALUE_TEXT)
        json_string_value (json, out, value);
    memcpy (number + len, "\"}]}", 4);
    mg_output_write (out, number, len + 4);
}

static void json_values (Json *json, MgOutput *out, const MgItem *item, const JsonMeter *m)
{
    gint64 at_s = mg_readout_get_at_ms (mg_item_get_readout (item)) / MS_PER_SECOND;
    guint n = mg_item_get_n_readings (item);
    gboolean first = TRUE;
    JsonEntry entry;

    entry.time_len =
        (gsize) g_snprintf (entry.text, sizeof entry.text, "\"entry\":[{\"T_MUC\":%" G_GINT64_FORMAT, at_s);
    entry.len = g_strlcat (entry.text, ",\"VAL\":\"", sizeof entry.text);
    for (guint i = 0; i < n; i++) {
        guint index = mg_point_get_index (mg_item_get_point (item, i));
        JsonPoint *p = index < m->n_points ? &g_array_index (json->points, JsonPoint, m->first_point + index) : NULL;
        if (p == NULL || !p->selected)
            continue;
        json_value (json, out, p, mg_item_get_reading (item, i), &entry, first);
        first = FALSE;
    }
}

gboolean json_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error)
{
    Json *json = self;
    const MgMeter *meter = mg_item_get_meter (item);
    gpointer place;

    if (mg_item_get_n_readings (item) == 0) /* an event */
        return TRUE;
    if (!g_hash_table_lookup_extended (json->places, meter, NULL, &place))
        place = GUINT_TO_POINTER (json_prepare (json, out, meter));
    const JsonMeter *m = &g_array_index (json->meters, JsonMeter, GPOINTER_TO_UINT (place));
    mg_output_puts (out, json->first ? "\n" : ",\n");
    json->first = FALSE;
    mg_output_write (out, json->texts->str + m->head_at, m->head_len);
    json_values (json, out, item, m);
    mg_output_write (out, "]}", 2);
    return TRUE;
}

gboolean json_end (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    mg_output_puts (out, "\n]}}\n");
    json_forget (self);
    return TRUE;
}
