/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.c: readouts to lines of comma-separated values, in the columns of the concentrator (its tables 20 and 21). */
#include <metergate.h>

#include "fields.h"
#include "format.h"

#include <string.h>

#define NO_COLUMN     G_MAXUINT32
#define MS_PER_SECOND 1000

/* Texts that stay the same over the run, as stretches of csv->texts, one behind the other. */
typedef struct {
    guint32 column; /* NO_COLUMN: not selected */
    gint add_exponent;
    gsize at;
    guint32 before;  /* bytes of ";IndexN;", all up to the value */
    guint32 between; /* of ";UnitN;DescriptionN;UserN;", from the value (and scale) to the time */
    guint32 after;   /* of "0;ObisIdN": no time, and the rest; without the 0 where the layout has no times */
} CsvPoint;

typedef struct {
    gint64 number; /* Index; -1: no line yet */
    gsize id_at;   /* ";DeviceId;Link;User" */
    guint32 id_len;
    guint first_point, n_points;
} CsvMeter;

typedef struct {
    guint32 reading, point; /* which stands in this column of the line; reading NO_COLUMN: none */
} CsvSlot;

typedef struct {
    guint32 layout;
    char separator, mark;
    gboolean guard, header;
    GHashTable *places; /* MgMeter, borrowed for the run: its place in `meters` */
    GArray *meters;     /* of CsvMeter */
    GArray *points;     /* of CsvPoint */
    GString *texts;
    gint64 n_numbers;
    guint width;    /* values a line */
    CsvSlot *slots; /* of one line */
    GString *empty, *cell;
} Csv;

gpointer csv_create (MgHost *host, const MgConfig *config, GError **error)
{
    gint64 separator = mg_config_get_int (config, "separator"), mark = mg_config_get_int (config, "decimal-mark");

    if (separator == mark) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "separator and decimal-mark are both '%c': expected two different ones", (char) mark);
        return NULL;
    }
    Csv *csv = g_new0 (Csv, 1);
    csv->layout = (guint32) mg_config_get_int (config, "layout");
    csv->separator = (char) separator;
    csv->mark = (char) mark;
    csv->guard = mg_config_get_bool (config, "formula-guard");
    csv->header = mg_config_get_bool (config, "header");
    csv->places = g_hash_table_new (NULL, NULL);
    csv->meters = g_array_new (FALSE, FALSE, sizeof (CsvMeter));
    csv->points = g_array_new (FALSE, FALSE, sizeof (CsvPoint));
    csv->texts = g_string_new (NULL);
    csv->empty = g_string_new (NULL);
    csv->cell = g_string_new (NULL);
    return csv;
}

void csv_destroy (gpointer self)
{
    Csv *csv = self;

    g_hash_table_unref (csv->places);
    g_array_unref (csv->meters);
    g_array_unref (csv->points);
    g_string_free (csv->texts, TRUE);
    g_string_free (csv->empty, TRUE);
    g_string_free (csv->cell, TRUE);
    g_free (csv->slots);
    g_free (csv);
}

/* RFC 4180, 2: quotes only where they are needed. The guard is OWASP's for what a spreadsheet takes for a formula. */
static void csv_text (const Csv *csv, GString *to, const char *text, gsize len)
{
    g_autofree char *repaired = field_is_clean (text, len) ? NULL : field_clean (text, (gssize) len);
    gboolean quoted = FALSE;

    if (repaired != NULL) {
        text = repaired;
        len = strlen (repaired);
    }
    for (gsize i = 0; i < len && !quoted; i++)
        quoted = text[i] == csv->separator || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (quoted)
        g_string_append_c (to, '"');
    if (csv->guard && len > 0 && memchr ("=+-@\t\r", *text, 6) != NULL)
        g_string_append_c (to, '\'');
    if (!quoted) {
        g_string_append_len (to, text, (gssize) len);
        return;
    }
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '"')
            g_string_append_c (to, '"');
        g_string_append_c (to, text[i]);
    }
    g_string_append_c (to, '"');
}

static void csv_add_cell (const Csv *csv, GString *to, const char *text)
{
    g_string_append_c (to, csv->separator);
    if (text != NULL && *text != '\0')
        csv_text (csv, to, text, strlen (text));
}

static void csv_prepare_point (Csv *csv, CsvPoint *p, const MgPoint *point)
{
    const char *unit = field_unit (point, (csv->layout & CSV_PLAIN_TIME) == 0, &p->add_exponent);
    GString *to = csv->texts;
    char text[FIELD_MAX] = "";

    p->at = to->len;
    if ((csv->layout & CSV_INDEX) != 0) {
        g_string_append_c (to, csv->separator);
        g_string_append_len (to, text, (gssize) field_int (mg_point_get_index (point), text));
    }
    g_string_append_c (to, csv->separator);
    p->before = (guint32) (to->len - p->at);
    csv_add_cell (csv, to, unit);
    csv_add_cell (csv, to, mg_point_get_description (point));
    if ((csv->layout & CSV_POINT_USER) != 0)
        csv_add_cell (csv, to, mg_point_get_label (point));
    if ((csv->layout & CSV_POINT_TIME) != 0)
        g_string_append_c (to, csv->separator);
    p->between = (guint32) (to->len - p->at) - p->before;
    if ((csv->layout & CSV_POINT_TIME) != 0)
        g_string_append_c (to, '0');
    g_string_append_c (to, csv->separator);
    g_string_append_len (to, text, (gssize) field_obis (mg_point_get_meaning (point)->obis, text));
    p->after = (guint32) (to->len - p->at) - p->before - p->between;
}

