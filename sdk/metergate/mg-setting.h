/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-setting.h: settings tables: one table is validation, drop-in, web form and manual; and how a plugin reads what was
 * set.
 *
 * A plugin describes each of its options with one row of a table. The host reads the texts that a person wrote (in a
 * drop-in, in the web form, with a meter), checks them by that table before the plugin sees any of them, and hands out
 * an immutable MgConfig. So a plugin never parses a setting and never meets one that is out of range.
 *
 *     static const MgSetting settings[] = {
 *         { .key = "baud", .type = MG_SETTING_INT, .def = "2400", .min = "300", .max = "38400", .unit = "baud",
 *           .summary = "Speed of the bus" },
 *     };
 *
 * TEXTS. All of a row's values are texts in the syntax of the files: blanks at both ends do not count; \s \n \t \r
 * \\ stand for a blank, line end, tab, carriage return and backslash. A LIST has its values apart by `;`, with \; for
 * one inside a value; a `;` at the end is allowed, an empty value is not, an empty text is an empty list.
 *
 * Everything below may be called from any thread, and never blocks but for mg_config_read_secret ().
 */
#pragma once

#include <metergate/mg-value.h>

G_BEGIN_DECLS

/* What a text must look like. Numbers are part of the ABI. */
typedef enum {
    MG_SETTING_STRING = 1,  /* any text; min and max are its length in characters */
    MG_SETTING_INT = 2,     /* 64 bits: "12", "-3", "0x1f" */
    MG_SETTING_DECIMAL = 3, /* exact: "0.125", "-40" */
    MG_SETTING_BOOL = 4,    /* yes, no, true, false, on, off, 1, 0 */
    MG_SETTING_ENUM = 5,    /* the nick of one of `choices` */
    MG_SETTING_DURATION =
        6, /* a whole number of us, ms, s, min, h or d: "500ms", "15min"; "0" needs no unit; never negative */
    MG_SETTING_SIZE =
        7, /* bytes, or a whole number of B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024) */
    MG_SETTING_HEX = 8,       /* bytes as pairs of digits, blanks between them allowed; min and max are their number */
    MG_SETTING_PATH = 9,      /* an absolute path; whether there is something is not asked */
    MG_SETTING_HOSTPORT = 10, /* "meters.example:502", "192.0.2.7:502", "[2001:db8::7]:502"; port 0..65535 */
    MG_SETTING_OBIS = 11,     /* "1-0:1.8.0*255"; A, B, E and F may be left out; C, F, L, P are 96 to 99 */
    MG_SETTING_SELECTOR = 12  /* "tag:panel=east quantity:power.*"; "" is everything active */
} MgSettingType;

/* Bits of MgSetting.flags. */
typedef enum {
    MG_SETTING_REQUIRED = 1, /* must be given; has no default */
    /* STRING or HEX, never a LIST, no default. The file holds only where it is kept: "credential:NAME" (systemd) or
     * "stored" (the gateway's own, 0600). Never shown, logged or recorded; read by mg_config_read_secret (). */
    MG_SETTING_SECRET = 2,
    MG_SETTING_LIST = 4,       /* any number of values; min and max hold for each */
    MG_SETTING_ADVANCED = 8,   /* forms hide it at first */
    MG_SETTING_DEPRECATED = 16 /* taken, with a warning; `help` says what to use instead */
} MgSettingFlags;

/* One row. Fields are only appended; the texts are constants of the plugin. */
typedef struct {
    /* lower-case-with-dashes, unique in its table. "address", among a driver's device_settings, is the device's
     * address. */
    const char *key;
    guint32 type;            /* MgSettingType */
    guint32 flags;           /* MgSettingFlags */
    const char *def;         /* what holds when nothing is given; NULL: not set */
    const char *min;         /* smallest INT, DECIMAL, DURATION, SIZE, or length; NULL: no bound */
    const char *max;         /* largest; NULL: no bound */
    const MgChoice *choices; /* of an ENUM, ended by a NULL nick; NULL for all others */
    const char *unit;        /* for people: "baud"; NULL: none */
    const char *summary;     /* one line without full stop */
    const char *help;        /* paragraphs of Markdown, or NULL */
} MgSetting;

/*
 * Reading an MgConfig. A key that is in no table, or the function of another type, is a bug: g_critical () and a zero
 * value (tests run with fatal criticals). A key that is not set and has no default gives the zero value quietly: NULL,
 * 0, FALSE, MG_VALUE_NONE, an OBIS that is not `given`, an empty list. What is returned belongs to the MgConfig and
 * lives as long.
 */

/* STRING, PATH, HOSTPORT: the text with its escapes resolved. */
const char *mg_config_get_string (const MgConfig *c, const char *key);

/* INT; ENUM: the choice's value; SIZE: bytes. */
gint64 mg_config_get_int (const MgConfig *c, const char *key);

/* DURATION, in µs. */
gint64 mg_config_get_duration_us (const MgConfig *c, const char *key);

/* BOOL. */
gboolean mg_config_get_bool (const MgConfig *c, const char *key);

/* DECIMAL, exact. */
MgValue mg_config_get_decimal (const MgConfig *c, const char *key);

/* HEX. */
GBytes *mg_config_get_hex (const MgConfig *c, const char *key);

/* OBIS; groups that were left out are 255. */
MgObis mg_config_get_obis (const MgConfig *c, const char *key);

/* SELECTOR. */
const MgSelector *mg_config_get_selector (const MgConfig *c, const char *key);

/* Any LIST as checked texts, each in its type's normal form ("1min" for "60s"), NULL-ended, never NULL itself; `n` may
 * be NULL. */
const char *const *mg_config_get_list (const MgConfig *c, const char *key, gsize *n);

/* A LIST of INT, ENUM, SIZE (bytes) or DURATION (µs); never NULL; `n` may be NULL where the plugin knows it otherwise.
 */
const gint64 *mg_config_get_int_list (const MgConfig *c, const char *key, gsize *n);

/* A SECRET's content (full): of HEX its bytes, of STRING its characters without a line end at the end and without a
 * closing zero. Asks the host each time, so that a changed password holds at once, and may wait for that: use it and
 * let it go. MG_ERROR_CONFIG: not set, not found where it should be, or of the wrong length. Not on a service's own
 * thread while it answers others. */
GBytes *mg_config_read_secret (const MgConfig *c, const char *key, GError **error);

/* Whether the key has a value, given or by default. */
gboolean mg_config_is_set (const MgConfig *c, const char *key);

G_END_DECLS
