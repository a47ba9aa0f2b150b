/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* begin.c: what a start leaves in the state database: who the gateway is, its generation, the epoch of its clock. */
#include "store-private.h"

#include <string.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>

/* ---- epochs */

typedef struct {
    StoreJob job;
    guint32 id;
    guint8 boot_id[16];
    gint64 boot_ms, utc_ms, shift_ms;
    gboolean synchronised;
} EpochJob;

static gint64 begin_boot_ms (void)
{
    struct timespec now;

    clock_gettime (CLOCK_BOOTTIME, &now);
    return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static gboolean begin_is_synchronised (void)
{
    struct timex clock = { .modes = 0 };
    int state = adjtimex (&clock);

    return state >= 0 && state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

/* The kernel's id of this boot: 32 hex digits with dashes; zeros when it has none. */
static void begin_read_boot_id (guint8 out[16])
{
    g_autofree char *text = NULL;
    guint n = 0;

    memset (out, 0, 16);
    if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        return;
    for (const char *p = text; *p != '\0' && n < 32; p++)
        if (g_ascii_isxdigit (*p)) {
            out[n / 2] = (guint8) (out[n / 2] << 4 | g_ascii_xdigit_value (*p));
            n++;
        }
}

static int epoch_run (Store *store, StoreJob *job)
{
    EpochJob *e = (EpochJob *) job;
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (
        db, "INSERT OR REPLACE INTO epoch (id, boot_id, boot_ms, utc_ms, synced) VALUES (?, ?, ?, ?, ?)");
    int code;

    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, e->id);
    sqlite3_bind_blob (s, 2, e->boot_id, sizeof e->boot_id, SQLITE_STATIC);
    sqlite3_bind_int64 (s, 3, e->boot_ms);
    sqlite3_bind_int64 (s, 4, e->utc_ms);
    sqlite3_bind_int64 (s, 5, e->synchronised);
    code = store_db_run (db, s);
    if (code != SQLITE_OK || e->shift_ms == 0)
        return code;
    s = store_db_prepare (db, "UPDATE epoch SET shift_ms = shift_ms + ? WHERE boot_id = ? AND synced = 0 AND id < ?");
    if (s == NULL)
        return db->code;
    sqlite3_bind_int64 (s, 1, e->shift_ms);
    sqlite3_bind_blob (s, 2, e->boot_id, sizeof e->boot_id, SQLITE_STATIC);
    sqlite3_bind_int64 (s, 3, e->id);
    return store_db_run (db, s);
}

static const StoreJobKind epoch_kind = { .name = "epoch", .database = STORE_DB_STATE, .run = epoch_run };

/* With the lock held. */
static void epoch_remember (Store *store, guint32 id, StoreEpoch epoch)
{
    if (id >= store->epochs->len)
        g_array_set_size (store->epochs, id + 1);
    g_array_index (store->epochs, StoreEpoch, id) = epoch;
}

StoreEpoch store_get_epoch (Store *store, guint32 id)
{
    StoreEpoch epoch = { 0 };

    g_mutex_lock (&store->lock);
    if (id < store->epochs->len)
        epoch = g_array_index (store->epochs, StoreEpoch, id);
    g_mutex_unlock (&store->lock);
    return epoch;
}

guint32 store_epoch (Store *store)
{
    return __atomic_load_n (&store->epoch, __ATOMIC_ACQUIRE);
}

static EpochJob *epoch_begin (Store *store, gboolean synchronised, gint64 shift_ms)
{
    EpochJob *e = (EpochJob *) store_job_new (&epoch_kind, sizeof *e);

    memcpy (e->boot_id, store->boot_id, sizeof e->boot_id);
    e->boot_ms = begin_boot_ms ();
    e->utc_ms = store_now_ms ();
    e->synchronised = synchronised;
    e->shift_ms = shift_ms;
    g_mutex_lock (&store->lock);
    for (guint i = 0; i < store->epochs->len; i++) {
        StoreEpoch *earlier = &g_array_index (store->epochs, StoreEpoch, i);

        if (earlier->this_boot && !earlier->synchronised)
            earlier->shift_ms += shift_ms;
    }
    e->id = MAX (store->epochs->len, 1);
    epoch_remember (store, e->id, (StoreEpoch){ .synchronised = synchronised, .this_boot = TRUE });
    __atomic_store_n (&store->epoch, e->id, __ATOMIC_RELEASE);
    g_mutex_unlock (&store->lock);
    return e;
}

void store_new_epoch (Store *store, gboolean synchronised, gint64 shift_ms)
{
    store_queue_job (store, &epoch_begin (store, synchronised, shift_ms)->job);
}

static int begin_load_epochs (Store *store)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "SELECT id, synced, shift_ms, boot_id = ? FROM epoch ORDER BY id");
    int code;

    if (s == NULL)
        return db->code;
    sqlite3_bind_blob (s, 1, store->boot_id, sizeof store->boot_id, SQLITE_STATIC);
    while ((code = sqlite3_step (s)) == SQLITE_ROW)
        epoch_remember (store, (guint32) sqlite3_column_int64 (s, 0),
                        (StoreEpoch){ .synchronised = sqlite3_column_int (s, 1) != 0,
                                      .shift_ms = sqlite3_column_int64 (s, 2),
                                      .this_boot = sqlite3_column_int (s, 3) != 0 });
    code = code == SQLITE_DONE ? SQLITE_OK : store_db_failed (db);
    sqlite3_reset (s);
    return code;
}

