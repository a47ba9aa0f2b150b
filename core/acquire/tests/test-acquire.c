/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-acquire.c: turns, attempts, devices and reconfiguration, with a driver that behaves as told. */
#include <acquire/acquire.h>

#include <host/mgh-host.h>

#include <glib/gstdio.h>

typedef struct {
    char *folder, *plugin_folder;
    Journal *journal;
    Store *store;
    Model *model;
    PluginRoom *plugins;
    Acquire *acquire;
    GMutex mutex;
    GHashTable *counts; /* "channel/counter" */
    GPtrArray *hosts;
} Fixture;

typedef struct {
    Fixture *fixture;
    const char *name;
} Owner;

static void on_count (gpointer data, const char *counter, gint64 add)
{
    Owner *owner = data;
    g_autofree char *key = g_strdup_printf ("%s/%s", owner->name, counter);

    g_mutex_lock (&owner->fixture->mutex);
    gint64 before = GPOINTER_TO_SIZE (g_hash_table_lookup (owner->fixture->counts, key));
    g_hash_table_insert (owner->fixture->counts, g_steal_pointer (&key), GSIZE_TO_POINTER (before + add));
    g_mutex_unlock (&owner->fixture->mutex);
}

static gint64 count_of (Fixture *f, const char *key)
{
    g_mutex_lock (&f->mutex);
    gint64 n = GPOINTER_TO_SIZE (g_hash_table_lookup (f->counts, key));
    g_mutex_unlock (&f->mutex);
    return n;
}

static MgHost *make_host (gpointer data, const char *name)
{
    static const MghHostOps ops = { .struct_size = sizeof (MghHostOps), .count = on_count };
    Fixture *f = data;
    Owner *owner = g_new (Owner, 1);

    owner->fixture = f;
    owner->name = g_intern_string (name);
    g_ptr_array_add (f->hosts, owner);
    return mgh_host_new (name, mgh_clock_real (), &ops, owner);
}

static gboolean resolve (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                         GError **error)
{
    Fixture *f = data;
    const PluginFeature *feature =
        plugin_room_find (f->plugins, MG_KIND_DRIVER, g_hash_table_lookup (texts, "driver"), error);

    if (feature == NULL)
        return FALSE;
    config_tables_add (tables, "driver", &plugin_feature_driver (feature)->channel_settings);
    return TRUE;
}

