/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readouts.c: appends readouts and events, opens and closes gaps. */
#include "store-private.h"

#include "body.h"
#include "params.h"

#include <string.h>

/* ---- readouts */

typedef struct {
    StoreJob job;
    gint64 device, due_ms, at_ms;
    guint32 kind, status, epoch, body_len;
    guint8 body[];
} ReadoutJob;

static int readout_run (Store *store, StoreJob *job)
{
    ReadoutJob *r = (ReadoutJob *) job;
    StoreDb *db = store->db[STORE_DB_READINGS];
    sqlite3_stmt *s =
        store_db_prepare (db, "INSERT OR REPLACE INTO readout (seq, device, kind, status, epoch, due_ms, at_ms, body)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    if (s == NULL)
        return db->code;
    if (job->seq == 0)
        job->seq = store_next_number (store);
    sqlite3_bind_int64 (s, 1, job->seq);
    sqlite3_bind_int64 (s, 2, r->device);
    sqlite3_bind_int64 (s, 3, r->kind);
    sqlite3_bind_int64 (s, 4, r->status);
    sqlite3_bind_int64 (s, 5, r->epoch);
    sqlite3_bind_int64 (s, 6, r->due_ms);
    sqlite3_bind_int64 (s, 7, r->at_ms);
    sqlite3_bind_blob (s, 8, r->body, (int) r->body_len, SQLITE_STATIC);
    return store_db_run (db, s);
}

static const StoreJobKind readout_kind = {
    .name = "readout",
    .database = STORE_DB_READINGS,
    .is_readout = TRUE,
    .is_row = TRUE,
    .queue_bytes = STORE_QUEUE_MAX_BYTES,
    .run = readout_run,
};

/* Said once, and again when there was room in between. */
static void readout_refused (Store *store)
{
    g_mutex_lock (&store->lock);
    store->counted.refused++;
    g_mutex_unlock (&store->lock);
    if (g_atomic_int_compare_and_exchange (&store->refusing, FALSE, TRUE))
        journal_raise (store->journal, "store.refused", "gateway", NULL, "folder", store->folder, NULL);
}

gboolean store_append (Store *store, gint64 device, const MgReadout *readout, const guint32 *indices)
{
    static GPrivate scratch_key = G_PRIVATE_INIT ((GDestroyNotify) g_byte_array_unref);
    GByteArray *scratch = g_private_get (&scratch_key);
    ReadoutJob *r;
    guint readings;

    if (scratch == NULL) {
        scratch = g_byte_array_sized_new (1024);
        g_private_set (&scratch_key, scratch);
    }
    g_byte_array_set_size (scratch, 0);
    readings = store_body_write (scratch, readout, indices, store->keep_frames);
    r = (ReadoutJob *) store_job_new (&readout_kind, sizeof *r + scratch->len);
    memcpy (r->body, scratch->data, scratch->len);
    r->body_len = scratch->len;
    r->job.readings = readings;
    r->device = device;
    r->due_ms = mg_readout_get_due_ms (readout);
    r->at_ms = mg_readout_get_at_ms (readout);
    r->kind = mg_readout_get_kind (readout);
    r->status = mg_readout_get_status (readout);
    r->epoch = store_epoch (store);
    if (!store_queue_job (store, &r->job)) {
        readout_refused (store);
        return FALSE;
    }
    if (G_UNLIKELY (g_atomic_int_get (&store->refusing)))
        g_atomic_int_set (&store->refusing, FALSE);
    return TRUE;
}

/* ---- gaps: one row of kind GAP a silence; at_ms is its end, 0 while it lasts */

typedef struct {
    StoreJob job;
    gint64 device, when_ms;
    guint32 epoch;
} GapJob;

static int gap_find (StoreDb *db, gint64 device, gint64 *seq)
{
    sqlite3_stmt *s = store_db_prepare (db, "SELECT seq FROM open_gap WHERE device = ?");

    *seq = 0;
    if (s != NULL)
        sqlite3_bind_int64 (s, 1, device);
    return store_db_get_int64 (db, s, seq);
}

G_STATIC_ASSERT (MG_READOUT_GAP ==
                 5); /* in the SQL here and of retention.c; the body is version 1, no sections, no readings */

static int gap_open_run (Store *store, StoreJob *job)
{
    GapJob *g = (GapJob *) job;
    StoreDb *db = store->db[STORE_DB_READINGS];
    gint64 open_seq;
    sqlite3_stmt *s;
    int code = gap_find (db, g->device, &open_seq);

    if (code != SQLITE_OK || (open_seq != 0 && open_seq != job->seq))
        return code;
    if (job->seq == 0)
        job->seq = store_next_number (store);
    s = store_db_prepare (db, "INSERT OR REPLACE INTO readout (seq, device, kind, status, epoch, due_ms, at_ms, body)"
                              " VALUES (?, ?, 5, 0, ?, ?, 0, x'010000')");
    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, job->seq);
    sqlite3_bind_int64 (s, 2, g->device);
    sqlite3_bind_int64 (s, 3, g->epoch);
    sqlite3_bind_int64 (s, 4, g->when_ms);
    code = store_db_run (db, s);
    if (code != SQLITE_OK ||
        (s = store_db_prepare (db, "INSERT OR REPLACE INTO open_gap (device, seq) VALUES (?, ?)")) == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, g->device);
    sqlite3_bind_int64 (s, 2, job->seq);
    return store_db_run (db, s);
}

