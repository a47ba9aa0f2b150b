/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group.c: one group: which tables hold, which key means which setting, and the values. */
#include "group.h"

#include <string.h>

static void text_free (gpointer data)
{
    ConfigText *text = data;

    g_free (text->key);
    g_free (text->text);
    g_free (text);
}

static void setting_free (gpointer data)
{
    ConfigSetting *setting = data;

    g_free (setting->key);
    g_free (setting);
}

static void part_free (gpointer data)
{
    ConfigPart *part = data;

    mgh_config_unref (part->values);
    g_free (part);
}

ConfigGroup *group_new (const ConfigKind *kind, const char *name, const char *file, guint line)
{
    ConfigGroup *group = g_new0 (ConfigGroup, 1);

    group->kind = kind;
    group->name = g_strdup (name);
    group->title = *name != '\0' ? g_strdup_printf ("%s %s", kind->kind, name) : g_strdup (kind->kind);
    group->file = file;
    group->line = line;
    group->texts = g_ptr_array_new_with_free_func (text_free);
    group->texts_by_key = g_hash_table_new (g_str_hash, g_str_equal);
    group->settings = g_ptr_array_new_with_free_func (setting_free);
    group->parts = g_ptr_array_new_with_free_func (part_free);
    return group;
}

void group_free (ConfigGroup *group)
{
    g_clear_pointer (&group->values, mgh_config_unref);
    g_ptr_array_unref (group->parts);
    g_ptr_array_unref (group->settings);
    g_hash_table_unref (group->texts_by_key);
    g_ptr_array_unref (group->texts);
    g_free (group->title);
    g_free (group->name);
    g_free (group);
}

gboolean group_set_text (ConfigGroup *group, const ConfigText *text, guint *first_line)
{
    ConfigText *known = g_hash_table_lookup (group->texts_by_key, text->key);

    if (known != NULL && known->file == text->file) {
        *first_line = known->line;
        return FALSE;
    }
    if (known == NULL) {
        known = g_new0 (ConfigText, 1);
        known->key = g_strdup (text->key);
        g_ptr_array_add (group->texts, known);
        g_hash_table_insert (group->texts_by_key, known->key, known);
    }
    g_free (known->text);
    known->text = g_strdup (text->text);
    known->file = text->file;
    known->line = text->line;
    known->order = text->order;
    return TRUE;
}

/* ---- tables */

void config_tables_add (ConfigTables *tables, const char *prefix, const MgTable *table)
{
    g_ptr_array_add (tables->prefixes, (char *) prefix);
    g_array_append_vals (tables->tables, table, 1);
}

static void group_add_table (ConfigGroup *group, const char *prefix, const MgTable *table)
{
    for (guint i = 0; i < table->n_items; i++) {
        ConfigSetting *setting = g_new0 (ConfigSetting, 1);
        const void *item = (const guint8 *) table->items + (gsize) i * table->item_size;

        memcpy (&setting->setting, item, MIN (table->item_size, sizeof setting->setting));
        setting->prefix = prefix;
        g_ptr_array_add (group->settings, setting);
    }
}

/* A key that several tables have gets its prefix. */
static void group_spell_keys (ConfigGroup *group)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < group->settings->len; i++) {
        ConfigSetting *setting = g_ptr_array_index (group->settings, i);
        guint n = GPOINTER_TO_UINT (g_hash_table_lookup (seen, setting->setting.key));

        g_hash_table_insert (seen, (char *) setting->setting.key, GUINT_TO_POINTER (n + 1));
    }
    for (guint i = 0; i < group->settings->len; i++) {
        ConfigSetting *setting = g_ptr_array_index (group->settings, i);

        if (GPOINTER_TO_UINT (g_hash_table_lookup (seen, setting->setting.key)) > 1)
            setting->key = g_strdup_printf ("%s.%s", setting->prefix, setting->setting.key);
        else
            setting->key = g_strdup (setting->setting.key);
    }
}

static GHashTable *group_texts (const ConfigGroup *group)
{
    GHashTable *texts = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < group->texts->len; i++) {
        ConfigText *text = g_ptr_array_index (group->texts, i);
        g_hash_table_insert (texts, text->key, text->text);
    }
    return texts;
}

