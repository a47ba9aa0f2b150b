/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-fault.c: writes and syncs that fail, full disks, damaged files: nothing queued is lost, and it is said. */
#include "fault-vfs.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE_US (30 * G_USEC_PER_SEC)

static guint count_code (Fixture *f, const char *code)
{
    g_autofree char *path = fixture_file (f, "state.db");
    sqlite3 *db;
    sqlite3_stmt *s;
    guint n;

    g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    sqlite3_prepare_v2 (db, "SELECT count(*) FROM event WHERE code = ?", -1, &s, NULL);
    sqlite3_bind_text (s, 1, code, -1, SQLITE_STATIC);
    g_assert_cmpint (sqlite3_step (s), ==, SQLITE_ROW);
    n = (guint) sqlite3_column_int (s, 0);
    sqlite3_finalize (s);
    sqlite3_close (db);
    return n;
}

static void wait_for_statistics (Fixture *f, gboolean (*reached) (const StoreStatistics *s))
{
    gint64 until = g_get_monotonic_time () + PATIENCE_US;
    StoreStatistics s;

    for (store_get_statistics (f->store, &s); !reached (&s); store_get_statistics (f->store, &s)) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (2000);
    }
}

static gboolean is_full (const StoreStatistics *s)
{
    return s->full;
}

static gboolean is_not_full (const StoreStatistics *s)
{
    return !s->full;
}

static gboolean has_retried (const StoreStatistics *s)
{
    return s->retries > 1;
}

static gboolean is_written (const StoreStatistics *s)
{
    return s->queued == 0;
}

/* Number `after` of all writes and syncs fails, once; whatever it was, everything is there afterwards. FALSE: there was
 * no such one. */
static gboolean try_one_failure (guint after, int code)
{
    Fixture f = { .reserve_bytes = 4096 };
    StoreBatch batch = { .first_seq = 1, .last_seq = 2, .identity = "id", .name = "x" };
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) value = g_bytes_new ("v", 1);
    gint64 seq = 0;
    gboolean failed;

    fixture_set_up (&f);
    fixture_append (&f, 0, 20);
    fault_vfs_arm (after, after, code);
    fixture_append (&f, 20, 30);
    store_state_put (f.store, "owner", "key", value);
    g_assert_true (store_batch_freeze (f.store, "report:a", store_committed_seq (f.store), &batch, 1, &error));
    g_assert_no_error (error);
    fixture_append (&f, 50, 10);
    g_assert_true (store_flush (f.store, &error));
    g_assert_true (store_cursor_get (f.store, "report:a", &seq, NULL, NULL));
    failed = fault_vfs_failures () > 0;
    fault_vfs_disarm ();
    fixture_close (&f);
    fixture_assert_intact (&f, "state.db");
    fixture_assert_intact (&f, "readings.db");
    fixture_open (&f);
    fixture_assert_numbers (&f, 60);
    fixture_tear_down (&f);
    return failed;
}

static void any_one_failed_write_or_sync_loses_nothing (void)
{
    guint n = 1;

    while (try_one_failure (n, SQLITE_IOERR))
        n++;
    g_assert_cmpuint (n, >, 10); /* so many writes and syncs there are at least */
    g_test_message ("%u points of failure", n - 1);
}

static void any_one_full_disk_loses_nothing (void)
{
    guint n = 1;

    while (try_one_failure (n, SQLITE_FULL))
        n++;
    g_assert_cmpuint (n, >, 10);
    g_test_message ("%u points of failure", n - 1);
}

static void failing_disk_is_said_and_what_waits_is_written_later (void)
{
    Fixture f = { .reserve_bytes = 4096 };
    g_autoptr (GError) error = NULL;
    StoreStatistics statistics;

    fixture_set_up (&f);
    fixture_append (&f, 0, 10);
    g_assert_true (store_flush (f.store, &error));
    fault_vfs_arm (1, G_MAXINT, SQLITE_IOERR);
    fixture_append (&f, 10, 700);
    g_assert_false (store_flush (f.store, &error)); /* not for ever: the caller hears of it */
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    wait_for_statistics (&f, has_retried);
    store_get_statistics (f.store, &statistics);
    g_assert_cmpuint (statistics.queued, >=, 700);
    g_assert_false (statistics.full);
    fixture_append (&f, 710, 90);
    fault_vfs_disarm ();
    wait_for_statistics (&f, is_written);
    fixture_close (&f);
    g_assert_cmpuint (count_code (&f, "store.write-failed"), ==, 1);
    g_assert_cmpuint (count_code (&f, "store.write-ok"), ==, 1);
    fixture_open (&f);
    fixture_assert_numbers (&f, 800);
    fixture_tear_down (&f);
}

