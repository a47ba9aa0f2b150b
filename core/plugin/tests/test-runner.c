/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-runner.c: calls into plugins that break the rules, and processes that die in one. */
#include <plugin/plugin.h>

#include "folder.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
    PluginFolder folder;
    char *marks;
    PluginRoom *room;
} Fixture;

static void open_room (Fixture *f)
{
    const char *const folders[] = { f->folder.path, NULL };
    PluginOptions options = { .folders = folders,
                              .crash_file = f->marks,
                              .extra_owner = geteuid (),
                              .probe = g_getenv ("METERGATE_TEST_PROBE"),
                              .probe_timeout_ms = 60000 };

    f->room = plugin_room_new (&options, f->folder.journal);
    plugin_room_scan (f->room);
}

static void set_up (Fixture *f, gconstpointer data)
{
    folder_open (&f->folder);
    f->marks = g_build_filename (f->folder.path, "marks", NULL);
    g_free (folder_put (&f->folder, "liar", "driver-liar.so"));
    g_free (folder_put (&f->folder, "crasher", "driver-crasher.so"));
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_clear_pointer (&f->room, plugin_room_free);
    folder_close (&f->folder);
    g_free (f->marks);
}

static const PluginFeature *find (Fixture *f, const char *name)
{
    g_autoptr (GError) error = NULL;
    const PluginFeature *feature = plugin_room_find (f->room, MG_KIND_DRIVER, name, &error);

    g_assert_no_error (error);
    return feature;
}

/* ---- rules that a plugin breaks */

