/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-make.c: when a report is due, what comes into its files, and what a configuration may say. */
#include "fixture.h"

#include <string.h>

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)
#define CSV                                                                                                            \
    "[report billing]\nformat=csv\ntransport=file\nfolder={out}\nschedule=15min\nzone=UTC\nheader=no\nlayout=9\n"

/* the first value of each line, "1 2 3" */
static char *numbers (Fixture *f)
{
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
    GString *all = g_string_new (NULL);

    fixture_out_files (f, files);
    for (guint i = 0; i < files->len; i++) {
        g_auto (GStrv) lines = g_strsplit (g_strchomp (files->pdata[i]), "\n", -1);
        for (guint k = 0; lines[k] != NULL && lines[k][0] != '\0'; k++) {
            g_auto (GStrv) cells = g_strsplit (lines[k], ";", -1);
            g_string_append_printf (all, "%s%s", all->len > 0 ? " " : "", cells[6]);
        }
    }
    return g_string_free (all, FALSE);
}

static void assert_numbers (Fixture *f, const char *expected)
{
    g_autofree char *got = numbers (f);

    g_assert_cmpstr (got, ==, expected);
}

static void a_due_report_delivers_what_was_kept (Fixture *f, gconstpointer data)
{
    fixture_start (f, CSV);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_readout (f, 2);
    fixture_advance (f, 14 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 0);
    fixture_advance (f, MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 1);
    assert_numbers (f, "1 2");
    ReportState state = fixture_state (f, "billing");
    g_assert_true (g_str_has_prefix (state.delivered_name, "2026/11/gw-billing-"));
    g_assert_true (g_str_has_suffix (state.delivered_name, ".csv"));
    g_assert_cmpuint (state.delivered, ==, 1);
    g_assert_cmpuint (state.readings, ==, 4);
    g_assert_cmpuint (state.waiting, ==, 0);
    g_assert_cmpint (state.last_due_ms, ==, START_MS - 30000 + 15 * MINUTE_MS);
    g_assert_cmpint (state.next_due_ms, ==, START_MS - 30000 + 30 * MINUTE_MS);
    g_assert_cmpuint (fixture_spool_files (f, "billing"), ==, 0);
    g_assert_true (fixture_has_event (f, "report.delivered"));
}

static void every_reading_comes_once_over_many_runs_and_restarts (Fixture *f, gconstpointer data)
{
    for (guint run = 0; run < 5; run++) {
        fixture_start (f, CSV);
        fixture_wait_idle (f);
        for (guint i = 0; i < run; i++)
            fixture_readout (f, 1 + i % 2);
        fixture_advance (f, 15 * MINUTE_MS);
        fixture_stop (f);
    }
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 4);
    assert_numbers (f, "1 2 3 4 5 6 7 8 9 10");
}

static void nothing_new_makes_no_file_and_moves_the_cursor (Fixture *f, gconstpointer data)
{
    gint64 seq, again;
    gboolean known;

    fixture_start (f, CSV "select=channel:nowhere\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 0);
    g_assert_true (store_cursor_get (f->store, "report:billing", &seq, &known, NULL));
    g_assert_true (known);
    g_assert_cmpint (seq, >, 0);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_true (store_cursor_get (f->store, "report:billing", &again, &known, NULL));
    g_assert_cmpint (again, >, seq);
}

#define EMPTY                                                                                                          \
    "[report billing]\nformat=csv\ntransport=file\nfolder={out}\nzone=UTC\nempty-files=yes\nselect=channel:nowhere\n"

static void an_empty_file_can_be_asked_for (Fixture *f, gconstpointer data)
{
    fixture_start (f, EMPTY);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 1);
}

static void only_what_is_selected_is_in_it (Fixture *f, gconstpointer data)
{
    fixture_start (f, CSV "select=channel:mbus2 quantity:energy\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_readout (f, 2);
    fixture_readout (f, 7); /* nobody knows that device */
    fixture_advance (f, 15 * MINUTE_MS);
    assert_numbers (f, "2");
    g_assert_cmpuint (fixture_state (f, "billing").readings, ==, 1);
}

static void more_than_max_rows_make_several_files (Fixture *f, gconstpointer data)
{
    fixture_start (f, CSV "max-rows=3\n");
    fixture_wait_idle (f);
    for (guint i = 0; i < 10; i++)
        fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 4);
    assert_numbers (f, "1 2 3 4 5 6 7 8 9 10");
}

