/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recovery.c: what the store does when the disk is full, a write or sync fails, or a database is damaged. */
#include "store-private.h"

#include <glib/gstdio.h>

#define FULL_MARGIN_BYTES   65536
#define QUARANTINE_PAUSE_US (60 * G_USEC_PER_SEC) /* so that a broken disk is not filled with quarantined files */

static const char *const database_files[] = { STORE_STATE_FILE, STORE_READINGS_FILE };

static void recovery_raise (Store *store, const char *code, const char *name, const char *value)
{
    journal_raise (store->journal, code, "gateway", NULL, name, value, NULL);
}

static void recovery_set_full (Store *store, gboolean full)
{
    store->full = full;
    g_mutex_lock (&store->lock);
    store->counted.full = full;
    g_mutex_unlock (&store->lock);
}

void store_begin_full (Store *store)
{
    if (store->full)
        return;
    recovery_set_full (store, TRUE);
    recovery_raise (store, "store.disk-full", "folder", store->folder);
}

/* TRUE: the reserve was there and is given up, so that the running group finds room. */
static gboolean recovery_make_space (Store *store)
{
    store_begin_full (store);
    return store_reserve_give_up (store->folder);
}

/* What stands in the logs moves into the databases, mostly into pages that are there already; the logs begin again. */
static void recovery_shrink_logs (Store *store)
{
    for (StoreDbKind kind = STORE_DB_STATE; kind <= STORE_DB_READINGS; kind++)
        if (store->db[kind] != NULL)
            store_db_checkpoint (store->db[kind]);
}

void store_end_full (Store *store)
{
    gint64 wanted = MAX (store->reserve_bytes, 0) * 2 + FULL_MARGIN_BYTES;

    if (!store->full || store_folder_free_bytes (store->folder) < wanted ||
        !store_reserve_make (store->folder, store->reserve_bytes))
        return;
    recovery_set_full (store, FALSE);
    recovery_raise (store, "store.disk-ok", "folder", store->folder);
}

void store_end_failure (Store *store)
{
    if (store->told_failed) {
        store->told_failed = FALSE;
        recovery_raise (store, "store.write-ok", "folder", store->folder);
    }
    store_end_full (store);
}

static void recovery_tell (Store *store, const GError *error)
{
    if (store->told_failed)
        return;
    store->told_failed = TRUE;
    recovery_raise (store, "store.write-failed", "error", error->message);
}

/* The readings database is set aside; nothing may have it open but readers, which are let go. */
static gboolean recovery_quarantine (Store *store, const char *why, GError **error)
{
    gint64 now = g_get_monotonic_time ();
    g_autofree char *to = NULL;

    if (store->quarantined_us != 0 && now - store->quarantined_us < QUARANTINE_PAUSE_US) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s, soon after one was set aside: the disk itself is at fault",
                     why);
        return FALSE;
    }
    to = store_file_quarantine (store->folder, STORE_READINGS_FILE, error);
    if (to == NULL)
        return FALSE;
    store->quarantined_us = now;
    g_warning ("store: %s; it is kept as %s, a new one begins", why, to);
    journal_raise (store->journal, "store.quarantined", "gateway", NULL, "file", to, "reason", why, NULL);
    store_readers_close (store);
    return TRUE;
}

gboolean store_recover (Store *store, StoreDbKind where, guint attempts, const GError *error)
{
    StoreDb *db = store->db[where];
    gboolean again = FALSE;

    if (db != NULL && store_db_is_full (db->code, db->system_errno)) {
        again = recovery_make_space (store);
        recovery_shrink_logs (store);
    } else {
        recovery_tell (store, error);
        again = attempts == 1;
    }
    if (db != NULL && (db->code & 0xFF) != SQLITE_FULL) {
        gboolean damaged = where == STORE_DB_READINGS && attempts > 1 && store_db_is_damage (db->code);

        store->suspect[where] = TRUE;
        store_db_close (g_steal_pointer (&store->db[where]));
        if (damaged) /* also after it was opened again, although its first look was good */
            again = recovery_quarantine (store, error->message, NULL);
    }
    return again;
}

/*
 * After a failed write or sync nobody knows what of the log is on the disk, and a later sync, which succeeds, does not
 * tell either: the kernel may count the pages as clean. So nothing more is appended to such a log: its frames are
 * copied into the database, which is synced, and it begins again from nothing.
 */
gboolean store_reopen (Store *store, StoreDbKind kind, GError **error)
{
    StoreDb *db = kind == STORE_DB_STATE ? store_open_state (store, error) : store_open_readings (store, error);

    if (db != NULL && store->suspect[kind] && store_db_checkpoint (db) != SQLITE_OK) {
        store_db_set_error (db, "cannot begin a new log", error);
        g_clear_pointer (&db, store_db_close);
    }
    if (db != NULL)
        store->suspect[kind] = FALSE;
    store->db[kind] = db;
    return db != NULL;
}

static StoreDb *recovery_open (Store *store, StoreDbKind kind, int *code, GError **error)
{
    const char *name = database_files[kind];
    GError *local = NULL;
    int system_errno = 0;
    StoreDb *db = NULL;

    *code = SQLITE_OK;
    if (store_file_make_private (store->folder, name, &local))
        db = store_db_open (store->folder, kind, code, &system_errno, &local);
    if (db == NULL && (*code == SQLITE_OK || store_db_is_full (*code, system_errno)) &&
        store_folder_free_bytes (store->folder) < FULL_MARGIN_BYTES && recovery_make_space (store)) {
        g_clear_error (&local);
        if (store_file_make_private (store->folder, name, &local))
            db = store_db_open (store->folder, kind, code, &system_errno, &local);
    }
    if (db == NULL)
        g_propagate_error (error, local);
    return db;
}

StoreDb *store_open_state (Store *store, GError **error)
{
    int code;
    StoreDb *db = recovery_open (store, STORE_DB_STATE, &code, error);

    if (db == NULL && store_db_is_damage (code))
        g_prefix_error (
            error, "the state database is damaged; it is left as it is: restore it from a backup, or move it away to "
                   "begin without meters: ");
    return db;
}

StoreDb *store_open_readings (Store *store, GError **error)
{
    g_autofree char *path = g_build_filename (store->folder, STORE_READINGS_FILE, NULL);
    g_autofree char *log = g_strconcat (path, "-wal", NULL);
    g_autoptr (GError) local = NULL;
    int code;
    StoreDb *db;

    /* A write-ahead log without its database is what a quarantine leaves that was cut off: never to be played into a
     * new one. */
    if (!g_file_test (path, G_FILE_TEST_EXISTS) && g_file_test (log, G_FILE_TEST_EXISTS) &&
        !recovery_quarantine (store, "readings.db is missing, its log is there", error))
        return NULL;
    db = recovery_open (store, STORE_DB_READINGS, &code, &local);
    if (db == NULL && store_db_is_damage (code)) {
        if (!recovery_quarantine (store, local->message, error))
            return NULL;
        g_clear_error (&local);
        db = recovery_open (store, STORE_DB_READINGS, &code, &local);
    }
    if (db == NULL)
        g_propagate_error (error, g_steal_pointer (&local));
    return db;
}