static void failure_without_error_is_a_bug_of_the_plugin (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    PluginStatistics statistics;
    const PluginFeature *liar;

    open_room (f);
    liar = find (f, "liar");
    for (guint i = 0; i < 3; i++) {
        g_clear_error (&error);
        g_assert_false (plugin_driver_read (liar, NULL, NULL, NULL, NULL, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
        g_assert_cmpstr (error->message, ==, "driver-liar: read () returned failure without an error");
    }
    g_assert_false (plugin_driver_read (liar, NULL, NULL, NULL, NULL, NULL)); /* a caller who does not want to know */
    plugin_feature_get_statistics (liar, &statistics);
    g_assert_cmpuint (statistics.calls, ==, 4);
    g_assert_cmpuint (statistics.bugs, ==, 4);
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.bug plugin:driver-liar *read () returned failure*"), ==,
                      1);
}

static void success_with_error_is_a_bug_of_the_plugin (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    open_room (f);
    g_assert_false (plugin_driver_listen (find (f, "liar"), NULL, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_INTERNAL);
    g_assert_cmpstr (error->message, ==, "driver-liar: listen () returned success with an error: cable cut");
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.bug plugin:driver-liar *listen ()*cable cut*"), ==, 1);
}

static void errors_keep_their_code_and_gain_the_plugins_name (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    PluginStatistics statistics;

    open_room (f);
    g_assert_false (plugin_driver_open (find (f, "liar"), NULL, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_AUTH);
    g_assert_cmpstr (error->message, ==, "driver-liar: password missing");
    plugin_feature_get_statistics (find (f, "liar"), &statistics);
    g_assert_cmpuint (statistics.failures, ==, 1);
    g_assert_cmpuint (statistics.bugs, ==, 0);
    g_assert_cmpint (statistics.total_us, >=, statistics.longest_us);
    g_assert_cmpuint (folder_count_events (&f->folder, "*"), ==, 0);
}

static void instance_goes_from_create_to_the_calls (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    const PluginFeature *liar;
    gpointer self;

    open_room (f);
    liar = find (f, "liar");
    self = plugin_driver_create (liar, NULL, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (plugin_driver_scan (liar, self, NULL, NULL, &error));
    g_assert_no_error (error);
    plugin_driver_destroy (liar, self); /* it has none */
    g_assert_true (plugin_driver_device_check (liar, NULL, &error));
    g_assert_false (plugin_driver_command (liar, self, NULL, NULL, NULL, NULL, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_UNSUPPORTED);
    g_assert_cmpstr (error->message, ==, "driver-liar: it has no command ()");
    g_clear_error (&error);
    /* one without create () succeeds too, and gets NULL */
    self = plugin_driver_create (find (f, "crasher"), NULL, NULL, &error);
    g_assert_no_error (error);
    g_assert_nonnull (self);
}

/* A driver that does not come back is abandoned with its thread; the room may go before it. */
static gpointer wait_for_token (gpointer data)
{
    GError *error = NULL;

    g_assert_true (plugin_driver_decode (data, NULL, (const guint8 *) "p", 1, NULL, NULL, &error));
    g_assert_no_error (error);
    return NULL;
}

static void abandoned_call_outlasts_the_room (Fixture *f, gconstpointer data)
{
    g_autofree char *in = NULL, *out = NULL;
    PluginStatistics statistics;
    const PluginFeature *crasher;
    GThread *thread;
    int to_driver[2], from_driver[2];
    char token = 0;

    g_assert_cmpint (pipe (to_driver) | pipe (from_driver), ==, 0);
    in = g_strdup_printf ("%d", to_driver[0]);
    out = g_strdup_printf ("%d", from_driver[1]);
    g_setenv ("METERGATE_TEST_IN", in, TRUE);
    g_setenv ("METERGATE_TEST_OUT", out, TRUE);
    open_room (f);
    crasher = find (f, "crasher");
    thread = g_thread_new ("abandoned", wait_for_token, (gpointer) crasher);
    g_assert_cmpint (read (from_driver[0], &token, 1), ==, 1); /* it is in the driver */
    g_clear_pointer (&f->room, plugin_room_free);
    g_assert_cmpint (write (to_driver[1], &token, 1), ==, 1);
    g_thread_join (thread);
    plugin_feature_get_statistics (crasher, &statistics); /* what it held is still there */
    g_assert_cmpuint (statistics.calls, ==, 1);
    for (gsize i = 0; i < 2; i++) {
        close (to_driver[i]);
        close (from_driver[i]);
    }
}

/* ---- processes that die */

typedef struct {
    const char *how, *function, *signal; /* what the child does; what is blamed, NULL: nobody */
} Death;

static gpointer wait_in_plugin (gpointer data)
{
    plugin_driver_decode (data, NULL, (const guint8 *) "w", 1, NULL, NULL, NULL);
    return NULL;
}

static void die (const PluginFeature *crasher, const char *how)
{
    if (strcmp (how, "segv") == 0)
        plugin_driver_read (crasher, NULL, NULL, NULL, NULL, NULL);
    else if (strcmp (how, "abort") == 0)
        plugin_driver_listen (crasher, NULL, NULL, NULL);
    else if (strcmp (how, "exit") == 0)
        plugin_driver_open (crasher, NULL, NULL, NULL);
    else if (strcmp (how, "stack") == 0)
        plugin_driver_scan (crasher, NULL, NULL, NULL, NULL);
    else if (strcmp (how, "thread") == 0)
        plugin_driver_decode (crasher, NULL, (const guint8 *) "t", 1, NULL, NULL, NULL);
    else if (strcmp (how, "kill") == 0)
        plugin_driver_decode (crasher, NULL, (const guint8 *) "k", 1, NULL, NULL, NULL);
    else if (strcmp (how, "watchdog") == 0)
        plugin_driver_decode (crasher, NULL, (const guint8 *) "a", 1, NULL, NULL, NULL);
    else if (strcmp (how, "after") == 0)
        plugin_driver_decode (crasher, NULL, (const guint8 *) "g", 1, NULL, NULL, NULL);
    abort ();
}

static gpointer die_in_thread (gpointer data)
{
    die (data, g_getenv ("METERGATE_TEST_DEATH"));
    return NULL;
}

/* In the child: dies as METERGATE_TEST_DEATH says, in a room whose folder is METERGATE_TEST_FOLDER. */
static void subprocess (void)
{
    struct rlimit no_core = { 0 };
    Fixture f = { .folder.path = (char *) g_getenv ("METERGATE_TEST_FOLDER") };
    const char *how = g_getenv ("METERGATE_TEST_DEATH");
    const PluginFeature *crasher;

    setrlimit (RLIMIT_CORE, &no_core);
    f.marks = g_build_filename (f.folder.path, "marks", NULL);
    open_room (&f);
    crasher = find (&f, "crasher");
    g_print ("room is open\n");
    if (strcmp (how, "other-thread") == 0) { /* one thread waits in the plugin, another dies outside */
        PluginStatistics statistics;

        g_thread_new ("waits", wait_in_plugin, (gpointer) crasher);
        plugin_feature_get_statistics (crasher, &statistics);
        abort ();
    }
    if (strcmp (how, "watchdog") == 0) /* the main thread is who gets a signal that is sent to a process */
        die (crasher, how);
    g_thread_join (g_thread_new ("dies", die_in_thread, (gpointer) crasher));
}

static void let_die (Fixture *f, const char *how)
{
    g_setenv ("METERGATE_TEST_FOLDER", f->folder.path, TRUE);
    g_setenv ("METERGATE_TEST_DEATH", how, TRUE);
    g_test_trap_subprocess ("/plugin/runner/subprocess", 0, G_TEST_SUBPROCESS_DEFAULT);
    g_assert_false (g_test_trap_has_passed ());
    g_test_trap_assert_stdout ("*room is open*");
}

static void who_dies_in_a_call_is_named_after_the_restart (Fixture *f, gconstpointer data)
{
    const Death *death = data;
    PluginCrash crash;

    let_die (f, death->how);
    open_room (f);
    if (death->function == NULL) {
        g_assert_false (plugin_room_last_crash (f->room, &crash));
        g_assert_cmpuint (folder_count_events (&f->folder, "*"), ==, 0);
        return;
    }
    g_assert_true (plugin_room_last_crash (f->room, &crash));
    g_assert_cmpstr (crash.plugin, ==, "driver-crasher");
    g_assert_cmpstr (crash.function, ==, death->function);
    g_assert_cmpstr (crash.signal, ==, death->signal);
    g_assert_cmpuint (crash.crashes, ==, 1);
    g_assert_false (crash.blocked);
    g_assert_cmpint (ABS (g_get_real_time () / 1000 - crash.at_ms), <, 600000);
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.crashed plugin:driver-crasher *"), ==, 1);
    g_assert_nonnull (find (f, "crasher")); /* once is forgiven */
}

static void crash_is_told_once (Fixture *f, gconstpointer data)
{
    PluginCrash crash;

    let_die (f, "segv");
    open_room (f);
    plugin_room_free (f->room);
    open_room (f);
    g_assert_false (plugin_room_last_crash (f->room, &crash));
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.crashed *"), ==, 1);
}

static void third_crash_keeps_it_out_until_a_person_says_so (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    PluginCrash crash;

    for (guint i = 1; i <= 3; i++) {
        let_die (f, "segv");
        g_clear_pointer (&f->room, plugin_room_free);
        open_room (f);
        g_assert_true (plugin_room_last_crash (f->room, &crash));
        g_assert_cmpuint (crash.crashes, ==, i);
        g_assert_cmpint (crash.blocked, ==, i == 3);
        g_clear_pointer (&f->room, plugin_room_free);
    }
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.crashed plugin:driver-crasher *read ()*"), ==, 3);
    g_assert_cmpuint (folder_count_events (&f->folder, "plugin.disabled plugin:driver-crasher *"), ==, 1);
    g_assert_cmpuint (folder_count_events (
                          &f->folder, "plugin.refused plugin:driver-crasher.so *it crashed 3 times within 5 minutes, "
                                      "last at 20*Z in read () by SIG*; replace the file*"),
                      ==, 1);
    open_room (f); /* also after a restart without a crash */
    g_assert_null (plugin_room_find (f->room, MG_KIND_DRIVER, "crasher", &error));
    g_assert_nonnull (strstr (error->message, "it crashed 3 times within 5 minutes"));
    g_assert_nonnull (find (f, "liar"));
    g_assert_true (plugin_room_enable (f->room, "driver-crasher"));
    g_assert_false (plugin_room_enable (f->room, "driver-crasher"));
    plugin_room_scan (f->room);
    g_assert_nonnull (find (f, "crasher"));
}

static void cost_of_a_guarded_call (Fixture *f, gconstpointer data)
{
    const guint8 good[] = "g";
    const PluginFeature *crasher;
    PluginStatistics statistics;
    const guint n = 100000;
    gint64 start_us;

    open_room (f);
    crasher = find (f, "crasher");
    start_us = g_get_monotonic_time ();
    for (guint i = 0; i < n; i++)
        g_assert_true (plugin_driver_decode (crasher, NULL, good, 1, NULL, NULL, NULL));
    g_test_message ("%.0f ns a call", (gdouble) (g_get_monotonic_time () - start_us) * 1000 / n);
    plugin_feature_get_statistics (crasher, &statistics);
    g_assert_cmpuint (statistics.calls, ==, n);
    g_assert_cmpuint (statistics.failures + statistics.bugs, ==, 0);
}

int main (int argc, char **argv)
{
    static const Death deaths[] = {
        { "segv", "read", "SIGSEGV" },
        { "abort", "listen", "SIGABRT" },
        { "exit", "open", "exit ()" },
        { "stack", "scan", "SIGSEGV" },
        { "kill", NULL, NULL },
        { "watchdog", NULL, NULL },
        { "thread", "its own thread", "SIGSEGV" },
        { "after", NULL, NULL },
        { "other-thread", NULL, NULL },
    };

#define TEST(name) g_test_add ("/plugin/runner/" #name, Fixture, NULL, set_up, name, tear_down)
    g_test_init (&argc, &argv, NULL);
    TEST (failure_without_error_is_a_bug_of_the_plugin);
    TEST (success_with_error_is_a_bug_of_the_plugin);
    TEST (errors_keep_their_code_and_gain_the_plugins_name);
    TEST (instance_goes_from_create_to_the_calls);
    TEST (abandoned_call_outlasts_the_room);
    for (gsize i = 0; i < G_N_ELEMENTS (deaths); i++) {
        g_autofree char *path =
            g_strdup_printf ("/plugin/runner/who_dies_in_a_call_is_named_after_the_restart/%s", deaths[i].how);
        g_test_add (path, Fixture, &deaths[i], set_up, who_dies_in_a_call_is_named_after_the_restart, tear_down);
    }
    TEST (crash_is_told_once);
    TEST (third_crash_keeps_it_out_until_a_person_says_so);
    TEST (cost_of_a_guarded_call);
    g_test_add_func ("/plugin/runner/subprocess", subprocess);
    return g_test_run ();
}
