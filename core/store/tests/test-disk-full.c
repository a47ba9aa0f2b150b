/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-disk-full.c: requirement R-10 on a real file system that is really full: a tmpfs of 2 MB in a mount namespace.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_PERMITTED 77
#define PATIENCE_US   (60 * G_USEC_PER_SEC) /* normal within 60 s after there is space */

static void append_numbers (Fixture *f, gint64 first, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_autoptr (MgReadout) r = fixture_readout (first + i, 1700000000000 + i);

        g_assert_true (store_append (f->store, 7, r, fixture_indices));
    }
}

static void assert_numbers (Fixture *f, guint n)
{
    g_autoptr (GError) error = NULL;
    Seen seen;

    seen_init (&seen);
    store_range (f->store, 0, 0, FALSE, seen_row, &seen, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (seen.numbers->len, ==, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint (g_array_index (seen.numbers, gint64, i), ==, i);
    seen_clear (&seen);
}

static void assert_intact (Fixture *f, const char *name)
{
    g_autofree char *path = fixture_file (f, name);
    sqlite3 *db;
    sqlite3_stmt *s;

    g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_prepare_v2 (db, "PRAGMA integrity_check", -1, &s, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_step (s), ==, SQLITE_ROW);
    g_assert_cmpstr ((const char *) sqlite3_column_text (s, 0), ==, "ok");
    sqlite3_finalize (s);
    sqlite3_close (db);
}

/* Takes all there is. */
static void fill (Fixture *f)
{
    static const char block[4096] = "ballast";
    g_autofree char *path = fixture_file (f, "ballast");
    int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    g_assert_cmpint (fd, >=, 0);
    while (write (fd, block, sizeof block) > 0)
        ;
    g_assert_cmpint (errno, ==, ENOSPC);
    close (fd);
}

static void make_room (Fixture *f)
{
    g_autofree char *path = fixture_file (f, "ballast");

    g_assert_cmpint (unlink (path), ==, 0);
}

static void wait_until (Fixture *f, gboolean full, gboolean written)
{
    gint64 until = g_get_monotonic_time () + PATIENCE_US;
    StoreStatistics s;

    for (store_get_statistics (f->store, &s); s.full != full || (written && s.queued != 0);
         store_get_statistics (f->store, &s)) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (5000);
    }
}

static void full_while_it_runs (Fixture *f)
{
    StoreStatistics statistics;

    fixture_open (f);
    append_numbers (f, 0, 500);
    g_assert_true (store_flush (f->store, NULL));
    fill (f);
    for (guint i = 0; i < 8; i++) { /* until neither the log nor the reserve has room */
        append_numbers (f, 500 + 250 * i, 250);
        (void) store_flush (f->store, NULL);
        fill (f);
    }
    wait_until (f, TRUE, FALSE);
    store_get_statistics (f->store, &statistics);
    g_assert_cmpuint (statistics.queued, >, 0); /* some wait in memory, and those that do not can still be read */
    assert_numbers (f, (guint) statistics.readouts);
    make_room (f);
    wait_until (f, FALSE, TRUE);
    append_numbers (f, 2500, 10);
    g_assert_true (store_flush (f->store, NULL));
    assert_numbers (f, 2510);
    fixture_close (f);
    assert_intact (f, "state.db");
    assert_intact (f, "readings.db");
    fixture_open (f);
    assert_numbers (f, 2510);
    fixture_close (f);
}

static void full_when_it_starts (Fixture *f)
{
    fill (f);
    fixture_open (f); /* the reserve makes room for it */
    append_numbers (f, 2510, 5);
    wait_until (f, TRUE, FALSE);
    make_room (f);
    wait_until (f, FALSE, TRUE);
    assert_numbers (f, 2515);
    fixture_close (f);
    assert_intact (f, "readings.db");
}

static void in_namespace (const char *mount_point)
{
    Fixture f = { .folder = g_build_filename (mount_point, "state", NULL), .reserve_bytes = -1, .commit_us = 10000 };

    if (unshare (geteuid () == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount ("tmpfs", mount_point, "tmpfs", 0, "size=2m") != 0)
        _exit (NOT_PERMITTED);
    full_while_it_runs (&f);
    full_when_it_starts (&f);
    _exit (0);
}

static void full_disk_stops_nothing_and_loses_nothing (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *mount_point = g_dir_make_tmp ("store-XXXXXX", &error);
    pid_t pid;
    int status;

    g_assert_no_error (error);
    pid = fork ();
    g_assert_cmpint (pid, >=, 0);
    if (pid == 0)
        in_namespace (mount_point);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    rmdir (mount_point);
    if (WIFEXITED (status) && WEXITSTATUS (status) == NOT_PERMITTED) {
        g_test_skip ("a tmpfs in a mount namespace is not permitted here");
        return;
    }
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/store/disk-full/full_disk_stops_nothing_and_loses_nothing",
                     full_disk_stops_nothing_and_loses_nothing);
    return g_test_run ();
}
