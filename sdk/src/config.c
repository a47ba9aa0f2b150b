/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c: MgConfig: the checked, immutable values of settings tables, and how plugins read them. */
#include <metergate.h>

#include "setting.h"

#include <string.h>

typedef struct {
    MgSetting setting; /* a copy; its texts are the table's, the key is the hash table's */
    gboolean is_set;
    SettingValue value;
    char **texts; /* of a LIST; NULL-ended */
    gint64 *numbers;
} ConfigEntry;

struct _MgConfig {
    gint refs;
    GHashTable *entries; /* key (owned): ConfigEntry */
    MghSecretFunc read_secret;
    gpointer secret_data;
    GDestroyNotify free_secret_data;
};

static void entry_free (gpointer data)
{
    ConfigEntry *entry = data;

    setting_value_clear (&entry->value);
    g_free (entry->texts); /* the texts themselves are the items' */
    g_free (entry->numbers);
    g_free (entry);
}

/* ---- making one */

static gboolean config_add_settings (MgConfig *config, const MgTable *table, GError **error)
{
    MgSetting setting;

    for (guint i = 0; setting_at (table, i, &setting); i++) {
        ConfigEntry *entry;

        if (g_hash_table_contains (config->entries, setting.key)) {
            g_set_error (error, MG_ERROR, MG_ERROR_INTERNAL, "%s: stands in two settings tables", setting.key);
            return FALSE;
        }
        entry = g_new0 (ConfigEntry, 1);
        entry->setting = setting;
        entry->setting.key = g_strdup (setting.key);
        g_hash_table_insert (config->entries, (char *) entry->setting.key, entry);
    }
    return TRUE;
}

static void entry_index_list (ConfigEntry *entry)
{
    gsize n = entry->value.n_items;

    entry->texts = g_new0 (char *, n + 1);
    entry->numbers = g_new0 (gint64, n + 1);
    for (gsize i = 0; i < n; i++) {
        entry->texts[i] = entry->value.items[i].text;
        entry->numbers[i] = entry->value.items[i].number;
    }
}

static gboolean entry_set (ConfigEntry *entry, const char *raw, GError **error)
{
    if (!setting_value_parse (&entry->setting, raw, &entry->value, error)) {
        g_prefix_error (error, "%s: ", entry->setting.key);
        return FALSE;
    }
    entry->is_set = TRUE;
    if (entry->setting.flags & MG_SETTING_LIST)
        entry_index_list (entry);
    return TRUE;
}

static char *config_list_keys (MgConfig *config)
{
    g_autoptr (GList) keys = g_list_sort (g_hash_table_get_keys (config->entries), (GCompareFunc) strcmp);
    GString *out = g_string_new (NULL);

    for (GList *k = keys; k != NULL; k = k->next)
        g_string_append_printf (out, "%s%s", k == keys ? "" : ", ", (const char *) k->data);
    return g_string_free (out, FALSE);
}