static void full_disk_is_said_and_ends_by_itself (void)
{
    Fixture f = { .reserve_bytes = 65536 };
    g_autofree char *reserve = NULL;
    g_autoptr (GError) error = NULL;

    fixture_set_up (&f);
    reserve = fixture_file (&f, "reserve");
    g_assert_true (g_file_test (reserve, G_FILE_TEST_EXISTS));
    fault_vfs_arm (1, G_MAXINT, SQLITE_FULL);
    fixture_append (&f, 0, 10);
    wait_for_statistics (&f, is_full);
    g_assert_false (store_flush (f.store, &error));
    g_assert_false (g_file_test (reserve, G_FILE_TEST_EXISTS));
    fixture_append (&f, 10, 10);
    fault_vfs_disarm ();
    wait_for_statistics (&f, is_not_full);
    g_assert_true (g_file_test (reserve, G_FILE_TEST_EXISTS));
    fixture_close (&f);
    g_assert_cmpuint (count_code (&f, "store.disk-full"), ==, 1);
    g_assert_cmpuint (count_code (&f, "store.disk-ok"), ==, 1);
    fixture_open (&f);
    fixture_assert_numbers (&f, 20);
    fixture_tear_down (&f);
}

static void queue_without_end_is_refused_at_the_door_and_counted (void)
{
    Fixture f = { .reserve_bytes = 4096 };
    StoreStatistics statistics;
    guint taken = 0;

    fixture_set_up (&f);
    fault_vfs_arm (1, G_MAXINT, SQLITE_FULL);
    for (;; taken++) {
        g_autoptr (MgReadout) r = fixture_readout (taken, 1700000000000);

        if (!store_append (f.store, 7, r, fixture_indices))
            break;
        g_assert_cmpuint (taken, <, 1000000);
    }
    g_assert_cmpuint (taken, >, 100000);
    store_get_statistics (f.store, &statistics);
    g_assert_cmpuint (statistics.refused, ==, 1);
    fault_vfs_disarm ();
    wait_for_statistics (&f, is_written);
    fixture_append (&f, taken, 1);
    fixture_close (&f);
    g_assert_cmpuint (count_code (&f, "store.refused"), ==, 1);
    fixture_open (&f);
    fixture_assert_numbers (&f, taken + 1);
    fixture_tear_down (&f);
}

static void on_sync_failed (gpointer data, const GError *error)
{
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    *(gboolean *) data = TRUE;
}

static void store_closes_although_the_disk_stays_full (void)
{
    Fixture f = { .reserve_bytes = 4096 };
    gboolean told = FALSE;
    gint64 start;

    fixture_set_up (&f);
    fixture_append (&f, 0, 10);
    g_assert_true (store_flush (f.store, NULL));
    fault_vfs_arm (1, G_MAXINT, SQLITE_FULL);
    fixture_append (&f, 10, 10);
    store_sync (f.store, on_sync_failed, &told);
    while (!told)
        g_main_context_iteration (NULL, TRUE);
    start = g_get_monotonic_time ();
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*closing with 11 readouts and events that could not*");
    fixture_close (&f);
    g_test_assert_expected_messages ();
    g_assert_cmpint (g_get_monotonic_time () - start, <, PATIENCE_US);
    fault_vfs_disarm ();
    fixture_open (&f);
    fixture_assert_numbers (&f, 10); /* what was acknowledged */
    fixture_tear_down (&f);
}

/* ---- damaged files */

static void overwrite (const char *path, gint64 at, gsize len)
{
    FILE *file = fopen (path, "r+");
    g_autofree char *junk = g_malloc (len);

    g_assert_nonnull (file);
    memset (junk, 0xA5, len);
    g_assert_cmpint (fseek (file, at, SEEK_SET), ==, 0);
    g_assert_cmpuint (fwrite (junk, 1, len, file), ==, len);
    fclose (file);
}

static guint count_quarantined (Fixture *f)
{
    g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
    const char *name;
    guint n = 0;

    while ((name = g_dir_read_name (dir)) != NULL)
        n += g_str_has_prefix (name, "quarantine-") && g_str_has_suffix (name, "readings.db");
    return n;
}

static void damaged_readings_are_set_aside_and_numbers_go_on (void)
{
    static const struct {
        gint64 at;
        gsize len;
    } damages[] = { { 0, 4096 }, { 16, 2 }, { 1024, 65536 } };

    for (guint i = 0; i < G_N_ELEMENTS (damages); i++) {
        Fixture f = { 0 };
        g_autofree char *path = NULL;
        gint64 before;
        Seen seen;

        fixture_set_up (&f);
        path = fixture_file (&f, "readings.db");
        fixture_append (&f, 0, 1000);
        g_assert_true (store_flush (f.store, NULL));
        before = store_committed_seq (f.store);
        fixture_close (&f);
        overwrite (path, damages[i].at, damages[i].len);
        g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*readings.db*kept as*");
        fixture_open (&f);
        g_test_assert_expected_messages ();
        g_assert_cmpuint (count_quarantined (&f), ==, 1);
        fixture_append (&f, 5, 1);
        g_assert_true (store_flush (f.store, NULL));
        seen_init (&seen);
        store_range (f.store, 0, 0, FALSE, seen_row, &seen, NULL);
        g_assert_cmpuint (seen.seqs->len, ==, 1);
        g_assert_cmpint (g_array_index (seen.seqs, gint64, 0), >, before);
        seen_clear (&seen);
        fixture_close (&f);
        g_assert_cmpuint (count_code (&f, "store.quarantined"), ==, 1);
        fixture_open (&f);
        fixture_tear_down (&f);
    }
}

