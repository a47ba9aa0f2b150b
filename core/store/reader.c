/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reader.c: reads the one sequence: readouts and events in order, the newest readouts; a small pool of reading
 * connections. */
#include "store-private.h"

#include "body.h"
#include "params.h"

#define IDLE_READERS 2
#define PAGE_ROWS    256
#define PAGE_BYTES   (256 * 1024)

/* ---- the pool */

static void reader_free (StoreReader *reader)
{
    store_db_close (reader->state);
    store_db_close (reader->readings);
    g_free (reader);
}

StoreReader *store_reader_take (Store *store, GError **error)
{
    StoreReader *reader;
    guint age;

    g_mutex_lock (&store->reader_lock);
    reader = g_queue_pop_head (&store->readers);
    age = store->reader_age;
    g_mutex_unlock (&store->reader_lock);
    if (reader != NULL)
        return reader;
    reader = g_new0 (StoreReader, 1);
    reader->age = age;
    reader->state = store_db_open_reader (store->folder, STORE_DB_STATE, error);
    if (reader->state != NULL)
        reader->readings = store_db_open_reader (store->folder, STORE_DB_READINGS, error);
    if (reader->readings != NULL)
        return reader;
    reader_free (reader);
    return NULL;
}

void store_reader_give (Store *store, StoreReader *reader)
{
    gboolean keep;

    g_mutex_lock (&store->reader_lock);
    keep = reader->age == store->reader_age && g_queue_get_length (&store->readers) < IDLE_READERS;
    if (keep)
        g_queue_push_head (&store->readers, reader);
    g_mutex_unlock (&store->reader_lock);
    if (!keep)
        reader_free (reader);
}

void store_readers_close (Store *store)
{
    GQueue old;

    g_mutex_lock (&store->reader_lock);
    old = store->readers;
    g_queue_init (&store->readers);
    store->reader_age++;
    g_mutex_unlock (&store->reader_lock);
    g_queue_clear_full (&old, (GDestroyNotify) reader_free);
}

/* ---- a page of rows: copied out of the database, so that no transaction is open while the caller works on them */

typedef struct {
    gint64 seq, device, due_ms, at_ms;
    guint32 kind, status, epoch;
    gsize body, body_len; /* in the page's bytes */
} PageReadout;

typedef struct {
    gint64 seq;
    guint32 epoch;
    gint64 at_ms;
    guint32 severity;
    char *code, *subject, *actor, **params;
} PageEvent;

typedef struct {
    GArray *readouts, *events;
    GByteArray *bytes;
    gint64 end; /* everything up to here is in the page */
} Page;

static void page_clear_event (gpointer data)
{
    PageEvent *e = data;

    g_free (e->code);
    g_free (e->subject);
    g_free (e->actor);
    g_strfreev (e->params);
}

static void page_init (Page *page)
{
    page->readouts = g_array_new (FALSE, FALSE, sizeof (PageReadout));
    page->events = g_array_new (FALSE, TRUE, sizeof (PageEvent));
    page->bytes = g_byte_array_new ();
    g_array_set_clear_func (page->events, page_clear_event);
}

static void page_empty (Page *page)
{
    g_array_set_size (page->readouts, 0);
    g_array_set_size (page->events, 0);
    g_byte_array_set_size (page->bytes, 0);
}

static void page_free (Page *page)
{
    g_array_unref (page->readouts);
    g_array_unref (page->events);
    g_byte_array_unref (page->bytes);
}

static void page_add_readout (Page *page, sqlite3_stmt *s)
{
    PageReadout r = {
        .seq = sqlite3_column_int64 (s, 0),
        .device = sqlite3_column_int64 (s, 1),
        .kind = (guint32) sqlite3_column_int64 (s, 2),
        .status = (guint32) sqlite3_column_int64 (s, 3),
        .epoch = (guint32) sqlite3_column_int64 (s, 4),
        .due_ms = sqlite3_column_int64 (s, 5),
        .at_ms = sqlite3_column_int64 (s, 6),
        .body = page->bytes->len,
    };
    const void *body = sqlite3_column_blob (s, 7);

    r.body_len = (gsize) sqlite3_column_bytes (s, 7);
    if (r.body_len > 0)
        g_byte_array_append (page->bytes, body, (guint) r.body_len);
    g_array_append_val (page->readouts, r);
}

#define READOUT_COLUMNS "SELECT seq, device, kind, status, epoch, due_ms, at_ms, body FROM readout"

