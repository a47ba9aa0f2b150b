/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* setting.h: what one text of a settings table becomes; between setting.c, setting-text.c and config.c only. */
#pragma once

#include <host/mgh-config.h>

G_BEGIN_DECLS

/* One checked value. Which fields are filled depends on the setting's type; `text` always has the normal form. */
typedef struct {
    char *text;           /* unescaped; of a SECRET the reference */
    gint64 number;        /* INT, SIZE (bytes), DURATION (µs), ENUM (the choice's number), BOOL (0, 1) */
    MgValue decimal;      /* DECIMAL */
    MgObis obis;          /* OBIS */
    GBytes *bytes;        /* HEX */
    MgSelector *selector; /* SELECTOR */
} SettingItem;

typedef struct {
    SettingItem *items; /* one; of a LIST any number */
    gsize n_items;
} SettingValue;

/* One row a type: how it is read, what it is called in messages, what min and max measure. */
typedef struct {
    const char *expected;
    gboolean (*read) (const MgSetting *setting, const char *text,
                      SettingItem *item);                         /* sets text too, unless as given */
    gint (*compare) (const SettingItem *a, const SettingItem *b); /* NULL: min and max are lengths */
    gboolean has_length;
} SettingType;

const SettingType *setting_type (const MgSetting *setting); /* NULL: no such type */
gint setting_compare_number (const SettingItem *a, const SettingItem *b);
gboolean setting_read_number (const char *text, SettingItem *item); /* as an INT */

/* Escapes, list separators and blanks: the rules of the key-file syntax. */
gboolean setting_text_scalar (const char *raw, char **text, GError **error);    /* full */
gboolean setting_text_list (const char *raw, GPtrArray *texts, GError **error); /* appends, full */
char *setting_text_escape (const char *text, gboolean in_list);                 /* full */
char *setting_text_quote (const char *text); /* full; for messages: short, printable */

/* Reads one raw text by its setting: type, choices, range. The message has no key in front. */
gboolean setting_value_parse (const MgSetting *setting, const char *raw, SettingValue *value, GError **error);
void setting_value_clear (SettingValue *value);
char *setting_value_print (const MgSetting *setting, const SettingValue *value); /* full; escaped, reads back */

gboolean setting_read_hex (const char *text, GBytes **bytes); /* full; blanks between the digits are ignored */
/* The length a SECRET's content must have, in characters or bytes. */
gboolean setting_check_length (const MgSetting *setting, gsize length, GError **error);
/* Element i of a table, whatever the size of its elements; FALSE: past the end. */
gboolean setting_at (const MgTable *table, guint i, MgSetting *setting);

G_END_DECLS
