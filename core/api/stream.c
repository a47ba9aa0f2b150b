/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.c: the event stream: readouts and events as they are kept, by their numbers, as server-sent events.
 *
 * A client follows the store with a cursor of its own, so that one that comes back goes on where it was. Pages are made
 * in a reader thread. One that catches up is read for only as fast as it takes what there is; one that has caught up
 * gets what comes, and is dropped when too much waits for it.
 */
#include "answer.h"

#define STREAMS_MAX       16
#define TICK_MS           250
#define BEAT_TICKS        (15000 / TICK_MS)
#define BEATS_STALLED     2             /* a client that took nothing for so long, although something waits, is gone */
#define QUEUED_MAX_BYTES  (1024 * 1024) /* more than this is waiting: the client is dropped */
#define CATCH_UP_BYTES    (256 * 1024)
#define PAGE_BYTES        (128 * 1024)
#define PAGE_EXAMINED_MAX 20000

typedef struct {
    Api *api;
    HttpStream *http; /* NULL: closed, while a page is made for it */
    gint64 cursor;
    gboolean reading;
    gboolean caught_up; /* it had everything once */
    guint64 sent_at_beat;
    guint stalled; /* beats without progress */
} Stream;

static void stream_free (gpointer data)
{
    Stream *stream = data;

    g_clear_pointer (&stream->http, http_stream_free);
    if (!stream->reading)
        g_free (stream);
}

static void stream_closed (gpointer data)
{
    Stream *stream = data;

    g_ptr_array_remove_fast (stream->api->streams, stream);
}

/* ---- pages */

typedef struct {
    ReadJob *job;
    gint64 last;
    guint examined;
} Page;

static gboolean page_row (const StoreRow *row, gpointer data)
{
    Page *page = data;
    Json *json = page->job->json;
    const MgMeter *meter = row->event == NULL ? model_catalogue_of_device (page->job->catalogue, row->device) : NULL;

    page->last = row->seq;
    if (row->event != NULL || meter != NULL) {
        g_string_append_printf (json->text, "id: %" G_GINT64_FORMAT "\nevent: %s\ndata: ", row->seq,
                                row->event != NULL ? "event" : "readout");
        json->comma = FALSE;
        if (row->event != NULL)
            events_add_row (json, page->job->journal, row);
        else
            readings_add_row (json, row, meter);
        g_string_append (json->text, "\n\n");
    }
    page->job->more = json->text->len >= PAGE_BYTES || ++page->examined >= PAGE_EXAMINED_MAX;
    return !page->job->more;
}

static void page_work (ReadJob *job)
{
    g_autoptr (GError) error = NULL;
    Page page = { .job = job, .last = job->after };

    job->json = json_new ();
    if (!store_range (job->store, job->after, job->upto, TRUE, page_row, &page, &error)) {
        g_warning ("event stream: %s", error->message);
        job->more = job->failed = TRUE; /* as far as it came; tried again from there with the next tick */
    }
    job->after = job->more ? page.last : MAX (job->upto, job->after);
}

static void page_done (ReadJob *job);

static void stream_read (Stream *stream)
{
    ReadJob *job = g_new0 (ReadJob, 1);

    stream->reading = TRUE;
    job->owner = stream;
    job->after = stream->cursor;
    job->work = page_work;
    job->done = page_done;
    reader_start (stream->api, job);
}

/* There is something new, and room for it. */
static gboolean stream_wants (Stream *stream)
{
    guint64 most = stream->caught_up ? QUEUED_MAX_BYTES : CATCH_UP_BYTES;

    return !stream->reading && store_committed_seq (stream->api->rooms.store) > stream->cursor &&
           http_stream_queued (stream->http) <= most;
}

static void page_done (ReadJob *job)
{
    Stream *stream = job->owner;

    stream->reading = FALSE;
    stream->cursor = job->after;
    if (stream->http == NULL)
        g_free (stream);
    else {
        if (!job->more)
            stream->caught_up = TRUE;
        if (job->json->text->len > 0)
            http_stream_append (stream->http, job->json->text->str, job->json->text->len);
        if (job->more && !job->failed && stream_wants (stream))
            stream_read (stream);
    }
    g_string_free (job->json->text, TRUE);
    g_free (job->json);
}

/* ---- live values of meters that do not keep every readout: they have no number, and none comes back */

typedef struct {
    Api *api;
    Json *json; /* NULL: only take note */
} Live;

static void live_values (Json *b, const ModelMeter *meter)
{
    json_begin (b, NULL, '{');
    json_add_int (b, "meter", meter->id);
    json_begin (b, "values", '[');
    for (guint i = 0; i < mg_meter_get_n_points (meter->meter); i++) {
        const MgReading *reading = mg_meter_now_get_reading (meter->now, i);
        if (reading == NULL)
            continue;
        json_begin (b, NULL, '{');
        json_add_int (b, "index", i);
        json_add_text (b, "key", mg_point_get_key (mg_meter_get_point (meter->meter, i)));
        meters_add_value (b, reading);
        json_end (b, '}');
    }
    json_end (b, ']');
    json_end (b, '}');
}

