/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-ingest.c: from driver to committed reading, through acquire, model and store, against a bare SQLite program
 * that appends a row a reading, in the same run. Prints name, ours, peer, peer's, ratio. */
#include <acquire/acquire.h>

#include <host/mgh-host.h>

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>

#define METERS 500
#define POINTS 25
#define CYCLES 60

typedef struct {
    Journal *journal;
    Store *store;
    Model *model;
    PluginRoom *plugins;
    Acquire *acquire;
    GMainLoop *loop;
    guint waiting;
} Bench;

static void check (const GError *error)
{
    if (error == NULL)
        return;
    fprintf (stderr, "bench-ingest: %s\n", error->message);
    exit (1);
}

static MgHost *bench_host (gpointer data, const char *name)
{
    return mgh_host_new (name, mgh_clock_real (), NULL, NULL);
}

static gboolean bench_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts,
                               ConfigTables *tables, GError **error)
{
    return TRUE;
}

static Config *bench_config (const char *folder)
{
    const ConfigKind kinds[] = {
        { .kind = "channel", .named = TRUE, .table = acquire_channel_settings, .resolve = bench_resolve },
    };
    const char *folders[] = { folder, NULL };
    g_autofree char *path = g_build_filename (folder, "20-bench.conf", NULL);
    g_autoptr (GError) error = NULL;

    g_file_set_contents (path, "[channel bench]\ndriver = bench\ncycle = 24h\n", -1, &error);
    check (error);
    Config *config = config_load (folders, kinds, G_N_ELEMENTS (kinds), NULL, &error);
    check (error);
    return config;
}

static char *bench_meters (void)
{
    GString *text = g_string_new ("label;channel;address\n");

    for (guint i = 1; i <= METERS; i++)
        g_string_append_printf (text, "m%u;bench;%u\n", i, i);
    return g_string_free (text, FALSE);
}

static void bench_done (gpointer data, const GError *error)
{
    Bench *bench = data;

    check (error);
    if (--bench->waiting == 0)
        g_main_loop_quit (bench->loop);
}

static void bench_cycle (Bench *bench)
{
    g_autoptr (GError) error = NULL;

    bench->waiting = METERS;
    for (guint id = 1; id <= METERS; id++) {
        acquire_read_now (bench->acquire, id, bench_done, bench, &error);
        check (error);
    }
    g_main_loop_run (bench->loop);
}

static void bench_open (Bench *bench, const char *folder, const char *plugin_folder)
{
    StoreOptions store = { .folder = folder, .reserve_bytes = 0 };
    const char *plugin_folders[] = { plugin_folder, NULL };
    PluginOptions plugins = { .probe = g_getenv ("METERGATE_TEST_PROBE"),
                              .folders = plugin_folders,
                              .extra_owner = geteuid () };
    AcquireOptions acquire = { .host = bench_host };
    g_autoptr (GError) error = NULL;
    ModelImport import;
    g_autofree char *meters = bench_meters ();

    bench->loop = g_main_loop_new (NULL, FALSE);
    bench->journal = journal_new (NULL);
    bench->store = store_open (&store, bench->journal, &error);
    check (error);
    bench->model = model_new (bench->store, bench->journal, NULL, &error);
    check (error);
    bench->plugins = plugin_room_new (&plugins, bench->journal);
    plugin_room_scan (bench->plugins);
    acquire.model = bench->model;
    acquire.plugins = bench->plugins;
    acquire.journal = bench->journal;
    bench->acquire = acquire_new (&acquire);
    g_autoptr (Config) config = bench_config (folder);
    acquire_configure (bench->acquire, config);
    model_import_csv (bench->model, meters, strlen (meters), &import, &error);
    check (error);
}

static void bench_close (Bench *bench)
{
    acquire_free (bench->acquire);
    model_free (bench->model);
    store_close (bench->store);
    plugin_room_free (bench->plugins);
    journal_free (bench->journal);
    g_main_loop_unref (bench->loop);
}

static double bench_ours (const char *folder, const char *plugin_folder)
{
    Bench bench = { 0 };

    bench_open (&bench, folder, plugin_folder);
    bench_cycle (&bench); /* points are made */
    store_flush (bench.store, NULL);
    gint64 start = g_get_monotonic_time ();
    for (guint i = 0; i < CYCLES; i++)
        bench_cycle (&bench);
    store_flush (bench.store, NULL);
    double rate = (double) METERS * POINTS * CYCLES / ((double) (g_get_monotonic_time () - start) / 1e6);
    bench_close (&bench);
    return rate;
}

static double bench_bare (const char *folder)
{
    g_autofree char *path = g_build_filename (folder, "bare.db", NULL);
    sqlite3 *db;
    sqlite3_stmt *insert;
    gint64 counter = 10000000;

    sqlite3_open (path, &db);
    sqlite3_exec (db,
                  "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE r (point INT, at_ms INT, value INT)",
                  NULL, NULL, NULL);
    sqlite3_prepare_v2 (db, "INSERT INTO r VALUES (?, ?, ?)", -1, &insert, NULL);
    gint64 start = g_get_monotonic_time ();
    for (guint cycle = 0; cycle < CYCLES; cycle++) {
        sqlite3_exec (db, "BEGIN", NULL, NULL, NULL);
        for (guint i = 0; i < METERS * POINTS; i++) {
            sqlite3_bind_int64 (insert, 1, i);
            sqlite3_bind_int64 (insert, 2, 1767600000000 + cycle * 900000);
            sqlite3_bind_int64 (insert, 3, counter++);
            sqlite3_step (insert);
            sqlite3_reset (insert);
        }
        sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
    }
    double rate = (double) METERS * POINTS * CYCLES / ((double) (g_get_monotonic_time () - start) / 1e6);
    sqlite3_finalize (insert);
    sqlite3_close (db);
    return rate;
}

int main (int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp ("metergate-bench-XXXXXX", NULL);
    g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", folder);
    double ours[3], bare[3];

    if (argc != 2) {
        fprintf (stderr, "usage: bench-ingest PLUGIN-FOLDER\n");
        return 2;
    }
    for (guint i = 0; i < 3; i++) {
        g_autofree char *own = g_strdup_printf ("%s/ours-%u", folder, i),
                        *other = g_strdup_printf ("%s/bare-%u", folder, i);
        g_mkdir (own, 0700);
        g_mkdir (other, 0700);
        ours[i] = bench_ours (own, argv[1]);
        bare[i] = bench_bare (other);
    }
    for (guint i = 0; i < 2; i++) /* the median */
        for (guint k = 0; k < 2; k++) {
            if (ours[k] > ours[k + 1]) {
                double t = ours[k];
                ours[k] = ours[k + 1];
                ours[k + 1] = t;
            }
            if (bare[k] > bare[k + 1]) {
                double t = bare[k];
                bare[k] = bare[k + 1];
                bare[k + 1] = t;
            }
        }
    printf ("driver to committed reading, 500 x 25\t%.0f/s\tbare SQLite, a row a reading\t%.0f/s\t%.2f\n", ours[1],
            bare[1], ours[1] / bare[1]);
    return system (remove) != 0;
}
