/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* configure.c: lines and channels out of the configuration; what did not change goes on untouched. */
#include "room.h"

#include "port.h"

#define RETRY_US (60 * G_USEC_PER_SEC)

static const MgSetting channel_table[] = {
    { .key = "driver",
      .type = MG_SETTING_STRING,
      .flags = MG_SETTING_REQUIRED,
      .summary = "Driver that reads the meters of this channel, such as mbus" },
    { .key = "line",
      .type = MG_SETTING_STRING,
      .summary = "Line that the channel uses: the name of a [line NAME]",
      .help = "Several channels may share a line. Drivers that need none, such as system, leave it out." },
    { .key = "cycle",
      .type = MG_SETTING_STRING,
      .def = "15min",
      .min = "2",
      .max = "40",
      .summary = "When meters without a cycle of their own are read",
      .help =
          "15s, 15min, 2h, daily 01:00, weekly mon 01:00, monthly 1 00:15, quarterly 1/1 00:15, yearly 01-01 00:15" },
    { .key = "attempts",
      .type = MG_SETTING_INT,
      .def = "3",
      .min = "1",
      .max = "10",
      .summary = "How often a read is tried before it counts as missed" },
    { .key = "read-timeout",
      .type = MG_SETTING_DURATION,
      .def = "30s",
      .min = "100ms",
      .max = "1h",
      .summary = "Longest time of one attempt, however many telegrams it takes" },
    { .key = "enabled", .type = MG_SETTING_BOOL, .def = "yes", .summary = "Off: the channel's meters rest" },
};
const MgTable acquire_channel_settings = MG_TABLE (channel_table);

Channel *acquire_find_channel (Acquire *acquire, const char *name)
{
    return acquire->channels != NULL ? g_hash_table_lookup (acquire->channels, name) : NULL;
}

static MgConfig *group_values (const Config *config, const char *kind, const char *name)
{
    const ConfigGroup *group = config != NULL ? config_find (config, kind, name) : NULL;

    return group != NULL ? config_group_values (group) : NULL;
}

/* An event, once a reason; it is tried again later. */
static void channel_fault (Acquire *acquire, const char *name, const GError *error)
{
    const char *told = g_hash_table_lookup (acquire->faults, name);
    g_autofree char *subject = g_strdup_printf ("channel:%s", name);

    if (g_strcmp0 (told, error->message) == 0)
        return;
    g_hash_table_insert (acquire->faults, g_strdup (name), g_strdup (error->message));
    journal_raise (acquire->options.journal, "channel.fault", subject, NULL, "reason", error->message, NULL);
}

static void channel_mended (Acquire *acquire, const char *name)
{
    g_autofree char *subject = g_strdup_printf ("channel:%s", name);

    if (g_hash_table_remove (acquire->faults, name))
        journal_raise (acquire->options.journal, "channel.ok", subject, NULL, NULL);
}

/* ----------------------------------------------------------------------------------------------------------------
 * lines */

static Turns *line_start (Acquire *acquire, const char *name, MgConfig *values, gboolean listens, GError **error)
{
    MgLine *line = line_from_config (name, values, mgh_clock_real (), error);

    if (line == NULL)
        return NULL;
    g_autofree char *kind = mgh_config_get_text (values, "kind");
    return turns_new (acquire->pool, name, line, listens || (!g_str_equal (kind, "tcp") && !g_str_equal (kind, "udp")));
}

static Turns *acquire_line (Acquire *acquire, const char *name, gboolean listens, GError **error)
{
    Turns *turns = g_hash_table_lookup (acquire->lines, name);
    MgConfig *values = group_values (acquire->config, "line", name);

    if (turns != NULL)
        return turns_ref (turns);
    if (values == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "line \"%s\" is not configured", name);
        return NULL;
    }
    turns = line_start (acquire, name, values, listens, error);
    if (turns != NULL)
        g_hash_table_insert (acquire->lines, g_strdup (name), turns_ref (turns));
    return turns;
}

/* -------------------------------------------------------------------------------------------------------------
 * channels */

static Turns *channel_turns (Acquire *acquire, const char *name, MgConfig *values, const MgDriverOps *ops,
                             GError **error)
{
    const char *line = mg_config_get_string (values, "line");

    if ((ops->flags & MG_DRIVER_NO_LINE) != 0) {
        if (line == NULL)
            return turns_new (acquire->pool, name, NULL, ops->listen != NULL);
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "line = %s: this driver uses no line", line);
        return NULL;
    }
    if (line != NULL)
        return acquire_line (acquire, line, ops->listen != NULL, error);
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "line is missing: expected the name of a [line NAME]");
    return NULL;
}

static Channel *channel_new (Acquire *acquire, const ConfigGroup *group, GError **error)
{
    const char *name = config_group_name (group);
    MgConfig *values = config_group_values (group);
    const PluginFeature *feature =
        plugin_room_find (acquire->options.plugins, MG_KIND_DRIVER, mg_config_get_string (values, "driver"), error);

    if (feature == NULL)
        return NULL;
    const MgDriverOps *ops = plugin_feature_driver (feature);
    Turns *turns = channel_turns (acquire, name, values, ops, error);
    if (turns == NULL)
        return NULL;
    Channel *channel = g_new0 (Channel, 1);
    g_atomic_ref_count_init (&channel->refs);
    channel->name = g_strdup (name);
    channel->feature = feature;
    channel->config = mgh_config_ref (values);
    channel->turns = turns;
    channel->opened = G_MAXUINT;
    channel->attempts = (guint) mg_config_get_int (values, "attempts");
    channel->read_timeout_us = mg_config_get_duration_us (values, "read-timeout");
    channel->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_device_unref);
    channel->made = g_hash_table_new (NULL, NULL);
    channel->host = acquire->options.host (acquire->options.host_data, name);
    g_autoptr (GError) why = NULL;
    channel->self = plugin_driver_create (feature, channel->host, config_group_values_of (group, "driver"), &why);
    if (why != NULL) {
        g_propagate_error (error, g_steal_pointer (&why));
        channel_unref (channel);
        return NULL;
    }
    if (ops->listen != NULL)
        turns_listen (turns, channel);
    return channel;
}

