/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* settings.c: what [server NAME] and [control NAME] have in common, and which plugin's table goes with it. */
#include <metergate.h>

#include <serve/serve.h>

static const MgSetting settings[] = {
    { .key = "service", .type = MG_SETTING_STRING, .flags = MG_SETTING_REQUIRED, .summary = "Service plugin: modbus" },
    { .key = "enabled", .type = MG_SETTING_BOOL, .def = "yes", .summary = "It runs" },
};

const MgTable serve_settings = MG_TABLE (settings);

gboolean serve_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                        GError **error)
{
    const char *service = g_hash_table_lookup (texts, "service");

    if (service == NULL) /* the room's own table says that it is missing */
        return TRUE;
    const PluginFeature *feature = plugin_room_find (data, MG_KIND_SERVICE, service, error);
    if (feature == NULL) {
        g_prefix_error (error, "service: ");
        return FALSE;
    }
    const MgServiceOps *ops = plugin_feature_service (feature);
    const char *right = (ops->flags & MG_SERVICE_SERVER) != 0 ? "server" : "control";
    if (!g_str_equal (kind, right)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "service: %s belongs into a group [%s %s]", service, right,
                     name);
        return FALSE;
    }
    config_tables_add (tables, "service", &ops->settings);
    return TRUE;
}