static void configure (Fixture *f, const char *text)
{
    const ConfigKind kinds[] = {
        { .kind = "line", .named = TRUE, .table = line_settings },
        { .kind = "channel", .named = TRUE, .table = acquire_channel_settings, .resolve = resolve, .data = f },
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (Config) config =
        config_load_text ("test.conf", text, strlen (text), kinds, G_N_ELEMENTS (kinds), NULL, &error);

    g_assert_no_error (error);
    acquire_configure (f->acquire, config);
}

static void import (Fixture *f, const char *rows)
{
    g_autofree char *text = g_strconcat ("label;channel;address\n", rows, NULL);
    g_autoptr (GError) error = NULL;
    ModelImport result;

    model_import_csv (f->model, text, strlen (text), &result, &error);
    g_assert_no_error (error);
}

static void set_up (Fixture *f, gconstpointer data)
{
    StoreOptions store = { .reserve_bytes = 0 };
    g_autoptr (GError) error = NULL;
    g_autofree char *plugin = NULL, *text = NULL;
    gsize len;

    g_mutex_init (&f->mutex);
    f->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    f->hosts = g_ptr_array_new_with_free_func (g_free);
    f->folder = g_dir_make_tmp ("metergate-acquire-XXXXXX", NULL);
    f->plugin_folder = g_build_filename (f->folder, "plugins", NULL);
    g_mkdir (f->plugin_folder, 0755);
    plugin = g_build_filename (f->plugin_folder, "driver-trial.so", NULL);
    g_assert_true (g_file_get_contents (g_getenv ("TRIAL_DRIVER"), &text, &len, NULL));
    g_assert_true (g_file_set_contents_full (plugin, text, (gssize) len, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    const char *folders[] = { f->plugin_folder, NULL };
    PluginOptions plugins = { .probe = g_getenv ("METERGATE_TEST_PROBE"),
                              .folders = folders,
                              .extra_owner = geteuid () };
    g_autofree char *state = g_build_filename (f->folder, "state", NULL);
    store.folder = state;
    f->journal = journal_new (NULL);
    f->store = store_open (&store, f->journal, &error);
    g_assert_no_error (error);
    f->plugins = plugin_room_new (&plugins, f->journal);
    plugin_room_scan (f->plugins);
    f->model = model_new (f->store, f->journal, NULL, &error);
    g_assert_no_error (error);
    AcquireOptions acquire = { .model = f->model,
                               .plugins = f->plugins,
                               .journal = f->journal,
                               .host = make_host,
                               .host_data = f,
                               .stop_us = 1500000,
                               .retry_us = 1000 };
    f->acquire = acquire_new (&acquire);
}

static void close_acquire (Fixture *f)
{
    if (f->acquire != NULL)
        g_assert_true (acquire_free (g_steal_pointer (&f->acquire)));
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", f->folder);

    close_acquire (f);
    model_free (f->model);
    store_close (f->store);
    plugin_room_free (f->plugins);
    journal_free (f->journal);
    g_assert_cmpint (system (remove), ==, 0);
    g_ptr_array_unref (f->hosts);
    g_hash_table_unref (f->counts);
    g_free (f->plugin_folder);
    g_free (f->folder);
}

typedef struct {
    guint done, failed;
    GError *last;
} Outcome;

static void on_done (gpointer data, const GError *error)
{
    Outcome *outcome = data;

    outcome->done++;
    outcome->failed += error != NULL;
    g_clear_error (&outcome->last);
    outcome->last = error != NULL ? g_error_copy (error) : NULL;
}

static void read_and_wait (Fixture *f, guint32 first, guint32 last, Outcome *outcome)
{
    g_autoptr (GError) error = NULL;

    for (guint32 id = first; id <= last; id++) {
        acquire_read_now (f->acquire, id, on_done, outcome, &error);
        g_assert_no_error (error);
    }
    while (outcome->done < last - first + 1)
        g_main_context_iteration (NULL, TRUE);
}

#define RESTING "cycle = yearly 01-01 00:00\n" /* only what the test asks for is read */

static void a_read_reaches_the_model_and_turns_never_overlap (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };

    configure (f, "[channel a]\ndriver = trial\n" RESTING);
    import (f, "1;a;1\n2;a;2\n3;a;3\n4;a;4\n");
    read_and_wait (f, 1, 4, &outcome);
    g_assert_cmpuint (outcome.failed, ==, 0);
    const ModelMeter *m = model_find (f->model, 3);
    g_assert_cmpint (mg_reading_get_value (mg_meter_now_get_reading (m->now, 0)).v.number, ==, 3);
    g_assert_cmpint (count_of (f, "a/overlaps"), ==, 0);
    g_assert_cmpint (count_of (f, "a/devices"), ==, 4);
    close_acquire (f);
    g_assert_cmpint (count_of (f, "a/devices"), ==, 0);
    g_assert_cmpint (count_of (f, "a/destroyed"), ==, 1);
}

static void no_answer_is_asked_as_often_as_configured (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };

    configure (f, "[channel a]\ndriver = trial\nattempts = 4\n" RESTING);
    import (f, "1;a;100\n");
    read_and_wait (f, 1, 1, &outcome);
    g_assert_cmpuint (outcome.failed, ==, 1);
    g_assert_error (outcome.last, MG_ERROR, MG_ERROR_TIMEOUT);
    g_assert_cmpint (count_of (f, "a/reads"), ==, 4);
    g_clear_error (&outcome.last);
}

static void a_sleeping_driver_ends_at_its_deadline (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };

    configure (f, "[channel a]\ndriver = trial\nattempts = 1\nread-timeout = 100ms\n" RESTING);
    import (f, "1;a;200\n");
    read_and_wait (f, 1, 1, &outcome);
    g_assert_cmpuint (outcome.failed, ==, 1);
    g_clear_error (&outcome.last);
}

static void failing_lines_leave_half_of_the_pool_to_the_others (Fixture *f, gconstpointer data)
{
    GString *text = g_string_new (NULL), *meters = g_string_new (NULL);
    Outcome asleep = { 0 }, good = { 0 };
    g_autoptr (GError) error = NULL;

    for (guint i = 1; i <= 10; i++) {
        g_string_append_printf (text, "[channel c%u]\ndriver = trial\nattempts = 1\nread-timeout = %s\n" RESTING, i,
                                "200ms");
        g_string_append_printf (meters, "s%u;c%u;200\n", i, i);
    }
    g_string_append (text, "[channel good]\ndriver = trial\n" RESTING);
    g_string_append (meters, "g;good;7\n");
    configure (f, text->str);
    import (f, meters->str);
    read_and_wait (f, 1, 10, &asleep); /* all have failed once now */
    for (guint32 id = 1; id <= 10; id++)
        acquire_read_now (f->acquire, id, on_done, &asleep, &error);
    acquire_read_now (f->acquire, 11, on_done, &good, &error);
    while (good.done == 0)
        g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (asleep.done, <=, 14); /* at most four of the ten were asked before */
    g_clear_error (&asleep.last);
    while (asleep.done < 20)
        g_main_context_iteration (NULL, TRUE);
    g_clear_error (&asleep.last);
    g_string_free (text, TRUE);
    g_string_free (meters, TRUE);
}