static gboolean group_choose_tables (ConfigGroup *group, GError **error)
{
    g_autoptr (GHashTable) texts = group_texts (group);
    g_autoptr (GPtrArray) prefixes = g_ptr_array_new ();
    g_autoptr (GArray) tables = g_array_new (FALSE, FALSE, sizeof (MgTable));
    ConfigTables chosen = { prefixes, tables };

    config_tables_add (&chosen, group->kind->kind, &group->kind->table);
    if (group->kind->resolve != NULL &&
        !group->kind->resolve (group->kind->data, group->kind->kind, group->name, texts, &chosen, error))
        return FALSE;
    for (guint i = 0; i < tables->len; i++)
        group_add_table (group, g_ptr_array_index (prefixes, i), &g_array_index (tables, MgTable, i));
    group_spell_keys (group);
    return TRUE;
}

/* ---- which key means which setting */

static gboolean setting_is_called (const ConfigSetting *setting, const char *key)
{
    gsize prefix_len = strlen (setting->prefix);

    if (strcmp (setting->setting.key, key) == 0)
        return TRUE;
    return strncmp (key, setting->prefix, prefix_len) == 0 && key[prefix_len] == '.' &&
           strcmp (key + prefix_len + 1, setting->setting.key) == 0;
}

static char *group_list_keys (const ConfigGroup *group, const char *called)
{
    GString *out = g_string_new (NULL);

    for (guint i = 0; i < group->settings->len; i++) {
        const ConfigSetting *setting = g_ptr_array_index (group->settings, i);

        if (called == NULL || setting_is_called (setting, called))
            g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", setting->key);
    }
    return g_string_free (out, FALSE);
}

/* The one setting that a text means; NULL with a message (full): none, or several. */
static ConfigSetting *group_find_setting (const ConfigGroup *group, const char *key, char **why)
{
    g_autofree char *keys = NULL;
    ConfigSetting *found = NULL;
    guint n = 0;

    for (guint i = 0; i < group->settings->len; i++) {
        ConfigSetting *setting = g_ptr_array_index (group->settings, i);

        if (setting_is_called (setting, key)) {
            found = setting;
            n++;
        }
    }
    if (n == 1)
        return found;
    keys = group_list_keys (group, n > 1 ? key : NULL);
    if (n > 1)
        *why = g_strdup_printf ("stands for several settings: expected one of %s", keys);
    else if (*keys != '\0')
        *why = g_strdup_printf ("no such key: expected one of %s", keys);
    else
        *why = g_strdup ("no such key: expected none in this group");
    return NULL;
}

/* The plain and the full spelling of one setting: as for equal keys. */
static gboolean setting_take_text (ConfigSetting *setting, const ConfigText *text, char **why)
{
    const ConfigText *known = setting->text;

    if (known != NULL && known->file == text->file) {
        *why = g_strdup_printf ("given twice: first as %s in line %u", known->key, known->line);
        return FALSE;
    }
    if (known == NULL || text->order > known->order)
        setting->text = text;
    return TRUE;
}

/* ---- checks */

static gboolean group_match_texts (ConfigGroup *group, GroupProblem problem, gpointer data)
{
    gboolean good = TRUE;

    for (guint i = 0; i < group->texts->len; i++) {
        const ConfigText *text = g_ptr_array_index (group->texts, i);
        g_autofree char *why = NULL;
        ConfigSetting *setting = group_find_setting (group, text->key, &why);

        if (setting != NULL && setting_take_text (setting, text, &why))
            continue;
        problem (data, group, text, text->key, why, TRUE);
        good = FALSE;
    }
    return good;
}

static gboolean group_check_setting (ConfigGroup *group, const ConfigSetting *s, GroupProblem problem, gpointer data)
{
    g_autoptr (GError) error = NULL;

    if (s->text == NULL && (s->setting.flags & MG_SETTING_REQUIRED) != 0) {
        g_autofree char *expected = mgh_setting_expectation (&s->setting);
        g_autofree char *message = g_strdup_printf ("missing: expected %s", expected);

        problem (data, group, NULL, s->key, message, TRUE);
        return FALSE;
    }
    if (s->text == NULL)
        return TRUE;
    if (!mgh_setting_check_text (&s->setting, s->text->text, &error)) {
        problem (data, group, s->text, s->text->key, error->message, TRUE);
        return FALSE;
    }
    if (s->setting.flags & MG_SETTING_DEPRECATED)
        problem (data, group, s->text, s->text->key, "is deprecated: see its help for what to use instead", FALSE);
    return TRUE;
}

