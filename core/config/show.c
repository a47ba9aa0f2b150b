/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show.c: configurations for people: the merged result with its origins, and the commented drop-in of a kind. */
#include "group.h"

#include <string.h>

#define WIDTH 100 /* characters of a remark's line */

static void show_group (GString *out, const ConfigGroup *group, gboolean with_defaults)
{
    if (out->len > 0)
        g_string_append_c (out, '\n');
    if (group->file != NULL)
        g_string_append_printf (out, "# %s:%u\n", group->file, group->line);
    else
        g_string_append (out, "# in no file\n");
    g_string_append_printf (out, "[%s]\n", group->title);
    for (guint i = 0; i < group->settings->len; i++) {
        const ConfigSetting *setting = g_ptr_array_index (group->settings, i);
        g_autofree char *value = mgh_config_get_text (group->values, setting->key);

        if (setting->text != NULL)
            g_string_append_printf (out, "# %s:%u\n%s=%s\n", setting->text->file, setting->text->line, setting->key,
                                    value);
        else if (with_defaults && value != NULL)
            g_string_append_printf (out, "# default\n%s=%s\n", setting->key, value);
    }
}

char *config_show (const Config *config, gboolean with_defaults)
{
    GString *out = g_string_new (NULL);

    for (guint i = 0; i < config->groups->len; i++) {
        const ConfigGroup *group = g_ptr_array_index (config->groups, i);

        if (group->file != NULL || with_defaults)
            show_group (out, group, with_defaults);
    }
    return g_string_free (out, FALSE);
}

/* One paragraph as remarks, broken at blanks. */
static void append_remark (GString *out, const char *line)
{
    gsize column = 0;
    g_auto (GStrv) words = g_strsplit (line, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        gsize width = (gsize) g_utf8_strlen (words[i], -1);

        if (column > 0 && column + 1 + width > WIDTH) {
            g_string_append_c (out, '\n');
            column = 0;
        }
        g_string_append_printf (out, "%s%s", column == 0 ? "# " : " ", words[i]);
        column += (column == 0 ? 2 : 1) + width;
    }
    g_string_append (out, column == 0 ? "#\n" : "\n");
}

static void append_text (GString *out, const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] != '\0' || lines[i + 1] != NULL)
            append_remark (out, lines[i]);
    }
}

static void append_choices (GString *out, const MgSetting *setting)
{
    for (const MgChoice *choice = setting->choices; choice != NULL && choice->nick != NULL; choice++) {
        if (choice->help == NULL)
            continue;
        g_string_append_printf (out, "#   %s: %s\n", choice->nick, choice->help);
    }
}

static void drop_in_setting (GString *out, const MgSetting *setting)
{
    g_autofree char *expected = mgh_setting_expectation (setting);
    g_autoptr (GString) line = g_string_new (NULL);

    if (setting->flags & MG_SETTING_DEPRECATED)
        return;
    g_string_append_c (out, '\n');
    append_remark (out, setting->summary);
    if (setting->flags & MG_SETTING_SECRET)
        g_string_append (line, "A secret: credential:NAME or stored, for ");
    if (setting->flags & MG_SETTING_LIST)
        g_string_append (line, "A list with ; between, each ");
    g_string_append (line, expected);
    if (setting->flags & MG_SETTING_REQUIRED)
        g_string_append (line, "; required");
    else if (setting->def != NULL && *setting->def != '\0')
        g_string_append_printf (line, "; default %s", setting->def);
    if (setting->flags & MG_SETTING_ADVANCED)
        g_string_append (line, "; rarely needed");
    line->str[0] = g_ascii_toupper (line->str[0]);
    append_remark (out, line->str);
    append_choices (out, setting);
    if (setting->help != NULL)
        append_text (out, setting->help);
    g_string_append_printf (out, "#%s=%s\n", setting->key, setting->def != NULL ? setting->def : "");
}

char *config_drop_in (const char *kind, const char *name, const MgTable *tables, guint n_tables)
{
    GString *out = g_string_new (NULL);

    if (name != NULL)
        g_string_append_printf (out, "#[%s %s]\n", kind, name);
    else
        g_string_append_printf (out, "[%s]\n", kind);
    for (guint t = 0; t < n_tables; t++) {
        for (guint i = 0; i < tables[t].n_items; i++) {
            const void *item = (const guint8 *) tables[t].items + (gsize) i * tables[t].item_size;
            MgSetting setting = { NULL };

            memcpy (&setting, item, MIN (tables[t].item_size, sizeof setting));
            drop_in_setting (out, &setting);
        }
    }
    return g_string_free (out, FALSE);
}
