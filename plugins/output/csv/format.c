/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format.c: readouts to lines of comma-separated values, in the columns of the concentrator (its tables 20 and 21). */
#include <metergate.h>

#include "fields.h"
#include "format.h"

#include <string.h>

#define NO_COLUMN     G_MAXUINT32
#define MS_PER_SECOND 1000

typedef struct {
    guint32 column; /* NO_COLUMN: not selected */
    gint add_exponent;
    GString *before;  /* ";IndexN;", all cells before the value */
    GString *between; /* ";UnitN;DescriptionN;UserN;", between value (and scale) and time */
    GString *after;   /* ";ObisIdN" */
} CsvPoint;

typedef struct {
    gint64 number;    /* Index; -1: no line yet */
    GString *id;      /* ";DeviceId;Link;User" */
    CsvPoint *points; /* by index */
    guint n_points;
} CsvMeter;

typedef struct {
    guint32 layout;
    char separator, mark;
    gboolean guard, header;
    GHashTable *meters; /* MgMeter, borrowed for the run: CsvMeter */
    gint64 n_numbers;
    guint width;    /* values a line */
    guint32 *slots; /* of one line: which reading stands in this column */
    GString *empty, *cell;
} Csv;

static void csv_meter_free (gpointer data)
{
    CsvMeter *m = data;

    for (guint i = 0; i < m->n_points; i++) {
        CsvPoint *p = &m->points[i];
        if (p->column == NO_COLUMN)
            continue;
        g_string_free (p->before, TRUE);
        g_string_free (p->between, TRUE);
        g_string_free (p->after, TRUE);
    }
    g_free (m->points);
    g_string_free (m->id, TRUE);
    g_free (m);
}

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
    csv->meters = g_hash_table_new_full (NULL, NULL, NULL, csv_meter_free);
    csv->empty = g_string_new (NULL);
    csv->cell = g_string_new (NULL);
    return csv;
}

void csv_destroy (gpointer self)
{
    Csv *csv = self;

    g_hash_table_unref (csv->meters);
    g_string_free (csv->empty, TRUE);
    g_string_free (csv->cell, TRUE);
    g_free (csv->slots);
    g_free (csv);
}

/* RFC 4180, 2: quotes only where they are needed. The guard is OWASP's for what a spreadsheet takes for a formula. */
static void csv_text (const Csv *csv, GString *to, const char *text, gssize len)
{
    const char special[] = { csv->separator, '"', '\n', '\r', '\0' };
    g_autofree char *clean = field_clean (text, len);
    gboolean quoted = strpbrk (clean, special) != NULL;

    if (quoted)
        g_string_append_c (to, '"');
    if (csv->guard && *clean != '\0' && strchr ("=+-@\t\r", *clean) != NULL)
        g_string_append_c (to, '\'');
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"')
            g_string_append_c (to, '"');
        g_string_append_c (to, *at);
    }
    if (quoted)
        g_string_append_c (to, '"');
}

static void csv_add_cell (const Csv *csv, GString *to, const char *text)
{
    g_string_append_c (to, csv->separator);
    csv_text (csv, to, text, -1);
}

static void csv_prepare_point (Csv *csv, CsvPoint *p, const MgPoint *point)
{
    const char *unit = field_unit (point, (csv->layout & CSV_PLAIN_TIME) == 0, &p->add_exponent);
    char obis[FIELD_MAX] = "";

    p->before = g_string_new (NULL);
    p->between = g_string_new (NULL);
    p->after = g_string_new (NULL);
    if ((csv->layout & CSV_INDEX) != 0)
        g_string_append_printf (p->before, "%c%u", csv->separator, mg_point_get_index (point));
    g_string_append_c (p->before, csv->separator);
    csv_add_cell (csv, p->between, unit);
    csv_add_cell (csv, p->between, mg_point_get_description (point));
    if ((csv->layout & CSV_POINT_USER) != 0)
        csv_add_cell (csv, p->between, mg_point_get_label (point));
    if ((csv->layout & CSV_POINT_TIME) != 0)
        g_string_append_c (p->between, csv->separator);
    field_obis (mg_point_get_meaning (point)->obis, obis);
    csv_add_cell (csv, p->after, obis);
}

/* The texts that stay the same over the run are made once for each meter. A value stands in the column of its point's
 * rank among the selected points, so that a meter that alternates telegrams keeps its columns. */