/* Runs a query over readouts into the page; the page is full at PAGE_ROWS rows or PAGE_BYTES. */
static int page_load_readouts (StoreDb *db, const char *sql, gint64 from, gint64 to, Page *page, gboolean *full)
{
    sqlite3_stmt *s = store_db_prepare (db, sql);
    int code = SQLITE_ERROR;

    *full = FALSE;
    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, from);
    sqlite3_bind_int64 (s, 2, to);
    while (!*full && (code = sqlite3_step (s)) == SQLITE_ROW) {
        page_add_readout (page, s);
        *full = page->readouts->len >= PAGE_ROWS || page->bytes->len >= PAGE_BYTES;
    }
    if (!*full && code != SQLITE_DONE)
        store_db_failed (db);
    sqlite3_reset (s);
    return *full || code == SQLITE_DONE ? SQLITE_OK : db->code;
}

static int page_load_events (StoreDb *db, gint64 after, Page *page)
{
    sqlite3_stmt *s =
        store_db_prepare (db, "SELECT seq, epoch, at_ms, severity, code, subject, actor, params FROM event"
                              " WHERE seq > ? AND seq <= ? ORDER BY seq");
    int code = SQLITE_ROW;

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, after);
    sqlite3_bind_int64 (s, 2, page->end);
    while (page->events->len < PAGE_ROWS && (code = sqlite3_step (s)) == SQLITE_ROW) {
        PageEvent e = {
            .seq = sqlite3_column_int64 (s, 0),
            .epoch = (guint32) sqlite3_column_int64 (s, 1),
            .at_ms = sqlite3_column_int64 (s, 2),
            .severity = (guint32) sqlite3_column_int64 (s, 3),
            .code = g_strdup (store_column_text (s, 4)),
            .subject = g_strdup (store_column_text (s, 5)),
            .actor = g_strdup ((const char *) sqlite3_column_text (s, 6)),
            .params = store_params_from_text (store_column_text (s, 7)),
        };

        g_array_append_val (page->events, e);
    }
    if (code == SQLITE_ROW)
        page->end = g_array_index (page->events, PageEvent, page->events->len - 1).seq;
    else if (code != SQLITE_DONE)
        code = store_db_failed (db);
    sqlite3_reset (s);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- rows for the caller */

static gboolean row_give_readout (Store *store, const Page *page, const PageReadout *r, StoreRowFunc func,
                                  gpointer data)
{
    g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint32));
    g_autoptr (MgReadout) readout = mgh_readout_new (NULL, r->kind);
    g_autoptr (GError) error = NULL;
    StoreEpoch epoch = store_get_epoch (store, r->epoch);
    StoreRow row = {
        .seq = r->seq, .device = r->device, .kind = r->kind, .epoch = r->epoch, .synchronised = epoch.synchronised
    };

    mgh_readout_set_times (readout, r->due_ms != 0 ? r->due_ms + epoch.shift_ms : 0,
                           r->at_ms != 0 ? r->at_ms + epoch.shift_ms : 0);
    mg_readout_set_status (readout, r->status);
    /* A damaged body costs its own readings and says so; it does not stop whoever follows the sequence. */
    if (!store_body_read (page->bytes->data + r->body, r->body_len, readout, indices, &error)) {
        g_warning ("store: readout %" G_GINT64_FORMAT ": %s", r->seq, error->message);
        mg_readout_partial (readout, &error);
    }
    mgh_readout_set_seq (readout, r->seq);
    mgh_readout_finish (readout);
    row.readout = readout;
    row.indices = (const guint32 *) (gpointer) indices->data;
    row.n = indices->len;
    return func (&row, data);
}

static gboolean row_give_event (Store *store, const PageEvent *e, StoreRowFunc func, gpointer data)
{
    StoreEpoch epoch = store_get_epoch (store, e->epoch);
    JournalEvent event = { .at_ms = e->at_ms + epoch.shift_ms,
                           .severity = e->severity,
                           .code = e->code,
                           .subject = e->subject,
                           .actor = e->actor,
                           .params = (const char *const *) e->params };
    StoreRow row = { .seq = e->seq, .epoch = e->epoch, .synchronised = epoch.synchronised, .event = &event };

    return func (&row, data);
}

/* Both lists in the order of their numbers. FALSE: the caller has enough. */
static gboolean page_give (Store *store, const Page *page, StoreRowFunc func, gpointer data)
{
    guint r = 0, e = 0;

    for (;;) {
        const PageReadout *readout = r < page->readouts->len ? &g_array_index (page->readouts, PageReadout, r) : NULL;
        const PageEvent *event = e < page->events->len ? &g_array_index (page->events, PageEvent, e) : NULL;
        gboolean more;

        if (readout != NULL && readout->seq > page->end)
            readout = NULL;
        if (readout == NULL && event == NULL)
            return TRUE;
        if (event == NULL || (readout != NULL && readout->seq < event->seq)) {
            more = row_give_readout (store, page, readout, func, data);
            r++;
        } else {
            more = row_give_event (store, event, func, data);
            e++;
        }
        if (!more)
            return FALSE;
    }
}