static int gap_close_run (Store *store, StoreJob *job)
{
    GapJob *g = (GapJob *) job;
    StoreDb *db = store->db[STORE_DB_READINGS];
    gint64 open_seq;
    sqlite3_stmt *s;
    int code = gap_find (db, g->device, &open_seq);

    if (code != SQLITE_OK || open_seq == 0)
        return code;
    s = store_db_prepare (db, "UPDATE readout SET at_ms = ? WHERE seq = ?");
    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, MAX (g->when_ms, 1));
    sqlite3_bind_int64 (s, 2, open_seq);
    code = store_db_run (db, s);
    if (code != SQLITE_OK || (s = store_db_prepare (db, "DELETE FROM open_gap WHERE device = ?")) == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, g->device);
    return store_db_run (db, s);
}

static const StoreJobKind gap_open_kind = {
    .name = "gap", .database = STORE_DB_READINGS, .is_row = TRUE, .run = gap_open_run
};
static const StoreJobKind gap_close_kind = { .name = "end of a gap",
                                             .database = STORE_DB_READINGS,
                                             .run = gap_close_run };

static void gap_queue (Store *store, const StoreJobKind *kind, gint64 device, gint64 when_ms)
{
    GapJob *g = (GapJob *) store_job_new (kind, sizeof *g);

    g->device = device;
    g->when_ms = when_ms;
    g->epoch = store_epoch (store);
    store_queue_job (store, &g->job);
}

void store_gap_open (Store *store, gint64 device, gint64 from_due_ms)
{
    gap_queue (store, &gap_open_kind, device, from_due_ms);
}

void store_gap_close (Store *store, gint64 device, gint64 to_ms)
{
    gap_queue (store, &gap_close_kind, device, to_ms);
}

/* ---- events */

typedef struct {
    StoreJob job;
    gint64 at_ms;
    guint32 severity, epoch;
    char *code, *subject, *actor, *params;
} EventJob;

static int event_run (Store *store, StoreJob *job)
{
    EventJob *e = (EventJob *) job;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s =
        store_db_prepare (db, "INSERT OR REPLACE INTO event (seq, epoch, at_ms, severity, code, subject, actor, params)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    if (s == NULL)
        return db->code;
    if (job->seq == 0)
        job->seq = store_next_number (store);
    sqlite3_bind_int64 (s, 1, job->seq);
    sqlite3_bind_int64 (s, 2, e->epoch);
    sqlite3_bind_int64 (s, 3, e->at_ms);
    sqlite3_bind_int64 (s, 4, e->severity);
    store_bind_text (s, 5, e->code);
    store_bind_text (s, 6, e->subject);
    store_bind_text (s, 7, e->actor);
    store_bind_text (s, 8, e->params);
    return store_db_run (db, s);
}

static void event_free (StoreJob *job)
{
    EventJob *e = (EventJob *) job;

    g_free (e->code);
    g_free (e->subject);
    g_free (e->actor);
    g_free (e->params);
}

static const StoreJobKind event_kind = {
    .name = "event",
    .database = STORE_DB_STATE,
    .is_row = TRUE,
    .queue_bytes = STORE_EVENTS_MAX_BYTES,
    .run = event_run,
    .free_data = event_free,
};

void store_event_sink (gpointer data, const JournalEvent *event)
{
    Store *store = data;
    EventJob *e = (EventJob *) store_job_new (&event_kind, sizeof *e);

    e->at_ms = event->at_ms;
    e->severity = event->severity;
    e->epoch = store_epoch (store);
    e->code = g_strdup (event->code);
    e->subject = g_strdup (event->subject ? event->subject : "");
    e->actor = g_strdup (event->actor);
    e->params = store_params_to_text (event->params);
    e->job.size += strlen (e->code) + strlen (e->subject) + strlen (e->params) + 64;
    store_queue_job (store, &e->job);
}