/* a format without settings of its own */
static void json_is_a_format_too (Fixture *f, gconstpointer data)
{
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

    fixture_start (f, "[report billing]\nformat=json\ntransport=file\nfolder={out}\nzone=UTC\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, files), ==, 1);
    g_assert_nonnull (strstr (files->pdata[0], "\"VAL\":\"1\""));
    g_assert_true (g_str_has_suffix (fixture_state (f, "billing").delivered_name, ".json"));
}

static void a_report_can_begin_now (Fixture *f, gconstpointer data)
{
    fixture_open_store (f);
    fixture_readout (f, 1);
    fixture_start (f, CSV "start=now\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    assert_numbers (f, "2");
}

static void a_due_time_while_the_gateway_was_off_is_made_up_for (Fixture *f, gconstpointer data)
{
    const char *daily = CSV "\n";
    g_autofree char *config = g_strdup (daily);

    fixture_start (f, config);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_stop (f);
    mgh_clock_advance_to (f->clock, mgh_clock_mono_us (f->clock) + (gint64) 40 * MINUTE_MS * 1000);
    fixture_start (f, config);
    fixture_wait_idle (f);
    assert_numbers (f, "1");
    g_assert_cmpint (fixture_state (f, "billing").last_due_ms, ==, START_MS - 30000 + 30 * MINUTE_MS);
    g_assert_cmpint (fixture_state (f, "billing").next_due_ms, ==, START_MS - 30000 + 45 * MINUTE_MS);
}

static void a_clock_that_was_ahead_holds_up_no_report (Fixture *f, gconstpointer data)
{
    gint64 years_ms = (gint64) 3650 * 24 * 60 * MINUTE_MS;

    mgh_clock_step (f->clock, years_ms);
    fixture_start (f, CSV);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, (gint64) 16 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 1);
    mgh_clock_step (f->clock, -years_ms);
    fixture_readout (f, 1);
    fixture_advance (f, (gint64) 1000); /* the room sees it */
    fixture_advance (f, (gint64) 16 * MINUTE_MS);
    g_assert_cmpuint (fixture_out_files (f, NULL), ==, 2);
    assert_numbers (f, "2 1"); /* in the order of their names, and so of their years */
}

static void run_now_does_not_wait_for_the_due_time (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    fixture_start (f, CSV);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    g_assert_true (report_room_run_now (f->room, "billing", NULL));
    fixture_wait_idle (f);
    assert_numbers (f, "1");
    g_assert_false (report_room_run_now (f->room, "nobody", &error));
    g_assert_nonnull (strstr (error->message, "nobody"));
}

static void a_report_that_is_switched_off_goes_on_from_its_cursor (Fixture *f, gconstpointer data)
{
    fixture_start (f, CSV);
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    fixture_configure (f, CSV "enabled=no\n");
    fixture_readout (f, 1);
    fixture_advance (f, HOUR_MS);
    assert_numbers (f, "1");
    fixture_configure (f, "");
    fixture_readout (f, 1);
    fixture_advance (f, HOUR_MS);
    fixture_configure (f, CSV);
    fixture_advance (f, HOUR_MS);
    assert_numbers (f, "1 2 3");
}

static void a_change_restarts_only_the_report_it_touches (Fixture *f, gconstpointer data)
{
#define TWO(layout)                                                                                                    \
    "[report a]\nformat=csv\ntransport=trial\nscript={a}\nlog={a.log}\nzone=UTC\n"                                     \
    "[report b]\nformat=csv\ntransport=trial\nscript={b}\nlog={b.log}\nzone=UTC\nlayout=" layout "\n"
    fixture_script (f, "a", "hang");
    fixture_script (f, "b", "hang");
    fixture_start (f, TWO ("9"));
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    mgh_clock_advance_to (f->clock, mgh_clock_mono_us (f->clock) + (gint64) 15 * MINUTE_MS * 1000);
    report_room_tick (f->room);
    fixture_wait_running (f, "a", TRUE);
    fixture_script (f, "b", "yes");
    fixture_configure (f, TWO ("4"));
    fixture_wait_running (f, "b", FALSE);
    g_assert_true (fixture_state (f, "a").running);
    for (guint i = 0; i < 40 && fixture_state (f, "b").delivered == 0; i++) {
        fixture_script (f, "b", "yes");
        report_room_tick (f->room);
        if (fixture_state (f, "b").running)
            fixture_wait_running (f, "b", FALSE);
        else
            g_main_context_iteration (NULL, FALSE);
    }
    g_auto (GStrv) log = fixture_log (f, "b");
    g_assert_cmpuint (g_strv_length (log), ==, 1);
    g_assert_true (fixture_state (f, "a").running);
}

static void what_cannot_start_says_why_and_the_others_run (Fixture *f, gconstpointer data)
{
    fixture_start (f, CSV
                   "[report clash]\nformat=csv\ntransport=file\nfolder={out2}\nseparator=comma\ndecimal-mark=comma\n");
    fixture_wait_idle (f);
    fixture_readout (f, 1);
    fixture_advance (f, 15 * MINUTE_MS);
    assert_numbers (f, "1");
    g_assert_nonnull (strstr (fixture_state (f, "clash").fault, "separator"));
    g_assert_true (fixture_has_event (f, "report.fault"));
    fixture_configure (f, CSV "[report clash]\nformat=csv\ntransport=file\nfolder={out2}\nseparator=tab\n");
    fixture_wait_idle (f);
    g_assert_null (fixture_state (f, "clash").fault);
}

static void a_wrong_group_is_refused_in_words (Fixture *f, gconstpointer data)
{
    struct {
        const char *text, *said;
    } cases[] = {
        { "[report a]\nformat=nope\ntransport=file\nfolder=/x\n", "nope" },
        { "[report a]\nformat=csv\ntransport=nope\n", "nope" },
        { "[report a]\nformat=csv\ntransport=file\n", "folder" },
        { "[report a]\nformat=csv\ntransport=file\nfolder=/x\nschedule=never\n", "schedule" },
        { "[report a]\nformat=csv\ntransport=file\nfolder=/x\nzone=Europe/Atlantis\n", "Atlantis" },
        { "[report a]\nformat=csv\ntransport=file\nfolder=/x\nselect=colour:red\n", "select" },
        { "[report a]\nformat=csv\ntransport=file\nfolder=/x\nmax-rows=0\n", "max-rows" },
    };
    ConfigKind kind = {
        .kind = "report", .named = TRUE, .table = report_settings, .resolve = report_resolve, .data = f->plugins
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        Config *config = config_load_text ("t.conf", cases[i].text, strlen (cases[i].text), &kind, 1, NULL, &error);
        g_assert_null (config);
        if (strstr (error->message, cases[i].said) == NULL)
            g_error ("case %u: '%s' not in '%s'", i, cases[i].said, error->message);
    }
}

#define ADD(path, func) g_test_add ("/report/make/" path, Fixture, NULL, fixture_up, func, fixture_down)

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("due", a_due_report_delivers_what_was_kept);
    ADD ("every-reading-once", every_reading_comes_once_over_many_runs_and_restarts);
    ADD ("nothing-new", nothing_new_makes_no_file_and_moves_the_cursor);
    ADD ("empty-file", an_empty_file_can_be_asked_for);
    ADD ("selection", only_what_is_selected_is_in_it);
    ADD ("max-rows", more_than_max_rows_make_several_files);
    ADD ("json", json_is_a_format_too);
    ADD ("begin-now", a_report_can_begin_now);
    ADD ("due-while-off", a_due_time_while_the_gateway_was_off_is_made_up_for);
    ADD ("clock-was-ahead", a_clock_that_was_ahead_holds_up_no_report);
    ADD ("run-now", run_now_does_not_wait_for_the_due_time);
    ADD ("switched-off", a_report_that_is_switched_off_goes_on_from_its_cursor);
    ADD ("change-restarts-one", a_change_restarts_only_the_report_it_touches);
    ADD ("cannot-start", what_cannot_start_says_why_and_the_others_run);
    ADD ("wrong-group", a_wrong_group_is_refused_in_words);
    return g_test_run ();
}