static gboolean collect_partial (const StoreRow *row, gpointer data)
{
    const GError *error = mgh_readout_get_error (row->readout);

    g_string_append_printf (data, "%u%s ", row->n, error != NULL ? "!" : "");
    return TRUE;
}

static void damaged_row_says_so_and_the_rest_goes_on (void)
{
    Fixture f = { 0 };
    g_autofree char *path = NULL;
    g_autoptr (GString) seen = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    sqlite3 *db;

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    fixture_close (&f);
    path = fixture_file (&f, "readings.db");
    g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_exec (db,
                                   "UPDATE readout SET body = substr (body, 1, 60) WHERE seq ="
                                   " (SELECT seq FROM readout ORDER BY seq LIMIT 1 OFFSET 1)",
                                   NULL, NULL, NULL),
                     ==, SQLITE_OK);
    sqlite3_close (db);
    fixture_open (&f);
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*readout body: byte 60 of 60: ends early*");
    store_range (f.store, 0, 0, FALSE, collect_partial, seen, &error);
    g_test_assert_expected_messages ();
    g_assert_no_error (error);
    g_assert_true (g_str_has_prefix (seen->str, "25 ") && g_str_has_suffix (seen->str, "! 25 "));
    fixture_tear_down (&f);
}

static void damage_found_while_writing_is_set_aside_once (void)
{
    Fixture f = { 0 };
    gint64 until = g_get_monotonic_time () + PATIENCE_US;

    fixture_set_up (&f);
    fixture_append (&f, 100, 10);
    g_assert_true (store_flush (f.store, NULL));
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*readings.db*kept as*");
    fault_vfs_arm (1, G_MAXINT, SQLITE_CORRUPT);
    fixture_append (&f, 0, 10);
    while (count_quarantined (&f) == 0) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (2000);
    }
    fault_vfs_disarm ();
    wait_for_statistics (&f, is_written);
    g_test_assert_expected_messages ();
    fixture_assert_numbers (&f, 10); /* what was queued is in the new one */
    g_assert_cmpuint (count_quarantined (&f), ==, 1);
    fixture_close (&f);
    g_assert_cmpuint (count_code (&f, "store.quarantined"), ==, 1);
    fixture_open (&f);
    fixture_tear_down (&f);
}

static void log_without_its_database_is_never_played_into_a_new_one (void)
{
    Fixture f = { 0 };
    g_autofree char *path = NULL, *log = NULL;

    fixture_set_up (&f);
    fixture_append (&f, 0, 10);
    fixture_close (&f);
    path = fixture_file (&f, "readings.db");
    log = fixture_file (&f, "readings.db-wal");
    g_assert_cmpint (g_rename (path, log), ==, 0);
    g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*readings.db is missing*");
    fixture_open (&f);
    g_test_assert_expected_messages ();
    g_assert_false (g_file_test (log, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_EXISTS));
    fixture_append (&f, 0, 1);
    g_assert_true (store_flush (f.store, NULL));
    fixture_assert_numbers (&f, 1);
    fixture_tear_down (&f);
}

static void damaged_state_is_refused_in_words_and_kept (void)
{
    Fixture f = { 0 };
    StoreOptions options;
    g_autofree char *path = NULL, *before = NULL, *after = NULL;
    g_autoptr (GError) error = NULL;
    gsize len_before, len_after;

    fixture_set_up (&f);
    fixture_close (&f);
    path = fixture_file (&f, "state.db");
    overwrite (path, 0, 2048);
    g_assert_true (g_file_get_contents (path, &before, &len_before, NULL));
    f.journal = journal_new (NULL);
    options = (StoreOptions){ .folder = f.folder };
    g_assert_null (store_open (&options, f.journal, &error));
    g_assert_nonnull (strstr (error->message, "state.db"));
    g_assert_nonnull (strstr (error->message, "damaged"));
    g_assert_true (g_file_get_contents (path, &after, &len_after, NULL));
    g_assert_cmpmem (before, len_before, after, len_after);
    fixture_tear_down (&f);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    fault_vfs_install ();
#define ADD(name) g_test_add_func ("/store/fault/" #name, name)
    ADD (any_one_failed_write_or_sync_loses_nothing);
    ADD (any_one_full_disk_loses_nothing);
    ADD (failing_disk_is_said_and_what_waits_is_written_later);
    ADD (full_disk_is_said_and_ends_by_itself);
    ADD (queue_without_end_is_refused_at_the_door_and_counted);
    ADD (store_closes_although_the_disk_stays_full);
    ADD (damaged_readings_are_set_aside_and_numbers_go_on);
    ADD (damaged_row_says_so_and_the_rest_goes_on);
    ADD (damage_found_while_writing_is_set_aside_once);
    ADD (log_without_its_database_is_never_played_into_a_new_one);
    ADD (damaged_state_is_refused_in_words_and_kept);
    return g_test_run ();
}
