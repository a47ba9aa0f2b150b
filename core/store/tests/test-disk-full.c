/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-disk-full.c: requirement R-10 on a real file system: a small tmpfs, full, in a mount namespace. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_PERMITTED 77
#define PATIENCE_US   (60 * G_USEC_PER_SEC) /* normal within 60 s after there is space */

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
    fixture_append (f, 0, 500);
    g_assert_true (store_flush (f->store, NULL));
    fill (f);
    for (guint i = 0; i < 8; i++) { /* until neither the log nor the reserve has room */
        fixture_append (f, 500 + 250 * i, 250);
        (void) store_flush (f->store, NULL);
        fill (f);
    }
    wait_until (f, TRUE, FALSE);
    store_get_statistics (f->store, &statistics);
    g_assert_cmpuint (statistics.queued, >, 0); /* some wait in memory, and those that do not can still be read */
    fixture_assert_numbers (f, (guint) statistics.readouts);
    make_room (f);
    wait_until (f, FALSE, TRUE);
    fixture_append (f, 2500, 10);
    g_assert_true (store_flush (f->store, NULL));
    fixture_assert_numbers (f, 2510);
    fixture_close (f);
    fixture_assert_intact (f, "state.db");
    fixture_assert_intact (f, "readings.db");
    fixture_open (f);
    fixture_assert_numbers (f, 2510);
    fixture_close (f);
}

static void full_when_it_starts (Fixture *f)
{
    fixture_open (f);
    fixture_append (f, 0, 10);
    fixture_close (f);
    fill (f);
    fixture_open (f); /* the reserve makes room for it */
    fixture_append (f, 10, 5);
    wait_until (f, TRUE, FALSE);
    make_room (f);
    wait_until (f, FALSE, TRUE);
    fixture_assert_numbers (f, 15);
    fixture_close (f);
    fixture_assert_intact (f, "readings.db");
}

/* No inode is left: what is open goes on. */
static void without_inodes (Fixture *f)
{
    guint n = 0;

    fixture_open (f);
    for (int fd = 0; fd >= 0; n++) {
        g_autofree char *name = g_strdup_printf ("file-%u", n), *path = fixture_file (f, name);

        fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0)
            close (fd);
    }
    g_assert_cmpint (errno, ==, ENOSPC);
    fixture_append (f, 0, 1000);
    g_assert_true (store_flush (f->store, NULL));
    fixture_assert_numbers (f, 1000);
    fixture_close (f);
    fixture_assert_intact (f, "readings.db");
}

static void in_namespace (const char *mount_point, const char *options, void (*test) (Fixture *f))
{
    Fixture f = { .folder = g_build_filename (mount_point, "state", NULL), .reserve_bytes = -1, .commit_us = 10000 };

    if (unshare (geteuid () == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount ("tmpfs", mount_point, "tmpfs", 0, options) != 0)
        _exit (NOT_PERMITTED);
    test (&f);
    _exit (0);
}

static void on_a_tmpfs (const char *options, void (*test) (Fixture *f))
{
    g_autoptr (GError) error = NULL;
    g_autofree char *mount_point = g_dir_make_tmp ("store-XXXXXX", &error);
    pid_t pid;
    int status;

    g_assert_no_error (error);
    pid = fork ();
    g_assert_cmpint (pid, >=, 0);
    if (pid == 0)
        in_namespace (mount_point, options, test);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    rmdir (mount_point);
    if (WIFEXITED (status) && WEXITSTATUS (status) == NOT_PERMITTED) {
        g_test_skip ("a tmpfs in a mount namespace is not permitted here");
        return;
    }
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void full_disk_stops_nothing_and_loses_nothing (void)
{
    on_a_tmpfs ("size=2m", full_while_it_runs);
}

static void store_starts_on_a_full_disk (void)
{
    on_a_tmpfs ("size=2m", full_when_it_starts);
}

static void store_goes_on_without_inodes (void)
{
    on_a_tmpfs ("size=8m,nr_inodes=40", without_inodes);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/store/disk-full/" #name, name)
    ADD (full_disk_stops_nothing_and_loses_nothing);
    ADD (store_starts_on_a_full_disk);
    ADD (store_goes_on_without_inodes);
    return g_test_run ();
}
