/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-store.c: readings a second from a finished readout to its commit, and bytes passed to write() a reading,
 * against a bare SQLite program that appends a row a reading with the same synchronous FULL and as many readings a
 * commit, in the same run.
 *
 * Lines: name, ours, peer's name, peer, ratio, apart by tabs.
 */
#include <store/store.h>

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define METERS   500 /* readouts of a cycle, and of a commit */
#define READINGS 25
#define ROUNDS   5

static guint32 indices[READINGS];

/* ---- what the process has passed to write () */

static gint64 bench_written (void)
{
    g_autofree char *text = NULL;
    const char *at;

    if (!g_file_get_contents ("/proc/self/io", &text, NULL, NULL) || (at = strstr (text, "wchar:")) == NULL)
        return -1;
    return g_ascii_strtoll (at + strlen ("wchar:"), NULL, 10);
}

static char *bench_folder (void)
{
    g_autoptr (GError) error = NULL;
    char *folder = g_dir_make_tmp ("bench-store-XXXXXX", &error);

    if (folder == NULL)
        g_error ("%s", error->message);
    return folder;
}

static void bench_remove (char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_unlink (path);
    }
    g_rmdir (folder);
    g_free (folder);
}

/* ---- readouts like those of 500 heat meters: counters of 5 to 8 digits, flows, temperatures, a due date's values */

static MgReadout *bench_readout (guint meter, guint cycle)
{
    MgReadout *r = mgh_readout_new (NULL, MG_READOUT_LIVE);
    MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH);
    MgValue due_date = mg_value_time (2026, 10, 31, 0, 0, 0, MG_TIME_DATE_ONLY | MG_TIME_NO_SECONDS);
    guint32 random = meter * 2654435761u + 12345;

    for (guint i = 0; i < READINGS; i++) {
        static const gint64 sizes[] = { 100000000, 10000, 10000000, 1000, 100000 };
        char key[32];
        guint reading;

        random = random * 1664525u + 1013904223u;
        g_snprintf (key, sizeof key, "0.%u.0.0:06", i);
        reading = mg_readout_add (r, key, &meaning,
                                  mg_value_decimal ((gint64) random % sizes[i % 5] + cycle, (gint) (i % 4) - 3), 0);
        if (i >= 20)
            mg_readout_stamp (r, reading, due_date);
    }
    mgh_readout_set_times (r, 1763640000000 + cycle * 900000ll, 1763640000000 + cycle * 900000ll + meter * 5);
    mgh_readout_finish (r);
    return r;
}

typedef struct {
    double readings_a_second, bytes_a_reading, file_bytes_a_reading;
} BenchResult;

static GPtrArray *bench_cycle (void)
{
    GPtrArray *readouts = g_ptr_array_new_with_free_func ((GDestroyNotify) mg_readout_unref);

    for (guint m = 0; m < METERS; m++)
        g_ptr_array_add (readouts, bench_readout (m, 1));
    return readouts;
}

/* `flush_every`: readouts after which the commit is waited for; 0: the store groups them itself. */
static BenchResult bench_ours (GPtrArray *readouts, guint cycles, guint flush_every)
{
    char *folder = bench_folder ();
    StoreOptions options = { .folder = folder, .reserve_bytes = 0 };
    Journal *journal = journal_new (NULL);
    g_autoptr (GError) error = NULL;
    Store *store = store_open (&options, journal, &error);
    StoreStatistics statistics;
    BenchResult result;
    gint64 written, start, us;
    guint done = 0;

    if (store == NULL)
        g_error ("%s", error->message);
    written = bench_written ();
    start = g_get_monotonic_time ();
    for (guint c = 0; c < cycles; c++)
        for (guint m = 0; m < METERS; m++) {
            if (!store_append (store, m + 1, readouts->pdata[m], indices))
                g_error ("the queue is full");
            if (flush_every != 0 && ++done % flush_every == 0 && !store_flush (store, &error))
                g_error ("%s", error->message);
        }
    if (!store_flush (store, &error))
        g_error ("%s", error->message);
    us = g_get_monotonic_time () - start;
    store_close (store);
    written = bench_written () - written;
    store = store_open (&options, journal, &error);
    store_get_statistics (store, &statistics);
    store_close (store);
    journal_free (journal);
    bench_remove (folder);
    result.readings_a_second = (double) cycles * METERS * READINGS * 1e6 / (double) us;
    result.bytes_a_reading = (double) written / cycles / METERS / READINGS;
    result.file_bytes_a_reading = (double) statistics.database_bytes / cycles / METERS / READINGS;
    return result;
}

/* ---- the peer */

