/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* retention.c: deletes what is old and behind every cursor, in slices. */
#include "store-private.h"

#define PRUNE_SLICE 2000

typedef struct {
    StoreJob job;
    gint64 before_ms, after_seq, upto_seq;
    struct PruneResult {
        guint64 deleted;
        gint64 seen_seq; /* rows up to here were looked at */
        gboolean more;
    } * result; /* the caller's */
} PruneJob;

/* Up to the first row beyond the slice, so that the DELETE is one range of the primary key. */
static int prune_find_end (StoreDb *db, PruneJob *p, gint64 *end)
{
    sqlite3_stmt *s =
        store_db_prepare (db, "SELECT seq FROM readout WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1 OFFSET ?");
    gint64 beyond = 0;
    int code;

    if (s != NULL) {
        sqlite3_bind_int64 (s, 1, p->after_seq);
        sqlite3_bind_int64 (s, 2, p->upto_seq);
        sqlite3_bind_int64 (s, 3, PRUNE_SLICE);
    }
    code = store_db_get_int64 (db, s, &beyond);
    p->result->more = beyond != 0;
    *end = beyond != 0 ? beyond - 1 : p->upto_seq;
    return code;
}

static int prune_run (Store *store, StoreJob *job)
{
    PruneJob *p = (PruneJob *) job;
    StoreDb *db = store->db[STORE_DB_READINGS];
    gint64 end = 0;
    sqlite3_stmt *s;
    int code = prune_find_end (db, p, &end);

    if (code != SQLITE_OK)
        return code;
    s = store_db_prepare (
        db, "DELETE FROM readout WHERE seq > ? AND seq <= ? AND at_ms < ? AND NOT (kind = 5 AND at_ms = 0)");
    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, p->after_seq);
    sqlite3_bind_int64 (s, 2, end);
    sqlite3_bind_int64 (s, 3, p->before_ms);
    code = store_db_run (db, s);
    p->result->deleted = code == SQLITE_OK ? (guint64) sqlite3_changes64 (db->handle) : 0;
    p->result->seen_seq = end;
    return code;
}

static const StoreJobKind prune_kind = { .name = "old readouts", .database = STORE_DB_READINGS, .run = prune_run };

/* ---- space that deleted rows leave: used again by the next ones; given back when it is more than a quarter of the
 * file */

#define SHRINK_PAGES 4000

typedef struct {
    StoreJob job;
    gboolean *more; /* the caller's */
} ShrinkJob;

static int shrink_run (Store *store, StoreJob *job)
{
    StoreDb *db = store->db[STORE_DB_READINGS];
    gint64 pages = 0, unused = 0;
    int code = store_db_get_int64 (db, store_db_prepare (db, "PRAGMA page_count"), &pages);

    if (code == SQLITE_OK)
        code = store_db_get_int64 (db, store_db_prepare (db, "PRAGMA freelist_count"), &unused);
    *((ShrinkJob *) job)->more = unused > SHRINK_PAGES && unused > pages / 4;
    if (code != SQLITE_OK || unused <= pages / 4)
        return code;
    return store_db_run (db, store_db_prepare (db, "PRAGMA incremental_vacuum(" G_STRINGIFY (SHRINK_PAGES) ")"));
}

static const StoreJobKind shrink_kind = { .name = "free pages", .database = STORE_DB_READINGS, .run = shrink_run };

static gboolean store_shrink (Store *store, GError **error)
{
    gboolean more = TRUE, good = TRUE;

    while (good && more) {
        ShrinkJob *shrink = (ShrinkJob *) store_job_new (&shrink_kind, sizeof *shrink);

        shrink->more = &more;
        good = store_queue_and_wait (store, &shrink->job, error);
    }
    return good;
}

gboolean store_prune (Store *store, gint64 before_ms, guint64 *deleted, GError **error)
{
    struct PruneResult result = { .more = TRUE };
    guint64 total = 0;
    gint64 upto = store_lowest_cursor (store);
    gboolean good = TRUE;

    while (good && result.more) {
        PruneJob *p = (PruneJob *) store_job_new (&prune_kind, sizeof *p);

        p->before_ms = before_ms;
        p->after_seq = result.seen_seq;
        p->upto_seq = upto;
        p->result = &result;
        good = store_queue_and_wait (store, &p->job, error);
        total += good ? result.deleted : 0;
        if (result.deleted == 0)
            break; /* what follows is younger */
    }
    if (deleted != NULL)
        *deleted = total;
    return good && (total == 0 || store_shrink (store, error));
}
