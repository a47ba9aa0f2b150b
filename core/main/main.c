/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c: metergated. Makes the rooms, wires them, runs the main loop, takes them down in order. */
#include "gateway.h"

#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_STATE  "/var/lib/metergate"
#define DEFAULT_SOCKET "/run/metergate/metergate.sock"

static gboolean parse_options (GatewayOptions *o, int *argc, char ***argv, GError **error)
{
    GOptionEntry entries[] = {
        { "config-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->config_dirs,
          "Folder of drop-ins; may be given again, lowest first", "DIR" },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &o->state_dir, "Folder of the databases (" DEFAULT_STATE ")",
          "DIR" },
        { "plugin-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->plugin_dirs, "Folder of plugins; may be given again",
          "DIR" },
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &o->socket,
          "Unix socket of the API (" DEFAULT_SOCKET ", or metergate.sock in --state-dir)", "PATH" },
        { "foreground", 0, 0, G_OPTION_ARG_NONE, &o->foreground, "Stay in the foreground and log to standard error",
          NULL },
        { "check-config", 0, 0, G_OPTION_ARG_NONE, &o->check_config,
          "Say all that is wrong with the configuration, and end", NULL },
        { "show-config", 0, 0, G_OPTION_ARG_NONE, &o->show_config,
          "Print the merged configuration with its origins, and end", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version, and end", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_set_summary (context, "The Metergate gateway: reads meters, keeps their readings, reports them.");
    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, argc, argv, error))
        return FALSE;
    if (*argc > 1) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected argument \"%s\"", (*argv)[1]);
        return FALSE;
    }
    if (o->socket == NULL)
        o->socket =
            o->state_dir != NULL ? g_build_filename (o->state_dir, "metergate.sock", NULL) : g_strdup (DEFAULT_SOCKET);
    if (o->state_dir == NULL)
        o->state_dir = g_strdup (DEFAULT_STATE);
    if (o->config_dirs == NULL)
        o->config_dirs =
            g_strsplit ("/usr/lib/metergate/conf.d|/var/lib/metergate/conf.d|/etc/metergate/conf.d", "|", -1);
    if (o->plugin_dirs == NULL)
        o->plugin_dirs = g_strsplit (METERGATE_PLUGIN_DIR, "|", -1);
    return TRUE;
}

static gboolean print_problems (GPtrArray *problems)
{
    gboolean fatal = FALSE;

    for (guint i = 0; i < problems->len; i++) {
        const ConfigProblem *problem = problems->pdata[i];
        g_autofree char *text = config_problem_text (problem);
        fatal |= problem->fatal;
        fprintf (stderr, "%s: %s\n", problem->fatal ? "error" : "warning", text);
    }
    return fatal;
}

static PluginRoom *make_plugins (Gateway *gateway)
{
    g_autofree char *cache = g_build_filename (gateway->options.state_dir, "plugin-verdicts", NULL);
    g_autofree char *crash = g_build_filename (gateway->options.state_dir, "plugin-calls", NULL);
    gboolean dry = gateway->options.check_config || gateway->options.show_config;
    PluginOptions options = { .folders = (const char *const *) gateway->options.plugin_dirs,
                              .cache_file = dry ? NULL : cache,
                              .crash_file = dry ? NULL : crash,
                              .extra_owner = geteuid () };
    PluginRoom *plugins = plugin_room_new (&options, gateway->journal);

    plugin_room_scan (plugins);
    return plugins;
}

static int run_dry (Gateway *gateway)
{
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
    g_autoptr (GError) error = NULL;

    gateway->plugins = make_plugins (gateway);
    g_autoptr (Config) config = gateway_load_config (gateway, problems, &error);
    print_problems (problems);
    if (config == NULL) {
        fprintf (stderr, "%s\n", error->message);
        return 1;
    }
    if (gateway->options.show_config) {
        g_autofree char *text = config_show (config, FALSE);
        fputs (text, stdout);
    } else {
        puts ("the configuration is good");
    }
    return 0;
}

/* -------------------------------------------------------------------------------------------------------------
 * lifecycle */

static gboolean gateway_open (Gateway *gateway, GError **error)
{
    StoreOptions store = { .folder = gateway->options.state_dir, .reserve_bytes = -1 };
    ModelLinks links = gateway_model_links (gateway);

    gateway->store = store_open (&store, gateway->journal, error);
    if (gateway->store == NULL)
        return FALSE;
    gateway->plugins = make_plugins (gateway);
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
    gateway->config = gateway_load_config (gateway, problems, error);
    print_problems (problems);
    if (gateway->config == NULL)
        return FALSE;
    gateway->model = model_new (gateway->store, gateway->journal, &links, error);
    if (gateway->model == NULL)
        return FALSE;
    AcquireOptions acquire = { .model = gateway->model,
                               .plugins = gateway->plugins,
                               .journal = gateway->journal,
                               .host = gateway_make_host,
                               .host_data = gateway };
    gateway->acquire = acquire_new (&acquire);
    ReportOptions report = gateway_report_options (gateway);
    gateway->report = report_room_new (&report);
    ServeOptions serve = gateway_serve_options (gateway);
    gateway->serve = serve_room_new (&serve);
    ApiRooms rooms = { .config = gateway->config,
                       .journal = gateway->journal,
                       .store = gateway->store,
                       .model = gateway->model,
                       .plugins = gateway->plugins,
                       .acquire = gateway->acquire,
                       .report = gateway->report,
                       .version = METERGATE_VERSION };
    gateway->api = api_new (&rooms, gateway->options.socket, error);
    return gateway->api != NULL;
}

