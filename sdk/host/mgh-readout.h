/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mgh-readout.h: what the core needs of a readout beyond the plugin's view. Host side: for the daemon and for tests, not installed, no ABI promise. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/* mg_readout_new () makes one; it is mutable until finished, immutable and shareable over threads afterwards (atomic references). */
MgReadout       *mgh_readout_new (MgDevice *device /* NULL: none */, guint32 kind);
void             mgh_readout_set_times (MgReadout *r, gint64 due_ms, gint64 at_ms);
void             mgh_readout_set_seq (MgReadout *r, gint64 seq);       /* once, by who read it from the store */
void             mgh_readout_finish (MgReadout *r);                    /* gives twins their #2, #3; freezes */
/* For a readout that comes back from the store: readings have value, quality and device time; key and meaning are the point's. */
void             mgh_readout_add_stored (MgReadout *r, MgValue value, guint32 quality, MgValue device_time);
MgDevice        *mgh_readout_get_device (const MgReadout *r);          /* NULL: none */
guint            mgh_readout_get_n (const MgReadout *r);
const MgReading *mgh_readout_get_reading (const MgReadout *r, guint i);
const char      *mgh_reading_get_key (const MgReading *reading);      /* NULL: stored */
const MgMeaning *mgh_reading_get_meaning (const MgReading *reading);  /* NULL: stored */
const MgIdentity *mgh_readout_get_identity (const MgReadout *r);       /* NULL: not said */
MgValue          mgh_readout_get_clock (const MgReadout *r);
MgValue          mgh_readout_get_backfill (const MgReadout *r);
const GError    *mgh_readout_get_error (const MgReadout *r);           /* of a partial one; NULL: whole */

const char       *mgh_found_get_address (const MgFound *f);
const MgIdentity *mgh_found_get_identity (const MgFound *f);
guint             mgh_found_get_sure (const MgFound *f);
void              mgh_found_get_heard (const MgFound *f, gint *rssi_dbm, GBytes **frame /* none; NULL */);
const char       *mgh_found_get_setting (const MgFound *f, guint i, const char **value); /* NULL: that were all */

G_END_DECLS
