/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: is what a plugin hands over whole and sane? The checks of the loader and of a plugin's own test. */
#include <metergate.h>

#include <host/mgh-module.h>

#include <string.h>

static const char *const kind_nicks[] = { NULL, "driver", "format", "transport", "service" };

const char *mgh_kind_nick (guint32 kind)
{
    return kind < G_N_ELEMENTS (kind_nicks) ? kind_nicks[kind] : NULL;
}

guint32 mgh_kind_parse (const char *nick)
{
    for (guint32 kind = 1; kind < G_N_ELEMENTS (kind_nicks); kind++)
        if (g_strcmp0 (nick, kind_nicks[kind]) == 0)
            return kind;
    return 0;
}

gboolean mgh_struct_copy (gpointer out, gsize size, gconstpointer in, gsize least)
{
    gsize given;

    memset (out, 0, size);
    if (in == NULL)
        return FALSE;
    memcpy (&given, in, sizeof given);
    if (given < least)
        return FALSE;
    memcpy (out, in, MIN (given, size));
    return TRUE;
}

gboolean mgh_table_get (const MgTable *table, guint i, gpointer out, gsize size)
{
    memset (out, 0, size);
    if (i >= table->n_items || table->items == NULL)
        return FALSE;
    memcpy (out, (const guint8 *) table->items + (gsize) i * table->item_size, MIN (size, table->item_size));
    return TRUE;
}

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean refuse (GError **error, const char *format, ...)
{
    va_list args;

    va_start (args, format);
    g_autofree char *text = g_strdup_vprintf (format, args);
    va_end (args);
    g_set_error_literal (error, MG_ERROR, MG_ERROR_CONFIG, text);
    return FALSE;
}

static gboolean check_size (const char *type, gconstpointer in, gsize least, GError **error)
{
    gsize given;

    if (in == NULL)
        return refuse (error, "%s is NULL", type);
    memcpy (&given, in, sizeof given);
    return given >= least ||
           refuse (error, "%s has %" G_GSIZE_FORMAT " bytes, expected %" G_GSIZE_FORMAT, type, given, least);
}

static gboolean check_table (const char *what, const MgTable *table, guint32 item_size, GError **error)
{
    if (table->n_items == 0)
        return TRUE;
    if (table->items == NULL)
        return refuse (error, "%s: %u items, but no array", what, table->n_items);
    return table->item_size >= item_size ||
           refuse (error, "%s: items of %u bytes, expected %u", what, table->item_size, item_size);
}

/* Lower-case letters, digits, and single marks from `marks` between them; a letter first. */
static gboolean check_name (const char *what, const char *name, const char *marks, gsize max, GError **error)
{
    gsize len = name != NULL ? strnlen (name, max + 1) : 0;

    if (len == 0)
        return refuse (error, "%s is missing", what);
    for (gsize i = 0; i < len; i++) {
        gboolean mark = strchr (marks, name[i]) != NULL;

        if (i == 0 ? !g_ascii_islower (name[i]) : !mark && !g_ascii_islower (name[i]) && !g_ascii_isdigit (name[i]))
            return refuse (error, "%s \"%.32s\": expected lower-case letters, digits and \"%s\", a letter first", what,
                           name, marks);
        if (mark && (i + 1 == len || strchr (marks, name[i - 1]) != NULL))
            return refuse (error, "%s \"%.32s\": \"%c\" at its end or twice", what, name, name[i]);
    }
    return len <= max || refuse (error, "%s \"%.32s...\": longer than %" G_GSIZE_FORMAT " bytes", what, name, max);
}

static gboolean check_text (const char *what, const char *text, GError **error)
{
    if (text == NULL || *text == '\0')
        return refuse (error, "%s is missing", what);
    return (strchr (text, '\n') == NULL && g_utf8_validate (text, -1, NULL)) ||
           refuse (error, "%s: expected one line of UTF-8", what);
}

static gboolean check_flags (const char *what, guint32 flags, guint32 known, GError **error)
{
    return (flags & ~known) == 0 || refuse (error, "%s: unknown flags 0x%x", what, flags & ~known);
}

static gboolean check_settings (const char *what, const MgTable *table, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    MgSetting setting;

    if (!check_table (what, table, sizeof (MgSetting), error))
        return FALSE;
    for (guint i = 0; mgh_table_get (table, i, &setting, sizeof setting); i++) {
        if (!mg_setting_check (&setting, error)) {
            g_prefix_error (error, "%s: ", what);
            return FALSE;
        }
        if (!g_hash_table_add (seen, (gpointer) setting.key))
            return refuse (error, "%s: key \"%s\" is there twice", what, setting.key);
    }
    return TRUE;
}

