/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-config.h: MgConfig from settings tables and texts. Host side: for the daemon and for tests, not installed, no ABI
 * promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct {
    const char *key;
    const char *value; /* as it stands in the file: escapes, lists and blanks as mg-setting.h tells */
} MghConfigText;

/* The bytes (full) that `reference` stands for: what a SECRET's text says, "credential:NAME", "stored" or
 * "stored:NAME". Of a HEX secret the digits. Any thread. */
typedef GBytes *(*MghSecretFunc) (gpointer data, const char *key, const char *reference, GError **error);

/* Checks the texts against the tables of MgSetting (several: the room's own and the plugin's) and makes a configuration
 * of them (full); what is not given has its default. The tables' texts must live as long as the result, the rest is
 * copied. Unknown key, a key given twice, value out of range, missing REQUIRED: NULL and MG_ERROR_CONFIG, in words that
 * name key and what was expected ("baud: "fast": expected a whole number from 300 to 460800"). A table that is wrong in
 * itself: MG_ERROR_INTERNAL. */
MgConfig *mgh_config_new (const MgTable *tables, guint n_tables, const MghConfigText *texts, guint n_texts,
                          GError **error);

/* Immutable and shared over threads; references are atomic. */
MgConfig *mgh_config_ref (MgConfig *config);
void mgh_config_unref (MgConfig *config);

/* Who keeps the secrets; to be called before the configuration is shared. Without it mg_config_read_secret () fails. */
void mgh_config_set_secrets (MgConfig *config, MghSecretFunc func, gpointer data);
void mgh_config_set_secrets_full (MgConfig *config, MghSecretFunc func, gpointer data, GDestroyNotify free_data);

/* One text by its row alone. The error has no key in front: "\"fast\": expected a whole number from 300 to 460800". */
gboolean mgh_setting_check_text (const MgSetting *setting, const char *text, GError **error);

/* What the row takes, in words (full): "a whole number from 300 to 460800 (baud)". */
char *mgh_setting_expectation (const MgSetting *setting);

/* The row of a key; NULL: none. */
const MgSetting *mgh_setting_find (const MgTable *tables, guint n_tables, const char *key);

/* The value in normal form (full), which reads back as the same; a secret is "***"; NULL: not set, or no such key. */
char *mgh_config_get_text (const MgConfig *config, const char *key);

/*
 * Schedules: "15s", "15min", "2h" (1 s to 24 h) are multiples since 1970-01-01 00:00 UTC, whatever the zone. The others
 * are times of the zone's clock: "daily 01:00", "weekly mon 01:00", "monthly 1 00:15", "quarterly 1/1 00:15"
 * (month 1..3 of the quarter / day), "yearly 01-01 00:15" (month-day). A month that is too short has it on its last
 * day. Such a time is due at the first moment at which the clock shows it or later: what a clock change skips is due
 * when the clock goes on, what comes twice is due the first time only. Moments outside the years 1 to 9999 count as
 * their ends. Immutable: may be used by several threads.
 */
typedef struct _MghSchedule MghSchedule;

MghSchedule *mgh_schedule_parse (const char *text, GTimeZone *zone /* NULL: UTC */,
                                 GError **error); /* full; MG_ERROR_CONFIG */
void mgh_schedule_free (MghSchedule *schedule);

/* First due time strictly after, and last at or before; UTC, ms. */
gint64 mgh_schedule_next (const MghSchedule *schedule, gint64 after_utc_ms);
gint64 mgh_schedule_previous (const MghSchedule *schedule, gint64 utc_ms);

/* The shortest distance of two due times: 82,800,000 for "daily 01:00" where clocks are changed. */
gint64 mgh_schedule_get_interval_ms (const MghSchedule *schedule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgConfig, mgh_config_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MghSchedule, mgh_schedule_free)
G_END_DECLS