static void csv_prepare (Csv *csv, MgOutput *out, const MgMeter *meter)
{
    CsvMeter *m = g_new0 (CsvMeter, 1);
    g_autofree char *device = field_device_id (meter);
    guint32 columns = 0;

    m->number = -1;
    m->id = g_string_new (NULL);
    csv_add_cell (csv, m->id, device);
    if ((csv->layout & CSV_LINK) != 0)
        csv_add_cell (csv, m->id, mg_meter_get_address (meter));
    if ((csv->layout & CSV_USER) != 0)
        csv_add_cell (csv, m->id, mg_meter_get_label (meter));
    m->n_points = mg_meter_get_n_points (meter);
    m->points = g_new0 (CsvPoint, m->n_points);
    for (guint i = 0; i < m->n_points; i++) {
        const MgPoint *point = mg_meter_get_point (meter, i);
        m->points[i].column = NO_COLUMN;
        if (!mg_output_selects (out, meter, point))
            continue;
        csv_prepare_point (csv, &m->points[i], point);
        m->points[i].column = columns++;
    }
    csv->width = MAX (csv->width, columns);
    g_hash_table_insert (csv->meters, (gpointer) meter, m);
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

gboolean csv_begin (gpointer self, MgOutput *out, MgCall *call, GError **error)
{
    Csv *csv = self;
    const MgMeter *const *meters;
    guint n = mg_output_get_meters (out, &meters), cells = 4; /* value, unit, description, OBIS */

    g_hash_table_remove_all (csv->meters);
    csv->n_numbers = 0;
    csv->width = 0;
    for (guint i = 0; i < n; i++)
        csv_prepare (csv, out, meters[i]);
    g_free (csv->slots);
    csv->slots = g_new (guint32, csv->width);
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

static void csv_write (MgOutput *out, const GString *text)
{
    mg_output_write (out, text->str, text->len);
}

static void csv_write_text (Csv *csv, MgOutput *out, MgValue value)
{
    g_string_truncate (csv->cell, 0);
    csv_text (csv, csv->cell, value.v.data, value.len);
    csv_write (out, csv->cell);
}

/* The value, and the scale where the layout has one; an unusable value leaves its cell empty. */
static void csv_value (Csv *csv, MgOutput *out, const CsvPoint *p, const MgReading *reading)
{
    MgValue value = mg_reading_get_value (reading);
    char buf[FIELD_MAX];
    gint exponent = 0;

    if (field_has_value (reading)) {
        if (value.type == MG_VALUE_TEXT)
            csv_write_text (csv, out, value);
        else if ((csv->layout & CSV_SCALE) != 0)
            mg_output_write (out, buf, field_sent (out, value, buf, &exponent));
        else if (value.type != MG_VALUE_TIME)
            mg_output_write (out, buf, field_scaled (value, p->add_exponent, csv->mark, buf));
        else
            field_write_face (out, value);
    }
    if ((csv->layout & CSV_SCALE) != 0) {
        buf[0] = csv->separator;
        mg_output_write (out, buf,
                         1 + field_scale (value.type == MG_VALUE_DECIMAL ? exponent + p->add_exponent : 0, buf + 1));
    }
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
    csv_write (out, p->before);
    csv_value (csv, out, p, reading);
    csv_write (out, p->between);
    if ((csv->layout & CSV_POINT_TIME) != 0)
        csv_point_time (csv, out, mg_reading_get_device_time (reading));
    csv_write (out, p->after);
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
    csv_write (out, m->id);
}

gboolean csv_item (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error)
{
    Csv *csv = self;
    guint n = mg_item_get_n_readings (item);

    if (n == 0) /* an event */
        return TRUE;
    const MgMeter *meter = mg_item_get_meter (item);
    CsvMeter *m = g_hash_table_lookup (csv->meters, meter);
    if (m == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "meter %u came without having been announced",
                     mg_meter_get_id (meter));
        return FALSE;
    }
    memset (csv->slots, 0xFF, csv->width * sizeof csv->slots[0]);
    for (guint i = 0; i < n; i++) {
        guint index = mg_point_get_index (mg_item_get_point (item, i));
        if (index < m->n_points && m->points[index].column != NO_COLUMN)
            csv->slots[m->points[index].column] = i;
    }
    csv_meter_cells (csv, out, m, mg_readout_get_at_ms (mg_item_get_readout (item)));
    for (guint c = 0; c < csv->width; c++) {
        if (csv->slots[c] == NO_COLUMN) {
            csv_write (out, csv->empty);
            continue;
        }
        const MgPoint *point = mg_item_get_point (item, csv->slots[c]);
        csv_point (csv, out, &m->points[mg_point_get_index (point)], mg_item_get_reading (item, csv->slots[c]));
    }
    mg_output_write (out, "\n", 1);
    return TRUE;
}