static gboolean config_take_texts (MgConfig *config, const MghConfigText *texts, guint n_texts, GError **error)
{
    for (guint i = 0; i < n_texts; i++) {
        ConfigEntry *entry = g_hash_table_lookup (config->entries, texts[i].key);

        if (entry == NULL) {
            g_autofree char *quoted = setting_text_quote (texts[i].key), *keys = config_list_keys (config);
            g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: no such key: expected one of %s", quoted, keys);
            return FALSE;
        }
        if (entry->is_set) {
            g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: given twice: expected once", texts[i].key);
            return FALSE;
        }
        if (!entry_set (entry, texts[i].value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean config_take_defaults (MgConfig *config, GError **error)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, config->entries);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        ConfigEntry *entry = value;
        g_autofree char *expected = NULL;

        if (entry->is_set)
            continue;
        if (entry->setting.def != NULL) {
            if (!entry_set (entry, entry->setting.def, error)) {
                g_prefix_error (error, "default of ");
                return FALSE;
            }
            continue;
        }
        if ((entry->setting.flags & MG_SETTING_REQUIRED) == 0)
            continue;
        expected = mgh_setting_expectation (&entry->setting);
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: missing: expected %s", entry->setting.key, expected);
        return FALSE;
    }
    return TRUE;
}

MgConfig *mgh_config_new (const MgTable *tables, guint n_tables, const MghConfigText *texts, guint n_texts,
                          GError **error)
{
    g_autoptr (MgConfig) config = g_new0 (MgConfig, 1);

    config->refs = 1;
    config->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
    for (guint i = 0; i < n_tables; i++) {
        if (!config_add_settings (config, &tables[i], error))
            return NULL;
    }
    if (!config_take_texts (config, texts, n_texts, error) || !config_take_defaults (config, error))
        return NULL;
    return g_steal_pointer (&config);
}

MgConfig *mgh_config_ref (MgConfig *config)
{
    g_atomic_int_inc (&config->refs);
    return config;
}

void mgh_config_unref (MgConfig *config)
{
    if (!g_atomic_int_dec_and_test (&config->refs))
        return;
    mgh_config_set_secrets_full (config, NULL, NULL, NULL);
    g_hash_table_unref (config->entries);
    g_free (config);
}

void mgh_config_set_secrets (MgConfig *config, MghSecretFunc func, gpointer data)
{
    mgh_config_set_secrets_full (config, func, data, NULL);
}

void mgh_config_set_secrets_full (MgConfig *config, MghSecretFunc func, gpointer data, GDestroyNotify free_data)
{
    if (config->free_secret_data != NULL)
        config->free_secret_data (config->secret_data);
    config->read_secret = func;
    config->secret_data = data;
    config->free_secret_data = free_data;
}

const MgSetting *mgh_setting_find (const MgTable *tables, guint n_tables, const char *key)
{
    MgSetting setting;

    for (guint t = 0; t < n_tables; t++) {
        for (guint i = 0; setting_at (&tables[t], i, &setting); i++) {
            if (g_strcmp0 (setting.key, key) == 0)
                return (const MgSetting *) ((const guint8 *) tables[t].items + (gsize) i * tables[t].item_size);
        }
    }
    return NULL;
}

/* ---- reading it */

#define TYPE(type) (1u << (type))

/* NULL: not set, or a bug of the caller, which is reported. */
static const ConfigEntry *config_entry (const MgConfig *config, const char *key, guint types, gboolean list,
                                        gboolean secret)
{
    const ConfigEntry *entry = g_hash_table_lookup (config->entries, key);

    if (entry == NULL) {
        g_critical ("setting %s: no such key in these settings tables", key);
        return NULL;
    }
    if ((types & TYPE (entry->setting.type)) == 0 || list != ((entry->setting.flags & MG_SETTING_LIST) != 0) ||
        secret != ((entry->setting.flags & MG_SETTING_SECRET) != 0)) {
        g_critical ("setting %s: read by the function of another type", key);
        return NULL;
    }
    return entry->is_set ? entry : NULL;
}

static const SettingItem *config_item (const MgConfig *config, const char *key, guint types)
{
    const ConfigEntry *entry = config_entry (config, key, types, FALSE, FALSE);

    return entry != NULL ? &entry->value.items[0] : NULL;
}

const char *mg_config_get_string (const MgConfig *c, const char *key)
{
    const SettingItem *item =
        config_item (c, key, TYPE (MG_SETTING_STRING) | TYPE (MG_SETTING_PATH) | TYPE (MG_SETTING_HOSTPORT));

    return item != NULL ? item->text : NULL;
}

gint64 mg_config_get_int (const MgConfig *c, const char *key)
{
    const SettingItem *item =
        config_item (c, key, TYPE (MG_SETTING_INT) | TYPE (MG_SETTING_ENUM) | TYPE (MG_SETTING_SIZE));

    return item != NULL ? item->number : 0;
}

gint64 mg_config_get_duration_us (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_DURATION));

    return item != NULL ? item->number : 0;
}

gboolean mg_config_get_bool (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_BOOL));

    return item != NULL && item->number != 0;
}

MgValue mg_config_get_decimal (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_DECIMAL));

    return item != NULL ? item->decimal : (MgValue){ .type = MG_VALUE_NONE };
}

