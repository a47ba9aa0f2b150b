/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c: what a checked configuration answers: groups, origins, differences. */
#include "group.h"

#include <string.h>

Config *config_ref (Config *config)
{
    g_atomic_int_inc (&config->refs);
    return config;
}

void config_unref (Config *config)
{
    if (!g_atomic_int_dec_and_test (&config->refs))
        return;
    g_hash_table_unref (config->by_kind);
    g_hash_table_unref (config->by_title);
    g_ptr_array_unref (config->groups);
    g_string_chunk_free (config->files);
    g_free (config->kinds);
    g_free (config);
}

void config_problem_free (ConfigProblem *problem)
{
    g_free (problem->file);
    g_free (problem->group);
    g_free (problem->key);
    g_free (problem->message);
    g_free (problem);
}

char *config_problem_text (const ConfigProblem *problem)
{
    GString *out = g_string_new (problem->file != NULL ? problem->file : "configuration");

    if (problem->line > 0)
        g_string_append_printf (out, ":%u", problem->line);
    g_string_append (out, ":");
    if (problem->group != NULL)
        g_string_append_printf (out, " [%s]", problem->group);
    if (problem->key != NULL)
        g_string_append_printf (out, " %s:", problem->key);
    g_string_append_printf (out, " %s", problem->message);
    return g_string_free (out, FALSE);
}

guint config_get_groups (const Config *config, const char *kind, const ConfigGroup *const **groups)
{
    const GPtrArray *same = g_hash_table_lookup (config->by_kind, kind);

    *groups = same != NULL ? (const ConfigGroup *const *) same->pdata : NULL;
    return same != NULL ? same->len : 0;
}

const ConfigGroup *config_find (const Config *config, const char *kind, const char *name)
{
    g_autofree char *title = name != NULL && *name != '\0' ? g_strdup_printf ("%s %s", kind, name) : g_strdup (kind);

    return g_hash_table_lookup (config->by_title, title);
}

const char *config_group_kind (const ConfigGroup *group)
{
    return group->kind->kind;
}

const char *config_group_name (const ConfigGroup *group)
{
    return group->name;
}

MgConfig *config_group_values (const ConfigGroup *group)
{
    return group->values;
}

MgConfig *config_group_values_of (const ConfigGroup *group, const char *prefix)
{
    for (guint i = 0; i < group->parts->len; i++) {
        const ConfigPart *part = g_ptr_array_index (group->parts, i);

        if (strcmp (part->prefix, prefix) == 0)
            return part->values;
    }
    return NULL;
}

gboolean config_group_origin (const ConfigGroup *group, const char *key, const char **file, guint *line)
{
    for (guint i = 0; i < group->settings->len; i++) {
        const ConfigSetting *setting = g_ptr_array_index (group->settings, i);

        if (strcmp (setting->key, key) != 0 || setting->text == NULL)
            continue;
        *file = setting->text->file;
        *line = setting->text->line;
        return TRUE;
    }
    return FALSE;
}

const char *config_group_file (const ConfigGroup *group, guint *line)
{
    if (line != NULL)
        *line = group->line;
    return group->file;
}

/* ---- secrets */

/* Whose secret is asked for. It outlives the group, since plugins may hold the values longer. */
typedef struct {
    ConfigSecret func;
    gpointer data;
    char *kind, *name;
} SecretOwner;

static void secret_owner_free (gpointer data)
{
    SecretOwner *owner = data;

    g_free (owner->kind);
    g_free (owner->name);
    g_free (owner);
}

static GBytes *secret_read (gpointer data, const char *key, const char *reference, GError **error)
{
    const SecretOwner *owner = data;

    return owner->func (owner->data, owner->kind, owner->name, key, reference, error);
}

static void secret_connect (const ConfigGroup *group, MgConfig *values, ConfigSecret func, gpointer data)
{
    SecretOwner *owner = g_new (SecretOwner, 1);

    *owner = (SecretOwner){ func, data, g_strdup (group->kind->kind), g_strdup (group->name) };
    mgh_config_set_secrets_full (values, secret_read, owner, secret_owner_free);
}

void config_set_secrets (Config *config, ConfigSecret func, gpointer data)
{
    for (guint i = 0; i < config->groups->len; i++) {
        const ConfigGroup *group = g_ptr_array_index (config->groups, i);

        secret_connect (group, group->values, func, data);
        for (guint k = 0; k < group->parts->len; k++)
            secret_connect (group, ((const ConfigPart *) g_ptr_array_index (group->parts, k))->values, func, data);
    }
}

/* ---- differences */

static gboolean groups_are_equal (const ConfigGroup *a, const ConfigGroup *b)
{
    if (a->settings->len != b->settings->len)
        return FALSE;
    for (guint i = 0; i < a->settings->len; i++) {
        g_autofree char *line_a = group_setting_line (a, g_ptr_array_index (a->settings, i));
        g_autofree char *line_b = group_setting_line (b, g_ptr_array_index (b->settings, i));

        if (strcmp (line_a, line_b) != 0)
            return FALSE;
    }
    return TRUE;
}

GPtrArray *config_differences (const Config *a, const Config *b)
{
    GPtrArray *titles = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < a->groups->len; i++) {
        const ConfigGroup *group = g_ptr_array_index (a->groups, i);
        const ConfigGroup *other = g_hash_table_lookup (b->by_title, group->title);

        if (other == NULL || !groups_are_equal (group, other))
            g_ptr_array_add (titles, g_strdup (group->title));
    }
    for (guint i = 0; i < b->groups->len; i++) {
        const ConfigGroup *group = g_ptr_array_index (b->groups, i);

        if (!g_hash_table_contains (a->by_title, group->title))
            g_ptr_array_add (titles, g_strdup (group->title));
    }
    return titles;
}