static void a_change_restarts_only_what_it_touches (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };

    configure (f, "[channel a]\ndriver = trial\n" RESTING "[channel b]\ndriver = trial\n" RESTING);
    import (f, "1;a;1\n2;b;2\n");
    read_and_wait (f, 1, 2, &outcome);
    configure (f, "[channel a]\ndriver = trial\ncolour = blue\n" RESTING "[channel b]\ndriver = trial\n" RESTING);
    outcome.done = 0;
    read_and_wait (f, 1, 2, &outcome);
    g_assert_cmpuint (outcome.failed, ==, 0);
    g_assert_cmpint (count_of (f, "a/blue"), ==, 1);
    g_assert_cmpint (count_of (f, "b/red"), ==, 1);
    g_assert_cmpint (count_of (f, "b/destroyed"), ==, 0);
    while (count_of (f, "a/destroyed") == 0)
        g_main_context_iteration (NULL, FALSE);
}

static void a_removed_meter_is_let_go_by_the_driver (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };
    g_autoptr (GError) error = NULL;

    configure (f, "[channel a]\ndriver = trial\n" RESTING);
    import (f, "1;a;1\n2;a;2\n");
    read_and_wait (f, 1, 2, &outcome);
    g_assert_true (model_remove (f->model, 1, &error));
    while (count_of (f, "a/devices") != 1)
        g_main_context_iteration (NULL, FALSE);
    g_assert_false (acquire_read_now (f->acquire, 1, on_done, &outcome, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
}

static void a_cycle_asks_by_itself_and_pauses_for_the_dead (Fixture *f, gconstpointer data)
{
    configure (f, "[channel a]\ndriver = trial\ncycle = 1s\nattempts = 1\n[channel b]\ndriver = trial\ncycle = 1s\n");
    import (f, "1;a;100\n2;b;2\n");
    while (!model_find (f->model, 1)->silent || count_of (f, "b/reads") < 5)
        g_main_context_iteration (NULL, TRUE);
    g_assert_cmpint (count_of (f, "a/reads"), <=, 4); /* 3 misses, then every second cycle, every fourth ... */
    g_assert_false (model_find (f->model, 2)->silent);
}

static void a_reload_passes_over_no_due_time (Fixture *f, gconstpointer data)
{
    gint64 until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

    configure (f, "[channel a]\ndriver = trial\ncycle = 1s\n");
    import (f, "1;a;1\n");
    while (count_of (f, "a/reads") < 3 && g_get_monotonic_time () < until_us) {
        g_usleep (20000); /* the due time comes in here, most of the time */
        configure (f, "[channel a]\ndriver = trial\ncycle = 1s\n");
        while (g_main_context_iteration (NULL, FALSE))
            ;
    }
    g_assert_cmpint (count_of (f, "a/reads"), ==, 3);
    g_assert_cmpint (count_of (f, "a/red"), ==, 1);
}

static void a_read_on_demand_is_no_missed_cycle (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };

    configure (f, "[channel a]\ndriver = trial\nattempts = 1\n" RESTING);
    import (f, "1;a;100\n");
    for (guint i = 0; i < 4; i++) {
        outcome.done = 0;
        read_and_wait (f, 1, 1, &outcome);
    }
    g_assert_cmpuint (outcome.failed, ==, 4);
    g_assert_cmpuint (model_find (f->model, 1)->missed, ==, 0);
    g_assert_false (model_find (f->model, 1)->silent);
    g_clear_error (&outcome.last);
}

static void reads_on_demand_do_not_pile_up (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };
    g_autoptr (GError) error = NULL;
    guint asked = 0;

    configure (f, "[channel a]\ndriver = trial\nattempts = 1\nread-timeout = 100ms\n" RESTING);
    import (f, "1;a;200\n");
    while (asked < 100 && acquire_read_now (f->acquire, 1, on_done, &outcome, &error))
        asked++;
    g_assert_cmpuint (asked, ==, 4);
    g_assert_error (error, MG_ERROR, MG_ERROR_TIMEOUT);
    while (outcome.done < asked)
        g_main_context_iteration (NULL, TRUE);
    g_clear_error (&outcome.last);
    g_assert_true (acquire_read_now (f->acquire, 1, on_done, &outcome, NULL)); /* there is room again */
    while (outcome.done < asked + 1)
        g_main_context_iteration (NULL, TRUE);
    g_clear_error (&outcome.last);
}

