/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-deliver.c: attempts, back-off, what is set aside or given up, and receivers that are dead. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)
#define TRIAL     "[report billing]\nformat=csv\ntransport=trial\nscript={billing}\nlog={billing.log}\nzone=UTC\n"

static guint log_lines (Fixture *f, const char *name)
{
    g_auto (GStrv) log = fixture_log (f, name);

    return g_strv_length (log);
}

/* the word `i` of line `line` of a log; full */
static char *log_word (Fixture *f, const char *name, guint line, guint i)
{
    g_auto (GStrv) log = fixture_log (f, name);
    g_assert_cmpuint (line, <, g_strv_length (log));
    g_auto (GStrv) words = g_strsplit (log[line], " ", -1);

    return g_strdup (words[i]);
}

/* starts with one readout frozen and one failed attempt */
static void start_waiting (Fixture *f, const char *config, const char *what)
{
    fixture_script (f, "billing", what);
    fixture_start (f, config);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
}

/* lets back-off pass until the first attempt after this one is over */
static void pass_back_off (Fixture *f, guint attempts)
{
    for (guint i = 0; i < 2000 && fixture_state (f, "billing").attempts == attempts; i++)
        fixture_advance (f, 1000);
}

static void what_is_not_taken_waits_and_is_tried_again (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    ReportState state = fixture_state (f, "billing");
    g_assert_cmpuint (state.waiting, ==, 1);
    g_assert_cmpint (state.attempts, >=, 1);
    g_assert_cmpint (state.waiting_since_ms, ==, START_MS - 30000 + 15 * MINUTE_MS);
    g_assert_nonnull (strstr (state.error, "530 Login incorrect"));
    g_assert_cmpint (state.next_try_ms, >, 0);
    g_assert_cmpint (state.next_try_ms, <=, mgh_clock_now_ms (f->clock) + 900000);
    g_assert_true (fixture_has_event (f, "report.retry"));
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 1);
    pass_back_off (f, state.attempts);
    g_assert_cmpuint (fixture_state (f, "billing").attempts, >, state.attempts);
    fixture_script (f, "billing", "yes");
    pass_back_off (f, fixture_state (f, "billing").attempts);
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
    g_assert_null (fixture_state (f, "billing").error);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 1);
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 0);
}

static void the_attempts_grow_rarer (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    for (guint i = 0; i < 6 * 60; i++) /* an hour in steps of ten seconds */
        fixture_advance (f, 10000);
    /* 5 s doubled to 15 min and halved by the jitter: about 15 in the mean; never one every step */
    guint attempts = fixture_state (f, "billing").attempts;
    g_assert_cmpuint (attempts, >, 4);
    g_assert_cmpuint (attempts, <, 60);
}

static void batches_go_out_in_the_order_of_their_first_attempts (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    for (guint i = 0; i < 3; i++) {
        fixture_readout (f, 1);
        fixture_advance (f, 15 * MINUTE_MS);
    }
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 4);
    fixture_script (f, "billing", "yes");
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 4);
    for (guint i = 1; i < 4; i++) {
        g_autofree char *before = log_word (f, "billing", i - 1, 2), *after = log_word (f, "billing", i, 2);
        g_assert_cmpstr (before, <, after);
    }
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
}

static void what_will_never_be_taken_is_set_aside (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "never");
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
    g_assert_cmpuint (fixture_state (f, "billing").aside, ==, 1);
    g_assert_true (fixture_has_event (f, "report.set-aside"));
    fixture_script (f, "billing", "yes");
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 1); /* the next one goes on */
    g_assert_true (report_room_retry_aside (f->room, "billing", NULL));
    fixture_wait_idle (f);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 2);
    g_assert_cmpuint (fixture_state (f, "billing").aside, ==, 0);
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 0);
}

static void three_refusals_are_believed (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "refused");
    for (guint i = 0; i < 4000 && fixture_state (f, "billing").aside == 0; i++) {
        g_assert_cmpuint (fixture_state (f, "billing").attempts, <, 3);
        fixture_advance (f, 500);
    }
    g_assert_cmpuint (fixture_state (f, "billing").aside, ==, 1);
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
}

typedef struct {
    guint n;
    gint64 first, last;
    char *code, *params;
} Tombs;

