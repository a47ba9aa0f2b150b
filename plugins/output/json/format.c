/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.c: readouts to the concentrator's JSON (its table 22), a meter object a readout, so that it streams. */
#include <metergate.h>

#include "fields.h"
#include "format.h"

#include <string.h>

#define MS_PER_SECOND 1000
#define KILO          3
#define EXTENSION_BIT 0x80 /* EN 13757-3, 6.3.2 and 6.4.2: another DIFE or VIFE follows */

typedef struct {
    gboolean selected;
    gint add_exponent;
    GString *before; /* from the brace to the scale's opening quote */
    GString *after;  /* from the scale's closing quote to USER */
} JsonPoint;

typedef struct {
    GString *head; /* of the meter object, up to the data array's bracket */
    JsonPoint *points;
    guint n_points;
} JsonMeter;

typedef struct {
    MgHost *host;
    GHashTable *meters; /* MgMeter, borrowed for the run: JsonMeter */
    gboolean first;
    GString *text;
} Json;

static void json_meter_free (gpointer data)
{
    JsonMeter *m = data;

    for (guint i = 0; i < m->n_points; i++)
        if (m->points[i].before != NULL) {
            g_string_free (m->points[i].before, TRUE);
            g_string_free (m->points[i].after, TRUE);
        }
    g_free (m->points);
    g_string_free (m->head, TRUE);
    g_free (m);
}

gpointer json_create (MgHost *host, const MgConfig *config, GError **error)
{
    Json *json = g_new0 (Json, 1);

    json->host = host;
    json->meters = g_hash_table_new_full (NULL, NULL, NULL, json_meter_free);
    json->text = g_string_new (NULL);
    return json;
}

void json_destroy (gpointer self)
{
    Json *json = self;

    g_hash_table_unref (json->meters);
    g_string_free (json->text, TRUE);
    g_free (json);
}

/* RFC 8259, 7: a string with its quotes */
static void json_text (GString *to, const char *text, gssize len)
{
    g_autofree char *clean = field_clean (text, len);

    g_string_append_c (to, '"');
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_c (to, '\\');
            g_string_append_c (to, *at);
        } else if ((guchar) *at < 0x20)
            g_string_append_printf (to, "\\u%04X", (guint) *at);
        else
            g_string_append_c (to, *at);
    }
    g_string_append_c (to, '"');
}

static void json_member (GString *to, const char *name, const char *text)
{
    g_string_append_printf (to, "\"%s\":", name);
    json_text (to, text, -1);
    g_string_append_c (to, ',');
}

static void json_number_member (GString *to, const char *name, guint number)
{
    g_string_append_printf (to, "\"%s\":\"%u\",", name, number);
}

static void json_prepare_point (JsonPoint *p, const MgPoint *point)
{
    const char *unit = field_unit (point, TRUE, &p->add_exponent);
    char obis[FIELD_MAX] = "";

    if (mg_point_get_meaning (point)->unit == MG_UNIT_WH) { /* table 22: "energy values in Wh are converted to kWh" */
        unit = "kWh";
        p->add_exponent -= KILO;
    }
    p->selected = TRUE;
    p->before = g_string_new ("{");
    json_member (p->before, "DESCRIPTION", mg_point_get_description (point));
    json_member (p->before, "UNIT", unit);
    g_string_append (p->before, "\"SCALE\":\"");
    p->after = g_string_new ("\",");
    field_obis (mg_point_get_meaning (point)->obis, obis);
    json_member (p->after, "OBIS_ID", obis);
    json_member (p->after, "USER", mg_point_get_label (point));
}