/* ---- identity and generation */

static int begin_get_uid (Store *store)
{
    StoreDb *db = store->db[STORE_DB_STATE];
    sqlite3_stmt *s = store_db_prepare (db, "SELECT v FROM meta WHERE k = 'gateway_uid'");
    guint8 random[16];
    int code;

    if (s == NULL)
        return db->code;
    code = sqlite3_step (s);
    if (code == SQLITE_ROW)
        g_strlcpy (store->gateway_uid, store_column_text (s, 0), sizeof store->gateway_uid);
    else if (code != SQLITE_DONE)
        return store_db_failed (db);
    sqlite3_reset (s);
    if (code == SQLITE_ROW)
        return SQLITE_OK;
    if (getrandom (random, sizeof random, 0) != sizeof random)
        for (guint i = 0; i < sizeof random; i++)
            random[i] = (guint8) g_random_int_range (0, 256);
    for (guint i = 0; i < sizeof random; i++)
        g_snprintf (store->gateway_uid + 2 * i, 3, "%02x", random[i]);
    s = store_db_prepare (db, "INSERT INTO meta (k, v) VALUES ('gateway_uid', ?)");
    if (s == NULL)
        return db->code;
    store_bind_text (s, 1, store->gateway_uid);
    return store_db_run (db, s);
}

static int begin_max (StoreDb *db, const char *sql, gint64 *highest)
{
    gint64 found = 0;
    int code = store_db_get_int64 (db, store_db_prepare (db, sql), &found);

    *highest = MAX (*highest, found);
    return code;
}

/* One more than any that was ever given out, as far as either database knows: so a lost one gives no number twice. */
static int begin_raise_generation (Store *store, gint64 *generation, StoreDb **where)
{
    StoreDb *state = store->db[STORE_DB_STATE], *readings = store->db[STORE_DB_READINGS];
    sqlite3_stmt *s;
    int code;

    *generation = 0;
    *where = readings;
    code = begin_max (readings, "SELECT coalesce(max(seq), 0) >> 36 FROM readout", generation);
    if (code == SQLITE_OK)
        code = begin_max (readings, "SELECT coalesce(max(last_seq), 0) >> 36 FROM chunk", generation);
    if (code != SQLITE_OK)
        return code;
    *where = state;
    code = begin_max (state, "SELECT coalesce(max(seq), 0) >> 36 FROM event", generation);
    if (code == SQLITE_OK)
        code = begin_max (state, "SELECT coalesce(max(v), 0) FROM meta WHERE k = 'generation'", generation);
    if (code != SQLITE_OK)
        return code;
    ++*generation;
    s = store_db_prepare (state, "INSERT OR REPLACE INTO meta (k, v) VALUES ('generation', ?)");
    if (s == NULL)
        return state->code;
    sqlite3_bind_int64 (s, 1, *generation);
    return store_db_run (state, s);
}

gboolean store_begin (Store *store, GError **error)
{
    StoreDb *db = store->db[STORE_DB_STATE], *where = db;
    gint64 generation = 0;
    int code;

    begin_read_boot_id (store->boot_id);
    code = begin_load_epochs (store);
    if (code == SQLITE_OK)
        code = store_db_begin (db);
    if (code == SQLITE_OK)
        code = begin_get_uid (store);
    if (code == SQLITE_OK)
        code = begin_raise_generation (store, &generation, &where);
    if (code == SQLITE_OK) {
        EpochJob *e = epoch_begin (store, begin_is_synchronised (), 0);

        where = db;
        code = epoch_run (store, &e->job);
        g_free (e);
    }
    if (code == SQLITE_OK)
        code = store_db_commit (db);
    if (code != SQLITE_OK) {
        store_db_set_error (where, "a start cannot be written down", error);
        store_db_rollback (db);
        return FALSE;
    }
    journal_set_generation (store->journal, (guint32) generation);
    store->committed = store->numbered = JOURNAL_SEQ (generation, 0);
    return TRUE;
}