static void live_one (const ModelMeter *meter, gpointer data)
{
    Live *live = data;
    gpointer id = GUINT_TO_POINTER (meter->id), count = GSIZE_TO_POINTER ((gsize) meter->readouts);

    if (g_str_equal (meter->keep, "all") || g_hash_table_lookup (live->api->live_seen, id) == count)
        return;
    g_hash_table_insert (live->api->live_seen, id, count);
    if (live->json == NULL)
        return;
    g_string_append (live->json->text, "event: live\ndata: ");
    live->json->comma = FALSE;
    live_values (live->json, meter);
    g_string_append (live->json->text, "\n\n");
}

static void live_tell (Api *api)
{
    Live live = { api, json_new () };

    model_foreach (api->rooms.model, live_one, &live);
    for (guint i = 0; live.json->text->len > 0 && i < api->streams->len; i++) {
        Stream *stream = api->streams->pdata[i];
        if (stream->caught_up)
            http_stream_append (stream->http, live.json->text->str, live.json->text->len);
    }
    g_string_free (live.json->text, TRUE);
    g_free (live.json);
}

/* ---- ticks, while somebody listens */

static gboolean stream_is_stalled (Stream *stream)
{
    guint64 sent = http_stream_sent (stream->http);

    stream->stalled = sent == stream->sent_at_beat && http_stream_queued (stream->http) > 0 ? stream->stalled + 1 : 0;
    stream->sent_at_beat = sent;
    return stream->stalled >= BEATS_STALLED;
}

static void stream_tick (Stream *stream, gboolean beat)
{
    guint64 queued = http_stream_queued (stream->http);

    if (queued > QUEUED_MAX_BYTES || (beat && stream_is_stalled (stream))) {
        http_stream_drop (stream->http);
        return;
    }
    if (beat)
        http_stream_append (stream->http, ":\n\n", 3);
    if (stream_wants (stream))
        stream_read (stream);
}

static gboolean streams_tick (gpointer data)
{
    Api *api = data;
    gboolean beat = ++api->stream_ticks % BEAT_TICKS == 0;

    live_tell (api);
    for (guint i = api->streams->len; i > 0; i--)
        stream_tick (api->streams->pdata[i - 1], beat);
    if (api->streams->len > 0)
        return G_SOURCE_CONTINUE;
    api->stream_timer = 0;
    return G_SOURCE_REMOVE;
}

/* ---- the route */

/* What the client had last; by the header when it comes back by itself. FALSE: it makes no sense, and that is the
 * answer. */
static gboolean stream_begin (Request *request, gint64 *cursor)
{
    const char *last = http_get_header (request, "Last-Event-ID");
    gint64 committed = store_committed_seq (request->api->rooms.store);

    if (!query_number (request, "after", 0, G_MAXINT64, committed, cursor))
        return FALSE;
    if (last != NULL && !g_ascii_string_to_signed (last, 10, 0, G_MAXINT64, cursor, NULL)) {
        answer_problem_with (request, 400, "invalid", "Last-Event-ID: expected a sequence number", "header",
                             "Last-Event-ID", NULL);
        return FALSE;
    }
    *cursor = MIN (*cursor, committed);
    return TRUE;
}

void stream_open (Request *request)
{
    Api *api = request->api;
    gint64 cursor;

    if (!stream_begin (request, &cursor))
        return;
    if (api->streams == NULL) {
        api->streams = g_ptr_array_new_with_free_func (stream_free);
        api->live_seen = g_hash_table_new (NULL, NULL);
    }
    if (api->streams->len >= STREAMS_MAX) {
        answer_problem (request, 503, "busy", "there are 16 event streams already");
        return;
    }
    if (api->streams->len == 0)
        model_foreach (api->rooms.model, live_one, &(Live){ api, NULL });
    Stream *stream = g_new0 (Stream, 1);
    stream->api = api;
    stream->cursor = cursor;
    stream->caught_up = cursor == store_committed_seq (api->rooms.store);
    stream->http = http_stream_new (request, "text/event-stream", stream_closed, stream);
    g_ptr_array_add (api->streams, stream);
    http_stream_append (stream->http, ":\n\n", 3);
    if (api->stream_timer == 0)
        api->stream_timer = g_timeout_add (TICK_MS, streams_tick, api);
    stream_tick (stream, FALSE);
}

void streams_free (Api *api)
{
    g_clear_pointer (&api->streams, g_ptr_array_unref);
    g_clear_pointer (&api->live_seen, g_hash_table_unref);
}
