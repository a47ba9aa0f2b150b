/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readings.c: what was kept, in the order of its numbers, a page at a time. */
#include "answer.h"

#include <host/mgh-model.h>
#include <host/mgh-readout.h>

#define LIMIT_DEFAULT   100
#define LIMIT_MAX       1000
#define EXAMINED_MAX    50000             /* rows that a page may pass over: it ends there, and the next goes on */
#define PAGE_TEXT_BYTES (4 * 1024 * 1024) /* a page ends when it is longer */

static const char *readout_kind (guint32 kind)
{
    static const char *const names[] = { "live", "live", "backfill", "correction", "computed", "gap" };

    return kind < G_N_ELEMENTS (names) ? names[kind] : "live";
}

static void add_value (Json *b, const char *name, MgValue value)
{
    gsize size = mg_value_print (value, '.', NULL, 0) + 1;
    g_autofree char *text = g_malloc (size);

    mg_value_print (value, '.', text, size);
    json_add_text (b, name, text);
}

static void add_reading (Json *b, const MgReading *reading, const MgPoint *point)
{
    MgValue device_time = mg_reading_get_device_time (reading);

    json_begin (b, NULL, '{');
    json_add_int (b, "index", mg_point_get_index (point));
    json_add_text (b, "key", mg_point_get_key (point));
    add_value (b, "value", mg_reading_get_value (reading));
    json_add_text (b, "unit", mg_point_get_unit (point));
    json_add_int (b, "quality", mg_reading_get_quality (reading));
    if (device_time.type != MG_VALUE_NONE)
        add_value (b, "device_time", device_time);
    json_end (b, '}');
}

void readings_add_row (Json *b, const StoreRow *row, const MgMeter *meter)
{
    g_autofree char *identity = model_identity_text (mg_meter_get_identity (meter));
    const GError *error = mgh_readout_get_error (row->readout);

    json_begin (b, NULL, '{');
    json_add_seq (b, "seq", row->seq);
    json_add_int (b, "meter", mg_meter_get_id (meter));
    json_add_text (b, "identity", identity);
    json_add_text (b, "kind", readout_kind (row->kind));
    json_add_int (b, "at_ms", mg_readout_get_at_ms (row->readout));
    json_add_int (b, "due_ms", mg_readout_get_due_ms (row->readout));
    json_add_bool (b, "synchronised", row->synchronised);
    json_add_int (b, "status", mg_readout_get_status (row->readout));
    json_add_text (b, "error", error != NULL ? error->message : NULL);
    json_begin (b, "readings", '[');
    for (guint i = 0; i < row->n; i++) {
        const MgPoint *point = mg_meter_get_point (meter, row->indices[i]);
        if (point != NULL)
            add_reading (b, mgh_readout_get_reading (row->readout, i), point);
    }
    json_end (b, ']');
    json_end (b, '}');
}

typedef struct {
    ReadJob *job;
    Json *json;
    gint64 last; /* number of the last row looked at */
    gint64 rows, examined;
    gboolean full;
} Page;

/* A gap has its begin as due time, and its end as time. */
static gboolean row_is_wanted (const ReadJob *job, const StoreRow *row, const MgMeter *meter)
{
    gint64 at_ms = mg_readout_get_at_ms (row->readout);

    if (at_ms == 0)
        at_ms = mg_readout_get_due_ms (row->readout);
    return meter != NULL && (job->meter == 0 || mg_meter_get_id (meter) == job->meter) && at_ms >= job->from_ms &&
           at_ms < job->to_ms;
}

static gboolean page_row (const StoreRow *row, gpointer data)
{
    Page *page = data;
    const MgMeter *meter = model_catalogue_of_device (page->job->catalogue, row->device);

    page->last = row->seq;
    if (row_is_wanted (page->job, row, meter)) {
        readings_add_row (page->json, row, meter);
        page->rows++;
    }
    page->full =
        page->rows >= page->job->limit || ++page->examined >= EXAMINED_MAX || page->json->text->len > PAGE_TEXT_BYTES;
    return !page->full;
}

static void readings_work (ReadJob *job)
{
    g_autoptr (GError) error = NULL;
    Page page = { .job = job, .json = json_new (), .last = job->after };

    json_begin (page.json, NULL, '{');
    json_begin (page.json, "readouts", '[');
    gboolean good = store_range (job->store, job->after, job->upto, FALSE, page_row, &page, &error);
    json_end (page.json, ']');
    json_add_seq (page.json, "next_after", page.full ? page.last : MAX (job->upto, job->after));
    json_add_bool (page.json, "more", page.full && page.last < job->upto);
    json_end (page.json, '}');
    answer_json (job->request, 200, page.json);
    if (!good) {
        g_clear_pointer (&job->request->text, g_free);
        answer_problem (job->request, 500, "store", error->message);
    }
}

void readings_list (Request *request)
{
    ReadJob numbers = { 0 };

    if (!query_number (request, "meter", 1, G_MAXUINT32, 0, &numbers.meter) ||
        !query_number (request, "after", 0, G_MAXINT64, 0, &numbers.after) ||
        !query_number (request, "from_ms", 0, G_MAXINT64, 0, &numbers.from_ms) ||
        !query_number (request, "to_ms", 0, G_MAXINT64, G_MAXINT64, &numbers.to_ms) ||
        !query_number (request, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &numbers.limit))
        return;
    if (numbers.from_ms > numbers.to_ms)
        answer_problem_with (request, 400, "query", "query parameter to_ms: before from_ms", "parameter", "to_ms",
                             NULL);
    else
        answer_by_reader (request, readings_work, &numbers);
}