static gboolean note_tomb (const StoreBatch *batch, gpointer data)
{
    Tombs *tombs = data;

    tombs->n++;
    tombs->first = batch->first_seq;
    tombs->last = batch->last_seq;
    g_free (tombs->code);
    g_free (tombs->params);
    tombs->code = g_strdup (batch->code);
    tombs->params = g_strdup (batch->params);
    return TRUE;
}

static void assert_one_tombstone (Fixture *f, const char *code, const char *reason)
{
    Tombs tombs = { 0 };

    g_assert_true (store_batches (f->store, "report:billing", 1u << STORE_BATCH_TOMBSTONE, note_tomb, &tombs, NULL));
    g_assert_cmpuint (tombs.n, ==, 1);
    g_assert_cmpint (tombs.first, >, 0);
    g_assert_cmpint (tombs.last, >=, tombs.first);
    g_assert_cmpstr (tombs.code, ==, code);
    g_assert_nonnull (strstr (tombs.params, reason));
    g_assert_true (fixture_has_event (f, "report.tombstone"));
    g_free (tombs.code);
    g_free (tombs.params);
}

static void what_is_given_up_is_a_tombstone (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL "give-up-after=1h\n", "again");
    for (guint i = 0; i < 30; i++)
        fixture_advance (f, 3 * MINUTE_MS);
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
    assert_one_tombstone (f, "given-up", "3600 s");
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 0);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 0);
}

/* the path of the only spool file; full */
static char *spool_file (Fixture *f)
{
    g_autofree char *folder = g_build_filename (f->folder, "spool", "billing", NULL);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

    return g_build_filename (folder, g_dir_read_name (dir), NULL);
}

static void a_lost_spool_file_is_made_again_with_the_same_bytes (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    g_autofree char *path = spool_file (f), *before = NULL, *hash = NULL;
    g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
    hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, before, -1);
    g_assert_cmpint (g_unlink (path), ==, 0);
    fixture_script (f, "billing", "yes");
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_autofree char *got = log_word (f, "billing", 0, 3);
    g_assert_cmpstr (got, ==, hash);
}

static void a_lost_spool_file_that_cannot_be_made_again_is_a_tombstone (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    g_autofree char *path = spool_file (f);
    g_assert_true (g_file_set_contents (path, "damaged", -1, NULL));
    fixture_script (f, "billing", "yes");
    fixture_configure (f, TRIAL "layout=4\n"); /* so other bytes would come out */
    fixture_wait_idle (f);
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    assert_one_tombstone (f, "spool-lost", "lost");
    g_assert_cmpuint (log_lines (f, "billing"), ==, 0);
}

static void a_changed_configuration_leaves_frozen_bytes_alone (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    g_autofree char *path = spool_file (f), *before = NULL, *hash = NULL;
    g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
    hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, before, -1);
    fixture_script (f, "billing", "yes");
    fixture_configure (f, TRIAL "layout=4\ndecimal-mark=comma\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_autofree char *first = log_word (f, "billing", 0, 3), *second = log_word (f, "billing", 1, 3);
    g_assert_cmpstr (first, ==, hash);
    g_assert_cmpstr (second, !=, hash);
}

static void a_restart_goes_on_with_the_same_bytes (Fixture *f, gconstpointer data)
{
    start_waiting (f, TRIAL, "again");
    guint attempts = fixture_state (f, "billing").attempts;
    g_autofree char *path = spool_file (f), *before = NULL, *hash = NULL;
    g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
    hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, before, -1);
    fixture_stop (f);
    /* what a run that was cut off leaves behind */
    g_autofree char *orphan = g_build_filename (f->folder, "spool", "billing", "7.part", NULL);
    g_assert_true (g_file_set_contents (orphan, "half a f", -1, NULL));
    fixture_start (f, TRIAL);
    fixture_wait_idle (f);
    g_assert_false (g_file_test (orphan, G_FILE_TEST_EXISTS));
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 1);
    fixture_script (f, "billing", "yes");
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_autofree char *attempt = log_word (f, "billing", 0, 0), *got = log_word (f, "billing", 0, 3);
    g_assert_cmpstr (got, ==, hash);
    g_assert_cmpuint (atoi (attempt), >, attempts);
}