static JsonMeter *json_prepare (Json *json, MgOutput *out, const MgMeter *meter)
{
    const MgIdentity *identity = mg_meter_get_identity (meter);
    JsonMeter *m = g_new0 (JsonMeter, 1);

    m->head = g_string_new ("{");
    json_member (m->head, "METER_ID", identity->serial);
    json_member (m->head, "INTERFACE", mg_meter_get_interface (meter));
    json_member (m->head, "MAN", identity->manufacturer);
    json_number_member (m->head, "VER", identity->version);
    json_member (m->head, "MED", mg_medium_text (identity->medium));
    json_number_member (m->head, "MED_ID", mg_medium_index (identity->medium));
    json_member (m->head, "USER", mg_meter_get_label (meter));
    g_string_append (m->head, "\"data\":[");
    m->n_points = mg_meter_get_n_points (meter);
    m->points = g_new0 (JsonPoint, m->n_points);
    for (guint i = 0; i < m->n_points; i++)
        if (mg_output_selects (out, meter, mg_meter_get_point (meter, i)))
            json_prepare_point (&m->points[i], mg_meter_get_point (meter, i));
    g_hash_table_insert (json->meters, (gpointer) meter, m);
    return m;
}

gboolean json_begin (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    Json *json = self;
    const char *serial = mg_host_get_fact (json->host, "serial");

    if (serial == NULL || *serial == '\0')
        serial = mg_host_get_fact (json->host, "uuid");
    g_hash_table_remove_all (json->meters);
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

static void json_value (Json *json, MgOutput *out, const JsonPoint *p, const MgReading *reading)
{
    MgValue value = mg_reading_get_value (reading);
    char scale[FIELD_MAX], number[FIELD_MAX];
    gint exponent = 0;
    gsize len = 0;

    if (field_has_value (reading) && value.type != MG_VALUE_TEXT)
        len = field_sent (out, value, number, &exponent);
    mg_output_write (out, p->before->str, p->before->len);
    mg_output_write (out, scale, field_scale (value.type == MG_VALUE_DECIMAL ? exponent + p->add_exponent : 0, scale));
    mg_output_write (out, p->after->str, p->after->len);
    json_record_head (out, reading);
    g_string_assign (json->text, "\"entry\":[{\"T_MUC\":");
    gint64 at_ms = mg_readout_get_at_ms (mg_reading_get_readout (reading)), utc_ms;
    g_string_append_len (json->text, scale, (gssize) field_int (at_ms / MS_PER_SECOND, scale));
    if (mg_output_clock (out, mg_reading_get_device_time (reading), &utc_ms)) {
        g_string_append (json->text, ",\"T\":");
        g_string_append_len (json->text, scale, (gssize) field_int (utc_ms / MS_PER_SECOND, scale));
    }
    g_string_append (json->text, ",\"VAL\":");
    if (field_has_value (reading) && value.type == MG_VALUE_TEXT)
        json_text (json->text, value.v.data, value.len);
    else {
        g_string_append_c (json->text, '"');
        g_string_append_len (json->text, number, (gssize) len);
        g_string_append_c (json->text, '"');
    }
    g_string_append (json->text, "}]}");
    mg_output_write (out, json->text->str, json->text->len);
}

gboolean json_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error)
{
    Json *json = self;
    guint n = mg_item_get_n_readings (item);

    if (n == 0) /* an event */
        return TRUE;
    const MgMeter *meter = mg_item_get_meter (item);
    JsonMeter *m = g_hash_table_lookup (json->meters, meter);
    gboolean first = TRUE;
    if (m == NULL)
        m = json_prepare (json, out, meter);
    mg_output_puts (out, json->first ? "\n" : ",\n");
    json->first = FALSE;
    mg_output_write (out, m->head->str, m->head->len);
    for (guint i = 0; i < n; i++) {
        guint index = mg_point_get_index (mg_item_get_point (item, i));
        if (index >= m->n_points || !m->points[index].selected)
            continue;
        if (!first)
            mg_output_write (out, ",", 1);
        first = FALSE;
        json_value (json, out, &m->points[index], mg_item_get_reading (item, i));
    }
    mg_output_write (out, "]}", 2);
    return TRUE;
}

gboolean json_end (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    mg_output_puts (out, "\n]}}\n");
    return TRUE;
}