#define UDP "[line u]\nkind = udp\nbind = 127.0.0.1:0\n"

static void wait_count (Fixture *f, const char *key, gint64 n)
{
    gint64 until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

    while (count_of (f, key) < n && g_get_monotonic_time () < until_us)
        if (!g_main_context_iteration (NULL, FALSE))
            g_usleep (1000);
    g_assert_cmpint (count_of (f, key), >=, n);
}

static void a_channel_that_is_replaced_listens_no_more (Fixture *f, gconstpointer data)
{
    configure (f, UDP "[channel e]\ndriver = ear\nline = u\ncolour = green\n");
    wait_count (f, "e/listens", 2);
    configure (f, UDP "[channel e]\ndriver = ear\nline = u\ncolour = blue\n");
    wait_count (f, "e/destroyed", 1);
    wait_count (f, "e/listens", count_of (f, "e/listens") + 2);
    g_assert_cmpint (count_of (f, "e/blue"), ==, 1);
}

static void who_fails_to_listen_is_left_alone_for_a_while (Fixture *f, gconstpointer data)
{
    gint64 from_us = g_get_monotonic_time ();

    configure (f, UDP "[channel e]\ndriver = ear\nline = u\ncolour = red\n");
    wait_count (f, "e/listens", 2);
    g_assert_cmpint (g_get_monotonic_time () - from_us, >=, G_USEC_PER_SEC);
}

static void note_fault (gpointer data, const JournalEvent *event)
{
    *(guint *) data += g_str_has_prefix (event->code, "channel.");
}

static void what_could_not_start_is_tried_again (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };
    g_autoptr (GError) error = NULL;
    guint faults = 0;

    journal_listen (f->journal, note_fault, &faults);
    configure (f, "[channel a]\ndriver = trial\ncolour = late\n" RESTING);
    import (f, "1;a;1\n");
    g_assert_false (acquire_read_now (f->acquire, 1, on_done, &outcome, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    wait_count (f, "a/late", 1);
    read_and_wait (f, 1, 1, &outcome);
    g_assert_cmpuint (outcome.failed, ==, 0);
    g_assert_cmpuint (faults, ==, 2); /* channel.fault once, though it failed twice, and channel.ok */
}

static void a_deaf_driver_is_left_behind_alive (Fixture *f, gconstpointer data)
{
    Outcome outcome = { 0 };
    g_autoptr (GError) error = NULL;

    configure (f, "[channel a]\ndriver = trial\nattempts = 1\n" RESTING);
    import (f, "1;a;299\n");
    g_assert_true (acquire_read_now (f->acquire, 1, on_done, &outcome, &error));
    while (count_of (f, "a/reads") == 0)
        g_main_context_iteration (NULL, FALSE);
    g_assert_false (acquire_free (g_steal_pointer (&f->acquire)));
    while (count_of (f, "a/destroyed") == 0 && count_of (f, "a/woke") == 0)
        g_usleep (1000);
    g_usleep (50000); /* its result is on its way to what is left; a sanitizer sees whether that is still there */
    g_assert_cmpuint (outcome.done, ==, 0);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/acquire/" #name, Fixture, NULL, set_up, name, tear_down)
    ADD (a_read_reaches_the_model_and_turns_never_overlap);
    ADD (no_answer_is_asked_as_often_as_configured);
    ADD (a_sleeping_driver_ends_at_its_deadline);
    ADD (failing_lines_leave_half_of_the_pool_to_the_others);
    ADD (a_change_restarts_only_what_it_touches);
    ADD (a_removed_meter_is_let_go_by_the_driver);
    ADD (a_cycle_asks_by_itself_and_pauses_for_the_dead);
    ADD (a_reload_passes_over_no_due_time);
    ADD (a_read_on_demand_is_no_missed_cycle);
    ADD (reads_on_demand_do_not_pile_up);
    ADD (a_channel_that_is_replaced_listens_no_more);
    ADD (who_fails_to_listen_is_left_alone_for_a_while);
    ADD (what_could_not_start_is_tried_again);
    ADD (a_deaf_driver_is_left_behind_alive);
    return g_test_run ();
}
