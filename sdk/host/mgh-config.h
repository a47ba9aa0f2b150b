/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-config.h: MgConfig from settings tables and texts. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

typedef struct { const char *key, *value; } MghConfigText;
typedef GBytes *(*MghSecretFunc) (gpointer data, const char *key, const char *reference, GError **error);

/* Checks the texts against the tables of MgSetting (several: the room's own and the plugin's) and makes a configuration of them;
 * what is not given has its default. Unknown key, value out of range, missing REQUIRED: NULL, and an error in words that names key and
 * what was expected. */
MgConfig *mgh_config_new (const MgTable *tables, guint n_tables, const MghConfigText *texts, guint n_texts, GError **error); /* full */
MgConfig *mgh_config_ref (MgConfig *config);   /* atomic, immutable */
void      mgh_config_unref (MgConfig *config);
void      mgh_config_set_secrets (MgConfig *config, MghSecretFunc func, gpointer data); /* before it is shared */
gboolean  mgh_setting_check_text (const MgSetting *setting, const char *text, GError **error);
const MgSetting *mgh_setting_find (const MgTable *tables, guint n_tables, const char *key); /* NULL: none */
char     *mgh_config_get_text (const MgConfig *config, const char *key); /* full; in normal form, secrets as "***"; NULL: not set */

/* Schedules: "15s", "15min", "2h", "daily 01:00", "weekly mon 01:00", "monthly 1 00:15", "quarterly 1/1 00:15", "yearly 01-01 00:15".
 * Intervals are multiples from the UTC epoch; the others local time of `zone`, right over both clock changes. */
typedef struct _MghSchedule MghSchedule;
MghSchedule *mgh_schedule_parse (const char *text, GTimeZone *zone /* NULL: UTC */, GError **error); /* full */
void         mgh_schedule_free (MghSchedule *schedule);
gint64       mgh_schedule_next (const MghSchedule *schedule, gint64 after_utc_ms);  /* first due time strictly after */
gint64       mgh_schedule_previous (const MghSchedule *schedule, gint64 utc_ms);    /* last due time at or before */
gint64       mgh_schedule_get_interval_ms (const MghSchedule *schedule);            /* shortest distance of two due times */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MgConfig, mgh_config_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MghSchedule, mgh_schedule_free)
G_END_DECLS
