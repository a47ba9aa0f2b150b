/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.c: a report room on a real store, with real formats, a transport that does as it is told, and a virtual
 * clock. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_US (20 * (gint64) G_USEC_PER_SEC)

/* one for the whole process: modules stay loaded */
static PluginRoom *all_plugins;

static void remove_tree (const char *path)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *below = g_build_filename (path, name, NULL);
        remove_tree (below);
    }
    g_remove (path);
}

static void load_plugins (void)
{
    g_autofree char *folder = g_dir_make_tmp ("report-plugins-XXXXXX", NULL);
    const char *const folders[] = { folder, NULL };
    PluginOptions options = { .folders = folders,
                              .extra_owner = geteuid (),
                              .probe = g_getenv ("METERGATE_TEST_PROBE") };
    g_auto (GStrv) files = g_strsplit (g_getenv ("METERGATE_TEST_PLUGINS"), ":", -1);

    for (guint i = 0; files[i] != NULL; i++) {
        g_autofree char *name = g_path_get_basename (files[i]);
        g_autofree char *to = g_build_filename (folder, name, NULL), *bytes = NULL;
        gsize len;
        g_assert_true (g_file_get_contents (files[i], &bytes, &len, NULL));
        g_assert_true (g_file_set_contents_full (to, bytes, (gssize) len, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    }
    all_plugins = plugin_room_new (&options, NULL);
    plugin_room_scan (all_plugins);
    remove_tree (folder);
}

char *fixture_path (Fixture *f, const char *name)
{
    return g_build_filename (f->folder, name, NULL);
}

static MgMeter *fixture_meter (guint32 id, const char *label, const char *channel)
{
    MghPointInfo points[] = {
        { .key = "0.0.0.0:00",
          .active = TRUE,
          .meaning = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH) },
        { .key = "0.0.0.0:10",
          .active = TRUE,
          .meaning = MG_INIT (MgMeaning, .quantity = "volume", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_M3) },
    };
    MghMeterInfo info = { .id = id,
                          .device = id,
                          .uid = label,
                          .label = label,
                          .channel = channel,
                          .address = "1",
                          .interface = "MBus",
                          .active = TRUE,
                          .identity = MG_INIT (MgIdentity, .serial = "06855817", .manufacturer = "KAM", .version = 8,
                                               .medium = MG_MEDIUM_HEAT) };
    MgPoint *made[] = { mgh_point_new (0, &points[0]), mgh_point_new (1, &points[1]) };
    MgMeter *meter = mgh_meter_new (&info, made, 2);

    mgh_point_unref (made[0]);
    mgh_point_unref (made[1]);
    return meter;
}

static gpointer take_catalogue (gpointer data)
{
    return g_ptr_array_ref (((Fixture *) data)->meters);
}

static void release_catalogue (gpointer catalogue)
{
    g_ptr_array_unref (catalogue);
}

static const MgMeter *meter_of_device (gpointer catalogue, gint64 device)
{
    GPtrArray *meters = catalogue;

    return device >= 1 && device <= meters->len ? meters->pdata[device - 1] : NULL;
}

static void note_event (gpointer data, const JournalEvent *event)
{
    Fixture *f = data;
    g_autofree char *text = journal_text (f->journal, event->code, event->params);

    g_mutex_lock (&f->lock);
    g_ptr_array_add (f->events, g_strdup_printf ("%s: %s", event->code, text));
    g_mutex_unlock (&f->lock);
}

void fixture_up (Fixture *f, gconstpointer data)
{
    if (all_plugins == NULL)
        load_plugins ();
    f->plugins = all_plugins;
    if (f->folder == NULL)
        f->folder = g_dir_make_tmp ("report-XXXXXX", NULL);
    f->clock = mgh_clock_virtual_new (START_MS);
    f->meters = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_meter_unref);
    g_ptr_array_add (f->meters, fixture_meter (1, "first", "mbus1"));
    g_ptr_array_add (f->meters, fixture_meter (2, "second", "mbus2"));
    f->events = g_ptr_array_new_with_free_func (g_free);
    g_mutex_init (&f->lock);
}

void fixture_down (Fixture *f, gconstpointer data)
{
    fixture_stop (f);
    mgh_clock_unref (f->clock);
    g_ptr_array_unref (f->meters);
    g_ptr_array_unref (f->events);
    g_mutex_clear (&f->lock);
    remove_tree (f->folder);
    g_free (f->folder);
}

void fixture_open_store (Fixture *f)
{
    StoreOptions options = { .folder = f->folder, .reserve_bytes = 4096, .commit_us = 1000 };
    g_autoptr (GError) error = NULL;

    f->journal = journal_new (NULL);
    journal_listen (f->journal, note_event, f);
    f->store = store_open (&options, f->journal, &error);
    g_assert_no_error (error);
}

void fixture_start (Fixture *f, const char *config)
{
    if (f->store == NULL)
        fixture_open_store (f);
    ReportOptions options = { .store = f->store,
                              .plugins = f->plugins,
                              .journal = f->journal,
                              .state_folder = f->folder,
                              .gateway = "gw",
                              .clock = f->clock,
                              .catalogue = { f, take_catalogue, release_catalogue, meter_of_device } };
    f->room = report_room_new (&options);
    fixture_configure (f, config);
}

void fixture_stop (Fixture *f)
{
    g_assert_true (report_room_free (g_steal_pointer (&f->room)));
    g_clear_pointer (&f->store, store_close);
    g_clear_pointer (&f->journal, journal_free);
}