gboolean mg_command_check (const MgCommand *command, GError **error)
{
    if (!check_name ("command", command->name, "-", 32, error))
        return FALSE;
    if (check_flags ("flags", command->flags, MG_COMMAND_DANGEROUS | MG_COMMAND_IDEMPOTENT, error) &&
        check_text ("summary", command->summary, error) && check_settings ("args", &command->args, error))
        return TRUE;
    g_prefix_error (error, "command %s: ", command->name);
    return FALSE;
}

static gboolean check_commands (const MgTable *table, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    MgCommand command;

    if (!check_table ("commands", table, sizeof (MgCommand), error))
        return FALSE;
    for (guint i = 0; mgh_table_get (table, i, &command, sizeof command); i++) {
        if (!mg_command_check (&command, error))
            return FALSE;
        if (!g_hash_table_add (seen, (gpointer) command.name))
            return refuse (error, "command \"%s\" is there twice", command.name);
    }
    return TRUE;
}

gboolean mg_driver_check (const MgDriverOps *ops, GError **error)
{
    MgDriverOps o;

    if (!check_size ("MgDriverOps", ops, sizeof o, error))
        return FALSE;
    mgh_struct_copy (&o, sizeof o, ops, sizeof o);
    if (o.read == NULL && o.listen == NULL)
        return refuse (error, "neither read () nor listen ()");
    if (o.scan_settings.n_items > 0 && o.scan == NULL)
        return refuse (error, "scan_settings without scan ()");
    if (o.commands.n_items > 0 && o.command == NULL)
        return refuse (error, "commands without command ()");
    if ((o.flags & MG_DRIVER_ONE_LINE) != 0 && (o.flags & MG_DRIVER_NO_LINE) != 0)
        return refuse (error, "flags: both MG_DRIVER_ONE_LINE and MG_DRIVER_NO_LINE");
    return check_flags ("flags", o.flags, MG_DRIVER_ONE_LINE | MG_DRIVER_NO_LINE, error) &&
           check_settings ("channel_settings", &o.channel_settings, error) &&
           check_settings ("device_settings", &o.device_settings, error) &&
           check_settings ("scan_settings", &o.scan_settings, error) && check_commands (&o.commands, error);
}

gboolean mg_format_check (const MgFormatOps *ops, GError **error)
{
    MgFormatOps o;

    if (!check_size ("MgFormatOps", ops, sizeof o, error))
        return FALSE;
    mgh_struct_copy (&o, sizeof o, ops, sizeof o);
    if (o.item == NULL)
        return refuse (error, "no item ()");
    return check_flags ("flags", o.flags, 0, error) && check_text ("content_type", o.content_type, error) &&
           check_name ("extension", o.extension, ".", 16, error) && check_settings ("settings", &o.settings, error);
}

gboolean mg_transport_check (const MgTransportOps *ops, GError **error)
{
    MgTransportOps o;

    if (!check_size ("MgTransportOps", ops, sizeof o, error))
        return FALSE;
    mgh_struct_copy (&o, sizeof o, ops, sizeof o);
    if (o.deliver == NULL)
        return refuse (error, "no deliver ()");
    return check_flags ("flags", o.flags, 0, error) && check_settings ("settings", &o.settings, error);
}

gboolean mg_service_check (const MgServiceOps *ops, GError **error)
{
    MgServiceOps o;

    if (!check_size ("MgServiceOps", ops, sizeof o, error))
        return FALSE;
    mgh_struct_copy (&o, sizeof o, ops, sizeof o);
    if (o.create == NULL)
        return refuse (error, "no create ()");
    if (o.start == NULL && o.updated == NULL && o.more == NULL)
        return refuse (error, "neither start () nor updated () nor more ()");
    return check_flags ("flags", o.flags, MG_SERVICE_SERVER | MG_SERVICE_COMMANDS, error) &&
           check_settings ("settings", &o.settings, error);
}

static gboolean check_ops (const MgFeature *feature, GError **error)
{
    switch (feature->kind) {
    case MG_KIND_DRIVER:
        return mg_driver_check (feature->ops, error);
    case MG_KIND_FORMAT:
        return mg_format_check (feature->ops, error);
    case MG_KIND_TRANSPORT:
        return mg_transport_check (feature->ops, error);
    default:
        return mg_service_check (feature->ops, error);
    }
}

