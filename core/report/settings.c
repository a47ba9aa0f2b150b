/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* settings.c: [report NAME]: its table, what belongs to it by format and transport, and how it is read. */
#include <metergate.h>

#include "report.h"

#include <host/mgh-model.h>

#include <string.h>

enum { START_OLDEST, START_NOW };

static const MgChoice starts[] = {
    { "oldest", START_OLDEST, "everything that is kept" },
    { "now", START_NOW, "only what comes from now on" },
    { NULL, 0, NULL },
};

static const MgSetting settings[] = {
    { .key = "format", .type = MG_SETTING_STRING, .flags = MG_SETTING_REQUIRED, .summary = "Format plugin: csv, json" },
    { .key = "transport",
      .type = MG_SETTING_STRING,
      .flags = MG_SETTING_REQUIRED,
      .summary = "Transport plugin: file" },
    { .key = "enabled", .type = MG_SETTING_BOOL, .def = "yes", .summary = "Runs when it is due" },
    { .key = "schedule",
      .type = MG_SETTING_STRING,
      .def = "15min",
      .summary = "When it is due",
      .help = "`15s`, `15min`, `2h`, `daily 01:00`, `weekly mon 01:00`, `monthly 1 00:15`, `quarterly 1/1 00:15`, "
              "`yearly 01-01 00:15`, in the report's zone." },
    { .key = "zone",
      .type = MG_SETTING_STRING,
      .def = "local",
      .summary = "Time zone of schedule and times: local, UTC, Europe/Berlin" },
    { .key = "select", .type = MG_SETTING_SELECTOR, .def = "", .summary = "What is in it; empty: all active points" },
    { .key = "events",
      .type = MG_SETTING_BOOL,
      .def = "no",
      .summary = "Events too, where the format has a place for them" },
    { .key = "start",
      .type = MG_SETTING_ENUM,
      .def = "oldest",
      .choices = starts,
      .summary = "From where a report begins that has never run" },
    { .key = "empty-files", .type = MG_SETTING_BOOL, .def = "no", .summary = "A file also when there is nothing new" },
    { .key = "max-rows",
      .type = MG_SETTING_INT,
      .def = "100000",
      .min = "1",
      .max = "10000000",
      .flags = MG_SETTING_ADVANCED,
      .summary = "Readouts in one file; more make several" },
    { .key = "timeout",
      .type = MG_SETTING_DURATION,
      .def = "60s",
      .min = "1s",
      .max = "1h",
      .flags = MG_SETTING_ADVANCED,
      .summary = "For one attempt to deliver" },
    { .key = "give-up-after",
      .type = MG_SETTING_DURATION,
      .def = "0s",
      .min = "0s",
      .flags = MG_SETTING_ADVANCED,
      .summary = "What could not be delivered for so long is given up, with an alarm; 0: never" },
};

const MgTable report_settings = MG_TABLE (settings);

/* Names stand in file names and identities. */
static gboolean report_name_good (const char *name)
{
    for (const char *at = name; *at != '\0'; at++)
        if (!g_ascii_isalnum (*at) && strchr ("_.-", *at) == NULL)
            return FALSE;
    return *name != '\0' && *name != '.' && strlen (name) <= 64;
}

static GTimeZone *report_zone (const char *text, GError **error)
{
    GTimeZone *zone;

    if (text == NULL || *text == '\0' || g_str_equal (text, "local"))
        return g_time_zone_new_local ();
    zone = g_time_zone_new_identifier (text);
    if (zone == NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "zone: '%s': expected local, UTC or a name such as Europe/Berlin", text);
    return zone;
}

static MghSchedule *report_schedule (const char *text, GTimeZone *zone, GError **error)
{
    MghSchedule *schedule = mgh_schedule_parse (text, zone, error);

    if (schedule == NULL)
        g_prefix_error (error, "schedule: ");
    return schedule;
}