/* Values of the settings of one prefix with their plain keys, or (NULL) of all with the spelled ones. */
static MgConfig *group_make_values (const ConfigGroup *group, const char *prefix, GError **error)
{
    g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (MgSetting));
    g_autoptr (GArray) texts = g_array_new (FALSE, FALSE, sizeof (MghConfigText));
    MgTable table;

    for (guint i = 0; i < group->settings->len; i++) {
        const ConfigSetting *s = g_ptr_array_index (group->settings, i);
        MgSetting row = s->setting;

        if (prefix != NULL && strcmp (prefix, s->prefix) != 0)
            continue;
        if (prefix == NULL)
            row.key = s->key;
        g_array_append_val (rows, row);
        if (s->text != NULL) {
            MghConfigText text = { row.key, s->text->text };
            g_array_append_val (texts, text);
        }
    }
    table = (MgTable){ rows->data, rows->len, sizeof (MgSetting) };
    return mgh_config_new (&table, 1, (const MghConfigText *) (gpointer) texts->data, texts->len, error);
}

static gboolean group_make_parts (ConfigGroup *group, GError **error)
{
    for (guint i = 0; i < group->settings->len; i++) {
        const ConfigSetting *s = g_ptr_array_index (group->settings, i);
        ConfigPart *part;
        MgConfig *values;

        if (config_group_values_of (group, s->prefix) != NULL)
            continue;
        values = group_make_values (group, s->prefix, error);
        if (values == NULL)
            return FALSE;
        part = g_new (ConfigPart, 1);
        *part = (ConfigPart){ s->prefix, values };
        g_ptr_array_add (group->parts, part);
    }
    return TRUE;
}

void group_tell_error (const ConfigGroup *group, const GError *error, GroupProblem problem, gpointer data)
{
    const char *colon = strstr (error->message, ": ");
    g_autofree char *key = colon != NULL ? g_strndup (error->message, (gsize) (colon - error->message)) : NULL;
    const ConfigText *text = key != NULL ? g_hash_table_lookup (group->texts_by_key, key) : NULL;
    gboolean fatal = !g_error_matches (error, MG_ERROR, MG_ERROR_UNSUPPORTED);

    if (text != NULL)
        problem (data, group, text, key, colon + 2, fatal);
    else
        problem (data, group, NULL, NULL, error->message, fatal);
}

gboolean group_resolve (ConfigGroup *group, GroupProblem problem, gpointer data)
{
    g_autoptr (GError) error = NULL;
    gboolean good;

    if (!group_choose_tables (group, &error)) {
        group->left_out = g_error_matches (error, MG_ERROR, MG_ERROR_UNSUPPORTED);
        if (group->left_out) {
            char *message = g_strdup_printf ("%s; [%s] is left out", error->message, group->title);

            g_free (error->message);
            error->message = message;
        }
        group_tell_error (group, error, problem, data);
        return FALSE;
    }
    good = group_match_texts (group, problem, data);
    for (guint i = 0; i < group->settings->len; i++)
        good = group_check_setting (group, g_ptr_array_index (group->settings, i), problem, data) && good;
    if (!good)
        return FALSE;
    group->values = group_make_values (group, NULL, &error);
    if (group->values == NULL || !group_make_parts (group, &error)) {
        problem (data, group, NULL, NULL, error->message, TRUE);
        return FALSE;
    }
    return TRUE;
}

char *group_setting_line (const ConfigGroup *group, const ConfigSetting *s)
{
    g_autofree char *normal = NULL;

    if (s->setting.flags & MG_SETTING_SECRET)
        return g_strdup_printf ("%s=%s", s->key, s->text != NULL ? s->text->text : "");
    normal = mgh_config_get_text (group->values, s->key);
    return normal != NULL ? g_strdup_printf ("%s=%s", s->key, normal) : g_strdup (s->key);
}