static gboolean page_load (Store *store, gint64 after, gint64 upto, gboolean events, Page *page, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    StoreDb *db;
    gboolean full;
    int code;

    if (reader == NULL)
        return FALSE;
    db = reader->readings;
    code =
        page_load_readouts (db, READOUT_COLUMNS " WHERE seq > ? AND seq <= ? ORDER BY seq", after, upto, page, &full);
    page->end = full ? g_array_index (page->readouts, PageReadout, page->readouts->len - 1).seq : upto;
    if (code == SQLITE_OK && events) {
        db = reader->state;
        code = page_load_events (db, after, page);
    }
    if (code != SQLITE_OK)
        store_db_set_error (db, "cannot be read", error);
    store_reader_give (store, reader);
    return code == SQLITE_OK;
}

gboolean store_range (Store *store, gint64 after, gint64 upto, gboolean events, StoreRowFunc func, gpointer data,
                      GError **error)
{
    gint64 committed = store_committed_seq (store);
    Page page;
    gboolean good = TRUE, more = TRUE;

    upto = upto == 0 ? committed : MIN (upto, committed);
    page_init (&page);
    while (good && more && after < upto) {
        page_empty (&page);
        good = page_load (store, after, upto, events, &page, error);
        if (good)
            more = page_give (store, &page, func, data);
        after = page.end;
    }
    page_free (&page);
    return good;
}

static gboolean page_load_only_events (Store *store, gint64 after, gint64 upto, Page *page, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    int code;

    if (reader == NULL)
        return FALSE;
    page->end = upto;
    code = page_load_events (reader->state, after, page);
    if (code != SQLITE_OK)
        store_db_set_error (reader->state, "events cannot be read", error);
    store_reader_give (store, reader);
    return code == SQLITE_OK;
}

gboolean store_events (Store *store, gint64 after, gint64 upto, StoreRowFunc func, gpointer data, GError **error)
{
    gint64 committed = store_committed_seq (store);
    Page page;
    gboolean good = TRUE, more = TRUE;

    upto = upto == 0 ? committed : MIN (upto, committed);
    page_init (&page);
    while (good && more && after < upto) {
        page_empty (&page);
        good = page_load_only_events (store, after, upto, &page, error);
        more = good && page_give (store, &page, func, data);
        after = page.end;
    }
    page_free (&page);
    return good;
}

static gboolean page_load_newest (Store *store, gint64 below, Page *page, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    gboolean full;
    int code;

    if (reader == NULL)
        return FALSE;
    code = page_load_readouts (reader->readings, READOUT_COLUMNS " WHERE seq >= ? AND seq < ? ORDER BY seq DESC", 0,
                               below, page, &full);
    if (code != SQLITE_OK)
        store_db_set_error (reader->readings, "cannot be read", error);
    store_reader_give (store, reader);
    return code == SQLITE_OK;
}

gboolean store_newest (Store *store, guint max, StoreRowFunc func, gpointer data, GError **error)
{
    gint64 below = store_committed_seq (store) + 1;
    gboolean good = TRUE, more = TRUE;
    Page page;

    page_init (&page);
    while (good && more && max > 0) {
        page_empty (&page);
        good = page_load_newest (store, below, &page, error);
        more = good && page.readouts->len > 0;
        for (guint i = 0; more && i < page.readouts->len; i++) {
            const PageReadout *r = &g_array_index (page.readouts, PageReadout, i);

            below = r->seq;
            more = row_give_readout (store, &page, r, func, data) && --max > 0;
        }
    }
    page_free (&page);
    return good;
}

gboolean store_open_gaps (Store *store, StoreGapFunc func, gpointer data, GError **error)
{
    StoreReader *reader = store_reader_take (store, error);
    int code = SQLITE_ERROR;

    if (reader == NULL)
        return FALSE;
    sqlite3_stmt *s = store_db_prepare (reader->readings, "SELECT device FROM open_gap ORDER BY device");
    while (s != NULL && (code = sqlite3_step (s)) == SQLITE_ROW)
        func (sqlite3_column_int64 (s, 0), data);
    if (code != SQLITE_DONE) {
        store_db_failed (reader->readings);
        store_db_set_error (reader->readings, "open gaps cannot be read", error);
    }
    if (s != NULL)
        sqlite3_reset (s);
    store_reader_give (store, reader);
    return code == SQLITE_DONE;
}
