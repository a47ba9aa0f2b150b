/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-journal.c: numbers, waiting events, the catalogue, texts and log lines. */
#include <journal/journal.h>

#include <string.h>

static GMutex log_lock;
static GString *log_lines;

static GLogWriterOutput keep_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    gboolean is_event = FALSE;

    for (gsize i = 0; i < n_fields; i++)
        is_event = is_event || strcmp (fields[i].key, "METERGATE_EVENT") == 0;
    if (!is_event)
        return g_log_writer_default (level, fields, n_fields, data);
    g_mutex_lock (&log_lock);
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp (fields[i].key, "MESSAGE") == 0 || strcmp (fields[i].key, "PRIORITY") == 0)
            g_string_append_printf (log_lines, "%s\n", (const char *) fields[i].value);
    }
    g_mutex_unlock (&log_lock);
    return G_LOG_WRITER_HANDLED;
}

static gint64 noon (void)
{
    return 43200000;
}

/* a sink that writes "code subject name=value ..." */
static void note (gpointer data, const JournalEvent *event)
{
    GString *out = data;

    g_string_append_printf (out, "%s %s", event->code, event->subject);
    for (guint i = 0; event->params[i] != NULL; i += 2)
        g_string_append_printf (out, " %s=%s", event->params[i], event->params[i + 1]);
    g_string_append_c (out, '\n');
}

static void numbers_rise_and_carry_the_generation (void)
{
    Journal *journal = journal_new (NULL);

    journal_set_generation (journal, 7);
    g_assert_cmpint (journal_number (journal), ==, (G_GINT64_CONSTANT (7) << 36) + 1);
    g_assert_cmpint (journal_number (journal), ==, (G_GINT64_CONSTANT (7) << 36) + 2);
    journal_set_generation (journal, 8);
    g_assert_cmpint (journal_number (journal), ==, JOURNAL_SEQ (8, 1));
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*first >=*");
    journal_set_generation (journal, 7);
    g_test_assert_expected_messages ();
    g_assert_cmpint (journal_number (journal), ==, JOURNAL_SEQ (8, 2));
    journal_free (journal);
}

static void events_wait_for_the_sink_in_order (void)
{
    Journal *journal = journal_new (noon);
    g_autoptr (GString) seen = g_string_new (NULL);

    journal_raise (journal, "gateway.started", "gateway", NULL, "version", "1", NULL);
    journal_raise (journal, "line.fault", "line:a", NULL, "error", "gone", NULL);
    journal_set_sink (journal, note, seen);
    journal_raise (journal, "line.ok", "line:a", NULL, NULL);
    g_assert_cmpstr (seen->str, ==,
                     "gateway.started gateway version=1\nline.fault line:a error=gone\nline.ok line:a\n");
    journal_set_sink (journal, NULL, NULL);
    journal_raise (journal, "gateway.stopped", "gateway", NULL, NULL);
    g_assert_null (strstr (seen->str, "stopped"));
    journal_set_sink (journal, note, seen);
    g_assert_nonnull (strstr (seen->str, "gateway.stopped"));
    journal_free (journal);
}

static void the_first_thousand_wait_and_the_rest_is_counted (void)
{
    Journal *journal = journal_new (noon);
    g_autoptr (GString) seen = g_string_new (NULL);

    for (guint i = 0; i < 1003; i++) {
        g_autofree char *key = g_strdup_printf ("%u", i);
        journal_raise (journal, "point.new", "meter:1", NULL, "key", key, NULL);
    }
    journal_set_sink (journal, note, seen);
    g_assert_nonnull (strstr (seen->str, "key=999\njournal.dropped gateway count=3\n"));
    g_assert_null (strstr (seen->str, "key=1000\n"));
    journal_free (journal);
}

static void look_at_event (gpointer data, const JournalEvent *event)
{
    g_assert_cmpint (event->at_ms, ==, 43200000);
    g_assert_cmpuint (event->severity, ==, MG_SEVERITY_WARNING);
    g_assert_cmpstr (event->actor, ==, "anna");
    *(guint *) data += 1;
}

