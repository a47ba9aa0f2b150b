/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kinds.c: which groups a configuration may have, and which plugin's tables hold in each. */
#include "gateway.h"

static const MgSetting gateway_table[] = {
    { .key = "name", .type = MG_SETTING_STRING, .max = "64", .summary = "Name of this gateway, for people" },
};

static gboolean resolve_channel (gpointer data, const char *kind, const char *name, GHashTable *texts,
                                 ConfigTables *tables, GError **error)
{
    Gateway *gateway = data;
    const char *driver = g_hash_table_lookup (texts, "driver");

    if (driver == NULL)
        return TRUE; /* the room's own table says that it is missing */
    const PluginFeature *feature = plugin_room_find (gateway->plugins, MG_KIND_DRIVER, driver, error);
    if (feature == NULL)
        return FALSE;
    config_tables_add (tables, "driver", &plugin_feature_driver (feature)->channel_settings);
    return TRUE;
}

static gboolean check_channel (const Config *all, const ConfigGroup *group, GError **error)
{
    const char *line = mg_config_get_string (config_group_values (group), "line");

    if (line == NULL || config_find (all, "line", line) != NULL)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "line = %s: there is no [line %s]", line, line);
    return FALSE;
}

Config *gateway_load_config (Gateway *gateway, GPtrArray *problems, GError **error)
{
    const ConfigKind kinds[] = {
        { .kind = "gateway", .table = MG_TABLE (gateway_table) },
        { .kind = "line", .named = TRUE, .table = line_settings },
        { .kind = "channel",
          .named = TRUE,
          .table = acquire_channel_settings,
          .resolve = resolve_channel,
          .data = gateway,
          .check = check_channel },
        { .kind = "report",
          .named = TRUE,
          .table = report_settings,
          .resolve = report_resolve,
          .data = gateway->plugins },
        { .kind = "server",
          .named = TRUE,
          .table = serve_settings,
          .resolve = serve_resolve,
          .data = gateway->plugins },
        { .kind = "control",
          .named = TRUE,
          .table = serve_settings,
          .resolve = serve_resolve,
          .data = gateway->plugins },
    };

    return config_load ((const char *const *) gateway->options.config_dirs, kinds, G_N_ELEMENTS (kinds), problems,
                        error);
}