/* A value stands in the column of its point's rank among the selected points, so that a meter that alternates telegrams
 * keeps its columns. */
static void csv_prepare (Csv *csv, MgOutput *out, const MgMeter *meter)
{
    CsvMeter m = { .number = -1, .id_at = csv->texts->len, .first_point = csv->points->len };
    g_autofree char *device = field_device_id (meter);
    guint32 columns = 0;

    csv_add_cell (csv, csv->texts, device);
    if ((csv->layout & CSV_LINK) != 0)
        csv_add_cell (csv, csv->texts, mg_meter_get_address (meter));
    if ((csv->layout & CSV_USER) != 0)
        csv_add_cell (csv, csv->texts, mg_meter_get_label (meter));
    m.id_len = (guint32) (csv->texts->len - m.id_at);
    m.n_points = mg_meter_get_n_points (meter);
    for (guint i = 0; i < m.n_points; i++) {
        const MgPoint *point = mg_meter_get_point (meter, i);
        CsvPoint p = { .column = NO_COLUMN };
        if (mg_output_selects (out, meter, point)) {
            csv_prepare_point (csv, &p, point);
            p.column = columns++;
        }
        g_array_append_val (csv->points, p);
    }
    csv->width = MAX (csv->width, columns);
    g_hash_table_insert (csv->places, (gpointer) meter, GUINT_TO_POINTER (csv->meters->len));
    g_array_append_val (csv->meters, m);
}

static void csv_header (const Csv *csv, MgOutput *out)
{
    static const struct {
        const char *name;
        guint32 layout; /* 0: in all */
    } columns[] = { { "Value", 0 },       { "Scale", CSV_SCALE },     { "Unit", 0 },
                    { "Description", 0 }, { "User", CSV_POINT_USER }, { "Timestamp", CSV_POINT_TIME },
                    { "ObisId", 0 } };
    char s = csv->separator;

    if ((csv->layout & CSV_INDEX) != 0)
        mg_output_printf (out, "Index%c", s);
    mg_output_printf (out, "Timestamp%cDeviceId", s);
    if ((csv->layout & CSV_LINK) != 0)
        mg_output_printf (out, "%cLink", s);
    if ((csv->layout & CSV_USER) != 0)
        mg_output_printf (out, "%cUser", s);
    for (guint i = 0; i < csv->width; i++) {
        if ((csv->layout & CSV_INDEX) != 0)
            mg_output_printf (out, "%cIndex%u", s, i);
        for (guint k = 0; k < G_N_ELEMENTS (columns); k++)
            if (columns[k].layout == 0 || (csv->layout & columns[k].layout) != 0)
                mg_output_printf (out, "%c%s%u", s, columns[k].name, i);
    }
    mg_output_write (out, "\n", 1);
}

/* What was prepared for one run: with many meters megabytes, which nobody needs until the next. */
static void csv_forget (Csv *csv)
{
    g_hash_table_remove_all (csv->places);
    g_array_unref (csv->meters);
    g_array_unref (csv->points);
    g_string_free (csv->texts, TRUE);
    csv->meters = g_array_new (FALSE, FALSE, sizeof (CsvMeter));
    csv->points = g_array_new (FALSE, FALSE, sizeof (CsvPoint));
    csv->texts = g_string_new (NULL);
}

gboolean csv_begin (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    Csv *csv = self;
    const MgMeter *const *meters;
    guint n = mg_output_get_meters (out, &meters), cells = 4; /* value, unit, description, OBIS */

    csv_forget (csv);
    csv->n_numbers = 0;
    csv->width = 0;
    for (guint i = 0; i < n; i++)
        csv_prepare (csv, out, meters[i]);
    g_free (csv->slots);
    csv->slots = g_new (CsvSlot, csv->width);
    for (guint32 bit = CSV_INDEX; bit <= CSV_POINT_TIME; bit <<= 1)
        if ((bit & (CSV_INDEX | CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME) & csv->layout) != 0)
            cells++;
    g_string_truncate (csv->empty, 0);
    for (guint i = 0; i < cells; i++)
        g_string_append_c (csv->empty, csv->separator);
    if (csv->header)
        csv_header (csv, out);
    return TRUE;
}

static void csv_write_text (Csv *csv, MgOutput *out, MgValue value)
{
    g_string_truncate (csv->cell, 0);
    csv_text (csv, csv->cell, value.v.data, value.len);
    mg_output_write (out, csv->cell->str, csv->cell->len);
}

