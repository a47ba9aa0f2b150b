/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-setting.h: settings tables: one table is validation, drop-in, web form and manual; and how a plugin reads what was set. */
#pragma once

#include <metergate/mg-value.h>

G_BEGIN_DECLS

typedef enum {
    MG_SETTING_STRING = 1, MG_SETTING_INT = 2, MG_SETTING_DECIMAL = 3, MG_SETTING_BOOL = 4, MG_SETTING_ENUM = 5,
    MG_SETTING_DURATION = 6 /* "500ms", "15min" */, MG_SETTING_SIZE = 7, MG_SETTING_HEX = 8, MG_SETTING_PATH = 9,
    MG_SETTING_HOSTPORT = 10, MG_SETTING_OBIS = 11, MG_SETTING_SELECTOR = 12 /* "tag:panel=east quantity:power.*" */
} MgSettingType;
typedef enum { /* a SECRET (STRING, HEX) is kept by reference; never shown, logged or recorded. DEPRECATED: taken, with a warning */
    MG_SETTING_REQUIRED = 1, MG_SETTING_SECRET = 2, MG_SETTING_LIST = 4, MG_SETTING_ADVANCED = 8, MG_SETTING_DEPRECATED = 16
} MgSettingFlags;
typedef struct {
    const char     *key;            /* lower-case-with-dashes. "address", among a driver's device_settings, is the device's */
    guint32         type, flags;
    const char     *def, *min, *max; /* texts, for the parser that reads the file; min, max also: length of STRING and HEX */
    const MgChoice *choices;        /* ENUM */
    const char     *unit, *summary, *help; /* for people: "baud"; a line without full stop; paragraphs of Markdown */
} MgSetting;
/* An unknown key or the wrong getter is g_critical () and a zero value; tests run with fatal criticals. */
const char        *mg_config_get_string   (const MgConfig *c, const char *key); /* STRING, PATH, HOSTPORT; NULL: not set */
gint64             mg_config_get_int      (const MgConfig *c, const char *key); /* INT, ENUM, SIZE */
gint64             mg_config_get_duration_us (const MgConfig *c, const char *key);
gboolean mg_config_get_bool (const MgConfig *c, const char *key); MgValue mg_config_get_decimal (const MgConfig *c, const char *k);
GBytes *mg_config_get_hex (const MgConfig *c, const char *key);   MgObis mg_config_get_obis (const MgConfig *c, const char *key);
const MgSelector  *mg_config_get_selector (const MgConfig *c, const char *key);
const char *const *mg_config_get_list     (const MgConfig *c, const char *key, gsize *n); /* any LIST, as checked texts */
const gint64      *mg_config_get_int_list (const MgConfig *c, const char *key, gsize *n); /* of INT, ENUM, SIZE, DURATION */
GBytes            *mg_config_read_secret  (const MgConfig *c, const char *key, GError **error); /* full; use it and let it go */
gboolean           mg_config_is_set       (const MgConfig *c, const char *key);

G_END_DECLS
