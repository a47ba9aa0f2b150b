/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting.c: ranges of settings, whole values of them (one or a list), and the check of a table's row. */
#include <metergate.h>
#include <host/mgh-model.h>

#include "setting.h"

#include <string.h>

/* ---- ranges */

static gboolean read_bound (const MgSetting *setting, const char *text, SettingItem *item)
{
    const SettingType *type = setting_type (setting);

    if (!(type->has_length ? setting_read_number (text, item) : type->read (setting, text, item)))
        return FALSE;
    if (item->text == NULL)
        item->text = g_strdup (text);
    return TRUE;
}

static void setting_item_clear (SettingItem *item)
{
    g_clear_pointer (&item->text, g_free);
    g_clear_pointer (&item->bytes, g_bytes_unref);
    g_clear_pointer (&item->selector, mgh_selector_free);
}

/* `sign` 1: item must be at most the bound, -1: at least. */
static gboolean within (const MgSetting *setting, const char *bound, gint sign, const SettingItem *item)
{
    const SettingType *type = setting_type (setting);
    SettingItem limit = { 0 };
    gboolean fits;

    if (bound == NULL || !(type->compare != NULL || type->has_length))
        return TRUE;
    fits = read_bound (setting, bound, &limit);
    if (fits)
        fits = sign * (type->compare != NULL ? type->compare : setting_compare_number) (item, &limit) <= 0;
    setting_item_clear (&limit);
    return fits;
}

static gboolean length_fits (const MgSetting *setting, gsize length)
{
    SettingItem measured = { .number = (gint64) length };

    return within (setting, setting->min, -1, &measured) && within (setting, setting->max, 1, &measured);
}

static gboolean item_fits (const MgSetting *setting, const SettingItem *item)
{
    switch (setting->type) {
    case MG_SETTING_STRING:
        return length_fits (setting, (gsize) g_utf8_strlen (item->text, -1));
    case MG_SETTING_HEX:
        return length_fits (setting, g_bytes_get_size (item->bytes));
    default:
        return within (setting, setting->min, -1, item) && within (setting, setting->max, 1, item);
    }
}

char *mgh_setting_expectation (const MgSetting *setting)
{
    const SettingType *type = setting_type (setting);
    GString *out = g_string_new (type != NULL ? type->expected : "a type that this version knows");

    for (const MgChoice *choice = setting->choices; setting->type == MG_SETTING_ENUM && choice && choice->nick;
         choice++)
        g_string_append_printf (out, "%s %s", choice == setting->choices ? "" : ",", choice->nick);
    if (type != NULL && (type->compare != NULL || type->has_length)) {
        const char *of = !type->has_length ? "" : setting->type == MG_SETTING_HEX ? " bytes" : " characters";

        if (setting->min != NULL && setting->max != NULL && strcmp (setting->min, setting->max) == 0)
            g_string_append_printf (out, ", exactly %s%s", setting->min, of);
        else if (setting->min != NULL && setting->max != NULL)
            g_string_append_printf (out, " from %s to %s%s", setting->min, setting->max, of);
        else if (setting->min != NULL)
            g_string_append_printf (out, ", at least %s%s", setting->min, of);
        else if (setting->max != NULL)
            g_string_append_printf (out, ", at most %s%s", setting->max, of);
    }
    if (setting->unit != NULL && *setting->unit != '\0')
        g_string_append_printf (out, " (%s)", setting->unit);
    return g_string_free (out, FALSE);
}

gboolean setting_check_length (const MgSetting *setting, gsize length, GError **error)
{
    g_autofree char *expected = NULL;

    if (length_fits (setting, length))
        return TRUE;
    expected = mgh_setting_expectation (setting);
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "the secret has a length of %" G_GSIZE_FORMAT ": expected %s",
                 length, expected);
    return FALSE;
}

/* ---- values */

/* A secret stands in no file: the text only names where it is kept. */
static gboolean reference_is_good (const char *text)
{
    const char *colon = strchr (text, ':');
    gsize scheme = colon != NULL ? (gsize) (colon - text) : strlen (text);

    if (strncmp (text, "stored", scheme) == 0 && scheme == strlen ("stored"))
        return colon == NULL || colon[1] != '\0';
    return strncmp (text, "credential", scheme) == 0 && scheme == strlen ("credential") && colon != NULL &&
           colon[1] != '\0' && strpbrk (colon, "/\\") == NULL;
}

/* Takes `text`. */
static gboolean item_parse (const MgSetting *setting, char *text, SettingItem *item, GError **error)
{
    g_autofree char *own = text, *quoted = NULL, *expected = NULL;

    if (setting->flags & MG_SETTING_SECRET) {
        if (reference_is_good (text)) {
            item->text = g_steal_pointer (&own);
            return TRUE;
        }
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "expected where the secret is kept (credential:NAME or stored), not the secret itself");
        return FALSE;
    }
    if (setting_type (setting)->read (setting, text, item)) {
        if (item->text == NULL)
            item->text = g_strdup (text);
        if (item_fits (setting, item))
            return TRUE;
    }
    quoted = setting_text_quote (text);
    expected = mgh_setting_expectation (setting);
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: expected %s", quoted, expected);
    return FALSE;
}