gboolean mg_feature_check (const MgFeature *feature, GError **error)
{
    const char *nick = mgh_kind_nick (feature->kind);

    if (nick == NULL)
        return refuse (error, "feature kind %u: expected %d..%d", feature->kind, MG_KIND_DRIVER, MG_KIND_SERVICE);
    if (!check_name ("feature name", feature->name, "-", 32, error))
        return FALSE;
    if ((feature->maturity >= MG_MATURITY_EXPERIMENTAL && feature->maturity <= MG_MATURITY_STABLE) ||
        refuse (error, "maturity %u: expected %d..%d", feature->maturity, MG_MATURITY_EXPERIMENTAL, MG_MATURITY_STABLE))
        if (check_text ("summary", feature->summary, error) && check_ops (feature, error))
            return TRUE;
    g_prefix_error (error, "%s %s: ", nick, feature->name);
    return FALSE;
}

/* Braces come in pairs around a parameter's name. */
static gboolean check_braces (const char *text, GError **error)
{
    const char *open = NULL;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '{' && open == NULL)
            open = c;
        else if (*c == '}' && open != NULL && c > open + 1)
            open = NULL;
        else if (*c == '{' || *c == '}' ||
                 (open != NULL && !g_ascii_isalnum (*c) && *c != '-' && *c != '_' && *c != '.'))
            return refuse (error, "text \"%s\": expected parameters as {name}", text);
    }
    return open == NULL || refuse (error, "text \"%s\": a brace is left open", text);
}

gboolean mg_event_info_check (const MgEventInfo *info, GError **error)
{
    if (!check_name ("event code", info->code, "-.", 64, error))
        return FALSE;
    if ((info->severity >= MG_SEVERITY_INFO && info->severity <= MG_SEVERITY_ALARM) ||
        refuse (error, "severity %u: expected %d..%d", info->severity, MG_SEVERITY_INFO, MG_SEVERITY_ALARM))
        if (check_text ("text", info->text, error) && check_braces (info->text, error) &&
            (info->clears == NULL || check_name ("clears", info->clears, "-.", 64, error)))
            return TRUE;
    g_prefix_error (error, "event %s: ", info->code);
    return FALSE;
}

static gboolean check_features (const MgTable *features, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    MgFeature feature;

    if (!check_table ("features", features, sizeof feature, error))
        return FALSE;
    if (features->n_items == 0)
        return refuse (error, "features: none");
    for (guint i = 0; mgh_table_get (features, i, &feature, sizeof feature); i++) {
        if (!mg_feature_check (&feature, error))
            return FALSE;
        if (!g_hash_table_add (seen, g_strdup_printf ("%s %s", mgh_kind_nick (feature.kind), feature.name)))
            return refuse (error, "%s %s is there twice", mgh_kind_nick (feature.kind), feature.name);
    }
    return TRUE;
}

static gboolean check_events (const MgTable *events, GError **error)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    MgEventInfo info;

    if (!check_table ("events", events, sizeof info, error))
        return FALSE;
    for (guint i = 0; mgh_table_get (events, i, &info, sizeof info); i++) {
        if (!mg_event_info_check (&info, error))
            return FALSE;
        if (!g_hash_table_add (seen, (gpointer) info.code))
            return refuse (error, "event %s is there twice", info.code);
    }
    return TRUE;
}

/* Rule A5. Size and version lie first in the descriptor and are never moved, so that they can be read in any. */
static gboolean check_abi (const MgModule *module, GError **error)
{
    guint32 major = module->abi_major, minor = module->abi_minor;

    if (major != MG_ABI_MAJOR || (MG_ABI_MAJOR == 0 ? minor != MG_ABI_MINOR : minor > MG_ABI_MINOR))
        return refuse (error, "built for ABI %u.%u, this gateway has %u.%u", major, minor, MG_ABI_MAJOR, MG_ABI_MINOR);
    return TRUE;
}

gboolean mg_module_check (const MgModule *module, GError **error)
{
    MgModule m;

    if (!check_size ("MgModule", module, G_STRUCT_OFFSET (MgModule, name), error) || !check_abi (module, error) ||
        !check_size ("MgModule", module, sizeof m, error))
        return FALSE;
    mgh_struct_copy (&m, sizeof m, module, sizeof m);
    return check_name ("module name", m.name, "-", 32, error) && check_text ("version", m.version, error) &&
           check_text ("vendor", m.vendor, error) && check_text ("license", m.license, error) &&
           check_features (&m.features, error) && check_events (&m.events, error);
}