static void a_dead_receiver_delays_no_other (Fixture *f, gconstpointer data)
{
    fixture_script (f, "billing", "hang");
    fixture_start (f, TRIAL "[report other]\nformat=csv\ntransport=file\nfolder={out}\nzone=UTC\n");
    fixture_wait_idle (f);
    for (guint slot = 1; slot <= 3; slot++) {
        fixture_readout (f, 1);
        mgh_clock_advance_to (f->clock, mgh_clock_mono_us (f->clock) + (gint64) 15 * MINUTE_MS * 1000);
        report_room_tick (f->room);
        fixture_wait_running (f, "other", FALSE);
        g_assert_cmpuint (fixture_state (f, "other").delivered, ==, slot);
        g_assert_true (fixture_state (f, "billing").running);
    }
}

/* starts with a delivery that does not come back */
static void start_hanging (Fixture *f)
{
    fixture_script (f, "billing", "hang");
    fixture_start (f, TRIAL);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    mgh_clock_advance_to (f->clock, mgh_clock_mono_us (f->clock) + (gint64) 15 * MINUTE_MS * 1000);
    report_room_tick (f->room);
    fixture_wait_running (f, "billing", TRUE);
}

static void the_room_ends_within_seconds_and_loses_nothing (Fixture *f, gconstpointer data)
{
    start_hanging (f);
    gint64 began_us = g_get_monotonic_time ();
    fixture_stop (f);
    g_assert_cmpint (g_get_monotonic_time () - began_us, <, 5 * G_USEC_PER_SEC);
    fixture_script (f, "billing", "yes");
    fixture_start (f, TRIAL);
    fixture_wait_idle (f);
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 1);
}

/* There is never more than one at work on a name. */
static void taken_out_and_put_back_while_at_work (Fixture *f, gconstpointer data)
{
    start_hanging (f);
    fixture_script (f, "billing", "yes");
    fixture_configure (f, "");
    fixture_configure (f, TRIAL);
    fixture_wait_idle (f);
    report_room_run_now (f->room, "billing", NULL);
    fixture_wait_idle (f);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 1);
    g_assert_cmpuint (fixture_state (f, "billing").waiting, ==, 0);
}

/* A full or broken spool: shown and told, and made up for when there is room again. */
static void a_run_that_cannot_be_made_is_made_later (Fixture *f, gconstpointer data)
{
    g_autofree char *in_the_way = fixture_path (f, "spool");

    fixture_script (f, "billing", "yes");
    g_assert_true (g_file_set_contents (in_the_way, "", 0, NULL));
    fixture_start (f, TRIAL);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_nonnull (strstr (fixture_state (f, "billing").error, "spool"));
    g_assert_true (fixture_has_event (f, "report.fault"));
    g_assert_cmpint (g_unlink (in_the_way), ==, 0);
    for (guint i = 0; i < 600 && fixture_state (f, "billing").delivered == 0; i++)
        fixture_advance (f, 1000);
    g_assert_cmpuint (log_lines (f, "billing"), ==, 1);
    g_assert_null (fixture_state (f, "billing").error);
}

#define ADD(path, func) g_test_add ("/report/deliver/" path, Fixture, NULL, fixture_up, func, fixture_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("tried-again", what_is_not_taken_waits_and_is_tried_again);
    ADD ("attempts-grow-rarer", the_attempts_grow_rarer);
    ADD ("order", batches_go_out_in_the_order_of_their_first_attempts);
    ADD ("never", what_will_never_be_taken_is_set_aside);
    ADD ("three-refusals", three_refusals_are_believed);
    ADD ("given-up", what_is_given_up_is_a_tombstone);
    ADD ("spool-made-again", a_lost_spool_file_is_made_again_with_the_same_bytes);
    ADD ("spool-lost", a_lost_spool_file_that_cannot_be_made_again_is_a_tombstone);
    ADD ("changed-configuration", a_changed_configuration_leaves_frozen_bytes_alone);
    ADD ("restart", a_restart_goes_on_with_the_same_bytes);
    ADD ("dead-receiver", a_dead_receiver_delays_no_other);
    ADD ("taken-out-and-put-back", taken_out_and_put_back_while_at_work);
    ADD ("made-later", a_run_that_cannot_be_made_is_made_later);
    ADD ("ends-within-seconds", the_room_ends_within_seconds_and_loses_nothing);
    return g_test_run ();
}