/* The value, and the scale where the layout has one; an unusable value leaves its cell empty. */
static void csv_value (Csv *csv, MgOutput *out, const CsvPoint *p, const MgReading *reading)
{
    MgValue value = mg_reading_get_value (reading);
    gboolean has = value.type != MG_VALUE_NONE && (mg_reading_get_quality (reading) & MG_QUALITY_UNUSABLE) == 0;
    gint exponent = 0;
    char buf[FIELD_MAX];
    gsize len = 0;

    if (has && value.type == MG_VALUE_TEXT)
        csv_write_text (csv, out, value);
    else if (has && (csv->layout & CSV_SCALE) != 0)
        len = field_sent (out, value, buf, &exponent);
    else if (has && value.type != MG_VALUE_TIME)
        len = field_scaled (value, p->add_exponent, csv->mark, buf);
    else if (has)
        field_write_face (out, value);
    if ((csv->layout & CSV_SCALE) != 0) {
        buf[len++] = csv->separator;
        len += field_scale (value.type == MG_VALUE_DECIMAL ? exponent + p->add_exponent : 0, buf + len);
    }
    mg_output_write (out, buf, len);
}

static void csv_point_time (Csv *csv, MgOutput *out, MgValue time)
{
    char buf[FIELD_MAX];
    gint64 utc_ms;

    if ((csv->layout & CSV_PLAIN_TIME) != 0) {
        if (!field_write_face (out, time))
            mg_output_write (out, "0", 1);
    } else {
        mg_output_clock (out, time, &utc_ms);
        mg_output_write (out, buf, field_int (utc_ms / MS_PER_SECOND, buf));
    }
}

static void csv_point (Csv *csv, MgOutput *out, const CsvPoint *p, const MgReading *reading)
{
    const char *text = csv->texts->str + p->at;
    MgValue time = mg_reading_get_device_time (reading);

    mg_output_write (out, text, p->before);
    csv_value (csv, out, p, reading);
    if (time.type == MG_VALUE_NONE || (csv->layout & CSV_POINT_TIME) == 0) {
        mg_output_write (out, text + p->before, p->between + p->after);
        return;
    }
    mg_output_write (out, text + p->before, p->between);
    csv_point_time (csv, out, time);
    mg_output_write (out, text + p->before + p->between + 1, p->after - 1); /* without the 0 */
}

static void csv_meter_cells (Csv *csv, MgOutput *out, CsvMeter *m, gint64 at_ms)
{
    char buf[FIELD_MAX];

    if (m->number < 0)
        m->number = csv->n_numbers++;
    if ((csv->layout & CSV_INDEX) != 0) {
        gsize len = field_int (m->number, buf);
        buf[len] = csv->separator;
        mg_output_write (out, buf, len + 1);
    }
    if ((csv->layout & CSV_PLAIN_TIME) != 0)
        mg_output_time (out, at_ms, "%Y-%m-%d %H:%M:%S");
    else
        mg_output_write (out, buf, field_int (at_ms / MS_PER_SECOND, buf));
    mg_output_write (out, csv->texts->str + m->id_at, m->id_len);
}

/* Sorts the readings into their columns. */
static void csv_fill_slots (Csv *csv, const CsvMeter *m, const MgItem *item, guint n)
{
    for (guint c = 0; c < csv->width; c++)
        csv->slots[c].reading = NO_COLUMN;
    for (guint i = 0; i < n; i++) {
        guint index = mg_point_get_index (mg_item_get_point (item, i));
        if (index >= m->n_points)
            continue;
        guint32 column = g_array_index (csv->points, CsvPoint, m->first_point + index).column;
        if (column != NO_COLUMN)
            csv->slots[column] = (CsvSlot){ i, m->first_point + index };
    }
}

gboolean csv_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error)
{
    Csv *csv = self;
    guint n = mg_item_get_n_readings (item);
    gpointer place;

    if (n == 0) /* an event */
        return TRUE;
    const MgMeter *meter = mg_item_get_meter (item);
    if (!g_hash_table_lookup_extended (csv->places, meter, NULL, &place)) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "meter %u came without having been announced",
                     mg_meter_get_id (meter));
        return FALSE;
    }
    CsvMeter *m = &g_array_index (csv->meters, CsvMeter, GPOINTER_TO_UINT (place));
    csv_fill_slots (csv, m, item, n);
    csv_meter_cells (csv, out, m, mg_readout_get_at_ms (mg_item_get_readout (item)));
    for (guint c = 0; c < csv->width; c++) {
        const CsvSlot *slot = &csv->slots[c];
        if (slot->reading == NO_COLUMN)
            mg_output_write (out, csv->empty->str, csv->empty->len);
        else
            csv_point (csv, out, &g_array_index (csv->points, CsvPoint, slot->point),
                       mg_item_get_reading (item, slot->reading));
    }
    mg_output_write (out, "\n", 1);
    return TRUE;
}

gboolean csv_end (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    csv_forget (self);
    return TRUE;
}