GBytes *mg_config_get_hex (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_HEX));

    return item != NULL ? item->bytes : NULL;
}

MgObis mg_config_get_obis (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_OBIS));

    return item != NULL ? item->obis : (MgObis){ .given = 0 };
}

const MgSelector *mg_config_get_selector (const MgConfig *c, const char *key)
{
    const SettingItem *item = config_item (c, key, TYPE (MG_SETTING_SELECTOR));

    return item != NULL ? item->selector : NULL;
}

const char *const *mg_config_get_list (const MgConfig *c, const char *key, gsize *n)
{
    static const char *const none[] = { NULL };
    const ConfigEntry *entry = config_entry (c, key, G_MAXUINT, TRUE, FALSE);

    if (n != NULL)
        *n = entry != NULL ? entry->value.n_items : 0;
    return entry != NULL ? (const char *const *) entry->texts : none;
}

const gint64 *mg_config_get_int_list (const MgConfig *c, const char *key, gsize *n)
{
    static const gint64 none[] = { 0 };
    guint types = TYPE (MG_SETTING_INT) | TYPE (MG_SETTING_ENUM) | TYPE (MG_SETTING_SIZE) | TYPE (MG_SETTING_DURATION);
    const ConfigEntry *entry = config_entry (c, key, types, TRUE, FALSE);

    if (n != NULL)
        *n = entry != NULL ? entry->value.n_items : 0;
    return entry != NULL ? entry->numbers : none;
}

gboolean mg_config_is_set (const MgConfig *c, const char *key)
{
    const ConfigEntry *entry = g_hash_table_lookup (c->entries, key);

    if (entry == NULL)
        g_critical ("setting %s: no such key in these settings tables", key);
    return entry != NULL && entry->is_set;
}

/* Digits of a HEX secret become its bytes; a last line end, as editors leave one, is no part of a STRING secret. */
static GBytes *secret_content (const MgSetting *setting, GBytes *kept, GError **error)
{
    gsize len;
    const char *data = g_bytes_get_data (kept, &len);
    g_autofree char *text = NULL;
    g_autoptr (GBytes) bytes = NULL;

    if (len > 0 && data[len - 1] == '\n')
        len--;
    if (len > 0 && data[len - 1] == '\r')
        len--;
    if (setting->type == MG_SETTING_STRING) {
        return setting_check_length (setting, len, error) ? g_bytes_new_from_bytes (kept, 0, len) : NULL;
    }
    text = g_strndup (data, len);
    if (strlen (text) != len || !setting_read_hex (text, &bytes)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "the secret is not what was expected: pairs of hexadecimal digits");
        bytes = NULL;
    } else if (!setting_check_length (setting, g_bytes_get_size (bytes), error)) {
        g_clear_pointer (&bytes, g_bytes_unref);
    }
    explicit_bzero (text, len);
    return g_steal_pointer (&bytes);
}

GBytes *mg_config_read_secret (const MgConfig *c, const char *key, GError **error)
{
    const ConfigEntry *entry = config_entry (c, key, TYPE (MG_SETTING_STRING) | TYPE (MG_SETTING_HEX), FALSE, TRUE);
    g_autoptr (GBytes) kept = NULL;
    GBytes *content;

    if (entry == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: not set: expected where the secret is kept", key);
        return NULL;
    }
    if (c->read_secret == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: nobody here keeps secrets", key);
        return NULL;
    }
    kept = c->read_secret (c->secret_data, key, entry->value.items[0].text, error);
    content = kept != NULL ? secret_content (&entry->setting, kept, error) : NULL;
    if (content == NULL)
        g_prefix_error (error, "%s: ", key);
    return content;
}

char *mgh_config_get_text (const MgConfig *config, const char *key)
{
    const ConfigEntry *entry = g_hash_table_lookup (config->entries, key);

    if (entry == NULL || !entry->is_set)
        return NULL;
    if (entry->setting.flags & MG_SETTING_SECRET)
        return g_strdup ("***");
    return setting_value_print (&entry->setting, &entry->value);
}