static void bare_exec (sqlite3 *db, const char *sql)
{
    if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error ("%s: %s", sql, sqlite3_errmsg (db));
}

static void bare_append (sqlite3 *db, sqlite3_stmt *s, const MgReadout *r, guint meter)
{
    for (guint i = 0; i < READINGS; i++) {
        MgValue value = mg_reading_get_value (mgh_readout_get_reading (r, i));

        sqlite3_bind_int64 (s, 1, meter * READINGS + i);
        sqlite3_bind_int64 (s, 2, mg_readout_get_at_ms (r));
        sqlite3_bind_int64 (s, 3, value.v.number);
        sqlite3_bind_int64 (s, 4, value.exponent);
        if (sqlite3_step (s) != SQLITE_DONE)
            g_error ("insert: %s", sqlite3_errmsg (db));
        sqlite3_reset (s);
    }
}

static BenchResult bench_bare (GPtrArray *readouts, guint cycles, guint commit_every)
{
    char *folder = bench_folder ();
    g_autofree char *path = g_build_filename (folder, "bare.db", NULL);
    BenchResult result;
    GStatBuf info;
    sqlite3 *db;
    sqlite3_stmt *s;
    gint64 written, start, us;
    guint done = 0;

    if (sqlite3_open (path, &db) != SQLITE_OK)
        g_error ("%s: %s", path, sqlite3_errmsg (db));
    bare_exec (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    bare_exec (
        db,
        "CREATE TABLE reading (point INT NOT NULL, at_ms INT NOT NULL, number INT NOT NULL, exponent INT NOT NULL)");
    sqlite3_prepare_v3 (db, "INSERT INTO reading VALUES (?, ?, ?, ?)", -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
    written = bench_written ();
    start = g_get_monotonic_time ();
    for (guint c = 0; c < cycles; c++)
        for (guint m = 0; m < METERS; m++) {
            if (done % commit_every == 0)
                bare_exec (db, "BEGIN");
            bare_append (db, s, readouts->pdata[m], m);
            if (++done % commit_every == 0)
                bare_exec (db, "COMMIT");
        }
    us = g_get_monotonic_time () - start;
    sqlite3_finalize (s);
    sqlite3_close (db);
    written = bench_written () - written;
    g_stat (path, &info);
    bench_remove (folder);
    result.readings_a_second = (double) cycles * METERS * READINGS * 1e6 / (double) us;
    result.bytes_a_reading = (double) written / cycles / METERS / READINGS;
    result.file_bytes_a_reading = (double) info.st_size / cycles / METERS / READINGS;
    return result;
}

static int bench_compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double bench_median (double *values, guint n)
{
    qsort (values, n, sizeof *values, bench_compare);
    return values[n / 2];
}

static void bench_print (const char *name, double ours, const char *peer_name, double peer)
{
    g_print ("%s\t%.1f\t%s\t%.1f\t%.2f\n", name, ours, peer_name, peer, ours / peer);
}

int main (void)
{
    g_autoptr (GPtrArray) readouts = bench_cycle ();
    double ours[ROUNDS], bare[ROUNDS];
    BenchResult a, b;

    for (guint i = 0; i < READINGS; i++)
        indices[i] = i;
    for (guint round = 0; round < ROUNDS; round++) { /* in turns, so that both meet the same machine */
        a = bench_ours (readouts, 40, 0);
        b = bench_bare (readouts, 40, METERS);
        ours[round] = a.readings_a_second;
        bare[round] = b.readings_a_second;
    }
    bench_print ("store: readings/s to commit", bench_median (ours, ROUNDS), "bare SQLite, a row a reading",
                 bench_median (bare, ROUNDS));
    if (bench_written () < 0) {
        g_printerr ("bench-store: /proc/self/io is missing, bytes are not counted\n");
        return 0;
    }
    bench_print ("store: bytes written a reading", a.bytes_a_reading, "bare SQLite, a row a reading",
                 b.bytes_a_reading);
    bench_print ("store: file bytes a reading", a.file_bytes_a_reading, "bare SQLite, a row a reading",
                 b.file_bytes_a_reading);
    a = bench_ours (readouts, 4, 20);
    b = bench_bare (readouts, 4, 20);
    bench_print ("store: bytes written a reading, 20 readouts a commit", a.bytes_a_reading,
                 "bare SQLite, a row a reading", b.bytes_a_reading);
    a = bench_ours (readouts, 2, 1);
    b = bench_bare (readouts, 2, 1);
    bench_print ("store: bytes written a reading, 1 readout a commit", a.bytes_a_reading,
                 "bare SQLite, a row a reading", b.bytes_a_reading);
    return 0;
}
