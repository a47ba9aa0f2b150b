/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-serve.c: services on threads of their own: what they see, how they begin, fail, change and end. */
#include <serve/serve.h>

#include <host/mgh-host.h>

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE_US (30 * (gint64) G_USEC_PER_SEC)

typedef struct {
    char *folder, *plugin_folder;
    Journal *journal;
    Store *store;
    Model *model;
    PluginRoom *plugins;
    ServeRoom *room;
    GMutex mutex;
    GHashTable *counts; /* "name/counter" */
    GPtrArray *owners;
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
    gsize before = GPOINTER_TO_SIZE (g_hash_table_lookup (owner->fixture->counts, key));
    g_hash_table_insert (owner->fixture->counts, g_steal_pointer (&key), GSIZE_TO_POINTER (before + (gsize) add));
    g_mutex_unlock (&owner->fixture->mutex);
}

static gint64 count_of (Fixture *f, const char *key)
{
    g_mutex_lock (&f->mutex);
    gint64 n = (gint64) GPOINTER_TO_SIZE (g_hash_table_lookup (f->counts, key));
    g_mutex_unlock (&f->mutex);
    return n;
}

static void wait_for (Fixture *f, const char *key, gint64 at_least)
{
    gint64 until_us = g_get_monotonic_time () + PATIENCE_US;

    while (count_of (f, key) < at_least) {
        if (g_get_monotonic_time () >= until_us)
            g_error ("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, key, count_of (f, key), at_least);
        if (!g_main_context_iteration (NULL, FALSE))
            g_usleep (500);
    }
}

static MgHost *make_host (gpointer data, const char *kind, const char *name)
{
    static const MghHostOps ops = { .struct_size = sizeof (MghHostOps), .count = on_count };
    Owner *owner = g_new (Owner, 1);

    owner->fixture = data;
    owner->name = g_intern_string (name);
    g_ptr_array_add (owner->fixture->owners, owner);
    return mgh_host_new (name, mgh_clock_real (), &ops, owner);
}

static Config *load (Fixture *f, const char *text, GError **error)
{
    const ConfigKind kinds[] = {
        { .kind = "server", .named = TRUE, .table = serve_settings, .resolve = serve_resolve, .data = f->plugins },
        { .kind = "control", .named = TRUE, .table = serve_settings, .resolve = serve_resolve, .data = f->plugins },
    };

    return config_load_text ("test.conf", text, strlen (text), kinds, G_N_ELEMENTS (kinds), NULL, error);
}

static void configure (Fixture *f, const char *text)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (Config) config = load (f, text, &error);

    g_assert_no_error (error);
    serve_room_configure (f->room, config);
}

static void import (Fixture *f, const char *rows)
{
    g_autofree char *text = g_strconcat ("label;channel;address\n", rows, NULL);
    g_autoptr (GError) error = NULL;
    ModelImport result;

    model_import_csv (f->model, text, strlen (text), &result, &error);
    g_assert_no_error (error);
}

static void take (Fixture *f, guint32 meter, gint64 number)
{
    static const MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH);
    MgReadout *readout = mgh_readout_new (NULL, MG_READOUT_LIVE);

    mgh_readout_set_times (readout, 0, g_get_real_time () / 1000);
    mg_readout_add (readout, "k", &meaning, mg_value_decimal (number, 0), 0);
    mgh_readout_finish (readout);
    model_take (f->model, model_find (f->model, meter)->device, readout);
    mg_readout_unref (readout);
}

static void set_up (Fixture *f, gconstpointer data)
{
    StoreOptions store = { .reserve_bytes = 0 };
    g_autoptr (GError) error = NULL;
    g_autofree char *plugin = NULL, *text = NULL;
    gsize len;

    g_mutex_init (&f->mutex);
    f->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    f->owners = g_ptr_array_new_with_free_func (g_free);
    f->folder = g_dir_make_tmp ("metergate-serve-XXXXXX", NULL);
    f->plugin_folder = g_build_filename (f->folder, "plugins", NULL);
    g_mkdir (f->plugin_folder, 0755);
    plugin = g_build_filename (f->plugin_folder, "service-trial.so", NULL);
    g_assert_true (g_file_get_contents (g_getenv ("TRIAL_SERVICE"), &text, &len, NULL));
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
    ServeOptions options = { .store = f->store,
                             .model = f->model,
                             .plugins = f->plugins,
                             .journal = f->journal,
                             .host = make_host,
                             .host_data = f };
    f->room = serve_room_new (&options);
}