static void an_event_has_time_severity_and_actor (void)
{
    Journal *journal = journal_new (noon);
    guint sunk = 0, heard = 0;

    journal_listen (journal, look_at_event, &heard);
    journal_raise (journal, "meter.silent", "meter:17", "anna", "error", "no answer", NULL);
    g_assert_cmpuint (heard, ==, 1);
    journal_set_sink (journal, look_at_event, &sunk);
    g_assert_cmpuint (sunk, ==, 1);
    g_assert_cmpuint (heard, ==, 1);
    journal_raise (journal, "meter.silent", "meter:17", "anna", "error", "no answer", NULL);
    g_assert_cmpuint (sunk, ==, 2);
    g_assert_cmpuint (heard, ==, 2);
    journal_free (journal);
}

static void raise_once_more (gpointer data, const JournalEvent *event)
{
    if (strcmp (event->code, "line.fault") == 0)
        journal_raise (data, "line.ok", event->subject, NULL, NULL);
}

static void a_listener_may_raise_events (void)
{
    Journal *journal = journal_new (noon);
    g_autoptr (GString) seen = g_string_new (NULL);

    journal_listen (journal, raise_once_more, journal);
    journal_set_sink (journal, note, seen);
    journal_raise (journal, "line.fault", "line:a", NULL, "error", "gone", NULL);
    g_assert_cmpstr (seen->str, ==, "line.fault line:a error=gone\nline.ok line:a\n");
    journal_free (journal);
}

static void count_event (gpointer data, const JournalEvent *event)
{
    g_atomic_int_inc ((gint *) data);
}

static gpointer raise_many (gpointer data)
{
    for (guint i = 0; i < 200; i++)
        journal_raise (data, "point.new", "meter:1", NULL, "key", "k", NULL);
    return NULL;
}

static void events_of_many_threads_all_arrive_while_the_sink_is_set (void)
{
    Journal *journal = journal_new (noon);
    GThread *threads[4];
    gint n = 0;

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("raise", raise_many, journal);
    journal_set_sink (journal, count_event, &n);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    g_assert_cmpint (n, ==, 800);
    journal_free (journal);
}

static void texts_are_filled_and_lose_nothing (void)
{
    static const char *const params[] = { "reason", "no {answer}", "attempts", "3", NULL };
    Journal *journal = journal_new (noon);
    g_autofree char *full = journal_text (journal, "meter.silent", params);
    g_autofree char *bare = journal_text (journal, "meter.silent", NULL);
    g_autofree char *unknown = journal_text (journal, "acme.odd", params);

    g_assert_cmpstr (full, ==, "meter does not answer: no {answer} (attempts=3)");
    g_assert_cmpstr (bare, ==, "meter does not answer: {reason}");
    g_assert_cmpstr (unknown, ==, "acme.odd (reason=no {answer}, attempts=3)");
    journal_free (journal);
}

static void plugins_add_codes_of_their_own (void)
{
    static const MgEventInfo events[] = {
        { "acme.hot", MG_SEVERITY_ALARM, "{value} > {limit}", NULL },
        { "acme.cool", MG_SEVERITY_INFO, "fine", "acme.hot" },
    };
    static const char *const params[] = { "value", "5", "limit", "4", NULL };
    const MgTable table = MG_TABLE (events);
    Journal *journal = journal_new (noon);
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    g_assert_true (journal_add_codes (journal, "driver-acme", &table, &error));
    g_assert_no_error (error);
    g_assert_cmpstr (journal_find_code (journal, "acme.cool")->clears, ==, "acme.hot");
    text = journal_text (journal, "acme.hot", params);
    g_assert_cmpstr (text, ==, "5 > 4");
    g_assert_false (journal_add_codes (journal, "driver-other", &table, &error));
    g_assert_cmpstr (error->message, ==,
                     "driver-other: event acme.hot: the code is taken by the gateway or another plugin");
    journal_free (journal);
}