static char *with_paths (Fixture *f, const char *config)
{
    g_autofree char *prefix = g_strconcat (f->folder, "/", NULL);
    g_auto (GStrv) pieces = g_strsplit (config, "{", -1);
    g_autofree char *opened = g_strjoinv (prefix, pieces);
    g_auto (GStrv) ends = g_strsplit (opened, "}", -1);

    return g_strjoinv ("", ends);
}

void fixture_configure (Fixture *f, const char *config)
{
    ConfigKind kind = {
        .kind = "report", .named = TRUE, .table = report_settings, .resolve = report_resolve, .data = f->plugins
    };
    g_autofree char *text = with_paths (f, config);
    g_autoptr (GError) error = NULL;
    g_autoptr (Config) made = config_load_text ("test.conf", text, strlen (text), &kind, 1, NULL, &error);

    g_assert_no_error (error);
    report_room_configure (f->room, made);
}

void fixture_readout (Fixture *f, gint64 device)
{
    g_autoptr (MgReadout) readout = mgh_readout_new (NULL, MG_READOUT_LIVE);
    const guint32 indices[] = { 0, 1 };
    g_autoptr (GError) error = NULL;
    gint64 now_ms = mgh_clock_now_ms (f->clock);

    mgh_readout_set_times (readout, now_ms, now_ms);
    mgh_readout_add_stored (readout, mg_value_decimal (++f->readouts, 0), 0, (MgValue){ 0 });
    mgh_readout_add_stored (readout, mg_value_decimal (5, -1), 0, (MgValue){ 0 });
    mgh_readout_finish (readout);
    g_assert_true (store_append (f->store, device, readout, indices));
    store_flush (f->store, &error);
    g_assert_no_error (error);
}

void fixture_script (Fixture *f, const char *name, const char *what)
{
    g_autofree char *path = fixture_path (f, name);

    g_assert_true (g_file_set_contents (path, what, -1, NULL));
}

void fixture_wait_idle (Fixture *f)
{
    gint64 until_us = g_get_monotonic_time () + LIMIT_US;

    while (!report_room_is_idle (f->room) && g_get_monotonic_time () < until_us)
        if (!g_main_context_iteration (NULL, FALSE))
            g_usleep (500);
    g_assert_true (report_room_is_idle (f->room));
}

void fixture_advance (Fixture *f, gint64 ms)
{
    mgh_clock_advance_to (f->clock, mgh_clock_mono_us (f->clock) + ms * 1000);
    report_room_tick (f->room);
    fixture_wait_idle (f);
}

void fixture_wait_running (Fixture *f, const char *report, gboolean running)
{
    gint64 until_us = g_get_monotonic_time () + LIMIT_US;

    while (fixture_state (f, report).running != running && g_get_monotonic_time () < until_us)
        if (!g_main_context_iteration (NULL, FALSE))
            g_usleep (500);
    g_assert_cmpint (fixture_state (f, report).running, ==, running);
}

char **fixture_log (Fixture *f, const char *name)
{
    g_autofree char *file = g_strconcat (name, ".log", NULL), *path = fixture_path (f, file), *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return g_new0 (char *, 1);
    return g_strsplit (g_strchomp (text), "\n", -1);
}

static gint compare_texts (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void collect (const char *path, GPtrArray *contents, guint *n)
{
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *text = NULL;
    const char *name;

    if (dir == NULL && g_file_get_contents (path, &text, NULL, NULL)) {
        ++*n;
        if (contents != NULL)
            g_ptr_array_add (contents, g_steal_pointer (&text));
    }
    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        g_ptr_array_add (names, g_build_filename (path, name, NULL));
    g_ptr_array_sort (names, compare_texts);
    for (guint i = 0; i < names->len; i++)
        collect (names->pdata[i], contents, n);
}

guint fixture_out_files (Fixture *f, GPtrArray *contents)
{
    g_autofree char *path = fixture_path (f, "out");
    guint n = 0;

    collect (path, contents, &n);
    return n;
}

guint fixture_spool_files (Fixture *f, const char *report)
{
    g_autofree char *path = g_build_filename (f->folder, "spool", report, NULL);
    guint n = 0;

    collect (path, NULL, &n);
    return n;
}

typedef struct {
    const char *name;
    ReportState state;
    gboolean found;
} Wanted;

static void keep_state (const ReportState *state, gpointer data)
{
    static char *error, *fault, *delivered;
    Wanted *wanted = data;

    if (!g_str_equal (state->name, wanted->name))
        return;
    g_free (error);
    g_free (fault);
    g_free (delivered);
    wanted->state = *state;
    wanted->state.error = error = g_strdup (state->error);
    wanted->state.fault = fault = g_strdup (state->fault);
    wanted->state.delivered_name = delivered = g_strdup (state->delivered_name);
    wanted->found = TRUE;
}

ReportState fixture_state (Fixture *f, const char *report)
{
    Wanted wanted = { .name = report };

    report_room_list (f->room, keep_state, &wanted);
    g_assert_true (wanted.found);
    return wanted.state;
}

gboolean fixture_has_event (Fixture *f, const char *code)
{
    g_autofree char *prefix = g_strconcat (code, ": ", NULL);
    gboolean has = FALSE;

    g_mutex_lock (&f->lock);
    for (guint i = 0; i < f->events->len; i++)
        has |= g_str_has_prefix (f->events->pdata[i], prefix);
    g_mutex_unlock (&f->lock);
    return has;
}