static void close_room (Fixture *f)
{
    g_assert_true (serve_room_free (g_steal_pointer (&f->room)));
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", f->folder);

    close_room (f);
    model_free (f->model);
    store_close (f->store);
    plugin_room_free (f->plugins);
    journal_free (f->journal);
    g_assert_cmpint (system (remove), ==, 0);
    g_ptr_array_unref (f->owners);
    g_hash_table_unref (f->counts);
    g_mutex_clear (&f->mutex);
    g_free (f->plugin_folder);
    g_free (f->folder);
}

static void a_service_sees_all_meters_then_each_change (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    import (f, "1;a;1\n2;a;2\n3;a;3\n");
    take (f, 1, 5);
    configure (f, "[server one]\nservice = trial\n");
    wait_for (f, "one/started", 1);
    g_assert_cmpint (count_of (f, "one/meters-at-create"), ==, 3);
    take (f, 2, 7);
    wait_for (f, "one/updated", 1);
    wait_for (f, "one/fresh", 1);
    g_assert_cmpint (count_of (f, "one/sum"), ==, 7);
    g_assert_true (model_remove (f->model, 3, &error));
    wait_for (f, "one/removed", 3);
    close_room (f);
    g_assert_cmpint (count_of (f, "one/stopped"), ==, 1);
    g_assert_cmpint (count_of (f, "one/destroyed"), ==, 1);
}

static void a_selector_keeps_other_meters_away (Fixture *f, gconstpointer data)
{
    import (f, "first;a;1\nsecond;a;2\n");
    configure (f, "[server one]\nservice = trial\nwatch = meter:second\n");
    wait_for (f, "one/started", 1);
    take (f, 1, 1000);
    take (f, 2, 3);
    wait_for (f, "one/sum", 3);
    close_room (f);
    g_assert_cmpint (count_of (f, "one/sum"), ==, 3);
}

static void timers_repeat_end_and_never_outlive (Fixture *f, gconstpointer data)
{
    configure (f, "[server one]\nservice = trial\n");
    wait_for (f, "one/beats", 3);
    wait_for (f, "one/unsupported", 1); /* commands, for now */
    close_room (f);
    g_assert_cmpint (count_of (f, "one/beats"), ==, 3);
    g_assert_cmpint (count_of (f, "one/never"), ==, 0);
    g_assert_cmpint (count_of (f, "one/offered"), ==, 0);
}

static void a_slow_service_gets_the_newest_and_harms_no_other (Fixture *f, gconstpointer data)
{
    import (f, "1;a;1\n");
    configure (f, "[server slow]\nservice = trial\nblock = 200ms\n[server quick]\nservice = trial\n");
    wait_for (f, "slow/started", 1);
    wait_for (f, "quick/started", 1);
    for (gint64 i = 1; i <= 50; i++) {
        gint64 sum = count_of (f, "quick/sum");
        take (f, 1, 1);
        wait_for (f, "quick/sum", sum + 1);
    }
    take (f, 1, 1000000);
    wait_for (f, "slow/sum", 1000000);
    g_assert_cmpint (count_of (f, "slow/updated"), <, 25);
}

static void a_change_restarts_only_what_it_touches (Fixture *f, gconstpointer data)
{
    configure (f, "[server one]\nservice = trial\n[server two]\nservice = trial\n");
    wait_for (f, "one/started", 1);
    wait_for (f, "two/started", 1);
    configure (f, "[server one]\nservice = trial\nwatch = meter:x\n[server two]\nservice = trial\n");
    wait_for (f, "one/started", 2);
    g_assert_cmpint (count_of (f, "one/destroyed"), ==, 1);
    g_assert_cmpint (count_of (f, "two/destroyed"), ==, 0);
    configure (f, "[server two]\nservice = trial\n");
    wait_for (f, "one/destroyed", 2);
    configure (f, "[server two]\nservice = trial\nenabled = no\n");
    wait_for (f, "two/destroyed", 1);
}