static void bad_codes_are_refused_and_none_of_the_table_is_taken (void)
{
    static const MgEventInfo rows[][2] = {
        { { "acme.good", 1, "t", NULL }, { "plain", 1, "t", NULL } },
        { { "acme.good", 1, "t", NULL }, { "Acme.Hot", 1, "t", NULL } },
        { { "acme.good", 1, "t", NULL }, { "acme.hot", 4, "t", NULL } },
        { { "acme.good", 1, "t", NULL }, { "acme.hot", 1, NULL, NULL } },
        { { "acme.good", 1, "t", NULL }, { "acme.good", 1, "t", NULL } },
        { { "acme.good", 1, "t", NULL }, { "meter.silent", 1, "t", NULL } },
        { { "acme.good", 1, "t", NULL }, { "acme.hot", 1, "t", "acme.gone" } },
        { { "acme.good", 1, "t", NULL }, { NULL, 1, "t", NULL } },
    };
    Journal *journal = journal_new (noon);

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        const MgTable table = MG_TABLE (rows[i]);
        g_autoptr (GError) error = NULL;

        g_assert_false (journal_add_codes (journal, "driver-acme", &table, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
        g_assert_null (journal_find_code (journal, "acme.good"));
    }
    journal_free (journal);
}

static void the_core_s_codes_are_there (void)
{
    static const char *const some[] = { "gateway.started", "plugin.refused",    "plugin.crashed", "meter.silent",
                                        "point.new",       "report.delivered",  "report.retry",   "report.set-aside",
                                        "store.disk-full", "store.quarantined", "driver.stuck",   "clock.stepped",
                                        "config.problem" };
    Journal *journal = journal_new (noon);

    for (guint i = 0; i < G_N_ELEMENTS (some); i++)
        g_assert_nonnull (journal_find_code (journal, some[i]));
    g_assert_cmpstr (journal_find_code (journal, "meter.returned")->clears, ==, "meter.silent");
    g_assert_cmpuint (journal_find_code (journal, "report.delivered")->severity, ==, MG_SEVERITY_INFO);
    journal_free (journal);
}

static void unknown_codes_are_bugs_but_kept (void)
{
    Journal *journal = journal_new (noon);
    g_autoptr (GString) seen = g_string_new (NULL);

    journal_set_sink (journal, note, seen);
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*acme.odd*no such code*");
    journal_raise (journal, "acme.odd", "gateway", NULL, NULL);
    g_test_assert_expected_messages ();
    g_assert_cmpstr (seen->str, ==, "acme.odd gateway\n");
    journal_free (journal);
}

static void log_lines_are_one_line_each (void)
{
    Journal *journal = journal_new (noon);

    g_string_truncate (log_lines, 0);
    journal_raise (journal, "meter.silent", "meter:17", "anna", "reason", "a\nb\x1b[31m\xff ä", NULL);
    g_assert_cmpstr (
        log_lines->str, ==,
        "meter:17: meter does not answer: a\\x0ab\\x1b[31m\xef\xbf\xbd ä [warning meter.silent] by anna\n4\n");
    journal_free (journal);
}

int main (int argc, char **argv)
{
    log_lines = g_string_new (NULL);
    g_log_set_writer_func (keep_log, NULL, NULL);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/journal/numbers-rise-and-carry-the-generation", numbers_rise_and_carry_the_generation);
    g_test_add_func ("/journal/events-wait-for-the-sink-in-order", events_wait_for_the_sink_in_order);
    g_test_add_func ("/journal/the-first-thousand-wait", the_first_thousand_wait_and_the_rest_is_counted);
    g_test_add_func ("/journal/an-event-has-time-severity-and-actor", an_event_has_time_severity_and_actor);
    g_test_add_func ("/journal/a-listener-may-raise-events", a_listener_may_raise_events);
    g_test_add_func ("/journal/events-of-many-threads-all-arrive",
                     events_of_many_threads_all_arrive_while_the_sink_is_set);
    g_test_add_func ("/journal/texts-are-filled-and-lose-nothing", texts_are_filled_and_lose_nothing);
    g_test_add_func ("/journal/plugins-add-codes-of-their-own", plugins_add_codes_of_their_own);
    g_test_add_func ("/journal/bad-codes-are-refused", bad_codes_are_refused_and_none_of_the_table_is_taken);
    g_test_add_func ("/journal/the-core-s-codes-are-there", the_core_s_codes_are_there);
    g_test_add_func ("/journal/unknown-codes-are-bugs-but-kept", unknown_codes_are_bugs_but_kept);
    g_test_add_func ("/journal/log-lines-are-one-line-each", log_lines_are_one_line_each);
    return g_test_run ();
}
