/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* routes.c: the table of routes, and those that belong to no room in particular. */
#include "answer.h"

static void gateway_show (Request *request)
{
    const ApiRooms *rooms = &request->api->rooms;
    StoreStatistics store;
    AcquireStatistics acquire;
    Json *b = json_new ();

    store_get_statistics (rooms->store, &store);
    acquire_get_statistics (rooms->acquire, &acquire);
    json_begin (b, NULL, '{');
    json_add_text (b, "version", rooms->version);
    json_add_text (b, "uid", store_gateway_uid (rooms->store));
    json_add_int (b, "uptime_s", (g_get_monotonic_time () - request->api->started_us) / G_USEC_PER_SEC);
    json_add_int (b, "meters", model_get_n_meters (rooms->model));
    json_add_int (b, "readouts_kept", (gint64) store.readouts);
    json_add_int (b, "readings_kept", (gint64) store.readings);
    json_add_int (b, "store_queue", (gint64) store.queued);
    json_add_bool (b, "disk_full", store.full);
    json_add_int (b, "reads", (gint64) acquire.reads);
    json_add_int (b, "reads_failed", (gint64) acquire.failed);
    json_add_int (b, "lines", acquire.lines);
    json_add_int (b, "channels", acquire.channels);
    json_end (b, '}');
    answer_json (request, 200, b);
}

static void plugin_object (Json *b, const PluginInfo *info)
{
    json_begin (b, NULL, '{');
    json_add_text (b, "file", info->file);
    json_add_bool (b, "accepted", info->accepted);
    json_add_text (b, "version", info->module != NULL ? info->module->version : NULL);
    json_add_text (b, "reason", info->reason);
    json_add_text (b, "remedy", info->remedy);
    json_end (b, '}');
}

static void plugins_list (Request *request)
{
    const PluginInfo *infos;
    guint n = plugin_room_list (request->api->rooms.plugins, &infos);
    Json *b = json_new ();

    json_begin (b, NULL, '[');
    for (guint i = 0; i < n; i++)
        plugin_object (b, &infos[i]);
    json_end (b, ']');
    answer_json (request, 200, b);
}

/* A person says so: what is held against the plugin is forgotten, and it is tried again at once. */
static void plugins_enable (Request *request)
{
    PluginRoom *plugins = request->api->rooms.plugins;
    g_autofree char *file = g_strconcat (request->path[0], ".so", NULL);
    const PluginInfo *infos;
    Json *b;
    guint n;

    plugin_room_enable (plugins, request->path[0]);
    plugin_room_scan (plugins);
    n = plugin_room_list (plugins, &infos);
    for (guint i = 0; i < n; i++) {
        if (!g_str_equal (infos[i].file, file))
            continue;
        b = json_new ();
        plugin_object (b, &infos[i]);
        answer_json (request, 200, b);
        return;
    }
    answer_problem (request, 404, "unknown", "no plugin file of that name, expected KIND-FEATURE like driver-mbus");
}

static void config_text (Request *request)
{
    answer_text (request, "text/plain; charset=utf-8", config_show (request->api->rooms.config, FALSE));
}

/* rights come with users; on the Unix socket the file's mode decides */
static const struct {
    const char *method, *path;
    const char *query; /* the names it knows, apart by blanks; NULL: none */
    void (*handler) (Request *request);
} routes[] = {
    { "GET", "/api/v1/gateway", NULL, gateway_show },
    { "GET", "/api/v1/plugins", NULL, plugins_list },
    { "GET", "/api/v1/config", NULL, config_text },
    { "GET", "/api/v1/meters", NULL, meters_list },
    { "GET", "/api/v1/meters.csv", NULL, meters_export },
    { "PUT", "/api/v1/meters.csv", NULL, meters_import },
    { "GET", "/api/v1/meters/*", NULL, meters_show },
    { "POST", "/api/v1/meters", NULL, meters_add },
    { "PATCH", "/api/v1/meters/*", NULL, meters_edit },
    { "DELETE", "/api/v1/meters/*", NULL, meters_remove },
    { "POST", "/api/v1/meters/*/exchange", NULL, meters_exchange },
    { "POST", "/api/v1/meters/*/read", NULL, meters_read },
    { "PATCH", "/api/v1/meters/*/points/*", NULL, points_set },
    { "GET", "/api/v1/reports", NULL, reports_list },
    { "GET", "/api/v1/reports/*", NULL, reports_show },
    { "POST", "/api/v1/reports/*/run", NULL, reports_run },
    { "POST", "/api/v1/reports/*/retry", NULL, reports_retry },
    { "GET", "/api/v1/lines", NULL, lines_list },
    { "GET", "/api/v1/channels", NULL, channels_list },
    { "GET", "/api/v1/channels/*/scan", NULL, scan_show },
    { "POST", "/api/v1/channels/*/scan", NULL, scan_start },
    { "DELETE", "/api/v1/channels/*/scan", NULL, scan_cancel },
    { "GET", "/api/v1/readings", "meter after from_ms to_ms limit", readings_list },
    { "GET", "/api/v1/events", "after limit", events_list },
    { "GET", "/api/v1/events/stream", "after", stream_open },
    { "POST", "/api/v1/plugins/*/enable", NULL, plugins_enable },
};

/* Fills `words` with what stands for each *; they are decoded, and "%2F" is a word's own. */
static gboolean route_matches (const char *route, const char *path, GPtrArray *words)
{
    g_auto (GStrv) want = g_strsplit (route, "/", -1);
    g_auto (GStrv) have = g_strsplit (path, "/", -1);

    g_ptr_array_set_size (words, 0);
    if (g_strv_length (want) != g_strv_length (have))
        return FALSE;
    for (guint i = 0; want[i] != NULL; i++) {
        if (!g_str_equal (want[i], "*")) {
            if (!g_str_equal (want[i], have[i]))
                return FALSE;
            continue;
        }
        char *word = g_uri_unescape_string (have[i], NULL);
        if (word == NULL || *word == '\0' || !g_utf8_validate (word, -1, NULL)) {
            g_free (word);
            return FALSE;
        }
        g_ptr_array_add (words, word);
    }
    return TRUE;
}

char *api_routes (void)
{
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
        g_string_append_printf (text, "%s %s %s\n", routes[i].method, routes[i].path,
                                routes[i].query != NULL ? routes[i].query : "");
    return g_string_free (text, FALSE);
}

void route_request (Request *request, const char *method, const char *path)
{
    g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
    gboolean known = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
        if (!route_matches (routes[i].path, path, words))
            continue;
        known = TRUE;
        if (!g_str_equal (routes[i].method, method))
            continue;
        for (guint w = 0; w < words->len && w < G_N_ELEMENTS (request->path); w++)
            request->path[w] = words->pdata[w];
        if (query_check (request, routes[i].query))
            routes[i].handler (request);
        return;
    }
    answer_problem (request, known ? 405 : 404, known ? "method" : "unknown", path);
}