static void channel_start (Acquire *acquire, const ConfigGroup *group)
{
    g_autoptr (GError) error = NULL;

    if (!mg_config_get_bool (config_group_values (group), "enabled"))
        return;
    Channel *channel = channel_new (acquire, group, &error);
    if (channel == NULL)
        channel_fault (acquire, config_group_name (group), error);
    else {
        channel_mended (acquire, config_group_name (group));
        g_hash_table_insert (acquire->channels, g_strdup (config_group_name (group)), channel);
    }
}

static void channel_stop (Acquire *acquire, Channel *channel)
{
    acquire_drop_channel_devices (acquire, channel);
    turns_unlisten (channel->turns, channel);
    if (turns_get_line (channel->turns) == NULL)
        turns_stop (channel->turns);
}

/* ----------------------------------------------------------------------------------------------------------
 * differences */

static gboolean list_has (GPtrArray *list, const char *kind, const char *name)
{
    g_autofree char *text = g_strdup_printf ("%s %s", kind, name);

    return g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL);
}

/* A channel is restarted when it or its line changed. */
static void acquire_stop_changed (Acquire *acquire, const Config *config)
{
    g_autoptr (GPtrArray) different =
        acquire->config != NULL ? config_differences (acquire->config, config) : g_ptr_array_new ();
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init (&iter, acquire->channels);
    while (g_hash_table_iter_next (&iter, &name, &value)) {
        const char *line = mg_config_get_string (((Channel *) value)->config, "line");
        if (!list_has (different, "channel", name) && (line == NULL || !list_has (different, "line", line)))
            continue;
        channel_stop (acquire, value);
        g_hash_table_iter_remove (&iter);
    }
    g_hash_table_iter_init (&iter, acquire->lines);
    while (g_hash_table_iter_next (&iter, &name, &value)) {
        if (!list_has (different, "line", name))
            continue;
        turns_stop (value);
        g_hash_table_iter_remove (&iter);
    }
}

static void place_one (const ModelMeter *meter, gpointer acquire)
{
    acquire_place_meter (acquire, meter);
}

static void acquire_start_missing (Acquire *acquire)
{
    const ConfigGroup *const *groups;
    guint n = config_get_groups (acquire->config, "channel", &groups);

    for (guint i = 0; i < n; i++)
        if (acquire_find_channel (acquire, config_group_name (groups[i])) == NULL)
            channel_start (acquire, groups[i]);
    acquire->retry_us =
        g_get_monotonic_time () + (acquire->options.retry_us > 0 ? acquire->options.retry_us : RETRY_US);
    model_foreach (acquire->options.model, place_one, acquire);
    acquire_arm_timer (acquire);
}

void acquire_start_again (Acquire *acquire)
{
    guint faults = g_hash_table_size (acquire->faults);

    if (faults == 0 || g_get_monotonic_time () < acquire->retry_us)
        return;
    acquire_start_missing (acquire);
    if (g_hash_table_size (acquire->faults) != faults)
        model_refresh_all (acquire->options.model); /* outputs name the kind of a channel by its driver */
}

void acquire_configure (Acquire *acquire, const Config *config)
{
    acquire_stop_changed (acquire, config);
    g_clear_pointer (&acquire->config, config_unref);
    acquire->config = config_ref ((Config *) config);
    g_hash_table_remove_all (acquire->faults);
    acquire_start_missing (acquire);
}

/* ---------------------------------------------------------------------------------------------------- the model's
 * links */

const char *acquire_interface_of (Acquire *acquire, const char *name)
{
    MgConfig *values = group_values (acquire->config, "channel", name);
    Channel *channel = acquire_find_channel (acquire, name);
    const char *interface = channel != NULL ? plugin_feature_driver (channel->feature)->interface : NULL;

    if (values == NULL)
        return NULL;
    return interface != NULL ? interface : mg_config_get_string (values, "driver");
}

gboolean acquire_check_address (Acquire *acquire, const char *channel, const char *address, char **normal,
                                GError **error)
{
    MgConfig *values = group_values (acquire->config, "channel", channel);
    const PluginFeature *feature = values == NULL ? NULL
                                                  : plugin_room_find (acquire->options.plugins, MG_KIND_DRIVER,
                                                                      mg_config_get_string (values, "driver"), error);

    if (values == NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "channel \"%s\" is not configured", channel);
    if (feature == NULL)
        return FALSE;
    const MgTable tables[] = { plugin_feature_driver (feature)->device_settings };
    const MghConfigText texts[] = { { "address", address } };
    g_autoptr (MgConfig) config = mgh_config_new (tables, 1, texts, 1, error);
    if (config == NULL || !plugin_driver_device_check (feature, config, error))
        return FALSE;
    *normal = mgh_config_get_text (config, "address");
    return TRUE;
}