static void gateway_configure (Gateway *gateway)
{
    const ConfigGroup *own = config_find (gateway->config, "gateway", NULL);
    const char *name = own != NULL ? mg_config_get_string (config_group_values (own), "name") : NULL;

    g_atomic_pointer_set (&gateway->name, g_intern_string (name));
    acquire_configure (gateway->acquire, gateway->config);
    model_refresh_all (gateway->model);
    report_room_configure (gateway->report, gateway->config);
    serve_room_configure (gateway->serve, gateway->config);
}

static gboolean gateway_stop (gpointer data)
{
    g_main_loop_quit (((Gateway *) data)->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean gateway_reload (gpointer data)
{
    Gateway *gateway = data;
    g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) config_problem_free);
    g_autoptr (GError) error = NULL;
    Config *config = gateway_load_config (gateway, problems, &error);

    print_problems (problems);
    if (config == NULL) {
        journal_raise (gateway->journal, "config.problem", "gateway", NULL, "reason", error->message, NULL);
        return G_SOURCE_CONTINUE; /* the last good one keeps running */
    }
    config_unref (gateway->config);
    gateway->config = config;
    api_set_config (gateway->api, config);
    gateway_configure (gateway);
    return G_SOURCE_CONTINUE;
}

static void gateway_close (Gateway *gateway)
{
    g_clear_handle_id (&gateway->clock_timer, g_source_remove);
    g_clear_pointer (&gateway->api, api_free);
    gboolean ended = acquire_free (g_steal_pointer (&gateway->acquire));
    ended &= serve_room_free (g_steal_pointer (&gateway->serve));
    ended &= report_room_free (g_steal_pointer (&gateway->report));
    if (!ended) {
        /* the thread that was left behind uses journal, store and plugins: what is queued goes to the disk, and the
         * process ends with everything in place */
        store_flush (gateway->store, NULL);
        fflush (NULL);
        _exit (gateway->exit_code);
    }
    g_clear_pointer (&gateway->model, model_free);
    g_clear_pointer (&gateway->config, config_unref);
    g_clear_pointer (&gateway->store, store_close);
    g_clear_pointer (&gateway->plugins, plugin_room_free);
}

static void gateway_run (Gateway *gateway)
{
    gateway->loop = g_main_loop_new (NULL, FALSE);
    guint term = g_unix_signal_add (SIGTERM, gateway_stop, gateway);
    guint quit = g_unix_signal_add (SIGINT, gateway_stop, gateway);
    guint reload = g_unix_signal_add (SIGHUP, gateway_reload, gateway);

    gateway_watch_clock (gateway);
    gateway_configure (gateway);
    journal_raise (gateway->journal, "gateway.started", "gateway", NULL, "version", METERGATE_VERSION, NULL);
    g_main_loop_run (gateway->loop);
    journal_raise (gateway->journal, "gateway.stopped", "gateway", NULL, NULL);
    g_source_remove (term);
    g_source_remove (quit);
    g_source_remove (reload);
    g_main_loop_unref (gateway->loop);
}

int main (int argc, char **argv)
{
    static Gateway gateway; /* a thread that was left behind may still ask for what its host stands on */
    g_autoptr (GError) error = NULL;

    gateway.started_us = g_get_monotonic_time ();
    mallopt (M_MMAP_THRESHOLD, 128 * 1024); /* stays there, so that what is large goes back when it is freed */
    mallopt (M_ARENA_MAX, 1);  /* many threads with little to do: an arena each costs megabytes and gains nothing */
    signal (SIGPIPE, SIG_IGN); /* libraries write to sockets without MSG_NOSIGNAL */
    umask (077);
    if (!parse_options (&gateway.options, &argc, &argv, &error)) {
        fprintf (stderr, "metergated: %s\n", error->message);
        return 2;
    }
    if (gateway.options.version) {
        puts ("metergated " METERGATE_VERSION);
        return 0;
    }
    gateway.journal = journal_new (NULL);
    if (gateway.options.check_config || gateway.options.show_config) {
        gateway.exit_code = run_dry (&gateway);
    } else if (gateway_open (&gateway, &error)) {
        gateway_run (&gateway);
    } else {
        fprintf (stderr, "metergated: %s\n", error->message);
        gateway.exit_code = 1;
    }
    gateway_close (&gateway);
    journal_free (gateway.journal);
    g_free (gateway.options.socket);
    g_free (gateway.options.state_dir);
    g_strfreev (gateway.options.config_dirs);
    g_strfreev (gateway.options.plugin_dirs);
    return gateway.exit_code;
}