static gboolean report_resolve_feature (PluginRoom *plugins, MgKind kind, const char *key, GHashTable *texts,
                                        ConfigTables *tables, GError **error)
{
    const char *name = g_hash_table_lookup (texts, key);
    const PluginFeature *feature = name != NULL ? plugin_room_find (plugins, kind, name, error) : NULL;

    if (name == NULL) /* the table says that it is required */
        return TRUE;
    if (feature == NULL) {
        g_prefix_error (error, "%s: ", key);
        return FALSE;
    }
    config_tables_add (tables, key,
                       kind == MG_KIND_FORMAT ? &plugin_feature_format (feature)->settings
                                              : &plugin_feature_transport (feature)->settings);
    return TRUE;
}

gboolean report_resolve (gpointer data, const char *kind, const char *name, GHashTable *texts, ConfigTables *tables,
                         GError **error)
{
    const char *schedule_text = g_hash_table_lookup (texts, "schedule");

    if (!report_name_good (name)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "name '%s': expected 1 to 64 of letters, digits, '_', '-', '.', no dot first", name);
        return FALSE;
    }
    g_autoptr (GTimeZone) zone = report_zone (g_hash_table_lookup (texts, "zone"), error);
    if (zone == NULL)
        return FALSE;
    if (schedule_text != NULL) {
        g_autoptr (MghSchedule) schedule = report_schedule (schedule_text, zone, error);
        if (schedule == NULL)
            return FALSE;
    }
    return report_resolve_feature (data, MG_KIND_FORMAT, "format", texts, tables, error) &&
           report_resolve_feature (data, MG_KIND_TRANSPORT, "transport", texts, tables, error);
}

static MgConfig *report_values_of (const ConfigGroup *group, const char *prefix)
{
    MgConfig *values = config_group_values_of (group, prefix);

    return mgh_config_ref (values != NULL ? values : config_group_values (group));
}

static gboolean report_settings_parse (ReportSettings *s, PluginRoom *plugins, GError **error)
{
    s->zone = report_zone (mg_config_get_string (s->values, "zone"), error);
    if (s->zone == NULL)
        return FALSE;
    s->schedule = report_schedule (mg_config_get_string (s->values, "schedule"), s->zone, error);
    if (s->schedule == NULL)
        return FALSE;
    s->format = plugin_room_find (plugins, MG_KIND_FORMAT, mg_config_get_string (s->values, "format"), error);
    if (s->format == NULL)
        return FALSE;
    s->transport = plugin_room_find (plugins, MG_KIND_TRANSPORT, mg_config_get_string (s->values, "transport"), error);
    return s->transport != NULL;
}

ReportSettings *report_settings_read (const ConfigGroup *group, PluginRoom *plugins, GError **error)
{
    ReportSettings *s = g_new0 (ReportSettings, 1);

    s->values = report_values_of (group, "report");
    s->format_values = report_values_of (group, "format");
    s->transport_values = report_values_of (group, "transport");
    s->selector = mg_config_get_selector (s->values, "select");
    if (s->selector == NULL)
        s->selector = s->all = mgh_selector_parse ("", NULL);
    s->max_rows = (guint) mg_config_get_int (s->values, "max-rows");
    s->give_up_us = mg_config_get_duration_us (s->values, "give-up-after");
    s->timeout_us = mg_config_get_duration_us (s->values, "timeout");
    s->enabled = mg_config_get_bool (s->values, "enabled");
    s->events = mg_config_get_bool (s->values, "events");
    s->empty_files = mg_config_get_bool (s->values, "empty-files");
    s->start_now = mg_config_get_int (s->values, "start") == START_NOW;
    if (!report_name_good (config_group_name (group)))
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "name '%s': cannot be part of a file name",
                     config_group_name (group));
    else if (report_settings_parse (s, plugins, error))
        return s;
    report_settings_free (s);
    return NULL;
}

void report_settings_free (ReportSettings *s)
{
    g_clear_pointer (&s->values, mgh_config_unref);
    g_clear_pointer (&s->format_values, mgh_config_unref);
    g_clear_pointer (&s->transport_values, mgh_config_unref);
    g_clear_pointer (&s->schedule, mgh_schedule_free);
    g_clear_pointer (&s->zone, g_time_zone_unref);
    g_clear_pointer (&s->all, mgh_selector_free);
    g_free (s);
}
