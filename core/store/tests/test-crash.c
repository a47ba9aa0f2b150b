/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-crash.c: a process that is killed at any moment loses nothing that it was told is kept, and uses no number
 * twice. */
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS        100
#define LONGEST_MS    60 /* of a child's life; opening takes about a third of it */
#define READOUTS_MOST 3000

typedef struct {
    gint64 next; /* readouts 0 to next - 1 are kept for certain */
    gint64 seq;
} Acknowledgement;

typedef struct {
    int fd;
    Acknowledgement told;
} Child;

static void child_committed (gpointer data, gint64 seq, guint readouts, guint readings)
{
    Child *child = data;
    Acknowledgement told;

    child->told.next += readouts;
    child->told.seq = seq;
    told = child->told;
    if (write (child->fd, &told, sizeof told) != sizeof told)
        _exit (3);
}

/* State goes first: `last` in the state is never behind the readouts. */
static void child_append (Fixture *f, gint64 number)
{
    g_autoptr (MgReadout) r = fixture_readout (number, 1700000000000 + number);
    g_autoptr (GBytes) last = g_bytes_new (&number, sizeof number);

    store_state_put (f->store, "test", "last", last);
    if (!store_append (f->store, 7, r, fixture_indices))
        _exit (4);
    if (number % 50 == 0)
        journal_raise (f->journal, "store.disk-ok", "gateway", NULL, NULL);
}

static void child_main (const char *folder, gint64 next, int fd)
{
    Fixture f = { .folder = (char *) folder, .reserve_bytes = 4096, .commit_us = 1500 };
    Child child = { .fd = fd, .told = { .next = next } };

    fixture_open (&f);
    store_on_commit (f.store, child_committed, &child);
    for (gint64 i = next; i < next + READOUTS_MOST; i++) {
        child_append (&f, i);
        if (i % 10 == 0)
            g_usleep (200);
    }
    fixture_close (&f);
    _exit (0);
}

typedef struct {
    gint64 next, seq; /* the next readout's number, and the number of the row before */
} Check;

static gboolean check_row (const StoreRow *row, gpointer data)
{
    Check *check = data;

    g_assert_cmpint (row->seq, >, check->seq);
    check->seq = row->seq;
    if (row->readout == NULL)
        return TRUE;
    g_assert_cmpuint (row->n, ==, FIXTURE_READINGS);
    g_assert_cmpint (mg_reading_get_value (mgh_readout_get_reading (row->readout, 0)).v.number, ==, check->next);
    check->next++;
    return TRUE;
}

/* What the child said last before it was killed. */
static Acknowledgement crash_round (const char *folder, const Check *check)
{
    Acknowledgement told = { check->next, check->seq }, one;
    int fds[2], status;
    pid_t pid;

    g_assert_cmpint (pipe (fds), ==, 0);
    pid = fork ();
    g_assert_cmpint (pid, >=, 0);
    if (pid == 0) {
        close (fds[0]);
        child_main (folder, check->next, fds[1]);
    }
    close (fds[1]);
    g_usleep ((gulong) g_test_rand_int_range (0, LONGEST_MS * 1000));
    kill (pid, SIGKILL);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    g_assert_true (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
    while (read (fds[0], &one, sizeof one) == sizeof one)
        told = one;
    close (fds[0]);
    return told;
}

static void check_round (Fixture *f, const Acknowledgement *told, Check *check)
{
    g_autoptr (GBytes) last = NULL;
    g_autoptr (GError) error = NULL;
    gint64 number = -1;

    fixture_open (f);
    store_range (f->store, check->seq, 0, TRUE, check_row, check, &error);
    g_assert_no_error (error);
    g_assert_cmpint (check->next, >=, told->next);
    g_assert_cmpint (store_committed_seq (f->store), >, told->seq); /* and so will be every number from now on */
    last = store_state_get (f->store, "test", "last");
    if (last != NULL)
        memcpy (&number, g_bytes_get_data (last, NULL), sizeof number);
    g_assert_cmpint (number, >=, check->next - 1);
    fixture_close (f);
}

static void killed_at_any_moment_loses_nothing_acknowledged (void)
{
    g_autoptr (GError) error = NULL;
    Fixture f = { .folder = g_dir_make_tmp ("store-XXXXXX", &error), .reserve_bytes = 4096, .commit_us = 1500 };
    Check check = { 0 }, all = { 0 };
    guint acknowledged = 0;

    g_assert_no_error (error);
    for (guint round = 0; round < ROUNDS; round++) {
        gint64 before = check.next;
        Acknowledgement told = crash_round (f.folder, &check);

        acknowledged += told.next > before;
        check_round (&f, &told, &check);
    }
    g_test_message ("%d readouts over %u rounds that acknowledged some", (int) check.next, acknowledged);
    g_assert_cmpuint (acknowledged, >=, ROUNDS / 10); /* or it proves nothing */
    fixture_open (&f);
    store_range (f.store, 0, 0, TRUE, check_row, &all, &error);
    g_assert_no_error (error);
    g_assert_cmpint (all.next, ==, check.next);
    fixture_tear_down (&f);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/store/crash/killed_at_any_moment_loses_nothing_acknowledged",
                     killed_at_any_moment_loses_nothing_acknowledged);
    return g_test_run ();
}
