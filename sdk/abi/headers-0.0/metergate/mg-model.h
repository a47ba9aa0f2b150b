/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-model.h: meters, points and values as formats and services see them. */
#pragma once

#include <metergate/mg-driver.h>

G_BEGIN_DECLS

guint32            mg_meter_get_id (const MgMeter *m);       const char *mg_meter_get_uid (const MgMeter *m); /* survives all */
const char        *mg_meter_get_label (const MgMeter *m);    const char *mg_meter_get_address (const MgMeter *m);
const char        *mg_meter_get_channel (const MgMeter *m);  const MgIdentity *mg_meter_get_identity (const MgMeter *m);
const char *const *mg_meter_get_tags (const MgMeter *m, const char *key); /* values, NULL-ended, never NULL itself */
const MgCommand   *mg_meter_get_command (const MgMeter *m, guint i);      /* NULL: that were all */
guint              mg_meter_get_n_points (const MgMeter *m);              /* 0..n-1; an index never changes its point */
const MgPoint     *mg_meter_get_point (const MgMeter *m, guint index);    /* by index, by key */
const MgPoint     *mg_meter_find_point (const MgMeter *m, const char *key);
guint              mg_point_get_index (const MgPoint *p);    const char *mg_point_get_key (const MgPoint *p);
const char        *mg_point_get_label (const MgPoint *p);    gboolean mg_point_is_active (const MgPoint *p);
const char        *mg_point_get_unit (const MgPoint *p);     const char *const *mg_point_get_tags (const MgPoint *p, const char *k);
const MgMeaning   *mg_point_get_meaning (const MgPoint *p);  /* as a person corrected it; without raw. get_unit: "Wh", "" */
gboolean           mg_selector_matches (const MgSelector *s, const MgMeter *meter, const MgPoint *point /* NULL: any */);
/* The live state of one meter: immutable, all of one moment, never torn. */
const MgMeter     *mg_meter_now_get_meter (const MgMeterNow *now); gboolean mg_meter_now_is_silent (const MgMeterNow *now);
const MgReading   *mg_meter_now_get_reading (const MgMeterNow *now, guint index); /* NULL: never read */
MgMeterNow        *mg_meter_now_ref (const MgMeterNow *now); void mg_meter_now_unref (MgMeterNow *now);
/* An entry of the one sequence: a readout, cut down to what was selected, or an event. */
gint64             mg_item_get_seq (const MgItem *item);     void mg_item_free (MgItem *item);
const MgReadout   *mg_item_get_readout (const MgItem *item); const MgEvent *mg_item_get_event (const MgItem *item); /* or NULL */
const MgMeter     *mg_item_get_meter (const MgItem *item);   guint mg_item_get_n_readings (const MgItem *item);
const MgReading   *mg_item_get_reading (const MgItem *item, guint i); const MgPoint *mg_item_get_point (const MgItem *m, guint i);
gint64             mg_event_get_at_ms (const MgEvent *e);    const char *mg_event_get_code (const MgEvent *e);
guint32            mg_event_get_severity (const MgEvent *e); const char *mg_event_get_param (const MgEvent *e, const char *name);
const char        *mg_event_get_text (const MgEvent *e);     /* from the catalogue, in the gateway's language */

G_END_DECLS