gboolean setting_value_parse (const MgSetting *setting, const char *raw, SettingValue *value, GError **error)
{
    g_autoptr (GPtrArray) texts = g_ptr_array_new ();
    gboolean good = TRUE;

    *value = (SettingValue){ NULL, 0 };
    if (setting_type (setting) == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "type %u is unknown: expected 1 to %u", setting->type,
                     (guint) MG_SETTING_SELECTOR);
        return FALSE;
    }
    if (setting->flags & MG_SETTING_LIST) {
        good = setting_text_list (raw, texts, error);
    } else {
        char *text = NULL;

        good = setting_text_scalar (raw, &text, error);
        if (good)
            g_ptr_array_add (texts, text);
    }
    value->items = g_new0 (SettingItem, texts->len + 1);
    value->n_items = texts->len;
    for (guint i = 0; i < texts->len; i++) {
        char *text = g_steal_pointer (&g_ptr_array_index (texts, i));

        if (good)
            good = item_parse (setting, text, &value->items[i], error);
        else
            g_free (text);
    }
    if (!good)
        setting_value_clear (value);
    return good;
}

void setting_value_clear (SettingValue *value)
{
    for (gsize i = 0; i < value->n_items; i++)
        setting_item_clear (&value->items[i]);
    g_clear_pointer (&value->items, g_free);
    value->n_items = 0;
}

char *setting_value_print (const MgSetting *setting, const SettingValue *value)
{
    gboolean in_list = (setting->flags & MG_SETTING_LIST) != 0;
    GString *out = g_string_new (NULL);

    for (gsize i = 0; i < value->n_items; i++) {
        g_autofree char *escaped = setting_text_escape (value->items[i].text, in_list);

        g_string_append_printf (out, "%s%s", i > 0 ? ";" : "", escaped);
    }
    return g_string_free (out, FALSE);
}

gboolean setting_at (const MgTable *table, guint i, MgSetting *setting)
{
    memset (setting, 0, sizeof *setting);
    if (i >= table->n_items)
        return FALSE;
    memcpy (setting, (const guint8 *) table->items + (gsize) i * table->item_size,
            MIN (table->item_size, sizeof *setting));
    return TRUE;
}

/* ---- the check of a table's row */

static gboolean key_is_good (const char *key)
{
    gsize len = strlen (key);

    if (len == 0 || !g_ascii_islower (key[0]) || key[len - 1] == '-' || strstr (key, "--") != NULL)
        return FALSE;
    return strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static gboolean check_bounds (const MgSetting *s, GError **error)
{
    const SettingType *type = setting_type (s);
    const char *const bounds[] = { s->min, s->max };
    SettingItem low = { 0 };
    gboolean ordered;

    for (guint i = 0; i < G_N_ELEMENTS (bounds); i++) {
        SettingItem item = { 0 };
        gboolean good;

        if (bounds[i] == NULL)
            continue;
        good = (type->compare != NULL || type->has_length) && read_bound (s, bounds[i], &item);
        setting_item_clear (&item);
        if (!good) {
            g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "setting %s: %s \"%s\" does not fit its type (%s)", s->key,
                         i == 0 ? "min" : "max", bounds[i], type->expected);
            return FALSE;
        }
    }
    if (s->min == NULL || s->max == NULL)
        return TRUE;
    read_bound (s, s->min, &low);
    ordered = within (s, s->max, 1, &low);
    setting_item_clear (&low);
    if (!ordered)
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "setting %s: min %s is above max %s", s->key, s->min, s->max);
    return ordered;
}

static const char *find_double_choice (const MgChoice *choices)
{
    for (const MgChoice *a = choices; a->nick != NULL; a++) {
        for (const MgChoice *b = choices; b < a; b++) {
            if (strcmp (a->nick, b->nick) == 0)
                return a->nick;
        }
    }
    return NULL;
}

/* What is wrong with the row apart from its texts; NULL: nothing. */
static const char *find_fault (const MgSetting *s)
{
    gsize summary = s->summary != NULL ? strlen (s->summary) : 0;

    if (setting_type (s) == NULL)
        return "its type is unknown";
    if (summary == 0 || s->summary[summary - 1] == '.' || strchr (s->summary, '\n') != NULL)
        return "expected a summary of one line without full stop";
    if ((s->type == MG_SETTING_ENUM) != (s->choices != NULL))
        return "an ENUM has choices, nothing else has";
    if (s->type == MG_SETTING_ENUM && (s->choices->nick == NULL || find_double_choice (s->choices) != NULL))
        return "expected choices with different nicks";
    if ((s->flags & MG_SETTING_REQUIRED) && s->def != NULL)
        return "what is REQUIRED has no default";
    if (!(s->flags & MG_SETTING_SECRET))
        return NULL;
    if ((s->type != MG_SETTING_STRING && s->type != MG_SETTING_HEX) || (s->flags & MG_SETTING_LIST) || s->def != NULL)
        return "a SECRET is a STRING or HEX, no LIST, without default";
    return NULL;
}

gboolean mg_setting_check (const MgSetting *setting, GError **error)
{
    g_autoptr (GError) why = NULL;
    const char *fault;

    if (setting->key == NULL || !key_is_good (setting->key)) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "setting \"%s\": expected a key in lower-case-with-dashes",
                     setting->key != NULL ? setting->key : "");
        return FALSE;
    }
    fault = find_fault (setting);
    if (fault != NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "setting %s: %s", setting->key, fault);
        return FALSE;
    }
    if (!check_bounds (setting, error))
        return FALSE;
    if (setting->def != NULL && !mgh_setting_check_text (setting, setting->def, &why)) {
        g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "setting %s: default %s", setting->key, why->message);
        return FALSE;
    }
    return TRUE;
}

gboolean mgh_setting_check_text (const MgSetting *setting, const char *text, GError **error)
{
    SettingValue value;

    if (!setting_value_parse (setting, text, &value, error))
        return FALSE;
    setting_value_clear (&value);
    return TRUE;
}
