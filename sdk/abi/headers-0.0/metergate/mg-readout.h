/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mg-readout.h: readouts: the readings of one device from one exchange. */
#pragma once

#include <metergate/mg-value.h>

G_BEGIN_DECLS

typedef enum { MG_READOUT_LIVE = 1, MG_READOUT_BACKFILL, MG_READOUT_CORRECTION, MG_READOUT_COMPUTED, MG_READOUT_GAP } MgReadoutKind;
typedef enum { /* bits 0-7: the device's own status byte; above: what it means; ERROR lasts, ERROR_NOW passes */
    MG_STATUS_BATTERY_LOW = 256, MG_STATUS_ERROR = 512, MG_STATUS_ERROR_NOW = 1024, MG_STATUS_TAMPER = 2048, MG_STATUS_ALARM = 4096
} MgStatus;
MgReadout *mg_readout_new          (MgDevice *device);
/* `key` names the point FOR EVER: 1..64 printable ASCII bytes without blanks, made from what the protocol calls the record, never
 * from what we take it to mean. M-Bus: function.storage.tariff.subunit:VIF and VIFEs without the exponent ("0.0.0.0:00"); OBIS;
 * register ("4x0071"). Twins in one readout get #2, #3 from the host. Copies all; returns the reading's number in this readout. */
guint      mg_readout_add          (MgReadout *out, const char *key, const MgMeaning *meaning, MgValue value, guint32 quality);
void       mg_readout_stamp        (MgReadout *out, guint reading, MgValue device_time); /* this reading is of that time */
void       mg_readout_set_clock    (MgReadout *out, MgValue device_time);                /* the device's clock, now */
void       mg_readout_set_status   (MgReadout *out, guint32 status);
void       mg_readout_set_identity (MgReadout *out, const MgIdentity *identity); /* another one than known: an event */
void       mg_readout_add_frame    (MgReadout *out, const guint8 *bytes, gsize len); /* the telegram, for reports that show it */
void       mg_readout_set_backfill (MgReadout *out, MgValue device_time); /* from the device's memory, of that time */
gboolean   mg_readout_partial      (MgReadout *out, GError **error); /* what is in it is good: moves the error there, TRUE */
/* for those who read it */
MgReadout       *mg_readout_ref (const MgReadout *r);        void     mg_readout_unref (MgReadout *r);
gint64           mg_readout_get_seq (const MgReadout *r);    guint32  mg_readout_get_kind (const MgReadout *r);
gint64           mg_readout_get_at_ms (const MgReadout *r);  gint64   mg_readout_get_due_ms (const MgReadout *r); /* 0: none */
guint32          mg_readout_get_status (const MgReadout *r); GBytes  *mg_readout_get_frame (const MgReadout *r);  /* or NULL */
MgValue          mg_reading_get_value (const MgReading *r);  guint32  mg_reading_get_quality (const MgReading *r);
const MgReadout *mg_reading_get_readout (const MgReading *r); MgValue mg_reading_get_device_time (const MgReading *r);
const guint8    *mg_reading_get_raw (const MgReading *r, gsize *len, gsize *head_len);

G_END_DECLS