static void a_cursor_brings_everything_once_and_goes_on_behind_what_is_done (Fixture *f, gconstpointer data)
{
    import (f, "1;a;1\n2;a;2\n");
    journal_raise (f->journal, "meter.returned", "meter:1", NULL, NULL);
    journal_raise (f->journal, "gateway.started", "gateway", NULL, NULL);
    for (gint64 i = 1; i <= 300; i++)
        take (f, 1 + (guint32) (i % 2), i);
    configure (f, "[server one]\nservice = trial\nfollow = 1000000\n");
    wait_for (f, "one/followed", 300 * 301 / 2);
    take (f, 1, 1000000);
    wait_for (f, "one/followed", 300 * 301 / 2 + 1000000);
    g_assert_cmpint (count_of (f, "one/readouts"), ==, 301);
    g_assert_cmpint (count_of (f, "one/events"), ==, 2);
    configure (f, "[server one]\nservice = trial\nfollow = 999999\n"); /* another instance of that name */
    wait_for (f, "one/started", 2);
    take (f, 2, 5);
    wait_for (f, "one/followed", 300 * 301 / 2 + 1000000 + 5);
    g_assert_cmpint (count_of (f, "one/readouts"), ==, 302);
    g_assert_cmpint (count_of (f, "one/out-of-order"), ==, 0);
    /* only the first item is done, an event: all others come again */
    configure (f, "[server two]\nservice = trial\nfollow = 1\n");
    wait_for (f, "two/followed", 300 * 301 / 2 + 1000000 + 5);
    configure (f, "[server two]\nservice = trial\nfollow = 2\n");
    wait_for (f, "two/readouts", 2 * 302);
    g_assert_cmpint (count_of (f, "two/events"), ==, 3);
    g_assert_cmpint (count_of (f, "two/out-of-order"), ==, 0);
}

typedef struct {
    guint n;
    gboolean started;
    char *fault;
} Seen;

static void note_state (const ServeState *state, gpointer data)
{
    Seen *seen = data;

    seen->n++;
    seen->started = state->started;
    g_free (seen->fault);
    seen->fault = g_strdup (state->fault);
}

static void a_start_that_fails_is_tried_again (Fixture *f, gconstpointer data)
{
    Seen seen = { 0 };

    configure (f, "[server one]\nservice = trial\nfailures = 1\n");
    while (seen.fault == NULL)
        serve_room_list (f->room, note_state, &seen);
    g_assert_nonnull (strstr (seen.fault, "failed as told"));
    wait_for (f, "one/started", 1);
    while (!seen.started)
        serve_room_list (f->room, note_state, &seen);
    wait_for (f, "one/beats", 1); /* the fault goes before the first timer comes */
    serve_room_list (f->room, note_state, &seen);
    g_assert_null (seen.fault);
}

static void what_cannot_be_made_is_shown (Fixture *f, gconstpointer data)
{
    Seen seen = { 0 };

    configure (f, "[server one]\nservice = trial\nrefuse = yes\n");
    while (seen.fault == NULL)
        serve_room_list (f->room, note_state, &seen);
    g_assert_cmpstr (seen.fault, ==, "service-trial: refused as told");
    g_free (seen.fault);
    seen.fault = NULL;
    configure (f, "[server one]\nservice = trial\n");
    wait_for (f, "one/started", 1);
}

static void a_service_belongs_into_its_kind_of_group (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL, unknown = NULL;

    g_assert_null (load (f, "[control one]\nservice = trial\n", &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, "[server one]"));
    g_assert_null (load (f, "[server one]\nservice = nothing\n", &unknown));
    g_assert_error (unknown, MG_ERROR, MG_ERROR_CONFIG);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/serve/" #name, Fixture, NULL, set_up, name, tear_down)
    ADD (a_service_sees_all_meters_then_each_change);
    ADD (a_selector_keeps_other_meters_away);
    ADD (timers_repeat_end_and_never_outlive);
    ADD (a_slow_service_gets_the_newest_and_harms_no_other);
    ADD (a_change_restarts_only_what_it_touches);
    ADD (a_cursor_brings_everything_once_and_goes_on_behind_what_is_done);
    ADD (a_start_that_fails_is_tried_again);
    ADD (what_cannot_be_made_is_shown);
    ADD (a_service_belongs_into_its_kind_of_group);
    return g_test_run ();
}
